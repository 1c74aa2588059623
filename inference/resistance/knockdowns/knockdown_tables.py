"""Tables of a knock-down scan: what each node and each pair does, best resensitiser first."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from inference.resistance.knockdowns.knockdown import interval
from inference.resistance.knockdowns.knockdown_nodes import LEVELS


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
