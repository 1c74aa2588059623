"""Ranked experiments for people: Markdown and one figure."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from inference.hypotheses.next_experiment import REPLICATES, Bank, Ranked
from inference.runs.colours import POSTERIOR, SECOND

SHOWN = 8
ASKED = {"hypothesis": "Which estradiol hypothesis is right?"}


def markdown(found: Sequence[Ranked], bank: Bank, discriminating: str, before: str) -> str:
    """Tables of the best experiments for each question, with what stands at the top in words."""
    lines = [
        "# What to measure next",
        "",
        f"Expected information in bits, simulated for {bank.values.shape[1]} cells whose parameters come "
        f"from {before} "
        f"({bank.failed} left out: not solvable), {REPLICATES} replicates, one free scale a gel. Every "
        f"number is a lower bound (a "
        "normal approximation, fitted and tested on different draws); ± is its Monte-Carlo error. Effects "
        "have the size of their "
        "priors.",
        "",
    ]
    for r in found:
        lines += [
            f"## {ASKED.get(r.question, f'How large is {r.question}?')}",
            "",
            f"Best: **{r.names[0]}** ({r.bits[0]:.2f} ± {r.error[0]:.2f} bits).",
        ]
        level = [
            n
            for n, b, e in zip(r.names[1:], r.bits[1:], r.error[1:], strict=True)
            if r.bits[0] - b < 2 * np.hypot(e, r.error[0])
        ]
        if level:
            more = f", {level[0]} among them." if len(level) > 1 else f" ({level[0]})."
            lines.append(f"Within the error of it: {len(level)} more{more}")
        if r.question == "hypothesis":
            i = r.names.index(discriminating)
            lines.append(
                f"IkBa protein and mRNA after TNF with estradiol, the experiment that the fingerprints "
                f"suggest, is number {i + 1} "
                f"of {len(r.names)} ({r.bits[i]:.2f} ± {r.error[i]:.2f} bits of "
                f"{np.log2(len(bank.hypotheses)):.2f})."
            )
        lines += ["", "| experiment | bits | among the three best |", "| --- | --- | --- |"]
        lines += [
            f"| {n} | {b:.2f} ± {e:.2f} | {t:.2f} |"
            for n, b, e, t in zip(r.names[:SHOWN], r.bits, r.error, r.top, strict=False)
        ]
        lines.append("")
    return "\n".join(lines)


def figure(found: Sequence[Ranked]) -> Figure:
    """The best experiments for each question, bits with two standard errors."""
    rows = -(-len(found) // 2)
    fig, axes = plt.subplots(rows, 2, figsize=(14, 2.1 * rows), squeeze=False, layout="constrained")
    for ax, r in zip(axes.flat, found, strict=False):
        n = min(SHOWN, len(r.names))
        y = np.arange(n)[::-1]
        own = [SECOND if name.startswith("IkBa protein + IkBa mRNA") else POSTERIOR for name in r.names[:n]]
        ax.barh(
            y,
            np.maximum(r.bits[:n], 0),
            xerr=2 * r.error[:n],
            color=own,
            alpha=0.7,
            height=0.7,
            error_kw={"lw": 0.8},
        )
        ax.set_yticks(y, r.names[:n], fontsize=6.5)
        ax.set_xlim(0, None)
        ax.set_xlabel("bits", fontsize=7)
        ax.tick_params(axis="x", labelsize=7)
        ax.set_title(ASKED.get(r.question, f"How large is {r.question}?"), fontsize=8.5)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes.flat[len(found) :]:
        ax.set_visible(False)
    return fig
