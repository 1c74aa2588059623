"""What of a formula may be short because of the state, and when it may lie on a trajectory.

`piecewise(1, S > 500 and S < 500.5, 0)`, `exp(-((S - 500) / 0.5)^2)`: nobody can say before a dish is solved
when that is, and a solver that never looks inside sees nothing of it. So such a problem is solved again, with
steps that end at many more times and then where such an argument crosses zero or turns; what differs was
stepped over.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Bool, Float

from inference.study.solved.watched import solve
from inference.study.study import Study
from models.declare import time
from models.engine.compile import MODULES
from models.engine.protocol import Schedule
from models.formula import function_of
from models.network import Network, inlined
from models.ratelaws import choose, floored, raised

STEEP = (sp.exp, sp.tanh, sp.sinh, sp.cosh, sp.sin, sp.cos, sp.Abs, floored)
GRID = 400  # points of a dish
ROOM = 200  # more of them where something may be short
PASSES = 4  # each looks where the one before suspected something
AGREE = 1e-4  # of the largest level of a species
AROUND = (-0.3, -0.03, -3e-3, 0.0, 3e-3, 0.03, 0.3)  # of a distance of points, about such a place


@lru_cache(maxsize=8)
def features(network: Network) -> tuple[sp.Expr, ...]:
    """What crosses zero, or turns, where a rate does something short that the state decides, or time in a way
    that algebra cannot solve.

    Our own networks have nothing of the kind.
    """
    if network.pathway_of:
        return ()
    moving = {s.symbol for s in network.species}
    found: dict[sp.Expr, None] = {}
    for r in network.reactions:
        for part in sp.preorder_traversal(inlined(network, r.rate)):
            for e in _short(part):
                if e.free_symbols & moving or sp.diff(e, time).has(time):
                    found[e] = None
    return tuple(found)


def _short(part: Any) -> list[Any]:
    if part.func is choose:
        return [x for x in _compared(part.args[0]) if not x.has(choose)]
    if part.func in STEEP:
        return [part.args[0], *_sums(part.args[0])]
    if part.func in (sp.Pow, raised) and part.args[1].is_number and part.args[1] != 1:
        return [x for x in _sums(part.args[0]) if _signs(x)]
    return []


def _sums(e: Any) -> list[Any]:
    return [x for x in sp.preorder_traversal(e) if x.func is sp.Add]


def _signs(e: Any) -> bool:
    """Whether a sum takes something away, so that it may be zero between positive terms."""
    return any(t.could_extract_minus_sign() for t in e.args)


def _compared(margin: Any) -> list[Any]:
    if margin.func in (sp.Min, sp.Max):
        return [p for a in margin.args for p in _compared(a)]
    return [margin]


def stepped_over(
    study: Study,
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
    *,
    rtol: float,
    atol: float,
    max_steps: int,
) -> Bool[np.ndarray, " lane"]:
    """Of each dish, whether it has other values when it is solved with other steps; arguments as for `solve`.

    A network without formulas that may do something short is not solved again.
    """
    other = np.zeros(len(study.times), bool)
    short = features(study.system.network)
    if not short:
        return other
    rests, starts = study.rests, np.asarray(schedule.starts)

    @jax.jit
    def run(times: Array, late: Array, probes: Array) -> tuple[Array, Array]:
        here = replace(study, times=times, rests=replace(rests, late=late, probes=probes))
        steps = max_steps + 4 * (GRID + ROOM)
        dishes, rest = solve(here, parameters, schedule, rtol=rtol, atol=atol, max_steps=steps)
        return dishes.values, dishes.ok & rest

    def solved(more: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """All times in order, states then and at those of the study, and success."""
        every = np.concatenate([study.times, more], 1)
        order = np.argsort(every, 1, kind="stable")
        place = np.argsort(order, 1)
        late, probes = (
            np.stack([r[:, 0], *(place[r[:, 0], r[:, k]] for k in (1, 2))], 1)
            for r in (rests.late, rests.probes)
        )
        times = np.take_along_axis(every, order, 1)
        values, ok = map(np.asarray, run(*map(jnp.asarray, (times, late, probes))))
        return times, values, np.take_along_axis(values, place[:, : study.times.shape[1], None], 1), ok

    regular, none = grid(study), np.full((len(other), ROOM), np.inf)
    *_, first, ok = solved(np.concatenate([np.full_like(regular, np.inf), none], 1))
    scale = np.max(np.abs(first), 1, keepdims=True)
    for _ in range(PASSES):
        times, values, again, too = solved(np.concatenate([regular, none], 1))
        gap = np.abs(again - first) - max(AGREE, 1e3 * rtol) * np.maximum(scale, np.abs(again)) - 1e2 * atol
        other |= ok & (~too | np.any(gap > 0, (1, 2)))
        period = np.maximum((starts[:, None] <= times[:, :, None]).sum(2) - 1, 0)
        own = np.broadcast_to(np.asarray(parameters)[:, None], (*times.shape, parameters.shape[1]))
        inputs = np.take_along_axis(np.asarray(schedule.inputs), period[:, :, None], 1)
        none = suspected(study, short, times, values, np.concatenate([own, inputs], 2))
    return other


def grid(study: Study) -> Float[np.ndarray, "lane point"]:
    """Points between the first and the last time of each dish, on no grid of a period; padded with +inf."""
    begins = np.where(np.isfinite(study.rests.begins), study.rests.begins, study.lanes.starts[:, 0])
    times = np.where(np.isfinite(study.times), study.times, -np.inf)
    if len(study.rests.late):
        lane, middle, end = study.rests.late.T
        times[lane, middle] = times[lane, end] = -np.inf
    last = np.max(times, 1, keepdims=True)
    share = (np.arange(GRID) + 0.618) / GRID
    points = begins[:, None] + share * (last - begins[:, None])
    return np.where(last > begins[:, None], points, np.inf)


def suspected(
    study: Study, found: tuple[sp.Expr, ...], times: np.ndarray, values: np.ndarray, args: np.ndarray
) -> Float[np.ndarray, "lane point"]:
    """Times near which one of the features crosses zero or turns, `ROOM` at most a dish, padded with +inf.

    Args:
        found: the features.
        times: (lane, time) ascending, padded with +inf.
        values: (lane, time, species); args: (lane, time, parameters and inputs) then.
    """
    system = study.system
    y, a = map(sp.Symbol, system.species), map(sp.Symbol, (*system.parameters, *system.inputs))
    function = function_of([time, tuple(y), tuple(a)], found, MODULES)
    t = np.where(np.isfinite(times), times, 0.0)
    columns = tuple(jnp.asarray(x) for x in np.moveaxis(values, 2, 0))
    more = tuple(jnp.asarray(x) for x in np.moveaxis(args, 2, 0))
    out = np.full((len(times), ROOM), np.inf)
    places: list[set[float]] = [set() for _ in times]
    for r in function(jnp.asarray(t), columns, more):
        r = np.broadcast_to(np.nan_to_num(np.asarray(r, float)), t.shape)
        for lane, row in enumerate(r):
            n = int(np.isfinite(times[lane]).sum())
            places[lane] |= set(_places(t[lane, :n], row[:n]))
    for lane, mine in enumerate(places):
        chosen = sorted(mine)[:ROOM]
        out[lane, : len(chosen)] = chosen
    return out


def _places(t: np.ndarray, r: np.ndarray) -> list[float]:
    """Where a row of values crosses zero, by a line, and where it turns, by a parabola; with points about."""
    if len(t) < 3:
        return []
    step = np.diff(t)
    crosses = np.flatnonzero((np.sign(r[:-1]) * np.sign(r[1:]) <= 0) & (r[:-1] != r[1:]) & (step > 0))
    at = [(t[i] - r[i] * step[i] / (r[i + 1] - r[i]), step[i]) for i in crosses]
    left, right = step[:-1], step[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (r[1:-1] - r[:-2]) / left, (r[2:] - r[1:-1]) / right
        turn = t[1:-1] - (a * right + b * left) / (left + right) / (2 * (b - a) / (left + right))
    inside = (a * b < 0) & (turn >= t[:-2]) & (turn <= t[2:])
    at += [(turn[i], max(left[i], right[i])) for i in np.flatnonzero(inside)]
    size = 1e-6 * (t[-1] - t[0])
    return [x + k * max(h, size) for x, h in at for k in AROUND if t[0] < x + k * max(h, size) < t[-1]]
