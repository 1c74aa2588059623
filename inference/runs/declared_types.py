"""Does a value have the type that its record declares? Is a text the number that it looks like? For what
comes out of a file or a call.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any

NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)", re.ASCII | re.IGNORECASE)


def plain_number(text: str) -> float:
    """The number that a text is, as every program reads it: Python alone takes 1_0 for ten.

    Raises:
        ValueError: it is none.
    """
    if NUMBER.fullmatch(text.strip()) is None:
        raise ValueError(f"{text[:60]!r} is no number")
    return float(text)


def fits(value: Any, declared: Any) -> bool:
    """Whether a value is of a declared type: numbers, text, SymPy's classes, records, and tuples, mappings,
    unions and literals of these. A whole number is also a decimal one; a truth value is neither.
    """
    if declared is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if declared is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if declared is None or declared is type(None):
        return value is None
    kind, parts = typing.get_origin(declared), typing.get_args(declared)
    if kind is None:
        return isinstance(value, declared)
    if kind is list:
        return isinstance(value, list) and all(fits(x, parts[0]) for x in value)
    if kind is typing.Literal:
        return any(value == p and type(value) is type(p) for p in parts)
    if kind in (typing.Union, types.UnionType):
        return any(fits(value, p) for p in parts)
    if kind is tuple and len(parts) == 2 and parts[1] is Ellipsis:
        return isinstance(value, tuple) and all(fits(x, parts[0]) for x in value)
    if kind is tuple:
        return (
            isinstance(value, tuple)
            and len(value) == len(parts)
            and all(fits(x, p) for x, p in zip(value, parts, strict=True))
        )
    if kind in (dict, Mapping):
        return isinstance(value, Mapping) and all(
            fits(k, parts[0]) and fits(v, parts[1]) for k, v in value.items()
        )
    raise TypeError(f"{declared}: a record of a file cannot hold this type: extend `fits`")


def misfit(record: type, values: Mapping[str, Any]) -> str | None:
    """What is wrong with the values of a record's fields, in words; None if nothing is."""
    declared, known = _declared(record), {f.name: f for f in dataclasses.fields(record)}
    for name, value in values.items():
        if name not in known:
            return f"has no field {name[:60]!r}"
        if not fits(value, declared[name]):
            return f"field {name!r} is {repr(value)[:60]}, which is no {_words(declared[name])}"
    for name, f in known.items():
        if name not in values and f.default is f.default_factory is dataclasses.MISSING:
            return f"lacks the field {name!r}"
    return None


@cache
def _declared(record: type) -> dict[str, Any]:
    return typing.get_type_hints(record)


def _words(declared: Any) -> str:
    return declared.__name__ if isinstance(declared, type) else str(declared).replace("typing.", "")
