"""A study in one file that needs no reader of any format: for machines that carry JAX and little else.

Such a file goes from hand to hand, so it is read as a stranger's: its size, before and after unpacking, is
bounded; it holds records with fields of declared types, numbers and formula trees, and nothing in it is run.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn

from inference.runs.declared_types import fits, misfit
from inference.runs.resumable import write_bytes
from inference.runs.settings import Settings
from inference.study.formula_trees import NAME
from inference.study.plain_json import CodecError, decode, encode
from inference.study.problem_tables import Tables
from inference.study.study import Study, StudyError, from_tables
from models.declare import time
from models.network import Network
from models.whole_file import DamagedFileError, opened, sealed

FORMAT = "gp130 prepared study, 2"
BEFORE = "gp130 prepared study, 1"  # the same without a checksum
PACKED = b"\x1f\x8b"
LARGEST = 32 * 2**20  # bytes, packed and unpacked; the default study has 16 kB and 156 kB
MOST_VALUES = 2_000_000  # entries of lists and records; the default study has 11 000
REMEDY = "prepare it again (`prepare`)"


def recognised(path: Path) -> bool:
    """Is this to be read as a file that `write` made? Every file is but a YAML file, which names a problem:
    a damaged one shall be called damaged.
    """
    try:
        if not path.is_file():
            return False
        with path.open("rb") as f:
            return path.suffix not in (".yaml", ".yml") or f.read(2) == PACKED
    except (OSError, ValueError):  # a name that is too long, or holds a NUL
        return False


def write(study: Study, settings: Settings, path: Path, **more: str) -> None:
    """Write all that a run of the study needs: tables with resolved priors, network, settings, and `more`.

    Raises:
        StudyError: the study is beyond what `read` takes.
    """
    write_bytes(path, prepared(study, settings, **more))


def prepared(study: Study, settings: Settings, **more: str) -> bytes:
    """The bytes of such a file.

    Raises:
        StudyError: the study is beyond what `read` takes.
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
    text = json.dumps(content).encode()
    try:
        _understood(_parsed(text))
    except CodecError as e:
        raise StudyError(f"study {study.id!r}: cannot be prepared ({e})") from None
    return sealed(gzip.compress(text, mtime=0))


def read(path: Path) -> tuple[Study, Settings, dict[str, str]]:
    """The study, the settings and what else was written.

    Raises:
        StudyError: not such a file, a damaged one, or one of another version.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise StudyError(f"{path}: has more than {LARGEST / 2**20:.0f} MiB: {REMEDY}")
        return understood(path.read_bytes(), path)
    except OSError as e:
        raise StudyError(f"{path}: cannot be read ({e.strerror or e})") from None


def understood(file: bytes, path: Path | str) -> tuple[Study, Settings, dict[str, str]]:
    """The same from the bytes of such a file; `path` says where they came from.

    Raises:
        StudyError: as `read`.
    """
    try:
        content = _content(file, path)
        tables, settings = _understood(content)
        study = from_tables(tables)
    except StudyError as e:
        raise StudyError(f"{path}: {e}") from None
    except DamagedFileError as e:
        raise StudyError(str(e)) from None
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as e:
        first = next(iter(str(e).splitlines()), "") or type(e).__name__
        raise StudyError(
            f"{path}: is no prepared study, or a damaged one ({first[:200]}): {REMEDY}"
        ) from None
    return replace(study, fingerprint=content["fingerprint"]), settings, content["more"]


def _content(file: bytes, path: Path | str) -> dict[str, Any]:
    """The file as plain JSON of bounded size."""
    if len(file) > LARGEST:
        raise CodecError(f"it has more than {LARGEST / 2**20:.0f} MiB")
    packed, has_seal = opened(file, path, REMEDY)
    unpacking = zlib.decompressobj(wbits=31)  # a gzip file, whose own checksum is looked at
    try:
        text = unpacking.decompress(packed, LARGEST + 1)
    except zlib.error as e:
        raise CodecError(str(e)) from None
    if len(text) > LARGEST:
        raise CodecError(f"it unpacks to more than {LARGEST / 2**20:.0f} MiB")
    if not unpacking.eof or unpacking.unused_data:
        raise CodecError("it does not end where it should")
    content = _parsed(text)
    if content.get("format") == FORMAT and not has_seal:
        raise CodecError("its checksum is missing")
    return content


def _parsed(text: bytes) -> dict[str, Any]:
    if (values := sum(text.count(c) for c in (b"[", b"{", b","))) > MOST_VALUES:
        raise CodecError(f"it holds {values} values, more than {MOST_VALUES}")
    content = json.loads(text, parse_constant=_no_number)
    if not isinstance(content, dict):
        raise CodecError("it holds no record")
    return content


def _no_number(text: str) -> NoReturn:
    raise CodecError(f"{text} stands where a number should")


def _understood(content: dict[str, Any]) -> tuple[Tables, Settings]:
    """Tables and settings, every field of the declared type and every name known."""
    if content.get("format") not in (FORMAT, BEFORE):
        raise CodecError(f"format {str(content.get('format'))[:60]!r} is not {FORMAT!r}")
    if set(content) != {"format", "fingerprint", "network_fingerprint", "settings", "more", "tables"}:
        raise CodecError(f"it holds {str(sorted(content))[:100]}")
    for key in ("fingerprint", "network_fingerprint"):
        if not isinstance(content[key], str) or not re.fullmatch(r"[0-9a-f]{16}", content[key]):
            raise CodecError(f"{key} is {str(content[key])[:40]!r}")
    words = content["more"]
    if not fits(words, dict[str, str]) or not all(re.fullmatch(r"[\w.+-]{1,60}", w) for w in words.values()):
        raise CodecError(f"it says {str(words)[:60]!r} besides")
    settings = content["settings"]
    wrong = misfit(Settings, settings) if isinstance(settings, dict) else "are no record"
    if wrong:
        raise CodecError(f"settings: {wrong}")
    tables = decode(content["tables"])
    if not isinstance(tables, Tables) or tables.model_text:
        raise CodecError("it holds no tables of a problem")
    _check_names(tables.model.network)
    if tables.model.network.fingerprint != content["network_fingerprint"]:
        raise CodecError("the network is not the one that was written")
    return tables, Settings(**settings)


def _check_names(network: Network) -> None:
    """Every quantity has a name of its own, and formulas name nothing else."""
    quantities = (*network.species, *network.parameters, *network.inputs, *network.derived)
    seen: set[str] = set()
    for q in quantities:
        if not NAME.fullmatch(q.name) or q.name == time.name or q.name in seen:
            raise CodecError(f"{q.name[:60]!r} is no name, or is given twice")
        seen.add(q.name)
    known = {q.symbol for q in quantities} | {time}
    formulas = [(d.name, d.expression) for d in network.derived] + [
        (r.name, r.rate) for r in network.reactions
    ]
    for place, expression in formulas:
        if unknown := expression.free_symbols - known:
            raise CodecError(f"{place[:60]!r} uses {min(map(str, unknown))!r}, which nothing declares")
    species = {s.name for s in network.species}
    for reaction in network.reactions:
        for changed, _ in (*reaction.consumed, *reaction.produced):
            if changed.name not in species:
                raise CodecError(f"{reaction.name[:60]!r} changes {changed.name[:60]!r}, which is no species")
