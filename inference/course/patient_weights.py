"""Weights with which virtual patients show what a trial found: as little told beyond that as can be.

Of all weights whose means of given quantities come near enough to the published ones (their standard errors
say how near), those of the highest entropy: w ~ exp(-f(x) . l), where l minimises a convex function (Jaynes
1957; as prevalence weights: Schmidt 2013, BMC Bioinformatics 14:221).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax


@dataclass(frozen=True)
class Target:
    """A share that a trial of so many patients found, and which virtual patients show it."""

    words: str
    share: float
    patients: int
    citation: str
    shown: np.ndarray

    @property
    def error(self) -> float:
        """Standard error of the share."""
        return float(np.sqrt(self.share * (1 - self.share) / self.patients))


def entropy_weights(targets: list[Target], usable: np.ndarray) -> Float[np.ndarray, " patient"]:
    """Weights that add up to 1; 0 where a patient is not usable.

    Example:
        >>> shown = np.array([1.0, 1.0, 0.0, 0.0])
        >>> half = Target("half", 0.8, 10**9, "example", shown)
        >>> entropy_weights([half], np.ones(4, bool)).round(3).tolist()
        [0.4, 0.4, 0.1, 0.1]
    """
    off = np.stack([t.shown[usable] - t.share for t in targets], 1)
    error = np.array([t.error for t in targets])
    count = len(off)

    def dual(multipliers: np.ndarray) -> tuple[float, np.ndarray]:
        exponent = -off @ multipliers
        slope = -softmax(exponent) @ off + error**2 * multipliers
        value = (
            logsumexp(exponent) - np.log(count) + 0.5 * float((error * multipliers) @ (error * multipliers))
        )
        return float(value), slope

    best = minimize(dual, np.zeros(len(targets)), jac=True, method="BFGS", options={"gtol": 1e-9})
    weights = np.zeros(len(usable))
    weights[usable] = softmax(-off @ best.x)
    return weights


def effective_size(weights: Float[np.ndarray, " patient"]) -> float:
    """Patients of equal weight that tell as much (Kish): (sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_quantile(values: np.ndarray, weights: np.ndarray, at: float) -> float:
    """The least value at or below which lies the share `at` of the weight."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, at - 1e-12)), len(values) - 1)])
