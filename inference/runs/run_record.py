"""What a run says of itself: run.json and verdict.json, read with every field of its type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference.runs.declared_types import fits
from inference.runs.resumable import read_json
from models.whole_file import damaged

# `begin` takes a folder that holds nothing but the checkpoint
BEGIN_AGAIN = "delete all of its folder but `checkpoint`, and `resume` makes it again from the draws"
RUN = {
    "study": str,
    "study_fingerprint": str,
    "network": str,
    "network_fingerprint": str,
    "settings": dict,
    "status": str,
    "seed": int,
    "versions": dict,
    "device": str,
    "precision": str,
    "superchains": int,
}
VERDICT = {"ok": bool, "reasons": list[str], "notes": list[str], "quick": bool}
NO_VERDICT: dict[str, Any] = {
    "ok": False,
    "reasons": ["the run has no verdict: it is not finished"],
    "notes": [],
    "quick": False,
}


def read_run(path: Path) -> dict[str, Any]:
    """run.json of a run.

    Raises:
        DamagedFileError: the file is damaged, or a field has another type than it should.
    """
    return _read(path, RUN, ("settings",))


def read_verdict(path: Path) -> dict[str, Any]:
    """verdict.json of a run: `ok`, `reasons`, `notes`, `quick`; where there is none, it is not ok.

    Raises:
        DamagedFileError: the file is damaged, or a field has another type than it should.
    """
    if not path.exists():
        return dict(NO_VERDICT)
    return {"notes": [], "quick": False} | _read(path, VERDICT, ("ok", "reasons"))


def mark_of(folder: Path, of: str, force: bool, refuse: type[ValueError]) -> str:
    """What is written on everything that follows from a run: nothing where its verdict is ok.

    Args:
        of: what was fitted, in a word.
        force: take one whose verdict is not ok, or that was quick.

    Raises:
        refuse: it is such a run, and is not taken.
        DamagedFileError: its verdict cannot be read.
    """
    verdict = read_verdict(folder / "verdict.json")
    if verdict["ok"] and not verdict["quick"]:
        return ""
    why = "; ".join(verdict["reasons"]) or "a quick run, not for use"
    if not force:
        raise refuse(
            f"{folder}: its verdict is not ok ({why}): fit longer, or use `force`, which marks the result"
        )
    return f"NOT FOR USE: the verdict of the {of} is not ok ({why})"


def cores_of(folder: Path) -> int | None:
    """Host devices that the run in a folder was begun with, None if there is none or it had a card: a run
    that goes on has as many, so that its draws are those of an uninterrupted one.
    """
    if not (folder / "run.json").is_file():
        return None
    found = re.match(r"(\d{1,3}) cpu device", read_run(folder / "run.json").get("device", ""))
    return int(found[1]) if found else None


def _read(path: Path, fields: Mapping[str, Any], needed: tuple[str, ...]) -> dict[str, Any]:
    content = read_json(path, BEGIN_AGAIN)
    for name in needed:
        if name not in content:
            raise damaged(path, f"it has no {name}", BEGIN_AGAIN)
    for name, kind in fields.items():
        if name in content and not fits(content[name], kind):
            raise damaged(path, f"{name} is {repr(content[name])[:40]}", BEGIN_AGAIN)
    return content
