"""Expressions of a network arranged for speed: what depends on parameters alone is computed once, not at
every step.

Three rewritings, all exact: the largest parts without species and time become constants; a division becomes a
product with a reciprocal that is shared; a power with an estimated exponent becomes the exponential of a
shared logarithm.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import sympy as sp

from models.formula import function_of
from models.ratelaws import guarded_log, power, raised, steepness

Scalars = tuple[Any, ...]


class kept(sp.Function):
    """Its argument, computed once: XLA on the CPU otherwise computes a shared subexpression again in every
    kernel that uses it.
    """

    nargs = 1


class reciprocal(sp.Function):
    """1 / x as one shared operation."""

    nargs = 1


@dataclass(frozen=True)
class Lowered:
    """Functions of one group of expressions.

    Attributes:
        prepare: args -> constants.
        uses: for each constant, the positions of the args it depends on.
        groups: (t, y, constants) -> one tuple a group of expressions.
        reads: for each function, the constants it uses.
    """

    prepare: Callable[[Scalars], Scalars]
    uses: tuple[frozenset[int], ...]
    groups: tuple[Callable[[Any, Scalars, Scalars], tuple[Scalars, ...]], ...]
    reads: tuple[frozenset[int], ...]


def _lifting(moving: set[sp.Symbol]) -> tuple[Callable[[Any], Any], dict[sp.Expr, sp.Symbol]]:
    """The three rewritings of an expression, and the constants that they make, filled as they go: what has
    none of the symbols `moving`.
    """
    constants: dict[sp.Expr, sp.Symbol] = {}
    logarithm: Any = guarded_log  # SymPy's stubs take an applied function for a class

    def constant(e: Any) -> Any:
        if e.is_number:
            return e
        return constants.setdefault(e, sp.Symbol(f"constant_{len(constants)}"))

    @cache
    def moves(e: Any) -> bool:
        return e in moving if e.is_Symbol else any(map(moves, e.args))

    @cache
    def lift(e: Any) -> Any:
        if not moves(e):
            return constant(e)
        if isinstance(e, power):
            of: Any = e.args
            return sp.exp(lift(of[1] * logarithm(of[0])))
        if isinstance(e, sp.Mul | sp.Add):
            still = [a for a in e.args if not moves(a)]
            rest = [lift(a) for a in e.args if moves(a)]
            return e.func(constant(e.func(*still)), *rest) if still else e.func(*rest)
        if isinstance(e, sp.Pow) and e.exp.is_number and e.exp.is_negative:
            inverse: Any = reciprocal(lift(e.base))
            return sp.Pow(inverse, -e.exp)
        return e.func(*map(lift, e.args)) if e.args else e

    return lift, constants


def lower(
    time: sp.Symbol,
    y: Sequence[sp.Symbol],
    args: Sequence[sp.Symbol],
    functions: Sequence[Sequence[Sequence[sp.Expr]]],
    modules: list[Any],
) -> Lowered:
    """Compile functions that share their constants; each function returns the groups of expressions it is
    given.
    """
    lift, constants = _lifting({time, *y})
    compiled = []
    for groups in functions:
        lifted = [lift(e) for group in groups for e in group]
        compiled.append((lifted, [0, *itertools.accumulate(len(g) for g in groups)]))
    names, values = list(constants.values()), list(constants)
    where = {a: i for i, a in enumerate(args)}
    with_reciprocal = [{"reciprocal": lambda x: 1.0 / x}, *modules]
    prepare = function_of([tuple(args)], tuple(values), with_reciprocal)

    def function(
        lifted: list[sp.Expr], ends: list[int]
    ) -> Callable[[Any, Scalars, Scalars], tuple[Scalars, ...]]:
        flat = function_of([time, tuple(y), tuple(names)], tuple(lifted), with_reciprocal, cse=_shared)

        def evaluate(t: Any, state: Scalars, values: Scalars) -> tuple[Scalars, ...]:
            every = flat(t, state, values)
            return tuple(tuple(every[a:b]) for a, b in itertools.pairwise(ends))

        return evaluate

    return Lowered(
        lambda values: tuple(prepare(values)),
        tuple(frozenset(where[cast(sp.Symbol, s)] for s in e.free_symbols) for e in values),
        tuple(function(*parts) for parts in compiled),
        tuple(_read(names, lifted) for lifted, _ in compiled),
    )


def _read(names: list[sp.Symbol], lifted: list[Any]) -> frozenset[int]:
    """Positions of the names that these expressions use."""
    used = set().union(*(e.free_symbols for e in lifted))
    return frozenset(i for i, n in enumerate(names) if n in used)


def _shared(expressions: list[Any]) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """Common subexpressions; the dear ones made real, the cheap ones left for XLA to fuse."""
    shared, reduced = sp.cse(expressions, list=False)
    dear = (sp.exp, sp.log, guarded_log, raised, steepness, reciprocal, sp.Pow)
    cost = {s: sum(1 for a in sp.preorder_traversal(e) if a.args) + 10 * e.has(*dear) for s, e in shared}
    return [(s, kept(e) if cost[s] > 1 else e) for s, e in shared], list(reduced)
