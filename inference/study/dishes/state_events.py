"""A problem whose states bring about events: what they set becomes part of the state.

So do changes that an experiment makes to what the state is then: they become events of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import sympy as sp

from inference.study.dishes.clock import Clock
from inference.study.problem_tables import Change, ExperimentRow, PeriodRow, StudyError, Tables
from models.declare import Event, Input, Species, time
from models.network import Network


@dataclass(frozen=True)
class StateEvents:
    """What the engine is told besides protocols.

    Attributes:
        network: in which everything that an event sets is a species.
        experiments: without the changes that became events.
        events: those of the file, and those changes.
    """

    network: Network
    experiments: tuple[ExperimentRow, ...]
    events: tuple[Event, ...]

    @property
    def names(self) -> set[str]:
        """All that the events name."""
        found = set()
        for e in self.events:
            every = (e.margin, e.root, e.delay, e.priority, *e.assignments.values())
            found |= {str(s) for x in every if x is not None for s in x.free_symbols} | set(e.assignments)
            found |= {n for pair in e.diluted for n in pair}
        return found - {str(time)}

    @property
    def formulas(self) -> tuple[sp.Expr, ...]:
        """What decides when something happens, and what then."""
        return tuple(x for e in self.events for x in (e.margin, e.delay, *e.assignments.values()))

    def stopped(self, clock: Clock) -> StateEvents:
        """With time standing still where the clock stops it."""
        if not clock.runs:
            return self
        at = sp.Symbol(clock.since) + sp.Symbol(clock.runs) * (time - sp.Symbol(clock.since))

        def changed(e: sp.Expr | None) -> sp.Expr | None:
            return None if e is None else e.xreplace({time: at})  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic

        events = tuple(
            replace(
                e,
                margin=changed(e.margin),
                root=changed(e.root),
                delay=changed(e.delay),
                priority=changed(e.priority),
                assignments={n: changed(x) for n, x in e.assignments.items()},
            )
            for e in self.events
        )
        return replace(self, events=events)


def state_events(tables: Tables, network: Network) -> StateEvents:
    """The problem with events that the engine finds by itself.

    Args:
        tables: with at least one experiment.
        network: after `with_inputs`.
    """
    inputs = {u.name for u in network.inputs}
    changes = [c for e in tables.experiments for p in e.periods[1:] for c in p.changes]
    sizes = {n for n in tables.model.compartments if n in {c.target for c in changes}}
    names = {n for e in tables.model.events for n in e.assignments} | sizes
    names |= {s for e in tables.model.events for s, _ in e.diluted}
    names |= {s for s, size in tables.model.residents if size in sizes}
    names &= inputs
    species = {s.name for s in network.species} | names
    moved = _Moved(species, tables, inputs - names)
    experiments = tuple(moved.experiment(e) for e in tables.experiments)
    rows = tuple(u for u in network.inputs if u.name not in names)
    state = tuple(Species(u.name, u.default, u.unit, u.meaning) for u in network.inputs if u.name in names)
    known = {q.name for q in (*network.parameters, *network.inputs, *network.species, *network.derived)}
    outside = sorted(moved.names - known - {str(time)})
    given = {p.id for p in tables.parameters}
    if unknown := [n for n in outside if n not in given]:
        raise StudyError(f"{moved.at}: uses {unknown[0]!r}, which has no value here: declare it")
    more = tuple(Input(n, math.nan, "", "a value of the parameter table") for n in outside)
    flags = tuple(Input(n, 0.0, "", "1 in one period of an experiment") for n in moved.flags)
    network = replace(network, species=(*network.species, *state), inputs=(*rows, *more, *flags))
    return StateEvents(network, experiments, (*moved.events, *tables.model.events))


@dataclass
class _Moved:
    """Changes of experiments as events."""

    species: set[str]
    tables: Tables
    inputs: set[str]
    events: list[Event] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    at: str = ""

    def experiment(self, e: ExperimentRow) -> ExperimentRow:
        periods: list[PeriodRow] = []
        flag = ""
        for i, p in enumerate(e.periods):
            ends = (Change(flag, sp.Integer(0), p.at),) if flag else ()
            flag, changes = "", p.changes
            if i and any(self.by_state(c) for c in changes):
                mine = [c for c in changes if c.target in self.species]
                flag = self.flag()
                self.events.append(self.event(flag, mine))
                changes = tuple(c for c in changes if c not in mine)
                changes = (*changes, Change(flag, sp.Integer(1), p.at))
            periods.append(replace(p, changes=(*changes, *ends)))
        return replace(e, periods=tuple(periods))

    def by_state(self, c: Change) -> bool:
        own = sp.Symbol(c.target)
        rest = sp.expand(c.value - own) if c.value.has(own) else c.value
        named = {str(s) for s in rest.free_symbols} & self.species
        return c.target in self.species and (bool(named) or c.target in self.tables.model.compartments)

    def flag(self) -> str:
        taken = {
            *self.species,
            *self.inputs,
            *(q.name for q in (*self.tables.model.network.parameters, *self.tables.model.network.derived)),
            *(p.id for p in self.tables.parameters),
            *self.flags,
        }
        name = f"period_{len(self.flags)}"
        while name in taken:
            name += "_"
        self.flags.append(name)
        return name

    def event(self, flag: str, changes: list[Change]) -> Event:
        self.at = changes[0].at
        assignments = {c.target: c.value for c in changes}
        self.names |= {str(s) for c in changes for s in c.value.free_symbols}
        diluted = tuple(
            (s, c) for s, c in self.tables.model.residents if c in assignments and s not in assignments
        )
        return Event(
            flag,
            sp.Symbol(flag) - sp.Rational(1, 2),
            False,
            assignments,
            sp.Integer(0),
            initially=False,
            from_trigger=False,
            diluted=diluted,
            at_once=True,
        )
