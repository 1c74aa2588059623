"""Figures of a fit, one function each: labelled data in, a matplotlib figure out.

Colours are those of Okabe and Ito (readable with colour-blindness): the prior grey, the posterior blue, data
black.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from scipy.stats import gaussian_kde

from inference.fit.verdict import INTERVAL, NOT_INFORMED
from inference.runs.colours import DATA, POSTERIOR, PRIOR, SECOND
from inference.runs.figure_labels import label

LOW, HIGH = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2


def _log_scale(values: np.ndarray, unit: str) -> bool:
    return bool(np.all(values > 0)) and unit != "0-1"


def _density(ax: Axes, values: np.ndarray, log: bool, colour: str, label: str, filled: bool) -> None:
    x = np.log(values) if log else values
    if np.ptp(x) < 1e-9 * np.abs(x).max():  # one value: there is no density to draw
        ax.axvline(values.flat[0], color=colour, lw=1.5, label=label)
        return
    low, high = np.quantile(x, [0.002, 0.998])
    grid = np.linspace(low, high, 200)
    y = gaussian_kde(x)(grid)
    at = np.exp(grid) if log else grid
    ax.plot(at, y, color=colour, lw=1.5, label=label)
    if filled:
        ax.fill_between(at, y, color=colour, alpha=0.25, lw=0)


def strengths(dt: xr.DataTree, table: pd.DataFrame, mark: str = "") -> Figure:
    """Prior and posterior of every feedback strength and estradiol effect, with what the data told in words.

    A study without any, of another cell perhaps, shows its first twelve parameters.
    """
    names = [
        n for n in table.index if "feedback" in table.loc[n, "tags"] or "estradiol" in table.loc[n, "tags"]
    ]
    named, names = bool(names), names or list(table.index[:12])
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    fig, axes = plt.subplots(
        rows, columns, figsize=(3.1 * columns, 2.6 * rows), squeeze=False, layout="constrained"
    )
    constants = dt["constant_data"].to_dataset()
    for ax, name in zip(axes.flat, names, strict=False):
        p, q = dt["prior"][name].values.ravel(), dt["posterior"][name].values.ravel()  # pyright: ignore[reportAttributeAccessIssue]  xarray's stubs take .values for a method
        unit = str(table.loc[name, "unit"])
        log = _log_scale(p, unit)
        _density(ax, p, log, PRIOR, "prior", False)
        _density(ax, q, log, POSTERIOR, "posterior", True)
        if log:
            ax.set_xscale("log")
        ax.set_ylim(0, 1.18 * ax.get_ylim()[1])
        ax.set_xlabel(label(name if unit in ("-", "1", "0-1", "rel") else f"{name} ({unit})"))
        meaning = _wrapped(str(constants["meaning"].sel(parameter=name).item()), 44)
        ax.set_title(label("\n".join(meaning), 140), fontsize=7.5)
        ax.set_yticks([])
        told = str(table.loc[name, "informed"])
        ax.text(
            0.02,
            0.97,
            told,
            transform=ax.transAxes,
            va="top",
            fontsize=7.5,
            color=SECOND if told == NOT_INFORMED else POSTERIOR,
        )
        ax.spines[["top", "right", "left"]].set_visible(False)
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    axes.flat[0].legend(frameon=False, fontsize=7.5, loc="center right")
    what = "What the data say" + " about feedback strengths and estradiol" * named
    fig.suptitle(what + label(mark, 400), fontsize=11)
    return fig


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width)[:3] or [""]


def predictive(dt: xr.DataTree, mark: str = "") -> Figure:  # long: one figure, drawn from top to bottom
    """Every measurement with the 89 % posterior band of the read-out (dark) and of a new measurement (light).

    One panel an observable. Series over time are lines; an observable measured at one time of each experiment
    is drawn against its experiments.
    """
    observed = dt["observed_data"]["y"]
    new, expected = dt["posterior_predictive"]["y"], dt["posterior_predictive"]["expected"]
    names = list(dict.fromkeys(observed["observable"].values.tolist()))  # pyright: ignore[reportAttributeAccessIssue]  xarray's stubs take .values for a method
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    fig, axes = plt.subplots(
        rows, columns, figsize=(4.6 * columns, 3.1 * rows), squeeze=False, layout="constrained"
    )
    palette = [POSTERIOR, SECOND, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"]
    for ax, name in zip(axes.flat, names, strict=False):
        here = observed["observable"].values == name
        y = observed.values[here]  # pyright: ignore[reportIndexIssue]  xarray's stubs take .values for a method
        bands = [
            np.quantile(v.values[..., here].reshape(-1, here.sum()), [LOW, 0.5, HIGH], axis=0)  # pyright: ignore[reportIndexIssue]  xarray's stubs take .values for a method
            for v in (new, expected)
        ]
        experiments = observed["experiment"].values[here]  # pyright: ignore[reportIndexIssue]  xarray's stubs take .values for a method
        times = observed["time"].values[here]  # pyright: ignore[reportIndexIssue]  xarray's stubs take .values for a method
        groups = list(dict.fromkeys(experiments.tolist()))
        over_time = max(len(set(times[experiments == g])) for g in groups) >= 3
        if over_time:
            for g, colour in zip(groups, palette * 9, strict=False):
                k = np.flatnonzero(experiments == g)
                k = k[np.argsort(times[k], kind="stable")]
                ax.fill_between(times[k], bands[0][0][k], bands[0][2][k], color=colour, alpha=0.15, lw=0)
                ax.fill_between(times[k], bands[1][0][k], bands[1][2][k], color=colour, alpha=0.35, lw=0)
                ax.plot(times[k], bands[1][1][k], color=colour, lw=1)
                ax.plot(times[k], y[k], "o", ms=3, color=colour, mec="black", mew=0.4, label=label(g, 40))
            ax.set_xlabel("time (min)")
            ax.legend(frameon=False, fontsize=6.5)
        else:
            at = np.array([groups.index(e) for e in experiments], dtype=float)
            for g in range(len(groups)):
                k = np.flatnonzero(at == g)[0]
                ax.plot(
                    [g, g],
                    [bands[0][0][k], bands[0][2][k]],
                    color=POSTERIOR,
                    alpha=0.3,
                    lw=7,
                    solid_capstyle="butt",
                )
                ax.plot(
                    [g, g],
                    [bands[1][0][k], bands[1][2][k]],
                    color=POSTERIOR,
                    alpha=0.8,
                    lw=3,
                    solid_capstyle="butt",
                )
            ax.plot(at, y, "o", ms=4, color=DATA)
            words = [label(g, 40) for g in groups]
            ax.set_xticks(range(len(groups)), words, rotation=60, ha="right", fontsize=6.5)
        if np.all(y > 0) and y.max() / y.min() > 30:
            ax.set_yscale("log")
        ax.set_title(label(name), fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    title = (
        "Measurements (points) and the fitted model: read-out (dark band), new measurement (light band), 89 %"
    )
    fig.suptitle(title + label(mark, 400), fontsize=10)
    return fig


def chains(dt: xr.DataTree, table: pd.DataFrame, mark: str = "") -> Figure:
    """Every chain's path through the feedback strengths and estradiol effects: they should look alike."""
    names = list(table.index[:8])
    fig, axes = plt.subplots(
        len(names), 1, figsize=(8, 1.15 * len(names) + 0.8), squeeze=False, sharex=True, layout="constrained"
    )
    for ax, name in zip(axes.flat, names, strict=True):
        values = dt["posterior"][name].values
        for c, colour in zip(
            range(values.shape[0]),  # pyright: ignore[reportAttributeAccessIssue]  xarray's stubs take .values for a method
            (POSTERIOR, SECOND, "#009E73", "#CC79A7") * 16,
            strict=False,
        ):
            ax.plot(values[c], color=colour, lw=0.5)  # pyright: ignore[reportIndexIssue]  xarray's stubs take .values for a method
        if _log_scale(values, str(table.loc[name, "unit"])):  # pyright: ignore[reportArgumentType]  xarray's stubs take .values for a method
            ax.set_yscale("log")
            ax.yaxis.set_minor_formatter(NullFormatter())
        ax.set_ylabel(label(name, 30), rotation=0, ha="right", va="center", fontsize=8)
        ax.tick_params(labelsize=7)
        told = f"R-hat {table.loc[name, 'rhat']:.3f}\nESS {table.loc[name, 'ess_bulk']:.0f}"
        ax.text(1.005, 0.5, told, transform=ax.transAxes, fontsize=7, va="center")
    axes.flat[-1].set_xlabel("draw")
    fig.suptitle("Chains" + mark, fontsize=11)
    return fig
