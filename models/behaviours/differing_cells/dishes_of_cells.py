"""Behaviours B61 to B64: dishes whose cells differ; each cell is a dish of its own, the dish their mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from scipy import stats

from models.behaviours.foretold_dishes import Traces, foretold, watched
from models.behaviours.record import Behaviour, WatchedDish, crossing, hours
from models.catalogue import niche
from models.population.drawn_cells import daughters_of, factors, normals
from models.population.variation import ABUNDANCES, CELL_STEEPNESS

CELLS, FAMILIES = 16, 96  # a rank correlation of so many families is known to 0.1
BTZ = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0, 100.0)
DEX = (1.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 10000.0)
SEEN = (4.0, 8.0, 12.0, 24.0, 36.0, 48.0)  # h
DIVIDED = {"1 h": 1.0, "30 h": 30.0}
DEATH_RATE = niche().parameter("dl").value


def _parameters(abundance: np.ndarray) -> list[dict[str, float]]:
    """The parameters of each cell that differ from those of the average one."""
    at = {p: (i, niche().parameter(p).value) for i, a in enumerate(ABUNDANCES) for p in a.parameters}
    steep = {CELL_STEEPNESS.name: CELL_STEEPNESS.value}
    return [{**steep, **{p: float(v * row[i]) for p, (i, v) in at.items()}} for row in abundance]


def _population() -> list[dict[str, float]]:
    return _parameters(factors(normals(CELLS, seed=61)))


def _curve(
    name: str, drug: str, doses: tuple[float, ...], cells: list[dict[str, float]]
) -> Iterator[WatchedDish]:
    for k, cell in enumerate(cells):
        for dose in (0.0, *doses):
            yield watched(f"{name} {k} {dose:g}", hours(48), inputs={drug: dose}, parameters=cell)


def _left(t: Traces, name: str, doses: tuple[float, ...], cells: int) -> np.ndarray:
    """Viability of the dish at each dose: cells over those of the vehicle, both summed over its cells."""
    ends = np.array([[t[f"{name} {k} {d:g}"]["N"][-1] for d in (0.0, *doses)] for k in range(cells)]).sum(0)
    return ends[1:] / ends[0]


def _slope(doses: tuple[float, ...], left: np.ndarray) -> tuple[float, float]:
    """Dose and Hill slope at half of the effect that the highest dose has: the slope of the logit of the
    share of that effect over ln dose, between the doses on both sides.
    """
    x, bottom = np.log(doses), left[-1]
    effect = np.clip((1 - left) / (1 - bottom), 1e-6, 1 - 1e-6)
    logit = np.log(effect / (1 - effect))
    i = int(np.flatnonzero(logit[:-1] * logit[1:] <= 0)[0])
    return float(np.exp(crossing(x, logit, 0.0))), float((logit[i + 1] - logit[i]) / (x[i + 1] - x[i]))


EQUAL = [{CELL_STEEPNESS.name: CELL_STEEPNESS.value}]


def _b61_plans() -> Iterator[WatchedDish]:
    yield from _curve("B61 differ", "btz", BTZ, _population())
    yield from _curve("B61 equal", "btz", BTZ, EQUAL)


def _b61(t: Traces) -> tuple[float, ...]:
    left = _left(t, "B61 differ", BTZ, CELLS)
    (half, slope), (_, alike) = _slope(BTZ, left), _slope(BTZ, _left(t, "B61 equal", BTZ, 1))
    return slope, half, slope / alike, float(left[-1])


def _b62(t: Traces) -> tuple[float, ...]:
    left = _left(t, "B62", DEX, CELLS)
    return _slope(DEX, left)[1], float(left[-1]), float(left[-1] - left[-2])


def _b63_plans() -> Iterator[WatchedDish]:
    for k, cell in enumerate(_population()):
        yield watched(f"B63 {k}", hours(*SEEN), inputs={"btz": 10.0}, parameters=cell)


def _b63(t: Traces) -> tuple[float, ...]:
    n, d, casp = (np.array([t[f"B63 {k}"][s] for k in range(CELLS)]) for s in ("N", "D", "CASP"))
    share = ((casp * n + d).sum(0) / (n + d).sum(0))[1:]
    at = dict(zip(SEEN, share, strict=True))
    return at[4.0], at[24.0], at[48.0], float(np.diff(share).min())


def _families() -> Mapping[str, np.ndarray]:
    """Standard normals of each family's first and second daughter, by how long ago they were born."""
    mothers = normals(FAMILIES, seed=64)
    return {
        f"{age} {which}": daughters_of(mothers, hour, seed)
        for age, hour in DIVIDED.items()
        for which, seed in (("one", 641), ("other", 642))
    }


def _b64_plans() -> Iterator[WatchedDish]:
    at = np.linspace(0, 2880, 49)
    for name, z in _families().items():
        for k, cell in enumerate(_parameters(factors(z))):
            yield watched(f"B64 {name} {k}", at, inputs={"btz": 5.0}, parameters=cell)


def _half_dead(t: Traces, name: str) -> np.ndarray:
    """When (h) the chance of being alive is a half; of those that get so far not, by their chance at the end:
    later than all others.
    """
    found = []
    for k in range(FAMILIES):
        trace = t[f"B64 {name} {k}"]
        step = np.diff(trace.times)
        casp = trace["CASP"]
        gone = DEATH_RATE * np.concatenate([[0.0], np.cumsum(step * (casp[1:] + casp[:-1]) / 2)])
        reached = gone[-1] >= np.log(2)
        found.append(np.interp(np.log(2), gone, trace.times) / 60 if reached else 48 + np.exp(-gone[-1]))
    return np.array(found)


def _b64(t: Traces) -> tuple[float, ...]:
    time = {name: _half_dead(t, name) for name in _families()}

    def alike(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.asarray(stats.spearmanr(one, other))[0])

    young, old = (alike(time[f"{age} one"], time[f"{age} other"]) for age in DIVIDED)
    shifts = range(8, FAMILIES, 8)  # each makes pairs of strangers of all families
    strangers = np.mean([alike(time["1 h one"], np.roll(time["1 h other"], s)) for s in shifts])
    low, middle, high = np.quantile(np.concatenate(list(time.values())), [0.1, 0.5, 0.9])
    return young, old, float(strangers), float((high - low) / middle)


DIFFERING_CELLS: tuple[Behaviour, ...] = (
    foretold("B61", "not tuned", tuple(_b61_plans()), _b61),
    foretold("B62", "not tuned", tuple(_curve("B62", "dex", DEX, _population())), _b62),
    foretold("B63", "not tuned", tuple(_b63_plans()), _b63),
    foretold("B64", "not tuned", tuple(_b64_plans()), _b64),
)
