"""A ranking in plain words: what a parameter is, which way it acts, how sure that is, and why."""

from __future__ import annotations

import numpy as np
import xarray as xr

from inference.fit.verdict import INTERVAL
from inference.resistance.beliefs import told_by_data
from inference.resistance.rankings.ranking_request import RankingWords, told

UNKNOWN = "sign unknown"
NO_SIGN = "size only"
PERCENT = f"{100 * INTERVAL:.0f} %"
THREE = 3


def signs(d: xr.Dataset, signed: bool) -> np.ndarray:
    """(factor,) 1 or -1 where the interval of the effect excludes 0, otherwise 0; 0 too where the method has
    no direction.

    Example:
        >>> d = xr.Dataset({"low": ("factor", [0.1, -0.1]), "high": ("factor", [0.3, 0.2])})
        >>> signs(d, True).tolist()
        [1, 0]
    """
    low, high = np.asarray(d["low"].values), np.asarray(d["high"].values)
    return ((low > 0).astype(int) - (high < 0).astype(int)) * int(signed)


def directions(d: xr.Dataset, words: RankingWords) -> list[str]:
    """What more of each parameter does; `UNKNOWN` where the interval holds 0."""
    if not words.method.signed:
        return [NO_SIGN] * d.sizes["factor"]
    told_as = {1: f"more of it: {words.readout.up}", -1: f"more of it: {words.readout.down}", 0: UNKNOWN}
    return [told_as[int(s)] for s in signs(d, True)]


def ranked(tree: xr.DataTree, *, rest: bool = False) -> xr.Dataset:
    """The parameters in the order of their ranks; `rest`: without the potencies of the drugs that were
    asked about.
    """
    d = tree["parameter"].to_dataset()
    if rest and "own" in d:
        d = d.isel(factor=np.flatnonzero(~d["own"].values.astype(bool)))
        return d.isel(factor=np.argsort(d["rank_rest"].values, kind="stable"))
    return d.isel(factor=np.argsort(d["rank"].values, kind="stable"))


def leading_three(tree: xr.DataTree) -> list[str]:
    """The three parameters that matter most beside the drug's own potency, a sentence or two each: what it
    is, which way, how sure, and why.
    """
    d, words = ranked(tree, rest=True).isel(factor=slice(0, THREE)), told(tree.attrs)
    sure = d["p_three_rest"] if "p_three_rest" in d else d["p_top"].isel(k=THREE - 1)
    among = "draws" if d.attrs["replicates"] == "draw" else "resamples"
    found = []
    for i, way in enumerate(directions(d, words)):
        one = d.isel(factor=i)
        how = f"{words.method.axis} {float(one['effect']):+.2f}" if words.method.signed else ""
        between = f"{float(one['low']):+.2f} to {float(one['high']):+.2f}"
        found.append(
            f"{i + 1}. {one['meaning'].item()}; {way} ({one['factor'].item()}). "
            f"Among the first {THREE} in {100 * float(sure[i]):.0f} % of the {among}"
            + (f"; {how}, {PERCENT} of them {between}" if how else "")
            + f". {_why(str(one['informed'].item()))}"
        )
    return found


def _why(informed: str) -> str:
    if told_by_data(informed):
        return f"Measurements told something about it ({informed})."
    return "No measurement told anything about it: its place restates what was believed beforehand."


def changes(tree: xr.DataTree, count: int = 6) -> list[str]:
    """What the data changed: parameters whose rank moved by more than its error, most first; a sentence where
    there is none. Empty where nothing was fitted.
    """
    d = tree["parameter"].to_dataset()
    if "rank_change" not in d:
        return []
    low, high = d["rank_change_low"].values, d["rank_change_high"].values
    sure = np.flatnonzero((low > 0) | (high < 0))
    if not len(sure):
        return ["Nothing that could be told from the error of the ranks."]
    order = sure[np.argsort(np.minimum(d["rank"].values, d["prior_rank"].values)[sure], kind="stable")]
    return [
        f"{d['meaning'].values[i]}: rank {int(d['prior_rank'].values[i])} before, "
        f"{int(d['rank'].values[i])} after ({d['factor'].values[i]}; moved by {low[i]:+.0f} to "
        f"{high[i]:+.0f} places)"
        for i in order[:count]
    ]
