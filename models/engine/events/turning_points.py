"""What a step may hide: a quantity that crosses zero and back between two of the points that are looked at.

Through three neighbouring points goes a parabola. Where it turns beyond zero, or near to it, the quantity is
looked at there too. And where a point between does not lie on the parabola, the points are too few to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

NEAR = 0.1  # of what the parabola bends over one distance of points: by so much its turn may be mistaken
ROUGH = 0.1  # of what the quantity varies over the step: by so much a point between may be off
NOISE = 1e-9
CLOSER = (0.1, 0.01)  # distances at which a turn is looked at again
BETWEEN = 0.47  # of a distance: where the points between lie, on no grid of a period


def hidden_turn(
    quantities: Callable[[Any], Float[Array, "part lane"]], looks: int, like: Float[Array, " lane"]
) -> tuple[Float[Array, " lane"], Bool[Array, " lane"], Bool[Array, " lane"]]:
    """Where in a step a quantity may have crossed zero and come back.

    Args:
        quantities: share of the step -> quantities, of which each crosses zero where something changes.
        looks: number of distances between the points that were looked at.
        like: any array over the lanes.

    Returns:
        The share of the step, whether there is such a one, and whether the points are too few to say.
    """
    at = [quantities(jnp.full_like(like, i / looks)) for i in range(looks + 1)]
    between = [quantities(jnp.full_like(like, (i + BETWEEN) / looks)) for i in range(looks)]
    r, lanes = jnp.stack(at), jnp.arange(like.shape[0])  # (point, part, lane)
    before, here, after = r[:-2], r[1:-1], r[2:]
    turn, depth = _turn(before, here, after)
    depth = depth.reshape(-1, len(lanes))
    best = jnp.argmin(depth, 0)
    where = (best // r.shape[1] + 1 + turn.reshape(-1, len(lanes))[best, lanes]) / looks
    suspected = depth[best, lanes] < NEAR
    for width in CLOSER:
        near = width / looks
        middle = jnp.clip(where, near, 1.0 - near)
        three = (quantities(middle + k * near)[best % r.shape[1], lanes] for k in (-1, 0, 1))
        step, found = _turn(*three)
        where = jnp.where(jnp.isfinite(found), middle + step * near, where)
    slope, bend = 0.5 * (after - before), before - 2 * here + after
    first, later = (here[:1], slope[:1], bend[:1]), (here, slope, bend)
    fit = [a + b * x + 0.5 * c * x**2 for x, (a, b, c) in ((BETWEEN - 1, first), (BETWEEN, later))]
    off = jnp.max(jnp.abs(jnp.stack(between) - jnp.concatenate(fit)), 0)
    rough = off > ROUGH * (jnp.max(r, 0) - jnp.min(r, 0)) + NOISE * jnp.max(jnp.abs(r), 0)
    return jnp.clip(where, 0.0, 1.0), suspected, jnp.any(rough, 0)


def _turn(before: Any, here: Any, after: Any) -> tuple[Any, Any]:
    """Where a parabola through three points turns, in their distances, and how far from zero on their side,
    in what it bends over one distance; +inf where it does not turn between them towards zero.
    """
    bend, slope = before - 2 * here + after, 0.5 * (after - before)
    safe = jnp.where(bend == 0, 1.0, bend)
    turn, above = -slope / safe, here >= 0
    alike = ((before >= 0) == above) & ((after >= 0) == above)
    towards = jnp.where(above, bend > 0, bend < 0)
    counts = alike & towards & (jnp.abs(turn) <= 1.0)
    return turn, jnp.where(counts, (here - 0.5 * slope**2 / safe) / safe, jnp.inf)
