"""Nested R-hat: have many short chains forgotten where they began? (Margossian et al., Bayesian Analysis
2024).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.stats import chi2, norm, rankdata


def normal_scores(x: np.ndarray) -> np.ndarray:
    """Ranks over all values, as quantiles of a standard normal (Blom's offsets): heavy tails do no harm."""
    return norm.ppf((rankdata(x, method="average").reshape(x.shape) - 0.375) / (x.size + 0.25))


def nested_rhat(x: Float[np.ndarray, "chain draw"], superchains: int) -> float:
    """sqrt(1 + B / W) of the ranks: B between the means of superchains, W within them.

    Superchains are consecutive groups of chains that began at one point. W is the variance between the chain
    means of a superchain plus that within its chains, averaged over superchains; so one draw a chain is
    enough. Where the run has forgotten its beginning, B is the Monte-Carlo variance of a superchain's mean
    alone.

    Raises:
        ValueError: fewer than two superchains, or they do not divide the chains.
    """
    if superchains < 2 or len(x) % superchains:
        raise ValueError(
            f"superchains={superchains}: need at least 2, and a divisor of {len(x)} chains: choose another "
            f"number"
        )
    score = normal_scores(np.asarray(x)).reshape(superchains, -1, x.shape[1])
    means = score.mean(axis=2)
    between_chains = means.var(axis=1, ddof=1) if means.shape[1] > 1 else np.zeros(superchains)
    within_chains = score.var(axis=2, ddof=1).mean(axis=1) if x.shape[1] > 1 else np.zeros(superchains)
    return float(np.sqrt(1 + means.mean(axis=1).var(ddof=1) / np.mean(between_chains + within_chains)))


def largest_by_chance(effective: float, superchains: int, false_alarm: float) -> float:
    """The nested R-hat that a run which has forgotten its beginning exceeds with probability `false_alarm`.

    Means of superchains are then independent and normal with variance W / effective, so that (superchains -
    1) B effective / W is chi-squared with superchains - 1 degrees of freedom.

    Args:
        effective: independent draws of one superchain (harmonic mean over superchains).
    """
    return float(np.sqrt(1 + chi2(superchains - 1).isf(false_alarm) / (superchains - 1) / effective))
