"""The files of a knock-down scan: scan.nc, nodes.csv, pairs.csv, paths.csv and their figures."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from inference.resistance import beliefs
from inference.resistance.believed_from import Source, SourceError
from inference.resistance.knockdown import LEVELS, NODES, PATHS, interval, lost_share, path_shares, scan
from inference.resistance.questions import Question, network_of
from inference.resistance.rankings.ranking import RankError
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller
from models.catalogue import HYPOTHESES, PRESETS

RTOL, ATOL = 1e-5, 1e-7
OWN, SPECIFIC = "#56B4E9", "#D55E00"  # Okabe & Ito


def make(
    question: Question, source: Source, draws: int, seed: int, pair_level: float, out: Path, tell: Teller
) -> xr.DataTree:
    """Scan, write the files under `out`, and say what comes first.

    Raises:
        SourceError: the folder holds a scan, or the level of the pairs is none of those scanned.
    """
    if pair_level not in LEVELS:
        raise SourceError(f"--pair-level {pair_level:g}: is not one of {', '.join(map(str, LEVELS))}")
    if (out / "scan.nc").exists():
        raise SourceError(f"{out}: already holds a scan: choose another --out")
    now = _believed(question, source)
    resumable.require_writable(out, 20 * 2**20)
    tell.say(
        f"Knocking down {len(NODES)} nodes and their pairs: {question.words()}; {draws} draws from "
        f"{source.name}"
    )
    with tell.bar("scan, simulations", 1) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            if bar.progress is not None:
                bar.progress.update(bar.task, total=total)  # type: ignore[arg-type]
            bar.to(done)

        found = scan(question, now, draws, seed, pair_level, rtol=RTOL, atol=ATOL, report=report)
    with_il6 = replace(question, condition="il6")
    paths = path_shares(with_il6, _believed(with_il6, source), draws, seed, rtol=RTOL, atol=ATOL)
    if not np.isfinite(found["reference"]).any():
        raise RankError("scan: no set of parameters could be solved: nothing to compare")
    attrs = labelled_tree.flat(
        {
            "question": question.words(),
            "source": source.name,
            "mark": source.mark,
            "draws": draws,
            "seed": seed,
            "pair_level": pair_level,
            "paths_question": with_il6.words(),
        }
    )
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=attrs), "/scan": found, "/paths": paths})
    nodes, pairs, shares = (
        node_table(found),
        pair_table(found),
        lost_share(paths["protection"], 1000, seed).to_dataframe(),
    )
    for name, table in {"nodes": nodes, "pairs": pairs, "paths": shares}.items():
        table.assign(**({"mark": source.mark} if source.mark else {})).to_csv(out / f"{name}.csv")
    (out / "figures").mkdir(exist_ok=True)
    for name, figure in {
        "nodes": nodes_figure(tree),
        "pairs": pairs_figure(tree),
        "paths": paths_figure(tree),
    }.items():
        figure.savefig(out / "figures" / f"{name}.png", dpi=130)
        plt.close(figure)
    labelled_tree.save(tree, out / "scan.nc")
    for (node, level), row in nodes[nodes.index.get_level_values("level") == LEVELS[1]].head(5).iterrows():
        tell.say(
            f"  {100 * level:.0f} % of {node}: viability under the drug x {np.exp(row['resensitised']):.2f} "
            f"({np.exp(row['low']):.2f} to {np.exp(row['high']):.2f}), without drug x "
            f"{np.exp(row['toxicity']):.2f}"
        )
    tell.say(f"Written to {out}: scan.nc, nodes.csv, pairs.csv, paths.csv, figures/")
    return tree


def _believed(question: Question, source: Source) -> beliefs.Beliefs:
    before = beliefs.declared(network_of(question), HYPOTHESES[question.hypothesis].free)
    return (
        before
        if source.run is None
        else beliefs.carried(before, source.run, PRESETS[question.preset].parameters)
    )


def node_table(found: xr.Dataset) -> pd.DataFrame:
    """A row a node and level of `LEVELS`, best resensitiser first.

    resensitised: change of ln viability (drug over vehicle, both knocked down), mean over the draws with
    median and 89 % interval; toxicity, survival: mean change of ln cells without and with drug;
    probability_best: share of the draws in which this node is the best of its level.
    """
    gained = (found["ln_viability"] - found["reference"]).sel(level=list(LEVELS))
    table = interval(gained).to_dataframe()
    table.insert(0, "resensitised", gained.mean("draw").to_series())
    table["toxicity"] = found["ln_toxicity"].sel(level=list(LEVELS)).mean("draw").to_series()
    table["survival"] = found["ln_survival"].sel(level=list(LEVELS)).mean("draw").to_series()
    complete = gained.dropna("draw")
    best = complete.argmin("node")
    for node, name in enumerate(found["node"].values):
        for level in LEVELS:
            table.loc[(name, level), "probability_best"] = float((best.sel(level=level) == node).mean())
    return table.sort_values("resensitised")


def pair_table(found: xr.Dataset) -> pd.DataFrame:
    """A row a pair, best resensitiser first: means over the draws as in `node_table`, and whether the pair is
    more than its parts.

    bliss: mean excess of ln survival over the sum of both (below 0: more); bliss_below_0: share of the draws;
    loewe: median index.
    """
    stacked = {
        "resensitised": (found["pair_ln_viability"] - found["reference"]).mean("draw"),
        "toxicity": found["pair_ln_toxicity"].mean("draw"),
        "survival": found["pair_ln_survival"].mean("draw"),
        "bliss": found["bliss"].mean("draw"),
        "bliss_below_0": (found["bliss"] < 0).mean("draw"),
        "loewe": found["loewe"].median("draw"),
    }
    table = xr.Dataset(stacked).to_dataframe().dropna(subset=["resensitised"])
    return table.sort_values("resensitised")


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
        "cells after 48 h, % of those without the knock-down (geometric means)\n"
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
    shares = lost_share(tree["paths"]["protection"], 1000, int(tree.attrs["seed"]))
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
