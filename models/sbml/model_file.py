"""What a model file says, whatever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from models.network import Network


@dataclass(frozen=True)
class KnownEvent:
    """At `time` (a number or an expression of parameters) each name takes the value of its expression."""

    time: sp.Expr
    assignments: Mapping[str, sp.Expr]


@dataclass(frozen=True)
class SbmlModel:
    """What a file says: the network, starting values that are expressions, events, and times where a formula
    jumps.

    `initial` gives species and inputs whose value at the start is an expression of other names;
    `compartments` are those that hold a species counted as a concentration.
    """

    network: Network
    initial: Mapping[str, sp.Expr]
    events: tuple[KnownEvent, ...]
    breaks: tuple[float, ...]
    compartments: tuple[str, ...] = ()
