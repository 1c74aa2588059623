"""Figures of a fitted panel: the axes of its lines, and every measured curve with what the mechanism says."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from inference.panel.panel_layout import AXES, AXIS_WORDS
from inference.panel.panel_tables import PanelTables
from inference.runs.colours import DATA, POSTERIOR, PRIOR, SECOND

GENOTYPE = {1.0: (SECOND, "RAS mutant"), 0.0: (POSTERIOR, "wild type")}


def lines(tree: xr.DataTree, mark: str = "") -> Figure:
    """Median and 89 % interval of each axis of each line, in the order of each axis."""
    posterior = tree["posterior"].to_dataset()
    known = tree["lines"].to_dataset() if "lines" in tree.children else xr.Dataset()
    fig, axes = plt.subplots(
        1, len(AXES), figsize=(11, 0.24 * posterior.sizes["line"] + 1.3), layout="constrained"
    )
    shown: set[str] = set()
    for ax, name in zip(np.atleast_1d(axes), AXES, strict=True):
        low, middle, high = (posterior[name].quantile(q, ("chain", "draw")) for q in (0.055, 0.5, 0.945))
        order = np.argsort(middle.values)
        for place, i in enumerate(order):
            line = str(posterior["line"].values[i])
            ras = float(known["ras"].sel(line=line)) if "ras" in known else np.nan
            colour, word = GENOTYPE.get(ras, (DATA, "RAS not reported"))
            ax.hlines(place, low.values[i], high.values[i], color=colour, lw=1.5)
            ax.plot(middle.values[i], place, "o", color=colour, ms=4, label=None if word in shown else word)
            shown.add(word)
        ax.set_yticks(range(len(order)), [str(posterior["line"].values[i]) for i in order], fontsize=7)
        before = tree["prior"].to_dataset()[name].values
        ax.axvline(np.median(before), color=PRIOR, lw=1, zorder=0)
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_title(AXIS_WORDS[name], fontsize=9)
        ax.spines[["top", "right"]].set_visible(False)
    fig.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=3)
    fig.suptitle(
        "Axes of the lines: median and 89 % interval; grey: median before the data" + mark, fontsize=10
    )
    return fig


def curves(tree: xr.DataTree, tables: PanelTables, mark: str = "") -> Figure:
    """A panel a (line, drug) pair of the curves that were measured: points, and the mechanism without
    residual as a band.
    """
    found = tree["curves"].to_dataset()
    measured = tables.measured.dropna(subset=["dose_nM"])
    pairs = sorted(set(measured[["drug", "line"]].itertuples(index=False, name=None)))
    drugs = sorted({d for d, _ in pairs})
    names = sorted({x for _, x in pairs})
    fig, axes = plt.subplots(
        max(len(drugs), 1),
        max(len(names), 1),
        figsize=(1.25 * max(len(names), 2) + 1, 1.3 * max(len(drugs), 1) + 0.9),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for i, drug in enumerate(drugs):
        for j, line in enumerate(names):
            ax = axes[i, j]
            rows = measured.loc[(measured["drug"] == drug) & (measured["line"] == line), :]
            ax.spines[["top", "right"]].set_visible(False)
            if i == 0:
                ax.set_title(line, fontsize=7)
            if j == 0:
                ax.set_ylabel(drug, fontsize=7)
            ax.tick_params(labelsize=6)
            if rows.empty:
                continue
            here = found.sel(line=line, drug=drug, source=rows["source"].iloc[0])
            ax.fill_between(here["dose"], here["low"], here["high"], color=POSTERIOR, alpha=0.25, lw=0)
            ax.plot(here["dose"], here["median"], color=POSTERIOR, lw=1)
            ax.plot(rows["dose_nM"], rows["viability"], "o", color=DATA, ms=2)
            ax.set_xscale("log")
            ax.set_xlim(measured["dose_nM"].min() / 2, measured["dose_nM"].max() * 2)
            ax.set_ylim(-0.05, 1.6)
    fig.supxlabel("dose (nM)", fontsize=8)
    fig.supylabel("viability over the vehicle's", fontsize=8)
    fig.suptitle("Measured viabilities, and the mechanism without residual (89 %)" + mark, fontsize=10)
    return fig
