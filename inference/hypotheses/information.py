"""How much an experiment would tell: mutual information of a question and simulated data, estimated from
below.

For any conditional density q, E[ln q(answer | data) - ln p(answer)] is at most the mutual information (Barber
& Agakov, NeurIPS 2003; used for design by Foster, Jankowiak, Bingham, Horsfall, Teh, Rainforth & Goodman,
NeurIPS 2019). q is fitted to some simulations and averaged over others, so the bound holds up to the error
that stands beside it. An experiment's true value can be higher where the normal approximations inside q are
poor.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.special import logsumexp

FOLDS = 4


def folds(draws: int) -> Int[np.ndarray, " draw"]:
    """Which fold each draw of the parameters belongs to; all simulations made from one draw stay together.

    At random: consecutive points of a Sobol sequence lie in different corners, so that every fourth of them
    is no sample.
    """
    return np.random.default_rng(0).permutation(draws) % FOLDS


def about_label(data: Float[np.ndarray, "label draw point"]) -> tuple[float, float]:
    """Information (nats) about which of equally likely labels made the data, and its standard error.

    q comes from a normal distribution of the data under each label, its covariance shrunk towards the common
    one (by points over points plus draws). Rows of one draw are correlated between labels; the error is that
    between draws.
    """
    labels, draws, points = data.shape
    fold, gain = folds(draws), np.zeros((labels, draws))
    for f in range(FOLDS):
        train, test = data[:, fold != f], data[:, fold == f]
        n = train.shape[1]
        mean = train.mean(1)
        own = np.stack([np.cov(x, rowvar=False).reshape(points, points) for x in train])
        shrink = points / (points + n)
        own = (1 - shrink) * own + shrink * own.mean(0) + 1e-9 * np.eye(points)
        log_q = np.stack([_log_normal(test, m, c) for m, c in zip(mean, own, strict=True)], -1)
        gain[:, fold == f] = (
            np.stack([log_q[k, :, k] for k in range(labels)]) - logsumexp(log_q, axis=-1) + np.log(labels)
        )
    of_draw = gain.mean(0)
    return float(of_draw.mean()), float(of_draw.std(ddof=1) / np.sqrt(draws))


def about_number(
    data: Float[np.ndarray, "draw point"], answer: Float[np.ndarray, " draw"]
) -> tuple[float, float]:
    """Information (nats) about a quantity that is standard normal beforehand, and its standard error.

    q is normal; its mean is a ridge regression on the data, their squares included, its variance is that of
    the residuals of held-out folds. Penalties are tried from 1e-3 to 1e3 and the one that predicts best
    within the training folds is taken.
    """
    x = (data - data.mean(0)) / (data.std(0) + 1e-12)
    vectors = np.linalg.svd(x, full_matrices=False)[0] * np.sqrt(
        len(x)
    )  # whitened: a ratio of two arms counts as much as a scale
    features = np.column_stack([vectors, vectors**2 - 1])
    fold, gain = folds(len(x)), np.zeros(len(x))
    for f in range(FOLDS):
        train, test = fold != f, fold == f
        inner = folds(int(train.sum()))
        penalties = 10.0 ** np.arange(-3, 4)
        errors = []
        for penalty in penalties:
            left = np.zeros(train.sum())
            for g in range(FOLDS):
                a, b = features[train][inner != g], answer[train][inner != g]
                left[inner == g] = answer[train][inner == g] - _ridge(
                    a, b, penalty, features[train][inner == g]
                )
            errors.append(np.mean(left**2))
        best = int(np.argmin(errors))
        variance = errors[best]
        residual = answer[test] - _ridge(features[train], answer[train], penalties[best], features[test])
        gain[test] = -0.5 * (np.log(variance) + residual**2 / variance - answer[test] ** 2)
    return float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(x)))


def _ridge(
    x: Float[np.ndarray, "row feature"],
    y: Float[np.ndarray, " row"],
    penalty: float,
    at: Float[np.ndarray, "other feature"],
) -> Float[np.ndarray, " other"]:
    centre, mean = x.mean(0), y.mean()
    a = x - centre
    beta = np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ (y - mean))
    return mean + (at - centre) @ beta


def _log_normal(
    x: Float[np.ndarray, "label draw point"],
    mean: Float[np.ndarray, " point"],
    covariance: Float[np.ndarray, "point point"],
) -> Float[np.ndarray, "label draw"]:
    root = np.linalg.cholesky(covariance)
    z = np.linalg.solve(root, (x - mean)[..., None])[..., 0]
    return -0.5 * (z**2).sum(-1) - np.log(np.diag(root)).sum()
