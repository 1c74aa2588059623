"""Conditions of formulas as numbers whose sign says whether they hold.

`>` and `>=` differ where the two sides are equal, and models stand there often: a drug that is absent, a
species that is not there yet, a dose on its own threshold. So a condition keeps whether it is strict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from models.ratelaws import choose


@dataclass(frozen=True)
class Inequality:
    """Holds where `margin` is >= 0, or > 0 where it is `strict`."""

    margin: sp.Expr
    strict: bool = False

    def opposite(self) -> Inequality:
        """Holds exactly where this one does not."""
        return Inequality(-self.margin, not self.strict)

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
    return Inequality(x + y - 2 * x * y - sp.Rational(1, 2))


def equal(a: sp.Expr, b: sp.Expr) -> Inequality:
    """Holds where the two are the same number."""
    return Inequality(sp.Min(a - b, b - a))


def not_zero(value: sp.Expr) -> Inequality:
    """A number that stands for a condition: it holds unless it is 0."""
    return equal(value, sp.Integer(0)).opposite()


def _joined(conditions: tuple[Inequality, ...], together: type, empty: Inequality) -> Inequality:
    if not conditions:
        return empty
    kinds = {c.strict for c in conditions}
    if len(kinds) == 1:
        return Inequality(together(*(c.margin for c in conditions)), kinds.pop())
    return Inequality(together(*(c.as_number() for c in conditions)) - sp.Rational(1, 2))
