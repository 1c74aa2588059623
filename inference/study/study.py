"""A study: a network, what was done to which dish, what was measured, and what is believed beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp
from jaxtyping import Array, Float

from inference.study import findings
from inference.study.dishes.clock import STILL, Clock, quickened, timed
from inference.study.dishes.happenings import NeedsStateError
from inference.study.dishes.reduction import smaller, steppable
from inference.study.dishes.rests import NONE, Rests
from inference.study.dishes.room_for_events import room_for_events
from inference.study.dishes.state_events import StateEvents, state_events
from inference.study.number_pool import Pool, PooledProtocols, lay_out
from inference.study.priors import Prior, declared
from inference.study.problem_tables import (
    ExperimentRow,
    ObservableRow,
    PeriodRow,
    StudyError,
    Tables,
)
from inference.study.protocols import STEADY, changing, fixed_and_free, hastened, protocol, same_dish
from inference.study.study_identity import fingerprint
from models.declare import Parameter, time
from models.engine.compile import System, compile_network
from models.engine.events.event_system import EventSystem, compile_events
from models.engine.protocol import Protocol
from models.formula import formula, function_of
from models.network import Network, inlined
from models.reduce import with_inputs

__all__ = [
    "MeasuredReadout",
    "Measurements",
    "Study",
    "StudyError",
    "Unknown",
    "from_tables",
]


@dataclass(frozen=True)
class Unknown:
    """A parameter to be estimated, in its own unit. `nominal` is NaN where the tables give none."""

    name: str
    nominal: float
    lower: float
    upper: float
    prior: Prior
    tags: tuple[str, ...]
    unit: str
    meaning: str


@dataclass(frozen=True, eq=False)
class Measurements:
    """One entry a measurement, in the order of the table.

    Attributes:
        experiment, observable: positions in the names of the study.
        time: min; value: as measured; censored: -1 at most `value`, +1 at least, 0 as measured.
        lane, slot, period: the lane that simulates it, its position among the lane's times, its period.
    """

    experiment: np.ndarray
    observable: np.ndarray
    time: np.ndarray
    value: np.ndarray
    censored: np.ndarray
    lane: np.ndarray
    slot: np.ndarray
    period: np.ndarray

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True, eq=False)
class MeasuredReadout:
    """An observable compiled: its measurements, and its formulas over columns of values.

    `function` takes (t, y, args, extra), each entry a column over `rows`, and gives (predicted value, scale
    of the noise); `extra` are positions in the pool, (row, name), for what is no part of the network.
    """

    row: ObservableRow
    rows: np.ndarray
    extra: np.ndarray
    function: Callable[[Any, tuple, tuple, tuple], tuple]


@dataclass(frozen=True, eq=False)
class Study:
    """Tables resolved to arrays. Lanes are the different dishes: experiments that differ only in name share
    one.

    Attributes:
        network: as the model file gives it; system: compiled, without what the observables do not depend on.
        unknowns: in the order of every parameter vector (linear scale).
        experiments, observables: names. experiment_protocols: one an experiment; protocols: one a lane.
        times: (lane, time) padded with +inf.
        pool: parameter vector -> numbers that `lanes` point to.
        wanted: names of the system's parameters and inputs that depend on an unknown.
        rests: which dishes have to come to rest, and when.
        told: what is legal about the problem and hardly meant, each with its place.
        events: those that the engine finds by the state; None where all are part of the protocols.
        room: for how many of them in a dish.
    """

    id: str
    network: Network
    system: System
    unknowns: tuple[Unknown, ...]
    experiments: tuple[str, ...]
    experiment_protocols: tuple[Protocol, ...]
    observables: tuple[str, ...]
    protocols: tuple[Protocol, ...]
    measurements: Measurements
    times: np.ndarray
    lanes: PooledProtocols
    readouts: tuple[MeasuredReadout, ...]
    pool: Callable[[Float[Array, " unknown"]], Float[Array, " entry"]]
    wanted: tuple[str, ...]
    fixed: Mapping[str, float]
    tables: Tables
    fingerprint: str
    told: tuple[str, ...] = ()
    events: EventSystem | None = None
    room: int = 0
    rests: Rests = NONE

    @property
    def nominal(self) -> np.ndarray:
        """(unknown,) nominal values."""
        return np.array([u.nominal for u in self.unknowns])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the unknowns, in order."""
        return tuple(u.name for u in self.unknowns)


def from_tables(tables: Tables) -> Study:
    """Tables resolved to arrays; raises `StudyError` where a name or value does not fit."""
    whole, beliefs = _network(tables)
    tables = replace(
        tables, experiments=tables.experiments or (ExperimentRow("", (PeriodRow(0.0, (), ""),), ""),)
    )
    values = fixed_and_free(tables, whole)
    findings.check_names(tables, whole, values)
    findings.refuse(tables, values)
    unknowns = tuple(_unknown(p, beliefs.get(p.id)) for p in tables.parameters if p.estimate)
    plain = with_inputs(whole, changing(tables, whole))
    try:
        network, clock, by_experiment = _dishes(tables, plain, values, None)
        watched = None
    except NeedsStateError:
        watched = state_events(tables, plain)
        network, clock, by_experiment = _dishes(tables, watched.network, values, watched)
        watched = watched.stopped(clock)
    dishes = {same_dish(p): p for p in by_experiment}
    protocols = tuple(dishes.values())
    seen = watched.names if watched else set()
    system = compile_network(steppable(smaller(network, tables, protocols, values, clock, seen)))
    findings.need_values(tables.id, system, protocols, values)
    pool = Pool(tuple(u.name for u in unknowns))
    by_state = watched is not None and bool(watched.events)
    begins, rests = _rests(whole, tables, by_experiment, list(dishes), by_state)
    measurements, times = _measurements(tables, by_experiment, list(dishes), rests)
    lanes = lay_out(list(protocols), system, values, pool)
    readouts = tuple(
        r
        for k, o in enumerate(tables.observables)
        if (r := _readout(tables, k, o, clock, system, by_experiment, values, pool)) is not None
    )
    events = compile_events(system, watched.events) if watched and watched.events else None
    nominal = np.array([u.nominal for u in unknowns])
    place = tables.model.place
    return Study(
        id=tables.id,
        network=whole,
        system=system,
        unknowns=unknowns,
        experiments=tuple(e.id for e in tables.experiments),
        experiment_protocols=by_experiment,
        observables=tuple(o.id for o in tables.observables),
        protocols=protocols,
        measurements=measurements,
        times=times,
        lanes=lanes,
        readouts=readouts,
        pool=pool.function(),
        wanted=_wanted(system, lanes, pool.moving()),
        fixed={k: float(v) for k, v in values.items() if v.is_number},
        tables=tables,
        fingerprint=fingerprint(tables, whole),
        told=findings.told(tables, system.network, protocols, values, watched.events if watched else ()),
        rests=_looked_at(begins, rests, times, by_state),
        events=events,
        room=room_for_events(system, events, lanes, pool.function(), times, nominal, place) if events else 0,
    )


def _dishes(
    tables: Tables, network: Network, values: Mapping[str, sp.Expr], watched: StateEvents | None
) -> tuple[Network, Clock, tuple[Protocol, ...]]:
    """The network with what goes with time as inputs, and every experiment as a protocol.

    Raises:
        NeedsStateError: an event, or a change, depends on the state, and nothing watches it.
    """
    clock, model, experiments = STILL, tables.model, tables.experiments
    if watched is not None:
        model, experiments = replace(model, events=()), watched.experiments
    if not network.pathway_of:  # our own networks say themselves where they switch
        waits = any(p.time == -math.inf for e in tables.experiments for p in e.periods)
        network, clock = timed(network, waits, watched.formulas if watched else ())
        if tables.haste != 1.0:
            network, clock = quickened(network, clock)
    ends: dict[str, float] = {}
    for m in tables.measurements:
        ends[m.experiment] = max(m.time, ends.get(m.experiment, m.time))
    found = tuple(protocol(e, network, model, values, clock, ends.get(e.id, 0.0)) for e in experiments)
    if clock.haste:
        found = tuple(
            hastened(p, clock.haste, tables.haste, ends.get(e.id, 0.0) == math.inf)
            for e, p in zip(experiments, found, strict=True)
        )
    return network, clock, found


def _network(tables: Tables) -> tuple[Network, dict[str, Parameter]]:
    """The network, and declarations by name: our own where the model file is exactly one of ours.

    Without a text the tables were resolved before (a prepared study): network and beliefs are theirs.
    """
    imported = tables.model.network
    if not tables.model_text:
        return imported, {}
    from models import catalogue
    from models.sbml.writer import to_sbml

    ours = {
        n.id: n for transit in (False, True) for n in (catalogue.core(transit), catalogue.niche(transit))
    }.get(imported.id)
    if ours is None:
        return imported, {}
    return (ours if to_sbml(ours).strip() == tables.model_text.strip() else imported), {
        p.name: p for p in ours.parameters
    }


def _wanted(system: System, lanes: PooledProtocols, moving: np.ndarray) -> tuple[str, ...]:
    parameters = [n for i, n in enumerate(system.parameters) if moving[lanes.parameters[:, i]].any()]
    return (*parameters, *(n for i, n in enumerate(system.inputs) if moving[lanes.inputs[:, :, i]].any()))


def _unknown(p: Any, declaration: Parameter | None) -> Unknown:
    prior = (
        p.prior
        or (declared(declaration, p.lower, p.upper) if declaration else None)
        or Prior("uniform", (p.lower, p.upper))
    )
    d = declaration
    return Unknown(
        name=p.id,
        nominal=p.nominal,
        lower=p.lower,
        upper=p.upper,
        prior=prior,
        tags=p.tags or (d.tags if d else ()),
        unit=p.unit or (d.unit if d else ""),
        meaning=p.name or (d.meaning if d else p.id),
    )


def _rests(
    whole: Network,
    tables: Tables,
    by_experiment: tuple[Protocol, ...],
    dishes: list[str],
    by_state: bool,
) -> tuple[np.ndarray, list[tuple[int, tuple[float, float]]]]:
    """When each dish begins after a steady state, and of each dish that comes to rest otherwise two times at
    which it is looked at: half way and at the end. Our own networks are not asked.
    """
    begins, found = np.full(len(dishes), -np.inf), {}
    if whole.pathway_of:
        return begins, []
    for e, p in zip(tables.experiments, by_experiment, strict=True):
        lane = dishes.index(same_dish(p))
        if e.periods and e.periods[0].time == -math.inf:
            end = next((q.time for q in e.periods if q.time > -math.inf), 0.0)
            if by_state:
                found[lane, end] = (end - 0.5 * STEADY, end - 0.001 * STEADY)
            else:
                begins[lane] = end
        if any(m.time == math.inf and m.experiment == e.id for m in tables.measurements):
            end = p.periods[-1].start + STEADY
            found[lane, end] = (end - 0.5 * STEADY, end)
    return begins, [(lane, pair) for (lane, _), pair in found.items()]


def _looked_at(
    begins: np.ndarray, rests: list[tuple[int, tuple[float, float]]], times: np.ndarray, by_state: bool
) -> Rests:
    """When dishes come to rest, those two times as slots."""
    slots = np.array([(i, *np.searchsorted(times[i], pair)) for i, pair in rests], int).reshape(-1, 3)
    return Rests(begins, slots[:0] if by_state else slots, slots if by_state else slots[:0], STEADY)


def _measurements(
    tables: Tables,
    by_experiment: tuple[Protocol, ...],
    dishes: list[str],
    rests: list[tuple[int, tuple[float, float]]],
) -> tuple[Measurements, np.ndarray]:
    experiments = [e.id for e in tables.experiments]
    observables = {o.id: k for k, o in enumerate(tables.observables)}
    experiment = np.array([experiments.index(m.experiment) for m in tables.measurements], int)
    lane_of = np.array([dishes.index(same_dish(p)) for p in by_experiment], int)
    lane = lane_of[experiment]
    at = np.array(
        [
            m.time if math.isfinite(m.time) else by_experiment[e].periods[-1].start + STEADY
            for m, e in zip(tables.measurements, experiment, strict=True)
        ],
        float,
    )
    more = [[t for j, pair in rests if j == i for t in pair] for i in range(len(dishes))]
    per_lane = [np.unique([*at[lane == i], *more[i]]) for i in range(len(dishes))]
    times = np.full((len(dishes), max([len(t) for t in per_lane] + [1])), np.inf)
    for i, t in enumerate(per_lane):
        times[i, : len(t)] = t
    slot = np.array([np.searchsorted(per_lane[i], t) for i, t in zip(lane, at, strict=True)], int)
    period = np.array(
        [
            max(j for j, p in enumerate(by_experiment[e].periods) if j == 0 or p.start <= t)
            for e, t in zip(experiment, at, strict=True)
        ],
        int,
    )
    return Measurements(
        experiment=experiment,
        observable=np.array([observables[m.observable] for m in tables.measurements], int),
        time=at,
        value=np.array([m.value for m in tables.measurements], float),
        censored=np.array([m.censored for m in tables.measurements], int),
        lane=lane,
        slot=slot,
        period=period,
    ), times


def _readout(
    tables: Tables,
    k: int,
    o: ObservableRow,
    clock: Clock,
    system: System,
    by_experiment: tuple[Protocol, ...],
    values: Mapping[str, sp.Expr],
    pool: Pool,
) -> MeasuredReadout | None:
    from models.engine.compile import MODULES

    rows = [i for i, m in enumerate(tables.measurements) if m.observable == o.id]
    if not rows:
        return None
    formulas = [clock.shown(inlined(system.network, e)) for e in (o.formula, o.noise)]
    y = [sp.Symbol(n) for n in system.species]
    args = [sp.Symbol(n) for n in (*system.parameters, *system.inputs)]
    extra = sorted({s for e in formulas for s in e.free_symbols} - {*y, *args, time}, key=str)
    experiments = {e.id: p for e, p in zip(tables.experiments, by_experiment, strict=True)}
    positions = np.zeros((len(rows), len(extra)), int)
    for i, row in enumerate(rows):
        m = tables.measurements[row]
        here: dict[str, Any] = {**values, **experiments[m.experiment].parameters}
        given = dict(zip(o.placeholders, m.overrides, strict=True))
        for j, s in enumerate(extra):
            e = given.get(s.name, s)  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
            e = e.xreplace({x: formula(here[x.name]) for x in e.free_symbols if x.name in here})  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
            unknown = {x for x in e.free_symbols if values.get(x.name) != x}  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
            if unknown:
                raise StudyError(
                    f"{m.at}: {min(map(str, unknown))!r} has no value for {o.id}: declare it in the "
                    f"parameter table"
                )
            positions[i, j] = pool.position(e)  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    function = function_of([time, tuple(y), tuple(args), tuple(extra)], tuple(formulas), MODULES)
    return MeasuredReadout(o, np.array(rows), positions, function)
