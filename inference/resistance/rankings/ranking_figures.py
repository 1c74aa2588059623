"""Figures of a ranking: one function a figure, labelled data in."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inference.fit.verdict import INTERVAL
from inference.resistance.beliefs import told_by_data
from inference.resistance.rankings.ranking_request import RankingWords, told
from inference.resistance.rankings.ranking_words import UNKNOWN, signs

UP, DOWN, GREY = "#0072B2", "#D55E00", "#777777"  # Okabe & Ito: told apart by colour-blind readers
PATHWAYS = {
    "Medium": "IL-6 in the medium",
    "Stroma": "stroma and VEGF",
    "Il6Receptor": "IL-6 receptor and JAK",
    "JakStat3": "STAT3 and SOCS3",
    "JakStat3Transit": "STAT3 and SOCS3",
    "Pi3kAkt": "PI3K and Akt",
    "Mapk": "MEK, ERK, p38",
    "Nfkb": "NF-kB, IkBa, A20",
    "MyelomaNfkb": "NF-kB, IkBa, A20",
    "Il6Gene": "IL-6 gene",
    "Survival": "MCL-1, BCL-XL, BCL-2, c-Myc",
    "Estradiol": "estradiol receptor",
    "Autophagy": "autophagy",
    "Apoptosis": "death, growth, drug stress",
    "Bone": "bone",
    "DrugAction": "drug action",
    "TreatedCell": "drug action",
    "GrowthFactors": "IGF-1, APRIL, BAFF",
    "OncogenicRas": "mutant RAS",
    "DnaDamage": "damage of DNA",
    "Cereblon": "cereblon, IKZF1/3, IRF4",
    "KillerCells": "killer cells",
}
PERCENT = f"{100 * INTERVAL:.0f} %"


def _title(figure: Figure, tree: xr.DataTree, text: str) -> None:
    """The question in words above everything; the mark of a distrusted run in red."""
    subtitle = (
        f"{tree.attrs['question']}  ({tree.attrs['simulated']} parameter sets from {tree.attrs['source']})"
    )
    figure.suptitle(text, x=0.01, ha="left", fontweight="bold", fontsize=12)
    lines = textwrap.wrap(subtitle, 118)
    figure.text(
        0.01,
        1 - 0.5 / figure.get_figheight(),
        "\n".join(lines),
        ha="left",
        va="top",
        fontsize=9,
        color="#444444",
    )
    if tree.attrs["mark"]:
        shown = textwrap.shorten(
            tree.attrs["mark"], 150, placeholder=" ..."
        )  # whole in the table and on the terminal
        figure.text(0.01, 0.01, shown, ha="left", va="bottom", fontsize=9, color="#B00000", fontweight="bold")


def _top(tree: xr.DataTree, count: int) -> xr.Dataset:
    """The first `count` of the ranking, in its order."""
    d = tree["parameter"].to_dataset()
    return d.isel(factor=np.argsort(d["rank"].values, kind="stable")[:count])


def effects(tree: xr.DataTree, count: int = 15) -> Figure:
    """The leading parameters: effect with interval, how far it reaches, and rank with interval beside the
    rank under the prior.
    """
    d = _top(tree, count)
    n, words = d.sizes["factor"], told(tree.attrs)
    y = np.arange(n)[::-1]
    reach = "swing" in d
    figure, axes = plt.subplots(
        1,
        3 if reach else 2,
        figsize=(14 if reach else 12.5, 2.4 + 0.36 * n),
        sharey=True,
        width_ratios=(2.2, 0.9, 1) if reach else (2.2, 1),
    )
    _effects_on(axes[0], d, y, words)
    if reach:
        axes[1].barh(y, d["swing"], color="#BBBBBB", height=0.55)
        axes[1].set_xlabel(
            "reach: mean size of the elasticity\nx sd of the ln parameter\n(what our doubt about it costs)"
        )
    _ranks_on(axes[-1], d, y)
    for axis in axes:
        axis.grid(axis="x", color="#e5e5e5")
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    height, handles = figure.get_figheight(), _legend(d, words)
    figure.tight_layout(rect=(0, 0.6 / height, 1, 1 - 0.85 / height))
    figure.legend(
        handles=handles,
        loc="lower right",
        ncols=len(handles),
        fontsize=8.5,
        frameon=False,
        bbox_to_anchor=(1, 0.22 / height),
    )
    _title(figure, tree, words.readout.title)
    return figure


def _effects_on(axis: Axes, d: xr.Dataset, y: np.ndarray, words: RankingWords) -> None:
    """Effects with their intervals, hollow where no data told anything; first-order indices below, if any."""
    known = [told_by_data(str(v)) for v in d["informed"].values]
    shade = {1: UP, -1: DOWN, 0: GREY if words.method.signed else UP}
    colours = [shade[int(s)] for s in signs(d, words.method.signed)]
    for i, (at, colour) in enumerate(zip(y, colours, strict=True)):
        axis.plot([d["low"][i], d["high"][i]], [at] * 2, color=colour, lw=2, solid_capstyle="round")
        face = colour if known[i] else "white"
        axis.plot(d["effect"][i], at, "o", ms=8, mec=colour, mfc=face, mew=1.8)
        if "first" in d:
            axis.plot([d["first_low"][i], d["first_high"][i]], [at - 0.26] * 2, color=GREY, lw=1)
            axis.plot(d["first"][i], at - 0.26, "d", ms=5, color=GREY)
    names = zip(d["meaning"].values, d["factor"].values, strict=True)
    axis.set_yticks(y, [f"{_short(m)}  [{name}]" for m, name in names])
    axis.axvline(0, color="#999999", lw=0.8)
    effect = textwrap.fill(words.method.effect, 64)
    axis.set_xlabel(f"{effect}\ndot: {words.method.point}, bar: {PERCENT} interval")


def _ranks_on(axis: Axes, d: xr.Dataset, y: np.ndarray) -> None:
    """Ranks with their intervals, and those under the prior, if any."""
    for i, at in enumerate(y):
        axis.plot([d["rank_low"][i], d["rank_high"][i]], [at] * 2, color=GREY, lw=2)
        axis.plot(d["rank"][i], at, "o", ms=6, color="#222222")
        if "prior_rank" in d:
            axis.plot(d["prior_rank"][i], at, "|", ms=13, mew=2, color=DOWN)
    draws = d.attrs["replicates"] == "draw"
    between = "single draws of the parameters" if draws else "resamples of the simulations"
    axis.set_xlabel(f"rank (1 = matters most)\nbar: {PERCENT} of the ranks in\n{between}")
    axis.set_xlim(0, max(float(d["rank_high"].max()), len(y)) + 1)


def _legend(d: xr.Dataset, words: RankingWords) -> list[Line2D]:
    """What colours and symbols mean."""
    ways = ((UP, words.readout.more), (DOWN, words.readout.less), (GREY, f"{UNKNOWN}: the bar holds 0"))
    kinds = ways if words.method.signed else ((UP, "size only, no direction"),)
    handles = [Line2D([], [], marker="o", ls="", color=colour, label=label) for colour, label in kinds]
    label = "hollow: not informed by data, restates the prior"
    handles.append(Line2D([], [], marker="o", ls="", mec="#444444", mfc="white", label=label))
    if "first" in d:
        label = "first-order index: what it does alone"
        handles.append(Line2D([], [], marker="d", ls="", color=GREY, label=label))
    if "prior_rank" in d:
        label = "rank before the data (prior)"
        handles.append(Line2D([], [], marker="|", ls="", ms=11, mew=2, color=DOWN, label=label))
    return handles


def _short(text: str) -> str:
    return textwrap.shorten(str(text), 60, placeholder=" ...")


def certainty(tree: xr.DataTree, count: int = 10) -> Figure:
    """How sure the order is: probability of a rank of k or better, of one being larger than another, and of
    the set of ten.
    """
    d = _top(tree, count)
    n = d.sizes["factor"]
    names = list(map(str, d["factor"].values))
    figure, axes = plt.subplots(1, 3, figsize=(14, 2.4 + 0.36 * n), width_ratios=(1, 1, 0.8))
    top = d["p_top"].values[:, :n]
    larger = d["p_larger"].sel(other=d["factor"].values).values.copy()
    np.fill_diagonal(larger, np.nan)
    for axis, values, columns, label in (
        (axes[0], top, [str(k) for k in range(1, n + 1)], "probability that it is among the first k"),
        (axes[1], larger, names, "probability that the row matters more than the column"),
    ):
        axis.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for i in range(n):
            for j in range(n):
                if np.isfinite(values[i, j]):
                    axis.text(
                        j,
                        i,
                        f"{100 * values[i, j]:.0f}",
                        ha="center",
                        va="center",
                        fontsize=8,
                        color="white" if values[i, j] > 0.6 else "#222222",
                    )
        axis.set_xticks(range(n), columns, rotation=0 if columns is not names else 60)
        axis.set_yticks(range(n), names)
        axis.set_title(f"{label}, %", fontsize=9, loc="left")
    axes[0].set_xlabel("k")
    stable = tree["stability"].to_dataset()
    axes[2].plot(stable["count"], 100 * stable["overlap"], "o-", color=UP)
    axes[2].set_ylim(0, 102)
    axes[2].set_xscale("log")
    axes[2].set_xticks(stable["count"].values, [str(int(c)) for c in stable["count"].values])
    axes[2].minorticks_off()
    axes[2].set_xlabel("draws or resamples used")
    axes[2].set_title(
        f"share of the first {stable.attrs['top']} that would stay the same, %", fontsize=9, loc="left"
    )
    axes[2].grid(color="#e5e5e5")
    axes[2].spines[["top", "right"]].set_visible(False)
    figure.tight_layout(rect=(0, 0.04, 1, 1 - 0.85 / figure.get_figheight()))
    _title(figure, tree, "How sure the order is")
    return figure


def pathways(tree: xr.DataTree) -> Figure:
    """Which pathway matters: its parameters joined."""
    d = tree["pathway"].to_dataset()
    d = d.isel(factor=np.argsort(d["rank"].values, kind="stable"))
    n = d.sizes["factor"]
    figure, axis = plt.subplots(figsize=(9.5, 2.0 + 0.34 * n))
    y = np.arange(n)[::-1]
    axis.barh(y, d["effect"], color="#56B4E9", height=0.62)
    axis.hlines(y, d["low"], d["high"], color="#222222", lw=1.8)
    axis.set_yticks(y, [PATHWAYS.get(str(v), str(v)) for v in d["factor"].values])
    axis.set_xlim(0, None)
    axis.set_xlabel(f"{d.attrs['measure']}\nline: {PERCENT} interval")
    axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout(rect=(0, 0.03, 1, 1 - 0.9 / figure.get_figheight()))
    _title(figure, tree, "Which pathway matters most")
    return figure
