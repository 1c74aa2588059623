"""Which hypothesis do the data favour, how sure is that, and does the prior decide it?

Input are draws of the mixture over hypotheses (`inference.hypotheses.all_at_once`) with the log-likelihood of
every measurement under each. Everything has an error: draws are resampled in blocks of chains (Monte-Carlo
doubt), time courses by the Bayesian bootstrap (doubt about which data one happens to have).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]  # its documented door
from jaxtyping import Float, Int
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import logsumexp

from inference.study.priors import Prior

SOME, STRONG = np.log(3.0), np.log(20.0)  # of ln Bayes factors (Kass & Raftery 1995)
LEAST_ESS = 100.0
LEAST_DRAWS = 25  # of one hypothesis: fewer leave ArviZ no tail from which to smooth importance weights
BLOCKS = 40


@dataclass(frozen=True)
class Evidence:
    """Posterior probabilities and Bayes factors against H0.

    Attributes:
        probability: (hypothesis,) after the data; probability_sd: Monte-Carlo error.
        log_bf: (hypothesis,) ln Bayes factor against the first hypothesis; log_bf_sd: Monte-Carlo error.
        ess: (hypothesis,) draws that the weighted draws of each are worth.
        inclusion, inclusion_sd: probability that any effect is there.
    """

    probability: np.ndarray
    probability_sd: np.ndarray
    log_bf: np.ndarray
    log_bf_sd: np.ndarray
    ess: np.ndarray
    inclusion: float
    inclusion_sd: float


@dataclass(frozen=True)
class Predictive:
    """Leave-one-time-course-out by Pareto-smoothed importance sampling.

    Attributes:
        elpd: (hypothesis, course) expected log predictive density of each course left out.
        k: (hypothesis, course) Pareto shape: above 0.7 the number beside it is not to be trusted.
        total, difference, difference_se: (hypothesis,) sum; to the best hypothesis, with its standard error.
        stacking, stacking_low, stacking_high; averaging, averaging_low, averaging_high: (hypothesis,) model
        weights by
            stacking, and by Bayesian-bootstrapped pseudo-averaging (pseudo-BMA+), with 89 % intervals.
    """

    elpd: np.ndarray
    k: np.ndarray
    total: np.ndarray
    difference: np.ndarray
    difference_se: np.ndarray
    stacking: np.ndarray
    stacking_low: np.ndarray
    stacking_high: np.ndarray
    averaging: np.ndarray
    averaging_low: np.ndarray
    averaging_high: np.ndarray


@dataclass(frozen=True)
class PriorDoubt:
    """ln Bayes factor of one hypothesis under other priors of its effect."""

    hypothesis: str
    effect: str
    declared: float
    alternatives: dict[str, float] = field(default_factory=dict)

    @property
    def decides(self) -> bool:
        """Do priors that someone could well hold lead to different verdicts? How strong one is does not
        count.
        """
        return (
            len({verdict(x).removeprefix("strongly ") for x in (self.declared, *self.alternatives.values())})
            > 1
        )


def verdict(log_bf: float) -> str:
    """A ln Bayes factor in words."""
    size = "strongly " if abs(log_bf) > STRONG else ""
    if abs(log_bf) < SOME:
        return "undecided"
    return f"{size}favoured" if log_bf > 0 else f"{size}disfavoured"


def responsibilities(
    block: Float[np.ndarray, "... hypothesis"], prior: ArrayLike
) -> Float[np.ndarray, "... hypothesis"]:
    """P(h | theta, y) at each draw of the mixture, from the log-likelihoods of what differs between
    hypotheses.
    """
    log_p = block + np.log(np.asarray(prior))
    return np.exp(log_p - logsumexp(log_p, axis=-1, keepdims=True))


def evidence(
    share: Float[np.ndarray, "chain draw hypothesis"],
    sampled: ArrayLike,
    believed: ArrayLike,
    seed: int,
    resamples: int = 400,
) -> Evidence:
    """Probabilities and Bayes factors from responsibilities, with errors from a bootstrap of blocks of the
    chains.

    Args:
        sampled: probabilities of the hypotheses in the mixture that was sampled (see `balanced`).
        believed: their probabilities before the data.
    """
    rng = np.random.default_rng(seed)
    means = block_means(share)
    again = means[rng.integers(0, len(means), (resamples, len(means)))].mean(1)

    def factors(mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        log_z = np.log(np.maximum(mean, 1e-300)) - np.log(np.asarray(sampled))
        p = log_z + np.log(np.asarray(believed))
        return log_z - log_z[..., :1], np.exp(p - logsumexp(p, axis=-1, keepdims=True))

    log_bf, probability = factors(share.mean((0, 1)))
    log_bf_again, probability_again = factors(again)
    flat = share.reshape(-1, share.shape[-1])
    relative = np.array([_relative_ess(share[..., h]) for h in range(share.shape[-1])])
    ess = flat.sum(0) ** 2 / np.maximum((flat**2).sum(0), 1e-300) * relative
    return Evidence(
        probability,
        probability_again.std(0, ddof=1),
        log_bf,
        log_bf_again.std(0, ddof=1),
        ess,
        float(1 - probability[0]),
        float(probability_again[:, 0].std(ddof=1)),
    )


def balanced(log_bf: Float[np.ndarray, " hypothesis"], most: float = 12.0) -> np.ndarray:
    """Probabilities of the hypotheses in a mixture that visits all of them about equally often.

    Only how often each is sampled depends on them, no result; differences beyond exp(`most`) are left
    standing, since a pilot run does not know them.
    """
    log_p = -np.clip(log_bf - log_bf.max(), -most, 0.0)
    return np.exp(log_p - logsumexp(log_p))


def _relative_ess(x: Float[np.ndarray, "chain draw"]) -> float:
    if np.ptp(x) < 1e-12:
        return 1.0
    return float(np.clip(array_stats.ess(x, chain_axis=0, draw_axis=1, method="mean") / x.size, 0.0, 1.0))  # pyright: ignore[reportOperatorIssue]  SciPy's stubs are too wide


def block_means(values: Float[np.ndarray, "chain draw quantity"]) -> Float[np.ndarray, "block quantity"]:
    """Means over consecutive draws of one chain, about 40 blocks in all: nearly independent pieces of the
    run.
    """
    chains, draws, _ = values.shape
    per_chain = max(2, min(draws, BLOCKS // chains))
    size = draws // per_chain
    return values[:, : size * per_chain].reshape(chains * per_chain, size, -1).mean(1)


def by_course(
    terms: Float[np.ndarray, "... measurement"],
    course: Int[np.ndarray, " measurement"],
    courses: int,
) -> Float[np.ndarray, "... course"]:
    """Log-likelihood of whole time courses."""
    return terms @ np.eye(courses)[course]


def predictive(
    courses: Float[np.ndarray, "draw hypothesis course"],
    share: Float[np.ndarray, "draw hypothesis"],
    seed: int,
    resamples: int = 400,
) -> Predictive:
    """Leave-one-time-course-out of each hypothesis by PSIS (Vehtari, Simpson, Gelman, Yao & Gabry, JMLR
    2024).

    Each draw of the mixture is given to one hypothesis by its responsibilities; it is then a draw of the
    posterior of that hypothesis. A hypothesis that gets fewer than `LEAST_DRAWS` has no result (NaN, k
    infinite).
    """
    draws, hypotheses, count = courses.shape
    rng = np.random.default_rng(seed)
    owner = (share.cumsum(1) < rng.random((draws, 1)) * share.sum(1, keepdims=True)).sum(1)
    elpd, k = np.zeros((hypotheses, count)), np.zeros((hypotheses, count))
    for h in range(hypotheses):
        own = courses[owner == h, h]
        for g in range(count):
            elpd[h, g], k[h, g] = _left_out(own[:, g]) if len(own) >= LEAST_DRAWS else (np.nan, np.inf)
    total = elpd.sum(1)
    best = elpd[np.nanargmax(total)] if np.isfinite(total).any() else np.full(count, np.nan)
    difference = elpd - best
    elpd = np.where(np.isnan(elpd), -1e3, elpd)  # no draws: so badly does it fit that it gets no weight
    weight = rng.dirichlet(np.ones(count), resamples)
    log_average = count * weight @ elpd.T
    averaged = np.exp(log_average - logsumexp(log_average, axis=1, keepdims=True))
    stacked = np.stack([stack(elpd, w) for w in weight])
    tails = [0.055, 0.945]
    stacking_low, stacking_high = np.quantile(stacked, tails, axis=0)
    averaging_low, averaging_high = np.quantile(averaged, tails, axis=0)
    return Predictive(
        elpd=elpd,
        k=k,
        total=total,
        difference=difference.sum(1),
        difference_se=np.sqrt(count) * difference.std(1, ddof=1 if count > 1 else 0),
        stacking=stack(elpd, np.full(count, 1 / count)),
        stacking_low=stacking_low,
        stacking_high=stacking_high,
        averaging=averaged.mean(0),
        averaging_low=averaging_low,
        averaging_high=averaging_high,
    )


def _left_out(log_likelihood: Float[np.ndarray, " draw"]) -> tuple[float, float]:
    """ln density of a course given the others, and the Pareto shape."""
    if np.ptp(log_likelihood) < 1e-9:
        return float(log_likelihood[0]), float("-inf")
    log_w, shape = array_stats.psislw(log_likelihood)  # it takes the negative itself
    return float(logsumexp(log_w + log_likelihood) - logsumexp(log_w)), float(shape)  # pyright: ignore[reportOperatorIssue]  SciPy's stubs are too wide


def stack(
    elpd: Float[np.ndarray, "hypothesis course"],
    weight: Float[np.ndarray, " course"],
    steps: int = 2000,
) -> Float[np.ndarray, " hypothesis"]:
    """Weights whose mixture predicts left-out courses best (Yao, Vehtari, Simpson & Gelman 2018), by EM.

    EM starts from equal weights, so hypotheses that predict equally well keep equal weights.
    """
    density = np.exp(elpd - elpd.max(0))
    w = np.full(len(elpd), 1 / len(elpd))
    for _ in range(steps):
        part = w[:, None] * density
        new = (part / part.sum(0)) @ weight
        if np.abs(new - w).max() < 1e-9:
            return new
        w = new
    return w


ALTERNATIVES: dict[str, tuple[tuple[str, Prior], ...]] = {
    "share": (
        ("flat on 0..1", Prior("beta", (1.0, 1.0))),
        ("Beta(1, 2)", Prior("beta", (1.0, 2.0))),
        ("Beta(1, 5): small effects", Prior("beta", (1.0, 5.0))),
        ("Beta(4, 1): large effects", Prior("beta", (4.0, 1.0))),
    ),
    "fold": (
        ("half-normal(0.5): small effects", Prior("half-normal", (0.5,))),
        ("half-normal(2)", Prior("half-normal", (2.0,))),
        ("half-normal(5): large effects", Prior("half-normal", (5.0,))),
    ),
}


def prior_doubt(
    hypothesis: str,
    effect: str,
    log_bf: float,
    draws: Float[np.ndarray, " draw"],
    weight: Float[np.ndarray, " draw"],
    declared: Callable[[np.ndarray], np.ndarray],
    upper: float,
) -> PriorDoubt:
    """The Bayes factor under other priors of the effect: BF times the posterior mean of new over declared
    density.

    Args:
        draws: of the mixture; weight: responsibility of the hypothesis at each.
        declared: log density of the declared prior; upper: the effect's upper bound (1: a share; more: a fold
            change).
    """
    kind = "share" if upper <= 1.0 else "fold"
    out = {}
    for name, prior in ALTERNATIVES[kind]:
        density = (
            stats.beta(*prior.parameters) if kind == "share" else stats.halfnorm(scale=prior.parameters[0])
        )
        ratio = np.exp(density.logpdf(draws) - declared(draws))  # pyright: ignore[reportAttributeAccessIssue]  SciPy's stubs are too wide
        out[name] = float(log_bf + np.log(np.sum(weight * ratio) / np.sum(weight)))
    return PriorDoubt(hypothesis, effect, log_bf, out)


def tied(found: Evidence, names: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs whose Bayes factor, its Monte-Carlo error included, is not beyond 3 either way."""
    pairs = []
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            error = 2 * np.hypot(found.log_bf_sd[i], found.log_bf_sd[j])
            if abs(found.log_bf[i] - found.log_bf[j]) < SOME + error:
                pairs.append((names[i], names[j]))
    return pairs
