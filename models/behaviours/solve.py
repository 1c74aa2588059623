"""Every dish of a list of behaviours as one batch of lanes, and what came out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from models.behaviours.record import Behaviour, Check, Trace, WatchedDish
from models.engine.compile import System, compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Protocol, Schedule, schedule
from models.network import Network


@dataclass(frozen=True)
class Finding:
    """A behaviour with its checks, or the names of its dishes whose solve failed."""

    behaviour: Behaviour
    checks: tuple[Check, ...]
    failed: tuple[str, ...]

    @property
    def met(self) -> bool:
        return not self.failed and all(c.met for c in self.checks)


LANES, TIMES, PERIODS = (
    256,
    448,
    4,
)  # sizes are rounded up to multiples of these: batches of one shape share one compiled program


def _up(n: int, step: int) -> int:
    return -(-n // step) * step


def lanes_of(
    system: System, protocols: Sequence[Protocol]
) -> tuple[Float[Array, "lane parameter"], Schedule]:
    """Nominal parameters with those of each protocol, and the protocols as arrays of equal length."""
    nominal = dict(zip(system.parameters, system.nominal, strict=False))
    periods = _up(max(len(p.periods) for p in protocols), PERIODS)
    parameters, schedules = [], []
    for p in protocols:
        values = {
            k: jnp.asarray(v) for k, v in (nominal | {k: float(v) for k, v in p.parameters.items()}).items()
        }
        parameters.append(jnp.stack([values[k] for k in system.parameters]))
        schedules.append(schedule(system, p, values, periods))
    return jnp.stack(parameters), jax.tree.map(lambda *x: jnp.stack(x), *schedules)


def traces(
    network: Network, plans: Sequence[WatchedDish], *, rtol: float, atol: float, max_steps: int = 50_000
) -> dict[str, Trace]:
    """The course of every species in every dish, by the id of its protocol.

    At most `LANES` dishes at once, so that any number of them is served by one compiled program.
    """
    names = [p.protocol.id for p in plans]
    if len(set(names)) < len(names):
        raise ValueError(
            f"plans: {sorted(n for n in set(names) if names.count(n) > 1)} occur twice: give each dish its "
            f"own id"
        )
    if len(plans) > LANES:
        found: dict[str, Trace] = {}
        for i in range(0, len(plans), LANES):
            found |= traces(network, plans[i : i + LANES], rtol=rtol, atol=atol, max_steps=max_steps)
        return found
    system = compile_network(network)
    parameters, schedules = lanes_of(system, [p.protocol for p in plans])
    times = np.full((_up(len(plans), LANES), _up(max(len(p.times) for p in plans), TIMES)), np.inf)
    for row, plan in zip(times, plans, strict=False):
        row[: len(plan.times)] = plan.times
    idle = len(times) - len(plans)  # lanes without any output time end at once
    parameters, schedules = jax.tree.map(
        lambda x: jnp.concatenate([x, jnp.repeat(x[:1], idle, 0)]), (parameters, schedules)
    )
    schedules = eqx.tree_at(lambda s: s.starts, schedules, schedules.starts.at[len(plans) :, 1:].set(jnp.inf))
    out = simulate_lanes(
        system, parameters, schedules, jnp.asarray(times), rtol=rtol, atol=atol, max_steps=max_steps
    )
    values, ok, numbers = np.asarray(out.values), np.asarray(out.ok), np.asarray(parameters)
    return {
        plan.protocol.id: Trace(
            plan.times,
            dict(zip(system.species, values[i, : len(plan.times)].T, strict=True)),
            bool(ok[i]),
            dict(zip(system.parameters, numbers[i].tolist(), strict=True)),
        )
        for i, plan in enumerate(plans)
    }


def look(behaviour: Behaviour, found: Mapping[str, Trace]) -> Finding:
    """The checks of one behaviour on dishes already simulated."""
    mine = {p.protocol.id: found[p.protocol.id] for p in behaviour.plans}
    failed = tuple(name for name, trace in mine.items() if not trace.ok)
    return Finding(behaviour, () if failed else behaviour.measure(mine), failed)
