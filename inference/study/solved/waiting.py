"""Dishes that come to rest before they begin, or before they are looked at: integrated, then by Newton."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from inference.study.dishes.rests import RELATIVE, is_still
from inference.study.solved.newton import near
from inference.study.study import Study
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule

Integrate = Callable[[Schedule, Float[Array, "lane time"]], Trajectory]


def probed(study: Study, dishes: Trajectory) -> Bool[Array, " lane"]:
    """Of each dish, whether everything stayed where it was at the times at which that is asked."""
    still = jnp.ones(dishes.ok.shape, bool)
    if not len(study.rests.probes):
        return still
    lane, middle, end = study.rests.probes.T
    return still.at[lane].min(is_still(dishes.values[lane, middle], dishes.values[lane, end]))


def rested(
    study: Study, parameters: Float[Array, "lane parameter"], schedule: Schedule, integrate: Integrate
) -> tuple[Trajectory, Bool[Array, " lane"]]:
    """All dishes at all their times, and whether each found the steady states that it was to find."""
    rests = study.rests
    times, rest = jnp.asarray(study.times), jnp.ones(len(study.times), bool)
    if np.isfinite(rests.begins).any():
        begins = jnp.asarray(rests.begins)
        waits = jnp.isfinite(begins)
        schedule, before, found = _before(study, parameters, schedule, begins, integrate)
        dishes = integrate(schedule, times)
        rest = rest & (found | ~waits)
        dishes = Trajectory(
            jnp.where((before.ok | ~waits)[:, None, None], dishes.values, 0.0),
            dishes.ok & (before.ok | ~waits),
            dishes.steps + jnp.where(waits, before.steps, 0),
            jnp.where(before.ok | ~waits, dishes.reason, before.reason),
        )
    else:
        dishes = integrate(schedule, times)
    if len(rests.late):
        lane, middle, end = rests.late.T
        y = dishes.values[lane, end]
        last = jnp.sum(jnp.isfinite(schedule.starts), 1)[lane] - 1
        args = jnp.concatenate([parameters[lane], schedule.inputs[lane, last]], 1)
        at, far = near(study.system, times[lane, end], y, args)
        good = is_still(dishes.values[lane, middle], y) & (far <= RELATIVE)
        rest = rest.at[lane].min(good)
        values = dishes.values.at[lane, end].set(jnp.where(good[:, None], at, y))
        dishes = Trajectory(values, dishes.ok, dishes.steps, dishes.reason)
    return dishes, rest


def _before(
    study: Study, parameters: Array, schedule: Schedule, begins: Array, integrate: Integrate
) -> tuple[Schedule, Trajectory, Array]:
    """Schedules from where the dishes begin, in the steady state; the way there, and whether it is one."""
    waits, span = jnp.isfinite(begins), study.rests.span
    early = schedule.starts < begins[:, None]
    first = jnp.sum(early & waits[:, None], 1)  # periods that are over when the dish begins
    until = jnp.stack([begins - 0.5 * span, begins], 1)
    until = jnp.where(waits[:, None], until, jnp.inf)
    dishes = integrate(
        Schedule(
            jnp.where(early | ~waits[:, None] & (jnp.arange(early.shape[1]) == 0), schedule.starts, jnp.inf),
            schedule.inputs,
            schedule.keep,
            schedule.add,
        ),
        until,
    )
    args = jnp.concatenate([parameters, _of(schedule.inputs, jnp.maximum(first - 1, 0)[:, None])[:, 0]], 1)
    y = dishes.values[:, 1]
    at, far = near(study.system, jnp.where(waits, begins, 0.0), y, args)
    good = is_still(dishes.values[:, 0], y) & (far <= RELATIVE)
    at = jnp.where(good[:, None], at, y)
    # where nothing is done to a dish when it begins, what was set before goes on
    goes_on = waits & ~jnp.any(schedule.starts == begins[:, None], 1)
    count = schedule.starts.shape[1]
    order = jnp.arange(count)[None] + (first - goes_on)[:, None]
    place = jnp.minimum(order, count - 1)
    starts = jnp.where(order < count, jnp.take_along_axis(schedule.starts, place, 1), jnp.inf)
    starts = starts.at[:, 0].set(jnp.where(waits, begins, starts[:, 0]))
    inputs, keep, add = (_of(x, place) for x in (schedule.inputs, schedule.keep, schedule.add))
    put = jnp.where(goes_on[:, None], at, keep[:, 0] * at + add[:, 0])
    add = add.at[:, 0].set(jnp.where(waits[:, None], put, add[:, 0]))
    keep = keep.at[:, 0].set(jnp.where(waits[:, None], 0.0, keep[:, 0]))
    return Schedule(starts, inputs, keep, add), dishes, good


def _of(rows: Array, place: Array) -> Array:
    return jnp.take_along_axis(rows, place[:, :, None], 1)
