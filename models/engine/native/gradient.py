"""What the derivative of an ensemble is made of where a kernel has it: nothing is recorded beforehand.

Backwards, the kernel runs the items once more onto tapes of its own, as long as the trajectories are, and
back; forwards, XLA records a run and carries a tangent through it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from models.engine.lane_states import Items, Tolerance
from models.engine.native.processor import cores
from models.engine.replay import Sensitive, tangent
from models.engine.work_queue import COMPLETE, run


class RunAgain(NamedTuple):
    """All that a derivative needs: it runs the items once more."""

    items: Items
    tolerance: Tolerance


def tangent_of(program: Any, of: RunAgain, change: Sensitive, directions: bool) -> Array:
    """Change of the observables at the stops that a change of the items makes; with `directions`, of many."""
    n = of.items.parameters.shape[0]
    outcome, record = run(program.plan(n), of.items, of.tolerance, program.room(n))
    assert record is not None, "a run with room for a record"

    def one(change: Sensitive) -> Array:
        return tangent(program.plan(n), of.items, record, outcome.reason == COMPLETE, change)

    return jax.vmap(one)(change) if directions else one(change)


def adjoint_of(
    program: Any, of: RunAgain, cotangent: Float[Array, "... item stop observable"], directions: bool
) -> tuple[Array, Array, Array, Array]:
    """Derivatives of sum(cotangent * observables) by the arrays of the items; a direction is more items."""
    items, several = of.items, cotangent.shape[0] if directions else 1
    kernel = program.kernel(items.parameters.dtype, gradient=True)
    n = items.parameters.shape[0]

    def repeated(x: Array) -> Array:
        return jnp.broadcast_to(x, (several, *x.shape)).reshape(several * n, *x.shape[1:])

    found = kernel.gradient(
        jax.tree.map(repeated, items) if directions else items,
        jnp.asarray(program.system.initial),
        of.tolerance,
        program.max_steps,
        cores(),
        cotangent.reshape(several * n, *cotangent.shape[-2:]),
    )
    return tuple(x.reshape(several, n, *x.shape[1:]) for x in found) if directions else found
