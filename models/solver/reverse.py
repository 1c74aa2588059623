"""The transpose of one step: how a change of its result depends on its start and on the constants.

For s = m..1, with a bar for a derivative of the result: v_s = W^-T Ubar_s, then the stage's field is pulled back along
v_s, and Ubar_j gains C_sj v_s / h + a_sj gbar_s for j < s; the matrix W gains -v_s U_s^T, which reaches the state
through the entries of the Jacobian. The stages run in loops, so that the program stays small.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from models.compile import System
from models.solver.sparse_lu import Scalars, eliminate, factor, keep, solve, solve_transposed
from models.solver.tableau import Tableau


def _square(rows: tuple[tuple[float, ...], ...]) -> np.ndarray:
    full = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):
        full[i, : len(row)] = row
    return full


def _weighted(weights: Any, table: Any, i: int) -> Any:
    return sum(weights[s] * table[s, i] for s in range(table.shape[0]))


def pull_back(
    system: System, tableau: Tableau, t: Any, h: Any, y: Scalars, constants: Scalars, affected: tuple[int, ...], costate: Scalars
) -> tuple[Scalars, Scalars]:
    """(costate before the step, slopes of the affected constants) from the costate after it; all arrays over lanes."""
    n, m = len(system.species), tableau.stages
    a, C = jnp.asarray(_square(tableau.a), h.dtype), jnp.asarray(_square(tableau.C), h.dtype)
    c, d = jnp.asarray(tableau.c, h.dtype), jnp.asarray(tableau.d, h.dtype)
    values = tuple(constants[i] for i in affected)

    def merged(values: Scalars) -> Scalars:
        changed = dict(zip(affected, values, strict=True))
        return tuple(changed.get(i, x) for i, x in enumerate(constants))

    def bent(y: Scalars, values: Scalars) -> tuple[Scalars, Scalars]:
        _, entries, drift = system.linearised(t, y, merged(values))
        return tuple(jnp.broadcast_to(e, h.shape) for e in entries), tuple(jnp.broadcast_to(drift[i], h.shape) for i in system.drifting)

    (entries, drift), pull_bent = jax.vjp(bent, y, values)
    inverse = keep(1.0 / h)
    matrix = {k: -v for k, v in zip(system.pattern, entries, strict=True)}
    for i in range(n):
        matrix[i, i] = inverse * (1.0 / tableau.gamma) + matrix.get((i, i), 0.0)
    plan = eliminate(system.pattern, n)
    A = factor(plan, matrix)

    def forward(s: Any, kept: tuple[Any, Any]) -> tuple[Any, Any]:
        stages, points = kept
        at = tuple(keep(y[i] + _weighted(a[s], stages, i)) for i in range(n))
        right = list(system.velocity(t + c[s] * h, at, constants))
        for i in range(n):
            right[i] = jnp.broadcast_to(right[i], h.shape) + inverse * _weighted(C[s], stages, i)
        for i, g in zip(system.drifting, drift, strict=True):
            right[i] = right[i] + d[s] * h * g
        return stages.at[s].set(jnp.stack(solve(plan, A, right))), points.at[s].set(jnp.stack(at))

    nothing = jnp.zeros((m, n, *h.shape), h.dtype)
    stages, points = lax.fori_loop(0, m, forward, (nothing, nothing))

    def backward(turn: Any, kept: tuple[Any, Any, Scalars]) -> tuple[Any, Any, Scalars]:
        V, G, slopes = kept
        s = m - 1 - turn
        last = jnp.where(s == m - 1, 1.0, 0.0).astype(h.dtype)
        bar = [last * costate[i] + inverse * _weighted(C[:, s], V, i) + _weighted(a[:, s], G, i) for i in range(n)]
        v = solve_transposed(plan, A, bar)
        at = tuple(points[s, i] for i in range(n))
        moment = t + c[s] * h

        def field(at: Scalars, values: Scalars) -> Scalars:
            return tuple(jnp.broadcast_to(f, h.shape) for f in system.velocity(moment, at, merged(values)))

        _, pull = jax.vjp(field, at, values)
        back, slope = pull(v)
        g = [x + last * costate[i] for i, x in enumerate(back)]
        slopes = tuple(x + u for x, u in zip(slopes, slope, strict=True))
        return V.at[s].set(jnp.stack(v)), G.at[s].set(jnp.stack(g)), slopes

    zero = tuple(jnp.zeros_like(h) for _ in affected)
    V, G, slopes = lax.fori_loop(0, m, backward, (nothing, nothing, zero))
    entry_bars = tuple(keep(sum(V[s, i] * stages[s, j] for s in range(m))) for i, j in system.pattern)
    drift_bars = tuple(h * sum(d[s] * V[s, i] for s in range(m)) for i in system.drifting)
    back, slope = pull_bent((entry_bars, drift_bars))
    before = tuple(back[i] + sum(G[s, i] for s in range(m)) for i in range(n))
    return before, tuple(x + u for x, u in zip(slopes, slope, strict=True))
