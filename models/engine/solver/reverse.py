"""The transpose of one step of many lanes: how a change of its result depends on its start and on the
constants.

For the stages from the last to the first, with a bar for a derivative of the result: v_s = W^-T Ubar_s, the
field of the stage is pulled back along v_s to gbar_s, and Ubar_j gains C_sj v_s / h + a_sj gbar_s for j < s.
The matrix W gains
-v_s U_s^T, which reaches the state through the entries of the Jacobian. As in the step, the stages run in a
loop.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from models.engine.arithmetic.kept import keep
from models.engine.compile import System
from models.engine.solver.sparse_lu import Scalars, eliminate, factor, solve, solve_transposed
from models.engine.solver.stages_over_lanes import (
    Lane,
    Rows,
    Stages,
    by_stage,
    newton_matrix,
    over_stages,
    put,
    rows,
    stages_of,
    table,
    weighted,
)
from models.engine.solver.tableau import Tableau

Workspace = tuple[Stages, Stages, Stages, Stages]  # stages, points of the field, v and gbar


def _gained(tableau: Tableau, s: int, costate: Rows, v: Stages, g: Stages, inverse: Lane) -> Rows:
    """The derivative by stage s, from the stages after it."""
    if s == tableau.stages - 1:
        return costate
    later = range(s + 1, tableau.stages)
    by_right = weighted(tuple(tableau.C[r][s] for r in later), v, s + 1) * inverse
    return by_right + weighted(tuple(tableau.a[r][s] for r in later), g, s + 1)


def pull_back(  # long: one formula, transposed line by line
    system: System,
    tableau: Tableau,
    t: Lane,
    y: Rows,
    h: Lane,
    constants: Rows,
    affected: tuple[int, ...],
    costate: Rows,
    room: Workspace,
) -> tuple[Rows, Rows, Workspace]:
    """(costate before the step, slopes of the affected constants) from the costate after it."""
    m, plan, inverse = tableau.stages, eliminate(system.pattern, len(system.species)), keep(1.0 / h)
    every = rows(constants)
    moving = tuple(i for i in affected if i in system.reads)  # the others act through the Jacobian alone

    def bent(y: Scalars, values: Scalars) -> tuple[Scalars, dict[int, Any]]:
        changed = dict(zip(affected, values, strict=True))
        _, entries, drift = system.linearised(t, y, tuple(changed.get(i, x) for i, x in enumerate(every)))
        return tuple(jnp.broadcast_to(e, h.shape) for e in entries), {
            i: jnp.broadcast_to(drift[i], h.shape) for i in system.drifting
        }

    (entries, drift), pull_bent = jax.vjp(bent, rows(y), tuple(every[i] for i in affected))
    factors = factor(plan, newton_matrix(system, tableau, h, entries))
    _, (stages, points) = stages_of(
        system, tableau, t, y, h, every, drift, partial(solve, plan, factors), room[:2]
    )
    c, branches = jnp.asarray(tableau.c, h.dtype), [partial(_gained, tableau, s) for s in range(m)]

    def turn(turned: Any, carry: tuple[Stages, Stages, Scalars]) -> tuple[Stages, Stages, Scalars]:
        v, g, slopes = carry
        s = m - 1 - turned
        found = solve_transposed(plan, factors, rows(by_stage(s, branches, costate, v, g, inverse)))

        def field(at: Scalars, values: Scalars) -> Scalars:
            changed = dict(zip(moving, values, strict=True))
            velocity = system.velocity(
                t + c[s] * h, at, tuple(changed.get(i, x) for i, x in enumerate(every))
            )
            return tuple(jnp.broadcast_to(f, h.shape) for f in velocity)

        at = rows(lax.dynamic_index_in_dim(points, s, keepdims=False))
        _, pull = jax.vjp(field, at, tuple(every[i] for i in moving))
        back, slope = pull(found)
        last = jnp.where(s == m - 1, 1.0, 0.0)
        own = table([b + last * costate[i] for i, b in enumerate(back)], h)
        return (
            put(v, s, table(found, h)),
            put(g, s, own),
            tuple(keep(old + new) for old, new in zip(slopes, slope, strict=True)),
        )

    v, g, slopes = over_stages(turn, tableau, (*room[2:], (jnp.zeros_like(h),) * len(moving)))
    by_entry = tuple(keep(sum(v[s, i] * stages[s, j] for s in range(m))) for i, j in system.pattern)
    by_drift = {i: h * sum(d * v[s, i] for s, d in enumerate(tableau.d) if d) for i in system.drifting}
    back, slope = pull_bent((by_entry, by_drift))
    where = {i: n for n, i in enumerate(moving)}
    full = [x + slopes[where[i]] if i in where else x for i, x in zip(affected, slope, strict=True)]
    before = weighted((1.0,) * m, g) + table(back, h)
    return before, table(full, h) if affected else jnp.zeros((0, *h.shape), h.dtype), (stages, points, v, g)
