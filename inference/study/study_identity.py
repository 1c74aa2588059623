"""What makes two studies the same: one text of all that changes a number, and its hash."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any

import sympy as sp

from inference.study.problem_tables import Tables
from models.network import Network
from models.sbml.model_file import SbmlModel

# the network stands in the text by its own fingerprint; breaks follow from its formulas; compartments and
# residents say how it is computed; place is the name of a file
APART = frozenset({"network", "breaks", "compartments", "place", "residents"})


LATER = frozenset({"root", "diluted", "at_once"})  # a study without them keeps its fingerprint


def fingerprint(tables: Tables, network: Network) -> str:
    """Hash of tables, network, and of what the model file says besides: initial assignments, events.

    A study whose model file says nothing besides keeps the fingerprint that it had when the network alone was
    looked at.
    """
    rows = (tables.experiments, tables.observables, tables.measurements, tables.parameters)
    return _hashed(repr((*rows, network.fingerprint)) + "".join(_besides(tables.model)))


def beliefs_fingerprint(unknowns: Any) -> str:
    """Hash of names, bounds and priors of what is estimated: a prior that no table gives is declared."""
    return _hashed(repr([(u.name, u.lower, u.upper, u.prior) for u in unknowns]))


def _besides(model: SbmlModel) -> list[str]:
    said = {f.name: getattr(model, f.name) for f in dataclasses.fields(model) if f.name not in APART}
    return [f"\n{name}: {_exact(value)}" for name, value in said.items() if value]


def _exact(value: Any) -> str:
    """A value as a text that differs wherever the value does, whatever the order of a mapping."""
    if isinstance(value, sp.Basic):
        return sp.srepr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(sorted(f"{k}: {_exact(v)}" for k, v in value.items())) + "}"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(_exact, value)) + ")"
    if dataclasses.is_dataclass(value):
        shown = [f for f in dataclasses.fields(value) if f.name not in LATER or getattr(value, f.name)]
        return _exact([(f.name, getattr(value, f.name)) for f in shown])
    return repr(value)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
