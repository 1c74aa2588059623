"""How steep a dish answers to a dose, and what makes it so: cells that differ, or one cell's steepness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.optimize import curve_fit

from inference.population.averages import centred
from inference.population.summaries import NOT_FOR_USE
from inference.population.two_levels import READ, PopulationAsked, has_drug, setting
from inference.runs.run import Run
from inference.simulation.any_dish import DishError
from models.catalogue import niche
from models.engine.ensemble import simulate_ensemble
from models.population.drawn_cells import cells_of
from models.population.fixed_cells import COUNT, along, population_mean, steepest
from models.population.variation import ABUNDANCES, CELL_STEEPNESS

SHARES = tuple(10.0 ** np.linspace(-1.5, 1.5, 11))  # of the doses of the dish: three decades around them
CELLS = 128  # around each average: a curve of 12 dishes each
OF_DISH = niche().parameter(CELL_STEEPNESS.name).value  # steepness of a dish of equal cells


def hill(dose: np.ndarray, ln_half: float, slope: float, bottom: float) -> np.ndarray:
    """Share left: bottom + (1 - bottom) / (1 + (dose / half)^slope)."""
    return bottom + (1 - bottom) / (1 + np.exp(slope * (np.log(dose) - ln_half)))


def hill_fit(
    dose: Float[np.ndarray, " dose"], left: Float[np.ndarray, " dose"]
) -> tuple[float, float, float]:
    """Dose of half effect, Hill slope and share that no dose kills, by least squares; NaN where the curve
    falls by less than a tenth or cannot be fitted.

    Example:
        >>> import numpy as np
        >>> x = np.geomspace(1, 100, 9)
        >>> [round(v, 3) for v in hill_fit(x, 0.2 + 0.8 / (1 + (x / 9) ** 2))]
        [9.0, 2.0, 0.2]
    """
    if not np.isfinite(left).all() or left.max() - left.min() < 0.1:
        return np.nan, np.nan, np.nan
    middle = np.log(dose[np.argmin(np.abs(left - (left.max() + left.min()) / 2))])
    bounds = ([np.log(dose[0]) - 2, 0.05, 0.0], [np.log(dose[-1]) + 2, 30.0, 1.0])
    try:
        found, _ = curve_fit(hill, dose, left, (middle, 2.0, min(max(left.min(), 1e-6), 0.9)), bounds=bounds)
    except RuntimeError:
        return np.nan, np.nan, np.nan
    return float(np.exp(found[0])), float(found[1]), float(found[2])


def viabilities(asked: PopulationAsked, shares: Sequence[float], run: Run, title: str) -> np.ndarray:
    """Viability (average, dose) of the dish at these shares of its doses: means over cells."""
    rows = np.concatenate([asked.rows(k) for k in range(len(asked.averages))])
    ends = replace(asked, every=asked.hours)
    with run.bar(title, len(rows) * (len(shares) + 1)) as bar:
        found = simulate_ensemble(
            setting(ends, (*shares, 0.0)),
            rows,
            tell=lambda done, _: bar.to(done * (len(shares) + 1)),
        )
    ok = found["ok"].values.all(1)
    cells = np.where(ok[:, None], found["values"].values[:, :, -1, 0], np.nan)
    mean = np.nanmean(cells.reshape(len(asked.averages), asked.cells, -1), 1)
    return mean[:, :-1] / mean[:, -1:]


def by_fixed_cells(asked: PopulationAsked, average: Float[np.ndarray, " parameter"]) -> np.ndarray:
    """The same curve (1, dose) by the few cells that may stand for all in a likelihood.

    They lie along the direction in which the BH3 load over capacity changes most at the end of the treatment.
    """
    names = [p.name for p in asked.dish.network.parameters]
    row = average.copy()
    row[names.index(CELL_STEEPNESS.name)] = CELL_STEEPNESS.value
    ends = replace(asked, every=asked.hours)

    def simulated(rows: Any, shares: Sequence[float]) -> np.ndarray:
        return simulate_ensemble(setting(ends, shares), np.asarray(rows))["values"].values[:, :, -1]

    def load(abundance: np.ndarray) -> np.ndarray:
        return np.log(simulated(cells_of(row, names, abundance), (1.0,))[:, 0, READ.index("x_BH3")])

    def cells(rows: Any) -> Any:
        return simulated(rows, (*SHARES, 0.0))[..., READ.index("N")]

    mean = np.asarray(population_mean(cells, jnp.asarray(row), names, along(steepest(load))))
    return (mean[:-1] / mean[-1])[None]


def curves(asked: PopulationAsked, run: Run) -> pd.DataFrame:
    """Dose-response of the dish, and of the nominal average cell with and without differences between cells
    and with the steepness of a dish or of a cell: a row an average, a reading and a share of the doses.

    Raises:
        DishError: no drug is given.
    """
    if not has_drug(asked.dish.protocol):
        raise DishError("`curve`: there is no drug whose dose could vary: add `doses`")
    position = [p.name for p in asked.dish.network.parameters].index(CELL_STEEPNESS.name)
    few = replace(asked, cells=min(CELLS, asked.cells))
    found = [("population", viabilities(few, SHARES, run, "dose-response"))]
    nominal = np.array([[p.value for p in centred(asked.dish).parameters]])
    for steepness in (OF_DISH, CELL_STEEPNESS.value):
        row = nominal.copy()
        row[:, position] = steepness
        for differ in (False, True):
            words = f"{'cells that differ' if differ else 'equal cells'}, steepness {steepness:g}"
            one = replace(
                asked, averages=row, cells=CELLS if differ else 1, abundances=ABUNDANCES if differ else ()
            )
            found.append((words, viabilities(one, SHARES, run, words)))
    found.append(
        (f"{COUNT} fixed cells, steepness {CELL_STEEPNESS.value:g}", by_fixed_cells(asked, nominal[0]))
    )
    rows = [
        (name, average, share, left)
        for name, values in found
        for average, course in enumerate(values)
        for share, left in zip(SHARES, course, strict=True)
    ]
    return pd.DataFrame(rows, columns=["reading", "average", "share_of_doses", "viability"])


def slopes(curve: pd.DataFrame) -> pd.DataFrame:
    """A row a reading: share of the doses at half effect, Hill slope, share left by any dose and viability at
    the doses themselves; medians over averages, with 89 % of them for the slope.
    """
    rows = []
    for reading, of_one in curve.groupby("reading", sort=False):
        fits, at_dose = [], []
        for _, course in of_one.groupby("average"):
            x, y = course["share_of_doses"].to_numpy(), course["viability"].to_numpy()
            fits.append(hill_fit(x, y))
            at_dose.append(np.interp(0.0, np.log(x), y))
        half, slope, bottom = np.array(fits).T
        low, middle, high = (
            np.nanquantile(slope, [0.055, 0.5, 0.945]) if np.isfinite(slope).any() else [np.nan] * 3
        )
        several = len(slope) > 1
        rows.append(
            (
                reading,
                np.nanmedian(half) if np.isfinite(half).any() else np.nan,
                middle,
                low if several else np.nan,
                high if several else np.nan,
                np.nanmedian(bottom) if np.isfinite(bottom).any() else np.nan,
                float(np.median(at_dose)),
                int(np.isfinite(slope).sum()),
            )
        )
    columns = ["reading", "half_effect", "slope", "slope_low", "slope_high", "left", "viability", "fitted"]
    return pd.DataFrame(rows, columns=columns).set_index("reading").assign(note=NOT_FOR_USE)
