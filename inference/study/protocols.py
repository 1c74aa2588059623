"""Experiments of a problem as protocols, and protocols as arrays of positions in one pool of numbers.

Every entry of a lane (a parameter, an input of a period, an added amount) is a position in the pool
(unknowns, constants, formulas of unknowns), so that a parameter vector becomes all lanes by one gather.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from inference.study.dishes.clock import STILL, Clock
from inference.study.dishes.happenings import Dish, NeedsStateError, followed
from inference.study.problem_tables import Change, ExperimentRow, PeriodRow, StudyError, Tables
from models.declare import time
from models.engine.protocol import Period, Protocol
from models.network import Network, inlined
from models.sbml.model_file import SbmlModel

# Steady state before a dish begins: the stiffly accurate solver crosses this span in a few steps once nothing
# moves, and a rate down to 1e-6 per time unit is at rest by then. A longer span would cost digits of the
# times themselves.
STEADY = 1e7


def fixed_and_free(tables: Tables, network: Network) -> dict[str, sp.Expr]:
    """Every parameter of model and problem: its number, or its own symbol where it is estimated."""
    values = {p.name: sp.Float(p.value, 17) for p in network.parameters}
    return values | {  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic
        p.id: sp.Symbol(p.id) if p.estimate else sp.Float(p.nominal, 17) for p in tables.parameters
    }


def changing(tables: Tables, network: Network) -> set[str]:
    """Parameters that some experiment changes after its first period: they have to be inputs."""
    names = {p.name for p in network.parameters}
    return {c.target for e in tables.experiments for period in e.periods[1:] for c in period.changes} & names


def protocol(
    experiment: ExperimentRow,
    network: Network,
    model: SbmlModel,
    values: Mapping[str, sp.Expr],
    clock: Clock = STILL,
    until: float = math.inf,
) -> Protocol:
    """An experiment as periods of the network, its values resolved to numbers and formulas of unknowns.

    Args:
        experiment: periods with changes.
        network: after `with_inputs`.
        model: for initial assignments, events and switching times.
        values: see `fixed_and_free`.
        clock: what of the network goes with time.
        until: the time of the last measurement.
    """
    species, inputs = {s.name for s in network.species}, {u.name: u.default for u in network.inputs}
    own, told = _of_this_dish(experiment, network, values)
    here = {**values, **own}
    changes = _Changes(network, model, here, told, species, inputs)
    periods: list[Period] = []
    for i, row in enumerate(experiment.periods):
        levels, put, add = changes.of(row, first=i == 0)
        if i == 0:
            levels = {**{n: here[n] for n in inputs if n in here}, **levels}
            put = {**{n: here[n] for n in species if n in here}, **put}  # what events set may be in the table
            first = _Start(network, model, here, levels, put)
            put = {**{n: first.of(n) for n in model.initial if n in species}, **put}
            levels = {**{n: first.of(n) for n in model.initial if n in inputs}, **levels}
        periods.append(Period(_finite(experiment, i), _light(levels), _light(put), _light(add)))
    periods = periods or [Period(0.0)]
    if clock is STILL and not model.events:
        return Protocol(experiment.id, tuple(_with_breaks(periods, model)), _light(own))
    numbers = {sp.Symbol(n): e for n, e in here.items() if n not in inputs}
    levels = {n: sp.Float(v, 17) for n, v in inputs.items() if n not in clock.names}
    dish = Dish(network, numbers, levels, frozenset(species), model.place)  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    waits = bool(experiment.periods) and experiment.periods[0].time == -math.inf
    if waits and len(periods) == 1:  # PEtab 2: what goes with time begins at 0
        periods = [*periods, Period(0.0)]
    settled = followed(periods, int(waits), dish, model.events, clock, until)
    return Protocol(experiment.id, settled[0], _light(own), *settled[1:])


def _of_this_dish(
    experiment: ExperimentRow, network: Network, values: Mapping[str, sp.Expr]
) -> tuple[dict[str, sp.Expr], set[str]]:
    """Parameters, of the model or of observables, that differ in this dish; and all names that are known by
    then.
    """
    states = {q.name for q in (*network.species, *network.inputs)}
    told = states | {p.name for p in network.parameters}
    own: dict[str, sp.Expr] = {}
    for c in (c for p in experiment.periods[:1] for c in p.changes):
        if c.target not in states:
            own[c.target] = _resolved(c.value, {**values}, c.at)
    if len(experiment.periods) > 1 and experiment.periods[0].time == -math.inf:
        # nothing is measured before: what only observables name has its value from the next period on
        for c in experiment.periods[1].changes:
            if c.target not in told and c.value != sp.Symbol(c.target):
                own[c.target] = _resolved(c.value, {**values}, c.at)
                told.add(c.target)
    return own, told


@dataclass(frozen=True)
class _Changes:
    """What a period of one dish changes.

    Attributes:
        here: what every name stands for.
        told: names that are known.
        species, inputs: of the network, inputs with their defaults.
    """

    network: Network
    model: SbmlModel
    here: Mapping[str, sp.Expr]
    told: Collection[str]
    species: Set[str]
    inputs: Mapping[str, float]

    def of(self, row: PeriodRow, first: bool) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Levels of inputs, states that are set, and what is added to states.

        Raises:
            NeedsStateError: a size changes, or a change asks for the state.
            StudyError: a change of nothing that is known.
        """
        species, inputs = self.species, self.inputs
        levels, put, add = {}, {}, {}
        for c in row.changes:
            known = c.target in species or c.target in inputs
            if known and not first and c.target in self.model.compartments:
                raise NeedsStateError(f"{c.at}: the size of {c.target} changes, and concentrations with it")
            if c.target in species:
                symbol = sp.Symbol(c.target)
                rest = sp.expand(c.value - symbol)
                adds = not first and symbol in c.value.free_symbols and symbol not in rest.free_symbols
                value = rest if adds else c.value
                _not_by_state(c, value, species | (set() if first else inputs.keys() - self.here.keys()))
                (add if adds else put)[c.target] = _resolved(value, self.here, c.at)
                _not_negative(put.get(c.target), c.target, c.at, self.network)
            elif c.target in inputs:
                own_value = {} if c.target in self.here else {c.target: sp.Float(inputs[c.target], 17)}
                levels[c.target] = _resolved(c.value, {**own_value, **self.here}, c.at)
                _not_negative(levels[c.target], c.target, c.at, self.network)
            elif not first and c.target not in self.told:
                raise StudyError(
                    f"{c.at}: {c.target} changes during an experiment but is no part of the model: set it "
                    f"in the first period"
                )
        return levels, put, add


def _finite(experiment: ExperimentRow, i: int) -> float:
    start = experiment.periods[i].time
    if start > -math.inf:
        return start
    return (experiment.periods[i + 1].time if len(experiment.periods) > i + 1 else 0.0) - STEADY


def _light(values: Mapping[str, sp.Expr]) -> dict[str, float | sp.Expr]:
    return {k: float(v) if v.is_number else v for k, v in values.items()}


def _resolved(e: sp.Expr, values: Mapping[str, sp.Expr], at: str) -> sp.Expr:
    """The expression with every name replaced by what it stands for: a number or an unknown."""
    e = e.xreplace({s: values[s.name] for s in e.free_symbols if s.name in values})  # pyright: ignore[reportAssignmentType, reportAttributeAccessIssue]  SymPy's stubs say Basic
    unknown = {s for s in e.free_symbols if s.name not in values or values[s.name] != s}  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
    if unknown:
        raise StudyError(
            f"{at}: uses {min(map(str, unknown))!r}, which has no value here: give numbers and parameters "
            f"only"
        )
    return e


def _not_by_state(change: Change, value: sp.Expr, species: Set[str]) -> None:
    if used := {s.name for s in value.free_symbols} & species:  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
        raise NeedsStateError(
            f"{change.at}: {change.target} is set by what {min(used)} is at that time, which is not "
            f"supported: "
            "give numbers and parameters, or add them to what there is"
        )


def _not_negative(value: sp.Expr | None, name: str, at: str, network: Network) -> None:
    """Amounts of our own networks are 0 or more; of others their authors say what may be."""
    if not network.pathway_of or value is None or not value.is_number or float(value) >= 0:
        return
    raise StudyError(f"{at}: {name} is set to {float(value):g}, a negative amount: write 0 or more")


class _Start:
    """Values at the start: initial assignments may name parameters, inputs, other starting values and derived
    quantities.
    """

    def __init__(
        self, network: Network, model: SbmlModel, here: Mapping[str, sp.Expr], inputs: Mapping, put: Mapping
    ) -> None:
        self.network, self.model = network, model
        self.known = {
            **here,
            **{s.name: sp.Float(s.initial, 17) for s in network.species},
            **{u.name: sp.Float(u.default, 17) for u in network.inputs},
            **inputs,
            **put,
        }
        self.fixed = set(inputs) | set(put)
        self.open: set[str] = set()

    def of(self, name: str) -> sp.Expr:
        if name in self.fixed or name not in self.model.initial:
            return self.known[name]
        if name in self.open:
            raise StudyError(f"initial assignment of {name}: is defined in a circle: break it")
        self.open.add(name)
        e = inlined(self.network, self.model.initial[name]).xreplace({time: sp.Integer(0)})
        e = e.xreplace(
            {
                s: self.of(s.name) if s.name in self.model.initial else self.known[s.name]  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
                for s in e.free_symbols
                if self.known.get(s.name) != s  # pyright: ignore[reportAttributeAccessIssue]  SymPy's stubs say Basic
            }
        )
        self.open.discard(name)
        return e  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic


def _with_breaks(periods: list[Period], model: SbmlModel) -> list[Period]:
    """The periods with one more at each time where a formula switches."""
    starts = {p.start for p in periods}
    more = [Period(t) for t in model.breaks if t >= periods[0].start and t not in starts]
    return sorted([*periods, *more], key=lambda p: p.start)


def hastened(p: Protocol, name: str, haste: float, after: bool) -> Protocol:
    """The dish with most of its way to rest quickened: before it begins and, if asked for, after it ends."""
    periods = [replace(q, inputs={**q.inputs, name: 1.0}) for q in p.periods]
    starts = [float(q.start) for q in periods]
    later = (t for t in (*starts, 0.0) if t > starts[0] + 0.5 * STEADY)
    begin = next(later) if starts[0] < -0.5 * STEADY else starts[0]
    more = [Period(starts[-1] + 0.25 * STEADY, {name: haste})] if after else []
    if begin > starts[0]:
        more.append(Period(begin - 0.75 * STEADY, {name: haste}))
    return replace(p, periods=tuple(sorted([*periods, *more], key=lambda q: float(q.start))))


def same_dish(p: Protocol) -> str:
    """Two protocols with the same text are the same dish, whatever they are called."""
    return repr(replace(p, id=""))
