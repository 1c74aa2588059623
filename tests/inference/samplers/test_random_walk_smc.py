"""Tempered random walks against posteriors and evidences known in closed form."""

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

from inference.likelihood.problem import Priors
from inference.runs.resumable import CheckpointError
from inference.runs.run import Run
from inference.samplers import random_walk_smc

PRIORS = Priors({"a": dist.Normal(0.0, 1.0), "b": dist.Normal(0.0, 2.0), "share": dist.Beta(1.0, 2.0)})
TRIED, SUCCESSES = 20, 6
NOISE = 0.3


def log_likelihood(theta, data):
    """Two normal measurements and a binomial count, so that every posterior and evidence is conjugate."""
    normal = dist.Normal(theta[:2], NOISE).log_prob(data)
    return jnp.append(normal, dist.Binomial(TRIED, probs=theta[2]).log_prob(SUCCESSES)), jnp.asarray(True)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    data = np.array([[0.5, -1.0]] * 6 + [[2.0, 4.0]] * 6)
    plan = random_walk_smc.Walkers(particles=256, moves=8, last=48, width=3072)
    return random_walk_smc.sample(PRIORS, log_likelihood, data, plan, 7, Run(tmp_path_factory.mktemp("walk")))


def closed_form(data) -> tuple[np.ndarray, np.ndarray, float]:
    """Means and sds of a and b, and ln of the evidence."""
    prior = np.array([1.0, 2.0])
    precision = prior**-2 + NOISE**-2
    log_evidence = stats.norm.logpdf(data, 0, np.sqrt(prior**2 + NOISE**2)).sum()
    return (
        data * NOISE**-2 / precision,
        precision**-0.5,
        log_evidence + stats.betabinom.logpmf(SUCCESSES, TRIED, 1, 2),
    )


def test_means_and_spreads_are_the_conjugate_ones(found) -> None:
    for f, data in ((slice(0, 6), [0.5, -1.0]), (slice(6, 12), [2.0, 4.0])):
        mean, sd, _ = closed_form(np.array(data))
        z = found.z[f].reshape(-1, 3)
        # 1,536 particles that have walked 48 steps: worth at least 400 independent draws, five standard
        # errors
        np.testing.assert_allclose(z[:, :2].mean(0), mean, atol=5 * sd.max() / 20)
        np.testing.assert_allclose(z[:, :2].std(0), sd, rtol=5 / np.sqrt(800))
        exact = stats.beta(1 + SUCCESSES, 2 + TRIED - SUCCESSES)
        share = 1 / (1 + np.exp(-z[:, 2]))
        assert share.mean() == pytest.approx(exact.mean(), abs=5 * exact.std() / 20)


def test_the_evidence_is_the_conjugate_one(found) -> None:
    for f, data in ((slice(0, 6), [0.5, -1.0]), (slice(6, 12), [2.0, 4.0])):
        estimates = found.log_evidence[f]
        error = max(estimates.std(ddof=1), 0.05) / np.sqrt(6)
        assert estimates.mean() == pytest.approx(closed_form(np.array(data))[2], abs=5 * error)


def test_particles_forget_where_they_began(found) -> None:
    # 256 independent pairs, three parameters: correlations beyond 0.25 have probability 1e-4
    assert found.left.max() < 0.25


def test_a_walk_that_was_interrupted_goes_on_to_the_same_draws(tmp_path) -> None:
    data, plan = (
        np.array([[0.5, -1.0], [2.0, 4.0]]),
        random_walk_smc.Walkers(particles=32, moves=4, last=8, width=64),
    )
    whole = random_walk_smc.sample(PRIORS, log_likelihood, data, plan, 3, Run(tmp_path / "whole"))
    asked = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > 4

    assert (
        random_walk_smc.sample(PRIORS, log_likelihood, data, plan, 3, Run(tmp_path / "parts", stop=stop))
        is None
    )
    rest = random_walk_smc.sample(PRIORS, log_likelihood, data, plan, 3, Run(tmp_path / "parts"))
    assert whole is not None
    assert rest is not None
    np.testing.assert_array_equal(whole.z, rest.z)
    np.testing.assert_array_equal(whole.log_evidence, rest.log_evidence)


def test_points_that_cannot_be_solved_are_left_and_counted_as_no_evidence(tmp_path) -> None:
    def walled(theta, data):
        terms, _ = log_likelihood(theta, data)
        return jnp.where(theta[0] > 0, 0.0 * terms, terms), theta[0] > 0

    plan = random_walk_smc.Walkers(particles=512, moves=2, last=2, width=512)
    found = random_walk_smc.sample(PRIORS, walled, np.zeros((1, 2)), plan, 5, Run(tmp_path))
    assert found is not None
    assert (found.z[0, :, 0] > 0).all()
    # half of the prior can be solved; binomial error of 512 draws
    assert np.exp(found.log_evidence[0]) == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(512))


def test_walks_of_another_likelihood_are_not_gone_on_with(tmp_path) -> None:
    def walk(noise: float):
        return random_walk_smc.sample(
            Priors({"a": dist.Normal(0.0, 1.0)}),
            lambda t, y: (-((t - y) ** 2), jnp.asarray(True)),
            np.zeros((2, 1)),
            random_walk_smc.Walkers(8, 2, 2),
            1,
            Run(tmp_path, stop=lambda: True),
            belongs={"wrong_noise": noise},
        )

    assert walk(1.0) is None
    with pytest.raises(CheckpointError, match=r"wrong_noise was 1\.0, is 0\.5"):
        walk(0.5)
