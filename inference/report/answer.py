"""The answer of a report in words: which nodes to hit, how sure the model is, and why (not) to believe it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from inference.fit.verdict import INTERVAL
from inference.report.simulated import best_nodes
from inference.resistance.beliefs import told_by_data
from inference.resistance.conditions import ALONE
from inference.resistance.knockdowns.knockdown_nodes import NODES
from inference.resistance.knockdowns.knockdown_tables import pair_table
from inference.resistance.published_facts import FACTS, PUT_IN
from inference.resistance.rankings.ranking_request import told
from inference.resistance.rankings.ranking_words import directions, ranked
from models.drugs import Drug
from models.network import Network

LOW, HIGH = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
PERCENT = f"{100 * INTERVAL:.0f} %"
STATUS = {
    "published": "published",
    "derived": "derived from published ones",
    "memory": "remembered, unverified",
    "assumed": "assumed",
}


def percent(ln_viability: xr.DataArray) -> str:
    """`34 % (12 to 60)`: median and 89 % interval over the draws of ln viability."""
    low, middle, high = 100 * np.exp(ln_viability.quantile([LOW, 0.5, HIGH], skipna=True).values)
    return f"{middle:.0f} % ({low:.0f} to {high:.0f})"


@dataclass(frozen=True)
class Hit:
    """One node to inhibit: viability in words and its median (share), cells it leaves without the drug (%),
    share of draws in the best three.
    """

    node: str
    title: str
    alive: str
    own: float
    median: float
    among_three: float


def hits(knock: xr.Dataset) -> list[Hit]:
    """The three nodes that bring the drug back most, best first."""
    strongest = knock["level"].max()
    gain = (knock["ln_viability"] - knock["reference"]).sel(level=strongest).dropna("draw")
    order = np.argsort(np.argsort(gain.transpose("draw", "node").values, axis=1), axis=1)
    among = dict(zip(map(str, gain["node"].values), (order < 3).mean(0), strict=True))
    own = knock["ln_toxicity"].sel(level=strongest).median("draw")
    return [
        Hit(
            n,
            NODES[n].title,
            percent(knock["ln_viability"].sel(node=n, level=strongest)),
            100 * float(np.exp(own.sel(node=n))),
            float(np.exp(knock["ln_viability"].sel(node=n, level=strongest).median())),
            float(among[n]),
        )
        for n in best_nodes(knock)
    ]


def main_points(tree: xr.DataTree, drug: str) -> list[str]:
    """The three nodes in words."""
    knock = tree["knock"].to_dataset()
    rest = float(np.exp(knock["reference"].median()))
    return [
        f"**{h.node}** ({h.title}): viability under {drug} **{h.alive}**{_hardly(h, rest)}. Without the "
        f"drug it leaves "
        f"{h.own:.0f} % of the cells. "
        f"Among the best three in **{100 * h.among_three:.0f} %** of the parameter sets."
        for h in hits(knock)
    ]


def _hardly(h: Hit, rest: float) -> str:
    """A warning where a node of the first three does next to nothing."""
    return ", which **hardly helps**" if h.median > 0.9 * rest else ""


def how_sure(tree: xr.DataTree, ranking: xr.DataTree, scan: xr.DataTree | None) -> list[str]:
    """Uncertainty of the answer, in words; `scan` adds the best pair."""
    knock, together = tree["knock"].to_dataset(), tree["together"].to_dataset()
    half = float(together["level"].min())
    best = knock["ln_viability"].sel(level=knock["level"].max()).min("node")
    dose = tree["dose"].to_dataset()
    middle = dose["viability"].isel(drug=0, step=dose.sizes["step"] // 2)
    alone: xr.DataArray = xr.ufuncs.log(middle.sel(surrounding=ALONE.short))
    killed = 100 * float((best < np.log(0.5)).mean())
    return [
        *_open(knock),
        f"For comparison: {ALONE.short}, without any niche, {percent(alone)} of the cells survive the same "
        "dose.",
        f"The node that is best for a set of parameters brings viability below one half in {killed:.0f} % "
        f"of the sets.",
        f"All three together, each inhibited by only {100 * half:.0f} %: viability "
        f"{percent(together['ln_viability'].sel(level=half))}.",
        *([] if scan is None else [_best_pair(scan)]),
        *_order(knock),
        *_single_numbers(ranking),
    ]


def _open(knock: xr.Dataset) -> list[str]:
    """That the best node alone may or may not be enough, where the interval holds one half."""
    best = hits(knock)[0].node
    hit = knock["ln_viability"].sel(node=best, level=knock["level"].max())
    low, high = np.exp(hit.quantile([LOW, HIGH], skipna=True).values)
    if not low < 0.5 < high:
        return []
    span = f"{100 * low:.0f} to {100 * high:.0f} %"
    open_ = f"**Whether {best} alone is enough is open**"
    return [f"{open_}: with it inhibited, the interval of viability is {span}."]


def _best_pair(scan: xr.DataTree) -> str:
    """The pair of a scan that brings the drug back most."""
    pair = pair_table(scan["scan"].to_dataset()).iloc[0]
    first, second = pair.name
    return (
        f"The best pair, each inhibited by {100 * float(scan.attrs['pair_level']):.0f} %, is "
        f"**{first} + {second}**: viability falls to {100 * np.exp(pair['resensitised']):.0f} % of what it "
        f"was, and more cells die than the two alone account for in {100 * pair['bliss_below_0']:.0f} % of "
        "the sets."
    )


def _order(knock: xr.Dataset) -> list[str]:
    """How sure the order of the nodes is, and how often there is anything to restore."""
    weakest = min(hits(knock), key=lambda h: h.among_three)
    protected = float((knock["reference"] > np.log(0.5)).mean())
    unsure = (
        f"The order is **not sure**: {weakest.node} is among the best three in only "
        f"{100 * weakest.among_three:.0f} % of the sets."
    )
    return [
        *([unsure] if weakest.among_three < 0.5 else []),
        f"More than half of the cells survive the drug in {100 * protected:.0f} % of the sets; elsewhere "
        f"there is little to restore.",
    ]


def _single_numbers(ranking: xr.DataTree) -> list[str]:
    """The parameters that matter most, with their ranks and how much of them the method explains."""
    d = ranked(ranking, rest=True).isel(factor=slice(0, 3))
    rest = "_rest" if "rank_rest_low" in d else ""
    names = zip(d["meaning"].values, directions(d, told(ranking.attrs)), d["factor"].values, strict=True)
    ends = zip(d[f"rank{rest}_low"].values, d[f"rank{rest}_high"].values, strict=True)
    lines = [
        "Of single numbers beside the drug's own potency, "
        f"{'; '.join(f'{m}, {way} (`{n}`)' for m, way, n in names)} matter most; ranks in {PERCENT}: "
        f"{', '.join(f'{int(a)} to {int(b)}' for a, b in ends)}."
    ]
    if "r2" in ranking.attrs:
        lines.append(
            f"The rank regression behind that explains {100 * float(ranking.attrs['r2']):.0f} % of the "
            f"variance of the ranks."
        )
    return lines


def leading(ranking: xr.DataTree, network: Network, count: int = 10) -> pd.DataFrame:
    """The parameters that matter most for the answer, with value, what the data told, and where the number
    comes from.
    """
    d = ranking["parameter"].to_dataset()
    d = d.isel(factor=np.argsort(d["rank"].values, kind="stable")[:count])
    declared = {p.name: p for p in network.parameters}
    rows = [
        {
            "rank": int(r),
            "parameter": f"`{n}`",
            "meaning": declared[n].meaning,
            "value before the data": f"{declared[n].value:.3g} {declared[n].unit}".removesuffix(
                " -"
            ).removesuffix(" 0-1"),
            "data": str(i),
            "status": declared[n].source.status,
            "source": declared[n].source.text,
        }
        for n, r, i in zip(map(str, d["factor"].values), d["rank"].values, d["informed"].values, strict=True)
        if n in declared
    ]
    return pd.DataFrame(rows)


def reasons_for(
    drug: Drug, top: pd.DataFrame, facts: pd.DataFrame | None, ok: bool, prior: bool
) -> list[str]:
    """Why one may believe the answer; `facts` as `facts.py` writes them."""
    lines = []
    if ok:
        lines.append("The fit passed every diagnostic: chains agree, draws are enough, hardly any diverged.")
    known = sum(map(told_by_data, top["data"].astype(str)))
    if known:
        lines.append(f"{known} of the ten parameters that matter most were informed by measurements.")
    measured = sum(s in ("published", "derived") for s in top["status"])
    if measured:
        lines.append(f"{measured} of these ten numbers are published or derived from published ones.")
    known = [drug.protection] if drug.protection else []
    known.append("blocking IKK or JAK undoes protection by stroma (Hideshima 2006, Burger 2009)")
    lines.append(f"The mechanism is the one in the literature: {'; '.join(known)}.")
    if facts is not None:
        own = facts[~facts["why"].str.contains(PUT_IN, regex=False)]
        right = own["quantity"][own["verdict"] == "right"]
        said = f"Of {len(own)} published facts that were not put in by hand it predicts {len(right)} right"
        lines.append(said + (f": {'; '.join(right)}." if len(right) else "."))
    if prior:
        lines.append("Every number carries its width of belief, and the bands show what these beliefs allow.")
    return lines


def reasons_against(
    drug: Drug, top: pd.DataFrame, facts: pd.DataFrame | None, verdict: dict | None, mark: str
) -> list[str]:
    """Why one should not."""
    lines = []
    if verdict is None:
        lines.append("**Nothing was fitted here**: this is what the declared beliefs imply, before any data.")
    elif mark:
        lines.append(f"**{mark[0].upper() + mark[1:]}.**")
    restate = sum(not told_by_data(w) for w in top["data"].astype(str))
    lines.append(
        f"For {restate} of the ten parameters that matter most the answer **restates the prior**: no "
        f"measurement informed them."
    )
    of = Counter(top["status"])
    lines.append(
        "Where these ten numbers come from: "
        + ", ".join(f"{n} {STATUS.get(s, s)}" for s, n in of.most_common())
        + "."
    )
    if facts is not None:
        wrong = facts["quantity"][facts["verdict"] == "wrong"]
        silent = list(facts["verdict"]).count("cannot say")
        said = (
            f"Of {len(facts)} published facts it predicts **{len(wrong)} wrong**, and says nothing sure "
            f"about {silent}"
        )
        lines.append(said + (f". Wrong: {'; '.join(wrong)}." if len(wrong) else "."))
    tuned = [f.quantity for f in FACTS if f.put_in and any(d is drug for w in f.wells for d, _ in w.drugs)]
    if tuned:
        lines.append(
            "Numbers were **put in by hand** so that these come out; finding them again is no evidence: "
            f"{'; '.join(tuned)}."
        )
    lines.append(
        "No measurement of the default study was made in a myeloma cell, and no cell-to-cell differences "
        "are modelled: a clone that "
        "does not need the node is not in the picture."
    )
    lines.append(
        "An inhibitor is taken as a pure loss of activity of its node; side effects, penetration and "
        "schedules are not modelled. "
        "**Not a clinical tool.**"
    )
    return lines
