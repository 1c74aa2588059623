"""Scales and offsets taken out of a posterior in closed form.

On the scale of its noise a measurement is often affine in parameters that belong to the instrument alone: ln
y = ln s + ln x for a pure scale under log-normal noise, y = s x + o for a scale and an offset under normal
noise:

    r = A b + e,   e ~ N(0, diag(sd^2)),   b ~ N(mean, prior_sd^2),

with r = y - location at b = 0. Then b is marginalised (integrated
out, Gelman et al., Bayesian Data Analysis, ch. 14), inside any sampler and without another solve, and drawn
afterwards from its normal conditional.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Float


class Affine(eqx.Module):
    """r = A b + e at one parameter vector: `residual` r at b = 0, `design` A, `sd` of e."""

    residual: Float[Array, " measurement"]
    design: Float[Array, "measurement nuisance"]
    sd: Float[Array, " measurement"]


def _posterior(a: Affine, mean: Array, prior_sd: Array) -> tuple[Array, Array]:
    """Cholesky factor of the precision of b given the data, and its mean."""
    scaled = a.design / a.sd[:, None]
    precision = scaled.T @ scaled + jnp.diag(prior_sd**-2)
    root = jnp.linalg.cholesky(precision)
    return root, cho_solve((root, True), scaled.T @ (a.residual / a.sd) + mean / prior_sd**2)


def marginal_total(
    a: Affine, mean: Float[Array, " nuisance"], prior_sd: Float[Array, " nuisance"]
) -> Float[Array, ""]:
    """ln p(y | theta) with b integrated out.

    ln p(y | b) + ln p(b) at the best b, less ln det of the precision there / 2 (Gaussian integral).
    """
    root, best = _posterior(a, mean, prior_sd)
    off, drawn = (a.residual - a.design @ best) / a.sd, (best - mean) / prior_sd
    logs = jnp.sum(jnp.log(a.sd)) + jnp.sum(jnp.log(prior_sd)) + jnp.sum(jnp.log(jnp.diagonal(root)))
    return -0.5 * (jnp.sum(off**2) + jnp.sum(drawn**2) + a.residual.shape[0] * jnp.log(2 * jnp.pi)) - logs


def draw(
    key: Array, a: Affine, mean: Float[Array, " nuisance"], prior_sd: Float[Array, " nuisance"]
) -> Float[Array, " nuisance"]:
    """One draw of b given data and parameters: put it beside each draw of a marginalised posterior."""
    root, centre = _posterior(a, mean, prior_sd)
    return centre + solve_triangular(root.T, jax.random.normal(key, centre.shape), lower=False)
