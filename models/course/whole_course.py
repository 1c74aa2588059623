"""The course without the reduction: every clone's whole network day by day, in the density of all of them.

Levels of every cycle act as they are, signals go on from the state that the day before left, and the clones'
densities are exchanged once a day. It takes minutes for what the reduction does in a second, and is there to
say how far that can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from models.course.burden import DENSE, Clocks
from models.course.patient_cell import ATOL, MAX_STEPS, RTOL, SETTLING, patient_system
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Schedule

DAY = 1440.0  # min


def whole_course(  # long: a third of it says what its arguments are
    parameters: Float[np.ndarray, "patient clone parameter"],
    levels: Mapping[str, Float[np.ndarray, "patient interval"]],
    edges: Float[np.ndarray, " edge"],
    inputs: Mapping[str, Float[np.ndarray, "patient clone"]],
    shares: Float[np.ndarray, "patient clone"],
    clocks: Clocks,
    tell: Callable[[int], None] = lambda _: None,
) -> Float[np.ndarray, "day patient clone"]:
    """Cells of each clone over all at diagnosis, at the start of each day until the last of the `edges` (h).

    Args:
        levels: nM in each interval between the `edges`, for every day of the course.
        inputs: what surrounds the cells of each clone.
        tell: is told after every day how many are done.
    """
    system = patient_system()
    patients, kinds = shares.shape
    lanes = patients * kinds
    species = {name: i for i, name in enumerate(system.species)}
    put = {name: i for i, name in enumerate(system.inputs)}
    held = np.tile(np.asarray(system.nominal)[len(system.parameters) :], (lanes, 1))
    for name, value in inputs.items():
        held[:, put[name]] = value.reshape(lanes)
    held[:, put["frozen"]] = 1.0
    flat = jnp.asarray(parameters.reshape(lanes, -1))
    begins = [np.flatnonzero((edges[:-1] >= 24 * d) & (edges[:-1] < 24 * (d + 1))) for d in
              range(round(edges[-1] / 24))]  # fmt: skip
    room = max(len(b) for b in begins)
    state = np.tile([s.initial for s in system.network.species], (lanes, 1)).astype(float)

    def one(starts: np.ndarray, doses: np.ndarray, length: float) -> np.ndarray:
        """The state after `length` min under the inputs of each start."""
        keep, add = np.ones((lanes, room, len(species))), np.zeros((lanes, room, len(species)))
        keep[:, 0], add[:, 0] = 0.0, state
        times = jnp.full((lanes, 1), starts[0] + length)
        tiled = jnp.asarray(np.tile(starts, (lanes, 1)))
        arrays = Schedule(tiled, jnp.asarray(doses), jnp.asarray(keep), jnp.asarray(add))
        found = simulate_lanes(system, flat, arrays, times, rtol=RTOL, atol=ATOL, max_steps=MAX_STEPS)
        return np.where(np.asarray(found.ok)[:, None], np.asarray(found.values)[:, 0], np.nan)

    none = np.full(room, np.inf)
    cells, found = shares.copy(), []
    state[:, species["N"]] = DENSE
    state = one(
        np.concatenate([[-SETTLING * DAY], none[1:]]), np.tile(held[:, None], (1, room, 1)), SETTLING * DAY
    )
    for day, rows in enumerate(begins):
        found.append(cells)
        density = DENSE * cells.sum(1)
        state[:, species["N"]] = np.repeat(density, kinds)
        state[:, species["GROWN"]] = state[:, species["KILLED"]] = 0.0
        doses = np.tile(held[:, None], (1, room, 1))
        for name, value in levels.items():
            doses[:, : len(rows), put[name]] += np.repeat(value[:, rows], kinds, 0)
        starts = none.copy()
        starts[: len(rows)] = 60 * edges[rows] - DAY * day
        state = one(starts, doses, DAY)
        grown, killed = (state[:, species[n]].reshape(patients, kinds) for n in ("GROWN", "KILLED"))
        cells = cells * np.exp(clocks.grow[:, None] * grown - clocks.die[:, None] * killed)
        tell(day + 1)
    return np.array(found)
