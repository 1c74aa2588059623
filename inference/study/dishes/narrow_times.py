"""When something short may happen that time alone decides, in formulas which algebra cannot solve for it.

A dose of a minute every day, `t - 24 floor(t / 24) < 1/60`, a peak of `exp(-((t^2 - a) / b)^2)`: the solver
steps over them unless it starts afresh there. So sums are looked at where they cross zero, what is rounded
where it is a whole number, and what stands in an exponential or under a high power where it turns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy as sp
from scipy.optimize import brentq, minimize_scalar

from models.declare import time
from models.engine.compile import MODULES
from models.formula import function_of
from models.ratelaws import choose, floored, raised

LOOKS = 20_000  # points of a dish
MOST = 500  # times: what comes oftener is met by every solver
HIGH = 4  # a power from which on a peak is narrower than what it is the power of
ROUGH = 1e-9  # of the largest: a turn that comes so near to zero may cross it


def turning(formulas: Iterable[sp.Expr], still: set[sp.Basic]) -> tuple[sp.Expr, ...]:
    """What crosses zero where something short may happen, as far as time decides it and not linearly.

    Args:
        formulas: of a network, without names of derived quantities.
        still: all that stays as it is between two stops of the solver.
    """
    found: dict[sp.Expr, None] = {}
    for e in formulas:
        if e.has(time):
            for part in sp.preorder_traversal(e):
                found |= dict.fromkeys(x for x in _features(part) if _bends(x, still))
    return tuple(found)


def _features(part: Any) -> list[Any]:
    """Of one node of a formula: what is zero where it does something short."""
    if part.func is sp.Add:
        return [part]
    if part.func is choose:
        return _compared(part.args[0])
    if part.func in (floored, sp.floor, sp.ceiling):
        return [sp.sin(sp.pi * part.args[0])]
    if part.func is sp.exp:
        return [sp.diff(part.args[0], time)]
    if part.func in (sp.Pow, raised) and not (part.args[1].is_number and abs(part.args[1]) < HIGH):
        return [sp.diff(part.args[0], time)]
    return []


def _compared(margin: Any) -> list[Any]:
    if margin.func in (sp.Min, sp.Max):
        return [p for a in margin.args for p in _compared(a)]
    return [margin]


def _bends(e: Any, still: set[sp.Basic]) -> bool:
    if not e.has(time) or e.has(choose) or not e.free_symbols <= still | {time}:
        return False
    slope = sp.diff(e, time)
    return e.has(floored, sp.floor, sp.ceiling, sp.Min, sp.Max) or slope.has(time)


def times(formulas: Iterable[sp.Expr], begin: float, end: float) -> list[float]:
    """(begin, end] in order: when one of the formulas of time crosses zero, at most `MOST` of them."""
    found: set[float] = set()
    for e in formulas:
        if e.free_symbols <= {time} and end > begin:
            found |= set(_zeros(e, begin, end))
    kept: list[float] = []
    for t in sorted(found):
        if not kept or t - kept[-1] > 1e-12 * max(1.0, abs(t)):
            kept.append(t)
    return kept[:MOST]


def _zeros(e: sp.Expr, begin: float, end: float) -> list[float]:
    function = function_of([time], e, MODULES)
    at = np.linspace(begin, end, LOOKS + 1)

    def value(t: Any) -> float:
        return float(np.nan_to_num(np.asarray(function(jnp.asarray(t)), float)))

    r = np.broadcast_to(np.nan_to_num(np.asarray(function(jnp.asarray(at)), float)), at.shape)
    brackets = [
        (float(at[i]), float(at[i + 1]))
        for i in np.flatnonzero(np.signbit(r[:-1]) != np.signbit(r[1:]))[:MOST]
    ]
    size, middle = np.abs(r), r[1:-1]
    turns = (size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:])
    turns &= (np.signbit(middle) == np.signbit(r[:-2])) & (np.signbit(middle) == np.signbit(r[2:]))
    for i in np.flatnonzero(turns)[:MOST]:
        sign = -1.0 if np.signbit(middle[i]) else 1.0
        low, high = float(at[i]), float(at[i + 2])
        found: Any = minimize_scalar(lambda t: sign * value(t), bounds=(low, high), method="bounded")
        best = float(found.x)
        if sign * value(best) < 0:
            brackets += [(low, best), (best, high)]
        elif abs(value(best)) <= ROUGH * size.max():
            brackets.append((best, best))
    return [t for low, high in brackets for t in _inside(value, low, high) if begin < t <= end]


def _inside(value: Any, low: float, high: float) -> list[float]:
    if low == high:
        return [float(low)]
    ends = value(low), value(high)
    if ends[0] * ends[1] > 0:
        return []
    root: Any = brentq(value, low, high, xtol=1e-13 * max(1.0, abs(high)))
    return [float(root)]
