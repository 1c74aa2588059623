"""A value fits the type that its record declares, or it does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pytest

from inference.runs.declared_types import fits, misfit


@dataclass(frozen=True)
class Row:
    name: str
    value: float
    kind: Literal["a", "b"] = "a"


@pytest.mark.parametrize(
    "value, declared, answer",
    [
        (1, float, True),
        (True, float, False),
        (True, int, False),
        (1.0, int, False),
        (True, bool, True),
        (1, bool, False),
        ("a", str, True),
        (None, str | None, True),
        (1, str | None, False),
        ("a", Literal["a"], True),
        ("c", Literal["a"], False),
        ((1, 2), tuple[float, ...], True),
        ((1, "x"), tuple[float, ...], False),
        ([1], tuple[float, ...], False),
        ((1, "x"), tuple[float, str], True),
        ((1,), tuple[float, str], False),
        (["x"], list[str], True),
        ([1], list[str], False),
        ({"a": 1}, Mapping[str, int], True),
        ({"a": "1"}, dict[str, int], False),
        ({}, dict, True),
        (Row("x", 1.0), Row, True),
        ("x", Row, False),
    ],
)
def test_types(value, declared, answer):
    assert fits(value, declared) is answer


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"name": "x", "value": 1}, None),
        ({"name": "x"}, "lacks the field 'value'"),
        ({"name": "x", "value": "1"}, "field 'value' is '1', which is no float"),
        ({"name": "x", "value": 1, "other": 1}, "has no field 'other'"),
        ({"name": "x", "value": 1, "kind": "c"}, "field 'kind' is 'c', which is no Literal['a', 'b']"),
    ],
)
def test_fields(fields, said):
    assert misfit(Row, fields) == said
