"""The chapter of a report about virtual knock-downs: nodes, pairs, and the paths of IL-6's protection."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from inference.report import plots
from inference.report.page import Section, paragraph, plot, table
from inference.report.plots import PERCENT
from inference.resistance.knockdowns.knockdown_nodes import PATHS
from inference.resistance.knockdowns.knockdown_scan import KnockdownScan


def nodes_section(tree: xr.DataTree, scan: xr.DataTree | None, drug: str) -> Section:
    """Virtual knock-downs: nodes, pairs, paths."""
    knock = tree["knock"].to_dataset()
    body = paragraph(
        f"Each node is inhibited from the moment {drug} is given. Left is better. A blue cross far left "
        f"means that the inhibition "
        "kills or slows the cells even without the drug: then it is not sensitivity that comes back."
    )
    body += plot(
        plots.knock_downs(knock),
        "plot-nodes",
        f"Median and {PERCENT} over {tree.attrs['draws']} draws from {tree.attrs['source']}; dotted, grey: "
        f"nothing inhibited.",
        "viability under the drug when each node is inhibited",
    )
    if scan is None:
        body += paragraph(
            "Pairs and the paths of IL-6's protection were not scanned: `gp130 scan` does it, and this page "
            "shows the result when it is made again.",
            "quiet",
        )
        return Section("nodes", "Which node brings the drug back", "Nodes to hit", body)
    body += _pairs(scan) + _paths(scan)
    if scan.attrs["mark"]:
        body += paragraph(str(scan.attrs["mark"]), "warn")
    return Section("nodes", "Which node brings the drug back", "Nodes to hit", body)


def _pairs(scan: xr.DataTree) -> str:
    """The best pairs of a scan."""
    pairs = KnockdownScan(scan).pairs().head(8).reset_index()
    rows = pd.DataFrame(
        {
            "pair": [f"{a} + {b}" for a, b in zip(pairs["node"], pairs["partner"], strict=True)],
            "viability, % of that without": 100 * np.exp(pairs["resensitised"]),
            "cells without the drug, %": 100 * np.exp(pairs["toxicity"]),
            "Bliss: survivors, % of the product of both": 100 * np.exp(pairs["bliss"]),
            "Loewe index": [
                f"{v:.2f}" if np.isfinite(v) else "not reached by one alone" for v in pairs["loewe"]
            ],
        }
    )
    level = 100 * float(scan.attrs["pair_level"])
    return table(
        rows,
        f"Best pairs, each inhibited by {level:.0f} %: {scan.attrs['question']} ({scan.attrs['draws']} "
        f"draws from {scan.attrs['source']}). "
        "Bliss below 100 or Loewe below 1: more than the sum.",
    )


def _paths(scan: xr.DataTree) -> str:
    """How much of IL-6's protection runs through each path."""
    shares = KnockdownScan(scan).paths().reset_index()
    cut = pd.DataFrame(
        {
            "path cut": shares["path"],
            "how": [PATHS[str(p)][1] for p in shares["path"]],
            "protection lost, %": 100 * shares["share"],
            "interval": [
                f"{100 * a:.0f} to {100 * b:.0f}" for a, b in zip(shares["low"], shares["high"], strict=True)
            ],
        }
    )
    return table(
        cut,
        f"How much of IL-6's protection runs through each path: {scan.attrs['paths_question']}. Paths meet "
        f"again, so "
        f"shares need not add up.",
    )
