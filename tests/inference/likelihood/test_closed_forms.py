"""Closed forms for scales and offsets against SciPy's dense normals and quadrature."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import integrate, stats

from inference.likelihood.closed_forms import Affine, draw, marginal_total

RNG = np.random.default_rng(0)
X = np.array([1.0, 2.0, 4.0, 3.0, 0.5, 2.5])
Y = 1.7 * X + 0.4 + 0.2 * RNG.standard_normal(6)
SD = np.array([0.2, 0.2, 0.3, 0.2, 0.1, 0.2])
MEAN, PRIOR = np.array([1.0, 0.0]), np.array([2.0, 0.5])


def scale_and_offset(x=X) -> Affine:
    """y = s x + o, normal noise."""
    return Affine(jnp.asarray(Y), jnp.stack([jnp.asarray(x), jnp.ones(6)], 1), jnp.asarray(SD))


def pure_scale() -> Affine:
    """ln y = ln s + ln x, normal noise on ln."""
    return Affine(jnp.log(Y) - jnp.log(X), jnp.ones((6, 1)), 0.1 * jnp.ones(6))


def test_the_marginal_likelihood_is_the_dense_normal_s():
    design = np.stack([X, np.ones(6)], 1)
    dense = stats.multivariate_normal(design @ MEAN, np.diag(SD**2) + design @ np.diag(PRIOR**2) @ design.T)
    found = marginal_total(scale_and_offset(), jnp.asarray(MEAN), jnp.asarray(PRIOR))
    assert float(found) == pytest.approx(dense.logpdf(Y), rel=1e-12)


def test_a_scale_under_log_normal_noise_integrates_out_as_by_quadrature():
    def joint(ln_s):
        return np.exp(
            stats.norm(ln_s + np.log(X), 0.1).logpdf(np.log(Y)).sum() + stats.norm(0.3, 0.8).logpdf(ln_s)
        )

    truth, _ = integrate.quad(joint, -0.5, 1.7, points=[0.6], epsabs=0)
    found = marginal_total(pure_scale(), jnp.array([0.3]), jnp.array([0.8]))
    assert float(found) == pytest.approx(np.log(truth), abs=1e-8)


def test_draws_given_the_parameters_have_the_conditional_moments():
    a = scale_and_offset()
    b = np.asarray(
        jax.vmap(lambda k: draw(k, a, jnp.asarray(MEAN), jnp.asarray(PRIOR)))(
            jax.random.split(jax.random.PRNGKey(0), 20_000)
        )
    )
    design = np.stack([X, np.ones(6)], 1) / SD[:, None]
    covariance = np.linalg.inv(design.T @ design + np.diag(PRIOR**-2.0))
    mean = covariance @ (design.T @ (Y / SD) + MEAN / PRIOR**2)
    np.testing.assert_array_less(np.abs(b.mean(0) - mean), 4.5 * np.sqrt(np.diag(covariance) / 20_000))
    np.testing.assert_allclose(np.cov(b.T), covariance, rtol=0.05, atol=1e-5)


def test_gradients_pass_through_the_marginal():
    def total(rate):
        return marginal_total(scale_and_offset(jnp.exp(-rate * X)), jnp.asarray(MEAN), jnp.asarray(PRIOR))

    apart = (total(0.3 + 1e-5) - total(0.3 - 1e-5)) / 2e-5
    assert float(jax.grad(total)(0.3)) == pytest.approx(float(apart), rel=1e-6)


def test_a_marginal_density_agrees_with_numpyro_s_low_rank_normal():
    design = np.stack([X, np.ones(6)], 1)
    dense = dist.LowRankMultivariateNormal(design @ MEAN, jnp.asarray(design * PRIOR), jnp.asarray(SD**2))
    found = marginal_total(scale_and_offset(), jnp.asarray(MEAN), jnp.asarray(PRIOR))
    assert float(found) == pytest.approx(float(dense.log_prob(Y)), rel=1e-10)
