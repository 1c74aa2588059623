"""A published time course and what its fit makes of it, one panel an observable."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inference.datasets.time_courses import Fit
from inference.runs.colours import DATA, POSTERIOR

CROWDED = 10  # dishes in a panel beyond which curves cannot be told apart
NAMED = 3  # the worst misfits of such a panel are named


def figure(f: Fit) -> Figure:
    """Measurements, prediction and 89 % predictive interval of every observable; one colour a dish."""
    m = f.study.measurements
    shown = [k for k in range(len(f.study.observables)) if (m.observable == k).any()]
    columns = min(4 if len(shown) <= 12 else 6, len(shown))
    height = -(-len(shown) // columns)
    fig, axes = plt.subplots(
        height,
        columns,
        layout="constrained",
        squeeze=False,
        figsize=(max(3.3 * columns, 5.5), max(2.4 * height, 3.0)),
    )
    for ax, k in zip(axes.flat, shown, strict=False):
        rows = np.flatnonzero(m.observable == k)
        dishes = np.unique(m.experiment[rows])
        if len(dishes) > CROWDED:
            _against_prediction(ax, f, rows)
        elif len(np.unique(m.time[rows])) == 1:
            _side_by_side(ax, f, rows, dishes)
        else:
            _over_time(ax, f, rows, dishes)
        ax.set_title(f.study.observables[k], fontsize=8)
        ax.xaxis.label.set_size(7)
        ax.yaxis.label.set_size(7)
        ax.tick_params(labelsize=7, which="both")
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes.flat[len(shown) :]:
        ax.set_visible(False)
    fig.suptitle(f"{f.study.id}: mode and 89 % predictive interval (normal approximation)", fontsize=9)
    return fig


def _colour(j: int, dishes: int) -> object:
    return plt.get_cmap("viridis")(j / (dishes - 1) * 0.9) if dishes > 1 else POSTERIOR


def _over_time(ax: Axes, f: Fit, rows: np.ndarray, dishes: np.ndarray) -> None:
    m = f.study.measurements
    for j, e in enumerate(dishes):
        own = rows[m.experiment[rows] == e]
        own, colour = own[np.argsort(m.time[own], kind="stable")], _colour(j, len(dishes))
        ax.fill_between(m.time[own], f.low[own], f.high[own], color=colour, alpha=0.15, lw=0)
        ax.plot(m.time[own], f.value[own], color=colour, lw=1.2, label=f.study.experiments[e])
        ax.plot(m.time[own], m.value[own], ".", color=colour, ms=4)
    ax.set_xlabel("min")
    ax.legend(fontsize=5.5, frameon=False)


def _side_by_side(ax: Axes, f: Fit, rows: np.ndarray, dishes: np.ndarray) -> None:
    """A dose response at one time."""
    m = f.study.measurements
    for j, e in enumerate(dishes):
        own, colour = rows[m.experiment[rows] == e], _colour(j, len(dishes))
        ax.plot([j, j], [f.low[own[0]], f.high[own[0]]], color=colour, alpha=0.3, lw=5)
        ax.plot([j - 0.3, j + 0.3], [f.value[own[0]]] * 2, color=colour, lw=1.2)
        ax.plot(np.full(len(own), j), m.value[own], ".", color=colour, ms=4)
    ax.set_xticks(
        range(len(dishes)), [f.study.experiments[e] for e in dishes], rotation=90 if len(dishes) > 4 else 0
    )
    ax.set_xlabel(f"at {m.time[rows[0]]:g} min")


def _against_prediction(ax: Axes, f: Fit, rows: np.ndarray) -> None:
    """Measured against predicted, the worst named."""
    m = f.study.measurements
    inside = (m.value[rows] >= f.low[rows]) & (m.value[rows] <= f.high[rows])
    ax.vlines(f.value[rows], f.low[rows], f.high[rows], color=POSTERIOR, alpha=0.12, lw=2)
    ax.plot(f.value[rows][inside], m.value[rows][inside], ".", color=POSTERIOR, ms=4)
    ax.plot(
        f.value[rows][~inside],
        m.value[rows][~inside],
        "o",
        mfc="none",
        color=DATA,
        ms=4,
        label="outside 89 %",
    )
    ends = [min(f.value[rows].min(), m.value[rows].min()), max(f.value[rows].max(), m.value[rows].max())]
    ax.plot(ends, ends, color=DATA, lw=0.6)
    far = np.maximum(f.low[rows] / m.value[rows], m.value[rows] / f.high[rows])
    for i in [i for i in np.argsort(-far)[:NAMED] if far[i] > 1]:
        r = rows[i]
        ax.annotate(
            f"{f.study.experiments[m.experiment[r]]}, {m.time[r]:g} min",
            (f.value[r], m.value[r]),
            fontsize=4.5,
            xytext=(3, 2),
            textcoords="offset points",
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("predicted")
    ax.set_ylabel("measured")
