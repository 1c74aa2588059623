"""Formulas as trees of plain JSON and back: names, numbers and listed operators, each within bounds.

A name is a string, everything else a list whose first entry is the operator. Nothing in a tree is text that
anybody would evaluate, and no tree describes a number that would take long to work out: SymPy computes powers
of whole numbers exactly, whatever their size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from models import ratelaws

# sums, products and powers are kept as they stand: simplifying again could reorder them and change the last
# bit
KEPT: dict[str, type] = {"+": sp.Add, "*": sp.Mul, "^": sp.Pow}
FUNCTIONS: dict[str, tuple[Callable[..., Any], range]] = {  # each with the numbers of operands it takes
    **{
        f.__name__: (f, range(1, 2))
        for f in (
            sp.exp,
            sp.log,
            sp.Abs,
            sp.sign,
            sp.floor,
            sp.ceiling,
            sp.sin,
            sp.cos,
            sp.tan,
            sp.asin,
            sp.acos,
            sp.atan,
            sp.sinh,
            sp.cosh,
            sp.tanh,
            sp.asinh,
            sp.acosh,
            sp.atanh,
            ratelaws.guarded_log,
        )
    },
    "Heaviside": (sp.Heaviside, range(1, 3)),
    "Max": (sp.Max, range(1, 101)),  # SymPy compares each operand with every other
    "Min": (sp.Min, range(1, 101)),
    "power": (ratelaws.power, range(2, 3)),
    "raised": (ratelaws.raised, range(2, 3)),
    "choose": (ratelaws.choose, range(3, 4)),
}
CONSTANTS: dict[str, Any] = {"pi": sp.pi, "e": sp.E, "inf": sp.oo, "-inf": -sp.oo}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONGEST_NAME = 200
DEEPEST = 200  # operators inside one another; our own rate laws reach 12
MOST_BITS = 10_000.0  # of a number, or of its exponent; a double needs 1100 at most
HIGHEST_POWER = 1000  # of something that is no number
_GROWING = ("exp", "sinh", "cosh", "tanh")


class CodecError(ValueError):
    """Something that is not on the list: place, finding, remedy."""


def encode_formula(e: sp.Basic) -> Any:
    """A SymPy expression as a prefix tree: [operator, operand, ...].

    Raises:
        CodecError: a function or a symbol that a file cannot hold.
    """
    if isinstance(e, sp.Symbol):
        if e != sp.Symbol(e.name):
            raise CodecError(f"symbol {e.name}: has assumptions: use plain symbols")
        return e.name
    for name, constant in CONSTANTS.items():
        if e == constant:
            return ["constant", name]
    if isinstance(e, sp.Rational):
        return ["ratio", str(e.p), str(e.q)]
    if isinstance(e, sp.Float):
        sign, mantissa, exponent, _ = e._mpf_
        return ["float", sign, str(mantissa), exponent, e._prec]
    for name, kind in (*KEPT.items(), *((n, f) for n, (f, _) in FUNCTIONS.items())):
        if e.func is kind:
            return [name, *(encode_formula(a) for a in e.args)]
    raise CodecError(f"function {e.func}: is not one of {', '.join(FUNCTIONS)}: write the formula with these")


def decode_formula(tree: Any) -> sp.Expr:
    """The inverse of `encode_formula`.

    Raises:
        CodecError: anything but names, numbers and the listed operators, or one beyond the bounds.
    """
    return _decoded(tree, 0)[0]


@dataclass(frozen=True)
class _Size:
    """How large the number of a tree can be: `digits` are the bits it takes to write it down, `value` bounds
    log2 of its absolute value from above.
    """

    digits: float
    value: float


Sized = tuple[sp.Expr, _Size | None]  # None: the tree holds a name


def _decoded(tree: Any, depth: int) -> Sized:
    if isinstance(tree, str):
        if len(tree) > LONGEST_NAME or not NAME.fullmatch(tree):
            raise CodecError(f"name {tree[:60]!r}: is none: letters, digits and _ only")
        return sp.Symbol(tree), None
    if not isinstance(tree, list) or not tree or not isinstance(tree[0], str):
        raise CodecError(f"formula {str(tree)[:60]!r}: is neither a name nor a list with an operator first")
    if depth > DEEPEST:
        raise CodecError(f"formula: more than {DEEPEST} operators inside one another: split it")
    name, *rest = tree
    if name in _LEAVES:
        return _LEAVES[name](rest)
    if name not in KEPT and name not in FUNCTIONS:
        raise CodecError(
            f"function {name[:60]!r}: is not one of {', '.join(FUNCTIONS)}: was the file written by another "
            f"version?"
        )
    parts = [_decoded(x, depth + 1) for x in rest]
    operands = [e for e, _ in parts]
    if name in KEPT:
        if not operands or (name == "^" and len(operands) != 2):
            raise CodecError(f"operator {name!r}: has {len(operands)} operands")
        return KEPT[name](*operands, evaluate=False), _size(name, [s for _, s in parts])
    function, counts = FUNCTIONS[name]
    if len(operands) not in counts:
        raise CodecError(f"function {name!r}: has {len(operands)} operands")
    size = _size(name, [s for _, s in parts])  # before the function, which may work its value out
    return function(*operands), size


def _size(name: str, parts: list[_Size | None]) -> _Size | None:
    """The size of an operator's result.

    Raises:
        CodecError: the number is too large to be worked out, or a power of something is too high.
    """
    raising = name in ("^", "power", "raised")
    if raising and parts[0] is None and parts[1] is not None and parts[1].value > HIGHEST_POWER.bit_length():
        raise CodecError(f"operator {name!r}: a power above {HIGHEST_POWER}")
    known = [s for s in parts if s is not None]
    if len(known) < len(parts):
        return None
    if raising:
        digits = value = known[0].digits * 2.0 ** min(known[1].value, 64.0)
    elif name in ("*", "+"):
        digits, value = sum(s.digits for s in known), sum(max(s.value, 1.0) for s in known)
    else:
        digits, value = max(s.digits for s in known), max(s.value for s in known)
        if name in _GROWING:
            digits = value = 1.5 * 2.0 ** min(value, 64.0)
    if max(digits, value) > MOST_BITS:
        raise CodecError(f"operator {name!r}: gives a number of more than {MOST_BITS:g} bits")
    return _Size(digits, value)


def _whole(value: Any, what: str, most: int) -> int:
    """A whole number of the file, written as a number or as its digits."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,3100}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > most:
        raise CodecError(f"{what} {str(value)[:40]!r}: is no whole number of a size that is allowed")
    return value


def _constant(rest: list[Any]) -> Sized:
    if len(rest) != 1 or not isinstance(rest[0], str) or rest[0] not in CONSTANTS:
        raise CodecError(f"constant {str(rest)[:60]}: is not one of {', '.join(CONSTANTS)}")
    return CONSTANTS[rest[0]], _Size(2.0, 2.0)


def _ratio(rest: list[Any]) -> Sized:
    if len(rest) != 2:
        raise CodecError("ratio: is made of two whole numbers")
    p, q = (_whole(x, "ratio", 2 ** int(MOST_BITS)) for x in rest)
    if q < 1:
        raise CodecError(f"ratio over {q}: is no number")
    above, below = p.bit_length(), q.bit_length()
    return sp.Rational(p, q), _Size(max(above, below), max(above - below + 1, 0))


def _float(rest: list[Any]) -> Sized:
    if len(rest) != 4:
        raise CodecError("float: is made of sign, digits, exponent and precision")
    sign, exponent, precision = (
        _whole(x, "float", most)
        for x, most in ((rest[0], 1), (rest[2], int(MOST_BITS)), (rest[3], int(MOST_BITS)))
    )
    mantissa = _whole(rest[1], "float", 2 ** int(MOST_BITS))
    if sign < 0 or mantissa < 0 or precision < 1:
        raise CodecError("float: sign, digits and precision are not negative")
    value = sp.Float((sign, mantissa, exponent, mantissa.bit_length()), precision=precision)
    magnitude = mantissa.bit_length() + exponent
    return value, _Size(abs(magnitude) + 1, max(magnitude, 0))


_LEAVES: dict[str, Callable[[list[Any]], Sized]] = {
    "constant": _constant,
    "ratio": _ratio,
    "float": _float,
}
