"""Declarations and formulas as plain JSON and back, by a list of what may occur: nothing is evaluated or
unpickled.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from inference.study import priors, problem_tables
from models import declare, network, ratelaws
from models.sbml import model_file

RECORDS: dict[str, type] = {
    c.__name__: c
    for c in (
        declare.Source,
        declare.Belief,
        declare.Input,
        declare.Species,
        declare.Parameter,
        declare.Derived,
        declare.Elsewhere,
        declare.Reaction,
        network.Network,
        model_file.SbmlModel,
        model_file.KnownEvent,
        priors.Prior,
        problem_tables.Change,
        problem_tables.PeriodRow,
        problem_tables.ExperimentRow,
        problem_tables.ObservableRow,
        problem_tables.MeasurementRow,
        problem_tables.ParameterRow,
        problem_tables.Tables,
    )
}
# sums, products and powers are kept as they stand: simplifying again could reorder them and change the last
# bit
KEPT: dict[str, type] = {"+": sp.Add, "*": sp.Mul, "^": sp.Pow}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        sp.exp,
        sp.log,
        sp.Max,
        sp.Min,
        sp.Abs,
        sp.sign,
        sp.Heaviside,
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
        ratelaws.power,
        ratelaws.guarded_log,
        ratelaws.choose,
    )
}
CONSTANTS: dict[str, sp.Basic] = {"pi": sp.pi, "e": sp.E, "inf": sp.oo, "-inf": -sp.oo}


class CodecError(ValueError):
    """Something that is not on the list: place, finding, remedy."""


def encode(value: Any) -> Any:
    """A value as JSON: records as {"is": class, field: ...}, formulas as {"formula": tree}, arrays as
    {"array": ...}.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, sp.Basic):
        return {"formula": encode_formula(value)}
    if isinstance(value, np.ndarray):
        return {
            "array": [encode(x) for x in value.ravel().tolist()],
            "shape": list(value.shape),
            "dtype": value.dtype.str,
        }
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else {"number": repr(float(value))}
    if isinstance(value, tuple | list):
        return [encode(x) for x in value]
    if isinstance(value, Mapping):
        return {"map": [[encode(k), encode(v)] for k, v in value.items()]}
    if RECORDS.get(type(value).__name__) is type(value):
        return {"is": type(value).__name__} | {
            f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)
        }
    raise CodecError(f"{type(value).__name__}: cannot be written to a file: add it to the list of records")


def decode(value: Any) -> Any:
    """The inverse of `encode`; lists come back as tuples.

    Raises:
        CodecError: a record, function or number that is not on the list.
    """
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, list):
        return tuple(decode(x) for x in value)
    if "is" in value:
        record = RECORDS.get(value["is"])
        if record is None:
            raise CodecError(
                f"record {value['is']!r}: is not one of {', '.join(RECORDS)}: was the file written by "
                f"another version?"
            )
        return record(**{k: decode(v) for k, v in value.items() if k != "is"})
    if "formula" in value:
        return decode_formula(value["formula"])
    if "array" in value:
        return np.array([decode(x) for x in value["array"]], dtype=np.dtype(value["dtype"])).reshape(
            value["shape"]
        )
    if "number" in value:
        return float(value["number"])
    if "map" in value:
        return {decode(k): decode(v) for k, v in value["map"]}
    raise CodecError(
        f"{sorted(value)}: is nothing that can be read: was the file written by another version?"
    )


def encode_formula(e: sp.Basic) -> Any:
    """A SymPy expression as a prefix tree: [operator, operand, ...]."""
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
    for name, kind in (*KEPT.items(), *FUNCTIONS.items()):
        if e.func is kind:
            return [name, *(encode_formula(a) for a in e.args)]
    raise CodecError(f"function {e.func}: is not one of {', '.join(FUNCTIONS)}: write the formula with these")


def decode_formula(tree: Any) -> sp.Expr:
    """The inverse of `encode_formula`."""
    if isinstance(tree, str):
        return sp.Symbol(tree)
    name, *rest = tree
    if name == "constant" and rest[0] in CONSTANTS:
        return CONSTANTS[rest[0]]
    if name == "ratio":
        return sp.Rational(int(rest[0]), int(rest[1]))
    if name == "float":
        sign, mantissa, exponent, precision = rest
        return sp.Float((sign, int(mantissa), exponent, int(mantissa).bit_length()), precision=precision)
    if name in KEPT:
        return KEPT[name](*(decode_formula(x) for x in rest), evaluate=False)
    if name in FUNCTIONS:
        return FUNCTIONS[name](*(decode_formula(x) for x in rest))
    raise CodecError(
        f"function {name!r}: is not one of {', '.join(FUNCTIONS)}: was the file written by another version?"
    )
