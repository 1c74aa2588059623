"""Closed forms for scales and offsets against SciPy's dense normals, quadrature and searches."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import integrate, optimize, stats

from inference.likelihood.closed_forms import (
    Affine,
    NuisanceError,
    affine,
    draw,
    marginal_log_likelihood,
    marginal_total,
    profiled,
    profiled_noise,
    require_affine,
)

RNG = np.random.default_rng(0)
X = np.array([1.0, 2.0, 4.0, 3.0, 0.5, 2.5])
Y = 1.7 * X + 0.4 + 0.2 * RNG.standard_normal(6)
SD = np.array([0.2, 0.2, 0.3, 0.2, 0.1, 0.2])
MEAN, PRIOR = np.array([1.0, 0.0]), np.array([2.0, 0.5])


def scale_and_offset() -> Affine:
    """y = s x + o, normal noise."""
    return affine(lambda b: Y - (b[0] * X + b[1]), 2, jnp.asarray(SD))


def pure_scale() -> Affine:
    """ln y = ln s + ln x, normal noise on ln."""
    return affine(lambda b: jnp.log(Y) - (b[0] + jnp.log(X)), 1, jnp.asarray(0.1 * np.ones(6)))


def test_the_marginal_likelihood_is_the_dense_normal_s():
    design = np.stack([X, np.ones(6)], 1)
    dense = stats.multivariate_normal(design @ MEAN, np.diag(SD**2) + design @ np.diag(PRIOR**2) @ design.T)
    terms = marginal_log_likelihood(scale_and_offset(), jnp.asarray(MEAN), jnp.asarray(PRIOR))
    assert float(terms.sum()) == pytest.approx(dense.logpdf(Y), rel=1e-12)
    in_one_piece = marginal_total(scale_and_offset(), jnp.asarray(MEAN), jnp.asarray(PRIOR))
    assert float(in_one_piece) == pytest.approx(dense.logpdf(Y), rel=1e-12)
    # the first term is the first measurement's own marginal
    first = stats.norm(design[0] @ MEAN, np.sqrt(SD[0] ** 2 + design[0] ** 2 @ PRIOR**2)).logpdf(Y[0])
    assert float(terms[0]) == pytest.approx(first)


def test_a_scale_under_log_normal_noise_integrates_out_as_by_quadrature():
    def joint(ln_s):
        return np.exp(
            stats.norm(ln_s + np.log(X), 0.1).logpdf(np.log(Y)).sum() + stats.norm(0.3, 0.8).logpdf(ln_s)
        )

    truth, _ = integrate.quad(joint, -0.5, 1.7, points=[0.6], epsabs=0)
    terms = marginal_log_likelihood(pure_scale(), jnp.array([0.3]), jnp.array([0.8]))
    assert float(terms.sum()) == pytest.approx(np.log(truth), abs=1e-8)


def test_the_profiled_scale_and_offset_are_those_of_a_search():
    best, terms = profiled(scale_and_offset())
    searched = optimize.minimize(
        lambda b: -stats.norm(b[0] * X + b[1], SD).logpdf(Y).sum(), [1.0, 0.0], options={"gtol": 1e-8}
    )
    np.testing.assert_allclose(best, searched.x, atol=1e-5)
    assert float(terms.sum()) == pytest.approx(-searched.fun)


def test_the_profiled_noise_is_the_best_common_factor():
    factor, best = profiled_noise(scale_and_offset())

    def value(v):
        return -stats.norm(v[0] * X + v[1], np.exp(v[2]) * SD).logpdf(Y).sum()

    searched = optimize.minimize(value, [1.0, 0.0, 0.0], options={"gtol": 1e-8}).x
    np.testing.assert_allclose([*best, np.log(factor)], searched, atol=1e-4)


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
        x = jnp.exp(-rate * X)
        a = affine(lambda b: Y - (b[0] * x + b[1]), 2, jnp.asarray(SD))
        return marginal_log_likelihood(a, jnp.asarray(MEAN), jnp.asarray(PRIOR)).sum()

    apart = (total(0.3 + 1e-5) - total(0.3 - 1e-5)) / 2e-5
    assert float(jax.grad(total)(0.3)) == pytest.approx(float(apart), rel=1e-6)


def test_a_bending_parameter_is_refused_by_name():
    with pytest.raises(NuisanceError, match="hill"):
        require_affine(lambda b: Y - (b[0] + X ** b[1]), 2, ["offset", "hill"])
    require_affine(lambda b: Y - (b[0] * X + b[1]), 2, ["scale", "offset"])


def test_a_marginal_density_agrees_with_numpyro_s_low_rank_normal():
    design = np.stack([X, np.ones(6)], 1)
    dense = dist.LowRankMultivariateNormal(design @ MEAN, jnp.asarray(design * PRIOR), jnp.asarray(SD**2))
    terms = marginal_log_likelihood(scale_and_offset(), jnp.asarray(MEAN), jnp.asarray(PRIOR))
    assert float(terms.sum()) == pytest.approx(float(dense.log_prob(Y)), rel=1e-10)
