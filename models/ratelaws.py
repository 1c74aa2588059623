"""Rate laws as functions of SymPy expressions."""

from __future__ import annotations

from typing import Any

import sympy as sp

from models.formula import formula


class power(sp.Function):
    """x**h for x >= 0 with a derivative that exists at x = 0; a negative x counts as 0.

    A plain power with an estimated exponent has the derivative 0/0 at x = 0. Compiled as exp(h ln(x + tiny)),
    printed and exported as a power. A whole-number exponent gives the plain power at once.
    """

    nargs = 2

    @classmethod
    def eval(cls, x: Any, h: Any) -> Any:
        if h.is_Integer and h >= 0:
            return x**h
        if h.is_number and x.is_number and x.is_nonnegative:
            return x**h
        return None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        x, h = self.args
        return h * power(x, h - 1) if argindex == 1 else guarded_log(x) * self

    def _latex(self, printer: Any, exp: Any = None) -> str:
        return printer.doprint(sp.Pow(*self.args, evaluate=False))


class guarded_log(sp.Function):
    """ln(max(x, 0) + tiny): the logarithm that the derivative of `power` with respect to its exponent
    needs.
    """

    nargs = 1

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return 1 / self.args[0]


class choose(sp.Function):
    """`a` where `margin` >= 0, else `b`: a condition that stays an expression and derives branch by
    branch.
    """

    nargs = 3

    @classmethod
    def eval(cls, margin: Any, a: Any, b: Any) -> Any:
        if a == b:
            return a
        return (a if margin >= 0 else b) if margin.is_number else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        margin, _, _ = self.args
        return sp.Integer(0) if argindex == 1 else choose(margin, *((1, 0) if argindex == 2 else (0, 1)))


def _e(x: Any) -> sp.Expr:
    return formula(x)


def hill(x: Any, K: Any, h: Any = 1) -> sp.Expr:
    """Rising saturation H = x^h / (K^h + x^h), between 0 and 1. `x` and `K` in the same unit, `h` without."""
    x, K, h = _e(x), _e(K), _e(h)
    if h == 1:
        return x / (K + x)
    share = power(x / K, h)
    return share / (1 + share)


def inhibited_by(x: Any, K: Any, h: Any = 1) -> sp.Expr:
    """Share left I = 1 / (1 + (x/K)^h) under an inhibitor `x` of half effect `K` (same unit) and steepness
    `h`.
    """
    x, K, h = _e(x), _e(K), _e(h)
    return 1 / (1 + (x / K if h == 1 else power(x / K, h)))
