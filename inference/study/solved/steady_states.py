"""Problems whose dishes come to rest very slowly are quickened on their way there."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from inference.study.solved.watched import solve
from inference.study.study import Study, from_tables
from models.engine.protocol import Schedule

HASTE = 1e6  # slow dishes: rates down to 1e-12 per time unit come to rest


def fast_enough(study: Study) -> Study:
    """The study; where a dish does not come to rest at the nominal parameters, everything is quickened there.

    What comes to rest at once is left alone: where nothing moves any more a longer way only gathers rounding.
    """
    theta = study.nominal
    if not study.rests or np.isnan(theta).any() or study.lanes.moving is not None:
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
        dishes, rest = solve(study, pool[where.parameters], schedule, rtol=1e-8, atol=1e-10, max_steps=10_000)
        return dishes.ok, rest

    ok, rest = run(jnp.asarray(theta))
    return bool(jnp.all(rest | ~ok))  # what cannot be solved is another matter
