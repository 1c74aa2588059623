"""The cell of a panel, and its dishes: all of them in one program, from the pre-culture of each line on."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from models.catalogue import PRESETS
from models.declare import Input
from models.dish import dish
from models.drugs import drug
from models.engine.compile import System, compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Schedule, schedule
from models.engine.solver.sparse_lu import Scalars
from models.network import assemble
from models.pathways.apoptosis import Apoptosis
from models.pathways.autophagy import Autophagy
from models.pathways.mapk import Mapk
from models.pathways.myeloma.dna_damage import DnaDamage
from models.pathways.myeloma.growth_factors import GrowthFactors
from models.pathways.myeloma.oncogenic_ras import OncogenicRas
from models.pathways.myeloma.resting_signals import RestingSignals
from models.pathways.myeloma.treated_cell import TreatedCell
from models.pathways.pi3k_akt import Pi3kAkt
from models.pathways.survival import Survival
from models.reduce import reduced

RTOL, ATOL, STEPS = 1e-4, 1e-7, 5000
HELD = {
    "IRF4": Input("IRF4", 1.0, "rel", "IRF4, which no drug of the panel reaches"),
    "fY4": Input("fY4", 1.0, "-", "synthesis of c-Myc left by IRF4, likewise"),
    "s_I4": Input("s_I4", 0.4, "-", "BH3 load by loss of IRF4, of which there is none"),
}


@lru_cache(maxsize=4)
def cell(drugs: tuple[str, ...]) -> System:
    """MAPK, Akt, survival proteins, autophagy and apoptosis under these drugs, as far as cells hang on them;
    receptor, STAT3 and NF-kB at rest.
    """
    whole = assemble(
        "panel",
        *(Mapk, Pi3kAkt, Survival, Apoptosis, Autophagy, RestingSignals),
        *(TreatedCell, GrowthFactors, OncogenicRas, DnaDamage),
        held=HELD,
    )
    # two that are always there: without them the strengths of their stresses would have no place
    kept = {drug(d).input for d in (*drugs, "bortezomib", "doxorubicin")} | {"frozen"}
    idle = {u.name for u in whole.inputs if u.default == 0 and u.name not in kept}
    return compile_network(reduced(whole, ("N",), idle))


def reached(drugs: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the drugs whose input the cell of the panel has."""
    return tuple(d for d in drugs if drug(d).input in cell(drugs).inputs)


@lru_cache(maxsize=4)
def _cells(system: System) -> Any:
    position = system.species.index("N")

    def observe(t: Any, y: Scalars, args: Scalars) -> Scalars:
        return (y[position],)

    return observe


def survivors(
    drugs: tuple[str, ...],
    names: tuple[str, ...],
    values: Float[Array, "line parameter"],
    line: np.ndarray,
    drug_of: np.ndarray,
    dose: Float[Array, " dish"],
    density: Float[Array, " dish"],
    hours: np.ndarray,
) -> tuple[Float[Array, " dish"], Array]:  # long: a third of it says what its arguments are
    """Viable cells at the end of every dish, 1e6/mL, and whether all could be solved.

    Every line is kept for six days without drugs; its dishes begin where that ends.

    Args:
        drugs: of the cell.
        names: parameters that `values` gives for each line, in their own units; others are nominal.
        line, drug_of: of each dish, (dish,).
        dose: nM; density: cells at the start, 1e6/mL; hours: of treatment.
    """
    system = cell(drugs)
    nominal = jnp.asarray(system.nominal[: len(system.parameters)])
    where = np.array([system.parameters.index(n) for n in names])
    base = jnp.broadcast_to(nominal, (values.shape[0], len(nominal))).at[:, where].set(values)
    kind = PRESETS["mm1s"]
    one = schedule(system, dish(system.network, "panel", preset=kind), {})
    lines, dishes = values.shape[0], len(line)

    def tiled(a: Array, count: int) -> Array:
        return jnp.broadcast_to(a, (count, *a.shape))

    before = Schedule(*(tiled(a[:1], lines) for a in (one.starts, one.inputs, one.keep, one.add)))
    wanted = tuple(names)
    resting = simulate_lanes(
        system,
        base,
        before,
        jnp.zeros((lines, 1)),
        rtol=RTOL,
        atol=ATOL,
        max_steps=STEPS,
        wanted=wanted,
    )
    state = resting.values[:, 0]
    cells = system.species.index("N")
    add = state[line].at[:, cells].set(density)
    columns = np.array([system.inputs.index(drug(d).input) for d in drugs])
    inputs = tiled(one.inputs[-1], dishes).at[np.arange(dishes), columns[drug_of]].set(dose)
    treated = Schedule(
        jnp.zeros((dishes, 1)), inputs[:, None], jnp.zeros((dishes, 1, len(system.species))), add[:, None]
    )
    found = simulate_lanes(
        system,
        base[line],
        treated,
        jnp.asarray(60.0 * hours)[:, None],
        rtol=RTOL,
        atol=ATOL,
        max_steps=STEPS,
        observe=_cells(system),
        wanted=(*wanted, *(drug(d).input for d in drugs)),
    )
    return found.values[:, 0, 0], jnp.all(resting.ok) & jnp.all(found.ok)
