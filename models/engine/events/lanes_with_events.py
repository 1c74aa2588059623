"""Many dishes whose states bring about events, differentiable: the stretches between events one by one.

What happens when is found first (`event_log`) and counts as known. Then every stretch is solved as any dish
is, and at its end time is a function again: t* - g / (dg/dt), which is t* and has the slopes that the
implicit function theorem gives. A time that moves by dt finds the state f dt further, and leaves the next
stretch, which begins at the time that was found, f dt behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from models.engine.compile import System
from models.engine.events.event_log import (
    BEGIN,
    EXECUTE,
    NOTHING,
    TRIGGER,
    EventLog,
    EventPlan,
    arguments,
    begun,
    find,
    remember,
)
from models.engine.events.event_system import EventSystem, stacked
from models.engine.lane_states import Tolerance
from models.engine.lanes import simulate_lanes
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule
from models.engine.solver.stages_over_lanes import Rows, rows
from models.engine.solver.tableau import RODAS5P
from models.engine.work_queue import COMPLETE

fixed = lax.stop_gradient
BEFORE = 1e-9  # of the time itself: where the state before an event is read
NEAR = 1e-6  # of a stretch: by so much its end may be corrected


def happenings(
    system: System,
    events: EventSystem,
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
    times: Float[Array, "lane time"],
    *,
    rtol: Any,
    atol: Any,
    max_steps: int,
    most: int,
) -> EventLog:
    """What happens in each dish until the last of its times; arguments as in `simulate_with_events`."""
    floating = jnp.result_type(float)
    tolerance = Tolerance(
        jnp.asarray(rtol, floating), jnp.broadcast_to(jnp.asarray(atol, floating), (len(system.species),))
    )
    last = jnp.max(jnp.where(jnp.isfinite(times), times, schedule.starts[:, :1]), 1)
    plan = EventPlan(system, events, RODAS5P, max_steps, most)
    return fixed(find(plan, fixed(parameters), fixed(schedule), fixed(last), fixed(tolerance)))


def simulate_with_events(
    system: System,
    events: EventSystem,
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
    times: Float[Array, "lane time"],
    *,
    rtol: float | Float[Array, ""],
    atol: float | Float[Array, ""] | Float[Array, " species"],
    max_steps: int = 10_000,
    wanted: Sequence[str] | None = None,
    most: int = 64,
) -> Trajectory:
    """Simulate every lane with its events; a value at the time of an event is the one after it.

    Args:
        events: compiled for this system.
        parameters, schedule, times, rtol, atol, wanted: as in `simulate_lanes`; starts of periods may depend
            on unknowns, which counts.
        max_steps: attempts, of the whole dish and of each stretch, after which a lane is given up.
        most: happenings (a trigger, an execution, the start of a period) that a dish has room for; one with
            more is not `ok`.
    """
    how: dict[str, Any] = {"rtol": rtol, "atol": atol, "max_steps": max_steps}
    log = happenings(system, events, parameters, schedule, times, most=most, **how)
    n, species = parameters.shape[0], len(system.species)
    walk = _Walk(system, events, parameters, schedule, fixed(times), how | {"wanted": wanted})
    first = jnp.broadcast_to(jnp.asarray(system.initial)[:, None], (species, n))
    period = jnp.zeros(n, jnp.int32)
    start = _Carry(
        fixed(schedule.starts[:, 0]),
        begun(schedule, period, first),
        jnp.zeros(n),
        period,
        jnp.zeros((len(events.kept), n)),
        jnp.zeros((len(events.slots), n)),
        jnp.zeros((n, times.shape[1], species)),
        log.reason == COMPLETE,
    )
    last = jnp.arange(most + 1) == most  # the stretch after all happenings
    entries = jax.tree.map(lambda x: jnp.pad(x, ((0, 1), (0, 0))), (log.at, log.kind, log.of, log.crossed))
    end, _ = lax.scan(jax.checkpoint(walk.stretch), start, (*entries, last))
    values, ok = end.values, end.ok
    shown = ok[:, None, None] & jnp.isfinite(times)[:, :, None]
    reason = jnp.where(ok | (log.reason != COMPLETE), log.reason, walk.failed)
    return Trajectory(jnp.where(shown, values, 0.0), ok, log.steps, reason)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class _Carry:
    """A dish between two happenings.

    `t`: when it is, as found; `shift`: 0, with the slopes of that time; `y`: the state then; `memory`,
    `late`: what was remembered, and the shift of the time at which each slot is due.
    """

    t: Array
    y: Rows
    shift: Array
    period: Array
    memory: Rows
    late: Rows
    values: Array
    ok: Array


@dataclass(frozen=True)
class _Walk:
    """From happening to happening; `how`: settings of `simulate_lanes` for every stretch."""

    system: System
    events: EventSystem
    parameters: Array
    schedule: Schedule
    times: Array
    how: Mapping[str, Any]
    failed: int = 3  # TOO_MANY_STEPS: a stretch that the search for events could solve

    def solved(self, c: _Carry, until: Array) -> tuple[Array, Array, Rows, tuple[Array, Rows]]:
        """Values at the times before `until`, whether all is well, the state there, and time and state just
        before.
        """
        species = len(self.system.species)
        left = self.field(c.t, c.y, arguments(self.parameters, self.schedule, c.period))
        start = c.y - left * c.shift
        inside = (self.times >= c.t[:, None]) & (self.times < until[:, None]) & jnp.isfinite(self.times)
        goes = jnp.isfinite(until) & (until > c.t)
        end = jnp.where(goes, until, jnp.inf)
        gap = BEFORE * jnp.maximum(1.0, jnp.abs(c.t))
        early = jnp.maximum(c.t, jnp.where(goes, until, 0.0) - gap)
        asked = jnp.where(inside, self.times, jnp.inf)
        asked = jnp.concatenate([asked, jnp.where(goes, early, jnp.inf)[:, None], end[:, None]], 1)
        order = jnp.argsort(asked, 1, stable=True)
        inputs = jnp.take_along_axis(self.schedule.inputs, c.period[:, None, None], 1)
        found = simulate_lanes(
            self.system,
            self.parameters,
            Schedule(c.t[:, None], inputs, jnp.zeros((len(until), 1, species)), start.T[:, None]),
            jnp.take_along_axis(asked, order, 1),
            **self.how,
        )
        values = jnp.take_along_axis(found.values, jnp.argsort(order, 1)[:, :, None], 1)
        y, before = (jnp.where(goes, values[:, k].T, c.y) for k in (-1, -2))
        seen = jnp.where(inside[:, :, None], values[:, :-2], c.values)
        return seen, c.ok & found.ok, y, (jnp.where(goes, early, c.t), before)

    def stretch(self, c: _Carry, entry: tuple[Array, ...]) -> tuple[_Carry, None]:
        """Up to one happening, and what it does."""
        at, kind, of, crossed, last = entry
        real = kind != NOTHING
        at = jnp.where(real, at, c.t)
        values, ok, y, before = self.solved(c, jnp.where(last, jnp.inf, at))
        args = arguments(self.parameters, self.schedule, c.period)
        f = self.field(*before, args)  # where it happens the rates may change with it
        slots, events = jnp.array(self.events.slots), self.events
        slot = jnp.clip(of, 0, len(events.slots) - 1)
        lanes = jnp.arange(at.shape[0])

        # when it happens, as a function
        start = jnp.take_along_axis(
            self.schedule.starts, jnp.clip(of, 0, self.schedule.starts.shape[1] - 1)[:, None], 1
        )[:, 0]
        shift = jnp.where(at > c.t, 0.0, c.shift)
        met = (kind == TRIGGER) & crossed
        shift = jnp.where(met, self.crossing(met, slots[slot], at, y, args, f, at - c.t), shift)
        shift = jnp.where(kind == EXECUTE, c.late[slot, lanes], shift)
        shift = jnp.where(kind == BEGIN, jnp.where(real, start - fixed(start), 0.0), shift)
        now, y = at + shift, y + f * (shift - jnp.where(at > c.t, 0.0, c.shift))

        memory = remember(events, jnp.where(kind == TRIGGER, slot, -1), now, y, args, c.memory)
        delay = stacked(events.delays(now, rows(y), rows(args)), at)[slots[slot], lanes]
        chosen = (kind == TRIGGER) & (jnp.arange(len(events.slots))[:, None] == slot)
        late = jnp.where(chosen, shift + delay - fixed(delay), c.late)
        after = events.executed(jnp.where(kind == EXECUTE, slot, -1), now, y, args, c.memory)
        period = jnp.where(kind == BEGIN, of, c.period).astype(jnp.int32)
        after = jnp.where(kind == BEGIN, begun(self.schedule, period, after), after)
        return _Carry(at, after, shift, period, memory, late, values, ok), None

    def field(self, t: Array, y: Rows, args: Rows) -> Rows:
        """Rates of change, which count as numbers."""
        found = self.system.field(t, rows(fixed(y)), rows(fixed(args)))
        return fixed(stacked(found, t)) if found else y

    def crossing(
        self, met: Array, event: Array, t: Array, y: Rows, args: Rows, f: Rows, length: Array
    ) -> Array:
        """How much later the trigger of an event changes than was found, a rounding, with the slopes of that
        time; of dishes that `met` it.
        """

        def root(t: Array, y: Rows, args: Rows) -> Array:
            return stacked(self.events.roots(t, rows(y), rows(args)), t)[event, jnp.arange(t.shape[0])]

        _, speed = jax.jvp(lambda t, y: root(t, y, fixed(args)), (t, fixed(y)), (jnp.ones_like(t), f))
        found, still = root(t, y, args), (speed == 0.0) & met
        speed = jnp.where(speed == 0.0, jnp.where(met, 0.0, 1.0), speed)  # of others it is not asked
        moved = found - fixed(found)
        # what only touches its root has no slope: NaN, not 0
        touched = jnp.sqrt(jnp.where(still, moved, 1.0) ** 2) - jnp.where(still, 0.0, 1.0)
        polished = -found / jnp.where(still, jnp.inf, speed)
        polished = jnp.where(jnp.abs(polished) < NEAR * length, polished, 0.0)
        return fixed(polished) - moved / fixed(jnp.where(still, 1.0, speed)) + touched
