"""LU factors of a matrix whose sparsity is known beforehand, unrolled into scalar expressions.

The order of elimination and the fill-in are found once, in Python, from the pattern. Pivots are taken on the
diagonal: the matrices factored here, I / (gamma h) - J, are diagonally dominant for small steps, and a step
spoilt by a
bad pivot is caught by the error control, which asks for a smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
from jax import lax

from models.engine.arithmetic.kept import keep

Entry = tuple[int, int]
Scalars = tuple[Any, ...]


@dataclass(frozen=True)
class Elimination:
    """An order of the unknowns and what follows from it.

    Attributes:
        order: unknowns, first eliminated first.
        fill: entries of L and U together.
        lower, upper: for each unknown, the columns of its row that are eliminated before and after it.
    """

    order: tuple[int, ...]
    fill: frozenset[Entry]
    lower: tuple[tuple[int, ...], ...]
    upper: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=64)
def eliminate(pattern: tuple[Entry, ...], size: int) -> Elimination:
    """Order of elimination by least degree on the diagonal (Markowitz), and the fill-in it makes."""
    fill = set(pattern) | {(i, i) for i in range(size)}
    left, order = set(range(size)), []
    while left:
        k = min(
            sorted(left),
            key=lambda k: (
                sum((i, k) in fill for i in left if i != k) * sum((k, j) in fill for j in left if j != k)
            ),
        )
        left.remove(k)
        order.append(k)
        fill |= {(i, j) for i in left if (i, k) in fill for j in left if (k, j) in fill}
    rank = {k: n for n, k in enumerate(order)}
    lower = tuple(tuple(j for j in order if rank[j] < rank[k] and (k, j) in fill) for k in range(size))
    upper = tuple(tuple(j for j in order if rank[j] > rank[k] and (k, j) in fill) for k in range(size))
    return Elimination(tuple(order), frozenset(fill), lower, upper)


def factor(plan: Elimination, matrix: Mapping[Entry, Any]) -> dict[Entry, Any]:
    """L (unit diagonal) and U in one table; the diagonal holds the reciprocals of the pivots.

    Each entry is one expression of finished entries (Doolittle's order), so that it is one kernel.
    """
    A: dict[Entry, Any] = {}
    rank = {k: n for n, k in enumerate(plan.order)}
    for i in plan.order:
        for j in (*plan.lower[i], i, *plan.upper[i]):
            known = [A[i, k] * A[k, j] for k in plan.lower[i] if rank[k] < rank[j] and (k, j) in plan.fill]
            value: Any = matrix.get((i, j))
            for term in known:
                value = -term if value is None else value - term
            if j == i:
                value = 1.0 / value
            elif rank[j] < rank[i]:
                value = value * A[j, j]
            A[i, j] = keep(value)
    return A


def solve(plan: Elimination, A: Mapping[Entry, Any], b: Sequence[Any]) -> Scalars:
    """x with L U x = b."""
    return _substitute(plan.order, plan.lower, plan.upper, lambda i, j: A[i, j], lambda k: A[k, k], False, b)


def solve_transposed(plan: Elimination, A: Mapping[Entry, Any], b: Sequence[Any]) -> Scalars:
    """x with (L U)^T x = b."""
    below = tuple(tuple(i for i in plan.order if k in plan.lower[i]) for k in range(len(plan.order)))
    above = tuple(tuple(i for i in plan.order if k in plan.upper[i]) for k in range(len(plan.order)))
    return _substitute(plan.order, above, below, lambda i, j: A[j, i], lambda k: A[k, k], True, b)


def _substitute(
    order: tuple[int, ...],
    before: tuple[tuple[int, ...], ...],
    after: tuple[tuple[int, ...], ...],
    entry: Callable[[int, int], Any],
    pivot: Callable[[int], Any],
    pivot_first: bool,
    b: Sequence[Any],
) -> Scalars:
    """Forward and backward substitution; a value that is used once is left to be fused with its use."""
    x = list(b)
    used = {j for k in order for j in before[k]}
    for k in order:
        for j in before[k]:
            x[k] = x[k] - entry(k, j) * x[j]
        if pivot_first:
            x[k] = x[k] * pivot(k)
        x[k] = keep(x[k]) if k in used else x[k]
    for k in reversed(order):
        for j in after[k]:
            x[k] = x[k] - entry(k, j) * x[j]
        x[k] = keep(x[k] if pivot_first else x[k] * pivot(k))
    return tuple(x)


def linear_solver(plan: Elimination, matrix: Mapping[Entry, Any]) -> Any:
    """b -> matrix^-1 b for any number of b, factored once.

    Its derivative is that of the solution, dx = matrix^-1 (db - dmatrix x), not that of the elimination.
    """
    A = factor(plan, jax.tree.map(lax.stop_gradient, dict(matrix)))

    def product(x: Scalars) -> Scalars:
        rows: list[list[Any]] = [[] for _ in plan.order]
        for (i, j), m in matrix.items():
            rows[i].append(m * x[j])
        return tuple(_sum(r) for r in rows)

    def solution(b: Scalars) -> Scalars:
        return lax.custom_linear_solve(
            product, b, lambda _, b: solve(plan, A, b), lambda _, b: solve_transposed(plan, A, b)
        )

    return solution


def _sum(terms: Any) -> Any:
    total = None
    for t in terms:
        total = t if total is None else total + t
    return total
