"""What a population comes to, as a table: of each quantity the value, the doubt, the spread of the cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from inference.fit.verdict import INTERVAL

LOW, HIGH = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
NOT_FOR_USE = "not for clinical use"
CELLS = "how cells of one dish differ (fixed, mostly assumed or remembered)"


def viability(data: xr.Dataset) -> Float[np.ndarray, " average"]:
    """Cells of the dish over those of its vehicle at the end, of each average."""
    return (data["viable"][:, -1] / data["viable_vehicle"][:, -1]).values


def median_death(data: xr.Dataset) -> Float[np.ndarray, " average"]:
    """Time (h) by which half of those have died that die within the treatment; NaN where below 1 % do."""
    hours, found = data["time"].values, []
    for course in data["alive"].values:
        dead = 1 - course
        half = np.interp(dead[-1] / 2, dead, hours) if dead[-1] > 0.01 else np.nan
        found.append(half)
    return np.array(found)


def persisters(data: xr.Dataset) -> Float[np.ndarray, " average"]:
    """Share of the cells whose BH3 load never reached their capacity: they do not commit at this dose."""
    solved = data["ok"]
    return ((data["highest_load"] < 1) & solved).sum("cell").values / np.maximum(solved.sum("cell").values, 1)


def of_averages(data: xr.Dataset) -> dict[str, tuple[str, Float[np.ndarray, " average"]]]:
    """Quantities of a dish, each with its unit and one value an average."""
    return {
        "viability: cells over those without drug": ("share", viability(data)),
        "fractional killing: cells dead at the end": ("share", 1 - data["alive"].values[:, -1]),
        "annexin V at the end": ("share", data["annexin"].values[:, -1]),
        "persisters: load never above capacity": ("share", persisters(data)),
        "time by which half of the deaths have happened": ("h", median_death(data)),
    }


def of_cells(data: xr.Dataset) -> dict[str, tuple[str, Float[np.ndarray, "average cell"]]]:
    """Quantities of one cell, each with its unit."""
    return {
        "a cell: chance of being alive at the end": ("share", data["survival"].values),
        "a cell: highest BH3 load over capacity": ("-", data["highest_load"].where(data["ok"]).values),
        "a cell: time to death, of those that die": (
            "h",
            data["death"].where(np.isfinite(data["death"])).values,
        ),
    }


def table(data: xr.Dataset) -> pd.DataFrame:
    """A row a quantity: `value` (median over averages), `doubt_low` to `doubt_high` (89 % of the averages:
    what we do not know), `cells_low` to `cells_high` (89 % of the cells around an average: how they differ;
    medians over averages). One average has no doubt to show, a dish no cells: NaN.
    """
    several, rows = data.sizes["average"] > 1, []

    def doubt(v: np.ndarray) -> tuple[float, float, float]:
        middle, low, high = np.nanquantile(v, [0.5, LOW, HIGH]) if np.isfinite(v).any() else [np.nan] * 3
        return middle, low if several else np.nan, high if several else np.nan

    for name, (unit, values) in of_averages(data).items():
        rows.append((name, unit, *doubt(values), np.nan, np.nan))
    for name, (unit, values) in of_cells(data).items():
        usable = values[np.isfinite(values).any(1)]
        quantiles = (
            np.nanquantile(usable, [0.5, LOW, HIGH], axis=1) if len(usable) else np.full((3, 1), np.nan)
        )
        rows.append((name, unit, *doubt(quantiles[0]), *np.median(quantiles[1:], axis=1)))
    columns = ["quantity", "unit", "value", "doubt_low", "doubt_high", "cells_low", "cells_high"]
    found = pd.DataFrame(rows, columns=columns).set_index("quantity")
    return found.assign(rests_on=f"{data.attrs['believed']}; cells: {CELLS}; {NOT_FOR_USE}")


def two_level_mean(data: xr.Dataset) -> tuple[float, float]:
    """Mean chance of being alive at the end over averages and cells, and its Monte-Carlo error.

    The error is that of independent averages where there are several, otherwise that of independent cells,
    which evenly spread ones keep below.
    """
    each = np.nanmean(data["survival"].values, 1)
    if len(each) > 1:
        return float(np.mean(each)), float(np.std(each, ddof=1) / np.sqrt(len(each)))
    one = data["survival"].values[0]
    return float(each[0]), float(np.nanstd(one) / np.sqrt(np.isfinite(one).sum()))


def shares_of_variance(data: xr.Dataset) -> tuple[float, float]:
    """Variance of the chance of being alive at the end: (between averages, between the cells of one average).

    The mean over the cells of one average has an error of its own, which is taken off the first.
    """
    values = data["survival"].values
    within = np.nanvar(values, axis=1, ddof=1) if values.shape[1] > 1 else np.zeros(len(values))
    if len(values) < 2:
        return 0.0, float(within.mean())
    between = np.var(np.nanmean(values, 1), ddof=1) - within.mean() / values.shape[1]
    return float(max(between, 0.0)), float(within.mean())
