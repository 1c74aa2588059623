"""A traced function of scalars as single assignments, equal ones shared and idle ones left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal

Value = str | float  # the name of an assignment or of an argument, or a number
REAL, WHOLE, TRUTH = "real", "whole", "truth"


class NotNativeError(ValueError):
    """What the native kernel does not do; the message names it."""


@dataclass(frozen=True)
class Assignment:
    """`name` = operation(operands); `kind` is that of the result, `of` that of the (last) operands."""

    name: str
    kind: str
    of: str
    operation: str
    operands: tuple[Value, ...]


SWAPPED = {"mul", "add", "max", "min", "and", "or", "xor", "eq", "ne"}
FOLDED: dict[str, Callable[..., Any]] = {
    "mul": lambda a, b: a * b,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "neg": lambda a: -a,
    "max": max,
    "min": min,
    "abs": abs,
}


@dataclass
class Assignments:
    """Assignments in the order in which they are carried out, while they are gathered."""

    lines: list[Assignment] = field(default_factory=list)
    known: dict[Any, str] = field(default_factory=dict)

    def apply(self, operation: str, *operands: Value, kind: str = REAL, of: str = REAL) -> Value:
        """The result of an operation: a number where it is one, a shared name where it is known already."""
        if (plain := _plain(operation, operands)) is not None:
            return plain
        ordered = tuple(sorted(operands, key=str)) if operation in SWAPPED else operands
        key = (operation, kind, of, *map(_identity, ordered))
        if key not in self.known:
            name = self.known[key] = f"v{len(self.lines)}"
            self.lines.append(Assignment(name, kind, of, operation, ordered))
        return self.known[key]

    def total(self, terms: Sequence[tuple[float, Value]]) -> Value:
        """Sum of weighted terms in their order; a weight of 0 costs nothing, whatever it weighs."""
        parts = [self.apply("mul", w, x) for w, x in terms if w]
        found: Value = parts[0] if parts else 0.0
        for part in parts[1:]:
            found = self.apply("add", found, part)
        return found

    def trace(self, function: Callable[..., Any], *groups: Any) -> list[Value]:
        """The results of a JAX function of scalars at values, as assignments.

        Args:
            function: returns a tree of scalars.
            groups: its arguments, each a value or a sequence of values.
        """
        values = jax.tree.leaves([list(g) if isinstance(g, tuple) else g for g in groups])
        closed = _traced(function, tuple(len(g) if isinstance(g, tuple) else None for g in groups))
        found = self.inline(closed.jaxpr, closed.consts, values)
        kinds = [_kind(x.dtype) for x in jax.tree.leaves(closed.out_avals)]
        return [self._converted(x, kind, REAL) for x, kind in zip(found, kinds, strict=True)]

    def inline(self, jaxpr: Any, consts: Sequence[Any], operands: Sequence[Value]) -> list[Value]:
        """The results of a traced program at values."""
        at: dict[Any, Value] = dict(zip(jaxpr.constvars, map(_number, consts), strict=True))
        at |= dict(zip(jaxpr.invars, operands, strict=True))

        def read(v: Any) -> Value:
            return _number(v.val) if isinstance(v, Literal) else at[v]

        for line in jaxpr.eqns:
            for v in line.outvars:
                if v.aval.shape:
                    raise NotNativeError(f"{line.primitive.name}: of an array")
            found = self._line(line, [read(v) for v in line.invars])
            at.update(zip(line.outvars, found, strict=True))
        return [read(v) for v in jaxpr.outvars]

    def _line(self, line: Any, operands: list[Value]) -> list[Value]:
        name, options = line.primitive.name, line.params
        for key in (
            "jaxpr",
            "call_jaxpr",
            "fun_jaxpr",
        ):  # a function called, with or without a rule of its own
            if key in options and name in CALLS:
                inner = options[key]
                consts = getattr(inner, "consts", ())
                return self.inline(getattr(inner, "jaxpr", inner), consts, operands)
        if name in ("optimization_barrier",):
            return operands
        if name in SAME:
            return operands[:1]
        kind, of = _kind(line.outvars[0].aval.dtype), _kind(line.invars[-1].aval.dtype)
        if name == "convert_element_type":
            return [self._converted(operands[0], _kind(line.invars[0].aval.dtype), kind)]
        if name == "bitcast_convert_type":
            return [self.apply(f"bits_{kind}", *operands, kind=kind, of=of)]
        if name == "integer_pow":
            return [self._power(operands[0], options["y"])]
        if name == "square":
            return [self.apply("mul", operands[0], operands[0])]
        if name == "select_n" and len(operands) == 3 and _kind(line.invars[0].aval.dtype) == TRUTH:
            return [self.apply("select", operands[0], operands[2], operands[1], kind=kind, of=kind)]
        if name == "clamp":
            low, x, high = operands
            return [self.apply("min", self.apply("max", x, low), high)]
        if name == "rsqrt":
            return [self.apply("div", 1.0, self.apply("sqrt", operands[0]))]
        if name == "logistic":
            e = self.apply("exp", self.apply("neg", operands[0]))
            return [self.apply("div", 1.0, self.apply("add", 1.0, e))]
        operation = RENAMED.get(name, name)
        if operation not in OPERATIONS:
            raise NotNativeError(f"{name}: an operation that it does not have")
        if operation == "round" and int(options.get("rounding_method", 1)) != 1:
            raise NotNativeError("round: away from zero")
        return [self.apply(operation, *operands, kind=kind, of=of)]

    def _converted(self, value: Value, before: str, after: str) -> Value:
        if before == after:
            return value
        if not isinstance(value, str):
            return float(value)
        return self.apply(f"{before}_to_{after}", value, kind=after, of=before)

    def _power(self, base: Value, exponent: int) -> Value:
        if exponent == 0:
            return 1.0
        found: Value | None = None
        square, left = base, abs(exponent)
        while left:
            if left & 1:
                found = square if found is None else self.apply("mul", found, square)
            left >>= 1
            square = self.apply("mul", square, square) if left else square
        assert found is not None, "an exponent that is not 0"
        return found if exponent > 0 else self.apply("div", 1.0, found)


@lru_cache(maxsize=64)
def _traced(function: Callable[..., Any], sizes: tuple[int | None, ...]) -> Any:
    """A function of scalars and groups of scalars, traced once: a step takes the same field eight times.

    Outside of any mesh: where work is spread over devices JAX adds operations that say where a number lies.
    """
    scalar = jax.ShapeDtypeStruct((), jnp.float64)
    with jax.sharding.use_abstract_mesh(jax.sharding.AbstractMesh((), ())):
        return jax.make_jaxpr(function)(*(scalar if n is None else (scalar,) * n for n in sizes))


CALLS = {
    "jit",
    "pjit",
    "closed_call",
    "core_call",
    "custom_jvp_call",
    "custom_vjp_call",
    "remat",
    "checkpoint",
}
SAME = {"broadcast_in_dim", "copy", "copy_p", "stop_gradient", "reshape", "squeeze", "reduce_precision"}
RENAMED = {"add_any": "add", "shift_right_arithmetic": "shift_right"}
OPERATIONS = {
    *("add", "sub", "mul", "div", "neg", "max", "min", "abs", "exp", "log", "sqrt", "floor", "ceil", "round"),
    *("sign", "rem", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor", "not", "is_finite"),
    *("shift_right", "shift_left"),
}


def _kind(dtype: Any) -> str:
    if dtype == np.float64:
        return REAL
    if dtype == np.bool_:
        return TRUTH
    if dtype in (np.int64, np.int32):
        return WHOLE
    raise NotNativeError(f"{dtype}: numbers of another kind")


def _number(x: Any) -> float:
    found = np.asarray(x)
    if found.shape:
        raise NotNativeError("an array of constants")
    return int(found) if np.issubdtype(found.dtype, np.integer) or found.dtype == bool else float(found)


def _identity(value: Value) -> Any:
    """A value as a key: 0 and -0 are two, and so are 1 and 1.0."""
    return value if isinstance(value, str) else repr(value)


def _plain(operation: str, operands: Sequence[Value]) -> Value | None:
    """What needs no operation at all."""
    if operation in FOLDED and all(isinstance(x, float) and math.isfinite(x) for x in operands):
        return FOLDED[operation](*operands)
    if len(operands) != 2:
        return None
    a, b = operands
    if operation == "mul" and 1.0 in (a, b):
        return b if a == 1.0 else a
    if operation == "div" and b == 1.0:
        return a
    if operation == "add" and 0.0 in (a, b):
        return b if a == 0.0 else a
    if operation == "sub" and b == 0.0:
        return a
    return None


def needed(lines: Sequence[Assignment], results: Sequence[Value]) -> list[Assignment]:
    """The assignments on which results depend, in their order."""
    live, found = {r for r in results if isinstance(r, str)}, []
    for line in reversed(lines):
        if line.name in live:
            found.append(line)
            live |= {x for x in line.operands if isinstance(x, str)}
    return found[::-1]
