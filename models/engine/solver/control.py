"""Size of an error and of the next step."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from models.engine.arithmetic.logarithm import log
from models.engine.solver.sparse_lu import Scalars
from models.engine.solver.tableau import Tableau

SAFETY, SHRINK, GROW = 0.9, 0.2, 6.0  # Hairer & Wanner II, IV.8: FACL = 5, FACR = 1/6


def error_size(y: Scalars, new: Scalars, error: Scalars, rtol: Any, atol: Any) -> Any:
    """Root mean square of the error in units of atol + rtol |y|; 1 is just acceptable, not finite
    counts as 1000.
    """
    total = 0.0
    for u, v, e, a in zip(y, new, error, atol, strict=True):
        total = total + jnp.square(e / (a + rtol * jnp.maximum(jnp.abs(u), jnp.abs(v))))
    size = jnp.sqrt(total / len(y))
    return jnp.where(jnp.isfinite(size), size, 1e3)


def next_step(tableau: Tableau, h: Any, size: Any) -> Any:
    """Step that would make the error just acceptable, with a margin, and not too different from the last."""
    factor = SAFETY * jnp.exp(log(jnp.maximum(size, 1e-10)) * (-1.0 / (tableau.embedded_order + 1)))
    return h * jnp.clip(factor, SHRINK, GROW)


def first_step(y: Scalars, f: Scalars, rtol: Any, atol: Any) -> Any:
    """A small step for a fresh start: 1 % of the time in which the state would change by its own size.

    The first half of the rule of Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, II.4.
    """
    level, speed = 0.0, 0.0
    for u, v, a in zip(y, f, atol, strict=True):
        scale = 1.0 / (a + rtol * jnp.abs(u))
        level = level + jnp.square(u * scale)
        speed = speed + jnp.square(v * scale)
    guess = 0.01 * jnp.sqrt(level / jnp.maximum(speed, 1e-30))
    return jnp.where((level < 1e-10) | (speed < 1e-10), 1e-6, jnp.minimum(guess, 1e6))
