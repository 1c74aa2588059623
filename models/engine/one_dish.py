"""One dish through `diffrax.diffeqsolve`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffrax
import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from models.engine.compile import Scalars, System
from models.engine.protocol import Schedule
from models.engine.solver.rosenbrock import NetworkRosenbrock
from models.engine.solver.tableau import RODAS5P, Tableau


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
    solver, term = (
        NetworkRosenbrock(tableau=tableau, system=system),
        diffrax.ODETerm(lambda t, y, c: system.velocity(t, y, c)),
    )
    seen = observe or (lambda t, y, args: y)
    n = len(system.species)
    finite = jnp.isfinite(times)
    last = jnp.max(jnp.where(finite, times, schedule.starts[0]))
    ends = jnp.minimum(jnp.concatenate([schedule.starts[1:], jnp.array([jnp.inf])]), last)
    starts = jnp.minimum(schedule.starts, last)
    shown = jnp.where(finite, times, last)

    def period(y: Float[Array, " species"], row: tuple[Array, ...]) -> tuple[Array, tuple[Array, ...]]:
        start, end, inputs, keep, add, used = row
        y = jnp.where(used, keep * y + add, y)
        args = (
            *(parameters[i] for i in range(parameters.shape[0])),
            *(inputs[i] for i in range(inputs.shape[0])),
        )
        state = tuple(y[i] for i in range(n))
        end = jnp.maximum(
            end, start + 1e-9 * (1.0 + jnp.abs(start))
        )  # a period of no length is no problem for diffrax
        save = (
            diffrax.SubSaveAt(
                ts=jnp.clip(shown, start, end),
                fn=lambda t, y, c: tuple(jnp.asarray(o) for o in seen(t, y, args)),
            ),
            diffrax.SubSaveAt(t1=True),
        )
        solution = diffrax.diffeqsolve(
            term,
            solver,
            start,
            end,
            None,
            state,
            system.prepare(args),
            saveat=diffrax.SaveAt(subs=save),
            max_steps=max_steps,
            stepsize_controller=diffrax.PIDController(rtol=rtol, atol=atol),
            throw=False,
            adjoint=adjoint or diffrax.RecursiveCheckpointAdjoint(),
        )
        values, final = solution.ys
        good = solution.result == diffrax.RESULTS.successful
        values = jnp.stack(values, -1)
        first = jnp.stack([jnp.asarray(o) for o in seen(start, state, args)])
        values = jnp.where((shown == start)[:, None], first, values)
        here = used & finite & (shown >= start)
        return jnp.stack([x[-1] for x in final]), (
            values,
            here,
            good | ~used,
            solution.stats["num_steps"] * used,
        )

    rows = (
        starts,
        ends,
        schedule.inputs,
        schedule.keep,
        schedule.add,
        jnp.isfinite(schedule.starts) & (schedule.starts <= last),
    )
    _, (values, here, good, steps) = lax.scan(period, jnp.asarray(system.initial, parameters.dtype), rows)
    which = here.shape[0] - 1 - jnp.argmax(here[::-1], 0)  # the last period that has begun
    chosen = jnp.take_along_axis(values, which[None, :, None], 0)[0]
    ok = jnp.all(good) & jnp.all(jnp.where(finite[:, None], jnp.isfinite(chosen), True))
    shown_values = jnp.where(ok & finite[:, None], chosen, 0.0)
    return Trajectory(shown_values, ok, jnp.sum(steps), jnp.where(ok, 0, 3))
