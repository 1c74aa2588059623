"""The folder of a run: which run it holds, and whether another may begin there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inference.fit.drawn import FILE as DRAWN
from inference.runs import resumable
from inference.runs.provenance import device_line, provenance
from inference.runs.run_record import read_run
from inference.runs.settings import Settings
from inference.study import prepared_study
from inference.study.study import Study
from inference.study.study_identity import beliefs_fingerprint
from models.engine.native.choice import SWITCH, XLA, engine

NOTE = "run.json"
WRITTEN = ("posterior.nc", "verdict.json")  # by finishing; one that is gone is made again
LATER = ("beliefs_fingerprint",)  # what runs of before do not say
KEPT = "study.json.gz"  # the study, prepared: with it a run goes on without the tables it came from
SPACE = 200 * 2**20  # bytes that a run may need
REMEDY = "choose another `out`"


class RunError(ValueError):
    """A folder that cannot take this run: place, finding, remedy."""


def prepared_in(folder: Path) -> Study:
    """The study of a run that began from a prepared file.

    Raises:
        RunError: no such run, or one that needs no finishing elsewhere.
    """
    if not (folder / KEPT).exists():
        raise RunError(
            f"`finish` {folder}: holds no run of a prepared file: go on with a run of a study by `resume`"
        )
    if not (folder / DRAWN).exists():
        raise RunError(
            f"`finish` {folder}: its draws are not all there: go on with it by `resume` where it began"
        )
    return prepared_study.read(folder / KEPT)[0]


def request(study: Study, settings: Settings) -> dict[str, Any]:
    """What identifies a run: two runs with the same request on the same devices give the same draws."""
    return {
        "study": study.id,
        "study_fingerprint": study.fingerprint,
        "beliefs_fingerprint": beliefs_fingerprint(study.unknowns),
        "network": study.network.id,
        "network_fingerprint": study.network.fingerprint,
        "settings": asdict(settings),
    }


def read_note(folder: Path) -> dict[str, Any]:
    """run.json of a run.

    Raises:
        RunError: there is none.
        DamagedFileError: it is not what was written.
    """
    if not (folder / NOTE).exists():
        raise RunError(f"{folder}: holds no run: begin one by `fit`")
    return read_run(folder / NOTE)


def write_note(folder: Path, study: Study, settings: Settings, status: str, **more: Any) -> None:
    """Write run.json: what is asked, how far it is, and what it is made with."""
    content = {**request(study, settings), "status": status, **more, **provenance(settings)}
    resumable.write_json(folder / NOTE, content)


def take(folder: Path, study: Study, settings: Settings, *, resume: bool) -> bool:
    """Take the folder for this run; True if it already holds the finished run.

    Raises:
        RunError: it holds another run, or an unfinished one and `resume` is off.
    """
    if (folder / NOTE).exists():
        held = read_note(folder)
        asked = request(study, settings)
        same = all(held.get(k) == v or (k in LATER and k not in held) for k, v in asked.items())
        if not resume:
            raise RunError(f"{folder}: already holds a run: {REMEDY}, or go on with it by `resume`")
        if not same:
            raise RunError(f"{folder}: holds a run of another study or with other settings: {REMEDY}")
        if held.get("status") == "finished" and all((folder / name).exists() for name in WRITTEN):
            return True
        _require_same_devices(folder, held)
        return False
    if folder.exists() and any(
        p.name not in ("checkpoint", KEPT) and not p.name.startswith(".") for p in folder.iterdir()
    ):
        raise RunError(f"{folder}: is not empty and holds no run: {REMEDY}")
    resumable.require_writable(folder, SPACE)
    return False


def _require_same_devices(folder: Path, held: Mapping[str, Any]) -> None:
    """Lanes are spread over the devices, and a program of another width rounds its last digits in another
    way: how many there are, and of what kind, is part of what a run is.
    """
    _require_same_engine(folder, held)
    here, there = device_line(), held.get("device", "")
    if there in ("", here):
        return
    count = there.partition(" cpu device")
    how = f" (XLA_FLAGS=--xla_force_host_platform_device_count={count[0]})" if count[1] else ""
    raise RunError(
        f"{folder}: was begun on {there}, and here are {here}: its draws would differ in the last digits: go "
        f"on with as many devices{how}, or {REMEDY}"
    )


def _require_same_engine(folder: Path, held: Mapping[str, Any]) -> None:
    """Kernels of another width, compiler or processor round in another way, and so does XLA."""
    here, there = engine(), held.get("engine", XLA)
    if here == there or not held.get("device"):
        return
    how = f" ({SWITCH}=0 in the environment)" if there == XLA else ""
    raise RunError(
        f"{folder}: was begun with the engine '{there}', and here is '{here}': its draws would differ in the "
        f"last digits: go on with the same engine{how}, or {REMEDY}"
    )
