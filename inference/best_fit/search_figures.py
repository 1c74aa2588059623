"""Figures of a search for the best fit."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from inference.runs.colours import POSTERIOR, PRIOR


def waterfall(potentials: np.ndarray, mark: str = "") -> Figure:
    """Where each search for the mode ended, best first: a flat left end means the same mode was found
    often.
    """
    fig, ax = plt.subplots(figsize=(5, 3.2), layout="constrained")
    best = potentials[0]
    found = potentials[np.isfinite(potentials)]
    ax.plot(np.arange(1, len(found) + 1), found - best + 1e-3, "o-", color=POSTERIOR, ms=4)
    ax.axhline(2, color=PRIOR, lw=0.8, ls="--")
    ax.set_yscale("log")
    ax.set_xlabel("start, ordered by result")
    ax.set_ylabel("log posterior below the best")
    ax.set_title(
        f"{int(np.sum(found < best + 2))} of {len(potentials)} starts ended within 2 (dashed) of the best"
        + mark,
        fontsize=9,
    )
    ax.spines[["top", "right"]].set_visible(False)
    return fig
