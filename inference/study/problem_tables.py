"""What a parameter-estimation problem says, whatever format it came in: rows with formulas parsed and places
noted.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import functools
import math
import pathlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from inference.runs.declared_types import plain_number
from inference.study.priors import Prior
from models.comparisons import (
    ALWAYS,
    NEVER,
    Inequality,
    all_of,
    any_of,
    equal,
    not_zero,
    one_of_two,
)
from models.declare import time
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
    0. `source` is its data set and replicate, as the table names them: they tell equal numbers that were read
    twice from a row that stands twice, and change nothing that is computed (so no fingerprint knows them).
    """

    observable: str
    experiment: str
    time: float
    value: float
    overrides: tuple[sp.Expr, ...]
    censored: int
    at: str
    source: str = field(default="", repr=False)


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
    already. `haste` is by how much everything is quickened at the end of the way to a steady state.
    """

    id: str
    model: SbmlModel
    model_text: str
    experiments: tuple[ExperimentRow, ...]
    observables: tuple[ObservableRow, ...]
    measurements: tuple[MeasurementRow, ...]
    parameters: tuple[ParameterRow, ...]
    haste: float = 1.0


def read_rows(
    path: pathlib.Path, required: Iterable[str], optional: Iterable[str] = ()
) -> list[tuple[str, dict[str, str]]]:
    """(place, row by column) of each line of a tab-separated table; empty lines are skipped, cells are
    stripped.

    Args:
        path: the table.
        required: columns that have to be there.
        optional: columns that mean something where they are; a column that only looks like one is refused.

    Raises:
        StudyError: no file, no text, a missing, doubled or misspelt column, or a row with more cells than
            columns.
    """
    if not path.is_file():
        raise StudyError(
            f"{path.name}: is not in {path.parent}: put it there or correct its name in the YAML file"
        )
    text = read_text(path)
    if "\0" in text:
        raise StudyError(f"{path.name}: holds a NUL character, so it is no table: give a table of text")
    reader = csv.reader(text.splitlines(keepends=True), delimiter="\t", quoting=csv.QUOTE_MINIMAL)
    try:
        columns = [c.strip() for c in next(reader, [])]
        _check_columns(path, columns, tuple(required), tuple(optional))
        rows = []
        for cells in reader:
            if not any(c.strip() for c in cells):
                continue
            place = f"{path.name}:{reader.line_num}"
            if len(cells) > len(columns):
                raise StudyError(
                    f"{place}: has {len(cells)} cells for {len(columns)} columns: remove the surplus"
                )
            filled = [c.strip() for c in cells] + [""] * (len(columns) - len(cells))
            rows.append((place, dict(zip(columns, filled, strict=True))))
    except csv.Error as e:
        raise StudyError(f"{path.name}:{reader.line_num}: is no table ({e}): correct this line") from None
    return rows


def read_text(path: pathlib.Path) -> str:
    """The text of a table or YAML file: UTF-8, or UTF-16 where a byte-order mark says so.

    Raises:
        StudyError: any other encoding, with the line at which it shows.
    """
    raw = path.read_bytes()
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if marked else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as e:
        line = raw[: e.start].count(b"\n") + 1
        raise StudyError(
            f"{path.name}:{line}: byte {raw[e.start]:#04x} is no {'UTF-16' if marked else 'UTF-8'} text: "
            f"save the file as UTF-8"
        ) from None


def _check_columns(
    path: pathlib.Path, columns: list[str], required: tuple[str, ...], optional: tuple[str, ...]
) -> None:
    """Every required column is there, none twice, and none that looks like a misspelt optional one."""
    missing = [c for c in required if c not in columns]
    if missing:
        raise StudyError(
            f"{path.name}:1: column {missing[0]!r} is missing: add it (columns are separated by tabs)"
        )
    twice = [c for c in dict.fromkeys(columns) if c and columns.count(c) > 1]
    if twice:
        raise StudyError(f"{path.name}:1: column {twice[0]!r} is there twice: remove one")
    for c in columns:
        near = difflib.get_close_matches(c, [o for o in optional if o not in columns], 1, 0.85)
        if c not in (*required, *optional) and near:
            raise StudyError(f"{path.name}:1: column {c!r} looks like {near[0]!r}: correct its name")


def numeric(text: str, place: str, column: str) -> float:
    """A number of a table; NaN, an empty cell and anything else that is no number are refused, and so is one
    that a processor takes for 0, or for infinite, although it is written otherwise.
    """
    try:
        value = plain_number(text)
    except ValueError:
        found = f"{text[:60]!r} is no number" if text else "is empty"
        raise StudyError(f"{place}: {column} {found}: write a number") from None
    if math.isnan(value):
        raise StudyError(f"{place}: {column} is NaN: write a number or leave the row out")
    if (math.isinf(value) and re.search(r"\d", text)) or 0 < abs(value) < sys.float_info.min:
        raise StudyError(
            f"{place}: {column} {text[:60]} is beyond the numbers of a machine: use another unit"
        )
    return value


def finite(text: str, place: str, column: str) -> float:
    """A number of a table that is not infinite."""
    value = numeric(text, place, column)
    if math.isinf(value):
        raise StudyError(f"{place}: {column} is infinite: write a number or leave the row out")
    return value


def given(text: str) -> bool:
    """Whether a cell says something: it is not blank, NaN or NA."""
    return bool(text) and text.lower() not in ("nan", "na")


def source_of(row: Mapping[str, str]) -> str:
    """The data set and replicate that a row of measurements names."""
    return " ".join(filter(None, (row.get("datasetId", ""), row.get("replicateId", ""))))


def known(name: str, names: Iterable[str], place: str, kind: str) -> str:
    """The name, if it is one of the names."""
    names = list(names)
    if name not in names:
        shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        raise StudyError(f"{place}: {kind} {name!r} is not one of {shown}: correct the name or declare it")
    return name


def once(name: str, seen: Mapping[str, str], place: str, kind: str) -> str:
    """The name, if it is one and no earlier row has it (`seen`: name -> place)."""
    if not name:
        raise StudyError(f"{place}: has no {kind} id: give one")
    if name in seen:
        raise StudyError(f"{place}: {kind} {name!r} is there already ({seen[name]}): keep one row")
    return name


def plain(expression: sp.Expr) -> sp.Expr:
    """A formula of the PEtab parser in the symbols of a network: no assumptions, `time` as `t`, whole numbers
    whole.

    Raises:
        ValueError: something that is no number, like 1/0.
    """
    from models.sbml.formulas import absolute, number, sign, to_power

    def walk(e: sp.Expr) -> sp.Expr:
        if e.is_Symbol:
            return time if e.name == "time" else sp.Symbol(e.name)  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
        if e.is_Float:
            return number(float(e))
        if isinstance(e, sp.Piecewise):
            value = sp.nan
            for piece, condition in reversed(e.args):  # pyright: ignore[reportGeneralTypeIssues]  SymPy's stubs say Basic
                value = (
                    walk(piece)
                    if condition == sp.true
                    else _condition(condition, walk).pick(walk(piece), value)
                )
            return value
        if isinstance(e, Boolean | Relational):
            return _condition(e, walk).as_number()
        if not e.args:
            return e
        parts = [walk(a) for a in e.args]  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
        if e.is_Pow:
            return to_power(*parts)
        if isinstance(e, sp.Abs):
            return absolute(*parts)
        return sign(*parts) if isinstance(e, sp.sign) else e.func(*parts)

    found = walk(expression)
    if found.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
        raise ValueError("is no real number, like 1/0")
    return found


def _condition(e: Any, walk: Callable[[Any], sp.Expr]) -> Inequality:
    """A condition of the PEtab parser."""
    if isinstance(e, sp.And | sp.Or):
        return (all_of if isinstance(e, sp.And) else any_of)(_condition(a, walk) for a in e.args)
    if isinstance(e, sp.Not):
        return _condition(e.args[0], walk).opposite()
    if isinstance(e, sp.Xor):
        return functools.reduce(one_of_two, (_condition(a, walk) for a in e.args), NEVER)
    if isinstance(e, sp.ITE):
        first, yes, no = (_condition(a, walk) for a in e.args)
        return any_of((all_of((first, yes)), all_of((first.opposite(), no))))
    if e in (sp.true, sp.false):
        return ALWAYS if e == sp.true else NEVER
    if isinstance(e, Relational):
        a, b = walk(e.lhs), walk(e.rhs)
        if isinstance(e, sp.Eq | sp.Ne):
            return equal(a, b) if isinstance(e, sp.Eq) else equal(a, b).opposite()
        strict = isinstance(e, sp.StrictGreaterThan | sp.StrictLessThan)
        above = isinstance(e, sp.GreaterThan | sp.StrictGreaterThan)
        return Inequality(a - b if above else b - a, strict)
    return not_zero(walk(e))
