"""Trajectories of one dish."""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int


class Trajectory(eqx.Module):
    """Observables at the times asked for, in their own units; 0 where `ok` is False or a time is padding.

    `steps` are attempts, `reason` an index into `models.queue.REASONS`.
    """

    values: Float[Array, "*lane time observable"]
    ok: Bool[Array, "*lane"]
    steps: Int[Array, "*lane"]
    reason: Int[Array, "*lane"]
