"""A work queue of stiff trajectories: a fixed number of lanes step side by side, and a lane that ends takes
the next item.

Everything a step needs lives in arrays over the lanes, one a species, parameter or input. The inner loop
takes steps and
nothing else: without a scatter in it, XLA on the CPU compiles the whole loop into one function, which is two
to three
times faster than a kernel for each operation. The outer loop serves the lanes that have come to a stop. What
happens
only now and then is behind `when`, a loop of one turn or none, which XLA carries out in place: a conditional
would copy
every array that it might change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from models.engine.arithmetic.kept import keep
from models.engine.lane_states import (
    Items,
    LanePlan,
    LaneStates,
    Outcome,
    Record,
    TapeSize,
    Tolerance,
    blank,
    columns,
    columns_kept,
    starting_state,
    write,
)
from models.engine.solver.control import error_size, first_step, next_step
from models.engine.solver.sparse_lu import eliminate, linear_solver
from models.engine.solver.stages_over_lanes import (
    Rows,
    newton_matrix,
    rows,
    scratch,
    stages_of,
    table,
)

COMPLETE, NOT_FINITE, STEP_TOO_SMALL, TOO_MANY_STEPS, RECORD_FULL, TOO_MANY_EVENTS = range(6)
REASONS = (
    "complete",
    "not finite at the start",
    "step too small",
    "too many steps",
    "record full",
    "more events than there is room for",
)
RUNNING = -1
BLOCK = 64  # lanes come in whole blocks
WIDE = 4096  # lanes of an accelerator from which on the memory sets the time of a turn, not the launches
REFUSALS = 40  # in a row; at the largest shrinking allowed this is a factor of 1e-28


def when(condition: Any, update: Callable[[Any], Any], state: Any) -> Any:
    """`update(state)` if the condition holds, else the state, in place either way."""
    return lax.while_loop(lambda s: s[0], lambda s: (jnp.zeros_like(s[0]), update(s[1])), (condition, state))[
        1
    ]


def prepared(plan: LanePlan, args: Float[Array, "args lane"]) -> Float[Array, "constant lane"]:
    """The constants of the steps."""
    return table(
        plan.system.prepare(rows(args)), args[0] if args.shape[0] else jnp.zeros(args.shape[1:], args.dtype)
    )


def observed_at_start(plan: LanePlan, items: Items) -> Float[Array, "item observable"]:
    """Observables after the first period has begun."""
    y, args = (
        columns(starting_state(plan, items)),
        columns(jnp.concatenate([items.parameters, items.inputs[:, 0]], 1)),
    )
    t = items.timeline.stops[:, 0]
    return jnp.stack([jnp.broadcast_to(o, t.shape) for o in plan.observe(t, y, args)], -1)


def sound(plan: LanePlan, items: Items) -> Bool[Array, " item"]:
    """Whether an item can be started at all: every number finite."""
    finite = [
        jnp.all(jnp.isfinite(x).reshape(x.shape[0], -1), 1)
        for x in (items.parameters, items.inputs, items.keep, items.add)
    ]
    return jnp.stack(finite).all(0) & jnp.all(jnp.isfinite(starting_state(plan, items)), 1)


def load(
    plan: LanePlan,
    items: Items,
    ready: Bool[Array, " item"],
    lanes: LaneStates,
    item: Int[Array, " lane"],
    new: Bool[Array, " lane"],
) -> LaneStates:
    """Put `item` into the lanes that are `new`."""
    n = items.parameters.shape[0]
    at = jnp.minimum(item, n - 1)
    here = jnp.where
    first = starting_state(plan, items)[at].T
    values = jnp.concatenate([items.parameters[at], items.inputs[at, 0]], 1).T
    stop = items.timeline.stops[at, 1]
    verdict = here(~ready[at], NOT_FINITE, here(jnp.isinf(stop), COMPLETE, RUNNING)).astype(jnp.int32)
    return LaneStates(
        t=here(new, items.timeline.stops[at, 0], lanes.t),
        y=here(new, first, lanes.y),
        h=lanes.h,
        args=here(new, values, lanes.args),
        constants=lanes.constants,
        stale=lanes.stale | jnp.any(new),
        room=lanes.room,
        item=here(new, item, lanes.item),
        stop=here(new, stop, lanes.stop),
        k=here(new, 1, lanes.k),
        steps=here(new, 0, lanes.steps),
        refused=here(new, 0, lanes.refused),
        verdict=here(new, here(item < n, verdict, RUNNING), lanes.verdict),
        fresh=lanes.fresh | new,
        waiting=lanes.waiting & ~new,
        queue=lanes.queue,
        turn=lanes.turn,
    )


def empty_lanes(plan: LanePlan, items: Items) -> LaneStates:
    """LaneStates that wait for their first item."""
    zero, none = jnp.zeros(plan.lanes, items.parameters.dtype), jnp.zeros(plan.lanes, jnp.int32)
    idle = none + items.parameters.shape[0]

    def blank(rows: int) -> Rows:
        return jnp.zeros((rows, plan.lanes), zero.dtype)

    return LaneStates(
        t=zero,
        y=blank(len(plan.system.species)),
        h=zero,
        args=blank(items.parameters.shape[1] + items.inputs.shape[2]),
        constants=blank(len(plan.system.uses)),
        stale=jnp.asarray(True),
        room=scratch(plan.system, plan.tableau, plan.lanes, zero.dtype),
        item=idle,
        stop=zero,
        k=none,
        steps=none,
        refused=none,
        verdict=none + RUNNING,
        fresh=none > 0,
        waiting=none > 0,
        queue=jnp.asarray(0, jnp.int32),
        turn=jnp.asarray(0, jnp.int32),
    )


def attempt(plan: LanePlan, tolerance: Tolerance, lanes: LaneStates) -> tuple[LaneStates, Any]:
    """One step of every lane that runs; returns the new lanes and the size of the step where it was accepted,
    else 0.
    """
    system, tableau, n = plan.system, plan.tableau, lanes.item.shape[0]
    atol, y, constants = (
        tuple(tolerance.atol[i] for i in range(len(system.species))),
        rows(lanes.y),
        rows(lanes.constants),
    )
    active = (lanes.verdict == RUNNING) & ~lanes.waiting & jnp.isfinite(lanes.stop) & (lanes.stop > lanes.t)
    f, entries, drift = system.linearised(lanes.t, y, constants)
    h = jnp.where(lanes.fresh, jnp.broadcast_to(first_step(y, f, tolerance.rtol, atol), (n,)), lanes.h)
    left = lanes.stop - lanes.t
    clip = h >= left * (1.0 - 1e-9)
    tried = keep(jnp.where(active, jnp.where(clip, left, h), 1.0))
    solution = linear_solver(
        eliminate(system.pattern, len(system.species)), newton_matrix(system, tableau, tried, entries)
    )
    state, (room,) = stages_of(
        system, tableau, lanes.t, lanes.y, tried, constants, drift, solution, (lanes.room,)
    )
    size = keep(error_size(y, rows(state), rows(room[-1]), tolerance.rtol, atol))
    good = active & (size <= 1.0)
    after = next_step(tableau, tried, size)
    after = jnp.where(good & clip, jnp.maximum(h, after), after)
    after = jnp.where(good & (lanes.refused > 0), jnp.minimum(after, tried), after)
    refused = jnp.where(good, 0, lanes.refused + active)
    steps = lanes.steps + active
    reached = good & clip
    stuck = active & ~good & ((refused >= REFUSALS) | (lanes.t + after <= lanes.t))
    verdict = jnp.where(active & ~reached & (steps >= plan.max_steps), TOO_MANY_STEPS, lanes.verdict)
    verdict = jnp.where(stuck, STEP_TOO_SMALL, verdict).astype(jnp.int32)
    new = LaneStates(
        t=jnp.where(good, jnp.where(clip, lanes.stop, lanes.t + tried), lanes.t),
        y=jnp.where(good, state, lanes.y),
        h=jnp.where(active, after, lanes.h),
        args=lanes.args,
        constants=lanes.constants,
        stale=lanes.stale,
        room=room,
        item=lanes.item,
        stop=lanes.stop,
        k=lanes.k,
        steps=steps.astype(jnp.int32),
        refused=refused.astype(jnp.int32),
        verdict=verdict,
        fresh=lanes.fresh & ~active,
        waiting=lanes.waiting | reached,
        queue=lanes.queue,
        turn=lanes.turn + 1,
    )
    return new, jnp.where(good, tried, 0.0)


def serve(
    plan: LanePlan,
    items: Items,
    ready: Bool[Array, " item"],
    lanes: LaneStates,
    outcome: Outcome,
    record: Record | None,
) -> tuple[LaneStates, Outcome, Record | None]:
    """Lanes at a stop: begin a period, observe, and take the next stop, or end and take the next item."""
    n, line, split = items.parameters.shape[0], items.timeline, items.parameters.shape[1]
    at, waiting = jnp.minimum(lanes.item, n - 1), lanes.waiting
    row = jnp.where(waiting, lanes.item, n)
    if record is not None:
        record = replace(record, before=record.before.at[row, lanes.k].set(lanes.y.T, mode="drop"))
    period = line.begins[at, lanes.k]
    opens = waiting & (period >= 0)

    def begin(lanes: LaneStates) -> LaneStates:
        p = jnp.maximum(period, 0)
        y = jnp.where(opens, items.keep[at, p].T * lanes.y + items.add[at, p].T, lanes.y)
        args = lanes.args.at[split:].set(jnp.where(opens, items.inputs[at, p].T, lanes.args[split:]))
        return replace(lanes, y=y, args=args, stale=jnp.asarray(True), fresh=lanes.fresh | opens)

    lanes = when(jnp.any(opens), begin, lanes)
    seen = jnp.stack(
        [jnp.broadcast_to(o, row.shape) for o in plan.observe(lanes.t, rows(lanes.y), rows(lanes.args))], -1
    )
    outcome = replace(outcome, values=outcome.values.at[row, lanes.k].set(seen, mode="drop"))
    if record is not None:
        record = replace(record, after=record.after.at[row, lanes.k].set(lanes.y.T, mode="drop"))
    k = (lanes.k + waiting).astype(jnp.int32)
    stop = jnp.where(waiting, line.stops[at, k], lanes.stop)
    verdict = jnp.where(waiting & jnp.isinf(stop), COMPLETE, lanes.verdict).astype(jnp.int32)
    lanes = replace(lanes, k=k, stop=stop, verdict=verdict, waiting=jnp.zeros_like(waiting))
    ended = (verdict != RUNNING) & (lanes.item < n)

    def turn_over(state: tuple[LaneStates, Outcome]) -> tuple[LaneStates, Outcome]:
        lanes, outcome = state
        out = jnp.where(ended, lanes.item, n)
        steps, reason = (
            outcome.steps.at[out].set(lanes.steps, mode="drop"),
            outcome.reason.at[out].set(lanes.verdict, mode="drop"),
        )
        item = jnp.minimum(lanes.queue + jnp.cumsum(ended, dtype=jnp.int32) - 1, n)
        lanes = load(plan, items, ready, lanes, item, ended)
        lanes = replace(lanes, queue=lanes.queue + jnp.sum(ended, dtype=jnp.int32))
        return lanes, replace(outcome, steps=steps, reason=reason)

    lanes, outcome = when(jnp.any(ended), turn_over, (lanes, outcome))
    return lanes, outcome, record


def narrowed(lanes: int) -> int | None:
    """How many lanes go on where no more have an item and none is left in the queue; None where all go on.

    The longest items outlast the queue, and with them all lanes would step. Below `WIDE` lanes a turn takes
    as long whatever their number, and another loop takes as long to compile.
    """
    return lanes // 8 // BLOCK * BLOCK if lanes >= WIDE else None


def closed_up(lanes: LaneStates, width: int, items: int) -> LaneStates:
    """So many lanes, among them all that have an item."""
    first = jnp.argsort(lanes.item >= items, stable=True)[:width]
    whole = lanes.item.shape[0]
    return jax.tree.map(lambda x: x[..., first] if x.shape[-1:] == (whole,) else x, lanes)


def run(  # long: two loops over one state, which its parts share as closures
    plan: LanePlan, items: Items, tolerance: Tolerance, space: TapeSize | None
) -> tuple[Outcome, Record | None]:
    """Run every item; with `space`, keep the turns for replay. Turns of fewer lanes count by their share."""
    n, stops = items.timeline.stops.shape
    width, kept_columns = plan.lanes, columns_kept(plan, n)
    ready = sound(plan, items)
    first_seen = observed_at_start(plan, items)
    values = jnp.zeros((n, stops, first_seen.shape[1]), first_seen.dtype).at[:, 0].set(first_seen)
    outcome = Outcome(
        values, jnp.zeros(n, jnp.int32), jnp.full(n, RECORD_FULL, jnp.int32), jnp.asarray(0, jnp.int32)
    )
    record = None if space is None else blank(plan, items, space)
    turns = None if space is None else min(space.slots // kept_columns, space.services)
    every = jnp.arange(width, dtype=jnp.int32)
    lanes = load(plan, items, ready, empty_lanes(plan, items), jnp.minimum(every, n), every >= 0)
    lanes = replace(lanes, queue=jnp.asarray(width, jnp.int32))

    def room(lanes: LaneStates) -> Any:
        return True if turns is None else lanes.turn < turns

    def until(
        plan: LanePlan, state: tuple[LaneStates, Outcome, Record | None], few: int
    ) -> tuple[LaneStates, Outcome, Record | None]:
        """Steps and services until no more than `few` lanes have an item."""

        def step(state: tuple[Any, LaneStates, Any]) -> tuple[Any, LaneStates, Any]:
            _, before, kept = state
            lanes, accepted = attempt(plan, tolerance, before)
            attention = (lanes.item < n) & (lanes.waiting | (lanes.verdict != RUNNING))
            moving = (lanes.item < n) & ~attention
            service = (jnp.sum(attention) >= plan.crowd) | ~jnp.any(moving)
            if kept is not None:
                lines = jnp.concatenate([jnp.stack([before.t, accepted]), before.y])
                kept = write(kept, before.turn, lines, kept_columns)
            return service, lanes, kept

        def body(
            state: tuple[LaneStates, Outcome, Record | None],
        ) -> tuple[LaneStates, Outcome, Record | None]:
            lanes, outcome, record = state
            lanes = when(
                lanes.stale,
                lambda s: replace(s, constants=prepared(plan, s.args), stale=jnp.asarray(False)),
                lanes,
            )
            kept = None if record is None else record.steps
            _, lanes, kept = lax.while_loop(
                lambda s: ~s[0] & room(s[1]), step, (jnp.asarray(False), lanes, kept)
            )
            if record is not None and kept is not None:
                j, served = record.services, jnp.where(lanes.waiting, lanes.k, -1)
                record = replace(
                    record,
                    steps=kept,
                    item=write(record.item, j, lanes.item, kept_columns),
                    served=write(record.served, j, served, kept_columns),
                    ends=record.ends.at[j].set(lanes.turn - 1),
                    services=j + 1,
                )
            return serve(plan, items, ready, lanes, outcome, record)

        def going(state: tuple[LaneStates, Outcome, Record | None]) -> Any:
            return (jnp.sum(state[0].item < n) > few) & room(state[0])

        return lax.while_loop(going, body, state)

    few = narrowed(plan.lanes) if record is None else None
    lanes, outcome, record = until(plan, (lanes, outcome, record), few or 0)
    if few is not None:
        before, share = lanes.turn, plan.lanes // few
        plan = replace(plan, lanes=few, crowd=max(1, few // 32))
        lanes, outcome, record = until(plan, (closed_up(lanes, few, n), outcome, record), 0)
        lanes = replace(lanes, turn=before + (lanes.turn - before + share - 1) // share)
    unfinished = jnp.where(lanes.item < n, lanes.item, n)
    outcome = replace(
        outcome, steps=outcome.steps.at[unfinished].set(lanes.steps, mode="drop"), turns=lanes.turn
    )
    return outcome, record
