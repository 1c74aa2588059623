"""Declarations and formulas as plain JSON and back, by a list of what may occur: nothing is evaluated or
unpickled.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from inference.runs.declared_types import fits, misfit
from inference.study import priors, problem_tables
from inference.study.formula_trees import CodecError, decode_formula, encode_formula
from models import belief_kinds, declare, network
from models.sbml import model_file

# The words by which a file calls a record stay as they are when a class gets another name.
RECORDS: dict[str, type] = {
    "Source": declare.Source,
    "Belief": belief_kinds.BeliefRecord,
    "Input": declare.Input,
    "Species": declare.Species,
    "Parameter": declare.Parameter,
    "Derived": declare.Derived,
    "Elsewhere": declare.Elsewhere,
    "Reaction": declare.Reaction,
    "Network": network.Network,
    "SbmlModel": model_file.SbmlModel,
    "Event": declare.Event,
    "Prior": priors.Prior,
    "Change": problem_tables.Change,
    "PeriodRow": problem_tables.PeriodRow,
    "ExperimentRow": problem_tables.ExperimentRow,
    "ObservableRow": problem_tables.ObservableRow,
    "MeasurementRow": problem_tables.MeasurementRow,
    "ParameterRow": problem_tables.ParameterRow,
    "Tables": problem_tables.Tables,
}
TAGS = {record: tag for tag, record in RECORDS.items()}
DEEPEST = 50  # records and lists inside one another, formulas not counted; a whole problem reaches 9
MOST_NUMBERS = 10_000_000  # of an array
NUMBERS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


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
    if isinstance(value, belief_kinds.Belief):
        value = value.record()
    if type(value) in TAGS:
        return {"is": TAGS[type(value)]} | {
            f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)
        }
    raise CodecError(f"{type(value).__name__}: cannot be written to a file: add it to the list of records")


def decode(value: Any) -> Any:
    """The inverse of `encode`; lists come back as tuples.

    Raises:
        CodecError: a record, function or number that is not on the list, a field of another type than its
            record declares, or more than the bounds allow.
    """
    return _decoded(value, 0)


def _decoded(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if depth > DEEPEST:
        raise CodecError(f"file: more than {DEEPEST} records inside one another")
    if isinstance(value, list):
        return tuple(_decoded(x, depth + 1) for x in value)
    if not isinstance(value, dict):
        raise CodecError(f"{type(value).__name__}: is nothing that a file can hold")
    if "is" in value:
        return _record(value, depth)
    match value:
        case {"formula": tree, **more} if not more:
            return decode_formula(tree)
        case {"array": list(entries), "shape": list(shape), "dtype": str(kind), **more} if not more:
            return _array(entries, shape, kind)
        case {"number": str(name), **more} if not more and name in NUMBERS:
            return NUMBERS[name]
        case {"map": list(pairs), **more} if not more and all(
            isinstance(p, list) and len(p) == 2 for p in pairs
        ):
            if not all(isinstance(k, str) for k, _ in pairs):
                raise CodecError("map: has a key that is no text")
            return {k: _decoded(v, depth + 1) for k, v in pairs}
    raise CodecError(
        f"{str(sorted(value))[:80]}: is nothing that can be read: was the file written by another version?"
    )


def _record(value: dict[str, Any], depth: int) -> Any:
    tag = value["is"]
    record = RECORDS.get(tag) if isinstance(tag, str) else None
    if record is None:
        raise CodecError(
            f"record {str(tag)[:60]!r}: is not one of {', '.join(RECORDS)}: was the file written by another "
            f"version?"
        )
    fields = {k: _decoded(v, depth + 1) for k, v in value.items() if k != "is"}
    if wrong := misfit(record, fields):
        raise CodecError(f"record {tag}: {wrong}: was the file written by another version?")
    found = record(**fields)
    return found.belief() if isinstance(found, belief_kinds.BeliefRecord) else found


def _array(entries: list[Any], shape: list[Any], kind: str) -> np.ndarray:
    if not re.fullmatch(r"[<>|=]?[biuf][1248]", kind) or len(entries) > MOST_NUMBERS:
        raise CodecError(f"array of {len(entries)} entries of kind {kind[:20]!r}: is none that can be read")
    if (
        not fits(tuple(shape), tuple[int, ...])
        or min(shape, default=1) < 0
        or math.prod(shape) != len(entries)
    ):
        raise CodecError(f"array of {len(entries)} entries: does not have the shape {str(shape)[:60]}")
    numbers = [_decoded(x, DEEPEST) for x in entries]
    if not fits(tuple(numbers), tuple[float | bool, ...]):
        raise CodecError("array: has entries that are no numbers")
    return np.array(numbers, dtype=np.dtype(kind)).reshape(shape)
