"""Figures of a knock-down scan: one function a figure, labelled data in."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from inference.resistance.knockdowns.knockdown import RESAMPLES, lost_share
from inference.resistance.knockdowns.knockdown_nodes import LEVELS, NODES, PATHS
from inference.resistance.knockdowns.knockdown_tables import node_table, pair_table
from inference.resistance.questions import HOURS

OWN, SPECIFIC = "#56B4E9", "#D55E00"  # Okabe & Ito


def _head(figure: Figure, tree: xr.DataTree, title: str, question: str = "") -> None:
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=12)
    text = (
        f"{question or tree.attrs['question']}  ({tree.attrs['draws']} parameter sets from "
        f"{tree.attrs['source']})"
    )
    figure.text(
        0.01,
        1 - 0.5 / figure.get_figheight(),
        textwrap.fill(text, 110),
        va="top",
        fontsize=9,
        color="#444444",
    )
    if tree.attrs["mark"]:
        figure.text(0.01, 0.01, tree.attrs["mark"], fontsize=9, color="#B00000", fontweight="bold")


def nodes_figure(tree: xr.DataTree, count: int = 14) -> Figure:
    """Cells left when a node is inhibited by 90 %: without drug and with it, relative to the same without
    knock-down.
    """
    found = tree["scan"].to_dataset()
    table = node_table(found).xs(LEVELS[1], level="level").head(count)
    y = np.arange(len(table))[::-1]
    figure, axis = plt.subplots(figsize=(10.5, 2.4 + 0.34 * len(table)))
    axis.barh(
        y + 0.19,
        100 * np.exp(table["toxicity"]),
        height=0.36,
        color=OWN,
        label="without the drug (the knock-down's own effect)",
    )
    axis.barh(y - 0.19, 100 * np.exp(table["survival"]), height=0.36, color=SPECIFIC, label="with the drug")
    axis.axvline(100, color="#555555", lw=0.9)
    axis.set_yticks(y, [f"{NODES[str(n)].title}  [{n}]" for n in table.index])
    axis.set_xlabel(
        f"cells after {float(tree.attrs.get('hours', HOURS)):g} h, % of those without the knock-down "
        "(geometric means)\n"
        f"node inhibited by {100 * LEVELS[1]:.0f} % from the start of the treatment; sorted by what the "
        f"drug gains"
    )
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout(rect=(0, 0.5 / figure.get_figheight(), 1, 1 - 0.8 / figure.get_figheight()))
    figure.legend(loc="lower right", ncols=2, frameon=False, fontsize=9)
    _head(figure, tree, "Which node, inhibited, would make the drug kill again")
    return figure


def pairs_figure(tree: xr.DataTree, count: int = 12) -> Figure:
    """The best pairs: viability under the drug, and whether the two do more than the product of each
    alone.
    """
    found = tree["scan"].to_dataset()
    table = pair_table(found).head(count)
    y = np.arange(len(table))[::-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 2.4 + 0.34 * len(table)), sharey=True)
    left.barh(y, 100 * np.exp(table["resensitised"]), color=SPECIFIC, height=0.6)
    left.set_xlabel("viability under the drug, % of that\nwithout the knock-downs (geometric mean)")
    left.axvline(100, color="#555555", lw=0.9)
    left.set_yticks(y, [f"{a} + {b}" for a, b in table.index])
    right.plot(100 * np.exp(table["bliss"]), y, "o", color="#222222")
    right.axvline(100, color="#555555", lw=0.9)
    right.set_xlabel(
        "surviving cells, % of the product of each alone (Bliss)\nleft of 100: more than the sum of both"
    )
    for position, (_, row) in zip(y, table.iterrows(), strict=True):
        loewe = "no dose of one alone" if np.isnan(row["loewe"]) else f"Loewe {row['loewe']:.2f}"
        right.annotate(
            f"  {loewe}", (100 * np.exp(row["bliss"]), position), va="center", fontsize=8, color="#555555"
        )
    right.margins(x=0.25)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="x", color="#e5e5e5")
        axis.set_axisbelow(True)
    figure.tight_layout(rect=(0, 0.03, 1, 1 - 0.8 / figure.get_figheight()))
    _head(
        figure,
        tree,
        f"Which pair, each inhibited by {100 * float(tree.attrs['pair_level']):.0f} %, would make the drug "
        f"kill again",
    )
    return figure


def paths_figure(tree: xr.DataTree) -> Figure:
    """Share of IL-6's protection that goes when a path is cut."""
    shares = lost_share(tree["paths"].to_dataset()["protection"], RESAMPLES, int(tree.attrs["seed"]))
    y = np.arange(shares.sizes["path"])[::-1]
    figure, axis = plt.subplots(figsize=(9.5, 3.8))
    axis.hlines(y, 100 * shares["low"], 100 * shares["high"], color="#0072B2", lw=2.5)
    axis.plot(100 * shares["share"], y, "o", ms=9, color="#0072B2")
    axis.axvline(0, color="#999999", lw=0.8)
    axis.set_yticks(y, [f"{textwrap.fill(PATHS[str(p)][1], 40)}  [{p}]" for p in shares["path"].values])
    axis.set_xlabel(
        "protection by IL-6 that is lost when the path is cut, %\n(mean over the draws, 89 % interval;\n"
        "paths meet again, so shares need not add up to 100)"
    )
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout(rect=(0, 0.03, 1, 0.8))
    _head(figure, tree, "Through which path IL-6 protects from the drug", tree.attrs["paths_question"])
    return figure
