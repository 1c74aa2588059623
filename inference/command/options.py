"""Options of several commands, each with its check: a wrong value is refused before anything is loaded."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from inference.command import declared_names
from inference.command.start import fail
from inference.runs.declared_types import plain_number
from inference.runs.folders import results_folder, run_folder
from models.engine.machine import DEVICES
from models.nearest_name import unknown


def number(option: str, text: str, lowest: float = 0.0, highest: float = math.inf) -> float:
    """A finite number between `lowest` and `highest`."""
    try:
        value = plain_number(text)
    except ValueError:
        raise fail(f"{option}: {text[:60]!r} is not a number") from None
    if not math.isfinite(value) or not lowest <= value <= highest:
        to = "" if highest == math.inf else f" and not above {highest:g}"
        raise fail(f"{option}: {text[:60]} must be finite and not below {lowest:g}{to}")
    return value


def chosen(option: str, value: str, known: Iterable[str], see: str = "") -> str:
    """The known name that is `value` whatever its case."""
    known = list(known)
    folded = {k.lower(): k for k in known}
    if value.lower() not in folded:
        raise fail(unknown(option, value, known, see=see))
    return folded[value.lower()]


def one_of(option: str, names: Callable[[], Iterable[str]]) -> Callable[[str | None], str | None]:
    """A check of typer's: the value is one of the names, whatever its case."""

    def check(value: str | None) -> str | None:
        return None if value is None else chosen(option, value, names())

    return check


def each_of(
    option: str, names: Callable[[], Iterable[str]]
) -> Callable[[list[str] | None], list[str] | None]:
    """A check of typer's: every value is one of the names, whatever its case."""

    def check(values: list[str] | None) -> list[str] | None:
        return None if values is None else [chosen(option, v, names()) for v in values]

    return check


def completing(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """What the shell offers behind an option."""

    def offer(incomplete: str) -> list[str]:
        return [n for n in names() if n.lower().startswith(incomplete.lower())]

    return offer


def preset_names() -> list[str]:
    """Kinds of cell."""
    return [d.name for d in declared_names.presets()]


def hypothesis_names() -> list[str]:
    """Readings of estradiol."""
    return [d.name for d in declared_names.hypotheses()]


def drug_names() -> list[str]:
    """Drugs and everything else they are called."""
    return [n for d in declared_names.drugs() for n in declared_names.every_name(d)]


def named_drug(text: str) -> str:
    """The drug's own name, for any of its names."""
    drug = declared_names.drug_called(text)
    if drug is None:
        raise fail(unknown("--drug", text, drug_names(), see="gp130 help drugs"))
    return drug.name


def _doses(texts: list[str] | None) -> list[str] | None:
    if texts is None:
        return None
    checked: dict[str, str] = {}
    for text in texts:
        match = re.fullmatch(r"(.+)=([^=]+)", text)
        if match is None:
            named_drug(text)  # a wrong name matters more than a missing dose
            raise fail(f"--drug {text}: write NAME=nM, for example dexamethasone=300")
        name, dose = named_drug(match[1]), number(f"--drug {match[1]}, nM", match[2])
        if dose == 0:
            raise fail(f"--drug {text}: a dose is a positive number of nM")
        if name in checked:
            raise fail(f"--drug {name}: is given twice: name each drug once, with its whole dose")
        checked[name] = f"{name}={match[2]}"
    return list(checked.values())


def study(text: str) -> str:
    """A study that is there: the name of a built-in one, or a file; a folder stands for its problem.yaml."""
    path = Path(text)
    if text in declared_names.studies() or path.is_file():
        return text
    if (path / "problem.yaml").is_file():
        return str(path / "problem.yaml")
    names = declared_names.studies()
    what = unknown("study", text, names, see="gp130 help studies")
    raise fail(what + ("" if "did you mean" in what else ", and no file: give a name or a problem.yaml"))


def measured_data(folder: Path | None) -> Path:
    """The folder of the measured data, which are no part of the project."""
    if folder is None:
        folder = results_folder().parent.parent / "shared" / "data"
    if not folder.is_dir():
        raise fail(f"{folder}: is no folder: name the folder of the measured data with --data or GP130_DATA")
    return folder


def dose_names(incomplete: str) -> list[str]:
    """What the shell offers for a drug: its own name, ready for the dose."""
    return [f"{n}=" for n in (d.name for d in declared_names.drugs()) if n.startswith(incomplete)]


def source_of(command: str, run: str | None, prior: bool) -> None:
    """Refuse unless exactly one source of beliefs is named and is there.

    A fit that is unfinished or not to be used is told later, by whoever reads it.
    """
    if run is not None and not run.strip():
        raise fail("RUN: is empty: name the folder of a fit")
    if prior == (run is not None):
        raise fail(f"{command}: say what to believe: either RUN, the folder of a fit, or --prior")
    folder = run_folder(run)
    if folder is not None and not (folder / "posterior.nc").exists():
        raise fail(f"{folder}: holds no posterior.nc: fit first with gp130 fit, or believe --prior")


def writable_file(path: Path, option: str = "--out") -> Path:
    """The path, if a file can be written there: asked before anything is computed."""
    there = next(p for p in path.absolute().parents if p.exists())
    if path.is_dir() or not there.is_dir() or not os.access(there, os.W_OK):
        raise fail(
            f"{option} {path}: no file can be written there: give the name of a file in a folder of yours"
        )
    return path


def writable_folder(path: Path, option: str = "--out") -> Path:
    """The path, if it is or can become a folder that takes files."""
    there = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise fail(f"{option} {path}: no folder can be written there: name one of yours")
    return path


PRESET = typer.Option(
    help=f"kind of cell: {', '.join(preset_names())}",
    callback=one_of("--preset", preset_names),
    autocompletion=completing(preset_names),
)
HYPOTHESIS = one_of("--hypothesis", hypothesis_names)

Preset = Annotated[str, PRESET]
Hypothesis = Annotated[
    str,
    typer.Option(
        help="what estradiol does under --prior, H0 to H6; a run brings its own",
        callback=HYPOTHESIS,
        autocompletion=completing(hypothesis_names),
    ),
]
FittedHypothesis = Annotated[
    str,
    typer.Option(
        help="what estradiol does: H0 to H6; exactly its effect is estimated",
        callback=HYPOTHESIS,
        autocompletion=completing(hypothesis_names),
    ),
]
Device = Annotated[
    str,
    typer.Option(
        help="auto, cpu or gpu",
        callback=one_of("--device", lambda: DEVICES),
        autocompletion=completing(lambda: DEVICES),
    ),
]


def drugs(words: str) -> Any:
    """The option --drug NAME=nM, with what is said of it."""
    return typer.Option(metavar="NAME=nM", help=words, callback=_doses, autocompletion=dose_names)


Drugs = Annotated[list[str] | None, drugs("repeated for a combination; none: dexamethasone=300")]
LARGEST_SEED = 2**32 - 1  # every generator of random numbers takes it
Seed = Annotated[int, typer.Option(min=0, max=LARGEST_SEED, help="of the random numbers")]
CONDITION = one_of("--condition", lambda: [d.name for d in declared_names.conditions()])
Condition = Annotated[
    str,
    typer.Option(
        help=", ".join(d.name for d in declared_names.conditions()),
        callback=CONDITION,
        autocompletion=completing(lambda: [d.name for d in declared_names.conditions()]),
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(envvar="GP130_DATA", help="folder of the measured data", show_default=False),
]
RunOrNone = Annotated[str | None, typer.Argument(help="folder of a fitted run, or its name under results/")]
STUDY = "name of a built-in study, its folder, or the path of a problem.yaml (PEtab)"
StudyName = Annotated[
    str,
    typer.Argument(help=STUDY, callback=study, autocompletion=completing(declared_names.studies)),
]
StudyOrFile = Annotated[
    str,
    typer.Argument(
        help=f"{STUDY}, or a prepared file",
        callback=study,
        autocompletion=completing(declared_names.studies),
    ),
]
