"""The main read-outs of a simulated dish, with quantile bands where many sets were simulated."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from models.readouts import TOTAL_IKBA

# title, axis label, factor, species that are added up or drawn side by side
PANELS: tuple[tuple[str, str, float, tuple[tuple[str, tuple[str, ...]], ...]], ...] = (
    ("STAT3", "share of total", 1.0, (("pSTAT3", ("pS",)),)),
    ("SOCS3", "nM", 1.0, (("SOCS3", ("SOCS3",)),)),
    (
        "Akt and MAP kinases",
        "share of total",
        1.0,
        (("pAkt", ("pAkt",)), ("pERK", ("pERK",)), ("pp38", ("pp38",))),
    ),
    (
        "NF-kB",
        "nM per cytosol volume",
        1.0,
        (("free nuclear NF-kB", ("NFn",)), ("total IkBa", TOTAL_IKBA)),
    ),
    ("Cytokines in the medium", "pg/mL", 1000.0, (("IL-6", ("IL6",)), ("VEGF", ("VEGF",)))),
    (
        "Survival proteins",
        "relative",
        1.0,
        (("MCL-1", ("MCL1",)), ("BCL-XL", ("BCLXL",)), ("BCL-2", ("BCL2",)), ("c-Myc", ("MYC",))),
    ),
    ("Drug stress and death", "relative; share", 1.0, (("BH3 load", ("BH3",)), ("committed", ("CASP",)))),
    ("Tumour burden", "1e6 cells/mL", 1.0, (("viable", ("N",)), ("dead", ("D",)))),
    (
        "Bone",
        "%; relative",
        1.0,
        (("bone mass, % - 100", ("Z",)), ("RANKL", ("RANKL",)), ("osteoclasts", ("OC",))),
    ),
)
COLOURS = ("#1f5a96", "#c44e25", "#3b8a5a", "#8a5aa8")


def main_readouts(data: xr.Dataset, title: str) -> Figure:
    """Nine panels over time in hours: the line is the median of the sets, the bands hold 50 % and 90 % of
    them.
    """
    hours = data["time"].values / 60
    good = data["concentration"].values[data["ok"].values]
    column = {str(name): i for i, name in enumerate(data["species"].values)}
    figure, axes = plt.subplots(3, 3, figsize=(12, 8.4), sharex=True, layout="constrained")
    for axis, (name, label, factor, curves) in zip(axes.flat, PANELS, strict=True):
        for (curve, species), colour in zip(curves, COLOURS, strict=False):
            if not all(s in column for s in species):
                continue
            together = good[:, :, [column[s] for s in species]].sum(-1)
            values = factor * together - (100.0 if species == ("Z",) else 0.0)
            low, lower, middle, upper, high = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0)
            if len(values) > 1:
                axis.fill_between(hours, low, high, color=colour, alpha=0.15, lw=0)
                axis.fill_between(hours, lower, upper, color=colour, alpha=0.25, lw=0)
            axis.plot(hours, middle, color=colour, lw=1.6, label=curve)
        axis.set_title(name, fontsize=10, loc="left", fontweight="bold")
        axis.set_ylabel(label, fontsize=8)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=7, frameon=False)
        if species_below_zero(axis):
            axis.axhline(0, color="0.8", lw=0.8, zorder=0)
        else:
            axis.set_ylim(bottom=0)
        axis.set_xlim(hours[0], hours[-1])
    for axis in axes[-1]:
        axis.set_xlabel("hours since the stimulus", fontsize=8)
    sets = f"{len(good)} sets: median, 50 % and 90 %" if len(good) > 1 else "one set"
    figure.suptitle(f"{title}  ({sets})", fontsize=11)
    return figure


def species_below_zero(axis: Axes) -> bool:
    """Whether a curve of the panel goes below zero (bone lost)."""
    return any((np.asarray(line.get_ydata(), float) < 0).any() for line in axis.get_lines())
