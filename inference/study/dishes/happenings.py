"""What happens in a dish and when: events and switches in time, one after the other, as periods.

Triggers that depend on time, on numbers and on what other events set are followed here, before anything is
simulated, as SBML (Level 3 Version 2, 4.11) prescribes: a trigger that becomes true schedules its event; of
those that are due at one time the one of highest priority is carried out first; and after each, all triggers
are looked at again. Where a formula switches with time the solver starts afresh, so that no pulse is stepped
over.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from inference.study.dishes.clock import Clock, exact
from inference.study.dishes.narrow_times import times
from inference.study.problem_tables import StudyError
from models.comparisons import NotLinearError, crossings
from models.declare import Event, time
from models.engine.protocol import Period
from models.network import Network, inlined

MOST = 2000  # events in one dish
LONG = 1e4  # where no measurement ends a dish, something short is looked for so long


class NeedsStateError(StudyError):
    """What happens in a dish cannot be said before it is simulated."""


Numbers = Mapping[sp.Basic, sp.Expr]


@dataclass
class Pending:
    """An event that is due at `at`; `values` where they were worked out when its trigger became true."""

    at: sp.Expr
    event: Event
    values: dict[str, sp.Expr] | None


@dataclass
class Dish:
    """A dish on its way through its events.

    Attributes:
        network: whose assignment rules formulas may name.
        numbers: what names stand for here: numbers and unknowns.
        levels: present values of what events and periods set between steps of the solver.
        species: names of the state.
        place: the model's file, for findings.
    """

    network: Network
    numbers: Numbers
    levels: dict[str, sp.Expr]
    species: frozenset[str]
    place: str
    was: dict[str, bool] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    done: int = 0

    def resolved(self, e: sp.Expr) -> sp.Expr:
        """The expression in species, time and unknowns."""
        e = inlined(self.network, e)
        e = e.xreplace({sp.Symbol(n): v for n, v in self.levels.items()}).xreplace(dict(self.numbers))
        return e

    def at(self, e: sp.Expr, event: Event | None, what: str) -> sp.Expr:
        """A trigger, delay or priority: resolved, and refused where it needs the state."""
        found = exact(self.resolved(e))
        by = sorted({str(s) for s in found.free_symbols} & self.species)
        if by:
            name = event.id if event else ""
            raise NeedsStateError(
                f"{self.place}: event {name}: {what} depends on {by[0]}, a state, which is not supported: "
                f"give a time"
            )
        return found

    def holds(self, event: Event, t: sp.Expr, after: bool) -> bool:
        """Whether the trigger is true at `t`, or just after it."""
        margin = self.at(event.margin, event, "its trigger")
        if after and margin.has(time):
            later = [c for c in self.crossings_of(margin, event) if c.is_number and c > t]
            t = (t + min(later)) / 2 if later else t + 1
        value = margin.xreplace({time: t})
        if not value.is_number:
            raise NeedsStateError(
                f"{self.place}: event {event.id}: whether it is triggered depends on "
                f"{min(map(str, value.free_symbols))}, which is estimated: not supported; fix it"
            )
        return bool(value > 0 if event.strict else value >= 0)  # pyright: ignore[reportOperatorIssue]  SymPy's stubs say Basic

    def crossings_of(self, margin: sp.Expr, event: Event) -> list[sp.Expr]:
        try:
            return crossings(margin)
        except NotLinearError as e:
            raise NeedsStateError(f"{self.place}: event {event.id}: its trigger {e}: not supported") from None

    def assigned(self, event: Event, jump: Mapping[str, sp.Expr], t: sp.Expr) -> dict[str, sp.Expr]:
        """What an event sets, in the state before everything that happens at this time."""
        state = {sp.Symbol(n): e for n, e in jump.items()} | {time: sp.Float(float(t), 17)}
        return {n: self.resolved(e).xreplace(state) for n, e in event.assignments.items()}  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic

    def settle(self, events: Sequence[Event], t: sp.Expr, jump: dict[str, sp.Expr], after: bool) -> None:
        """Carry out all that is due at `t` (or just after it), until no trigger becomes true any more."""
        while True:
            for e in events:
                now = self.holds(e, t, after)
                if now and not self.was[e.id]:
                    delay = self.at(e.delay, e, "its delay")
                    if not delay.is_number:
                        raise NeedsStateError(f"{self.place}: event {e.id}: its delay is {delay}")
                    if delay < 0:
                        raise StudyError(f"{self.place}: event {e.id}: its delay is {delay}: give 0 or more")
                    values = self.assigned(e, jump, t) if e.from_trigger else None
                    if values and delay > 0 and any(self._state(v) for v in values.values()):
                        raise NeedsStateError(
                            f"{self.place}: event {e.id}: sets after a delay what the state was before, "
                            f"which is not supported: set useValuesFromTriggerTime to false"
                        )
                    self.pending.append(Pending(t + delay, e, values))
                if not now and not e.persistent:
                    self.pending = [p for p in self.pending if p.event.id != e.id]
                self.was[e.id] = now
            due = [p for p in self.pending if p.at <= t]
            if not due:
                return
            self.carry_out(max(due, key=lambda p: self.priority(p.event, jump, t)), jump, t)

    def _state(self, e: sp.Expr) -> bool:
        return bool({str(s) for s in e.free_symbols} & self.species)

    def priority(self, event: Event, jump: Mapping[str, sp.Expr], t: sp.Expr) -> float:
        """Events without a priority come after those that have one (the standard leaves it open)."""
        if event.priority is None:
            return -math.inf
        found = self.at(event.priority, event, "its priority").xreplace({time: t})
        if not found.is_number:
            raise NeedsStateError(f"{self.place}: event {event.id}: its priority is no number")
        return float(found)  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic

    def carry_out(self, p: Pending, jump: dict[str, sp.Expr], t: sp.Expr) -> None:
        self.pending.remove(p)
        self.done += 1
        if self.done > MOST:
            raise StudyError(f"{self.place}: event {p.event.id}: happens more than {MOST} times: correct it")
        if p.event.diluted:
            raise NeedsStateError(f"{self.place}: event {p.event.id}: sets the size of a compartment")
        values = self.assigned(p.event, jump, t) if p.values is None else p.values
        for name, e in values.items():
            if name in self.species:
                jump[name] = sp.expand(e)
            elif self._state(e):
                raise NeedsStateError(
                    f"{self.place}: event {p.event.id}: sets {name} to what the state is then, which is not "
                    f"supported: set a species"
                )
            else:
                self.levels[name] = e


def as_period(
    start: float,
    levels: Mapping[str, sp.Expr],
    jump: Mapping[str, sp.Expr],
    place: str,
    species: frozenset[str],
) -> Period:
    """A period from the values that it begins with; a new state is a share of the old one and a number.

    Raises:
        StudyError: a species is set by the state of others, or by a share that is estimated.
    """
    put, add, keep = {}, {}, {}
    for name, e in jump.items():
        own = sp.Symbol(name)
        share = sp.diff(e, own)
        rest = sp.expand(e - share * own)
        if not share.is_number or {str(s) for s in rest.free_symbols} & species:
            others = sorted({str(s) for s in e.free_symbols} & species - {name}) or [name]
            raise NeedsStateError(
                f"{place}: {name} is set by what {others[0]} is at that time, which is not supported: "
                f"give numbers and parameters, a share of itself, or add them to what there is"
            )
        if share == 0:
            put[name] = light(rest)
            continue
        if share != 1:
            keep[name] = float(share)
        if share != 1 or rest != 0:
            add[name] = light(rest)
    return Period(start, {n: light(e) for n, e in levels.items()}, put, add, keep)


def light(value: sp.Expr) -> float | sp.Expr:
    """A number as such, a formula of unknowns as it is."""
    return float(value) if value.is_number else value


def followed(
    periods: Sequence[Period],
    first: int,
    dish: Dish,
    events: Sequence[Event],
    clock: Clock,
    until: float,
) -> tuple[tuple[Period, ...], tuple[Period, ...], dict[str, sp.Expr]]:
    """Periods of a dish with those that its events and switches add.

    Args:
        periods: what the experiment does, in order; those before `first` end at a steady state.
        dish: at its start.
        events: of the model.
        clock: what of the network goes with time.
        until: the time of the last measurement.

    Returns:
        The periods; those that begin at an estimated time; and of the switches that such times decide the
        formula of time that is >= 0 where they are on.
    """
    margins = {n: exact(dish.resolved(m)) for n, m in clock.switches.items()}
    moving = {n: m for n, m in margins.items() if any(not c.is_number for c in crossings(m))}
    wandering = [c for m in moving.values() for c in crossings(m)]
    wandering += [c for m in clock.marks for c in crossings(exact(dish.resolved(m))) if not c.is_number]
    events, late = _apart(events, dish)
    late += [Period(c) for c in dict.fromkeys(wandering) if not c.is_number]
    found: list[Period] = []
    begin = sp.Rational(periods[first].start)
    short = _Short(clock.turning, float(begin), until if until < math.inf else float(begin) + LONG)
    for p in periods[:first]:
        dish.levels |= {n: sp.sympify(v) for n, v in p.inputs.items()}
        switched = {n: _on(dish, m, begin, False) for n, m in clock.switches.items() if n not in moving}
        found.append(replace(p, inputs={**p.inputs, **switched, **clock.inputs(0.0, float(begin))}))
    dish.was = {e.id: e.initially for e in events}
    rest, t, now = list(periods[first:]), begin, {}
    while True:
        jump: dict[str, sp.Expr] = {}
        before = dict(dish.levels) if found else {}
        base = rest.pop(0) if rest and sp.Rational(rest[0].start) == t else None
        if base is not None:
            dish.levels |= {n: sp.sympify(v) for n, v in base.inputs.items()}
            jump = _jump(base)
        for after in (False, True):
            dish.settle(events, t, jump, after)
        switched = {n: _on(dish, m, t, True) for n, m in clock.switches.items() if n not in moving}
        levels = {n: e for n, e in dish.levels.items() if before.get(n) != e} | (
            {n: sp.sympify(v) for n, v in base.inputs.items()} | dish.levels if base is not None else {}
        )
        p = as_period(float(t), levels, jump, dish.place, dish.species)
        marks = {*_marks(dish, clock), *short.of(dish)}
        if base is not None or jump or levels or switched != now or t in marks:
            found.append(replace(p, inputs={**p.inputs, **switched, **clock.inputs(1.0, float(begin))}))
        now = switched
        upcoming = [sp.Rational(p.start) for p in rest[:1]] + [p.at for p in dish.pending]
        upcoming += [c for c in (*_crossings(dish, events, clock, moving), *marks) if c > t and c <= until]
        upcoming = [c for c in upcoming if c > t]
        if not upcoming or (not rest and min(upcoming) > until):
            return tuple(found), tuple(late), moving
        t = min(upcoming)


def _crossings(
    dish: Dish, events: Sequence[Event], clock: Clock, moving: Mapping[str, sp.Expr]
) -> Iterable[sp.Expr]:
    for e in events:
        yield from dish.crossings_of(dish.at(e.margin, e, "its trigger"), e)
    for n, m in clock.switches.items():
        if n not in moving:
            yield from crossings(exact(dish.resolved(m)))


@dataclass
class _Short:
    """Times at which something short may lie, looked for once for each setting of what they depend on."""

    formulas: tuple[sp.Expr, ...]
    begin: float
    end: float
    known: dict[tuple[sp.Expr, ...], list[sp.Expr]] = field(default_factory=dict)

    def of(self, dish: Dish) -> list[sp.Expr]:
        here = tuple(dish.resolved(e) for e in self.formulas)
        if here not in self.known:
            self.known[here] = [sp.Rational(t) for t in times(here, self.begin, self.end)]
        return self.known[here]


def _marks(dish: Dish, clock: Clock) -> list[sp.Expr]:
    return [c for m in clock.marks for c in crossings(exact(dish.resolved(m))) if c.is_number]


def _on(dish: Dish, margin: sp.Expr, t: sp.Expr, after: bool) -> float:
    m = exact(dish.resolved(margin))
    if after:
        later = [c for c in crossings(m) if c > t]
        t = (t + min(later)) / 2 if later else t + 1
    return 1.0 if m.xreplace({time: t}) >= 0 else 0.0  # pyright: ignore[reportOperatorIssue]  SymPy's stubs say Basic


def _jump(p: Period) -> dict[str, sp.Expr]:
    own = {n: sp.Symbol(n) for n in (*p.put, *p.add)}
    put = {n: sp.sympify(p.put[n]) if n in p.put else s for n, s in own.items()}
    return {n: e + sp.sympify(p.add.get(n, 0)) for n, e in put.items()}


def _apart(events: Sequence[Event], dish: Dish) -> tuple[list[Event], list[Period]]:
    """Events whose time is a number, and the others as periods that begin at an estimated time."""
    plain, late = [], []
    for e in events:
        m = dish.at(e.margin, e, "its trigger")
        times = dish.crossings_of(m, e)
        delay = dish.at(e.delay, e, "its delay")
        if all(c.is_number for c in times) and delay.is_number:
            plain.append(e)
            continue
        slope = sp.diff(m, time)
        others = {n for x in events for n in x.assignments} - dish.species
        named = {str(s) for x in (e.margin, e.delay, *e.assignments.values()) for s in x.free_symbols}
        simple = len(times) == 1 and slope.is_number and slope > 0 and not (named & others)
        if not simple or e.diluted or not set(e.assignments) <= dish.species:
            raise NeedsStateError(
                f"{dish.place}: event {e.id}: its time is estimated and it does more than set species once, "
                f"which is not supported: fix {min(str(s) for c in times for s in c.free_symbols)!r}"
            )
        at = times[0] + delay
        jump = {n: sp.expand(x.xreplace({time: at})) for n, x in _values(dish, e).items()}
        p = as_period(0.0, {}, jump, dish.place, dish.species)
        late.append(replace(p, start=at))
    return plain, late


def _values(dish: Dish, e: Event) -> dict[str, sp.Expr]:
    return {n: dish.resolved(x) for n, x in e.assignments.items()}


__all__ = ["Dish", "NeedsStateError", "as_period", "followed", "light"]
