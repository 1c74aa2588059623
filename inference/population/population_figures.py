"""Figures of a population: what cells differ by is orange, what we do not know about their average is not."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inference.population.summaries import HIGH, LOW, NOT_FOR_USE, median_death, shares_of_variance
from inference.runs.colours import POSTERIOR, PRIOR, SECOND
from inference.runs.figure_labels import label

BINS = 24


def overview(data: xr.Dataset) -> Figure:
    """Four panels: the dish over time with the doubt about its average; the cells of the median average; when
    they die; and how much of what is seen comes from where.
    """
    doubt = POSTERIOR if "posterior" in data.attrs["believed"] else PRIOR
    figure, axes = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    _dish(axes[0, 0], data, doubt)
    _cells(axes[0, 1], data)
    _deaths(axes[1, 0], data, doubt)
    _variance(axes[1, 1], data, doubt)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    several = "s" if data.sizes["average"] > 1 else ""
    sized = f"{data.sizes['average']} average cell{several} x {data.sizes['cell']} cells"
    figure.suptitle(
        label(f"{data.attrs['title']}, {data.attrs['doses']}: {sized}\n", 200)
        + label(
            f"average: {data.attrs['believed']}; cells: fixed, assumed or remembered; {NOT_FOR_USE}", 200
        ),
        fontsize=10,
    )
    return figure


def _band(axis: Axes, x: np.ndarray, values: np.ndarray, colour: str, words: str) -> None:
    """Median over averages and, where there are several, 89 % of them."""
    if len(values) > 1:
        low, high = np.nanquantile(values, [LOW, HIGH], axis=0)
        axis.fill_between(x, low, high, color=colour, alpha=0.3, lw=0)
    axis.plot(x, np.nanmedian(values, 0), color=colour, lw=1.8, label=words)


def _dish(axis: Axes, data: xr.Dataset, doubt: str) -> None:
    hours = data["time"].values
    _band(axis, hours, data["alive"].values, doubt, "alive, mean over cells")
    axis.plot(hours, np.nanmedian(data["annexin"].values, 0), color=doubt, lw=1.4, ls="--", label="annexin V")
    axis.set(xlabel="hours of treatment", ylabel="share of cells", ylim=(0, 1.02))
    axis.set_title("The dish; band: doubt about the average (89 %)", fontsize=10, loc="left")
    axis.legend(fontsize=8, frameon=False)


def _median_average(data: xr.Dataset) -> int:
    alive = data["alive"].values[:, -1]
    return int(np.nanargmin(np.abs(alive - np.nanmedian(alive))))


def _cells(axis: Axes, data: xr.Dataset) -> None:
    hours, load = data["time"].values, data["load"].values[_median_average(data)]
    axis.fill_between(hours, load[:, 0], load[:, 4], color=SECOND, alpha=0.2, lw=0, label="89 % of the cells")
    axis.fill_between(
        hours, load[:, 1], load[:, 3], color=SECOND, alpha=0.35, lw=0, label="half of the cells"
    )
    axis.plot(hours, load[:, 2], color=SECOND, lw=1.6, label="median cell")
    axis.axhline(1, color="black", lw=0.8, ls=":")
    axis.set(xlabel="hours of treatment", ylabel="BH3 load over capacity (above 1: commits)")
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter("{x:g}")
    axis.set_title("The cells of one average; band: how they differ", fontsize=10, loc="left")
    axis.legend(fontsize=8, frameon=False)


def _deaths(axis: Axes, data: xr.Dataset, doubt: str) -> None:
    death, hours = data["death"].values[_median_average(data)], data["time"].values
    dead = death[np.isfinite(death)]
    shown = f"cells of one average: {len(dead)} of {int(np.sum(~np.isnan(death)))} die"
    edges = np.linspace(0, hours[-1], BINS + 1)
    axis.hist(
        dead, edges, weights=np.full(len(dead), 1 / max(len(death), 1)), color=SECOND, alpha=0.6, label=shown
    )
    halves = median_death(data)
    halves = halves[np.isfinite(halves)]
    if len(halves) > 1:
        axis.axvspan(*np.quantile(halves, [LOW, HIGH]), color=doubt, alpha=0.25, lw=0)
    if len(halves):
        axis.axvline(np.median(halves), color=doubt, lw=1.8, label="half of the deaths; band: averages")
    axis.set(xlabel="time to death (h)", ylabel="share of cells per bin", xlim=(0, hours[-1]))
    axis.set_title("When cells die", fontsize=10, loc="left")
    axis.legend(fontsize=8, frameon=False)


def _variance(axis: Axes, data: xr.Dataset, doubt: str) -> None:
    between, within = shares_of_variance(data)
    values = {"between averages:\nwhat we do not know": between, "between cells:\nhow they differ": within}
    axis.bar(list(values), list(values.values()), color=[doubt, SECOND], width=0.5)
    for i, v in enumerate(values.values()):
        axis.annotate(f"{v:.3g}", (i, v), ha="center", va="bottom", fontsize=9)
    axis.margins(y=0.15)
    axis.set_ylabel("variance of the chance of being alive")
    if data.sizes["average"] == 1:
        axis.annotate("one average: no doubt drawn", (0.02, 0.94), xycoords="axes fraction", fontsize=8)
    axis.set_title("Where the spread comes from", fontsize=10, loc="left")


STYLES = ("-", "--", "-.", ":")


def curve_figure(curve: pd.DataFrame, slope: pd.DataFrame, title: str, believed: str) -> Figure:
    """Dose-response: the population with its doubt, and four readings of the same average cell."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained", sharey=True)
    doubt = POSTERIOR if "posterior" in believed else PRIOR
    for reading, of_one in curve.groupby("reading", sort=False):
        wide = of_one.pivot(index="average", columns="share_of_doses", values="viability")
        x, h = wide.columns.to_numpy(float), slope.loc[reading, "slope"]
        words = f"{reading}: slope {h:.2f}" if np.isfinite(h) else f"{reading}: too flat for a slope"
        if reading == "population":
            _band(left, x, wide.to_numpy(), doubt, f"cells that differ, all averages: slope {h:.2f}")
            continue
        number = list(slope.index).index(reading) - 1
        colour = "black" if "equal" in str(reading) else SECOND
        style = "." if "fixed" in str(reading) else ""
        right.plot(x, wide.to_numpy()[0], style, color=colour, ls=STYLES[number // 2], label=words)
    for axis, words in ((left, "The dish; band: doubt about the average"), (right, "What makes the slope")):
        axis.set(xscale="log", xlabel="dose, over that of the dish", ylim=(0, 1.05))
        axis.set_title(words, fontsize=10, loc="left")
        axis.legend(fontsize=7.5, frameon=False, loc="lower left")
        axis.spines[["top", "right"]].set_visible(False)
    left.set_ylabel("viability, share of the vehicle")
    figure.suptitle(label(f"{title}\naverage: {believed}; {NOT_FOR_USE}", 240), fontsize=10)
    return figure
