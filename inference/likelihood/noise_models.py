"""How a measured value scatters around its predicted location: densities, and probabilities below a detection
limit.
"""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax.scipy.special import betainc, gammaln
from jax.scipy.stats import norm
from jaxtyping import Array, Float

Numbers = Float[Array, " measurement"]

# family -> logarithm of the measured value on which the error is symmetric (1: none; else the base in ln)
_LN10 = 2.302585092994046
FAMILIES: dict[str, tuple[str, float]] = {
    "normal": ("normal", 0.0),
    "log-normal": ("normal", 1.0),
    "log10-normal": ("normal", _LN10),
    "laplace": ("laplace", 0.0),
    "log-laplace": ("laplace", 1.0),
    "log10-laplace": ("laplace", _LN10),
}


def on_scale(family: str, value: Float[Array, "..."]) -> Float[Array, "..."]:
    """The value on the scale on which the error of the family is symmetric: itself, ln or log10."""
    base = FAMILIES[family][1]
    return value if base == 0.0 else jnp.log(value) / base


def log_density(
    family: str,
    degrees: float | None,
    value: Numbers,
    location: Numbers,
    scale: Numbers,
) -> Numbers:
    """Log density of measured values, with respect to the value itself (so with -ln y for errors on ln y).

    Args:
        family: one of `FAMILIES`.
        degrees: degrees of freedom, for a Student-t in place of the normal; None for the family itself.
        value: as measured.
        location: predicted, on the scale of the family (`on_scale`).
        scale: sd of the normal, scale of Laplace and Student-t, on the scale of the family.
    """
    shape, base = FAMILIES[family]
    z = (on_scale(family, value) - location) / scale
    jacobian = jnp.log(value * base) if base else 0.0
    return _densities(shape, degrees)(z) - jnp.log(scale) - jacobian


def log_share_below(
    family: str,
    degrees: float | None,
    value: Numbers,
    location: Numbers,
    scale: Numbers,
) -> Numbers:
    """Log probability of a value below `value` (a detection limit); arguments as in `log_density`."""
    z = (on_scale(family, value) - location) / scale
    return _log_cdf(FAMILIES[family][0], degrees, z)


def log_share_above(
    family: str,
    degrees: float | None,
    value: Numbers,
    location: Numbers,
    scale: Numbers,
) -> Numbers:
    """Log probability of a value above `value` (saturation); every family is symmetric on its scale."""
    z = (on_scale(family, value) - location) / scale
    return _log_cdf(FAMILIES[family][0], degrees, -z)


def _densities(shape: str, degrees: float | None) -> Callable[[Array], Array]:
    if degrees is not None:
        half = 0.5 * (degrees + 1.0)
        constant = gammaln(half) - gammaln(0.5 * degrees) - 0.5 * jnp.log(degrees * jnp.pi)
        return lambda z: constant - half * jnp.log1p(z**2 / degrees)
    if shape == "laplace":
        return lambda z: -jnp.abs(z) - jnp.log(2.0)
    return norm.logpdf


def _log_cdf(
    shape: str, degrees: float | None, z: Float[Array, " measurement"]
) -> Float[Array, " measurement"]:
    if degrees is not None:
        tail = 0.5 * betainc(0.5 * degrees, 0.5, degrees / (degrees + z**2))
        return jnp.log(jnp.where(z < 0, tail, 1.0 - tail))
    if shape == "laplace":
        low = jnp.minimum(z, 0.0)
        return jnp.where(z < 0, low - jnp.log(2.0), jnp.log1p(-0.5 * jnp.exp(-jnp.maximum(z, 0.0))))
    return norm.logcdf(z)
