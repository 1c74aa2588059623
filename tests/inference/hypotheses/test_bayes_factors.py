"""Probabilities, Bayes factors, leave-one-course-out and prior doubt, against closed forms of a
linear model.
"""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize

from inference.fit import verdict
from inference.hypotheses import bayes_factors

RNG = np.random.default_rng(20)
SHARED, FIRST, SECOND = RNG.normal(size=(12, 2)), RNG.normal(size=12), RNG.normal(size=12)
COURSE = np.repeat(np.arange(4), 3)
DATA = SHARED @ [0.4, -0.3] + 0.4 * FIRST + 0.5 * RNG.normal(size=12)
DESIGNS = [
    SHARED,
    np.column_stack([SHARED, FIRST]),
    np.column_stack([SHARED, SECOND]),
]  # H0, H1, H2: parameters N(0, 1), noise 0.5


def log_evidence(design: np.ndarray, rows: np.ndarray) -> float:
    a = design[rows]
    return float(stats.multivariate_normal(cov=0.25 * np.eye(len(a)) + a @ a.T).logpdf(DATA[rows]))


def posterior(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    precision = design.T @ design / 0.25 + np.eye(design.shape[1])
    return np.linalg.solve(precision, design.T @ DATA / 0.25), np.linalg.inv(precision)


def mixture(
    draws: int, seed: int, prior: tuple[float, ...] = (1 / 3, 1 / 3, 1 / 3)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact draws of the mixture: log-likelihood (draw, hypothesis, measurement), both effects (draw, 2),
    probabilities.
    """
    rng = np.random.default_rng(seed)
    everything = np.arange(12)
    z = np.array([log_evidence(d, everything) for d in DESIGNS])
    p = np.exp(z - z.max()) * prior / (np.exp(z - z.max()) * prior).sum()
    terms, effects = np.zeros((draws, 3, 12)), rng.standard_normal((draws, 2))
    owner, shared = rng.choice(3, draws, p=p), np.zeros((draws, 2))
    for h, design in enumerate(DESIGNS):
        theta = rng.multivariate_normal(*posterior(design), size=(owner == h).sum())
        shared[owner == h] = theta[:, :2]
        if h:
            effects[owner == h, h - 1] = theta[:, 2]
    for h, design in enumerate(DESIGNS):
        own = shared if h == 0 else np.column_stack([shared, effects[:, h - 1]])
        terms[:, h] = stats.norm(own @ design.T, 0.5).logpdf(DATA)
    return terms, effects, p


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return mixture(8000, 21)


PRIOR = [1 / 3] * 3


def test_probabilities_and_bayes_factors_are_the_closed_form_within_their_error(drawn) -> None:
    terms, _, p = drawn
    share = bayes_factors.responsibilities(terms.sum(-1), PRIOR)
    found = bayes_factors.evidence(share.reshape(4, 2000, 3), PRIOR, PRIOR, 1)
    assert np.all(np.abs(found.probability - p) < 4 * found.probability_sd + 1e-12)
    exact = np.log(p) - np.log(p[0])
    assert np.all(np.abs(found.log_bf - exact) < 4 * found.log_bf_sd + 1e-12)
    assert found.inclusion == pytest.approx(1 - found.probability[0])
    assert np.all(found.log_bf_sd[1:] < 0.5)


def test_a_balanced_mixture_gives_the_same_probabilities(drawn) -> None:
    _, _, p = drawn
    sampled = bayes_factors.balanced(np.log(p) + 0.3)
    np.testing.assert_allclose(sampled * p / (sampled * p).sum(), PRIOR)
    terms, *_ = mixture(4000, 22, tuple(sampled))
    share = bayes_factors.responsibilities(terms.sum(-1), sampled)
    found = bayes_factors.evidence(share.reshape(4, 1000, 3), sampled, PRIOR, 1)
    assert np.all(np.abs(found.probability - p) < 4 * found.probability_sd + 1e-12)
    assert np.all(found.ess > 500)


def test_the_error_of_a_bayes_factor_is_that_between_repetitions() -> None:
    values, errors = [], []
    for seed in range(12):
        terms, *_ = mixture(600, 100 + seed)
        found = bayes_factors.evidence(
            bayes_factors.responsibilities(terms.sum(-1), PRIOR).reshape(4, 150, 3), PRIOR, PRIOR, seed
        )
        values.append(found.log_bf[1])
        errors.append(found.log_bf_sd[1])
    # a standard deviation of 12 repetitions is known to a factor of 1.5 either way (chi-square, 99 %: 0.5 to
    # 1.6)
    assert 0.45 < np.mean(errors) / np.std(values, ddof=1) < 2.2


def test_leaving_out_a_course_agrees_with_the_exact_conditional_density(drawn) -> None:
    terms, *_ = drawn
    share = bayes_factors.responsibilities(terms.sum(-1), PRIOR)
    found = bayes_factors.predictive(bayes_factors.by_course(terms, COURSE, 4), share, 2)
    exact = np.array(
        [
            [log_evidence(d, np.arange(12)) - log_evidence(d, np.flatnonzero(g != COURSE)) for g in range(4)]
            for d in DESIGNS
        ]
    )
    sure = found.k < verdict.GOOD_K
    assert sure[1].sum() >= 3
    # H1 owns nearly all of the 8,000 draws, the others about a hundred each
    np.testing.assert_allclose(found.elpd[1][sure[1]], exact[1][sure[1]], atol=0.1)
    np.testing.assert_allclose(found.elpd[sure], exact[sure], atol=0.6)
    assert found.difference.max() == 0.0


def test_stacking_weights_maximise_the_predictive_density_of_the_mixture() -> None:
    elpd = np.random.default_rng(3).normal(size=(3, 30)) * 1.5
    weight = np.full(30, 1 / 30)
    found = bayes_factors.stack(elpd, weight)

    def loss(x: np.ndarray) -> float:
        w = np.exp(x - x.max())
        return float(-np.mean(np.log((w / w.sum()) @ np.exp(elpd))))

    best = minimize(loss, np.zeros(3), tol=1e-12)
    w = np.exp(best.x - best.x.max())
    np.testing.assert_allclose(found, w / w.sum(), atol=1e-3)  # EM's own stopping rule
    np.testing.assert_allclose(bayes_factors.stack(np.zeros((3, 5)), np.full(5, 0.2)), 1 / 3)


def test_another_prior_changes_the_bayes_factor_as_quadrature_says() -> None:
    grid = np.linspace(1e-4, 1 - 1e-4, 4001)
    likelihood = stats.norm(0.7, 0.15).pdf(grid)

    def log_bf(prior) -> float:
        return float(
            np.log(np.trapezoid(likelihood * prior.pdf(grid), grid) / stats.norm(0.7, 0.15).pdf(0.0))
        )

    declared = stats.beta(1, 2)
    rng = np.random.default_rng(4)
    mass = likelihood * declared.pdf(grid)
    draws = rng.choice(grid, 40_000, p=mass / mass.sum())
    doubt = bayes_factors.prior_doubt(
        "H1", "e_deg", log_bf(declared), draws, np.ones(len(draws)), declared.logpdf, 1.0
    )
    expected = {
        "flat on 0..1": stats.beta(1, 1),
        "Beta(1, 2)": declared,
        "Beta(1, 5): small effects": stats.beta(1, 5),
        "Beta(4, 1): large effects": stats.beta(4, 1),
    }
    for name, prior in expected.items():
        assert doubt.alternatives[name] == pytest.approx(
            log_bf(prior), abs=0.05
        )  # 40,000 draws, weights up to a few
    assert not doubt.decides  # so strong an effect wins under each


def test_a_bayes_factor_that_changes_sides_with_the_prior_is_called_so() -> None:
    assert bayes_factors.PriorDoubt("H1", "e_deg", 1.5, {"flat": 0.2}).decides
    assert not bayes_factors.PriorDoubt("H1", "e_deg", 5.0, {"flat": 4.0}).decides
    assert not bayes_factors.PriorDoubt("H1", "e_deg", 5.0, {"flat": 2.0}).decides  # favoured, less strongly


def test_hypotheses_whose_bayes_factor_is_small_are_tied() -> None:
    found = bayes_factors.Evidence(
        np.zeros(3), np.zeros(3), np.array([0.0, 0.5, 6.0]), np.array([0.0, 0.1, 0.1]), np.zeros(3), 0.0, 0.0
    )
    assert bayes_factors.tied(found, ("H0", "H1", "H2")) == [("H0", "H1")]


@pytest.mark.parametrize("draws", [20, 24, 40])
def test_few_draws_end_in_fewer_numbers_and_no_traceback(draws: int) -> None:
    """Smoothing needs 25 draws of a hypothesis: with fewer its line is empty, and what is known is kept."""
    rng = np.random.default_rng(draws)
    share = np.tile([[1.0, 0.0]], (draws, 1))  # all of them speak for the first
    found = bayes_factors.predictive(rng.normal(size=(draws, 2, 3)), share, 1)
    assert np.isnan(found.total[1])
    assert np.isfinite(found.total[0]) == (draws >= bayes_factors.LEAST_DRAWS)
    assert np.isfinite(found.stacking).all()
