"""Rate laws as functions of SymPy expressions."""

from __future__ import annotations

from typing import Any

import sympy as sp

from models.formula import formula


def _arguments(applied: Any) -> tuple[Any, ...]:
    """Of an applied function; SymPy declares less of them than they can do."""
    return applied.args


class power(sp.Function):
    """x**h for x >= 0 with a derivative that exists at x = 0; a negative x counts as 0.

    A plain power with an estimated exponent has the derivative 0/0 at x = 0. Compiled as exp(h ln(x + tiny)),
    printed and exported as a power. A whole-number exponent gives the plain power at once.
    """

    nargs = 2

    @classmethod
    def eval(cls, x: Any, h: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # of two
        if h.is_Integer and h >= 0:
            return x**h
        if h.is_number and x.is_number and x.is_nonnegative:
            return x**h
        return None

    def fdiff(self, argindex: int = 1) -> Any:
        x, h = _arguments(self)
        return h * power(x, h - 1) if argindex == 1 else guarded_log(x) * self

    def _latex(self, printer: Any, exp: Any = None) -> str:
        return printer.doprint(sp.Pow(*_arguments(self), evaluate=False))


class guarded_log(sp.Function):
    """ln(max(x, 0) + tiny): the logarithm that the derivative of `power` with respect to its exponent
    needs.
    """

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        return 1 / _arguments(self)[0]


class raised(sp.Function):
    """x**h as SBML and PEtab mean it: a negative x has a value where h is whole, and none elsewhere.

    Unlike `power` it guards nothing: 0 to a negative exponent is infinite. It is for formulas of files only,
    where a silent 0 would be another model than the one that was written.
    """

    nargs = 2

    @classmethod
    def eval(cls, x: Any, h: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # of two
        if h.is_Integer and (h >= 0 or not x.is_zero):
            return x**h
        if h.is_number and x.is_number and (x.is_positive or (x.is_zero and h.is_positive)):
            return x**h
        return None

    def fdiff(self, argindex: int = 1) -> Any:
        x, h = _arguments(self)
        return h * steepness(x, h - 1) if argindex == 1 else guarded_log(choose(x, x, -x)) * self

    def _latex(self, printer: Any, exp: Any = None) -> str:
        return printer.doprint(sp.Pow(*_arguments(self), evaluate=False))


class steepness(sp.Function):
    """x**g where it stands for a slope of `raised`: for g < 0 that of |x| = 1e-12 at least.

    The slope of a root at 0 is infinite. A step that uses it stands still for ever, and its error estimate
    says that all is well; a finite slope lets the field itself carry the state away from 0.
    """

    nargs = 2

    def fdiff(self, argindex: int = 1) -> Any:
        x, g = _arguments(self)
        return g * steepness(x, g - 1) if argindex == 1 else guarded_log(choose(x, x, -x)) * self


class floored(sp.Function):
    """The largest whole number that is not above x; between its steps it does not change."""

    nargs = 1

    @classmethod
    def eval(cls, x: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # of one
        return sp.floor(x) if x.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        return sp.Integer(0)


class choose(sp.Function):
    """`a` where `margin` >= 0, else `b`: a condition that stays an expression and derives branch by
    branch.

    A strict condition is the opposite of one that is not: `a` where m > 0, else `b` is `choose(-m, b, a)`.
    """

    nargs = 3

    @classmethod
    def eval(  # pyright: ignore[reportIncompatibleMethodOverride]  # its own arguments
        cls, margin: Any, a: Any, b: Any
    ) -> Any:
        if a == b:
            return a
        return (a if margin >= 0 else b) if margin.is_number and margin.is_extended_real else None

    def fdiff(self, argindex: int = 1) -> Any:
        margin, _, _ = self.args
        return sp.Integer(0) if argindex == 1 else choose(margin, *((1, 0) if argindex == 2 else (0, 1)))


def _e(x: Any) -> Any:
    return formula(x)


def hill(x: Any, K: Any, h: Any = 1) -> sp.Expr:
    """Rising saturation H = x^h / (K^h + x^h), between 0 and 1. `x` and `K` in the same unit, `h` without."""
    x, K, h = _e(x), _e(K), _e(h)
    if h == 1:
        return x / (K + x)
    share: Any = power(x / K, h)
    return share / (1 + share)


def inhibited_by(x: Any, K: Any, h: Any = 1) -> sp.Expr:
    """Share left I = 1 / (1 + (x/K)^h) under an inhibitor `x` of half effect `K` (same unit) and steepness
    `h`.
    """
    x, K, h = _e(x), _e(K), _e(h)
    share: Any = x / K if h == 1 else power(x / K, h)
    return 1 / (1 + share)
