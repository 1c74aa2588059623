"""What a comparison of hypotheses leaves to choice, declared beside the study: when a read-out was taken,
which prior a shared error has.

`choices.tsv` in the folder of the study has a row for each target of each option:

    choice              option            target               value
    shared error        half-normal(0.1)  sd_laboratories      half-normal;0.1
    time of the shift   6 h               NFkB_translocation   360

A target is an observable (its rows are read at that time, min) or a parameter (it has that prior). PEtab
tools read the tables that the problem names, so they leave this one alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from inference.study.loading import located
from inference.study.priors import FAMILIES, Prior
from inference.study.problem_tables import MeasurementRow, Tables, finite, known, read_rows
from inference.study.study import StudyError

FILE = "choices.tsv"


@dataclass(frozen=True)
class Option:
    """One way to choose: `times` observable -> min, `priors` parameter -> prior."""

    name: str
    times: Mapping[str, float] = field(default_factory=dict)
    priors: Mapping[str, Prior] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A question with more than one defensible answer; `declared`: the option that the tables have, by
    name."""

    name: str
    options: tuple[Option, ...]
    declared: str


def choices_of(source: str | Path, tables: Tables) -> tuple[Choice, ...]:
    """The choices declared beside a study; none where it has no such file.

    Raises:
        StudyError: a target or value that does not fit, by file and row.
    """
    path = located(source).with_name(FILE)
    if not path.is_file():
        return ()
    found: dict[str, dict[str, Option]] = {}
    for place, row in read_rows(path, ("choice", "option", "target", "value")):
        options = found.setdefault(row["choice"], {})
        option = options.setdefault(row["option"], Option(row["option"]))
        options[row["option"]] = _with(option, row["target"], row["value"], tables, place)
    return tuple(_choice(name, tuple(o.values()), tables, path.name) for name, o in found.items())


def _with(option: Option, target: str, value: str, tables: Tables, place: str) -> Option:
    observables = {o.id for o in tables.observables}
    parameters = {p.id: p for p in tables.parameters}
    known(target, {*observables, *parameters}, place, "observable or parameter")
    if target in observables:
        return replace(option, times={**option.times, target: finite(value, place, "value")})
    family, *numbers = value.split(";")
    if family not in FAMILIES or len(numbers) != FAMILIES[family]:
        raise StudyError(f"{place}: value {value!r}: is no prior: write family;number, as half-normal;0.1")
    p = parameters[target]
    prior = Prior(family, tuple(finite(n, place, "value") for n in numbers), p.lower, p.upper)
    return replace(option, priors={**option.priors, target: prior})


def _choice(name: str, options: tuple[Option, ...], tables: Tables, file: str) -> Choice:
    targets = [{*o.times, *o.priors} for o in options]
    if any(t != targets[0] for t in targets) or len(options) < 2:
        raise StudyError(f"{file}: choice {name!r}: give two options or more, each for the same targets")
    times = {m.observable: m.time for m in tables.measurements if m.observable in targets[0]}
    priors = {p.id: p.prior for p in tables.parameters if p.id in targets[0]}

    def is_declared(option: Option) -> bool:
        return all(times[t] == v for t, v in option.times.items()) and all(
            _same(priors[t], v) for t, v in option.priors.items()
        )

    declared = next((o.name for o in options if is_declared(o)), None)
    if declared is None:
        raise StudyError(f"{file}: choice {name!r}: no option is what the tables have: add it")
    return Choice(name, options, declared)


def _same(a: Prior | None, b: Prior) -> bool:
    """Do two priors say the same? A normal around 0 that is cut there is a half-normal."""
    if a is None:
        return False
    if a.family == "normal" and a.parameters[0] == 0.0 and a.lower == 0.0:
        a = replace(a, family="half-normal", parameters=a.parameters[1:])
    return (a.family, a.parameters) == (b.family, b.parameters)


def with_other_times(tables: Tables, choices: Sequence[Choice]) -> tuple[Tables, tuple[dict[str, int], ...]]:
    """The tables with every read-out at each time that a choice names, and of each row {choice: position of
    the option} under which it counts.
    """
    rows: list[MeasurementRow] = []
    counts: list[dict[str, int]] = []
    for m in tables.measurements:
        own = [c for c in choices if any(m.observable in o.times for o in c.options)]
        if not own:
            rows.append(m)
            counts.append({})
        for c in own[:1]:
            for i, o in enumerate(c.options):
                rows.append(replace(m, time=o.times[m.observable]))
                counts.append({c.name: i})
    return replace(tables, measurements=tuple(rows)), tuple(counts)
