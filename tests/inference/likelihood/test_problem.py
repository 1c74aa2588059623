"""The posterior on unconstrained numbers, its mode and the normal approximation, against algebra
and SciPy.
"""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
import scipy.stats
from numpyro.infer.util import log_density

from inference.best_fit.modes import laplace, search, starting_points
from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Priors, Problem


def linear_problem() -> tuple[Problem, np.ndarray, np.ndarray]:
    """y = A x + noise(0.5), x ~ N(0, 2): posterior known in closed form."""
    rng = np.random.default_rng(3)
    design, truth = rng.normal(size=(9, 3)), np.array([0.5, -1.0, 2.0])
    y = design @ truth + 0.5 * rng.normal(size=9)
    precision = design.T @ design / 0.25 + np.eye(3) / 4
    problem = Problem(
        Priors({n: dist.Normal(0.0, 2.0) for n in "abc"}),
        lambda x: (-0.5 * ((y - design @ x) / 0.5) ** 2, jnp.asarray(True)),
    )
    return problem, np.linalg.solve(precision, design.T @ y / 0.25), np.linalg.inv(precision)


def test_mode_and_covariance_of_a_linear_model_are_the_closed_form() -> None:
    problem, mean, covariance = linear_problem()
    z, potential = search(
        Batch(problem, 4),
        starting_points(problem.priors, jax.random.PRNGKey(0), 4),
        max_steps=100,
        tolerance=1e-12,
    )
    np.testing.assert_allclose(
        z, np.tile(mean, (4, 1)), atol=1e-5
    )  # the search's own tolerance, a flat minimum
    assert np.all(np.diff(potential) >= 0)
    np.testing.assert_allclose(
        laplace(Batch(problem, 4), z[0]), covariance, rtol=1e-6
    )  # quadratic: differences are exact


PRIORS = {
    "rate": (dist.LogNormal(0.3, 0.7), scipy.stats.lognorm(0.7, scale=np.exp(0.3)), 1.7),
    "share": (dist.Beta(1.0, 2.0), scipy.stats.beta(1, 2), 0.3),
    "fold": (dist.HalfNormal(2.0), scipy.stats.halfnorm(scale=2.0), 0.8),
    "shift": (dist.Normal(1.0, 3.0), scipy.stats.norm(1.0, 3.0), -2.0),
}


def test_prior_densities_are_scipy_s() -> None:
    priors = Priors({n: p for n, (p, _, _) in PRIORS.items()})
    theta = jnp.asarray([x for *_, x in PRIORS.values()])
    expected = [other.logpdf(x) for _, other, x in PRIORS.values()]
    np.testing.assert_allclose(priors.log_density(theta), expected, rtol=1e-12)


def test_constraining_undoes_unconstraining_and_its_log_determinant_is_that_of_the_jacobian() -> None:
    priors = Priors({n: p for n, (p, _, _) in PRIORS.items()})
    theta = jnp.asarray([x for *_, x in PRIORS.values()])
    z = priors.unconstrain(theta)
    np.testing.assert_allclose(priors.constrain(z), theta, rtol=1e-12)
    jacobian = jax.jacfwd(priors.constrain)(z)
    expected = sum(priors.log_density(theta)) + np.linalg.slogdet(np.asarray(jacobian))[1]
    assert float(priors.log_density_unconstrained(z)) == pytest.approx(float(expected), rel=1e-12)


def test_the_numpyro_model_has_the_same_density() -> None:
    problem, *_ = linear_problem()
    x = jnp.asarray([0.2, -0.4, 1.0])
    density, _ = log_density(problem.model, (), {}, dict(zip(problem.names, x, strict=True)))
    assert float(density) == pytest.approx(-float(problem.potential(x)), rel=1e-12)


def test_an_unsolvable_point_is_outside_the_posterior_and_stops_nobody() -> None:
    problem = Problem(Priors({"x": dist.Normal(0.0, 1.0)}), lambda x: (-(x**2), x[0] < 1.0))
    values = jax.vmap(problem.potential)(jnp.asarray([[0.5], [2.0]]))
    assert np.isfinite(values[0])
    assert np.isposinf(values[1])
    with numpyro.handlers.seed(rng_seed=0):
        problem.model()
