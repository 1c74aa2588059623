"""What survives every combination of choices, for people: sentences, tables, and a figure of the ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from inference.hypotheses.bayes_factors import SOME
from inference.hypotheses.every_choice import NOT_KNOWN, Combinations
from inference.runs.colours import DATA, POSTERIOR, PRIOR

DECLARED = {"studies": "studies in or out", "prior": "prior of the effect"}


def range_of(c: Combinations, hypothesis: str) -> tuple[float, float, float]:
    """Declared, lowest and highest Bayes factor of a hypothesis (not its logarithm), of those that can be
    trusted.
    """
    rows = c.table[c.table["hypothesis"] == hypothesis]
    declared = rows.loc[rows["declared"], "ln_bf"]
    sure = c.sure[c.sure["hypothesis"] == hypothesis]
    ends = np.exp([np.min(sure["ln_bf"]), np.max(sure["ln_bf"])]) if len(sure) else np.full(2, np.nan)
    return float(np.exp(declared.iloc[0])), float(ends[0]), float(ends[1])


def sentences(c: Combinations) -> list[str]:
    """What survives every combination; and of every hypothesis, within what its Bayes factor runs."""
    told = {h: c.survives(h) for h in c.hypotheses[1:]}
    count = np.count_nonzero(c.table["hypothesis"] == c.hypotheses[1])
    standing = [f"{h} {w}" for h, w in told.items() if w not in ("undecided", NOT_KNOWN)]
    out = [
        f"Against {c.hypotheses[0]}, over all combinations of choices: "
        + (
            f"**{', '.join(standing)}**."
            if standing
            else "**no hypothesis is favoured or disfavoured by all**."
        )
    ]
    for h, word in told.items():
        declared, low, high = range_of(c, h)
        rows = c.table[c.table["hypothesis"] == h]
        doubtful = len(rows) - np.count_nonzero(c.sure["hypothesis"] == h)
        out.append(
            f"{h}: **{word}**. Its Bayes factor runs from {low:.2g} to {high:.2g} over {len(rows)} "
            f"combinations; {declared:.2g} is that of the choices in the tables."
            + (f" {doubtful} of them cannot be trusted (Pareto k)." if doubtful else "")
        )
    apart = [
        f"{a} over {b}" if ends[0] > SOME else f"{b} over {a}"
        for i, a in enumerate(c.hypotheses[1:])
        for b in c.hypotheses[i + 2 :]
        if (ends := c.told_apart(a, b))[0] > SOME or ends[1] < -SOME
    ]
    out.append(
        "Told apart from each other by every combination: " + (", ".join(apart) if apart else "none") + "."
    )
    out.append(
        f"A combination is: which studies count, the prior of the effect, "
        f"{', '.join(c.choices) or 'no more'} (`choices.csv` has all; {count} for {c.hypotheses[1]})."
    )
    return out


def markdown(c: Combinations) -> str:
    """A section of a report: sentences, range of each Bayes factor, what each choice alone does."""
    lines = ["## What survives every choice", "", *(f"* {s}" for s in sentences(c)), ""]
    lines += ["| | verdict | declared | lowest, where | highest, where |", "| --- | --- | --- | --- | --- |"]
    for h in c.hypotheses[1:]:
        rows = c.table[c.table["hypothesis"] == h].reset_index(drop=True)
        declared = rows.loc[rows["declared"]].iloc[0]
        sure = c.sure[c.sure["hypothesis"] == h]
        rows = (sure if len(sure) else rows).reset_index(drop=True)
        low, high = rows.iloc[int(np.argmin(rows["ln_bf"]))], rows.iloc[int(np.argmax(rows["ln_bf"]))]
        lines.append(
            f"| {h} | {c.survives(h)} | {_factor(declared)} | {_factor(low)}: {_where(c, low)} "
            f"| {_factor(high)}: {_where(c, high)} |"
        )
    lines += ["", "Bayes factors against " + c.hypotheses[0] + "; ± is the Monte-Carlo error of its ln.", ""]
    lines += ["One choice at a time, all others as in the tables (which hides what they do together):", ""]
    lines += ["| choice | option | " + " | ".join(c.hypotheses[1:]) + " |"]
    lines += ["| --- | --- |" + " --- |" * (len(c.hypotheses) - 1)]
    for choice in ("studies", *c.choices):
        for option, row in one_at_a_time(c, choice).iterrows():
            cells = " | ".join(f"{np.exp(x):.2g}" for x in row)
            lines.append(f"| {DECLARED.get(choice, choice)} | {option} | {cells} |")
    return "\n".join([*lines, ""])


def one_at_a_time(c: Combinations, choice: str) -> pd.DataFrame:
    """ln Bayes factors (option, hypothesis) with every other choice as declared."""
    declared = c.table.loc[c.table["declared"]].set_index("hypothesis")
    fixed = [n for n in ("studies", *c.choices) if n != choice]
    rows = c.table
    for name in fixed:
        rows = rows.loc[rows[name] == declared[name].iloc[0]]
    prior = declared["prior"].to_dict()
    rows = rows.loc[[p == prior[h] for p, h in zip(rows["prior"], rows["hypothesis"], strict=True)]]
    table = rows.pivot(index=choice, columns="hypothesis", values="ln_bf")
    return table.reindex(index=list(dict.fromkeys(rows[choice])), columns=list(c.hypotheses[1:]))


def figure(c: Combinations, mark: str = "") -> Figure:
    """The range of each ln Bayes factor over all combinations, where half of them lie, the declared one."""
    names = c.hypotheses[1:]
    fig, ax = plt.subplots(figsize=(6, 0.4 * len(names) + 1.4), layout="constrained")
    y = np.arange(len(names))[::-1]
    ax.axvspan(-SOME, SOME, color=PRIOR, alpha=0.3, lw=0)
    ax.axvline(0, color=DATA, lw=0.6)
    for h, at in zip(names, y, strict=True):
        rows = c.table[c.table["hypothesis"] == h]
        low, first, third, high = np.quantile(rows["ln_bf"], [0, 0.25, 0.75, 1])
        ax.plot([low, high], [at, at], color=POSTERIOR, lw=1.2)
        ax.plot([first, third], [at, at], color=POSTERIOR, lw=5, alpha=0.5, solid_capstyle="butt")
        ax.plot(rows.loc[rows["declared"], "ln_bf"].iloc[0], at, "o", ms=4, color=POSTERIOR)
    ax.set_yticks(y, names)
    ax.set_xlabel(
        f"ln Bayes factor against {c.hypotheses[0]} over every combination of choices\n"
        "(thick: half of them; point: as declared; grey: undecided)",
        fontsize=8,
    )
    ax.spines[["top", "right"]].set_visible(False)
    fig.suptitle(f"What survives every choice{mark}", fontsize=9)
    return fig


def content(c: Combinations) -> dict[str, Any]:
    """The same for programs."""
    ranges = {h: range_of(c, h) for h in c.hypotheses[1:]}
    return {
        h: {
            "survives": c.survives(h),
            **dict(zip(("declared", "lowest", "highest"), r, strict=True)),
            "combinations": np.count_nonzero(c.table["hypothesis"] == h),
        }
        for h, r in ranges.items()
    }


def _factor(row: pd.Series) -> str:
    return f"{np.exp(row['ln_bf']):.2g} ± {row['error']:.2f}"


def _where(c: Combinations, row: pd.Series) -> str:
    kept: Sequence[str] = [str(row[n]) for n in ("studies", "prior", *c.choices)]
    return ", ".join(kept)
