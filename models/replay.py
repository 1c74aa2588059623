"""Derivatives of a recorded run: its accepted steps carried out again, forwards with a tangent or backwards with an adjoint.

The sizes of the steps count as constants, so both are the exact derivatives of the same discrete map. Each turn of the
recorded loop has its mirror image here, the lanes changing items where they did.
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

from models.queue import Items, Plan, Record, columns, columns_kept, prepared, read, starting_state
from models.solver.sparse_lu import Scalars
from models.solver.step import advance


class Sensitive(eqx.Module):
    """A change of the items, or a derivative with respect to them; shapes as in `Items`."""

    parameters: Float[Array, "item parameter"]
    inputs: Float[Array, "item period input"]
    keep: Float[Array, "item period species"]
    add: Float[Array, "item period species"]


class Backward(eqx.Module):
    """Lanes of the adjoint run, and what they have handed in for their items: costates at stops, slopes by constant."""

    item: Int[Array, "lane"]
    period: Int[Array, "lane"]
    constants: tuple[Float[Array, "lane"], ...]
    costate: tuple[Float[Array, "lane"], ...]
    slopes: tuple[Float[Array, "lane"], ...]
    at_stop: Float[Array, "item stop species"]
    handed: Float[Array, "item period constant"]


class Forward(eqx.Module):
    """Lanes of the tangent run, and the tangent of the state at each stop after its jump."""

    item: Int[Array, "lane"]
    constants: tuple[Float[Array, "lane"], ...]
    moved: tuple[Float[Array, "lane"], ...]
    tangent: tuple[Float[Array, "lane"], ...]
    at_stop: Float[Array, "item stop species"]


def _affected(plan: Plan) -> tuple[int, ...]:
    """Constants that depend on a wanted parameter or input."""
    wanted = set(plan.wanted)
    return tuple(i for i, uses in enumerate(plan.system.uses) if uses & wanted)


def _step(plan: Plan, t: Any, h: Any, constants: Scalars) -> Callable[[Scalars, Scalars], Scalars]:
    """(state, affected constants) -> state after the step."""
    affected = _affected(plan)

    def step(y: Scalars, values: Scalars) -> Scalars:
        changed = dict(zip(affected, values, strict=True))
        return advance(plan.system, plan.tableau, t, y, h, tuple(changed.get(i, c) for i, c in enumerate(constants))).state

    return step


def _turn(record: Record, turn: Any, species: int, kept: int, width: int) -> tuple[Any, Any, Scalars, Any]:
    """t, size or 1, state, and whether a step was accepted, in one turn."""
    rows = read(record.steps, turn, species + 2, kept, width)
    taken = rows[1] > 0
    return rows[0], jnp.where(taken, rows[1], 1.0), tuple(rows[i] for i in range(2, rows.shape[0])), taken


def _by_period(items: Items) -> Float[Array, "item period args"]:
    n, periods = items.inputs.shape[:2]
    return jnp.concatenate([jnp.broadcast_to(items.parameters[:, None], (n, periods, items.parameters.shape[1])), items.inputs], 2)


def _table(plan: Plan, args: Float[Array, "item period args"]) -> Float[Array, "item period constant"]:
    """The constants in every period of every item."""
    flat = prepared(plan, columns(args.reshape(-1, args.shape[2])))
    return jnp.stack(flat, -1).reshape(*args.shape[:2], -1)


def _observation(plan: Plan, items: Items, record: Record) -> tuple[Any, Any, Any, Bool[Array, "item stop"]]:
    """Function (state, args by period) -> observables at every stop, its arguments, and which stops are real."""
    line = items.timeline
    n, k = line.stops.shape
    real = jnp.isfinite(line.stops)
    t = jnp.where(real, line.stops, line.stops[:, :1]).reshape(-1)
    state = jnp.where(real[:, :, None], record.after, starting_state(plan, items)[:, None])

    def seen(state: Float[Array, "item stop species"], args: Float[Array, "item period args"]) -> Float[Array, "item stop observable"]:
        here = jnp.take_along_axis(args, line.period[:, :, None], 1).reshape(n * k, -1)
        found = plan.observe(t, columns(state.reshape(n * k, -1)), columns(here))
        return jnp.stack([jnp.broadcast_to(o, t.shape) for o in found], -1).reshape(n, k, -1)

    return seen, state, _by_period(items), real


def adjoint(
    plan: Plan, items: Items, record: Record, ok: Bool[Array, "item"], cotangent: Float[Array, "item stop observable"]
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
    table, pull_table = jax.vjp(lambda args: _table(plan, args), args)

    def hand_in(s: Backward, leaving: Bool[Array, "lane"], period: Int[Array, "lane"]) -> Float[Array, "item period constant"]:
        row = jnp.where(leaving, s.item, n)
        return s.handed.at[row, period].set(jnp.stack(s.slopes, -1), mode="drop") if affected else s.handed

    def unserve(service: Any, s: Backward) -> Backward:
        item, k = read(record.item, service, 1, kept, width, n)[0], read(record.served, service, 1, kept, width, -1)[0]
        changed, stopped = item != s.item, k >= 0
        at, k0 = jnp.minimum(item, n - 1), jnp.maximum(k, 0)
        started = s.at_stop.at[jnp.where(changed, s.item, n), 0].set(jnp.stack(s.costate, -1), mode="drop")
        costate = tuple(
            jnp.where(changed, 0.0, c) + jnp.where(stopped, d, 0.0) for c, d in zip(s.costate, columns(kick[at, k0]), strict=True)
        )
        at_stop = started.at[jnp.where(stopped, item, n), k0].set(jnp.stack(costate, -1), mode="drop")
        opened = stopped & (line.begins[at, k0] >= 0)
        kept_shares = columns(items.keep[at, line.period[at, k0]])
        costate = tuple(jnp.where(opened, c * g, c) for c, g in zip(costate, kept_shares, strict=True))
        leaving = changed | opened
        handed = hand_in(s, leaving, s.period)
        period = line.period[at, jnp.maximum(k0 - 1, 0)]
        constants = tuple(
            jnp.where(leaving, new, old) for new, old in zip(columns(table[at, period]), s.constants, strict=True)
        )
        slopes = tuple(jnp.where(leaving, 0.0, g) for g in s.slopes)
        return Backward(item, jnp.where(leaving, period, s.period), constants, costate, slopes, at_stop, handed)

    def unstep(carry: tuple[Any, Backward]) -> tuple[Any, Backward]:
        turn, s = carry
        t, h, y, taken = _turn(record, turn, species, kept, width)
        _, pull = jax.vjp(_step(plan, t, h, s.constants), y, tuple(s.constants[i] for i in affected))
        back, slope = pull(s.costate)
        costate = tuple(jnp.where(taken, new, old) for new, old in zip(back, s.costate, strict=True))
        slopes = tuple(old + jnp.where(taken, new, 0.0) for new, old in zip(slope, s.slopes, strict=True))
        return turn - 1, replace(s, costate=costate, slopes=slopes)

    def stretch(carry: tuple[Any, Any, Backward]) -> tuple[Any, Any, Backward]:
        """One service backwards, and the steps before it, in a loop of their own as in the queue."""
        service, turn, s = carry
        first = jnp.where(service > 0, record.ends[jnp.maximum(service - 1, 0)] + 1, 0)
        turn, s = lax.while_loop(lambda carry: carry[0] >= first, unstep, (turn, unserve(service, s)))
        return service - 1, turn, s

    idle = jnp.full(width, n, jnp.int32)
    at = jnp.minimum(idle, n - 1)
    period = line.period[at, -1]
    zero = jnp.zeros(width)
    start = Backward(
        idle, period, columns(table[at, period]), (zero,) * species, (zero,) * len(affected),
        jnp.zeros((n, stops, species)), jnp.zeros((n, periods, len(affected))),
    )
    last = record.services - 1
    turns = jnp.where(last >= 0, record.ends[jnp.maximum(last, 0)], -1)
    _, _, s = lax.while_loop(lambda carry: carry[0] >= 0, stretch, (last, turns, start))
    handed = hand_in(s, s.item < n, s.period)
    at_stop = s.at_stop.at[s.item, 0].set(jnp.stack(s.costate, -1), mode="drop").at[:, 0].add(kick[:, 0])

    rows = jnp.arange(n)[:, None]
    begins = jnp.where(line.begins >= 0, line.begins, periods)
    slot = jnp.zeros((n, periods), jnp.int32).at[rows, begins].set(jnp.arange(stops, dtype=jnp.int32), mode="drop")
    used = (slot > 0) | (jnp.arange(periods) == 0)
    before = record.before.at[:, 0].set(jnp.asarray(plan.system.initial))
    add = jnp.where(used[:, :, None], at_stop[rows, slot], 0.0)
    by_constant = jnp.zeros_like(table).at[:, :, jnp.asarray(affected, int)].set(handed)
    by_args = direct + pull_table(by_constant)[0]
    mask = np.zeros(len(plan.system.nominal))
    mask[list(plan.wanted)] = 1.0
    by_args = jnp.where(mask > 0, by_args, 0.0)
    split = items.parameters.shape[1]
    full = Sensitive(by_args[:, :, :split].sum(1), by_args[:, :, split:], add * before[rows, slot], add)
    return jax.tree.map(lambda g: jnp.where(ok.reshape(-1, *(1,) * (g.ndim - 1)), g, 0.0), full)


def tangent(
    plan: Plan, items: Items, record: Record, ok: Bool[Array, "item"], change: Sensitive
) -> Float[Array, "item stop observable"]:
    """Change of the observables at the stops that a change of the items makes."""
    line, affected = items.timeline, _affected(plan)
    n, stops = line.stops.shape
    species, width, kept = len(plan.system.species), plan.lanes, columns_kept(plan, n)
    mask = np.zeros(len(plan.system.nominal))
    mask[list(plan.wanted)] = 1.0
    args_dot = jnp.where(mask > 0, _by_period(Items(change.parameters, change.inputs, change.keep, change.add, line)), 0.0)
    table, table_dot = jax.jvp(lambda args: _table(plan, args), (_by_period(items),), (args_dot,))
    table_dot = table_dot[:, :, jnp.asarray(affected, int)]
    first = change.keep[:, 0] * jnp.asarray(plan.system.initial) + change.add[:, 0]

    def load(s: Forward, item: Int[Array, "lane"]) -> Forward:
        new, at = item != s.item, jnp.minimum(item, n - 1)
        constants = tuple(jnp.where(new, a, b) for a, b in zip(columns(table[at, 0]), s.constants, strict=True))
        moved = tuple(jnp.where(new, a, b) for a, b in zip(columns(table_dot[at, 0]), s.moved, strict=True))
        state = tuple(jnp.where(new, a, b) for a, b in zip(columns(first[at]), s.tangent, strict=True))
        return Forward(item, constants, moved, state, s.at_stop)

    def serve(service: Any, s: Forward) -> Forward:
        k = read(record.served, service, 1, kept, width, -1)[0]
        stopped, at, k0 = k >= 0, jnp.minimum(s.item, n - 1), jnp.maximum(k, 0)
        opens, p = stopped & (line.begins[at, k0] >= 0), line.period[at, k0]
        pushed = columns(change.keep[at, p] * record.before[at, k0] + change.add[at, p])
        jump = zip(columns(items.keep[at, p]), s.tangent, pushed, strict=True)
        state = tuple(jnp.where(opens, g * x + a, x) for g, x, a in jump)
        constants = tuple(jnp.where(opens, a, b) for a, b in zip(columns(table[at, p]), s.constants, strict=True))
        moved = tuple(jnp.where(opens, a, b) for a, b in zip(columns(table_dot[at, p]), s.moved, strict=True))
        at_stop = s.at_stop.at[jnp.where(stopped, s.item, n), k0].set(jnp.stack(state, -1), mode="drop")
        return Forward(s.item, constants, moved, state, at_stop)

    def step(carry: tuple[Any, Forward]) -> tuple[Any, Forward]:
        turn, s = carry
        t, h, y, taken = _turn(record, turn, species, kept, width)
        _, new = jax.jvp(_step(plan, t, h, s.constants), (y, tuple(s.constants[i] for i in affected)), (s.tangent, s.moved))
        return turn + 1, replace(s, tangent=tuple(jnp.where(taken, a, b) for a, b in zip(new, s.tangent, strict=True)))

    def stretch(carry: tuple[Any, Any, Forward]) -> tuple[Any, Any, Forward]:
        service, turn, s = carry
        s = load(s, read(record.item, service, 1, kept, width, n)[0])
        turn, s = lax.while_loop(lambda carry: carry[0] <= record.ends[service], step, (turn, s))
        return service + 1, turn, serve(service, s)

    zero, none = jnp.zeros(width), jnp.full(width, n, jnp.int32)
    start = Forward(none, columns(table[jnp.zeros_like(none), 0]), (zero,) * len(affected), (zero,) * species,
                    jnp.zeros((n, stops, species)).at[:, 0].set(first))
    begin = jnp.zeros_like(record.services)
    _, _, s = lax.while_loop(lambda carry: carry[0] < record.services, stretch, (begin, begin, start))
    seen, state, args, real = _observation(plan, items, record)
    _, moved = jax.jvp(seen, (state, args), (s.at_stop, args_dot))
    return jnp.where((real & ok[:, None])[:, :, None], moved, 0.0)
