"""Many trajectories at once, differentiable: `simulate_lanes`, for a likelihood. For large tables of
parameter sets there is `models.engine.ensemble`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from models.engine.compile import System
from models.engine.derivative import Arrays, Program, observables
from models.engine.lane_states import Observe, Tolerance
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule
from models.engine.solver.sparse_lu import Scalars
from models.engine.solver.tableau import RODAS5P, Tableau
from models.engine.timeline import merge
from models.engine.work_queue import COMPLETE


def every_species(t: Any, y: Scalars, args: Scalars) -> Scalars:
    """The state itself."""
    return y


def simulate_lanes(
    system: System,
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
    times: Float[Array, "lane time"],
    *,
    rtol: float | Float[Array, ""],
    atol: float | Float[Array, ""] | Float[Array, " species"],
    max_steps: int = 10_000,
    observe: Observe | None = None,
    wanted: Sequence[str] | None = None,
    lanes: int | None = None,
    capacity: int | None = None,
    tableau: Tableau = RODAS5P,
) -> Trajectory:
    """Simulate every lane: its own parameters, schedule (leading lane axis) and output times.

    A value at the start of a period is the one after its jump. Under `vmap` the batch axes become lanes too.

    Args:
        parameters: in the order of `system.parameters`.
        schedule: as `models.engine.protocol.schedule`, every array with a leading lane axis.
        times: min, ascending, not before the first start; +inf is padding, with value 0.
        rtol, atol: tolerances of a step, the absolute one in the unit of each species. Must be the same for
            all lanes.
        max_steps: attempts after which a lane is given up.
        observe: (t, y, args) -> tuple of observables; all species by default. Pass the same function again
            and again:
            another one compiles anew.
        wanted: names of the parameters and inputs whose derivatives are needed; those of others are 0. All by
            default: the fewer,
            the faster a gradient.
        capacity: turns of the loop that a derivative may record on XLA; what does not fit is not `ok`. The
            native kernel needs none.
        lanes: how many step side by side; chosen from problem and device by default.
    """
    chosen = tuple(system.parameters + system.inputs) if wanted is None else tuple(wanted)
    positions = {name: i for i, name in enumerate(system.parameters + system.inputs)}
    program = Program(
        system,
        tableau,
        observe or every_species,
        max_steps,
        tuple(sorted(positions[n] for n in chosen)),
        lanes,
        capacity,
    )
    floating = jnp.result_type(float)
    tolerance = Tolerance(
        jnp.asarray(rtol, floating), jnp.broadcast_to(jnp.asarray(atol, floating), (len(system.species),))
    )
    arrays = (jnp.asarray(parameters, floating), schedule.inputs, schedule.keep, schedule.add)
    return _simulate(program, arrays, schedule.starts, jnp.asarray(times, floating), tolerance)


@partial(jax.jit, static_argnums=0)
def _simulate(
    program: Program, arrays: Arrays, starts: Array, times: Array, tolerance: Tolerance
) -> Trajectory:
    timeline = merge(starts, times)
    values, steps, reason, _ = observables(program, arrays, timeline, tolerance)
    ok = reason == COMPLETE
    values = jnp.take_along_axis(values, timeline.slot[:, :, None], 1)
    shown = ok[:, None, None] & jnp.isfinite(times)[:, :, None]
    return Trajectory(jnp.where(shown, values, 0.0), ok, steps, reason)
