"""One step of a Rosenbrock-Wanner method for a compiled network, the state a tuple of scalars (or of arrays
over lanes).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp

from models.engine.compile import System
from models.engine.solver.sparse_lu import Scalars, eliminate, keep, linear_solver
from models.engine.solver.tableau import Tableau


class Step(NamedTuple):
    """State after the step, error estimate, and the stage vectors from which the dense output is made."""

    state: Scalars
    error: Scalars
    stages: tuple[Scalars, ...]


def advance(system: System, tableau: Tableau, t: Any, y: Scalars, h: Any, constants: Scalars) -> Step:
    """A step from (t, y) of size h > 0, both in min; `constants` as `system.prepare` makes them."""
    f, entries, drift = system.linearised(t, y, constants)
    return advance_from(system, tableau, t, y, h, constants, f, entries, drift)


def advance_from(
    system: System,
    tableau: Tableau,
    t: Any,
    y: Scalars,
    h: Any,
    constants: Scalars,
    f: Scalars,
    entries: Scalars,
    drift: Scalars,
) -> Step:
    """The step, given the field, the Jacobian entries and the drift at (t, y)."""
    n = len(system.species)
    inverse = keep(1.0 / h)
    shift = inverse * (1.0 / tableau.gamma)
    matrix = {k: -v for k, v in zip(system.pattern, entries, strict=True)}
    for i in range(n):
        matrix[i, i] = shift + matrix[i, i] if (i, i) in matrix else shift
    matrix = {k: jnp.broadcast_to(v, jnp.shape(h)) for k, v in matrix.items()}
    solution = linear_solver(eliminate(system.pattern, n), matrix)
    drift_of = dict(zip(system.drifting, (drift[i] for i in system.drifting), strict=True))
    stages: list[Scalars] = []
    at = y
    for s in range(tableau.stages):
        if s:
            if tableau.a[s] == (*tableau.a[s - 1], 1.0):
                at = tuple(keep(x + u) for x, u in zip(at, stages[-1], strict=True))
            else:
                at = tuple(keep(y[i] + combination(tableau.a[s], stages, i)) for i in range(n))
            f = system.velocity(t + tableau.c[s] * h, at, constants)
        right = list(f)
        for i in range(n):
            if s:
                right[i] = right[i] + combination(tableau.C[s], stages, i) * inverse
            if i in drift_of and tableau.d[s]:
                right[i] = right[i] + (tableau.d[s] * h) * drift_of[i]
            right[i] = jnp.broadcast_to(right[i], jnp.shape(h))
        stages.append(solution(tuple(right)))
    last = stages[-1]
    return Step(tuple(keep(x + u) for x, u in zip(at, last, strict=True)), last, tuple(stages))


def combination(weights: tuple[float, ...], stages: list[Scalars], i: int) -> Any:
    """Weighted sum of component i of the stages so far; a weight of 0 costs nothing."""
    total = None
    for w, u in zip(weights, stages, strict=False):
        if w:
            term = u[i] if w == 1.0 else w * u[i]
            total = term if total is None else total + term
    return total
