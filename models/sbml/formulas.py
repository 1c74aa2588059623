"""Formulas between SymPy and SBML: two explicit walks over libSBML's syntax tree, nothing evaluated from
text.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import libsbml
import sympy as sp

from models.comparisons import (
    ALWAYS,
    NEVER,
    Inequality,
    all_of,
    any_of,
    equal,
    not_zero,
    one_of_two,
)
from models.declare import time
from models.ratelaws import choose, floored, power, raised


class SbmlError(ValueError):
    """Something in an SBML file that cannot be read or is not supported: place, finding, remedy."""


Functions = Mapping[str, Callable[..., sp.Expr]]  # a file's own functions by name

_FUNCTIONS: dict[int, Callable[..., sp.Expr]] = {
    libsbml.AST_FUNCTION_EXP: sp.exp,
    libsbml.AST_FUNCTION_LN: sp.log,
    libsbml.AST_FUNCTION_ABS: lambda x: absolute(x),
    libsbml.AST_FUNCTION_SIN: sp.sin,
    libsbml.AST_FUNCTION_COS: sp.cos,
    libsbml.AST_FUNCTION_TAN: sp.tan,
    libsbml.AST_FUNCTION_SINH: sp.sinh,
    libsbml.AST_FUNCTION_COSH: sp.cosh,
    libsbml.AST_FUNCTION_TANH: sp.tanh,
    libsbml.AST_FUNCTION_ARCSIN: sp.asin,
    libsbml.AST_FUNCTION_ARCCOS: sp.acos,
    libsbml.AST_FUNCTION_ARCTAN: sp.atan,
    libsbml.AST_FUNCTION_ARCSINH: sp.asinh,
    libsbml.AST_FUNCTION_ARCCOSH: sp.acosh,
    libsbml.AST_FUNCTION_ARCTANH: sp.atanh,
    libsbml.AST_FUNCTION_SEC: lambda x: 1 / sp.cos(x),
    libsbml.AST_FUNCTION_CSC: lambda x: 1 / sp.sin(x),
    libsbml.AST_FUNCTION_COT: lambda x: 1 / sp.tan(x),
    libsbml.AST_FUNCTION_SECH: lambda x: 1 / sp.cosh(x),
    libsbml.AST_FUNCTION_CSCH: lambda x: 1 / sp.sinh(x),
    libsbml.AST_FUNCTION_COTH: lambda x: 1 / sp.tanh(x),
    libsbml.AST_FUNCTION_ARCSEC: lambda x: sp.acos(1 / x),
    libsbml.AST_FUNCTION_ARCCSC: lambda x: sp.asin(1 / x),
    libsbml.AST_FUNCTION_ARCCOT: lambda x: sp.atan(1 / x),
    libsbml.AST_FUNCTION_ARCSECH: lambda x: sp.acosh(1 / x),
    libsbml.AST_FUNCTION_ARCCSCH: lambda x: sp.asinh(1 / x),
    libsbml.AST_FUNCTION_ARCCOTH: lambda x: sp.atanh(1 / x),
    libsbml.AST_FUNCTION_FLOOR: lambda x: whole(x),
    libsbml.AST_FUNCTION_CEILING: lambda x: -whole(-x),
    libsbml.AST_FUNCTION_QUOTIENT: lambda a, b: towards_0(a / b),
    libsbml.AST_FUNCTION_REM: lambda a, b: a - b * towards_0(a / b),
    libsbml.AST_FUNCTION_MAX: sp.Max,
    libsbml.AST_FUNCTION_MIN: sp.Min,
}
_WRITTEN = {
    f: kind for kind, f in _FUNCTIONS.items() if isinstance(f, type) and f not in (sp.Max, sp.Min)
} | {sp.Abs: libsbml.AST_FUNCTION_ABS, floored: libsbml.AST_FUNCTION_FLOOR}
_CONSTANTS = {
    libsbml.AST_CONSTANT_E: sp.E,
    libsbml.AST_CONSTANT_PI: sp.pi,
    libsbml.AST_NAME_AVOGADRO: sp.Float("6.02214179e23", 17),  # SBML Level 3 Version 1, 3.4.6
}
_TRUTHS = {libsbml.AST_CONSTANT_TRUE: ALWAYS, libsbml.AST_CONSTANT_FALSE: NEVER}
_COMPARISONS: dict[int, Callable[[sp.Expr, sp.Expr], Inequality]] = {
    libsbml.AST_RELATIONAL_GT: lambda a, b: Inequality(a - b, strict=True),
    libsbml.AST_RELATIONAL_GEQ: lambda a, b: Inequality(a - b),
    libsbml.AST_RELATIONAL_LT: lambda a, b: Inequality(b - a, strict=True),
    libsbml.AST_RELATIONAL_LEQ: lambda a, b: Inequality(b - a),
    libsbml.AST_RELATIONAL_EQ: equal,
    libsbml.AST_RELATIONAL_NEQ: lambda a, b: equal(a, b).opposite(),
}
LARGEST_LOG = 700.0  # of a machine number


def number(value: float) -> sp.Expr:
    """A number of a file, whole numbers as integers so that powers of them stay plain."""
    return sp.Integer(int(value)) if float(value).is_integer() and abs(value) < 1e15 else sp.Float(value, 17)


def to_power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """base^exponent of a file: whole numbers as they are, everything else through `raised`.

    Raises:
        OverflowError: a power of numbers that no machine number holds, before it is worked out.
    """
    if exponent.is_Float and float(exponent).is_integer() and abs(exponent) < 1e15:
        exponent = sp.Integer(int(exponent))
    if base.is_number and exponent.is_number:
        size = abs(float(exponent)) * abs(math.log(abs(float(base)))) if base != 0 else 0.0
        if not size < LARGEST_LOG:
            raise OverflowError(f"({base})^({exponent}) is beyond every machine number")
    if exponent.is_Integer or (base.is_number and base.is_positive):
        return base**exponent
    return raised(base, exponent)  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic


def absolute(x: sp.Expr) -> sp.Expr:
    """|x| in a form that has a derivative."""
    return choose(x, x, -x)  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic


def towards_0(x: sp.Expr) -> sp.Expr:
    """The whole part of a number."""
    return choose(x, whole(x), -whole(-x))  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic


def whole(x: sp.Expr) -> sp.Expr:
    """The largest whole number that is not above x."""
    return floored(x)  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic


def rate_of(name: str) -> str:
    """What the rate of change of a name is called."""
    return f"rate_of_change_of_{name}"


def sign(x: sp.Expr) -> sp.Expr:
    """-1, 0 or 1."""
    return Inequality(x, strict=True).pick(sp.Integer(1), choose(x, sp.Integer(0), sp.Integer(-1)))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic


def from_ast(  # long: one case for each kind of node
    node: Any, functions: Functions, rename: Mapping[str, str] | None = None, place: str = "formula"
) -> sp.Expr:
    """An SBML formula as a SymPy expression of plain symbols; simulation time is the network's `t`.

    Args:
        node: libSBML's tree of the formula.
        functions: the file's own functions by name.
        rename: local parameters of a kinetic law -> names in the network.
        place: where the formula stands, for errors.

    Raises:
        SbmlError: a construct outside the supported ones, by name.
    """
    kind = node.getType()
    _count_arguments(node, place)

    def child(i: int) -> sp.Expr:
        return from_ast(node.getChild(i), functions, rename, place)

    children = range(node.getNumChildren())
    if node.isInteger():
        return sp.Integer(node.getInteger())
    if kind == libsbml.AST_RATIONAL:
        return sp.Rational(node.getNumerator(), node.getDenominator())
    if node.isReal():
        return number(node.getReal())
    if kind == libsbml.AST_NAME_TIME:
        return time
    if kind == libsbml.AST_NAME:
        return sp.Symbol((rename or {}).get(node.getName(), node.getName()))
    if kind in _CONSTANTS:
        return _CONSTANTS[kind]
    if kind == libsbml.AST_FUNCTION_RATE_OF and child(0).is_Symbol:
        return sp.Symbol(rate_of(str(child(0))))
    if kind == libsbml.AST_PLUS:
        return sp.Add(*(child(i) for i in children))
    if kind == libsbml.AST_TIMES:
        return sp.Mul(*(child(i) for i in children))
    if kind == libsbml.AST_MINUS:
        return -child(0) if len(children) == 1 else child(0) - child(1)
    if kind == libsbml.AST_DIVIDE:
        return child(0) / child(1)
    if kind in (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER):
        return to_power(child(0), child(1))
    if kind == libsbml.AST_FUNCTION_ROOT:
        if len(children) == 2:
            return to_power(child(1), 1 / child(0))
        return to_power(child(0), sp.Rational(1, 2))
    if kind == libsbml.AST_FUNCTION_LOG:
        return sp.log(child(1)) / sp.log(child(0)) if len(children) == 2 else sp.log(child(0)) / sp.log(10)
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        return _piecewise(node, functions, rename, place)
    if kind == libsbml.AST_FUNCTION and node.getName() in functions:
        try:
            return functions[node.getName()](*(child(i) for i in children))
        except ValueError as e:
            if isinstance(e, SbmlError):
                raise
            raise SbmlError(
                f"{place}: gives {node.getName()} {len(children)} arguments: give as many as it takes"
            ) from None
    if node.isRelational() or node.isLogical() or kind in _TRUTHS:
        return condition(node, functions, rename, place).as_number()
    if kind in _FUNCTIONS:
        return _FUNCTIONS[kind](*(child(i) for i in children))
    name = node.getName() or libsbml.formulaToL3String(node)
    raise SbmlError(f"{place}: uses {name!r}, which is not supported: write it with the supported functions")


def _count_arguments(node: Any, place: str) -> None:
    """libSBML reads `<divide/>` of three numbers; which of them is meant is not for us to say."""
    count = node.getNumChildren()
    empty = not count and node.getType() in (libsbml.AST_FUNCTION_MAX, libsbml.AST_FUNCTION_MIN)
    if empty or not node.hasCorrectNumberArguments():
        name = node.getOperatorName() or node.getName() or "an operator"
        raise SbmlError(f"{place}: gives {name} {count} arguments: give as many as it takes")


def _piecewise(node: Any, functions: Functions, rename: Mapping[str, str] | None, place: str) -> sp.Expr:
    n = node.getNumChildren()
    value = from_ast(node.getChild(n - 1), functions, rename, place) if n % 2 else None
    for i in reversed(range(0, n - 1, 2)):
        piece = from_ast(node.getChild(i), functions, rename, place)
        if value is None:
            value = piece
            continue
        value = condition(node.getChild(i + 1), functions, rename, place).pick(piece, value)
    if value is None:
        raise SbmlError(f"{place}: has a piecewise without a value: write one")
    return value


def condition(
    node: Any, functions: Functions, rename: Mapping[str, str] | None = None, place: str = "formula"
) -> Inequality:
    """A condition of a file; whatever else stands there is a number that holds unless it is 0."""
    kind = node.getType()
    _count_arguments(node, place)
    parts = range(node.getNumChildren())

    def inner(i: int) -> Inequality:
        return condition(node.getChild(i), functions, rename, place)

    if kind in _COMPARISONS and len(parts) >= 2:
        values = [from_ast(node.getChild(i), functions, rename, place) for i in parts]
        return all_of(_COMPARISONS[kind](a, b) for a, b in itertools.pairwise(values))
    if kind == libsbml.AST_LOGICAL_AND:
        return all_of(inner(i) for i in parts)
    if kind == libsbml.AST_LOGICAL_OR:
        return any_of(inner(i) for i in parts)
    if kind == libsbml.AST_LOGICAL_XOR:
        return functools.reduce(one_of_two, (inner(i) for i in parts), NEVER)
    if kind == libsbml.AST_LOGICAL_IMPLIES:
        return any_of((inner(0).opposite(), inner(1)))
    if kind == libsbml.AST_LOGICAL_NOT:
        return inner(0).opposite()
    if kind in _TRUTHS:
        return _TRUTHS[kind]
    return not_zero(from_ast(node, functions, rename, place))


def to_ast(expression: sp.Expr) -> Any:
    """A SymPy expression as libSBML's tree. `Max`, `Min` and `choose` become piecewise, which every program
    reads.
    """
    e = expression
    if e == time:
        return _node(libsbml.AST_NAME_TIME, name="t")
    if e.is_Symbol:
        return _node(libsbml.AST_NAME, name=str(e))
    if e.is_Integer and abs(int(e)) < 2**31:
        return _valued(int(e))
    if e.is_Rational and e.q != 1:  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
        return _node(libsbml.AST_DIVIDE, _valued(float(e.p)), _valued(float(e.q)))  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
    if e.is_number:
        return _valued(float(e))
    if e.is_Add:
        return _node(libsbml.AST_PLUS, *(to_ast(a) for a in e.args))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    if e.is_Mul:
        return _product(e)
    if e.func is sp.exp:
        return _node(libsbml.AST_FUNCTION_EXP, to_ast(e.args[0]))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    if e.is_Pow or e.func in (power, raised):
        return _node(libsbml.AST_POWER, to_ast(e.args[0]), to_ast(e.args[1]))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    if e.func is choose:
        condition = _node(libsbml.AST_RELATIONAL_GEQ, to_ast(e.args[0]), _valued(0))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
        return _node(libsbml.AST_FUNCTION_PIECEWISE, to_ast(e.args[1]), condition, to_ast(e.args[2]))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    if e.func in (sp.Max, sp.Min):
        # What varies comes first: AMICI never leaves a branch whose condition turns false at the very start,
        # like 0 >= t at t = 0.
        ordered = sorted(e.args, key=lambda a: a.is_number)
        first, rest = ordered[0], ordered[1] if len(ordered) == 2 else e.func(*ordered[1:])
        compare = libsbml.AST_RELATIONAL_GEQ if e.func is sp.Max else libsbml.AST_RELATIONAL_LEQ
        return _node(
            libsbml.AST_FUNCTION_PIECEWISE,
            to_ast(first),  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
            _node(compare, to_ast(first), to_ast(rest)),  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
            to_ast(rest),  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
        )
    if e.func in _WRITTEN:
        return _node(_WRITTEN[e.func], *(to_ast(a) for a in e.args))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    raise SbmlError(f"{e}: {e.func.__name__} has no SBML form here: rewrite the rate law without it")


def _product(e: sp.Expr) -> Any:
    above = [a for a in e.args if not (a.is_Pow and a.args[1].is_number and a.args[1].is_negative)]
    below = [1 / a for a in e.args if a.is_Pow and a.args[1].is_number and a.args[1].is_negative]  # pyright: ignore[reportOperatorIssue]  SymPy's stubs say Basic
    if above and above[0] == -1 and len(above) + len(below) > 1:
        return _node(libsbml.AST_MINUS, _product(-e) if (-e).is_Mul else to_ast(-e))
    top = (
        _node(libsbml.AST_TIMES, *(to_ast(a) for a in above))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
        if len(above) > 1
        else to_ast(above[0])  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
        if above
        else _valued(1)
    )
    if not below:
        return top
    return _node(
        libsbml.AST_DIVIDE,
        top,
        _node(libsbml.AST_TIMES, *(to_ast(a) for a in below)) if len(below) > 1 else to_ast(below[0]),
    )


def _node(kind: int, *children: Any, name: str = "") -> Any:
    node = libsbml.ASTNode(kind)
    if name:
        node.setName(name)
    for c in children:
        node.addChild(c)
    return node


def _valued(value: float) -> Any:
    node = libsbml.ASTNode(libsbml.AST_INTEGER if isinstance(value, int) else libsbml.AST_REAL)
    node.setValue(value)
    return node


def divided(rate: sp.Expr, volume: sp.Expr) -> sp.Expr:
    return sp.Add(*(a / volume for a in rate.args)) if rate.is_Add else rate / volume


def breaks_of(expressions: list[sp.Expr]) -> tuple[float, ...]:
    """Times at which a piecewise formula of time alone switches: the solver starts afresh there."""
    found: set[float] = set()
    for e in expressions:
        for c in e.atoms(choose):
            for part in c.args[0].args if c.args[0].func in (sp.Min, sp.Max) else (c.args[0],):
                slope = sp.diff(part, time)
                rest = sp.expand(part - slope * time)
                if slope.is_number and slope != 0 and rest.is_number:
                    found.add(float(-rest / slope))
    return tuple(sorted(found))
