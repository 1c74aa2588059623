"""Many trajectories at once, differentiable."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float

from models.compile import System
from models.protocol import Schedule
from models.queue import COMPLETE, Items, Observe, Outcome, Plan, Tolerance, run
from models.simulate import Trajectory
from models.solver.sparse_lu import Scalars
from models.solver.tableau import RODAS5P, Tableau
from models.timeline import merge


def every_species(t: Any, y: Scalars, args: Scalars) -> Scalars:
    """The state itself."""
    return y


def choose_lanes(items: int, species: int) -> int:
    """Trajectories that step side by side on this device: all of a small ensemble, else enough to fill it."""
    return min(items, 512 if jax.default_backend() == "cpu" else 65_536)


def simulate_lanes(
    system: System,
    parameters: Float[Array, "lane parameter"],
    schedule: Schedule,
    times: Float[Array, "lane time"],
    *,
    rtol: float | Float[Array, ""],
    atol: float | Float[Array, ""] | Float[Array, "species"],
    max_steps: int = 10_000,
    observe: Observe | None = None,
    lanes: int | None = None,
    tableau: Tableau = RODAS5P,
) -> Trajectory:
    """Simulate every lane: its own parameters, schedule (leading lane axis) and output times.

    A value at the start of a period is the one after its jump. Under `vmap` the batch axes become lanes too.

    Args:
        parameters: in the order of `system.parameters`.
        schedule: as `models.protocol.schedule`, every array with a leading lane axis.
        times: min, ascending, not before the first start; +inf is padding, with value 0.
        rtol, atol: tolerances of a step, the absolute one in the unit of each species. Must be the same for all lanes.
        max_steps: attempts after which a lane is given up.
        observe: (t, y, args) -> tuple of observables; all species by default. Pass the same function again and again:
            another one compiles anew.
        lanes: how many step side by side; chosen from problem and device by default.
    """
    plan = _Request(system, tableau, observe or every_species, lanes, max_steps)
    n = len(system.species)
    floating = jnp.result_type(float)
    tolerance = Tolerance(jnp.asarray(rtol, floating), jnp.broadcast_to(jnp.asarray(atol, floating), (n,)))
    arrays = (jnp.asarray(parameters, floating), schedule.inputs, schedule.keep, schedule.add)
    return _simulate(plan, arrays, schedule.starts, jnp.asarray(times, floating), tolerance)


@partial(jax.jit, static_argnums=0)
def _simulate(request: Any, arrays: tuple[Array, ...], starts: Array, times: Array, tolerance: Tolerance) -> Trajectory:
    items = Items(*arrays, merge(starts, times))
    outcome = _forward(request)(items, tolerance)
    ok = outcome.reason == COMPLETE
    values = jnp.take_along_axis(outcome.values, items.timeline.slot[:, :, None], 1)
    shown = ok[:, None, None] & jnp.isfinite(times)[:, :, None]
    return Trajectory(jnp.where(shown, values, 0.0), ok, outcome.steps, outcome.reason)


class _Request(tuple):
    """What is static of a call: system, tableau, observe, lanes, max_steps."""

    def __new__(cls, *parts: Any) -> _Request:
        return super().__new__(cls, parts)

    def plan(self, items: int) -> Plan:
        system, tableau, observe, lanes, max_steps = self
        width = min(items, lanes or choose_lanes(items, len(system.species)))
        return Plan(system, tableau, observe, width, max_steps, 1 if width == items else max(1, width // 32), ())


@lru_cache(maxsize=256)
def _forward(request: Any) -> Callable[[Items, Tolerance], Outcome]:
    @over_lanes
    def forward(items: Items, tolerance: Tolerance) -> Outcome:
        return run(request.plan(items.parameters.shape[0]), items, tolerance, None)[0]

    return forward


def over_lanes(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of (items, shared) whose batch axes under `vmap` become more items."""
    batched = custom_vmap(function)

    @batched.def_vmap
    def rule(size: int, in_batched: Any, items: Any, shared: Any) -> Any:
        if any(jax.tree.leaves(in_batched[1])):
            raise ValueError("simulate_lanes: the tolerances differ along a mapped axis: use one rtol and atol for all lanes")
        lanes = jax.tree.leaves(items)[0].shape[1 if jax.tree.leaves(in_batched[0])[0] else 0]

        def flat(x: Array, mapped: bool) -> Array:
            x = x if mapped else jnp.broadcast_to(x, (size, *x.shape))
            return x.reshape(size * lanes, *x.shape[2:])

        out = batched(jax.tree.map(flat, items, in_batched[0]), shared)
        is_lane = jax.tree.map(lambda x: x.ndim > 0, out)
        out = jax.tree.map(lambda x, yes: x.reshape(size, lanes, *x.shape[1:]) if yes else x, out, is_lane)
        return out, is_lane

    return batched
