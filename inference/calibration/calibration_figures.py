"""Figures of a calibration: ranks of the truth with the band they should stay in, and coverage."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from scipy import stats

from inference.calibration.coverage import ALPHA, LEVELS, Calibration
from inference.runs.colours import DATA, POSTERIOR, PRIOR, SECOND
from inference.runs.figure_labels import label


def rank_ecdfs(c: Calibration) -> Figure:
    """ECDF of the ranks minus the diagonal, one panel a quantity, with the band that holds everywhere at
    once.
    """
    fits, columns = len(c.ranks), min(5, len(c.names))
    rows = -(-len(c.names) // columns)
    fig, axes = plt.subplots(
        rows,
        columns,
        figsize=(2.6 * columns, 2.3 * rows),
        squeeze=False,
        sharex=True,
        sharey=True,
        layout="constrained",
    )
    step = np.arange(1, c.draws + 1)
    share = step / (c.draws + 1)
    low, high = (stats.binom.ppf(q, fits, share) / fits - share for q in (c.gamma / 2, 1 - c.gamma / 2))
    for i, (ax, name) in enumerate(zip(axes.flat, c.names, strict=False)):
        failed = any(r.startswith(f"{name}:") for r in c.reasons)
        seen = np.bincount(c.ranks[:, i], minlength=c.draws + 1).cumsum()[:-1] / fits - share
        ax.fill_between(share, low, high, color=PRIOR, alpha=0.35, lw=0, step="mid")
        ax.plot(share, seen, color=SECOND if failed else POSTERIOR, lw=1.3, drawstyle="steps-mid")
        ax.axhline(0, color=DATA, lw=0.5)
        ax.set_title(f"{label(name, 40)}   p = {c.p[i]:.2g}", fontsize=8.5, color=SECOND if failed else DATA)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes.flat[len(c.names) :]:
        ax.set_visible(False)
    fig.supxlabel("rank of the truth among the draws (share)", fontsize=9)
    fig.supylabel("ECDF minus diagonal", fontsize=9)
    fig.suptitle(
        f"{fits} data sets: {'passed' if c.ok else 'FAILED'}; grey: where a calibrated posterior stays in "
        f"{100 * (1 - ALPHA):g} % of runs, each quantity by itself",
        fontsize=9,
    )
    return fig


def rank_histograms(c: Calibration) -> Figure:
    """Histograms of the ranks with the 99 % range of each bin."""
    fits, columns = len(c.ranks), min(5, len(c.names))
    rows = -(-len(c.names) // columns)
    fig, axes = plt.subplots(
        rows,
        columns,
        figsize=(2.6 * columns, 2.0 * rows),
        squeeze=False,
        sharex=True,
        sharey=True,
        layout="constrained",
    )
    edges = np.linspace(0, c.draws + 1, c.bins + 1).round()
    low, middle, high = stats.binom.ppf(
        np.array([[0.005], [0.5], [0.995]]), fits, np.diff(edges) / (c.draws + 1)
    )
    at = edges / (c.draws + 1)
    for i, (ax, name) in enumerate(zip(axes.flat, c.names, strict=False)):
        ax.fill_between(
            at, np.append(low, low[-1]), np.append(high, high[-1]), step="post", color=PRIOR, alpha=0.35, lw=0
        )
        ax.step(at, np.append(middle, middle[-1]), where="post", color=DATA, lw=0.5)
        ax.stairs(np.histogram(c.ranks[:, i], edges - 0.5)[0], at, color=POSTERIOR, lw=1.3)
        ax.set_title(label(name, 40), fontsize=8.5)
        ax.set_ylim(0, None)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes.flat[len(c.names) :]:
        ax.set_visible(False)
    fig.supxlabel("rank of the truth among the draws (share)", fontsize=9)
    fig.supylabel("data sets", fontsize=9)
    return fig


def coverage(c: Calibration) -> Figure:
    """How often central intervals hold the truth, against what they claim."""
    fig, ax = plt.subplots(figsize=(4.2, 3.4), layout="constrained")
    level = 100 * np.asarray(LEVELS)
    ax.fill_between(
        level,
        100 * c.coverage_low,
        100 * c.coverage_high,
        color=PRIOR,
        alpha=0.35,
        lw=0,
        label="99 % range if right",
    )
    ax.plot(level, level, color=DATA, lw=0.7)
    for i, name in enumerate(c.names):
        ax.plot(level, 100 * c.coverage[:, i], marker="o", ms=3, lw=1, label=label(name, 40))
    ax.set_xlabel("level of the interval, %")
    ax.set_ylabel("holds the truth, % of data sets")
    ax.legend(fontsize=6.5, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    ax.spines[["top", "right"]].set_visible(False)
    return fig
