"""Ranks, their test and its power, against algebra, SciPy and problems whose posterior is known."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

from inference.calibration import coverage, many_fits
from inference.likelihood.problem import Priors
from inference.runs.run import Run
from inference.samplers import random_walk_smc


def exact_ranks(fits: int, draws: int, scale: float, shift: float, seed: int) -> np.ndarray:
    """Ranks where the truth is N(0, 1) given the data and the reported posterior is N(shift, scale)."""
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal((fits, 1))
    return coverage.ranks(truth, shift + scale * rng.standard_normal((fits, draws, 1)), seed)


def test_ranks_count_the_draws_below_and_break_ties_evenly() -> None:
    truth, draws = np.array([[0.5], [2.0], [9.0]]), np.array([[[0.0], [1.0], [2.0]]] * 3)
    rank = coverage.ranks(truth, draws, 0)
    assert rank[0, 0] == 1
    assert rank[1, 0] in (2, 3)
    assert rank[2, 0] == 3
    many_ties = coverage.ranks(np.zeros((4000, 1)), np.zeros((4000, 3, 1)), 1)
    # four equally likely values: chi-square with 3 degrees of freedom, rejected once in 10,000 runs
    assert stats.chisquare(np.bincount(many_ties[:, 0], minlength=4)).pvalue > 1e-4


def test_unevenness_is_scipy_s_binomial_test_at_its_worst_step() -> None:
    rank = np.random.default_rng(4).integers(0, 10, (50, 2))
    worst = [
        min(
            min(
                1.0,
                2
                * min(
                    stats.binom.cdf((r < k).sum(), 50, k / 10), stats.binom.sf((r < k).sum() - 1, 50, k / 10)
                ),
            )
            for k in range(1, 10)
        )
        for r in rank.T
    ]
    np.testing.assert_allclose(coverage.unevenness(rank, 9), np.asarray(worst), rtol=1e-12)


def test_a_calibrated_posterior_is_rejected_as_often_as_said() -> None:
    limit = np.quantile(coverage.null(100, 31, 4000, 5), 0.05)
    rejected = np.mean(coverage.null(100, 31, 4000, 6) <= limit)
    # binomial error of both samples of 4,000: sd 0.0049; five of them, and the steps of a discrete statistic
    # below
    assert 0.02 < rejected < 0.075


@pytest.mark.parametrize(
    ("scale", "shift", "word"),
    [(0.5, 0.0, "narrow"), (2.0, 0.0, "wide"), (1.0, 0.8, "high"), (1.0, -0.8, "low")],
)
def test_a_wrong_posterior_is_found_and_its_error_named(scale: float, shift: float, word: str) -> None:
    found = coverage.judge(["x"], exact_ranks(200, 63, scale, shift, 7), 63, np.zeros(200, bool), 8)
    assert not found.ok
    assert word in found.reasons[0]


def test_a_right_posterior_passes_and_its_intervals_hold_the_truth_as_often_as_they_claim() -> None:
    found = coverage.judge(["x"], exact_ranks(400, 63, 1.0, 0.0, 9), 63, np.zeros(400, bool), 10)
    assert found.ok
    assert np.all(
        (found.coverage[:, 0] >= found.coverage_low) & (found.coverage[:, 0] <= found.coverage_high)
    )
    assert "Passed" in coverage.in_words(found)


def test_coverage_of_uniform_ranks_is_the_level_exactly() -> None:
    every = np.arange(100)[:, None]  # each rank of 99 draws once
    np.testing.assert_allclose(coverage.coverage(every, 99)[:, 0], coverage.LEVELS, atol=1e-12)


def test_the_power_that_is_claimed_is_the_power_there_is() -> None:
    fits, draws = 200, 63
    narrow, wide, shifted = coverage.detectable(fits, draws, 3, 300, 11)
    limit = np.quantile(coverage.null(fits, draws, 4000, 12), coverage.ALPHA / 3)
    for scale, shift in ((1 / narrow, 0.0), (wide, 0.0), (1.0, shifted)):
        found = np.mean(
            [
                coverage.unevenness(exact_ranks(fits, draws, scale, shift, s), draws)[0] <= limit
                for s in range(200)
            ]
        )
        assert (
            found > 0.8
        )  # 0.9 claimed; three binomial sd of 200 runs are 0.064, and the grid of errors is coarse
    worse = coverage.detectable(50, draws, 3, 300, 11)
    assert all(w >= m for w, m in zip(worse, (narrow, wide, shifted), strict=True))


def test_many_badly_mixed_fits_are_a_failure_of_their_own() -> None:
    found = coverage.judge(["x"], exact_ranks(100, 31, 1.0, 0.0, 13), 31, np.arange(100) < 10, 14)
    assert not found.ok
    assert "mixed badly" in found.reasons[0]


DESIGN = np.array([[1.0, 0.2], [0.5, -1.0], [1.0, 1.0], [0.0, 0.7], [-1.0, 0.4]])


def linear(noise_believed: float = 0.6) -> many_fits.Family:
    """y = A x + N(0, 0.6), x ~ N(0, 1): the posterior is known; a believed noise other than 0.6 is a wrong
    likelihood.
    """

    def simulate(theta: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jnp.asarray(DESIGN) @ theta + 0.6 * jax.random.normal(key, (5,)), jnp.asarray(True)

    def log_likelihood(theta: jax.Array, data: jax.Array) -> tuple[jax.Array, jax.Array]:
        return dist.Normal(DESIGN @ theta, noise_believed).log_prob(data), jnp.asarray(True)

    return many_fits.Family(
        Priors({"a": dist.Normal(0.0, 1.0), "b": dist.Normal(0.0, 1.0)}), simulate, log_likelihood
    )


FITS, PLAN = 192, random_walk_smc.Walkers(particles=31, moves=8, last=40, width=4096)


def quantities(fits: many_fits.Fits) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.concatenate([fits.truth, fits.truth_log_likelihood[:, None]], 1),
        np.concatenate([fits.z, fits.log_likelihood[..., None]], 2),
    )


def test_fits_of_a_linear_model_at_once_have_the_posterior_of_the_closed_form(tmp_path) -> None:
    fits = many_fits.walk(linear(), FITS, PLAN, 3, Run(tmp_path))
    assert fits is not None
    covariance = np.linalg.inv(DESIGN.T @ DESIGN / 0.36 + np.eye(2))
    within = np.mean([np.cov(z.T, ddof=1) for z in fits.z], axis=0)
    # relative error of a variance from 192 x 31 draws, effective at least by half: sqrt(2/2976) = 2.6 %; four
    # of them
    np.testing.assert_allclose(np.diag(within), np.diag(covariance), rtol=0.11)
    found = coverage.judge(
        ["a", "b", "log-likelihood"], coverage.ranks(*quantities(fits), 1), 31, fits.poor, 2
    )
    assert found.ok, found.reasons


def test_a_deliberately_wrong_likelihood_fails(tmp_path) -> None:
    fits = many_fits.walk(linear(noise_believed=0.3), FITS, PLAN, 3, Run(tmp_path))
    assert fits is not None
    found = coverage.judge(
        ["a", "b", "log-likelihood"], coverage.ranks(*quantities(fits), 1), 31, fits.poor, 2
    )
    assert not found.ok


def test_a_posterior_that_is_only_the_prior_is_found_by_the_log_likelihood_alone(tmp_path) -> None:
    blind = linear()
    silent = dataclasses.replace(
        blind,
        log_likelihood=lambda theta, data: (0 * blind.log_likelihood(theta, data)[0], jnp.asarray(True)),
    )
    fits = many_fits.walk(silent, FITS, PLAN, 4, Run(tmp_path))
    assert fits is not None
    data_likelihood = jax.vmap(lambda t, d: jnp.sum(blind.log_likelihood(t, d)[0]))
    rng = np.random.default_rng(0)
    data = fits.truth @ DESIGN.T + 0.6 * rng.standard_normal((len(fits.truth), 5))
    truth = np.column_stack([fits.truth, data_likelihood(fits.truth, data)])
    draws = np.concatenate([fits.z, jax.vmap(data_likelihood, (1, None), 1)(fits.z, data)[..., None]], 2)
    found = coverage.judge(["a", "b", "log-likelihood"], coverage.ranks(truth, draws, 1), 31, fits.poor, 2)
    assert [r.split(":")[0] for r in found.reasons] == ["log-likelihood"]


def gaussian(wrong_noise: float) -> many_fits.Family:
    """Two normal measurements of each of two numbers; the analyst believes in `wrong_noise` times the true
    noise.
    """

    def simulate(theta, key):
        return jnp.repeat(theta, 2) + 0.5 * jax.random.normal(key, (4,)), jnp.asarray(True)

    def log_likelihood(theta, data):
        return dist.Normal(jnp.repeat(theta, 2), 0.5 * wrong_noise).log_prob(data), jnp.asarray(True)

    return many_fits.Family(
        Priors({"a": dist.Normal(0.0, 1.0), "b": dist.Normal(1.0, 2.0)}), simulate, log_likelihood
    )


@pytest.mark.parametrize(("wrong_noise", "passes"), [(1.0, True), (0.5, False)])
def test_walks_on_a_normal_family_pass_and_fail_with_the_wrong_noise(wrong_noise, passes, tmp_path) -> None:
    found = many_fits.walk(
        gaussian(wrong_noise),
        128,
        random_walk_smc.Walkers(particles=31, moves=8, last=40, width=4096),
        1,
        Run(tmp_path),
    )
    assert found is not None
    truth = np.column_stack([found.truth, found.truth_log_likelihood])
    draws = np.concatenate([found.z, found.log_likelihood[..., None]], 2)
    verdict = coverage.judge(
        ["a", "b", "log-likelihood"], coverage.ranks(truth, draws, 1), 31, np.zeros(128, bool), 1
    )
    assert verdict.ok is passes, verdict.reasons


def test_intervals_of_few_walkers_are_not_too_narrow(tmp_path) -> None:
    design = np.random.default_rng(0).standard_normal((8, 5))

    def simulate(theta, key):
        return jnp.asarray(design) @ theta + 0.5 * jax.random.normal(key, (8,)), jnp.asarray(True)

    def log_likelihood(theta, data):
        return dist.Normal(jnp.asarray(design) @ theta, 0.5).log_prob(data), jnp.asarray(True)

    family = many_fits.Family(
        Priors({f"p{i}": dist.Normal(0.0, 1.0) for i in range(5)}), simulate, log_likelihood
    )
    found = many_fits.walk(family, 512, random_walk_smc.Walkers(19, 8, 80, width=16384), 1, Run(tmp_path))
    assert found is not None
    covered = coverage.coverage(coverage.ranks(found.truth, found.z, 1), 19, (0.8,)).mean()
    # three standard errors of 2,560 intervals; steps shaped like the very cloud that moves cover 76.9 %
    assert covered == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / 2560))
