"""What virtual patients show under weights: relapse curves of every model, medians, depths, comparisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from inference.course.followed import HORIZON, Followed
from inference.course.patient_weights import weighted_quantile
from inference.course.virtual_patients import DEATHS
from models.course.response import PARTIAL, RESIDUAL, VERY_GOOD

MONTHS = np.arange(0.0, 72.25, 0.5)
LOW, HIGH = 0.055, 0.945  # an 89 % band
CENSORED = 60.0  # months, of comparisons


@dataclass(frozen=True)
class ModelBand:
    """A number of the weighted patients, and the interval that it has over the models."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True)
class RelapseCurves:
    """Share without progression at `MONTHS`: of all, and the ends of the band over models."""

    all: Float[np.ndarray, " month"]
    low: Float[np.ndarray, " month"]
    high: Float[np.ndarray, " month"]


def over_models(function, weights: Float[np.ndarray, " patient"], model: np.ndarray) -> ModelBand:
    """A function of weights on all patients, and on those of each model alone."""
    of_each, heavy = _of_models(function, weights, model)
    return ModelBand(float(function(weights)), *(weighted_quantile(of_each, heavy, q) for q in (LOW, HIGH)))


def _of_models(function, weights, model):
    heavy = np.array([weights[model == m].sum() for m in range(model.max() + 1)])
    kept = np.flatnonzero(heavy > 1e-12 * heavy.sum())
    return np.array([function(np.where(model == m, weights, 0.0)) for m in kept]), heavy[kept]


def without_progression(
    months: Float[np.ndarray, " patient"], weights: Float[np.ndarray, " patient"], model: np.ndarray
) -> RelapseCurves:
    """Share of patients whose tumour has not progressed, over time."""
    later = months[None] > MONTHS[:, None]
    share = lambda w: later @ w / w.sum()  # noqa: E731
    of_each, heavy = _of_models(share, weights, model)
    ends = [[weighted_quantile(column, heavy, q) for column in of_each.T] for q in (LOW, HIGH)]
    return RelapseCurves(share(weights), *(np.array(e) for e in ends))


def median_months(months: Float[np.ndarray, " patient"], weights: Float[np.ndarray, " patient"]) -> float:
    """Months to progression of half of the patients; infinite where fewer progress."""
    return weighted_quantile(months, weights, 0.5)


def median_pfs(months: Float[np.ndarray, " patient"], weights: Float[np.ndarray, " patient"]) -> float:
    """The same where some die before, at the rate of `DEATHS`."""
    grid = np.linspace(0, HORIZON, 2401)
    order = np.argsort(months)
    gone = np.concatenate([[0.0], np.cumsum(weights[order]) / weights.sum()])
    alive = 1 - gone[np.searchsorted(months[order], grid, side="right")]
    free = alive * np.exp(-DEATHS[0] * grid / 12)
    below = np.flatnonzero(free <= 0.5)
    return float(grid[below[0]]) if len(below) else np.inf


def progressed_by(months: float, pfs: bool) -> float:
    """The share whose tumour has progressed when half have progressed (or, for PFS, also died)."""
    return 1 - 0.5 * float(np.exp(DEATHS[0] * months / 12)) if pfs else 0.5


def depths(followed: Followed) -> dict[str, np.ndarray]:
    """Which patients reach each depth, as numbers."""
    o = followed.outcome
    found = {
        "partial response or better": o.left <= PARTIAL,
        "very good or better": o.left <= VERY_GOOD,
        "complete": o.complete,
        "residual cells below 1e-5": o.residual < RESIDUAL,
    }
    return {k: v.astype(float) for k, v in found.items()}


def hazard_ratio(
    added: Float[np.ndarray, " patient"], base: Float[np.ndarray, " patient"], weights: np.ndarray
) -> float:
    """Ratio of the mean hazards of progression within `CENSORED` months.

    Example:
        >>> months = np.array([10.0, 20.0])
        >>> hazard_ratio(2 * months, months, np.ones(2))
        0.5
    """
    rate = lambda m: weights @ (m < CENSORED) / (weights @ np.minimum(m, CENSORED))  # noqa: E731
    return float(rate(added) / max(rate(base), 1e-12))
