"""One dish through `diffrax.diffeqsolve`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import diffrax
import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from models.engine.compile import Scalars, System
from models.engine.protocol import Schedule
from models.engine.solver.rosenbrock import NetworkRosenbrock
from models.engine.solver.stages_over_lanes import rows
from models.engine.solver.tableau import RODAS5P, Tableau
from models.engine.work_queue import COMPLETE, NOT_FINITE, TOO_MANY_STEPS


class Trajectory(eqx.Module):
    """Observables at the times asked for, in their own units; 0 where `ok` is False or a time is padding.

    `steps` are attempts, `reason` an index into `models.engine.work_queue.REASONS`.
    """

    values: Float[Array, "*lane time observable"]
    ok: Bool[Array, "*lane"]
    steps: Int[Array, "*lane"]
    reason: Int[Array, "*lane"]


def simulate(
    system: System,
    parameters: Float[Array, " parameter"],
    schedule: Schedule,
    times: Float[Array, " time"],
    *,
    rtol: float | Float[Array, ""],
    atol: float | Float[Array, ""],
    max_steps: int = 4096,
    observe: Callable[[Any, Scalars, Scalars], Scalars] | None = None,
    tableau: Tableau = RODAS5P,
    adjoint: diffrax.AbstractAdjoint | None = None,
) -> Trajectory:
    """Simulate one dish; differentiable and mappable as diffrax is, with dense output between the steps.

    A value at the start of a period is the one after its jump. For many dishes `models.engine.lanes` is far
    faster.

    Args:
        parameters: in the order of `system.parameters`.
        times: min, ascending, not before the first start; +inf is padding, with value 0.
        max_steps: of each period.
        observe: (t, y, args) -> tuple of observables; all species by default.
        adjoint: how diffrax differentiates; its default unless given.
    """
    seen = _observer(observe)
    sound = _finite(parameters, schedule)
    parameters = jnp.where(sound, parameters, jnp.asarray(system.nominal[: len(system.parameters)]))
    finite = jnp.isfinite(times) & sound  # what cannot be started ends where it begins
    last = jnp.max(jnp.where(finite, times, schedule.starts[0]))
    ends = jnp.minimum(jnp.concatenate([schedule.starts[1:], jnp.array([jnp.inf])]), last)
    shown = jnp.where(finite, times, last)
    inputs, keep, add = (jnp.where(sound, x, 0.0) for x in (schedule.inputs, schedule.keep, schedule.add))
    periods = _Period(
        jnp.minimum(schedule.starts, last),
        ends,
        inputs,
        keep,
        add,
        jnp.isfinite(schedule.starts) & (schedule.starts <= last) & sound,
    )
    first = jnp.asarray(system.initial, parameters.dtype)
    controller = diffrax.PIDController(rtol=rtol, atol=atol)
    solve = partial(_solve, NetworkRosenbrock(system, tableau=tableau), controller, max_steps, adjoint)

    def run_period(y: Float[Array, " species"], period: _Period) -> tuple[Array, tuple[Array, ...]]:
        y = jnp.where(period.used, period.keep * y + period.add, y)
        args = (*rows(parameters), *rows(period.inputs))
        values, end, good, steps = solve(y, period, args, shown, lambda t, y, c: seen(t, y, args))
        values = jnp.where((shown == period.start)[:, None], seen(period.start, y, args), values)
        here = period.used & finite & (shown >= period.start)
        return end, (values, here, good | ~period.used, steps * period.used)

    _, (values, here, good, steps) = lax.scan(run_period, first, periods)
    which = here.shape[0] - 1 - jnp.argmax(here[::-1], 0)  # the last period that has begun
    chosen = jnp.take_along_axis(values, which[None, :, None], 0)[0]
    solved = jnp.all(good) & jnp.all(jnp.where(finite[:, None], jnp.isfinite(chosen), True))
    ok = solved & sound
    reason = jnp.where(sound, jnp.where(solved, COMPLETE, TOO_MANY_STEPS), NOT_FINITE)
    return Trajectory(jnp.where(ok & finite[:, None], chosen, 0.0), ok, jnp.sum(steps), reason)


def _solve(
    solver: NetworkRosenbrock,
    controller: diffrax.PIDController,
    max_steps: int,
    adjoint: diffrax.AbstractAdjoint | None,
    y: Float[Array, " species"],
    period: _Period,
    args: Scalars,
    times: Float[Array, " time"],
    seen: Callable[..., Array],
) -> tuple[Array, ...]:
    """Observables at all times as if they lay in this period, state at its end, success and steps."""
    system = solver.system
    # A period of no length is no problem for diffrax.
    end = jnp.maximum(period.end, period.start + 1e-9 * (1.0 + jnp.abs(period.start)))
    at_times = diffrax.SubSaveAt(ts=jnp.clip(times, period.start, end), fn=seen)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, c: jnp.stack(system.velocity(t, rows(y), c))),
        solver,
        period.start,
        end,
        None,
        y,
        system.prepare(args),
        saveat=diffrax.SaveAt(subs=(at_times, diffrax.SubSaveAt(t1=True))),
        max_steps=max_steps,
        stepsize_controller=controller,
        throw=False,
        adjoint=adjoint or diffrax.RecursiveCheckpointAdjoint(),
    )
    assert solution.ys is not None, "saved at the output times"
    values, final = solution.ys
    return values, final[-1], solution.result == diffrax.RESULTS.successful, solution.stats["num_steps"]


class _Period(NamedTuple):
    """One period of a schedule; `used` is False for padding and for what begins after the last time."""

    start: Float[Array, ""]
    end: Float[Array, ""]
    inputs: Float[Array, " input"]
    keep: Float[Array, " species"]
    add: Float[Array, " species"]
    used: Bool[Array, ""]


def _observer(observe: Callable[[Any, Scalars, Scalars], Scalars] | None) -> Callable[..., Array]:
    """(t, state, args) -> observables, as one array; the state itself by default."""
    if observe is None:
        return lambda t, y, args: y
    return lambda t, y, args: jnp.stack([jnp.asarray(o) for o in observe(t, rows(y), args)])


def _finite(parameters: Float[Array, " parameter"], schedule: Schedule) -> Bool[Array, ""]:
    """Whether the dish can be started at all: every number finite."""
    numbers = (parameters, schedule.inputs, schedule.keep, schedule.add)
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(x)) for x in numbers]))
