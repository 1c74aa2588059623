"""Scales and offsets taken out of a posterior in closed form.

On the scale of its noise a measurement is often affine in parameters that belong to the instrument alone: ln
y = ln s + ln x for a pure scale under log-normal noise, y = s x + o for a scale and an offset under normal
noise:

    r = A b + e,   e ~ N(0, diag(sd^2)),   b ~ N(mean, prior_sd^2),

with r = y - location at b = 0. Then b can be profiled (its best value inserted) or marginalised (integrated
out, Gelman et al., Bayesian Data Analysis, ch. 14), inside any sampler and without another solve, and drawn
afterwards from its normal conditional.
"""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Float

Residual = Callable[[Float[Array, " nuisance"]], Float[Array, " measurement"]]


class Affine(eqx.Module):
    """r = A b + e at one parameter vector: `residual` r at b = 0, `design` A, `sd` of e."""

    residual: Float[Array, " measurement"]
    design: Float[Array, "measurement nuisance"]
    sd: Float[Array, " measurement"]


class NuisanceError(ValueError):
    """Something that is not affine: place, finding, remedy."""


def affine(residual: Residual, count: int, sd: Float[Array, " measurement"]) -> Affine:
    """Read r and A off a function b -> y - location(b) that is affine in b (see `require_affine`)."""
    zero = jnp.zeros(count)
    return Affine(residual(zero), -jax.jacfwd(residual)(zero), sd)


def require_affine(residual: Residual, count: int, names: list[str], *, seed: int = 0) -> None:
    """Raise `NuisanceError` if a location bends in a nuisance parameter, or two of them multiply each
    other.
    """
    rng = np.random.default_rng(seed)
    at = jax.jit(jax.vmap(jax.jacfwd(residual)))(jnp.asarray(rng.normal(size=(4, count))))
    bent = np.abs(np.asarray(at - at[:1])).max(axis=(0, 1)) > 1e-8 * (1 + np.abs(np.asarray(at)).max())
    if bent.any():
        named = ", ".join(n for n, b in zip(names, bent, strict=True) if b)
        raise NuisanceError(f"{named}: the predictions are not affine in it: keep it among the unknowns")


def _posterior(a: Affine, mean: Array, prior_sd: Array) -> tuple[Array, Array]:
    """Cholesky factor of the precision of b given the data, and its mean."""
    scaled = a.design / a.sd[:, None]
    precision = scaled.T @ scaled + jnp.diag(prior_sd**-2)
    root = jnp.linalg.cholesky(precision)
    return root, cho_solve((root, True), scaled.T @ (a.residual / a.sd) + mean / prior_sd**2)


def marginal_log_likelihood(
    a: Affine,
    mean: Float[Array, " nuisance"],
    prior_sd: Float[Array, " nuisance"],
) -> Float[Array, " measurement"]:
    """ln p(y_i | y_1 ... y_(i-1), theta) of each measurement with b integrated out; their sum is ln p(y |
    theta).

    Each step is a rank-one update (a Kalman filter with a constant state), so no matrix of the size of the
    data arises.
    """

    def step(
        carry: tuple[Array, Array], row: tuple[Array, Array, Array]
    ) -> tuple[tuple[Array, Array], Array]:
        b, covariance = carry
        r, design, sd = row
        gain = covariance @ design
        variance = design @ gain + sd**2
        off = r - design @ b
        term = -0.5 * (off**2 / variance + jnp.log(2 * jnp.pi * variance))
        return (b + gain * off / variance, covariance - jnp.outer(gain, gain) / variance), term

    _, terms = jax.lax.scan(step, (mean, jnp.diag(prior_sd**2)), (a.residual, a.design, a.sd))
    return terms


def marginal_total(
    a: Affine, mean: Float[Array, " nuisance"], prior_sd: Float[Array, " nuisance"]
) -> Float[Array, ""]:
    """ln p(y | theta) with b integrated out: the sum of the terms above in one piece, for samplers.

    ln p(y | b) + ln p(b) at the best b, less ln det of the precision there / 2 (Gaussian integral).
    """
    root, best = _posterior(a, mean, prior_sd)
    off, drawn = (a.residual - a.design @ best) / a.sd, (best - mean) / prior_sd
    logs = jnp.sum(jnp.log(a.sd)) + jnp.sum(jnp.log(prior_sd)) + jnp.sum(jnp.log(jnp.diagonal(root)))
    return -0.5 * (jnp.sum(off**2) + jnp.sum(drawn**2) + a.residual.shape[0] * jnp.log(2 * jnp.pi)) - logs


def profiled(a: Affine) -> tuple[Float[Array, " nuisance"], Float[Array, " measurement"]]:
    """The b that fits best (weighted least squares), and the log density of each measurement with it."""
    scaled = a.design / a.sd[:, None]
    best = jnp.linalg.lstsq(scaled, a.residual / a.sd)[0]
    off = (a.residual - a.design @ best) / a.sd
    return best, -0.5 * off**2 - jnp.log(a.sd) - 0.5 * jnp.log(2 * jnp.pi)


def profiled_noise(a: Affine) -> tuple[Float[Array, ""], Float[Array, " nuisance"]]:
    """Best common factor of `sd` together with the best b: the root mean square of the standardised
    residuals.
    """
    best, _ = profiled(a)
    return jnp.sqrt(jnp.mean(((a.residual - a.design @ best) / a.sd) ** 2)), best


def draw(
    key: Array, a: Affine, mean: Float[Array, " nuisance"], prior_sd: Float[Array, " nuisance"]
) -> Float[Array, " nuisance"]:
    """One draw of b given data and parameters: put it beside each draw of a marginalised posterior."""
    root, centre = _posterior(a, mean, prior_sd)
    return centre + solve_triangular(root.T, jax.random.normal(key, centre.shape), lower=False)
