"""A formula of a PEtab table, read for what PEtab says and bounded before anything works it out."""

from __future__ import annotations

import math

import sympy as sp

from inference.study.problem_tables import (
    StudyError,
    plain,
)

LONGEST = 20_000  # characters of a formula
TALLEST = 4  # powers in the exponents of powers


def first_line(text: object) -> str:
    """What an error of another program says, in one line; its kind where it says nothing."""
    lines = str(text).strip().splitlines()
    return lines[0][:300].rstrip(".:") if lines else type(text).__name__


def formula(text: str, place: str, column: str) -> sp.Expr:
    """A formula by PEtab's own parser, in symbols of the network."""
    from petab.v1.math import sympify_petab

    if not text:
        raise StudyError(f"{place}: {column} is empty: write a formula")
    if len(text) > LONGEST:
        raise StudyError(f"{place}: {column} has {len(text)} characters: shorten it to {LONGEST}")
    try:
        if text.count("^") + text.count("pow") + text.count("exp") > 1:
            _bounded(sympify_petab(text, evaluate=False))
        return plain(sympify_petab(text))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    except RecursionError:
        raise StudyError(f"{place}: {column} is nested too deeply: write it in parts") from None
    except Exception as e:  # petab's parser and SymPy raise many kinds
        shown = text if len(text) < 80 else f"{text[:77]}..."
        raise StudyError(
            f"{place}: {column} {shown!r} cannot be read ({first_line(e)}): write it in PEtab's syntax"
        ) from None


def _bounded(e: sp.Basic, tower: int = 0) -> float | None:
    """The value of a formula of numbers; a tower of powers is refused before anything works it out."""
    if tower > TALLEST:
        raise OverflowError("is a tower of powers")
    if isinstance(e, sp.Number):
        return float(e)
    found = [_bounded(a, tower + (e.is_Pow and i == 1)) for i, a in enumerate(e.args)]
    parts = [x for x in found if x is not None]
    if len(parts) < len(found) or not parts:
        return None
    try:
        if e.is_Pow:
            return abs(parts[0]) ** parts[1] if parts[0] else 0.0
        return math.exp(parts[0]) if isinstance(e, sp.exp) else math.fsum(map(abs, parts))
    except OverflowError:
        raise OverflowError("is beyond every machine number") from None
