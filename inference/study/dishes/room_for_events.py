"""For how many events a dish needs room: they are counted at the nominal values."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from inference.study.number_pool import PooledProtocols
from inference.study.problem_tables import StudyError
from models.engine.compile import System
from models.engine.events.event_system import EventSystem
from models.engine.events.lanes_with_events import happenings
from models.engine.protocol import Schedule
from models.engine.work_queue import TOO_MANY_EVENTS

MOST = 2000  # happenings in one dish
USUAL = 64  # where the study has no nominal values
RTOL, ATOL, STEPS = 1e-6, 1e-9, 20_000  # of the run that counts


def room_for_events(
    system: System,
    events: EventSystem,
    lanes: PooledProtocols,
    pool: Callable[[Float[Array, " unknown"]], Float[Array, " entry"]],
    times: Float[np.ndarray, "lane time"],
    nominal: Float[np.ndarray, " unknown"],
    place: str,
) -> int:
    """As many as happen in a dish at the nominal values, and as many again.

    Args:
        lanes, pool, times: of the study; its dishes point to numbers of the pool.
        nominal: NaN where a parameter has none.
        place: of the model, for what is refused.

    Raises:
        StudyError: a dish in which more than `MOST` things happen.
    """
    if np.isnan(nominal).any() or lanes.moving is not None:
        return USUAL

    @jax.jit
    def count(theta: Array) -> tuple[Array, Array]:
        entries = pool(theta)
        schedule = Schedule(
            jnp.asarray(lanes.starts), entries[lanes.inputs], jnp.asarray(lanes.keep), entries[lanes.add]
        )
        parameters = entries[lanes.parameters]
        log = happenings(
            system,
            events,
            parameters,
            schedule,
            jnp.asarray(times),
            rtol=RTOL,
            atol=ATOL,
            max_steps=STEPS,
            most=MOST,
        )
        return log.count, log.reason == TOO_MANY_EVENTS

    counts, endless = map(np.asarray, count(jnp.asarray(nominal)))
    if endless.any():
        raise StudyError(
            f"{place}: events: a dish has more than {MOST} happenings (dish "
            f"{int(np.argmax(endless)) + 1} of {len(endless)}): correct the triggers that never rest"
        )
    return min(MOST, 2 * int(counts.max()) + 8)
