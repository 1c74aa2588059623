"""Do the units of a rate law balance? A walk over the SymPy expression, without numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from models.ratelaws import choose, guarded_log, power

_WORDS = {
    "": sp.Integer(1),
    "1": sp.Integer(1),
    "-": sp.Integer(1),
    "rel": sp.Integer(1),
    "0-1": sp.Integer(1),
    "0/1": sp.Integer(1),
    "min": sp.Symbol("min", positive=True),
    "nM": sp.Symbol("nM", positive=True),
    "ng": sp.Symbol("ng", positive=True),
    "mL": sp.Symbol("mL", positive=True),
    "1e6": sp.Symbol("Mcells", positive=True),
    "1e6cells": sp.Symbol("Mcells", positive=True),
    "%": sp.Symbol("percent", positive=True),
}


class UnitError(ValueError):
    """A unit that is not known, or an expression whose terms do not have the same one."""


def unit(text: str) -> sp.Expr:
    """The unit written as `1/nM/min`, `ng/mL`, `1e6/mL`, `-` ... as an expression of base units."""
    first, *rest = re.split("/", text.strip()) if text.strip() != "0/1" else ["1"]
    for word in (first, *rest):
        if word.strip() not in _WORDS:
            raise UnitError(f"unit {text!r}: {word!r} is not one of {', '.join(w for w in _WORDS if w)}")
    value = _WORDS[first.strip()]
    for word in rest:
        value = value / _WORDS[word.strip()]
    return value


def unit_of(expression: sp.Expr, units: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The unit of an expression, from the units of its symbols; raises `UnitError` where terms do not
    match.
    """
    if isinstance(expression, sp.Symbol):
        if expression not in units:
            raise UnitError(f"{expression}: is not declared: declare it or name it among the held quantities")
        return units[expression]
    if expression.is_number:
        return sp.Integer(1)
    args: Any = expression.args  # SymPy declares them more widely than those of a formula are
    parts = [unit_of(a, units) for a in args]
    if expression.is_Add or expression.func in (sp.Max, sp.Min):
        terms = [(a, u) for a, u in zip(expression.args, parts, strict=True) if a != 0]
        for a, u in terms[1:]:
            if sp.simplify(u / terms[0][1]) != 1:
                raise UnitError(f"{expression}: {terms[0][0]} is in {terms[0][1]}, {a} in {u}")
        return terms[0][1]
    if expression.func is choose:
        if sp.simplify(parts[1] / parts[2]) != 1 and 0 not in expression.args[1:]:
            raise UnitError(
                f"{expression}: {expression.args[1]} is in {parts[1]}, {expression.args[2]} in {parts[2]}"
            )
        return parts[1]
    if expression.is_Mul:
        return sp.Mul(*parts)
    if expression.is_Pow:
        exponent = expression.args[1]
        if parts[1] != 1 or (parts[0] != 1 and not exponent.is_number):
            raise UnitError(
                f"{expression}: a power needs an exponent without unit, and a number where the base has a "
                f"unit"
            )
        return parts[0] ** exponent if parts[0] != 1 else sp.Integer(1)
    if expression.func in (power, guarded_log, sp.exp, sp.log, sp.tanh):
        for a, u in zip(expression.args, parts, strict=True):
            if u != 1:
                raise UnitError(f"{expression}: {a} is in {u} but must be without unit")
        return sp.Integer(1)
    raise UnitError(f"{expression}: no unit rule for {expression.func.__name__}")
