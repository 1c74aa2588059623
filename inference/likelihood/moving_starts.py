"""Periods that begin at estimated times: in their order at hand, and with the slopes that their times cause.

The solver ends a step at each such time and knows no derivative by it. A solution whose field jumps from f-
to f+ at a time s, and whose state is multiplied by k and added to there, changes after s by (k f- - f+) ds.
This is added to the jump with the factor s - s, which is 0 and has the slope 1 by s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from inference.study.number_pool import Moving
from inference.study.protocols import STEADY
from models.engine.compile import System
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Schedule

APART = 1e-12  # of the time itself: starts that coincide are set apart, since each has its own jump
BEFORE = 1e-9  # of the time itself: where the state before a jump is read
RTOL, ATOL, STEPS = 1e-8, 1e-10, 10_000  # of the run that finds the states at the jumps; slopes need no more


def in_order(
    system: System,
    moving: Moving,
    pool: Float[Array, " entry"],
    theta: Float[Array, " unknown"],
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
) -> Schedule:
    """The schedules with the periods that begin at estimated times.

    Args:
        system: the network.
        moving: those periods.
        pool: numbers at `theta`.
        theta: unknowns.
        parameters: of each dish.
        schedule: what begins at times that are known.
    """
    known = schedule.starts.shape[1]
    plain, order, at = merged(moving, pool, theta, schedule)
    fixed_at, inputs = jax.lax.stop_gradient(at), plain.inputs
    before, after = jax.lax.stop_gradient(_states(system, parameters, plain, fixed_at))
    where = jnp.argsort(order, 1)[:, known:]  # of each moving start its place in the order

    def field(state: Array, place: Array) -> Array:
        level = jnp.take_along_axis(inputs, place[:, :, None], 1)
        own = jnp.broadcast_to(parameters[:, None], (*place.shape, parameters.shape[1]))
        args = tuple(jnp.moveaxis(jnp.concatenate([own, level], 2), 2, 0))
        time = jnp.where(jnp.isfinite(fixed_at), fixed_at, 0.0)
        found = system.field(time, tuple(jnp.moveaxis(state, 2, 0)), args)
        return jnp.stack([jnp.broadcast_to(f, place.shape) for f in found], 2)

    gap = jnp.asarray(moving.keep) * field(before, jnp.maximum(where - 1, 0)) - field(after, where)
    real = jnp.isfinite(fixed_at)
    moved = jnp.where(real, at, 0.0) - jnp.where(real, fixed_at, 0.0)
    gap = jnp.where(real[:, :, None], jax.lax.stop_gradient(gap), 0.0)
    slope = jnp.concatenate([jnp.zeros_like(schedule.add), gap * moved[:, :, None]], 1)
    moved_by = jnp.take_along_axis(slope, order[:, :, None], 1)
    return replace(plain, starts=jax.lax.stop_gradient(plain.starts), add=plain.add + moved_by)


def merged(
    moving: Moving,
    pool: Float[Array, " entry"],
    theta: Float[Array, " unknown"],
    schedule: Schedule,
) -> tuple[Schedule, Int[Array, "lane period"], Float[Array, "lane moving"]]:
    """The schedules with those periods in their order, the order, and the times with their slopes; arguments
    as for `in_order`.
    """
    known = schedule.starts.shape[1]
    at = jnp.where(moving.used, pool[moving.starts], jnp.inf)
    scale = APART * jnp.maximum(1.0, jnp.abs(jnp.where(jnp.isfinite(at), at, 1.0)))
    twin = jnp.any(at[:, :, None] == schedule.starts[:, None, :], -1) & jnp.isfinite(at)
    earlier = jnp.tril(at[:, :, None] == at[:, None, :], -1).sum(-1)
    at = at + jnp.where(jnp.isfinite(at), scale * (twin + earlier), 0.0)
    at = jnp.where(at > schedule.starts[:, :1], at, jnp.inf)
    every = jnp.concatenate([schedule.starts, at], 1)
    order = jnp.argsort(every, 1, stable=True)
    starts = jnp.take_along_axis(every, order, 1)
    base = jnp.maximum(jax.lax.cummax(jnp.where(order < known, order, -1), 1), 0)
    inputs = _switched(
        moving,
        theta,
        jax.lax.stop_gradient(starts),
        jnp.take_along_axis(schedule.inputs, base[:, :, None], 1),
    )
    add = jnp.concatenate([schedule.add, pool[moving.add]], 1)
    keep = jnp.concatenate([schedule.keep, jnp.asarray(moving.keep)], 1)

    def sorted_by(rows: Array) -> Array:
        return jnp.take_along_axis(rows, order[:, :, None], 1)

    plain = Schedule(starts, inputs, sorted_by(keep), sorted_by(add))
    return plain, order, at


def _switched(
    moving: Moving,
    theta: Array,
    starts: Float[Array, "lane period"],
    inputs: Float[Array, "lane period input"],
) -> Float[Array, "lane period input"]:
    """The inputs with each switch as it stands in the middle of each period."""
    ends = jnp.concatenate([starts[:, 1:], jnp.full_like(starts[:, :1], jnp.inf)], 1)
    middle = jnp.where(jnp.isfinite(ends), 0.5 * (starts + ends), starts + 1.0)
    middle = jnp.where(jnp.isfinite(starts), middle, 0.0)
    # before a steady state time stands still where it then begins
    middle = middle.at[:, 0].set(jnp.where(starts[:, 0] < -0.5 * STEADY, starts[:, 1], middle[:, 0]))
    for lane, columns, margins in moving.switches:
        on: Any = [jnp.broadcast_to(m, middle[lane].shape) >= 0 for m in margins(middle[lane], list(theta))]
        inputs = inputs.at[lane, :, columns].set(jnp.stack(on).astype(inputs.dtype))
    return inputs


def _states(
    system: System, parameters: Array, schedule: Schedule, at: Float[Array, "lane moving"]
) -> tuple[Array, Array]:
    """State just before and just after each moving start."""
    first, known = schedule.starts[:, :1], jnp.isfinite(at)
    starts = schedule.starts[:, None]
    sooner = jnp.max(jnp.where(starts < at[:, :, None], starts, -jnp.inf), 2)  # it may be at the same time
    early = jnp.maximum(at - BEFORE * jnp.maximum(1.0, jnp.abs(at)), jnp.maximum(first, sooner))
    early = jnp.where(known, early, jnp.inf)
    times = jnp.concatenate([early, at], 1)
    order = jnp.argsort(times, 1, stable=True)
    dishes = simulate_lanes(
        system,
        jax.lax.stop_gradient(parameters),
        jax.lax.stop_gradient(schedule),
        jax.lax.stop_gradient(jnp.take_along_axis(times, order, 1)),
        rtol=RTOL,
        atol=ATOL,
        max_steps=STEPS,
    )
    values = jnp.take_along_axis(dishes.values, jnp.argsort(order, 1)[:, :, None], 1)
    return values[:, : at.shape[1]], values[:, at.shape[1] :]
