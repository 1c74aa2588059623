"""What is wrong with a problem as a whole, which is refused, and what is odd about it, which is told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import sympy as sp

from inference.study.problem_tables import MeasurementRow, ObservableRow, StudyError, Tables, known
from models.declare import Event, time
from models.engine.compile import System
from models.engine.protocol import Protocol
from models.formula import formula
from models.network import Network, inlined, rates_of_change

Values = Mapping[str, sp.Expr]
UNREACHED = "depends on nothing estimated"


def refuse(tables: Tables, values: Values) -> None:
    """Raises `StudyError` for a problem without measurements, and for noise that is a number and no scale."""
    if not tables.measurements:
        raise StudyError(f"{tables.id}: has no measurements: add some to its measurement table")
    observables = {o.id: o for o in tables.observables}
    seen: set[tuple[str, tuple[sp.Expr, ...]]] = set()
    fixed = {sp.Symbol(n): e for n, e in values.items() if e.is_number}
    for m in tables.measurements:
        if (m.observable, m.overrides) in seen:
            continue
        seen.add((m.observable, m.overrides))
        noise = _noise(observables[m.observable], m, fixed)
        if noise.is_number and not _is_scale(noise):
            where = m.at if m.overrides else observables[m.observable].at
            raise StudyError(f"{where}: the noise of {m.observable} is {noise}: give a positive number")


def check_names(tables: Tables, network: Network, values: Mapping[str, sp.Expr]) -> None:
    """Every name in a formula or condition belongs to the model or the parameter table."""
    model = {q.name for q in (*network.species, *network.inputs, *network.derived, *network.parameters)}
    targets = {c.target for e in tables.experiments for p in e.periods for c in p.changes}
    derived = {d.name for d in network.derived}
    for o in tables.observables:
        allowed = model | set(values) | set(o.placeholders) | targets | {str(time)}
        for s in sorted(map(str, o.formula.free_symbols | o.noise.free_symbols)):
            known(s, allowed, o.at, "name")
    outputs = {str(s) for o in tables.observables for s in o.formula.free_symbols | o.noise.free_symbols}
    for c in (c for e in tables.experiments for p in e.periods for c in p.changes):
        if c.target in derived:
            raise StudyError(
                f"{c.at}: {c.target} is computed by an assignment rule: change what it is computed from"
            )
        known(c.target, (model - derived) | outputs, c.at, "target")
    for p in tables.parameters:
        if p.id in {s.name for s in network.species} | derived:
            raise StudyError(
                f"{p.at}: {p.id} is no parameter but changes by itself: set its start in a condition"
            )


def _noise(o: ObservableRow, m: MeasurementRow, fixed: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    given = dict(zip(map(sp.Symbol, o.placeholders), m.overrides, strict=True))
    return o.noise.xreplace(given).xreplace(fixed)


def _is_scale(noise: sp.Expr) -> bool:
    try:
        return 0 < float(noise) < math.inf
    except TypeError:  # a number that is not real
        return False


def need_values(place: str, system: System, protocols: Iterable[Protocol], values: Values) -> None:
    """Raises `StudyError` for a parameter of the model that has no number anywhere."""
    for p in protocols:
        here = {**values, **p.parameters, **p.periods[0].inputs}
        for name, default in zip((*system.parameters, *system.inputs), system.nominal, strict=True):
            if formula(here.get(name, default)) is sp.nan:
                raise StudyError(f"{place}: {name} has no value: give one there or in the parameter table")


def told(
    tables: Tables,
    network: Network,
    protocols: Iterable[Protocol],
    values: Values,
    events: Iterable[Event] = (),
) -> tuple[str, ...]:
    """Lines on what is legal and hardly meant, each with its place.

    Args:
        tables: the problem; protocols: its dishes.
        network: what is simulated; events: those that the engine finds.
        values: see `fixed_and_free`.
    """
    found = [
        f"{p.at}: the nominal value {p.nominal:g} of {p.id} is outside its bounds {p.lower:g} to {p.upper:g}"
        for p in tables.parameters
        if p.estimate and not math.isnan(p.nominal) and not p.lower <= p.nominal <= p.upper
    ]
    return (
        *found,
        *_twice(tables.measurements),
        *_unmoved(tables, network, tuple(protocols), values, events),
    )


def _twice(measurements: tuple[MeasurementRow, ...]) -> list[str]:
    first: dict[tuple, str] = {}
    found = []
    for m in measurements:
        same = (m.observable, m.experiment, m.time, m.value, m.overrides, m.censored, m.source)
        if same in first:
            found.append(f"{m.at}: is the same measurement as {first[same]} and counts twice")
        first.setdefault(same, m.at)
    return found if len(found) <= 3 else [*found[:3], f"{found[3]} (and {len(found) - 4} more such rows)"]


def _unmoved(
    tables: Tables,
    network: Network,
    protocols: tuple[Protocol, ...],
    values: Values,
    events: Iterable[Event],
) -> list[str]:
    """Observables that no estimated parameter can change: their measurements say nothing."""
    needs = _needs(network, protocols)
    for e in events:
        by = {
            str(s)
            for x in (e.margin, e.delay, *e.assignments.values())
            for s in inlined(network, x).free_symbols
        }
        for n in (*e.assignments, *(s for s, _ in e.diluted)):
            needs[n] = needs.get(n, set()) | by
    moving = _moving(network, protocols, values)
    measured = {m.observable for m in tables.measurements}
    found = []
    for o in tables.observables:
        if o.id not in measured:
            continue
        overrides = (e for m in tables.measurements if m.observable == o.id for e in m.overrides)
        names = {str(s) for e in (o.formula, o.noise, *overrides) for s in inlined(network, e).free_symbols}
        reached: set[str] = set()
        while new := names - reached:
            reached |= new
            names = {n for r in new for n in needs.get(r, ())}
        if not reached & moving:
            found.append(f"{o.at}: {o.id} {UNREACHED}: its measurements say nothing")
    return found


def _needs(network: Network, protocols: tuple[Protocol, ...]) -> dict[str, set[str]]:
    """Of each species the names that its rate of change depends on, with the inputs that never change."""
    levels: dict[str, set[sp.Expr]] = {u.name: set() for u in network.inputs}
    for p in protocols:
        for u in network.inputs:
            levels[u.name] |= {formula(q.inputs[u.name]) for q in p.periods if u.name in q.inputs}
            if u.name not in p.periods[0].inputs:
                levels[u.name].add(sp.Float(u.default))
    rates = rates_of_change(network)
    still = {
        s.name
        for s in network.species
        if s.held_by is not None and levels[s.held_by.name] <= {1, sp.Float(1)}
    }
    return {n: set() if n in still else {str(s) for s in e.free_symbols} for n, e in rates.items()}


def _moving(network: Network, protocols: tuple[Protocol, ...], values: Values) -> set[str]:
    """Names whose value or start in some dish an estimated parameter changes, and those themselves."""
    found = {n for n, e in values.items() if not e.is_number}
    for p in protocols:
        given = [p.parameters, *(part for q in p.periods for part in (q.inputs, q.put, q.add))]
        found |= {n for q in p.moving for part in (q.inputs, q.put, q.add, q.keep) for n in part}
        found |= set(p.switches)
        found |= {n for part in given for n, e in part.items() if not formula(e).is_number}
    return found
