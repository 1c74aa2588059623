"""The one door from numbers and names to formulas, and from formulas to code.

SymPy turns text into formulas, and formulas into functions, by evaluating them as Python. A study comes from
a file that anybody may have written, so text never passes here: what parses it stands where the format is
known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef


class FormulaError(ValueError):
    """Something that is no formula: place, finding, remedy."""


def formula(value: Any) -> sp.Expr:
    """A number, a symbol, a named quantity or a formula as a SymPy expression.

    Raises:
        FormulaError: text, which SymPy would evaluate, and everything else that has no meaning as a formula.
    """
    if isinstance(value, sp.Basic):
        return value  # pyright: ignore[reportReturnType]  # conditions and numbers are Basic in the stubs
    try:
        return sp.sympify(value, strict=True)
    except sp.SympifyError:
        shown = repr(value)[:60]
        raise FormulaError(
            f"{shown}: is no formula: build it of symbols and numbers, or read it by the parser of its format"
        ) from None


def function_of(
    arguments: Sequence[Any], formulas: Any, modules: list[Any], *, cse: bool | Callable[..., Any] = True
) -> Callable[..., Any]:
    """Formulas as a function of numbers or arrays; `arguments` as for `sympy.lambdify`.

    Every argument gets a name of our own in the code that is made, and nothing else may be named in it: a
    symbol that is no argument, or a function that nobody defined, would stand there in its own words.

    Raises:
        FormulaError: a formula uses a name that is no argument, or a function that is not defined.
    """
    known = _symbols(arguments)
    for each in _flat(formulas):
        if unknown := formula(each).free_symbols - known:
            raise FormulaError(
                f"formula: uses {min(map(str, unknown))!r}, which nothing declares: declare it"
            )
        if made_up := each.atoms(AppliedUndef):
            raise FormulaError(f"formula: uses the function {made_up.pop().func}, which is not defined here")
    # SymPy would give out names one argument after the other, each time going through all formulas
    own: Any = {s: sp.Symbol(f"own_{i}", **s.assumptions0) for i, s in enumerate(_flat(arguments))}
    return sp.lambdify(_renamed(arguments, own), _renamed(formulas, own), modules=modules, cse=cse)  # pyright: ignore[reportArgumentType]  # may be a function


def _renamed(values: Any, own: dict[sp.Basic, sp.Symbol]) -> Any:
    if isinstance(values, list | tuple):
        return type(values)(_renamed(x, own) for x in values)
    return formula(values).xreplace(own)


def _symbols(arguments: Any) -> set[sp.Basic]:
    return {s for each in _flat(arguments) for s in formula(each).free_symbols}


def _flat(values: Any) -> list[Any]:
    if not isinstance(values, list | tuple):
        return [formula(values)]
    return [x for each in values for x in _flat(each)]
