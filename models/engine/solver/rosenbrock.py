"""Rosenbrock-Wanner methods as solvers for `diffrax.diffeqsolve`: for a compiled network, and for any
right-hand side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.scipy.linalg as linalg
from jax.flatten_util import ravel_pytree

from models.engine.compile import System
from models.engine.solver.sparse_lu import eliminate, linear_solver
from models.engine.solver.stages_over_lanes import newton_matrix, rows, stages_of, weighted
from models.engine.solver.tableau import RODAS5P, Tableau


class RosenbrockInterpolation(diffrax.AbstractLocalInterpolation):
    """Dense output of the method: y0, y1 and the vectors k of `Tableau.H` (Hairer & Wanner II, IV.7)."""

    t0: Any
    t1: Any
    y0: Any
    y1: Any
    k: tuple[Any, ...]

    def evaluate(self, t0: Any, t1: Any | None = None, left: bool = True) -> Any:
        """y at `t0`, or y(t1) - y(t0)."""
        del left
        if t1 is not None:
            return jax.tree.map(jnp.subtract, self.evaluate(t1), self.evaluate(t0))
        length = self.t1 - self.t0
        x = jnp.where(length == 0, 0.0, (t0 - self.t0) / jnp.where(length == 0, 1.0, length))

        def at(y0: Any, y1: Any, *k: Any) -> Any:
            inner = 0.0
            for part in reversed(k):
                inner = part + x * inner
            return (1 - x) * y0 + x * (y1 + (1 - x) * inner)

        return jax.tree.map(at, self.y0, self.y1, *self.k)


class _Rosenbrock(diffrax.AbstractAdaptiveSolver):
    """What both solvers share; the subclass says how one step is taken."""

    term_structure: ClassVar = diffrax.AbstractTerm
    interpolation_cls: ClassVar[Callable[..., RosenbrockInterpolation]] = RosenbrockInterpolation
    tableau: eqx.AbstractVar[Tableau]

    def order(self, terms: Any) -> int:
        """Order of convergence."""
        return self.tableau.order

    def error_order(self, terms: Any) -> int:
        """Power of the step size with which the error estimate falls."""
        return self.tableau.embedded_order + 1

    def init(self, terms: Any, t0: Any, t1: Any, y0: Any, args: Any) -> None:
        """Nothing is carried from step to step."""

    def func(self, terms: Any, t0: Any, y0: Any, args: Any) -> Any:
        """The right-hand side."""
        return terms.vf(t0, y0, args)


def _real(terms: Any, t0: Any, t1: Any) -> tuple[Any, Any]:
    """1 or -1 where diffrax runs backwards in time by counting it upwards, and the size of the step.

    Where many dishes are mapped, one that has ended still takes steps of no size, whose result nobody uses; a
    division by it would spoil the derivatives of all.
    """
    h = t1 - t0
    return terms.contr(0.0, 1.0), jnp.where(h == 0, 1e-9, h)


class NetworkRosenbrock(_Rosenbrock):
    """For a compiled network: y is the vector of species, `args` the constants of `system.prepare`; sparse
    factors, and the stages in a loop, as the lanes of the engine have them.
    """

    system: System = eqx.field(static=True)
    tableau: Tableau = eqx.field(static=True, default=RODAS5P, kw_only=True)

    def step(
        self, terms: Any, t0: Any, t1: Any, y0: Any, args: Any, solver_state: None, made_jump: Any
    ) -> Any:
        """One step; its error estimate is U_s."""
        del made_jump
        system, tableau, n = self.system, self.tableau, len(self.system.species)
        direction, size = _real(terms, t0, t1)
        t, h = direction * t0, direction * size
        _, entries, drift = system.linearised(t, rows(y0), args)
        solution = linear_solver(eliminate(system.pattern, n), newton_matrix(system, tableau, h, entries))
        room = jnp.zeros((tableau.stages, n), y0.dtype)
        y1, (stages,) = stages_of(system, tableau, t, y0, h, args, drift, solution, (room,))
        dense = {"y0": y0, "y1": y1, "k": tuple(weighted(row, stages) for row in tableau.H)}
        return y1, stages[-1], dense, None, diffrax.RESULTS.successful


class Rosenbrock(_Rosenbrock):
    """For any right-hand side, y any pytree: Jacobian and time derivative by forward mode, dense factors."""

    tableau: Tableau = eqx.field(static=True, default=RODAS5P)

    def step(
        self, terms: Any, t0: Any, t1: Any, y0: Any, args: Any, solver_state: None, made_jump: Any
    ) -> Any:
        """One step; its error estimate is U_s."""
        del made_jump
        flat, unravel = ravel_pytree(y0)
        (direction, h), tableau = _real(terms, t0, t1), self.tableau

        def field(t: Any, y: Any) -> Any:
            return direction * ravel_pytree(terms.vf(t, unravel(y), args))[0]

        matrix = jnp.eye(flat.shape[0]) / (tableau.gamma * h) - jax.jacfwd(field, argnums=1)(t0, flat)
        f, drift = jax.jvp(lambda t: field(t, flat), (t0,), (jnp.ones_like(t0),))
        factors = linalg.lu_factor(matrix)
        stages: list[Any] = []
        at = flat
        for s in range(tableau.stages):
            if s:
                at = flat + sum(w * u for w, u in zip(tableau.a[s], stages, strict=True) if w)
                f = field(t0 + tableau.c[s] * h, at)
            right = (
                f
                + sum(w * u for w, u in zip(tableau.C[s], stages, strict=True)) / h
                + tableau.d[s] * h * drift
            )
            stages.append(linalg.lu_solve(factors, right))
        k = tuple(unravel(jnp.asarray(row) @ jnp.stack(stages)) for row in tableau.H)
        y1 = unravel(at + stages[-1])
        dense = {"y0": y0, "y1": y1, "k": k}
        return y1, unravel(stages[-1]), dense, None, diffrax.RESULTS.successful
