"""Figures of two drugs together: the surface with its scores, the isobologram, the ranking of pairs."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.interpolate import PchipInterpolator

from inference.fit.verdict import INTERVAL
from inference.resistance.combinations.scores import DoseCurve
from inference.resistance.combinations.surface import NAMES, SCORES
from inference.runs.colours import POSTERIOR, PRIOR, SECOND
from inference.runs.figure_labels import label

LOW, HIGH = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
LEVELS = (0.75, 0.5, 0.25)  # shares left, whose doses an isobologram shows


def _head(figure: Figure, data: xr.Dataset, title: str) -> None:
    """What is shown, what it rests on, and what it is not for."""
    lines = textwrap.fill(f"{data.attrs['question']}; {data.sizes['draw']} draws; {data.attrs['note']}", 120)
    figure.suptitle(label(f"{title}\n{lines}", 400), x=0.01, ha="left", fontsize=9.5)
    if data.attrs["mark"]:
        figure.text(0.01, 0.005, str(data.attrs["mark"]), fontsize=8, color="#B00000")


def _edges(dose: np.ndarray) -> np.ndarray:
    """Edges of cells around doses that are even on a logarithmic axis."""
    step = np.sqrt(dose[1] / dose[0])
    return np.append(dose / step, dose[-1] * step)


def _map(axis: Axes, data: xr.Dataset, values: np.ndarray, **how: object) -> object:
    x, y = data["first"].values, data["second"].values
    drawn = axis.pcolormesh(_edges(x), _edges(y), values.T, **how)  # pyright: ignore[reportArgumentType]
    axis.set(xscale="log", yscale="log")
    axis.set_xlabel(f"{label(str(data['first'].attrs['long_name']))} (nM)", fontsize=8)
    axis.set_ylabel(f"{label(str(data['second'].attrs['long_name']))} (nM)", fontsize=8)
    axis.tick_params(labelsize=8)
    return drawn


def surface_figure(data: xr.Dataset) -> Figure:
    """What both leave, and each score of it: medians over draws; a dot where 89 % of the draws agree on the
    sign.
    """
    figure, axes = plt.subplots(2, 3, figsize=(12, 7.4), layout="constrained")
    left = data["left"].median("draw").values
    drawn = _map(axes[0, 0], data, left, cmap="cividis", vmin=0, vmax=1)
    axes[0, 0].set_title("cells left, share of those without drug", fontsize=9, loc="left")
    figure.colorbar(drawn, ax=axes[0, 0])  # pyright: ignore[reportArgumentType]
    width = np.quantile(data["left"].values, [LOW, HIGH], axis=0)
    drawn = _map(axes[1, 0], data, width[1] - width[0], cmap="cividis", vmin=0, vmax=1)
    axes[1, 0].set_title("width of its 89 % interval", fontsize=9, loc="left")
    figure.colorbar(drawn, ax=axes[1, 0])  # pyright: ignore[reportArgumentType]
    top = max(0.02, *(float(np.nanmax(np.abs(data[s].median("draw").values), initial=0.0)) for s in SCORES))
    for score, axis in zip(SCORES, axes[:, 1:].flat, strict=True):
        values = data[score]
        drawn = _map(axis, data, values.median("draw").values, cmap="PuOr", vmin=-top, vmax=top)
        figure.colorbar(drawn, ax=axis)  # pyright: ignore[reportArgumentType]
        low, high = np.nanquantile(values.values, [LOW, HIGH], axis=0)
        sure = (low > 0) | (high < 0)
        for i, j in zip(*np.nonzero(sure), strict=True):
            axis.plot(data["first"].values[i], data["second"].values[j], "k.", ms=4)
        axis.set_title(f"{NAMES[score]}: killed beyond expectation", fontsize=9, loc="left")
    _head(figure, data, "Two drugs together (dot: 89 % of the draws agree on the sign)")
    return figure


def dose_at(dose: np.ndarray, left: np.ndarray, level: float) -> float:
    """The lowest dose that leaves `level`, of a curve through a few doses: smooth pieces of the logit over ln
    dose, on which a Hill curve is a straight line. NaN where none of them does.
    """
    share = np.clip(left, 1e-6, 1 - 1e-6)
    x = np.linspace(np.log(dose[0]), np.log(dose[-1]), 2001)
    curve = PchipInterpolator(np.log(dose), np.log(share / (1 - share)))(x) - np.log(level / (1 - level))
    below = np.flatnonzero(curve <= 0)
    if not len(below) or below[0] == 0:
        return float("nan")
    return float(np.exp(x[below[0]]))


def isobole(data: xr.Dataset, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Dose of the first drug that leaves `level` beside each dose of the second, over that which does so
    alone, and what it would be if the one were a dilution of the other: (draw, second) each.
    """
    first, second = data["first"].values, data["second"].values
    at = np.searchsorted(data["dose_first"].values, first * (1 - 1e-12))
    found = np.full((2, data.sizes["draw"], len(second)), np.nan)
    for d in range(data.sizes["draw"]):
        left, alone = data["left"].values[d], data["alone_first"].values[d][at]
        other = data["alone_second"].values[d]
        if not (np.isfinite(left).all() and np.isfinite(alone).all() and np.isfinite(other).all()):
            continue
        needed = dose_at(first, alone, level)
        found[0, d] = [dose_at(first, column, level) / needed for column in left.T]
        enough = float(DoseCurve(data["dose_second"].values, other).dose_for(np.array(level)))
        found[1, d] = np.where(second < enough, 1 - second / enough, np.nan) if needed > 0 else np.nan
    return found[0], found[1]


def isobologram_figure(data: xr.Dataset) -> Figure:
    """What of the first drug suffices beside each dose of the second; left of the dashed line: synergy."""
    figure, axes = plt.subplots(1, len(LEVELS), figsize=(12, 4.8), layout="constrained", sharey=True)
    second = data["second"].values
    colour = POSTERIOR if "posterior" in data.attrs["source"] else PRIOR
    for axis, level in zip(axes, LEVELS, strict=True):
        needed, additive = isobole(data, level)
        usable = np.isfinite(needed).any(1)
        for values, style, words in (
            (needed, {"color": SECOND, "lw": 1.8, "marker": "o", "ms": 4}, "median of the draws"),
            (additive, {"color": "black", "lw": 1, "ls": "--"}, "additive (Loewe), median"),
        ):
            there = np.isfinite(values).mean(0) * len(values) >= max(1, usable.sum() / 2)
            if not usable.any() or not there.any():
                continue
            low, middle, high = np.nanquantile(values[:, there], [LOW, 0.5, HIGH], axis=0)
            if values is needed:
                axis.fill_betweenx(second[there], low, high, color=colour, alpha=0.35, lw=0, label="89 %")
            axis.plot(middle, second[there], label=words, **style)
        axis.set_title(f"{level:.0%} of the cells left ({usable.sum()} draws)", fontsize=9, loc="left")
        axis.set_xlabel(f"{label(str(data['first'].attrs['long_name']))}, over its dose alone", fontsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set(xlim=(0, 1.3), yscale="log")
        if usable.any():
            axis.legend(fontsize=7.5, frameon=False, loc="lower left")
    axes[0].set_ylabel(f"{label(str(data['second'].attrs['long_name']))} (nM)", fontsize=8)
    _head(figure, data, "Isobologram: what of the first drug leaves the same, beside doses of the second")
    return figure


def ranking_figure(table: pd.DataFrame, data: xr.Dataset, count: int = 20) -> Figure:
    """The pairs that kill most beyond Bliss, with the doubt of excess and rank."""
    shown = table.head(count)[::-1]
    y = np.arange(len(shown))
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 1.8 + 0.28 * len(shown)), layout="constrained", sharey=True
    )
    colour = POSTERIOR if "posterior" in data.attrs["source"] else "#666666"
    left.hlines(y, shown["low"], shown["high"], color=colour, lw=2)
    left.plot(shown["excess"], y, "o", color=SECOND, ms=5)
    left.axvline(0, color="black", lw=0.8)
    words = [
        f"{label(str(n))}{' (one target)' if same else ''}"
        for n, same in zip(shown.index, shown["same_target"], strict=True)
    ]
    left.set_yticks(y, words, fontsize=7.5)
    left.set_xlabel("share killed beyond Bliss; line: 89 % of the draws", fontsize=8)
    right.hlines(y, shown["rank_low"], shown["rank_high"], color=colour, lw=2)
    right.plot(shown["rank"], y, "o", color=SECOND, ms=5)
    right.set(xscale="log", xlim=(0.9, len(table)))
    right.set_xlabel(f"rank among {len(table)} pairs; line: 89 % of the draws", fontsize=8)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(axis="x", labelsize=8)
    _head(figure, data, "Which pairs kill more together than apart")
    return figure
