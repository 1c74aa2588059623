"""Scalar programs as C++ on vectors: a lane is an element of a vector, whose width the compiler is told."""

from __future__ import annotations

import math
from importlib import resources

from models.engine.native.assignments import REAL, TRUTH, Assignment, Value
from models.engine.native.programs import ScalarProgram

INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "eq": "==",
    "ne": "!=",
    "and": "&",
    "or": "|",
    "xor": "^",
    "shift_left": "<<",
    "shift_right": ">>",
}
PREFIX = {"neg": "-", "not": "~"}
BITS = {"bits_whole": "(b)", "bits_real": "(v)"}


def function(name: str, arguments: str, program: ScalarProgram) -> str:
    """A C++ function that carries a program out."""
    body = [f"  const {'v' if x.kind == REAL else 'b'} {x.name} = {_right_side(x)};" for x in program.lines]
    body += [f"  {place} = {_written(value, REAL)};" for place, value in program.results]
    return f"static void __attribute__((noinline)) {name}({arguments}) {{\n" + "\n".join(body) + "\n}\n"


def _right_side(line: Assignment) -> str:
    if line.operation == "select":
        condition, yes, no = line.operands
        return f"CHOOSE({_written(condition, TRUTH)}, {_written(yes, line.of)}, {_written(no, line.of)})"
    operands = [_written(x, line.of) for x in line.operands]
    if line.operation in INFIX:
        return f"{operands[0]} {INFIX[line.operation]} {operands[1]}"
    if line.operation in PREFIX:
        return f"{PREFIX[line.operation]}{operands[0]}"
    if line.operation in BITS:
        return f"{BITS[line.operation]}{operands[0]}"
    return f"{line.operation.upper()}({', '.join(operands)})"


def _written(value: Value, kind: str) -> str:
    if isinstance(value, str):
        return value
    if kind == REAL:
        return f"K({_decimal(float(value))})"
    return f"WHOLE({int(value)}LL)" if kind != TRUTH else f"WHOLE({-int(bool(value))}LL)"


def _decimal(x: float) -> str:
    if math.isnan(x):
        return '__builtin_nan("")'
    return repr(x) if math.isfinite(x) else ("-" if x < 0 else "") + "__builtin_inf()"


def template(name: str) -> str:
    """A text that stands beside this file."""
    return resources.files("models.engine.native").joinpath(name).read_text("utf-8")
