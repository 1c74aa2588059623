"""The dishes of a study solved, with the events that their states bring about where there are such."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from inference.study.solved.waiting import probed, rested
from inference.study.study import Study
from models.engine.events.lanes_with_events import simulate_with_events
from models.engine.lanes import simulate_lanes
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule


def solve(
    study: Study,
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
    *,
    rtol: float | Float[Array, ""],
    atol: float | Float[Array, ""],
    max_steps: int,
    capacity: int | None = None,
) -> tuple[Trajectory, Bool[Array, " lane"]]:
    """All dishes at all their times, and whether each found the steady states that it was to find;
    `max_steps` and `capacity` as in `simulate_lanes`.
    """
    how: dict[str, Any] = {"rtol": rtol, "atol": atol, "max_steps": max_steps, "wanted": study.wanted}
    if study.events is not None:
        times = jnp.asarray(study.times)
        dishes = simulate_with_events(
            study.system, study.events, parameters, schedule, times, most=study.room, **how
        )
        return dishes, probed(study, dishes)

    def integrate(schedule: Schedule, times: Float[Array, "lane time"]) -> Trajectory:
        return simulate_lanes(study.system, parameters, schedule, times, capacity=capacity, **how)

    return rested(study, parameters, schedule, integrate)
