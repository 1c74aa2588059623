"""Conditions of formulas as numbers whose sign says whether they hold.

`>` and `>=` differ where the two sides are equal, and models stand there often: a drug that is absent, a
species that is not there yet, a dose on its own threshold. So a condition keeps whether it is strict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from models.declare import time
from models.ratelaws import choose


@dataclass(frozen=True)
class Inequality:
    """Holds where `margin` is >= 0, or > 0 where it is `strict`.

    `root`, if it is not the margin itself, is 0 where the condition changes, and has slopes there.
    """

    margin: sp.Expr
    strict: bool = False
    root: sp.Expr | None = None

    @property
    def zero(self) -> sp.Expr:
        """What is 0 where the condition changes."""
        return self.margin if self.root is None else self.root

    def opposite(self) -> Inequality:
        """Holds exactly where this one does not."""
        return Inequality(-self.margin, not self.strict, None if self.root is None else -self.root)

    def pick(self, a: sp.Expr, b: sp.Expr) -> sp.Expr:
        """`a` where the condition holds, else `b`."""
        chosen: Any = choose(-self.margin, b, a) if self.strict else choose(self.margin, a, b)
        return chosen

    def as_number(self) -> sp.Expr:
        """1 where the condition holds, else 0."""
        return self.pick(sp.Integer(1), sp.Integer(0))


ALWAYS, NEVER = Inequality(sp.Integer(1)), Inequality(sp.Integer(-1))


def all_of(conditions: Iterable[Inequality]) -> Inequality:
    """Holds where every one holds; without any, always."""
    return _joined(tuple(conditions), sp.Min, ALWAYS)


def any_of(conditions: Iterable[Inequality]) -> Inequality:
    """Holds where one of them holds; without any, never."""
    return _joined(tuple(conditions), sp.Max, NEVER)


def one_of_two(a: Inequality, b: Inequality) -> Inequality:
    """Holds where exactly one of the two holds."""
    x, y = a.as_number(), b.as_number()
    return Inequality(x + y - 2 * x * y - sp.Rational(1, 2), root=a.zero * b.zero)


def equal(a: sp.Expr, b: sp.Expr) -> Inequality:
    """Holds where the two are the same number."""
    return Inequality(sp.Min(a - b, b - a), root=a - b)


def not_zero(value: sp.Expr) -> Inequality:
    """A number that stands for a condition: it holds unless it is 0."""
    return equal(value, sp.Integer(0)).opposite()


def _joined(conditions: tuple[Inequality, ...], together: type, empty: Inequality) -> Inequality:
    if not conditions:
        return empty
    if len(conditions) == 1:
        return conditions[0]
    root = together(*(c.zero for c in conditions))
    kinds = {c.strict for c in conditions}
    if len(kinds) == 1:
        margin = together(*(c.margin for c in conditions))
        return Inequality(margin, kinds.pop(), None if root == margin else root)
    return Inequality(together(*(c.as_number() for c in conditions)) - sp.Rational(1, 2), root=root)


class NotLinearError(ValueError):
    """A condition that compares something which is not linear in time."""


def crossings(margin: sp.Expr) -> list[sp.Expr]:
    """Times at which a part of a condition changes its sign; numbers, or expressions of unknowns.

    Raises:
        NotLinearError: a part is not linear in time.
    """
    if not margin.has(time):
        return []
    if margin.has(choose) or margin.func in (sp.Min, sp.Max):
        return [c for a in margin.args for c in crossings(a)]  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    slope = sp.diff(margin, time)
    rest = sp.expand(margin - slope * time)
    if slope.has(time) or rest.has(time):
        raise NotLinearError(f"{margin} is not linear in time")
    return [] if slope == 0 else [sp.nsimplify(-rest / slope, rational=True)]
