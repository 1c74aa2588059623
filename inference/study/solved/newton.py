"""The steady state near a state, by Newton's method, with the slopes of the implicit function theorem.

What is conserved (the sum of a protein and its phosphorylated form, say) stays as the way to the state left
it: directions in which the rates do not change anything, to rounding, keep the value and the slopes of the
integration, and all others are solved for. Rows and columns are scaled by themselves, so that a rate of 1e-8
beside one of 1e3 is as good as any other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

from models.engine.compile import System

FLAT = 1e-8  # of the largest singular value: less than this is no direction for Newton's method
STEPS = 4  # with the matrix of the first one: the state is near
CONSERVED = 1e-6  # of what is gained and lost: what is conserved changes by no more
SMALL = 1e-8  # of the largest species: the scale of what is nearly absent

fixed = lax.stop_gradient


class Rest(NamedTuple):
    """`state`: at rest, with its slopes; `far`: by how much of its level each species moved there, at most;
    infinite where there is no such state.
    """

    state: Float[Array, "lane species"]
    far: Float[Array, " lane"]


class Linear(NamedTuple):
    """The rates near a state, in units of the levels: `kept` is what is conserved; `u`, `s`, `v` solve for
    all else; `posed`: there is a solution; `drifts`: what cannot be solved for changes nevertheless.
    """

    strength: Float[Array, "lane species"]
    kept: Float[Array, "lane species species"]
    u: Array
    s: Array
    v: Array
    posed: Bool[Array, " lane"]
    drifts: Bool[Array, " lane"]


def near(
    system: System, t: Float[Array, " lane"], y: Float[Array, "lane species"], args: Float[Array, "lane args"]
) -> Rest:
    """The steady state near `y`, with slopes by what `args` and `y` depend on.

    Args:
        system: a compiled network.
        t: time, which stands still.
        y: what integration came to.
        args: parameters and inputs of each lane.
    """
    came, known = fixed(y), fixed(args)
    largest = jnp.max(jnp.abs(came), 1, keepdims=True)
    level = jnp.maximum(jnp.abs(came), jnp.maximum(SMALL * largest, 1e-300))

    def step(on: Linear, x: Any, given: Any, values: Any) -> Any:
        """One step from `x`, the conserved of `given` kept, in units of the levels."""
        lost = jnp.einsum("lij,lj->li", on.kept, (x - given) / level)
        right = jnp.concatenate([_field(system, t, x, values) / on.strength, lost], 1)
        return jnp.einsum("lji,lj->li", on.v, jnp.einsum("lji,lj->li", on.u, right) / on.s)

    first = _linear(system, t, came, known, level)
    x = came
    for _ in range(STEPS):
        x = x - step(first, x, came, known) * level
    posed = first.posed & jnp.all(jnp.isfinite(x), 1)
    x = jnp.where(posed[:, None], x, came)
    x = jnp.where((came >= 0) & (x < 0), 0.0, x)
    there = _linear(system, t, x, known, level)
    posed = posed & there.posed
    moved = step(there, x, y, args)
    found = jnp.where(posed[:, None], x - (moved - fixed(moved)) * level, y)
    far = jnp.max(jnp.abs(x - came) / jnp.maximum(jnp.abs(x), level), 1)
    left = jnp.max(jnp.abs(fixed(moved)), 1)
    far = jnp.where(posed, jnp.maximum(far, jnp.where(jnp.isfinite(left), left, jnp.inf)), 0.0)
    return Rest(found, jnp.where(first.drifts, jnp.inf, far))


def _linear(system: System, t: Array, y: Array, args: Array, level: Array) -> Linear:
    n = y.shape[1]
    matrix = jnp.zeros((len(t), n, n))
    if system.pattern:
        row, column = (jnp.array(x) for x in zip(*system.pattern, strict=True))
        entries = system.jacobian(t, _columns(y), _columns(args))
        entries = jnp.stack([jnp.broadcast_to(e, t.shape) for e in entries], 1)
        matrix = matrix.at[:, row, column].set(entries)
    matrix = matrix * level[:, None, :]
    sound = jnp.all(jnp.isfinite(matrix), (1, 2)) & jnp.all(jnp.isfinite(level), 1)
    matrix = jnp.where(sound[:, None, None], matrix, jnp.eye(n))
    gross = jnp.sum(jnp.abs(matrix), 2) / level  # of what each species gains and loses
    strength = jnp.max(jnp.abs(matrix), 2)
    strength = jnp.where(strength > 0, strength, 1.0)
    matrix = matrix / strength[:, :, None]
    left, size, _ = jnp.linalg.svd(matrix)
    flat = size <= FLAT * jnp.maximum(size[:, :1], FLAT)
    kept = jnp.swapaxes(left, 1, 2) / strength[:, None, :] * level[:, None, :]
    kept = kept / jnp.maximum(jnp.max(jnp.abs(kept), 2, keepdims=True), 1e-300)
    kept = jnp.where(flat[:, :, None], kept, 0.0)
    drift = jnp.abs(jnp.einsum("lij,lj->li", kept, _field(system, t, y, args) / level))
    drifts = sound & jnp.any(drift > CONSERVED * jnp.einsum("lij,lj->li", jnp.abs(kept), gross), 1)
    u, s, v = jnp.linalg.svd(jnp.concatenate([matrix, kept], 1), full_matrices=False)
    posed = sound & (s[:, -1] > FLAT * s[:, 0])
    return Linear(strength, kept, u, jnp.where(s > FLAT * s[:, :1], s, jnp.inf), v, posed, drifts)


def _columns(rows: Array) -> tuple[Array, ...]:
    return tuple(rows[:, i] for i in range(rows.shape[1]))


def _field(system: System, t: Array, y: Array, args: Array) -> Array:
    found = system.field(t, _columns(y), _columns(args))
    return jnp.stack([jnp.broadcast_to(e, t.shape) for e in found], 1)
