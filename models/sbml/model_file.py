"""What a model file says, whatever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from models.declare import Event
from models.network import Network


@dataclass(frozen=True)
class SbmlModel:
    """What a file says: the network, starting values that are expressions, events, and times where a formula
    jumps.

    `initial` gives species and inputs whose value at the start is an expression of other names;
    `compartments` are those that hold a species counted as a concentration; `residents` are such species
    with their compartment; `place` is the name of the file.
    """

    network: Network
    initial: Mapping[str, sp.Expr]
    events: tuple[Event, ...]
    breaks: tuple[float, ...]
    compartments: tuple[str, ...] = ()
    place: str = ""
    residents: tuple[tuple[str, str], ...] = ()
