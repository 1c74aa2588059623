"""A population in a dish, simulated: cells within each average cell, average cells within what is believed.

Every cell is followed with its descendants in a medium made by cells like itself: its share in the common
medium is not modelled, and its abundances stay what they were when the treatment began. The dish is the mean
over its cells. The chance that a cell is alive at t is exp(-integral of its death rate); its time to death is
drawn from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp
import xarray as xr
from jaxtyping import Float
from scipy.interpolate import CubicSpline

from inference.runs.run import Run
from inference.simulation.any_dish import AnyDish, DishError
from models.drugs import DRUGS
from models.engine.compile import compile_network
from models.engine.ensemble import Setting, simulate_ensemble
from models.engine.protocol import Protocol
from models.population import drawn_cells
from models.population.variation import ABUNDANCES, Abundance

READ = ("N", "D", "CASP", "x_BH3")
LEVELS = (0.055, 0.25, 0.5, 0.75, 0.945)  # of the cells of one average: median, half, 89 %
PIECE = 8192  # cells that are simulated together: bounds memory, and is kept when interrupted
MAX_STEPS, ATOL = 100_000, 1e-9
MOST_CELLS = 200_000  # around one average; more of them belong to more averages
EACH = ("survival", "death", "highest_load", "ok")  # what is kept of every cell


@dataclass(frozen=True)
class PopulationAsked:
    """What is simulated.

    Attributes:
        dish: the average cell in its dish.
        averages: (average, parameter) average cells, in the order of the network.
        cells: cells around each average.
        hours: of the treatment; `every`: h between outputs.
        seed: of the cells.
        rtol: relative tolerance of a step.
        abundances: what differs; none: every cell is the average one.
    """

    dish: AnyDish
    averages: Float[np.ndarray, "average parameter"]
    cells: int
    hours: float = 48.0
    every: float = 1.0
    seed: int = 1
    rtol: float = 1e-5
    abundances: tuple[Abundance, ...] = ABUNDANCES

    def __post_init__(self) -> None:
        if self.cells < 1:
            raise DishError(f"`population` {self.cells}: must be a whole number above 0")
        if self.cells > MOST_CELLS:
            raise DishError(
                f"`population`: {self.cells} cells around one average are more than {MOST_CELLS}: use fewer, "
                "or more `averages`"
            )
        if not (self.hours > 0 and self.every > 0):
            raise DishError(f"`hours` {self.hours:g}, `every` {self.every:g}: must be above 0")

    @property
    def times(self) -> Float[np.ndarray, " time"]:
        """Minutes at which cells are looked at."""
        inner = np.arange(0.0, self.hours - 1e-9, self.every)
        return 60 * np.append(inner, self.hours)

    def factors(self, average: int) -> Float[np.ndarray, "cell abundance"]:
        """Abundances of the cells around one average: evenly spread, and independent of those of others."""
        if not self.abundances:
            return np.ones((self.cells, 0))
        z = drawn_cells.normals(self.cells, self.seed + 7919 * average, self.abundances)
        return drawn_cells.factors(z, self.abundances)

    def rows(self, average: int) -> Float[np.ndarray, "cell parameter"]:
        """Parameters of these cells."""
        names = [p.name for p in self.dish.network.parameters]
        row = self.averages[average]
        if not self.abundances:
            return np.tile(row, (self.cells, 1))
        return drawn_cells.cells_of(row, names, self.factors(average), self.abundances)


def without_drugs(protocol: Protocol, share: float = 0.0) -> Protocol:
    """The same dish with this share of every drug's dose; hormones (estradiol) are no drugs here."""
    inputs = {d.input for d in DRUGS.values() if d.name != "estradiol"}
    periods = [
        replace(p, inputs={k: share * v if k in inputs else v for k, v in p.inputs.items()})
        for p in protocol.periods
    ]
    return replace(protocol, id=f"{share:g} of the dose", periods=tuple(periods))


def has_drug(protocol: Protocol) -> bool:
    """Whether any drug is given at all."""
    inputs = {d.input for d in DRUGS.values() if d.name != "estradiol"}
    return any(k in inputs and v != 0 for p in protocol.periods for k, v in p.inputs.items())


def setting(asked: PopulationAsked, shares: Sequence[float] = (1.0, 0.0)) -> Setting:
    """What the engine simulates of every cell: the dish with these shares of its doses."""
    return Setting(
        compile_network(asked.dish.network),
        tuple(without_drugs(asked.dish.protocol, s) for s in shares),
        tuple(map(float, asked.times)),
        tuple((n, sp.Symbol(n)) for n in READ),
        asked.rtol,
        ATOL,
        MAX_STEPS,
        room=(64, 4),
    )


def survival(
    times: Float[np.ndarray, " time"], committed: Float[np.ndarray, "cell time"], rate: np.ndarray
) -> Float[np.ndarray, "cell time"]:
    """Chance of being alive: exp(-rate x integral of the committed share), by a spline through the hours."""
    good = np.isfinite(committed).all(1)
    total = np.full_like(committed, np.nan)
    if good.any():
        total[good] = CubicSpline(times, committed[good], axis=1).antiderivative()(times)
    return np.exp(-np.maximum(rate[:, None] * total, 0.0))


def times_to_death(
    times: Float[np.ndarray, " time"], alive: Float[np.ndarray, "cell time"], seed: Sequence[int]
) -> Float[np.ndarray, " cell"]:
    """When (min) each cell dies; infinite where it outlives the treatment, NaN where it was not solved."""
    u = np.random.default_rng(seed).random(len(alive))
    found = np.full(len(alive), np.nan)
    for i, (chance, course) in enumerate(zip(u, alive, strict=True)):
        if np.isfinite(course[-1]):
            found[i] = np.inf if chance < course[-1] else np.interp(-chance, -course, times)
    return found


def _piece(asked: PopulationAsked, first: int, last: int) -> dict[str, np.ndarray]:
    """Cells of the averages `first` to `last`: what is kept of them, leading axis average."""
    network, times = asked.dish.network, asked.times
    rows = np.concatenate([asked.rows(k) for k in range(first, last)])
    treated = has_drug(asked.dish.protocol)
    shares = (1.0, 0.0) if treated else (1.0,)
    found = simulate_ensemble(setting(asked, shares), rows, chunk=min(PIECE, len(rows)))
    values, ok = found["values"].values, found["ok"].values.all(1)
    values = np.where(ok[:, None, None, None], values, np.nan)
    drug, vehicle = values[:, 0], values[:, -1]
    rate = rows[:, [p.name for p in network.parameters].index("dl")]
    alive = survival(times, drug[..., READ.index("CASP")], rate)
    shape = (last - first, asked.cells)
    death = np.stack(
        [times_to_death(times, a, (asked.seed, first + k)) for k, a in enumerate(alive.reshape(*shape, -1))]
    )
    n, d, casp, load = (drug[..., i].reshape(*shape, -1) for i in range(4))
    with np.errstate(invalid="ignore"):
        course = {
            "alive": np.nanmean(alive.reshape(*shape, -1), 1),
            "viable": np.nanmean(n, 1),
            "viable_vehicle": np.nanmean(vehicle[..., 0].reshape(*shape, -1), 1),
            "annexin": np.nanmean(casp * n + d, 1) / np.nanmean(n + d, 1),
            "load": np.moveaxis(np.nanquantile(load, LEVELS, axis=1), 0, -1),
            "spread_alive": np.moveaxis(np.nanquantile(alive.reshape(*shape, -1), LEVELS, axis=1), 0, -1),
        }
    each = {
        "survival": alive[:, -1].reshape(shape),
        "death": death / 60,
        "highest_load": np.nanmax(np.where(ok[:, None], drug[..., 3], -1.0), 1).reshape(shape),
        "ok": ok.reshape(shape),
    }
    return {**course, **each}


def population(asked: PopulationAsked, run: Run) -> xr.Dataset | None:
    """Simulate every cell; None if it was stopped, and then the same goes on from what the run has kept.

    Returns:
        Along `average`, with `cell`: `survival` (chance of being alive at the end), `death` (h, infinite:
        outlives the treatment), `highest_load` (BH3 load over capacity; below 1 the cell never commits),
        `abundance`, `ok`. Along `average` and `time` (h): `alive`, `viable` and `viable_vehicle` (1e6/mL,
        means over cells), `annexin`, and `load`, `spread_alive` at quantiles of the cells. NaN where a solve
        failed: means are over the others.
    """
    count = len(asked.averages)
    together = max(1, PIECE // asked.cells)

    def told(done: int, piece: Mapping[str, np.ndarray]) -> None:
        nonlocal failed
        failed += int((~piece["ok"]).sum())
        bar.to(done * asked.cells, f"{failed} failed" if failed else "")

    failed = 0
    with run.bar("cells", count * asked.cells) as bar:
        found = run.kept_blocks(
            lambda part: _piece(asked, int(part.rows[0]), int(part.rows[0]) + part.count),
            count,
            together,
            told,
        )
    return None if found is None else labelled(asked, found)


def labelled(asked: PopulationAsked, found: Mapping[str, np.ndarray]) -> xr.Dataset:
    """The arrays with their names and units."""
    dims = {"load": ("average", "time", "level"), "spread_alive": ("average", "time", "level")}
    course, each = ("average", "time"), ("average", "cell")
    units = {"viable": "1e6/mL", "viable_vehicle": "1e6/mL", "death": "h"}
    data = {n: (dims.get(n, each if n in EACH else course), v) for n, v in found.items()}
    names = [a.name for a in asked.abundances]
    abundance = np.stack([asked.factors(k) for k in range(len(asked.averages))])
    network = asked.dish.network
    made = xr.Dataset(
        {
            **data,
            "abundance": (("average", "cell", "abundance_of"), abundance),
            "average_parameter": (("average", "parameter"), asked.averages),
        },
        {
            "time": ("time", asked.times / 60, {"units": "h"}),
            "level": ("level", list(LEVELS), {"long_name": "quantile of the cells around one average"}),
            "abundance_of": names,
            "parameter": [p.name for p in network.parameters],
        },
    )
    for name, unit in units.items():
        made[name].attrs["units"] = unit
    return made.assign_attrs(
        title=asked.dish.title,
        network=network.id,
        network_fingerprint=network.fingerprint,
        cells=asked.cells,
        seed=asked.seed,
        rtol=asked.rtol,
    )
