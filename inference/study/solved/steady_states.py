"""Whether a dish that was to come to rest has done so."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from inference.study.solved.watched import solve
from inference.study.study import Study, from_tables
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule

RELATIVE = 1e-4  # of its level that a species may change in the second half of its way to rest
NOTHING = 1e-8  # of the largest species: less than this is no change, but the solver's error


def at_rest(study: Study, dishes: Trajectory) -> Bool[Array, " lane"]:
    """Of each dish, whether everything stayed where it was while it waited for a steady state.

    A dish that grows without end, oscillates, or is on its way still, changes between the middle and the end
    of that time; a dish that has none is at rest.
    """
    still = jnp.ones(dishes.ok.shape, bool)
    if not len(study.waits):
        return still
    lane, middle, end = study.waits.T
    a, b = dishes.values[lane, middle], dishes.values[lane, end]
    allowed = RELATIVE * jnp.abs(b) + NOTHING * jnp.max(jnp.abs(b), -1, keepdims=True)
    return still.at[lane].min(jnp.all(jnp.abs(a - b) <= allowed, -1))


def checked(study: Study, dishes: Trajectory) -> Trajectory:
    """The dishes, `ok` only where a steady state that was asked for is one."""
    return replace(dishes, ok=dishes.ok & at_rest(study, dishes))


HASTE = 1e6  # slow dishes: rates down to 1e-12 per time unit come to rest


def fast_enough(study: Study) -> Study:
    """The study; where a dish does not come to rest at the nominal parameters, everything is quickened there.

    What comes to rest at once is left alone: where nothing moves any more a longer way only gathers rounding.
    """
    theta = study.nominal
    if not len(study.waits) or np.isnan(theta).any() or study.lanes.moving is not None:
        return study
    if study.events is not None:  # a delay would be quickened too
        return study
    if _rests(study, theta):
        return study
    quick = from_tables(replace(study.tables, haste=HASTE))
    return quick if _rests(quick, theta) else study


def _rests(study: Study, theta: np.ndarray) -> bool:
    where = study.lanes

    @jax.jit
    def run(theta: Array) -> tuple[Array, Array]:
        pool = study.pool(theta)
        schedule = Schedule(
            jnp.asarray(where.starts), pool[where.inputs], jnp.asarray(where.keep), pool[where.add]
        )
        dishes = solve(study, pool[where.parameters], schedule, rtol=1e-8, atol=1e-10, max_steps=10_000)
        return dishes.ok, at_rest(study, dishes)

    ok, rest = run(jnp.asarray(theta))
    return bool(jnp.all(rest | ~ok))  # what cannot be solved is another matter
