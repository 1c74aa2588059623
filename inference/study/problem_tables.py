"""What a parameter-estimation problem says, whatever format it came in: rows with formulas parsed and places
noted.
"""

from __future__ import annotations

import csv
import math
import pathlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sympy as sp

from inference.study.priors import Prior
from models.sbml.model_file import SbmlModel


class StudyError(ValueError):
    """A study that cannot be used; the message is `file:row: finding: remedy`."""


@dataclass(frozen=True)
class Change:
    """A name of the model takes a value at the start of a period."""

    target: str
    value: sp.Expr
    at: str


@dataclass(frozen=True)
class PeriodRow:
    """From `time` on (-inf: until steady state), these changes hold."""

    time: float
    changes: tuple[Change, ...]
    at: str


@dataclass(frozen=True)
class ExperimentRow:
    """A dish: its periods in order of time."""

    id: str
    periods: tuple[PeriodRow, ...]
    at: str


@dataclass(frozen=True)
class ObservableRow:
    """What an instrument shows: formula, formula of the noise, family of the noise.

    `family` is one of `inference.likelihood.noise_models.FAMILIES`; `degrees` the degrees of freedom of a
    Student-t error, or None; `placeholders` names that each measurement gives its own value.
    """

    id: str
    name: str
    formula: sp.Expr
    noise: sp.Expr
    family: str
    degrees: float | None
    placeholders: tuple[str, ...]
    at: str


@dataclass(frozen=True)
class MeasurementRow:
    """A number read off. `censored` is -1 where only "at most this" is known, +1 where "at least this", else
    0.
    """

    observable: str
    experiment: str
    time: float
    value: float
    overrides: tuple[sp.Expr, ...]
    censored: int
    at: str


@dataclass(frozen=True)
class ParameterRow:
    """A parameter of the problem. `prior` is None where the table gives none; `scale` (lin, log, log10) is
    version 1's.
    """

    id: str
    name: str
    nominal: float
    lower: float
    upper: float
    estimate: bool
    prior: Prior | None
    tags: tuple[str, ...]
    unit: str
    at: str
    scale: str = "lin"


@dataclass(frozen=True)
class Tables:
    """A whole problem. `model_text` is the SBML text; it is empty where network and priors are resolved
    already.
    """

    id: str
    model: SbmlModel
    model_text: str
    experiments: tuple[ExperimentRow, ...]
    observables: tuple[ObservableRow, ...]
    measurements: tuple[MeasurementRow, ...]
    parameters: tuple[ParameterRow, ...]


def read_rows(path: pathlib.Path, required: Iterable[str]) -> list[tuple[str, dict[str, str]]]:
    """(place, row by column) of each line of a tab-separated table; empty lines are skipped, cells are
    stripped.

    Raises:
        StudyError: no file, a missing column, or a row with more cells than columns.
    """
    if not path.is_file():
        raise StudyError(
            f"{path.name}: is not in {path.parent}: put it there or correct its name in the YAML file"
        )
    with path.open(newline="", encoding="utf-8-sig") as f:
        reader = csv.reader(f, delimiter="\t")
        columns = [c.strip() for c in next(reader, [])]
        missing = [c for c in required if c not in columns]
        if missing:
            raise StudyError(
                f"{path.name}:1: column {missing[0]!r} is missing: add it (columns are separated by tabs)"
            )
        rows = []
        for cells in reader:
            if not any(c.strip() for c in cells):
                continue
            place = f"{path.name}:{reader.line_num}"
            if len(cells) > len(columns):
                raise StudyError(
                    f"{place}: has {len(cells)} cells for {len(columns)} columns: remove the surplus"
                )
            rows.append(
                (
                    place,
                    dict(
                        zip(
                            columns,
                            [c.strip() for c in cells] + [""] * (len(columns) - len(cells)),
                            strict=True,
                        )
                    ),
                )
            )
    return rows


def numeric(text: str, place: str, column: str) -> float:
    """A number of a table; NaN, an empty cell and anything else that is no number are refused."""
    try:
        value = float(text)
    except ValueError:
        found = f"{text!r} is no number" if text else "is empty"
        raise StudyError(f"{place}: {column} {found}: write a number") from None
    if math.isnan(value):
        raise StudyError(f"{place}: {column} is NaN: write a number or leave the row out")
    return value


def known(name: str, names: Iterable[str], place: str, kind: str) -> str:
    """The name, if it is one of the names."""
    names = list(names)
    if name not in names:
        shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        raise StudyError(f"{place}: {kind} {name!r} is not one of {shown}: correct the name or declare it")
    return name


def plain(expression: sp.Expr) -> sp.Expr:
    """A formula of the PEtab parser in the symbols of a network: no assumptions, `time` as `t`, whole numbers
    whole.
    """
    from models.declare import time
    from models.ratelaws import choose
    from models.sbml.formulas import number, raised

    def walk(e: sp.Expr) -> sp.Expr:
        if e.is_Symbol:
            return time if e.name == "time" else sp.Symbol(e.name)
        if e.is_Float:
            return number(float(e))
        if isinstance(e, sp.Piecewise):
            *pieces, last = e.args
            value = walk(last[0])
            for piece, condition in reversed(pieces):
                value = choose(_margin(condition, walk), walk(piece), value)
            return value
        if not e.args:
            return e
        parts = [walk(a) for a in e.args]
        return raised(*parts) if e.is_Pow else e.func(*parts)

    return walk(expression)


def _margin(condition: sp.Basic, walk: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
    """A condition as a number that is >= 0 where it holds."""
    if isinstance(condition, sp.And | sp.Or):
        return (sp.Min if isinstance(condition, sp.And) else sp.Max)(
            *(_margin(a, walk) for a in condition.args)
        )
    if isinstance(condition, sp.Not):
        return -_margin(condition.args[0], walk)
    if isinstance(condition, sp.GreaterThan | sp.StrictGreaterThan):
        return walk(condition.lhs - condition.rhs)
    if isinstance(condition, sp.LessThan | sp.StrictLessThan):
        return walk(condition.rhs - condition.lhs)
    raise StudyError(f"formula: condition {condition} is not supported: compare with <, <=, >, >=")
