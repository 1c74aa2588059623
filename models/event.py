"""An event of a model: a condition that becomes true, and what takes new values then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp


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
        root: an expression that is 0 where the trigger changes, with slopes; None where `margin` is one.
        diluted: (species, compartment): concentrations whose amounts stay what they are when the compartment
            gets another size.
        at_once: whether it comes before everything else at its time, as the start of a period does.
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
    root: sp.Expr | None = None
    diluted: tuple[tuple[str, str], ...] = field(default=())
    at_once: bool = False
