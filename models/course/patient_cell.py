"""The whole cell in the marrow of a patient, with what it has grown and died so far; simulated under levels.

Density is held within a simulation and given anew from outside: what grows and what dies is told by two
accumulators, of which the burden of the patient is made. Growth goes with `mu` and death with `dl`, on which
nothing else depends while the density is held, so that the slower clocks of a patient need no new simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from models.catalogue import niche, with_parameters
from models.declare import Reaction, Species
from models.engine.compile import System, compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Schedule
from models.network import Network, check
from models.pathways.fate import Fate

SETTLING = 10.0  # days before the first dose, without drugs
LANES = 512  # side by side: one compiled program serves any number
RTOL, ATOL = 1e-4, 1e-7
MAX_STEPS = 200_000
SHAPES = 64  # periods and times are rounded up to a multiple of it


@lru_cache(maxsize=2)
def patient_network() -> Network:
    """The whole cell in its niche with its fate; levels of ruxolitinib are given, so it does not decay."""
    whole = with_parameters(niche(), {"k_rux": 0.0})
    rows = Fate.rows
    found = replace(
        whole,
        id="patient",
        species=(*whole.species, *(r for r in rows if isinstance(r, Species))),
        reactions=(*whole.reactions, *(r for r in rows if isinstance(r, Reaction))),
        pathway_of=(*whole.pathway_of, *((r.name, "Fate") for r in rows)),
    )
    check(found)
    return found


def patient_system() -> System:
    """The same, compiled."""
    return compile_network(patient_network())


@dataclass(frozen=True)
class Surroundings:
    """Where each lane's cells live: inputs of the network held throughout, and the density (1e6/mL)."""

    inputs: Mapping[str, Float[np.ndarray, " lane"]]
    density: Float[np.ndarray, " lane"]


@dataclass(frozen=True)
class Fates:
    """What came out at the end of each day from 0 on; `rest` are the rates a day before the first dose.

    Failed lanes are NaN, and not `ok`.
    """

    grown: Float[np.ndarray, "lane day"]
    killed: Float[np.ndarray, "lane day"]
    osteoclasts: Float[np.ndarray, "lane day"]
    rest: Float[np.ndarray, "lane three"]
    ok: Bool[np.ndarray, " lane"]


def fates(
    parameters: Float[np.ndarray, "lane parameter"],
    levels: Mapping[str, Float[np.ndarray, "lane interval"]],
    edges: Float[np.ndarray, " edge"],
    around: Surroundings,
) -> Fates:
    """Growth and death of the cells of every lane under the levels, at a held density.

    Args:
        parameters: in the order of `patient_system().parameters`.
        levels: nM in each interval between the `edges` (h from the first dose), by input.
    """
    count = len(parameters)
    parts = [_block(parameters, levels, edges, around, range(i, min(i + LANES, count))) for i in
             range(0, count, LANES)]  # fmt: skip
    grown, killed, bone, ok = (np.concatenate([p[k] for p in parts]) for k in range(4))
    rest = np.stack([x[:, 1] - x[:, 0] for x in (grown, killed)] + [bone[:, 1]], 1)
    start = lambda x: x[:, 1:] - x[:, 1:2]  # noqa: E731
    return Fates(start(grown), start(killed), bone[:, 1:], rest, ok)


def _up(n: int) -> int:
    return -(-n // SHAPES) * SHAPES


def _block(parameters, levels, edges, around, rows):
    system = patient_system()
    index = np.resize(np.asarray(rows), LANES)
    days = round(edges[-1] / 24)
    starts = np.full(_up(len(edges)), np.inf)
    starts[: len(edges)] = np.concatenate([[-SETTLING * 1440], 60 * edges[:-1]])
    nominal = np.asarray(system.nominal)[len(system.parameters) :]
    inputs = np.tile(nominal, (LANES, len(starts), 1))
    put = {name: i for i, name in enumerate(system.inputs)}
    for name, value in around.inputs.items():
        inputs[:, :, put[name]] = np.asarray(value)[index, None]
    inputs[:, :, put["frozen"]] = 1.0
    for name, value in levels.items():
        inputs[:, 1 : len(edges), put[name]] += value[index]
    species = {name: i for i, name in enumerate(system.species)}
    keep, add = (np.full((LANES, len(starts), len(species)), v) for v in (1.0, 0.0))
    keep[:, 0, species["N"]], add[:, 0, species["N"]] = 0.0, around.density[index]
    times = np.full(_up(days + 2), np.inf)
    times[: days + 2] = 1440 * np.arange(-1.0, days + 1)
    found = simulate_lanes(
        system,
        jnp.asarray(parameters[index]),
        Schedule(*(jnp.asarray(x) for x in (np.tile(starts, (LANES, 1)), inputs, keep, add))),
        jnp.asarray(np.tile(times, (LANES, 1))),
        rtol=RTOL,
        atol=ATOL,
        max_steps=MAX_STEPS,
    )
    ok = np.asarray(found.ok)[: len(rows)]
    values = np.asarray(found.values)[: len(rows), : days + 2]
    values = np.where(ok[:, None, None], values, np.nan)
    return *(values[:, :, species[n]] for n in ("GROWN", "KILLED", "OC")), ok
