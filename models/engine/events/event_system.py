"""The events of a network as functions of time, state and arguments, compiled once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import sympy as sp
from jaxtyping import Array, Bool, Float, Int

from models.comparisons import NotLinearError, crossings
from models.declare import Event, time
from models.engine.compile import MODULES, System
from models.engine.solver.sparse_lu import Scalars
from models.engine.solver.stages_over_lanes import Rows, rows
from models.formula import formula, function_of
from models.network import inlined, rates_of_change
from models.ratelaws import choose

WAITING = 8  # executions of one delayed event that can be due at a time
Function = Callable[[Any, Scalars, Scalars], Scalars]
LAST = -1e300  # the priority of what has none


@dataclass(frozen=True, eq=False)
class EventSystem:
    """Events over the species of a system; a slot holds one execution that is due, an event has one or more.

    Attributes:
        events: as declared.
        margins, roots, delays, priorities: (t, y, args) -> one number an event.
        values: (t, y, args) -> what all events assign, one after the other.
        parts: (t, y, args) -> what is compared in all conditions.
        compared: whether there is such.
        joined: whether a condition joins several: such a one may hold for a very short time, between two
            changes of its parts.
        stops: (t, y, args) -> times at which triggers change that time alone decides.
        slots: the event of each slot.
        targets: of each event the species that it sets.
        first_value: of each event where its values begin.
        diluted: of each event (species, compartment) as positions.
    """

    system: System
    events: tuple[Event, ...]
    margins: Function
    roots: Function
    delays: Function
    priorities: Function
    values: Function
    parts: Function
    compared: bool
    joined: bool
    stops: Function
    slots: tuple[int, ...]
    targets: tuple[tuple[int, ...], ...]
    first_value: tuple[int, ...]
    diluted: tuple[tuple[tuple[int, int], ...], ...]

    def which(self, is_so: Callable[[Event], bool]) -> Bool[Array, "event 1"]:
        """Which events are so."""
        return jnp.array([[is_so(e)] for e in self.events])

    @property
    def kept(self) -> tuple[tuple[int, int], ...]:
        """(slot, value) of each number that is remembered from a trigger to its execution."""
        return tuple(
            (q, self.first_value[e] + k)
            for q, e in enumerate(self.slots)
            for k in range(len(self.targets[e]))
        )

    def holds(self, t: Any, y: Scalars, args: Scalars, like: Any) -> Bool[Array, "event ..."]:
        """Whether each trigger is true."""
        margin = stacked(self.margins(t, y, args), like)
        strict = jnp.array([e.strict for e in self.events]).reshape(-1, *(1,) * (margin.ndim - 1))
        return jnp.where(strict, margin > 0, margin >= 0)

    def executed(
        self, slot: Int[Array, " lane"], t: Any, y: Rows, args: Rows, memory: Float[Array, "kept lane"]
    ) -> Rows:
        """The state after the execution in `slot`; a lane whose slot is none of all keeps its state."""
        now, old = self.values(t, rows(y), rows(args)), y
        where = {pair: i for i, pair in enumerate(self.kept)}
        for q, e in enumerate(self.slots):
            new, here = old, slot == q
            for k, target in enumerate(self.targets[e]):
                v = self.first_value[e] + k
                value = memory[where[q, v]] if self.events[e].from_trigger else now[v]
                new = new.at[target].set(jnp.broadcast_to(value, here.shape))
            for species, size in self.diluted[e]:
                new = new.at[species].multiply(old[size] / new[size])
            y = jnp.where(here, new, y)
        return y


def stacked(values: Sequence[Any], like: Any) -> Float[Array, "value ..."]:
    """Numbers and arrays as one table, each row of the shape of `like`."""
    return jnp.stack([jnp.broadcast_to(jnp.asarray(v, like.dtype), like.shape) for v in values])


def compile_events(system: System, events: Sequence[Event]) -> EventSystem:
    """Compile events whose every target is a species of the system.

    Args:
        system: a compiled network.
        events: at least one.
    """
    network, at = system.network, {n: i for i, n in enumerate(system.species)}

    def function(expressions: Sequence[Any]) -> Function:
        y = tuple(map(sp.Symbol, system.species))
        args = tuple(map(sp.Symbol, (*system.parameters, *system.inputs)))
        found = [inlined(network, formula(e)) for e in expressions]
        return function_of([time, y, args], tuple(found), MODULES)

    parts, joined = _compared(system, events)
    lengths = [len(e.assignments) for e in events]
    slots = [i for i, e in enumerate(events) for _ in range(1 if e.delay == 0 else WAITING)]
    return EventSystem(
        system,
        tuple(events),
        function([e.margin for e in events]),
        function([e.margin if e.root is None else e.root for e in events]),
        function([e.delay for e in events]),
        function([sp.Float(LAST) if e.priority is None else e.priority for e in events]),
        function([x for e in events for x in e.assignments.values()]),
        function(parts),
        bool(parts),
        joined,
        function(_stops(system, events)),
        tuple(slots),
        tuple(tuple(at[n] for n in e.assignments) for e in events),
        (0, *itertools.accumulate(lengths[:-1])),
        tuple(tuple((at[s], at[c]) for s, c in e.diluted) for e in events),
    )


def _stops(system: System, events: Sequence[Event]) -> list[sp.Expr]:
    """Times at which triggers change, as far as nothing in them moves between two events."""
    moving = {sp.Symbol(n) for n, rate in rates_of_change(system.network).items() if rate != 0}
    found: dict[sp.Expr, None] = {}
    for e in events:
        for part in _parts(inlined(system.network, e.margin)):
            if part.has(time) and not part.free_symbols & moving:
                try:
                    found |= dict.fromkeys(crossings(part))
                except NotLinearError:
                    continue
    return list(found)


def _compared(system: System, events: Sequence[Event]) -> tuple[list[sp.Expr], bool]:
    """What is compared in triggers, and whether one of them is no single comparison."""
    found: dict[sp.Expr, None] = {}
    joined = False
    for e in events:
        margin = inlined(system.network, e.margin)
        every = [*_parts(margin), *(p for c in margin.atoms(choose) for p in _parts(c.args[0]))]
        joined |= len(every) > 1
        found |= dict.fromkeys(p for p in every if p.free_symbols)
    return list(found), joined


def _parts(margin: Any) -> list[Any]:
    """What is compared in a condition that joins several."""
    if margin.func in (sp.Min, sp.Max):
        return [p for a in margin.args for p in _parts(a)]
    return [margin]
