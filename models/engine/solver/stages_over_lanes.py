"""A step of many lanes side by side, its stages in a loop, so that field and linear solve are compiled once
and not eight times.

State, stages and constants are tables with a row a species (or constant) and a column a lane. What is linear
in them is
one operation on whole tables; the field and the sparse factors work on rows, which are contiguous. The
weights of a
stage stand in branches, not in a table of numbers: half of that table would be zeros, and a step waits for
reading stages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from models.engine.arithmetic.kept import keep
from models.engine.compile import System
from models.engine.solver.sparse_lu import Entry, Scalars
from models.engine.solver.tableau import Row, Tableau

Lane = Float[Array, "*lane"]  # of one dish: a number
Rows = Float[Array, "row *lane"]
Stages = Float[Array, "stage species *lane"]


def rows(table: Rows) -> Scalars:
    """The rows of a table as separate arrays."""
    return tuple(table[i] for i in range(table.shape[0]))


def table(values: Sequence[Any], like: Lane) -> Rows:
    """Rows as one table; they are made real first, or else each element would be computed behind a search for
    its row.
    """
    if not values:
        return jnp.zeros((0, *like.shape), like.dtype)
    return jnp.stack(keep(tuple(jnp.broadcast_to(v, like.shape) for v in values)))


def newton_matrix(system: System, tableau: Tableau, h: Lane, entries: Scalars) -> dict[Entry, Any]:
    """I / (gamma h) - J by its entries."""
    shift = keep(1.0 / h) * (1.0 / tableau.gamma)
    matrix: dict[Entry, Any] = {k: -v for k, v in zip(system.pattern, entries, strict=True)}
    for i in range(len(system.species)):
        matrix[i, i] = shift + matrix[i, i] if (i, i) in matrix else shift
    return {k: jnp.broadcast_to(v, h.shape) for k, v in matrix.items()}


def weighted(weights: Row, stages: Stages, first: int = 0) -> Rows:
    """Sum of stages, the first weight belonging to stage `first`; a weight of 0 costs nothing."""
    terms = [stages[s] if w == 1.0 else w * stages[s] for s, w in enumerate(weights, first) if w]
    return sum(terms[1:], terms[0]) if terms else jnp.zeros_like(stages[0])


def over_stages(turn: Callable[[Any, Any], Any], tableau: Tableau, carry: Any) -> Any:
    """`turn(stage, carry)` for every stage: in a loop on the CPU, where compiling is dear, one by one
    elsewhere, where a loop is.
    """
    if jax.default_backend() == "cpu":
        return lax.fori_loop(0, tableau.stages, turn, carry)
    for s in range(tableau.stages):
        carry = turn(s, carry)
    return carry


def by_stage(stage: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """The branch of a stage, whose number may be known while tracing or not."""
    return branches[stage](*operands) if isinstance(stage, int) else lax.switch(stage, branches, *operands)


def put(stages: Stages, stage: Any, values: Rows) -> Stages:
    """The stages with one of them replaced."""
    return lax.dynamic_update_index_in_dim(stages, values, stage, 0)


def scratch(system: System, tableau: Tableau, lanes: int, dtype: Any) -> Stages:
    """Room for the stages of a step; its content does not matter, and a loop that carries it need not clear
    it.
    """
    return jnp.zeros((tableau.stages, len(system.species), lanes), dtype)


def _prepared(tableau: Tableau, stage: int, y: Rows, stages: Stages, inverse: Lane) -> tuple[Rows, Rows]:
    """Where the field of a stage is taken, and what the stages before it add to its right side."""
    if not stage:
        return y, jnp.zeros_like(y)
    return y + weighted(tableau.a[stage], stages), weighted(tableau.C[stage], stages) * inverse


def stage_by_stage(
    system: System,
    tableau: Tableau,
    t: Lane,
    y: Rows,
    h: Lane,
    constants: Scalars,
    drift: Mapping[int, Any] | Scalars,
    solution: Callable[[Scalars], Scalars],
) -> Callable[[Any, tuple[Stages, ...]], tuple[Stages, ...]]:
    """(stage, room) -> room with that stage put in: what `stages_of` does for all of them."""
    inverse = keep(1.0 / h)
    c, d = (jnp.asarray(x, h.dtype) for x in (tableau.c, tableau.d))
    branches = [partial(_prepared, tableau, s) for s in range(tableau.stages)]

    def turn(s: Any, room: tuple[Stages, ...]) -> tuple[Stages, ...]:
        at, push = by_stage(s, branches, y, room[0], inverse)
        right = [f + push[i] for i, f in enumerate(system.velocity(t + c[s] * h, rows(at), constants))]
        for i in system.drifting:
            right[i] = right[i] + d[s] * h * drift[i]
        found = table(solution(tuple(right)), h)
        return put(room[0], s, found), *(put(points, s, at) for points in room[1:])

    return turn


def stages_of(
    system: System,
    tableau: Tableau,
    t: Lane,
    y: Rows,
    h: Lane,
    constants: Scalars,
    drift: Mapping[int, Any] | Scalars,
    solution: Callable[[Scalars], Scalars],
    room: tuple[Stages, ...],
) -> tuple[Rows, tuple[Stages, ...]]:
    """The state after a step, and the room filled with the stages and, where there is a second one, with the
    points of the field.

    Args:
        drift: the partial derivative of the field in time at (t, y); only of `system.drifting` it is read.
        solution: b -> (I / (gamma h) - J)^-1 b.
    """
    turn = stage_by_stage(system, tableau, t, y, h, constants, drift, solution)
    room = over_stages(turn, tableau, room)
    return y + weighted((*tableau.a[-1], 1.0), room[0]), room
