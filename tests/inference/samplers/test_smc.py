"""Tempered SMC against posteriors and evidences known in closed form."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import integrate, stats

from inference.likelihood.problem import Priors, Problem
from inference.runs.run import Run
from inference.runs.settings import QUICK
from inference.samplers.draws import evidence
from inference.samplers.smc import next_power, sample

LOCATION, SCALE = (
    np.array([0.7, -1.1, 2.0]),
    np.array([[0.05, 0.03, 0.0], [0.03, 0.04, 0.0], [0.0, 0.0, 0.9]]),
)
WIDTH = 3.0


def normal_problem() -> Problem:
    """Three parameters ~ N(0, 3^2), one observation of them ~ N(theta, SCALE): everything is known."""
    precision, volume = jnp.asarray(np.linalg.inv(SCALE)), np.linalg.slogdet(2 * np.pi * SCALE)[1]

    def log_likelihood(theta):
        away = theta - LOCATION
        return jnp.array([-0.5 * away @ precision @ away - 0.5 * volume]), jnp.asarray(True)

    return Problem(Priors({f"x{i}": dist.Normal(0.0, WIDTH) for i in range(3)}), log_likelihood)


@pytest.fixture(scope="module")
def normal(tmp_path_factory):
    draws = sample(
        normal_problem(),
        replace(QUICK, chains=8, draws=512, seed=3, target=0.8),
        Run(tmp_path_factory.mktemp("smc")),
    )
    assert draws is not None
    return draws


def test_the_evidence_of_a_normal_problem_is_the_one_computed_by_hand(normal):
    truth = stats.multivariate_normal(np.zeros(3), SCALE + WIDTH**2 * np.eye(3)).logpdf(LOCATION)
    value, error = evidence(normal.log_evidence)
    assert error < 0.1
    # islands share temperatures, so their spread understates the error a little: 5 of them
    assert abs(value - truth) < 5 * error


def test_the_particles_have_the_moments_of_the_normal_posterior(normal):
    covariance = np.linalg.inv(np.linalg.inv(SCALE) + np.eye(3) / WIDTH**2)
    mean = covariance @ np.linalg.inv(SCALE) @ LOCATION
    by_island = normal.z.mean(1)
    error = by_island.std(0, ddof=1) / np.sqrt(8)
    np.testing.assert_array_less(np.abs(by_island.mean(0) - mean), 5 * error)
    # sd of a sample variance of n independent normals is var sqrt(2/n); n/4 allows for clones of resampling
    np.testing.assert_allclose(
        normal.z.reshape(-1, 3).var(0), np.diag(covariance), rtol=5 * np.sqrt(2 / 1024)
    )


def test_the_evidence_counts_unsolvable_regions_as_impossible(tmp_path):
    # x ~ U(0, 1), likelihood 2 where it can be solved (x < 0.3): evidence 0.6
    problem = Problem(
        Priors({"x": dist.Uniform(0.0, 1.0)}), lambda t: (jnp.log(2.0) * jnp.ones(1), t[0] < 0.3)
    )
    draws = sample(problem, replace(QUICK, chains=8, draws=256, seed=0, target=0.8), Run(tmp_path))
    value, error = evidence(draws.log_evidence)
    assert abs(value - np.log(0.6)) < 5 * error
    assert np.all(np.asarray(1 / (1 + np.exp(-draws.z))) < 0.3)


def test_a_bounded_skewed_posterior_has_the_evidence_of_quadrature(tmp_path):
    problem = Problem(
        Priors({"rate": dist.Gamma(2.0, 1.0)}),
        lambda t: (dist.Poisson(t[0]).log_prob(jnp.array([7, 9, 4])), jnp.asarray(True)),
    )
    draws = sample(problem, replace(QUICK, chains=8, draws=512, seed=1, target=0.8), Run(tmp_path))
    truth, _ = integrate.quad(
        lambda r: stats.gamma(2).pdf(r) * np.prod(stats.poisson(r).pmf([7, 9, 4])), 0, 40
    )
    value, error = evidence(draws.log_evidence)
    assert abs(value - np.log(truth)) < 5 * error
    exact = stats.gamma(22, scale=1 / 4)  # conjugate: shape 2 + 20, rate 1 + 3
    rate = np.exp(draws.z[..., 0])
    error = rate.mean(1).std(ddof=1) / np.sqrt(8)
    assert abs(rate.mean() - exact.mean()) < 5 * error


def test_the_power_rises_as_far_as_the_worst_island_allows():
    log_likelihood = np.stack([np.linspace(-50, 0, 200), np.linspace(-5, 0, 200)])
    power = next_power(log_likelihood, 0.1, 0.5)
    w = np.exp((power - 0.1) * log_likelihood[0])
    assert w.sum() ** 2 / (w**2).sum() / 200 == pytest.approx(0.5, abs=1e-9)
    assert next_power(np.zeros((2, 10)), 0.1, 0.5) == 1.0


def test_an_interrupted_run_ends_with_the_same_particles(tmp_path):
    settings = replace(QUICK, chains=2, draws=64, seed=5, target=0.8)
    whole = sample(normal_problem(), settings, Run(tmp_path / "a"))
    asked = iter([False, False, False, True])
    assert sample(normal_problem(), settings, Run(tmp_path / "b", stop=lambda: next(asked))) is None
    resumed = sample(normal_problem(), settings, Run(tmp_path / "b"))
    assert resumed.z.tobytes() == whole.z.tobytes()
    assert resumed.log_evidence.tobytes() == whole.log_evidence.tobytes()
