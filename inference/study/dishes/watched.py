"""The dishes of a study solved, with the events that their states bring about where there are such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from inference.study.problem_tables import StudyError
from models.engine.events.lanes_with_events import happenings, simulate_with_events
from models.engine.lanes import simulate_lanes
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule
from models.engine.work_queue import TOO_MANY_EVENTS

if TYPE_CHECKING:
    from inference.study.study import Study

MOST = 2000  # happenings in one dish
USUAL = 64  # where the study has no nominal values
RTOL, ATOL, STEPS = 1e-6, 1e-9, 20_000  # of the run that counts


def room_for_events(study: Study) -> int:
    """For how many happenings a dish needs room: at the nominal values, and as many again."""
    events, where, theta = study.events, study.lanes, study.nominal
    if events is None or np.isnan(theta).any() or where.moving is not None:
        return USUAL

    @jax.jit
    def count(theta: Array) -> tuple[Array, Array]:
        pool = study.pool(theta)
        schedule = Schedule(
            jnp.asarray(where.starts), pool[where.inputs], jnp.asarray(where.keep), pool[where.add]
        )
        log = happenings(
            study.system,
            events,
            pool[where.parameters],
            schedule,
            jnp.asarray(study.times),
            rtol=RTOL,
            atol=ATOL,
            max_steps=STEPS,
            most=MOST,
        )
        return log.count, log.reason == TOO_MANY_EVENTS

    counts, endless = map(np.asarray, count(jnp.asarray(theta)))
    if endless.any():
        raise StudyError(
            f"{study.tables.model.place}: events: a dish has more than {MOST} happenings (dish "
            f"{int(np.argmax(endless)) + 1} of {len(endless)}): correct the triggers that never rest"
        )
    return min(MOST, 2 * int(counts.max()) + 8)


def solve(
    study: Study,
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
    *,
    rtol: float | Float[Array, ""],
    atol: float | Float[Array, ""],
    max_steps: int,
    capacity: int | None = None,
) -> Trajectory:
    """All dishes at all their times; `max_steps` and `capacity` as in `simulate_lanes`."""
    times = jnp.asarray(study.times)
    if study.events is not None:
        return simulate_with_events(
            study.system,
            study.events,
            parameters,
            schedule,
            times,
            rtol=rtol,
            atol=atol,
            max_steps=max_steps,
            wanted=study.wanted,
            most=study.room,
        )
    return simulate_lanes(
        study.system,
        parameters,
        schedule,
        times,
        rtol=rtol,
        atol=atol,
        max_steps=max_steps,
        wanted=study.wanted,
        capacity=capacity,
    )
