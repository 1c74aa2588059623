"""What a model file says, whatever format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from models.network import Network


@dataclass(frozen=True)
class Event:
    """Names that take new values when a condition becomes true.

    Attributes:
        id: as in the file.
        margin, strict: the trigger holds where `margin` is >= 0, or > 0 where it is strict.
        assignments: name -> expression.
        delay: between trigger and assignment.
        priority: of those due at one time the highest comes first; None without one.
        initially: whether the trigger counts as true before the start, so that it has to become false first.
        persistent: whether the assignment is carried out although the trigger became false in the meantime.
        from_trigger: whether values are those at the time of the trigger, not of the assignment.
    """

    id: str
    margin: sp.Expr
    strict: bool
    assignments: Mapping[str, sp.Expr]
    delay: sp.Expr
    priority: sp.Expr | None = None
    initially: bool = True
    persistent: bool = True
    from_trigger: bool = True


@dataclass(frozen=True)
class SbmlModel:
    """What a file says: the network, starting values that are expressions, events, and times where a formula
    jumps.

    `initial` gives species and inputs whose value at the start is an expression of other names;
    `compartments` are those that hold a species counted as a concentration; `place` is the name of the file.
    """

    network: Network
    initial: Mapping[str, sp.Expr]
    events: tuple[Event, ...]
    breaks: tuple[float, ...]
    compartments: tuple[str, ...] = ()
    place: str = ""
