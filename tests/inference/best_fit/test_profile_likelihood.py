"""Profiles against algebra and SciPy; ends of searches grouped."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import optimize
from scipy.stats import chi2

from inference.best_fit.modes import laplace, search
from inference.best_fit.profile_likelihood import intervals, labelled, likelihood_of, profiles, waterfall
from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Priors, Problem

TIME = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
SEEN = np.array([8.1, 6.9, 4.1, 1.9, 0.3])


def decay(theta):
    """Amplitude, rate, error: y = a exp(-k t) + noise."""
    return dist.Normal(theta[0] * jnp.exp(-theta[1] * TIME), theta[2]).log_prob(SEEN), jnp.asarray(True)


PROBLEM = Problem(
    Priors({"a": dist.LogNormal(2.0, 1.0), "k": dist.LogNormal(-1.0, 1.0), "sd": dist.LogNormal(-1.0, 1.0)}),
    decay,
)
SETTINGS = {"points": 8, "reach": 4.0, "max_steps": 60, "tolerance": 1e-7}


@pytest.fixture(scope="module")
def fitted():
    z, _ = search(
        Batch(Problem(PROBLEM.priors, decay), 1), jnp.array([[2.0, -1.0, -1.0]]), max_steps=60, tolerance=1e-9
    )
    return z[0], laplace(Batch(PROBLEM, 1), z[0])


def test_the_profile_of_a_normal_density_is_its_marginal_parabola():
    root = np.array([[1.0, 0, 0], [0.8, 0.3, 0], [-2.0, 0.1, 4.0]])
    covariance, centre = root @ root.T, np.array([1.0, -2.0, 0.3])
    precision = jnp.asarray(np.linalg.inv(covariance))
    rough = covariance * 1.4 + 0.1 * np.eye(3)  # the metric sets the steps, not the result
    found = profiles(
        lambda z: 0.5 * (z - centre) @ precision @ (z - centre),
        centre,
        rough,
        points=5,
        reach=3.0,
        max_steps=60,
        tolerance=1e-9,
    )
    away = found.held - centre[:, None]
    np.testing.assert_allclose(found.value, away**2 / (2 * np.diag(covariance)[:, None]), atol=1e-6)
    half = np.sqrt(chi2(1).ppf(0.95) * np.diag(covariance))
    np.testing.assert_allclose(intervals(found), np.stack([centre - half, centre + half], -1), rtol=1e-4)


def test_the_profiles_of_a_decay_are_those_of_scipy(fitted):
    best, covariance = fitted
    found = profiles(PROBLEM.potential, best, covariance, **SETTINGS)
    value = jax.jit(PROBLEM.potential)
    for i in range(3):
        for k in (0, 4, 12, 16):
            others = [j for j in range(3) if j != i]

            def held(rest, i=i, k=k, others=others):
                z = np.empty(3)
                z[i], z[others] = found.held[i, k], rest
                return float(value(z))

            by_scipy = optimize.minimize(
                held, best[others], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10}
            ).fun
            assert found.value[i, k] == pytest.approx(by_scipy, abs=1e-5)
        assert np.all(found.z[i, :, i] == found.held[i])


def test_a_likelihood_profile_leaves_the_prior_out(fitted):
    z, _ = fitted
    terms, _ = decay(PROBLEM.priors.constrain(jnp.asarray(z)))
    assert float(likelihood_of(PROBLEM)(jnp.asarray(z))) == pytest.approx(-float(terms.sum()))


def test_a_product_alone_identifies_neither_factor():
    problem = Problem(
        Priors({"a": dist.LogNormal(0.0, 3.0), "b": dist.LogNormal(0.0, 3.0)}),
        lambda t: (dist.Normal(t[0] * t[1], 0.1).log_prob(jnp.array([2.0, 2.1])), jnp.asarray(True)),
    )
    z, _ = search(Batch(problem, 1), jnp.array([[0.3, 0.3]]), max_steps=60, tolerance=1e-8)
    found = profiles(
        likelihood_of(problem),
        z[0],
        laplace(Batch(problem, 1), z[0]),
        points=4,
        reach=3.0,
        max_steps=60,
        tolerance=1e-7,
    )
    table = labelled(problem, problem.names, found)
    assert not table["identified"].any()
    assert np.isnan(table["low"]).all()
    np.testing.assert_allclose(table["rise"], 0.0, atol=1e-5)


def test_labels_are_in_the_parameters_own_units(fitted):
    best, covariance = fitted
    table = labelled(PROBLEM, PROBLEM.names, profiles(PROBLEM.potential, best, covariance, **SETTINGS))
    np.testing.assert_allclose(table["value"].sel(parameter="k", point=8), np.exp(best[1]))
    assert float(table["low"].sel(parameter="k")) < np.exp(best[1]) < float(table["high"].sel(parameter="k"))
    assert table["identified"].all()


def test_ends_of_searches_fall_into_clusters():
    z = np.array([[0.0, 0], [1, 1], [0, 1e-3], [5, 5], [1, 1.1], [9, 9]])
    found = waterfall(z, np.array([10.0, 12.0, 10.01, np.inf, 12.05, 17.0]))
    assert found["cluster"].values.tolist() == [0, 0, 1, 1, 2, -1]
    assert found.attrs == {"found_best": 2, "failed": 1}
    np.testing.assert_allclose(found["spread"], [1e-3, 0.1, 0.0])
