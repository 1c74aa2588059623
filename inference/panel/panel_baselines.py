"""What any mechanism must beat: predictions of ln IC50 from drugs, lines and covariates alone.

All are linear in features with a ridge on everything but the mean of a drug in a source; an IC50 beyond its
range enters by its conditional mean and variance (EM). The ridge is chosen by folds within what is fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import stats

RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
SDS = np.geomspace(0.2, 5.0, 30)  # of ln IC50, from which that of predictions is chosen
FOLDS, GROUPS, ROUNDS, TURNS = 5, 10, 8, 4
RANK_ONE = "rank-one"
LEAST_SD = 0.2  # of ln IC50: nothing is measured better


@dataclass(frozen=True)
class Halves:
    """Measured ln IC50, one a source and cell.

    Attributes:
        line, drug, source, cell: of each, (target,); y: ln nM, or the end of its range.
        beyond: 1 above, -1 below, 0 as measured.
        covariates: of each line, centred, (line, covariate); ras: the column of RAS there.
    """

    line: np.ndarray
    drug: np.ndarray
    source: np.ndarray
    cell: np.ndarray
    y: np.ndarray
    beyond: np.ndarray
    covariates: np.ndarray
    ras: int

    def __len__(self) -> int:
        return len(self.y)


Features = Callable[[Halves], np.ndarray]


def _one_hot(index: np.ndarray, size: int) -> np.ndarray:
    return np.eye(size)[index]


def _means(h: Halves) -> np.ndarray:
    """A mean of each drug in each source, those that occur."""
    key = h.drug * (h.source.max() + 1) + h.source
    return _one_hot(np.unique(key, return_inverse=True)[1], len(np.unique(key)))


def _nothing(h: Halves) -> np.ndarray:
    return np.zeros((len(h), 0))


def _lines(h: Halves) -> np.ndarray:
    return _one_hot(h.line, len(h.covariates))


def _by_drug(h: Halves, columns: np.ndarray) -> np.ndarray:
    drugs = _one_hot(h.drug, h.drug.max() + 1)
    return (drugs[:, :, None] * columns[:, None, :]).reshape(len(h), -1)


def _covariates(h: Halves) -> np.ndarray:
    own = h.covariates[h.line]
    return np.concatenate([own, _by_drug(h, own)], axis=1)


def _ras(h: Halves) -> np.ndarray:
    return _by_drug(h, h.covariates[h.line][:, [h.ras]])


BASELINES: dict[str, Features] = {
    "drug mean": _nothing,
    "line + drug": _lines,
    "ridge on covariates": _covariates,
    "drug x RAS": _ras,
}


def score(y: np.ndarray, beyond: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Log predictive density of ln IC50, or the log probability that it lies beyond its range."""
    z = (y - mean) / sd
    inside = stats.norm.logpdf(z) - np.log(sd)
    return np.where(beyond == 0, inside, np.where(beyond > 0, stats.norm.logsf(z), stats.norm.logcdf(z)))


def completed(
    y: np.ndarray, beyond: np.ndarray, mean: np.ndarray, sd: float
) -> tuple[np.ndarray, np.ndarray]:
    """Conditional mean and variance of each ln IC50 under Normal(mean, sd), given its side of the range."""
    sign = beyond.astype(float)
    z = sign * (y - mean) / sd
    ratio = np.exp(stats.norm.logpdf(z) - stats.norm.logsf(z))
    moved = mean + sign * sd * ratio
    left = sd**2 * np.maximum(1 + z * ratio - ratio**2, 1e-6)
    return np.where(beyond == 0, y, moved), np.where(beyond == 0, 0.0, left)


def _solve(free: np.ndarray, held: np.ndarray, y: np.ndarray, beyond: np.ndarray, ridge: float) -> np.ndarray:
    """Coefficients of all features, by EM."""
    x = np.concatenate([free, held], axis=1)
    penalty = np.diag(np.concatenate([np.full(free.shape[1], 1e-6), np.full(held.shape[1], ridge)]))
    inverse = np.linalg.inv(x.T @ x + penalty) @ x.T
    sd, full = max(float(np.std(y)), LEAST_SD), y.astype(float)
    weights = inverse @ full
    for _ in range(ROUNDS):
        mean = x @ weights
        full, left = completed(y, beyond, mean, sd)
        weights = inverse @ full
        sd = max(float(np.sqrt(np.mean((full - x @ weights) ** 2 + left))), LEAST_SD)
    return weights


Fitted = Callable[[Halves, np.ndarray, np.ndarray, float], np.ndarray]  # train, test, ridge -> means


def fitted_by(name: str) -> Fitted:
    """How a baseline is fitted: (all, rows to fit, rows to predict, ridge) -> means (row,)."""
    return _rank_one if name == RANK_ONE else partial(_linear, BASELINES[name])


def tuned(h: Halves, train: np.ndarray, fitted: Fitted, rng: np.random.Generator) -> tuple[float, float]:
    """The ridge and the sd with which folds of the rows to fit are predicted best."""
    fold = rng.permutation(np.arange(len(train)) % FOLDS)
    best, found = -np.inf, (RIDGES[0], LEAST_SD)
    for ridge in RIDGES:
        mean = np.zeros(len(train))
        for k in range(FOLDS):
            mean[fold == k] = fitted(h, train[fold != k], train[fold == k], ridge)
        for sd in SDS:
            told = float(score(h.y[train], h.beyond[train], mean, np.full(len(train), sd)).sum())
            if told > best:
                best, found = told, (ridge, float(sd))
    return found


def left_out(h: Halves, fitted: Fitted, rng: np.random.Generator) -> np.ndarray:
    """Mean and sd (target, 2) of every target, by what was fitted without its cell.

    Ridge and sd are chosen without the cell too: without a tenth of the cells, of which it is one.
    """
    found = np.zeros((len(h), 2))
    cells = rng.permutation(np.unique(h.cell))
    for group in np.array_split(cells, min(GROUPS, len(cells))):
        ridge, sd = tuned(h, np.flatnonzero(~np.isin(h.cell, group)), fitted, rng)
        for cell in group:
            out = h.cell == cell
            found[out, 0] = fitted(h, np.flatnonzero(~out), np.flatnonzero(out), ridge)
            found[out, 1] = sd
    return found


def _linear(features: Features, h: Halves, train: np.ndarray, test: np.ndarray, ridge: float) -> np.ndarray:
    return _predicted(h, _means(h), features(h), train, test, ridge)


def _predicted(
    h: Halves, free: np.ndarray, held: np.ndarray, train: np.ndarray, test: np.ndarray, ridge: float
) -> np.ndarray:
    weights = _solve(free[train], held[train], h.y[train], h.beyond[train], ridge)
    mean = np.concatenate([free, held], axis=1)[test] @ weights
    return _known(h, free, train, test, mean)


def _known(h: Halves, free: np.ndarray, train: np.ndarray, test: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The mean of all where nothing else is left of a drug in a source."""
    return np.where(free[test] @ (free[train].sum(0) > 0) > 0, mean, np.mean(h.y[train]))


def _rank_one(h: Halves, train: np.ndarray, test: np.ndarray, ridge: float) -> np.ndarray:
    """One sensitivity a line, which each drug feels by a factor of its own: in turn."""
    free = _means(h)
    factor, mean = np.ones(h.drug.max() + 1), np.zeros(len(test))
    for _ in range(TURNS):
        held = _lines(h) * factor[h.drug][:, None]
        line = _solve(free[train], held[train], h.y[train], h.beyond[train], ridge)[free.shape[1] :]
        held = _one_hot(h.drug, len(factor)) * line[h.line][:, None]
        offset = held.sum(1)  # factors are drawn towards 1
        weights = _solve(free[train], held[train], (h.y - offset)[train], h.beyond[train], ridge)
        factor = 1 + weights[free.shape[1] :]
        mean = np.concatenate([free, held], axis=1)[test] @ weights + offset[test]
    return _known(h, free, train, test, mean)
