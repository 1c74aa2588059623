"""The drug-stress parameters fitted to measured dose responses of myeloma lines: a hierarchy over lines, MAP
and Laplace.

Each line has its own basal BH3 load, weight of ERK on growth and sensitivity to DNA damage, drawn from a
population of lines; what the drugs do to a cell is shared. A compound is the model's drug of its class at a
free potency. The mode is found by Gauss-Newton on standardised residuals, and the posterior is taken as
normal around it: **not sampled**, so asymmetry and further modes are missed.

Only what lies between the drug and the cells is simulated: receptor, STAT3 and NF-kB are held at the levels
they have at rest, as those cells have no niche around them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array, Float
from scipy.optimize import least_squares

from inference.panel.cell_lines import CLASSES, HOURS
from models.catalogue import PRESETS
from models.declare import Input
from models.dish import Dose, dish
from models.drugs import drug
from models.engine.blocks import Block, in_blocks
from models.engine.compile import System, compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Schedule, schedule
from models.network import assemble
from models.pathways.apoptosis import Apoptosis
from models.pathways.autophagy import Autophagy
from models.pathways.mapk import Mapk
from models.pathways.myeloma.cereblon import Cereblon
from models.pathways.myeloma.dna_damage import DnaDamage
from models.pathways.myeloma.growth_factors import GrowthFactors
from models.pathways.myeloma.oncogenic_ras import OncogenicRas
from models.pathways.myeloma.treated_cell import TreatedCell
from models.pathways.pi3k_akt import Pi3kAkt
from models.pathways.survival import Survival
from models.reduce import reduced

SHARED = ("w_BE", "e_CH", "dl", "mu")
OF_LINE = ("b_B", "g1", "EC_chemo")
NAMES = (*SHARED, *OF_LINE)  # what a dish depends on, with the dose of its drug behind
OWN = slice(len(SHARED), len(NAMES))
SPREAD = (
    0.4,
    0.5,
)  # sd of ln between lines: median, and sd of its ln (our choice: lines differ by half to double)
POTENCY = 2.0  # sd of ln of a compound's potency over the model's drug
STEP = 1e-3  # of a difference in ln
SETS, LANES = 4096, 512  # dishes handed to the engine at once, and those that step side by side
LEAST_SD = 0.03  # of a viability
RESTING = {  # levels of the whole cell at rest, in serum, without niche (models/behaviours/cells.py)
    "RA": Input("RA", 0.0048, "1", "active receptor, held at rest"),
    "pSe": Input("pSe", 0.026, "1", "effective pSTAT3, held at rest"),
    "NFs": Input("NFs", 6.0, "nM", "nuclear NF-kB, held at rest"),
}


@dataclass(frozen=True)
class Curves:
    """Measured viabilities, one row a measurement, with what each belongs to.

    Attributes:
        lines, compounds: names; `line`, `compound`: their positions, (row,); `target`: class of each
            compound.
        dose: nM; viability: over the vehicle.
    """

    lines: tuple[str, ...]
    compounds: tuple[str, ...]
    target: tuple[str, ...]
    line: np.ndarray
    compound: np.ndarray
    dose: np.ndarray
    viability: np.ndarray


def curves(table: pd.DataFrame) -> Curves:
    """The table of `lines.read` as arrays."""
    lines, compounds = sorted(table["line"].unique()), sorted(table["compound"].unique())
    of = dict(zip(table["compound"], table["class"], strict=True))
    parts = [
        (lines.index(r["line"]), compounds.index(r["compound"]), 1000 * d, v)
        for _, r in table.iterrows()
        for d, v in zip(r["doses"], r["viability"], strict=True)
    ]
    line, compound, dose, viability = (np.array(x) for x in zip(*parts, strict=True))
    return Curves(
        tuple(lines), tuple(compounds), tuple(of[c] for c in compounds), line, compound, dose, viability
    )


@lru_cache(maxsize=1)
def cell() -> System:
    """MAPK, Akt, survival proteins and apoptosis, with the two drugs; everything above held at rest."""
    whole = assemble(
        "line",
        *(Mapk, Pi3kAkt, Survival, Apoptosis, Autophagy),
        *(TreatedCell, GrowthFactors, OncogenicRas, DnaDamage, Cereblon),
        held=RESTING,
    )
    kept = {drug(c.drug).input for c in CLASSES.values()} | {"frozen"}
    return compile_network(
        reduced(whole, ("N",), {u.name for u in whole.inputs if u.default == 0 and u.name not in kept})
    )


def survivors(
    values: Float[np.ndarray, "dish parameter"], dose: Float[np.ndarray, "dish class"]
) -> Float[np.ndarray, " dish"]:
    """Cells after `HOURS`, 1e6/mL; NaN where a solve failed.

    Args:
        values: SHARED then OF_LINE, in their own units; dose: nM of each drug of `CLASSES`.
    """
    system = cell()
    drugs = [drug(c.drug) for c in CLASSES.values()]
    given = dish(system.network, "line", preset=PRESETS["mm1s"], doses=[Dose(d, 1.0) for d in drugs])
    one = schedule(system, replace(given, parameters={}), {})
    columns = [system.inputs.index(d.input) for d in drugs]
    where = [system.parameters.index(n) for n in NAMES]
    cells = system.species.index("N")

    def of(part: Block) -> np.ndarray:
        p = np.tile(np.asarray(system.nominal[: len(system.parameters)]), (SETS, 1))
        p[:, where] = values[part.rows]
        starts, inputs, keep, add = (
            np.broadcast_to(np.asarray(a, float), (SETS, *np.shape(a))).copy() for a in jax.tree.leaves(one)
        )
        inputs[:, -1, columns] = dose[part.rows]
        # what only fills the block has neither treatment nor output, and ends at once
        starts[~part.real, 1:] = np.inf
        times = np.where(part.real[:, None], 60.0 * HOURS, np.inf)
        lanes = Schedule(*map(jnp.asarray, (starts, inputs, keep, add)))
        found = simulate_lanes(
            system, jnp.asarray(p), lanes, jnp.asarray(times), rtol=1e-7, atol=1e-9, wanted=(), lanes=LANES
        )
        return np.where(np.asarray(found.ok), np.asarray(found.values)[:, 0, cells], np.nan)

    return in_blocks(of, len(values), SETS)


@dataclass(frozen=True)
class CoordinateLayout:
    """Where things stand in the vector of standard-normal coordinates."""

    lines: int
    compounds: int

    @property
    def size(self) -> int:
        return len(SHARED) + 2 * len(OF_LINE) + len(OF_LINE) * self.lines + self.compounds

    def split(self, x: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Shared, population means, population spreads, lines (line, 3), compounds."""
        s, p = len(SHARED), len(OF_LINE)
        ends = np.cumsum([s, p, p, p * self.lines])
        return (
            x[: ends[0]],
            x[ends[0] : ends[1]],
            x[ends[1] : ends[2]],
            x[ends[2] : ends[3]].reshape(self.lines, p),
            x[ends[3] :],
        )


def ln_values(z: Array, names: tuple[str, ...]) -> Array:
    """ln of parameters at standard-normal coordinates of their declared beliefs."""
    parameters = [cell().network.parameter(n) for n in names]
    out = [p.belief.ln_of_normal(z[..., i], p.value, jnp) for i, p in enumerate(parameters)]
    return jnp.stack(out, axis=-1)


def local(x: Array, layout: CoordinateLayout, data: Curves) -> Float[Array, "row factor"]:
    """ln of the parameters of each measurement's cell, and ln of the dose of the model's drug (nM)."""
    shared, mean, spread, own, potency = layout.split(x)
    tau = SPREAD[0] * jnp.exp(SPREAD[1] * spread)
    of_line = ln_values(mean, OF_LINE) + tau * own
    rows = jnp.broadcast_to(ln_values(shared, SHARED), (len(data.line), len(SHARED)))
    dose = jnp.log(data.dose) + POTENCY * potency[data.compound]
    return jnp.concatenate([rows, of_line[data.line], dose[:, None]], axis=1)


def viability(q: Float[np.ndarray, "set factor"], target: np.ndarray) -> Float[np.ndarray, " set"]:
    """Cells with the drug over those without; `target` is the position in `CLASSES` of each row's drug."""
    doses = np.zeros((len(q), len(CLASSES)))
    doses[np.arange(len(q)), target] = np.exp(np.clip(q[:, -1], -20, 20))
    values = np.exp(q[:, :-1])
    shares = [i for i, n in enumerate(NAMES) if cell().network.parameter(n).unit == "0-1"]
    values[:, shares] = np.minimum(values[:, shares], 1.0)
    own, back = np.unique(values, axis=0, return_inverse=True)  # one vehicle a cell, whatever its doses
    none = np.zeros((len(own), len(CLASSES)))
    cells = survivors(np.concatenate([values, own]), np.concatenate([doses, none]))
    return cells[: len(q)] / cells[len(q) :][back.ravel()]


@dataclass(frozen=True)
class LineFit:
    """The mode in standard-normal coordinates, its covariance, the scatter of each class, and the fitted
    viabilities.
    """

    x: np.ndarray
    covariance: np.ndarray
    sd: np.ndarray
    fitted: np.ndarray
    layout: CoordinateLayout


def fit(
    data: Curves, rounds: int = 3, steps: int = 12, report: Callable[[str], None] = lambda words: None
) -> LineFit:
    """Mode and curvature: Gauss-Newton with the scatter of each class re-estimated in every round.

    Derivatives are central differences of the parameters and the dose that a dish depends on, chained
    exactly to
    the hierarchy: a forward program serves, and the posterior's width needs three digits of them.
    """
    layout = CoordinateLayout(len(data.lines), len(data.compounds))
    classes = list(CLASSES)
    target = np.array([classes.index(t) for t in data.target])[data.compound]
    chain = jax.jit(jax.jacfwd(lambda x: local(x, layout, data)))
    place = jax.jit(lambda x: local(x, layout, data))

    def predicted(x: np.ndarray) -> np.ndarray:
        return viability(np.asarray(place(x)), target)

    def slopes(x: np.ndarray) -> np.ndarray:
        q = np.asarray(place(x))
        factors = q.shape[1]
        steps = STEP * np.eye(factors)
        moved = np.concatenate([q + sign * step for step in steps for sign in (1, -1)])
        f = viability(moved, np.tile(target, 2 * factors)).reshape(factors, 2, len(q))
        return np.einsum("ir,rij->rj", (f[:, 0] - f[:, 1]) / (2 * STEP), np.asarray(chain(x)))

    x, sd, left = np.zeros(layout.size), np.full(len(classes), 0.15), data.viability
    for k in range(rounds):
        scale = sd[target]
        found = least_squares(
            lambda v: np.concatenate([(data.viability - predicted(v)) / scale, v]),
            x,
            jac=lambda v: np.concatenate([-slopes(v) / scale[:, None], np.eye(layout.size)]),  # pyright: ignore[reportArgumentType] stubs: a function is allowed
            method="trf",
            max_nfev=steps,
            xtol=1e-5,
            ftol=1e-6,
        )
        x, left = found.x, data.viability - predicted(found.x)
        sd = np.array(
            [max(LEAST_SD, float(np.sqrt(np.mean(left[target == c] ** 2)))) for c in range(len(classes))]
        )
        report(
            f"  round {k + 1}: scatter " + ", ".join(f"{c} {s:.3f}" for c, s in zip(classes, sd, strict=True))
        )
    jacobian = np.concatenate([-slopes(x) / sd[target][:, None], np.eye(layout.size)])
    return LineFit(x, np.linalg.inv(jacobian.T @ jacobian), sd, data.viability - left, layout)


def draws(found: LineFit, count: int, seed: int) -> dict[str, np.ndarray]:
    """Draws (draw,) of the shared parameters and of those of a line that was not measured, in their own
    units.
    """
    rng = np.random.default_rng(seed)
    x = jnp.asarray(rng.multivariate_normal(found.x, found.covariance, count, method="cholesky"))
    shared, mean, spread, _, _ = jax.vmap(found.layout.split)(x)
    new = ln_values(mean, OF_LINE) + SPREAD[0] * jnp.exp(SPREAD[1] * spread) * rng.standard_normal(
        (count, len(OF_LINE))
    )
    values = np.exp(np.concatenate([ln_values(shared, SHARED), new], axis=1))
    return dict(zip(NAMES, values.T, strict=True))


def prior_draws(count: int, seed: int) -> dict[str, np.ndarray]:
    """The same before the data: the declared beliefs."""
    z = jnp.asarray(np.random.default_rng(seed).standard_normal((count, len(NAMES))))
    return dict(zip(NAMES, np.exp(np.asarray(ln_values(z, NAMES))).T, strict=True))


def tree(found: LineFit, data: Curves, count: int, seed: int) -> xr.DataTree:
    """The fit as a run that `rank.py` reads: groups prior and posterior, and the fitted curves."""

    def group(values: dict[str, np.ndarray]) -> xr.Dataset:
        return xr.Dataset(
            {n: (("chain", "draw"), v[None]) for n, v in values.items()},
            coords={"chain": [0], "draw": np.arange(count)},
        )

    names = {
        "line": ("row", np.array(data.lines)[data.line]),
        "compound": ("row", np.array(data.compounds)[data.compound]),
        "target": ("row", np.array(data.target)[data.compound]),
    }
    columns = {"viability": data.viability, "fitted": found.fitted, "dose": data.dose}
    return xr.DataTree.from_dict(
        {
            "/posterior": group(draws(found, count, seed)),
            "/prior": group(prior_draws(count, seed + 1)),
            "/curves": xr.Dataset({n: ("row", v) for n, v in columns.items()}, coords=names),
        }
    )


def of_lines(found: LineFit, data: Curves) -> pd.DataFrame:
    """A row a line: its parameters at the mode, with the standard deviation of their ln."""
    layout = found.layout
    own = np.exp(np.asarray(local(jnp.asarray(found.x), layout, data)))
    jacobian = np.asarray(jax.jacfwd(lambda x: local(x, layout, data))(jnp.asarray(found.x)))
    rows = []
    for i, line in enumerate(data.lines):
        r = int(np.flatnonzero(data.line == i)[0])
        sd = np.sqrt(np.einsum("kj,jl,kl->k", jacobian[r, OWN], found.covariance, jacobian[r, OWN]))
        values = dict(zip(OF_LINE, own[r, OWN], strict=True)) | {
            f"sd_ln_{n}": v for n, v in zip(OF_LINE, sd, strict=True)
        }
        rows.append({"line": line, **values})
    return pd.DataFrame(rows).set_index("line")
