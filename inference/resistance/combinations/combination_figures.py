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
POINTS = 60


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


def isobole(
    first: np.ndarray, second: np.ndarray, left: np.ndarray, curves: tuple[DoseCurve, DoseCurve], level: float
) -> np.ndarray:
    """Doses of both that leave `level`, each over the dose that does so alone: (POINTS, 2) along the share of
    the first, NaN where the grid has none.

    Args:
        left: (first, second) of one draw; curves: of each alone.
    """
    alone = float(curves[0].dose_for(np.array(level))), float(curves[1].dose_for(np.array(level)))
    share = np.linspace(0, 1, POINTS)
    out = np.full((POINTS, 2), np.nan)
    if not np.isfinite(alone).all():
        return out
    out[:, 0] = share
    for k, dose in enumerate(share * alone[0]):
        if k == 0 or not first[0] <= dose <= first[-1]:
            continue
        at = np.log(first)
        row = PchipInterpolator(at, left, axis=0)(np.log(dose))
        column = np.concatenate([[float(curves[0].at(np.array(dose)))], row])
        if column[-1] > level or column[0] < level:
            continue
        i = int(np.flatnonzero(column <= level)[0])
        low = second[0] * 1e-3 if i <= 1 else second[i - 2]
        part = (column[i - 1] - level) / max(column[i - 1] - column[i], 1e-12)
        out[k, 1] = np.exp(np.log(low) + part * np.log(second[i - 1] / low)) / alone[1]
    out[0] = 0.0, 1.0
    out[-1] = 1.0, 0.0
    return out


def isobologram_figure(data: xr.Dataset) -> Figure:
    """Doses that leave the same, over those of each alone: below the straight line less is needed."""
    figure, axes = plt.subplots(1, len(LEVELS), figsize=(12, 4.6), layout="constrained", sharey=True)
    first, second = data["first"].values, data["second"].values
    alone = data["dose_first"].values, data["dose_second"].values
    colour = POSTERIOR if "posterior" in data.attrs["source"] else PRIOR
    for axis, level in zip(axes, LEVELS, strict=True):
        lines = []
        for d in range(data.sizes["draw"]):
            one = data.isel(draw=d)
            values = one["left"].values, one["alone_first"].values, one["alone_second"].values
            if all(np.isfinite(v).all() for v in values):
                curves = DoseCurve(alone[0], values[1]), DoseCurve(alone[1], values[2])
                lines.append(isobole(first, second, values[0], curves, level))
        usable = np.array([q for q in lines if np.isfinite(q[:, 1]).sum() > 4])
        axis.plot([0, 1], [1, 0], color="black", lw=1, ls="--", label="additive (Loewe)")
        if len(usable):
            x, enough = usable[0, :, 0], np.isfinite(usable[:, :, 1]).mean(0) > 0.5
            low, middle, high = np.nanquantile(usable[:, enough, 1], [LOW, 0.5, HIGH], axis=0)
            axis.fill_between(x[enough], low, high, color=colour, alpha=0.35, lw=0, label="89 % of the draws")
            axis.plot(x[enough], middle, color=SECOND, lw=1.8, label="median")
        axis.set_title(
            f"{level:.0%} of the cells left ({len(usable)} draws reach it)", fontsize=9, loc="left"
        )
        axis.set_xlabel(f"{label(str(data['first'].attrs['long_name']))}, over its dose alone", fontsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        axis.set(xlim=(0, 1.05), ylim=(0, 1.3))
        axis.legend(fontsize=7.5, frameon=False)
    axes[0].set_ylabel(f"{label(str(data['second'].attrs['long_name']))}, over its dose alone", fontsize=8)
    _head(figure, data, "Isobologram: doses that leave the same, each over the dose that does so alone")
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
