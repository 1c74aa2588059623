"""What happens in each dish and when, found by one run that looks at every trigger inside every step.

A trigger that changes within a step is found on the dense output of the step, first by looking at a few
points of it, then by halving; the run goes on from there. What is due is carried out as SBML (Level 3
Version 2, 4.11) says: of the triggers that are true, those that were not are scheduled; then the one of
highest priority is carried out; and all are looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from models.engine.arithmetic.kept import keep
from models.engine.compile import System
from models.engine.events.event_system import EventSystem, stacked
from models.engine.events.turning_points import hidden_turn
from models.engine.lane_states import Tolerance
from models.engine.protocol import Schedule
from models.engine.solver.control import error_size, first_step, next_step
from models.engine.solver.sparse_lu import eliminate, linear_solver
from models.engine.solver.stages_over_lanes import Rows, newton_matrix, rows, stages_of, table, weighted
from models.engine.solver.tableau import Tableau
from models.engine.work_queue import (
    COMPLETE,
    NOT_FINITE,
    REFUSALS,
    RUNNING,
    STEP_TOO_SMALL,
    TOO_MANY_EVENTS,
    TOO_MANY_STEPS,
    when,
)

NOTHING, BEGIN, TRIGGER, EXECUTE = range(4)
LOOKS = 8  # points of a step at which triggers are looked at
HALVINGS = 52
BEYOND = 1e-10  # of a step
FINEST = 4096  # of a dish: where what is compared is rough, steps are no shorter for that


@dataclass(frozen=True)
class EventPlan:
    """What is decided before a run is traced; `most` happenings of a dish are logged."""

    system: System
    events: EventSystem
    tableau: Tableau
    max_steps: int
    most: int


class EventLog(eqx.Module):
    """Happenings of each dish in order; those that are not used are NOTHING.

    Attributes:
        at: time; kind: NOTHING, BEGIN, TRIGGER or EXECUTE; of: which period or slot.
        crossed: of a TRIGGER whether the motion of the state, or time, brought it about, and no happening.
        reason: as in the work queue.
    """

    at: Float[Array, "happening lane"]
    kind: Int[Array, "happening lane"]
    of: Int[Array, "happening lane"]
    crossed: Bool[Array, "happening lane"]
    count: Int[Array, " lane"]
    steps: Int[Array, " lane"]
    reason: Int[Array, " lane"]


class Watch(eqx.Module):
    """Dishes on their way.

    `was`: truth of the triggers; `due`: when a slot is carried out, +inf where it is free; `settling`:
    whether there may be something to do at this time; `crossed`: nothing happened since the last step.
    """

    t: Float[Array, " lane"]
    y: Rows
    h: Float[Array, " lane"]
    period: Int[Array, " lane"]
    args: Rows
    constants: Rows
    stale: Bool[Array, ""]
    was: Bool[Array, "event lane"]
    due: Float[Array, "slot lane"]
    memory: Float[Array, "kept lane"]
    target: Float[Array, " lane"]
    settling: Bool[Array, " lane"]
    crossed: Bool[Array, " lane"]
    fresh: Bool[Array, " lane"]
    refused: Int[Array, " lane"]
    log: EventLog


def arguments(
    parameters: Float[Array, "lane parameter"], schedule: Schedule, period: Int[Array, " lane"]
) -> Float[Array, "args lane"]:
    """Parameters and inputs of each lane in its period."""
    inputs = jnp.take_along_axis(schedule.inputs, period[:, None, None], 1)[:, 0]
    return jnp.concatenate([parameters, inputs], 1).T


def next_start(schedule: Schedule, period: Int[Array, " lane"]) -> Float[Array, " lane"]:
    """When the period after this one begins, +inf where there is none."""
    more = jnp.concatenate([schedule.starts, jnp.full_like(schedule.starts[:, :1], jnp.inf)], 1)
    return jnp.take_along_axis(more, period[:, None] + 1, 1)[:, 0]


def begun(schedule: Schedule, period: Int[Array, " lane"], y: Rows) -> Rows:
    """The state after the start of a period."""
    at = jnp.minimum(period, schedule.starts.shape[1] - 1)[:, None, None]
    share, more = (jnp.take_along_axis(x, at, 1)[:, 0].T for x in (schedule.keep, schedule.add))
    return share * y + more


def find(
    plan: EventPlan,
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
    until: Float[Array, " lane"],
    tolerance: Tolerance,
) -> EventLog:
    """Everything that happens in each dish from its first start until the given time."""

    def settled(s: Watch) -> Watch:
        return lax.while_loop(
            lambda s: jnp.any(s.settling), lambda s: _happening(plan, parameters, schedule, until, s), s
        )

    def body(s: Watch) -> Watch:
        s = when(jnp.any(s.settling), settled, s)
        s = when(
            s.stale,
            lambda s: replace(
                s, constants=table(plan.system.prepare(rows(s.args)), s.t), stale=jnp.asarray(False)
            ),
            s,
        )
        stops = stacked((*plan.events.stops(s.t, rows(s.y), rows(s.args)), jnp.inf), s.t)
        stops = jnp.min(jnp.where(stops > s.t, stops, jnp.inf), 0)
        ends = (next_start(schedule, s.period), jnp.min(s.due, 0), stops, until)
        return _stride(
            plan, tolerance, until - schedule.starts[:, 0], replace(s, target=jnp.min(jnp.stack(ends), 0))
        )

    start = _started(plan, parameters, schedule)
    return lax.while_loop(lambda s: jnp.any(s.log.reason == RUNNING), body, start).log


def _started(plan: EventPlan, parameters: Array, schedule: Schedule) -> Watch:
    n, events = parameters.shape[0], plan.events
    none, zero = jnp.zeros(n, jnp.int32), jnp.zeros(n, parameters.dtype)
    first = jnp.broadcast_to(
        jnp.asarray(plan.system.initial, zero.dtype)[:, None], (len(plan.system.species), n)
    )
    y, args = begun(schedule, none, first), arguments(parameters, schedule, none)
    numbers = (parameters, schedule.inputs, schedule.keep, schedule.add)
    sound = jnp.stack([jnp.all(jnp.isfinite(x).reshape(n, -1), 1) for x in numbers]).all(0)
    empty = jnp.zeros((plan.most, n), jnp.int32)
    log = EventLog(
        at=jnp.zeros((plan.most, n), zero.dtype),
        kind=empty,
        of=empty,
        crossed=empty > 0,
        count=none,
        steps=none,
        reason=jnp.where(sound, RUNNING, NOT_FINITE).astype(jnp.int32),
    )
    return Watch(
        t=schedule.starts[:, 0],
        y=y,
        h=zero,
        period=none,
        args=args,
        constants=jnp.zeros((len(plan.system.uses), n), zero.dtype),
        stale=jnp.asarray(True),
        was=jnp.broadcast_to(events.which(lambda e: e.initially), (len(events.events), n)),
        due=jnp.full((len(events.slots), n), jnp.inf, zero.dtype),
        memory=jnp.zeros((len(events.kept), n), zero.dtype),
        target=zero,
        settling=sound,
        crossed=none > 0,
        fresh=none == 0,
        refused=none,
        log=log,
    )


def _happening(  # long: the order in which things happen at one time
    plan: EventPlan, parameters: Array, schedule: Schedule, until: Array, s: Watch
) -> Watch:
    """One happening of each dish that may have one; a dish without is settled."""
    events, lanes = plan.events, jnp.arange(s.t.shape[0])
    slots = jnp.array(events.slots)
    begins = s.settling & (next_start(schedule, s.period) <= s.t)
    others = s.settling & ~begins
    truth = events.holds(s.t, rows(s.y), rows(s.args), s.t)
    due = s.due <= s.t
    first = events.which(lambda e: e.at_once)
    urgent = jnp.any((truth & ~s.was | s.was & ~truth) & first, 0) | jnp.any(due & first[slots], 0)
    looked = others & (~urgent | first)
    fell = looked & s.was & ~truth
    cancelled = (fell & ~events.which(lambda e: e.persistent))[slots]
    rose = looked & truth & ~s.was
    event, any_rose = jnp.argmax(rose, 0), jnp.any(rose, 0)
    free = (slots[:, None] == event) & jnp.isinf(s.due)
    slot, room = jnp.argmax(free, 0), jnp.any(free, 0)
    triggers = any_rose & room
    delay = stacked(events.delays(s.t, rows(s.y), rows(s.args)), s.t)[event, lanes]
    chosen = triggers & (jnp.arange(len(slots))[:, None] == slot)
    late = jnp.where(cancelled, jnp.inf, jnp.where(chosen, s.t + delay, s.due))
    remembered = remember(events, jnp.where(triggers, slot, -1), s.t, s.y, s.args, s.memory)

    ready = due & looked[slots] & ~cancelled
    rank = stacked(events.priorities(s.t, rows(s.y), rows(s.args)), s.t)[slots]
    best = jnp.argmax(jnp.where(ready, rank, -jnp.inf), 0)
    executes = ~any_rose & jnp.any(ready, 0)
    y = events.executed(jnp.where(executes, best, -1), s.t, s.y, s.args, s.memory)
    late = jnp.where(executes & (jnp.arange(len(slots))[:, None] == best), jnp.inf, late)

    period = (s.period + begins).astype(jnp.int32)
    y = jnp.where(begins, begun(schedule, period, y), y)
    acts = begins | triggers | executes
    kind = jnp.where(begins, BEGIN, jnp.where(triggers, TRIGGER, EXECUTE))
    of = jnp.where(begins, period, jnp.where(triggers, slot, best))
    log, row = s.log, jnp.where(acts, s.log.count, plan.most)
    full = acts & (log.count >= plan.most)
    acts_later = acts | jnp.any(fell, 0)  # what fell may have held others back
    done = s.settling & ~acts_later
    reason = jnp.where(done & (s.t >= until), COMPLETE, log.reason)
    reason = jnp.where(full | (any_rose & ~room), TOO_MANY_EVENTS, reason)
    reason = jnp.where(triggers & ~(delay >= 0), NOT_FINITE, reason).astype(jnp.int32)
    log = replace(
        log,
        at=log.at.at[row, lanes].set(s.t, mode="drop"),
        kind=log.kind.at[row, lanes].set(kind.astype(jnp.int32), mode="drop"),
        of=log.of.at[row, lanes].set(of.astype(jnp.int32), mode="drop"),
        crossed=log.crossed.at[row, lanes].set(s.crossed, mode="drop"),
        count=(log.count + acts).astype(jnp.int32),
        reason=reason,
    )
    return replace(
        s,
        y=y,
        period=period,
        args=jnp.where(begins, arguments(parameters, schedule, period), s.args),
        stale=s.stale | jnp.any(begins),
        was=(s.was & ~fell) | (rose & (jnp.arange(len(events.events))[:, None] == event)),
        due=late,
        memory=remembered,
        settling=acts_later & (reason == RUNNING),
        crossed=s.crossed & ~(begins | executes),
        fresh=s.fresh | begins | executes,
        log=log,
    )


def remember(
    events: EventSystem, slot: Int[Array, " lane"], t: Any, y: Rows, args: Rows, memory: Rows
) -> Rows:
    """The memory with what the event of `slot` assigns now; where that is no slot it is left alone."""
    if not events.kept:
        return memory
    now = stacked(events.values(t, rows(y), rows(args)), slot.astype(memory.dtype))
    of, value = (jnp.array(x) for x in zip(*events.kept, strict=True))
    return jnp.where(of[:, None] == slot, now[value], memory)


def _first(
    changed: Callable[[Any], Bool[Array, " lane"]], like: Any, good: Bool[Array, " lane"]
) -> tuple[Float[Array, " lane"], Bool[Array, " lane"]]:
    """The first share of a step at which something has changed, and whether anything has."""
    none, low, high = jnp.ones_like(good), jnp.zeros_like(like), jnp.ones_like(like)
    for i in range(1, LOOKS + 1):
        here = changed(jnp.full_like(like, i / LOOKS)) & none
        high, none = jnp.where(here, i / LOOKS, high), none & ~here
        low = jnp.where(none, i / LOOKS, low)

    def halved(_: Any, bracket: tuple[Any, Any]) -> tuple[Any, Any]:
        low, high = bracket
        middle = 0.5 * (low + high)
        beyond = changed(middle)
        return jnp.where(beyond, low, middle), jnp.where(beyond, middle, high)

    met = good & ~none
    return when(jnp.any(met), lambda b: lax.fori_loop(0, HALVINGS, halved, b), (low, high))[1], met


def _stride(  # long: one step and what it meets
    plan: EventPlan, tolerance: Tolerance, span: Float[Array, " lane"], s: Watch
) -> Watch:
    """One step of every dish that runs, up to the first change of a trigger within it; `span` is how long a
    dish lasts.
    """
    system, tableau, log = plan.system, plan.tableau, s.log
    atol, y, constants = rows(tolerance.atol), rows(s.y), rows(s.constants)
    active = log.reason == RUNNING
    f, entries, drift = system.linearised(s.t, y, constants)
    start = jnp.broadcast_to(first_step(y, f, tolerance.rtol, atol), s.t.shape)
    h, left = jnp.where(s.fresh, start, s.h), s.target - s.t
    clip = h >= left * (1.0 - 1e-9)
    tried = keep(jnp.where(active & jnp.isfinite(left) & (left > 0), jnp.where(clip, left, h), 1.0))
    solution = linear_solver(
        eliminate(system.pattern, len(system.species)), newton_matrix(system, tableau, tried, entries)
    )
    room = jnp.zeros((tableau.stages, *s.y.shape), s.y.dtype)
    state, (room,) = stages_of(system, tableau, s.t, s.y, tried, constants, drift, solution, (room,))
    size = keep(error_size(y, rows(state), rows(room[-1]), tolerance.rtol, atol))
    good = active & (size <= 1.0)
    end = jnp.where(clip, s.target, s.t + tried)
    inner = [weighted(row, room) for row in tableau.H]

    def at(x: Any) -> tuple[Any, Rows]:
        """Time and state at a share of the step."""
        bend = jnp.zeros_like(state)
        for part in reversed(inner):
            bend = part + x * bend
        dense = (1 - x) * s.y + x * (state + (1 - x) * bend)
        return jnp.where(x == 1.0, end, s.t + x * tried), jnp.where(x == 1.0, state, dense)

    def compared(t: Any, y: Rows) -> Float[Array, "part lane"]:
        return stacked((*plan.events.parts(t, rows(y), rows(s.args)), 0.0), s.t)

    def above(t: Any, y: Rows) -> Bool[Array, "part lane"]:
        return compared(t, y) >= 0

    begun_above = above(s.t, s.y)

    def changed(x: Any) -> Bool[Array, " lane"]:
        t, here = at(x)
        return jnp.any(plan.events.holds(t, rows(here), rows(s.args), s.t) != s.was, 0)

    def parted(x: Any) -> Bool[Array, " lane"]:
        return jnp.any(above(*at(x)) != begun_above, 0)

    if plan.events.compared:  # what is over between two looks shows in how the quantities turn
        where, suspected, rough = hidden_turn(lambda x: compared(*at(x)), LOOKS, s.t)
        hides = (
            good
            & suspected
            & (where > BEYOND)
            & (changed(where) | jnp.any(above(*at(where)) != begun_above, 0))
        )
        coarse = good & rough & (tried > span / FINEST) & ~hides
        good = good & ~hides & ~coarse
    else:
        where, hides, coarse = s.t, active & False, active & False
    high, met = _first(changed, s.t, good)
    if plan.events.joined:  # a trigger may hold between two points that were looked at
        short, parts_met = _first(parted, s.t, good)
        short = jnp.minimum(short + BEYOND, 1.0)  # a strict part holds beyond its root
        sooner = parts_met & (~met | (short < high)) & changed(short)
        high, met = jnp.where(sooner, short, high), met | sooner
    t, y1 = at(jnp.where(met, high, 1.0))
    after = next_step(tableau, tried, size)
    after = jnp.where(good & clip, jnp.maximum(h, after), after)
    after = jnp.where(good & (s.refused > 0), jnp.minimum(after, tried), after)
    after = jnp.where(hides, where * tried, jnp.where(coarse, 0.5 * tried, after))
    again = hides | coarse
    refused = jnp.where(good | again, 0, s.refused + active)
    stuck = active & ~good & ~again & ((refused >= REFUSALS) | (s.t + after <= s.t))
    steps = log.steps + active
    reason = jnp.where(active & (steps >= plan.max_steps), TOO_MANY_STEPS, log.reason)
    reason = jnp.where(stuck, STEP_TOO_SMALL, reason).astype(jnp.int32)
    stopped = (met | (good & clip)) & (reason == RUNNING)
    return replace(
        s,
        t=jnp.where(good, t, s.t),
        y=jnp.where(good, y1, s.y),
        h=jnp.where(active, after, s.h),
        fresh=s.fresh & ~active,
        settling=stopped,
        crossed=s.crossed | stopped,
        refused=refused.astype(jnp.int32),
        log=replace(log, steps=steps.astype(jnp.int32), reason=reason),
    )
