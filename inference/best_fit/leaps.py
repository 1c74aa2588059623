"""Out of a basin: a point that is mostly the best so far of a search."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

# Parameters that leap at most; share of the exchanges, and by how much the other search must be better
LEAPING, EXCHANGED, APART = 3, 0.75, 0.1


def leap(
    ends: Float[np.ndarray, "search parameter"],
    lowest: Float[np.ndarray, " search"],
    i: int,
    elsewhere: Float[np.ndarray, "draw parameter"],
    rng: np.random.Generator,
) -> Float[np.ndarray, " parameter"]:
    """Where search `i` begins again: its best point with half of what a better search has, or with one to
    three parameters as somewhere else.

    Basins of such problems are many, and most of a point is right in several of them (basin hopping, Wales
    and Doye 1997; the exchange as in scatter search, Egea et al. 2009; shares are our choice).

    Args:
        ends: best point of each search; lowest: its objective, +inf where there is none.
        elsewhere: values that parameters may leap to.
    """
    own, n = ends[i], ends.shape[1]
    better = np.flatnonzero(lowest < lowest[i] - APART)
    if len(better) and rng.random() < EXCHANGED:
        return np.where(rng.random(n) < 0.5, ends[rng.choice(better)], own)
    leaping = rng.permutation(n) < rng.integers(1, min(LEAPING, n) + 1)
    return np.where(leaping, elsewhere[rng.integers(len(elsewhere), size=n), np.arange(n)], own)
