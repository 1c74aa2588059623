"""Derivatives of a recorded run: its accepted steps carried out again, forwards with a tangent or backwards with an adjoint.

The sizes of the steps count as constants, so both are the exact derivatives of the same discrete map. Each turn of the
recorded loop has its mirror image here, the lanes changing items where they did.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from models.queue import Items, Plan, Record, columns, starting_state, when
from models.solver.sparse_lu import Scalars
from models.solver.step import advance


class Sensitive(eqx.Module):
    """A change of the items, or a derivative with respect to them; shapes as in `Items`."""

    parameters: Float[Array, "item parameter"]
    inputs: Float[Array, "item period input"]
    keep: Float[Array, "item period species"]
    add: Float[Array, "item period species"]


class Backward(eqx.Module):
    """Lanes of the adjoint run, and what they have handed in for their items."""

    item: Int[Array, "lane"]
    args: tuple[Float[Array, "lane"], ...]
    costate: tuple[Float[Array, "lane"], ...]
    slopes: tuple[Float[Array, "lane"], ...]
    at_stop: Float[Array, "item stop species"]
    parameters: Float[Array, "item wanted"]
    inputs: Float[Array, "item period wanted"]


class Forward(eqx.Module):
    """Lanes of the tangent run, and the tangent of the state at each stop after its jump."""

    item: Int[Array, "lane"]
    args: tuple[Float[Array, "lane"], ...]
    moved: tuple[Float[Array, "lane"], ...]
    tangent: tuple[Float[Array, "lane"], ...]
    at_stop: Float[Array, "item stop species"]


def _split(plan: Plan) -> tuple[tuple[int, ...], tuple[int, ...]]:
    n = len(plan.system.parameters)
    return tuple(i for i in plan.wanted if i < n), tuple(i - n for i in plan.wanted if i >= n)


def _merged(plan: Plan, args: Scalars, wanted: Scalars) -> Scalars:
    values = dict(zip(plan.wanted, wanted, strict=True))
    return tuple(values.get(i, a) for i, a in enumerate(args))


def _turn(record: Record, turn: Any) -> tuple[Any, Any, Scalars, Any]:
    """t, size or 1, state, and whether a step was accepted, in one turn."""
    rows = record.steps[turn]
    taken = rows[1] > 0
    return rows[0], jnp.where(taken, rows[1], 1.0), tuple(rows[i] for i in range(2, rows.shape[0])), taken


def _observation(plan: Plan, items: Items, record: Record) -> tuple[Any, Scalars, Scalars, Bool[Array, "item stop"]]:
    """Function (y, wanted args) -> observables at every stop of every item, its arguments, and which stops are real."""
    line = items.timeline
    n, k = line.stops.shape
    real = jnp.isfinite(line.stops)
    t = jnp.where(real, line.stops, line.stops[:, :1]).reshape(-1)
    state = jnp.where(real[:, :, None], record.after, starting_state(plan, items)[:, None]).reshape(n * k, -1)
    inputs = jnp.take_along_axis(items.inputs, line.period[:, :, None], 1)
    args = columns(jnp.concatenate([jnp.broadcast_to(items.parameters[:, None], (n, k, items.parameters.shape[1])), inputs], 2).reshape(n * k, -1))

    def seen(y: Scalars, wanted: Scalars) -> Scalars:
        return tuple(jnp.broadcast_to(o, t.shape) for o in plan.observe(t, y, _merged(plan, args, wanted)))

    return seen, columns(state), tuple(args[i] for i in plan.wanted), real


def _args(items: Items, item: Int[Array, "lane"], k: Int[Array, "lane"]) -> tuple[Scalars, Scalars]:
    """Parameters of the items, and their inputs before stop k."""
    at = jnp.minimum(item, items.parameters.shape[0] - 1)
    period = items.timeline.period[at, jnp.maximum(k - 1, 0)]
    return columns(items.parameters[at]), columns(items.inputs[at, period])


def adjoint(plan: Plan, items: Items, record: Record, ok: Bool[Array, "item"], cotangent: Float[Array, "item stop observable"]) -> Sensitive:
    """Gradient of sum(cotangent * observables at the stops)."""
    line, split = items.timeline, items.parameters.shape[1]
    n, stops = line.stops.shape
    species, width = len(plan.system.species), record.last.shape[0]
    of_parameters, of_inputs = _split(plan)
    seen, y, wanted, real = _observation(plan, items, record)
    _, pull = jax.vjp(seen, y, wanted)
    shown = jnp.where((real & ok[:, None])[:, :, None], cotangent, 0.0).reshape(n * stops, -1)
    kicks, direct = pull(columns(shown))
    kick = jnp.where(real[:, :, None], jnp.stack(kicks, -1).reshape(n, stops, species), 0.0)

    def hand_in(s: Backward, row: Int[Array, "lane"]) -> Backward:
        p, u = s.slopes[: len(of_parameters)], s.slopes[len(of_parameters) :]
        at_stop = s.at_stop.at[row, 0].set(jnp.stack(s.costate, -1), mode="drop")
        parameters = s.parameters.at[row].set(jnp.stack(p, -1), mode="drop") if p else s.parameters
        inputs = s.inputs.at[row, 0].set(jnp.stack(u, -1), mode="drop") if u else s.inputs
        return replace(s, at_stop=at_stop, parameters=parameters, inputs=inputs)

    def unserve(turn: Any, s: Backward) -> Backward:
        item, k = record.item[turn], record.served[turn]
        changed, stopped = item != s.item, k >= 0
        s = when(jnp.any(changed), lambda s: hand_in(s, jnp.where(changed, s.item, n)), s)
        at, k0 = jnp.minimum(item, n - 1), jnp.maximum(k, 0)
        kicked = columns(kick[at, k0])
        costate = tuple(jnp.where(changed, 0.0, c) + jnp.where(stopped, d, 0.0) for c, d in zip(s.costate, kicked, strict=True))
        row = jnp.where(stopped, item, n)
        at_stop = s.at_stop.at[row, k0].set(jnp.stack(costate, -1), mode="drop")
        period = line.begins[at, k0]
        opened = stopped & (period >= 0)
        kept = columns(items.keep[at, jnp.maximum(period, 0)])
        costate = tuple(jnp.where(opened, c * g, c) for c, g in zip(costate, kept, strict=True))
        slopes = tuple(jnp.where(changed, 0.0, g) for g in s.slopes)
        inputs = s.inputs
        if of_inputs:
            u = slopes[len(of_parameters) :]
            inputs = inputs.at[jnp.where(opened, item, n), jnp.maximum(period, 0)].set(jnp.stack(u, -1), mode="drop")
            slopes = slopes[: len(of_parameters)] + tuple(jnp.where(opened, 0.0, g) for g in u)
        p, u = _args(items, item, k0)
        args = tuple(jnp.where(changed, new, old) for new, old in zip(p, s.args[:split], strict=True))
        args += tuple(jnp.where(changed | opened, new, old) for new, old in zip(u, s.args[split:], strict=True))
        return Backward(item, args, costate, slopes, at_stop, s.parameters, inputs)

    def body(state: tuple[Any, Backward]) -> tuple[Any, Backward]:
        turn, s = state
        event = jnp.any(record.served[turn] >= 0) | jnp.any(record.item[turn] != s.item)
        s = when(event, lambda s: unserve(turn, s), s)
        t, h, y, taken = _turn(record, turn)

        def step(y: Scalars, wanted: Scalars) -> Scalars:
            return advance(plan.system, plan.tableau, t, y, h, _merged(plan, s.args, wanted)).state

        _, pull = jax.vjp(step, y, tuple(s.args[i] for i in plan.wanted))
        back, slope = pull(s.costate)
        costate = tuple(jnp.where(taken, new, old) for new, old in zip(back, s.costate, strict=True))
        slopes = tuple(old + jnp.where(taken, new, 0.0) for new, old in zip(slope, s.slopes, strict=True))
        return turn - 1, replace(s, costate=costate, slopes=slopes)

    zero = jnp.zeros(width)
    first = Backward(
        record.last, _flat(_args(items, record.last, jnp.full_like(record.last, stops))),
        (zero,) * species, (zero,) * len(plan.wanted), jnp.zeros((n, stops, species)),
        jnp.zeros((n, len(of_parameters))), jnp.zeros((n, items.inputs.shape[1], len(of_inputs))),
    )
    _, s = lax.while_loop(lambda state: state[0] >= 0, body, (record.turns - 1, first))
    s = hand_in(s, s.item)

    at_stop = s.at_stop.at[:, 0].add(kick[:, 0])
    slot = jnp.zeros(items.inputs.shape[:2], jnp.int32)
    rows = jnp.arange(n)[:, None]
    slot = slot.at[rows, jnp.where(line.begins >= 0, line.begins, slot.shape[1])].set(jnp.arange(stops, dtype=jnp.int32), mode="drop")
    used = (slot > 0) | (jnp.arange(slot.shape[1]) == 0)
    before = record.before.at[:, 0].set(jnp.asarray(plan.system.initial))
    add = jnp.where(used[:, :, None], at_stop[rows, slot], 0.0)
    keep = add * before[rows, slot]
    here = jnp.stack(direct, -1).reshape(n, stops, -1) if plan.wanted else jnp.zeros((n, stops, 0))
    here = jnp.where(real[:, :, None], here, 0.0)
    parameters = s.parameters + jnp.sum(here[:, :, : len(of_parameters)], 1)
    inputs = s.inputs.at[rows, line.period].add(here[:, :, len(of_parameters) :])
    full = Sensitive(
        jnp.zeros_like(items.parameters).at[:, jnp.asarray(of_parameters, int)].set(parameters),
        jnp.zeros_like(items.inputs).at[:, :, jnp.asarray(of_inputs, int)].set(inputs),
        keep, add,
    )
    return jax.tree.map(lambda g: jnp.where(ok.reshape(-1, *(1,) * (g.ndim - 1)), g, 0.0), full)


def _flat(pair: tuple[Scalars, Scalars]) -> Scalars:
    return (*pair[0], *pair[1])


def tangent(plan: Plan, items: Items, record: Record, ok: Bool[Array, "item"], change: Sensitive) -> Float[Array, "item stop observable"]:
    """Change of the observables at the stops that a change of the items makes."""
    line, split = items.timeline, items.parameters.shape[1]
    n, stops = line.stops.shape
    species, width = len(plan.system.species), record.last.shape[0]
    of_parameters, of_inputs = _split(plan)
    p_dot = change.parameters[:, jnp.asarray(of_parameters, int)]
    u_dot = change.inputs[:, :, jnp.asarray(of_inputs, int)]
    first = change.keep[:, 0] * jnp.asarray(plan.system.initial) + change.add[:, 0]

    def load(s: Forward, item: Int[Array, "lane"]) -> Forward:
        new, at = item != s.item, jnp.minimum(item, n - 1)
        args = tuple(jnp.where(new, a, b) for a, b in zip(_flat(_args(items, item, item * 0)), s.args, strict=True))
        moved = tuple(jnp.where(new, a, b) for a, b in zip((*columns(p_dot[at]), *columns(u_dot[at, 0])), s.moved, strict=True))
        return Forward(item, args, moved, tuple(jnp.where(new, a, b) for a, b in zip(columns(first[at]), s.tangent, strict=True)), s.at_stop)

    def serve(turn: Any, s: Forward) -> Forward:
        k = record.served[turn]
        stopped, at, k0 = k >= 0, jnp.minimum(s.item, n - 1), jnp.maximum(k, 0)
        period = line.begins[at, k0]
        opens, p = stopped & (period >= 0), jnp.maximum(period, 0)
        jump = zip(columns(items.keep[at, p]), s.tangent, columns(change.keep[at, p] * record.before[at, k0] + change.add[at, p]), strict=True)
        moved_state = tuple(jnp.where(opens, g * x + a, x) for g, x, a in jump)
        inputs = zip(columns(items.inputs[at, p]), s.args[split:], strict=True)
        args = s.args[:split] + tuple(jnp.where(opens, new, old) for new, old in inputs)
        cut = len(of_parameters)
        moved = s.moved[:cut] + tuple(jnp.where(opens, new, old) for new, old in zip(columns(u_dot[at, p]), s.moved[cut:], strict=True))
        at_stop = s.at_stop.at[jnp.where(stopped, s.item, n), k0].set(jnp.stack(moved_state, -1), mode="drop")
        return Forward(s.item, args, moved, moved_state, at_stop)

    def body(state: tuple[Any, Forward]) -> tuple[Any, Forward]:
        turn, s = state
        s = when(jnp.any(record.item[turn] != s.item), lambda s: load(s, record.item[turn]), s)
        t, h, y, taken = _turn(record, turn)

        def step(y: Scalars, wanted: Scalars) -> Scalars:
            return advance(plan.system, plan.tableau, t, y, h, _merged(plan, s.args, wanted)).state

        _, new = jax.jvp(step, (y, tuple(s.args[i] for i in plan.wanted)), (s.tangent, s.moved))
        moved = tuple(jnp.where(taken, a, b) for a, b in zip(new, s.tangent, strict=True))
        s = Forward(s.item, s.args, s.moved, moved, s.at_stop)
        return turn + 1, when(jnp.any(record.served[turn] >= 0), lambda s: serve(turn, s), s)

    zero, none = jnp.zeros(width), jnp.full(width, n, jnp.int32)
    start = Forward(none, _flat(_args(items, none, none)), (zero,) * len(plan.wanted), (zero,) * species,
                    jnp.zeros((n, stops, species)).at[:, 0].set(first))
    _, s = lax.while_loop(lambda state: state[0] < record.turns, body, (jnp.zeros_like(record.turns), start))
    seen, y, wanted, real = _observation(plan, items, record)
    here = jnp.concatenate([jnp.broadcast_to(p_dot[:, None], (n, stops, p_dot.shape[1])),
                            jnp.take_along_axis(u_dot, line.period[:, :, None], 1)], 2).reshape(n * stops, -1)
    _, out = jax.jvp(seen, (y, wanted), (columns(s.at_stop.reshape(n * stops, -1)), columns(here)))
    out = jnp.stack(out, -1).reshape(n, stops, -1)
    return jnp.where((real & ok[:, None])[:, :, None], out, 0.0)
