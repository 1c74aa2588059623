"""Derivatives of a recorded run: its accepted steps carried out again, forwards with a tangent or backwards
with an adjoint.

The sizes of the steps count as constants, so both are the exact derivatives of the same discrete map. Each
turn of the recorded loop has its mirror image here, the lanes changing items where they did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from models.engine.lane_states import (
    Items,
    LanePlan,
    Record,
    columns,
    columns_kept,
    read,
    starting_state,
)
from models.engine.solver.reverse import Workspace, pull_back
from models.engine.solver.sparse_lu import eliminate, linear_solver
from models.engine.solver.stages_over_lanes import (
    Lane,
    Rows,
    newton_matrix,
    rows,
    scratch,
    stages_of,
    table,
)
from models.engine.work_queue import BLOCK, prepared


class Sensitive(eqx.Module):
    """A change of the items, or a derivative with respect to them; shapes as in `Items`."""

    parameters: Float[Array, "item parameter"]
    inputs: Float[Array, "item period input"]
    keep: Float[Array, "item period species"]
    add: Float[Array, "item period species"]


class Backward(eqx.Module):
    """Lanes of the adjoint run, and what they have handed in for their items: costates at stops, slopes by
    constant.
    """

    item: Int[Array, " lane"]
    period: Int[Array, " lane"]
    constants: Float[Array, "constant lane"]
    costate: Float[Array, "species lane"]
    slopes: Float[Array, "affected lane"]
    room: Workspace
    at_stop: Float[Array, "item stop species"]
    handed: Float[Array, "item period constant"]


class Forward(eqx.Module):
    """Lanes of the tangent run, and the tangent of the state at each stop after its jump."""

    item: Int[Array, " lane"]
    constants: Float[Array, "constant lane"]
    moved: Float[Array, "affected lane"]
    tangent: Float[Array, "species lane"]
    at_stop: Float[Array, "item stop species"]


def _affected(plan: LanePlan) -> tuple[int, ...]:
    """Constants that depend on a wanted parameter or input."""
    wanted = set(plan.wanted)
    return tuple(i for i, uses in enumerate(plan.system.uses) if uses & wanted)


def _step(plan: LanePlan, t: Lane, h: Lane, constants: Rows) -> Callable[[Rows, Rows], Rows]:
    """(state, affected constants) -> state after the step."""
    system, tableau = plan.system, plan.tableau
    room = scratch(system, tableau, plan.lanes, h.dtype)
    where = {i: n for n, i in enumerate(_affected(plan))}

    def step(y: Rows, values: Rows) -> Rows:
        every = tuple(values[where[i]] if i in where else constants[i] for i in range(constants.shape[0]))
        _, entries, drift = system.linearised(t, rows(y), every)
        solution = linear_solver(
            eliminate(system.pattern, len(system.species)), newton_matrix(system, tableau, h, entries)
        )
        # a room without a tangent would leave one out of the linear solve of a species that nothing moves
        return stages_of(system, tableau, t, y, h, every, drift, solution, (room + 0.0 * y,))[0]

    return step


def _turn(record: Record, turn: Any, species: int, kept: int, width: int) -> tuple[Lane, Lane, Rows, Any]:
    """t, size or 1, state, and whether a step was accepted, in one turn."""
    lines = read(record.steps, turn, species + 2, kept, width)
    taken = lines[1] > 0
    return lines[0], jnp.where(taken, lines[1], 1.0), lines[2:], taken


def _by_period(items: Items) -> Float[Array, "item period args"]:
    n, periods = items.inputs.shape[:2]
    return jnp.concatenate(
        [jnp.broadcast_to(items.parameters[:, None], (n, periods, items.parameters.shape[1])), items.inputs],
        2,
    )


def _in_blocks(
    function: Callable[..., Rows], *tables: Float[Array, "item period column"]
) -> Float[Array, "item period row"]:
    """`function` of tables with a column an item and period, a block at a time: a loop, which compiles as one
    piece.
    """
    n, periods = tables[0].shape[:2]
    blocks = -(-n * periods // BLOCK)

    def blocked(x: Array) -> Array:
        flat = x.reshape(n * periods, -1)
        return jnp.pad(flat, ((0, blocks * BLOCK - n * periods), (0, 0)), mode="edge").reshape(
            blocks, BLOCK, -1
        )

    found = lax.map(lambda parts: function(*(x.T for x in parts)).T, tuple(blocked(x) for x in tables))
    return found.reshape(blocks * BLOCK, -1)[: n * periods].reshape(n, periods, -1)


def _table(plan: LanePlan, args: Float[Array, "item period args"]) -> Float[Array, "item period constant"]:
    """The constants in every period of every item."""
    return _in_blocks(lambda block: prepared(plan, block), args)


def _pull_table(
    plan: LanePlan, args: Float[Array, "item period args"], by_constant: Float[Array, "item period affected"]
) -> Array:
    """Derivatives by the args from those by the affected constants; 0 for args that are not wanted."""
    affected, wanted = _affected(plan), plan.wanted
    if not affected:
        return jnp.zeros_like(args)

    def pull(block: Rows, bar: Rows) -> Rows:
        every = rows(block)

        def constants(values: tuple[Array, ...]) -> tuple[Array, ...]:
            changed = dict(zip(wanted, values, strict=True))
            found = plan.system.prepare(tuple(changed.get(i, x) for i, x in enumerate(every)))
            return tuple(jnp.broadcast_to(found[i], every[0].shape) for i in affected)

        _, back = jax.vjp(constants, tuple(every[i] for i in wanted))
        return table(back(rows(bar))[0], every[0])

    return jnp.zeros_like(args).at[:, :, jnp.asarray(wanted)].set(_in_blocks(pull, args, by_constant))


def _observation(
    plan: LanePlan, items: Items, record: Record
) -> tuple[Any, Any, Any, Bool[Array, "item stop"]]:
    """Function (state, args by period) -> observables at every stop, its arguments, and which stops are
    real.
    """
    line = items.timeline
    n, k = line.stops.shape
    real = jnp.isfinite(line.stops)
    t = jnp.where(real, line.stops, line.stops[:, :1]).reshape(-1)
    state = jnp.where(real[:, :, None], record.after, starting_state(plan, items)[:, None])

    def seen(
        state: Float[Array, "item stop species"], args: Float[Array, "item period args"]
    ) -> Float[Array, "item stop observable"]:
        here = jnp.take_along_axis(args, line.period[:, :, None], 1).reshape(n * k, -1)
        found = plan.observe(t, columns(state.reshape(n * k, -1)), columns(here))
        return jnp.stack([jnp.broadcast_to(o, t.shape) for o in found], -1).reshape(n, k, -1)

    return seen, state, _by_period(items), real


def adjoint(  # long: the mirror image of the work queue, loop by loop
    plan: LanePlan,
    items: Items,
    record: Record,
    ok: Bool[Array, " item"],
    cotangent: Float[Array, "item stop observable"],
) -> Sensitive:
    """Gradient of sum(cotangent * observables at the stops)."""
    line, affected = items.timeline, _affected(plan)
    n, stops = line.stops.shape
    species, width, periods = len(plan.system.species), plan.lanes, items.inputs.shape[1]
    kept = columns_kept(plan, n)
    seen, state, args, real = _observation(plan, items, record)
    _, pull = jax.vjp(seen, state, args)
    kick, direct = pull(jnp.where((real & ok[:, None])[:, :, None], cotangent, 0.0))
    kick = jnp.where(real[:, :, None], kick, 0.0)
    constants_of = _table(plan, args)

    def hand_in(
        s: Backward, leaving: Bool[Array, " lane"], period: Int[Array, " lane"]
    ) -> Float[Array, "item period constant"]:
        row = jnp.where(leaving, s.item, n)
        return s.handed.at[row, period].set(s.slopes.T, mode="drop") if affected else s.handed

    def unserve(service: Any, s: Backward) -> Backward:
        item, k = (
            read(record.item, service, 1, kept, width, n)[0],
            read(record.served, service, 1, kept, width, -1)[0],
        )
        changed, stopped = item != s.item, k >= 0
        at, k0 = jnp.minimum(item, n - 1), jnp.maximum(k, 0)
        started = s.at_stop.at[jnp.where(changed, s.item, n), 0].set(s.costate.T, mode="drop")
        costate = jnp.where(changed, 0.0, s.costate) + jnp.where(stopped, kick[at, k0].T, 0.0)
        at_stop = started.at[jnp.where(stopped, item, n), k0].set(costate.T, mode="drop")
        opened = stopped & (line.begins[at, k0] >= 0)
        costate = jnp.where(opened, costate * items.keep[at, line.period[at, k0]].T, costate)
        leaving = changed | opened
        handed = hand_in(s, leaving, s.period)
        period = line.period[at, jnp.maximum(k0 - 1, 0)]
        constants = jnp.where(leaving, constants_of[at, period].T, s.constants)
        slopes = jnp.where(leaving, 0.0, s.slopes)
        return Backward(
            item=item,
            period=jnp.where(leaving, period, s.period),
            constants=constants,
            costate=costate,
            slopes=slopes,
            room=s.room,
            at_stop=at_stop,
            handed=handed,
        )

    def unstep(carry: tuple[Any, Backward]) -> tuple[Any, Backward]:
        turn, s = carry
        t, h, y, taken = _turn(record, turn, species, kept, width)
        back, slope, room = pull_back(
            plan.system, plan.tableau, t, y, h, s.constants, affected, s.costate, s.room
        )
        slopes = s.slopes + jnp.where(taken, slope, 0.0)
        return turn - 1, replace(s, costate=jnp.where(taken, back, s.costate), slopes=slopes, room=room)

    def stretch(carry: tuple[Any, Any, Backward]) -> tuple[Any, Any, Backward]:
        """One service backwards, and the steps before it, in a loop of their own as in the queue."""
        service, turn, s = carry
        first = jnp.where(service > 0, record.ends[jnp.maximum(service - 1, 0)] + 1, 0)
        turn, s = lax.while_loop(lambda carry: carry[0] >= first, unstep, (turn, unserve(service, s)))
        return service - 1, turn, s

    idle = jnp.full(width, n, jnp.int32)
    at = jnp.minimum(idle, n - 1)
    period = line.period[at, -1]
    room = scratch(plan.system, plan.tableau, width, record.steps.dtype)
    start = Backward(
        item=idle,
        period=period,
        constants=constants_of[at, period].T,
        costate=jnp.zeros((species, width)),
        slopes=jnp.zeros((len(affected), width)),
        room=(room, room, room, room),
        at_stop=jnp.zeros((n, stops, species)),
        handed=jnp.zeros((n, periods, len(affected))),
    )
    last = record.services - 1
    turns = jnp.where(last >= 0, record.ends[jnp.maximum(last, 0)], -1)
    _, _, s = lax.while_loop(lambda carry: carry[0] >= 0, stretch, (last, turns, start))
    handed = hand_in(s, s.item < n, s.period)
    at_stop = s.at_stop.at[s.item, 0].set(s.costate.T, mode="drop").at[:, 0].add(kick[:, 0])

    each = jnp.arange(n)[:, None]
    begins = jnp.where(line.begins >= 0, line.begins, periods)
    slot = (
        jnp.zeros((n, periods), jnp.int32)
        .at[each, begins]
        .set(jnp.arange(stops, dtype=jnp.int32), mode="drop")
    )
    used = (slot > 0) | (jnp.arange(periods) == 0)
    before = record.before.at[:, 0].set(jnp.asarray(plan.system.initial))
    add = jnp.where(used[:, :, None], at_stop[each, slot], 0.0)
    by_args = direct + _pull_table(plan, args, handed)
    mask = np.zeros(len(plan.system.nominal))
    mask[list(plan.wanted)] = 1.0
    by_args = jnp.where(mask > 0, by_args, 0.0)
    split = items.parameters.shape[1]
    full = Sensitive(by_args[:, :, :split].sum(1), by_args[:, :, split:], add * before[each, slot], add)
    return jax.tree.map(lambda g: jnp.where(ok.reshape(-1, *(1,) * (g.ndim - 1)), g, 0.0), full)


def tangent(  # long: the mirror image of the work queue, loop by loop
    plan: LanePlan, items: Items, record: Record, ok: Bool[Array, " item"], change: Sensitive
) -> Float[Array, "item stop observable"]:
    """Change of the observables at the stops that a change of the items makes."""
    line, affected = items.timeline, _affected(plan)
    n, stops = line.stops.shape
    species, width, kept = len(plan.system.species), plan.lanes, columns_kept(plan, n)
    mask = np.zeros(len(plan.system.nominal))
    mask[list(plan.wanted)] = 1.0
    args_dot = jnp.where(
        mask > 0, _by_period(Items(change.parameters, change.inputs, change.keep, change.add, line)), 0.0
    )
    constants_of, moved_of = jax.jvp(lambda args: _table(plan, args), (_by_period(items),), (args_dot,))
    moved_of = moved_of[:, :, jnp.asarray(affected, int)]
    first = change.keep[:, 0] * jnp.asarray(plan.system.initial) + change.add[:, 0]

    def load(s: Forward, item: Int[Array, " lane"]) -> Forward:
        new, at = item != s.item, jnp.minimum(item, n - 1)
        constants, moved = (
            jnp.where(new, a[at, 0].T, b) for a, b in ((constants_of, s.constants), (moved_of, s.moved))
        )
        return Forward(item, constants, moved, jnp.where(new, first[at].T, s.tangent), s.at_stop)

    def serve(service: Any, s: Forward) -> Forward:
        k = read(record.served, service, 1, kept, width, -1)[0]
        stopped, at, k0 = k >= 0, jnp.minimum(s.item, n - 1), jnp.maximum(k, 0)
        opens, p = stopped & (line.begins[at, k0] >= 0), line.period[at, k0]
        pushed = change.keep[at, p] * record.before[at, k0] + change.add[at, p]
        state = jnp.where(opens, items.keep[at, p].T * s.tangent + pushed.T, s.tangent)
        constants, moved = (
            jnp.where(opens, a[at, p].T, b) for a, b in ((constants_of, s.constants), (moved_of, s.moved))
        )
        at_stop = s.at_stop.at[jnp.where(stopped, s.item, n), k0].set(state.T, mode="drop")
        return Forward(s.item, constants, moved, state, at_stop)

    def step(carry: tuple[Any, Forward]) -> tuple[Any, Forward]:
        turn, s = carry
        t, h, y, taken = _turn(record, turn, species, kept, width)
        _, new = jax.jvp(
            _step(plan, t, h, s.constants), (y, s.constants[jnp.asarray(affected, int)]), (s.tangent, s.moved)
        )
        return turn + 1, replace(s, tangent=jnp.where(taken, new, s.tangent))

    def stretch(carry: tuple[Any, Any, Forward]) -> tuple[Any, Any, Forward]:
        service, turn, s = carry
        s = load(s, read(record.item, service, 1, kept, width, n)[0])
        turn, s = lax.while_loop(lambda carry: carry[0] <= record.ends[service], step, (turn, s))
        return service + 1, turn, serve(service, s)

    none = jnp.full(width, n, jnp.int32)
    start = Forward(
        item=none,
        constants=constants_of[jnp.zeros_like(none), 0].T,
        moved=jnp.zeros((len(affected), width)),
        tangent=jnp.zeros((species, width)),
        at_stop=jnp.zeros((n, stops, species)).at[:, 0].set(first),
    )
    begin = jnp.zeros_like(record.services)
    _, _, s = lax.while_loop(lambda carry: carry[0] < record.services, stretch, (begin, begin, start))
    seen, state, args, real = _observation(plan, items, record)
    _, moved = jax.jvp(seen, (state, args), (s.at_stop, args_dot))
    return jnp.where((real & ok[:, None])[:, :, None], moved, 0.0)
