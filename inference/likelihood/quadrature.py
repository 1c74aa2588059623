"""Blanks and noises of instruments integrated out of a likelihood by Gauss-Legendre quadrature.

An instrument is a set of measurements with at most one pure shift (a scale on the logarithm), one parameter
`bend` that moves their locations in another way (a blank) and one `noise` that only moves their spread. None
of the three reaches the cells, so their integral needs no further solve:

    p(y | theta) = int int N(y; location(bend), noise, shift integrated in closed form)
                   p(bend) p(noise) dbend dnoise.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from inference.study.study import Unknown

FINE = 512  # equal cells from which a draw is taken; some fifty to the narrowest posterior met here
# enough for a posterior as narrow as a thirtieth of the range between the bounds; measured for every draw
BEND_NODES = 64


@dataclass(frozen=True)
class Axis:
    """One parameter (position among the unknowns, None if there is none) on Gauss-Legendre nodes and on equal
    cells.

    `value`, `cell`: its values; `log_weight`, `log_mass`: ln of prior density times width there.
    """

    unknown: int | None
    value: np.ndarray
    log_weight: np.ndarray
    cell: np.ndarray
    log_mass: np.ndarray


@dataclass(frozen=True)
class Instrument:
    """Measurements (`rows`), the shift they share (position among the unknowns, or None), their blank and
    their noise.
    """

    rows: np.ndarray
    shift: int | None
    bend: Axis
    noise: Axis


NONE = Axis(None, np.full(1, np.nan), np.zeros(1), np.full(1, np.nan), np.zeros(1))


def axis(position: int, unknown: Unknown, nodes: int) -> Axis:
    """Nodes and cells between the bounds, on the logarithm if those are positive."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    middles = (np.arange(FINE) + 0.5) / FINE
    return Axis(
        position,
        *_weighed(unknown, 0.5 * (x + 1), 0.5 * w),
        *_weighed(unknown, middles, np.full(FINE, 1 / FINE)),
    )


def noise_nodes(unknown: Unknown, measurements: int) -> int:
    """Nodes for a noise: the logarithm of a sd is known to 1/sqrt(2 n) from n values, if the fit leaves no
    doubt.
    """
    low, high = span(unknown)
    return int(np.ceil(1.3 * (high - low) * np.sqrt(2 * measurements))) + 16


def span(unknown: Unknown) -> tuple[float, float]:
    """The bounds on the scale of the nodes."""
    low, high = unknown.prior.lower, unknown.prior.upper
    return (float(np.log(low)), float(np.log(high))) if low > 0 else (low, high)


def at(unknown: Unknown, share: Float[Array, "..."]) -> Float[Array, "..."]:
    """The value that lies `share` of the way from the lower to the upper bound, on the scale of the nodes."""
    low, high = span(unknown)
    inside = low + (high - low) * share
    return jnp.exp(inside) if unknown.prior.lower > 0 else inside


def _weighed(unknown: Unknown, share: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = span(unknown)
    value = np.asarray(at(unknown, jnp.asarray(share)))
    density = np.asarray(unknown.prior.distribution().log_prob(jnp.asarray(value)))
    jacobian = np.log(value) if unknown.prior.lower > 0 else 0.0
    return value, density + jacobian + np.log(width * (high - low))


def log_likelihoods(
    residual: Float[Array, "bend row"],
    sd: Float[Array, "noise row"],
    move: Float[Array, " row"],
    spread: float,
) -> Float[Array, "bend noise"]:
    """ln p(rows | bend, noise) with the shift integrated out.

    Args:
        residual: measured less predicted with the shift at its prior mean, on the scale on which the noise is
            normal.
        sd: of the noise there.
        move: how far the prediction moves with one unit of the shift; zeros where there is none.
        spread: sd of the shift's normal prior.
    """
    weight = sd**-2
    squares = residual**2 @ weight.T
    along = (residual * move) @ weight.T
    precision = weight @ move**2 + spread**-2
    logs = (
        jnp.sum(jnp.log(sd), axis=1)
        + 0.5 * jnp.log(spread**2 * precision)
        + 0.5 * residual.shape[1] * jnp.log(2 * jnp.pi)
    )
    return -0.5 * (squares - along**2 / precision) - logs


def draw_cell(key: Array, log_mass: Float[Array, " cell"]) -> Float[Array, ""]:
    """How far along an axis of equal cells a draw lies (0 to 1): a cell by its mass, anywhere in it."""
    which, where = jax.random.split(key)
    return (jax.random.categorical(which, log_mass) + jax.random.uniform(where)) / log_mass.shape[0]


def draw_shift(
    key: Array,
    residual: Float[Array, " row"],
    sd: Float[Array, " row"],
    move: Float[Array, " row"],
    spread: float,
) -> Float[Array, ""]:
    """A draw of the shift, less its prior mean, given the rest; arguments as in `log_likelihoods`."""
    precision = jnp.sum((move / sd) ** 2) + spread**-2
    return jnp.sum(residual * move / sd**2) / precision + jax.random.normal(key) / jnp.sqrt(precision)
