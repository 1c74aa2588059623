"""A study in one file that needs no reader of any format: for machines that carry JAX and little else."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from inference.runs.resumable import write_bytes
from inference.runs.settings import Settings
from inference.study.plain_json import CodecError, decode, encode
from inference.study.study import Study, StudyError, from_tables

FORMAT = "gp130 prepared study, 1"


def recognised(path: Path) -> bool:
    """Is this a file that `write` made?"""
    try:
        return path.is_file() and _content(path).get("format") == FORMAT
    except (OSError, ValueError, AttributeError):
        return False


def write(study: Study, settings: Settings, path: Path, **more: Any) -> None:
    """Write all that a run of the study needs: tables with resolved priors, network, settings, and `more`
    (plain JSON).
    """
    own = {u.name: u for u in study.unknowns}
    rows = tuple(
        replace(p, prior=u.prior, tags=u.tags, unit=u.unit, name=u.meaning) if (u := own.get(p.id)) else p
        for p in study.tables.parameters
    )
    tables = replace(
        study.tables, parameters=rows, model=replace(study.tables.model, network=study.network), model_text=""
    )
    content = {
        "format": FORMAT,
        "fingerprint": study.fingerprint,
        "network_fingerprint": study.network.fingerprint,
        "settings": asdict(settings),
        "more": more,
        "tables": encode(tables),
    }
    write_bytes(path, gzip.compress(json.dumps(content).encode(), mtime=0))


def read(path: Path) -> tuple[Study, Settings, dict[str, Any]]:
    """The study, the settings and what else was written.

    Raises:
        StudyError: not such a file, or its network does not come back as it went.
    """
    try:
        content = _content(path)
        if content.get("format") != FORMAT:
            raise CodecError(
                f"format {content.get('format')!r} is not {FORMAT!r}: prepare the study again with this "
                f"version"
            )
        tables = decode(content["tables"])
        settings = Settings(**content["settings"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise StudyError(f"{path.name}: is no prepared study ({e}): write it with --prepare") from None
    network = tables.model.network
    if network.fingerprint != content["network_fingerprint"]:
        raise StudyError(f"{path.name}: the network is not the one that was written: prepare the study again")
    return replace(from_tables(tables), fingerprint=content["fingerprint"]), settings, content["more"]


def _content(path: Path) -> dict[str, Any]:
    return json.loads(gzip.decompress(path.read_bytes()))
