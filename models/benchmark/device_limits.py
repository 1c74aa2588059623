"""How near the engine comes to what a device can do: memory and arithmetic rates measured here, and what a
step needs of each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from models.benchmark.workloads import Workload, at, error, median_seconds
from models.engine.compile import System
from models.engine.ensemble import Setting, simulate_ensemble
from models.engine.solver.sparse_lu import eliminate, linear_solver
from models.engine.solver.stages_over_lanes import newton_matrix, rows, scratch, stage_by_stage, weighted
from models.engine.solver.tableau import Tableau

CHAIN = 512  # multiply-adds on a number once it is in a register
ELEMENTS, PASSES = 2**24, 8


@dataclass(frozen=True)
class Rates:
    """Bytes and floating-point operations a second that XLA's own code reaches on one device, in one
    precision.
    """

    bandwidth: float
    arithmetic: float


def rates(dtype: str) -> Rates:
    """Measured: a copy that is larger than the caches, and chains of multiply-adds in registers."""
    x = jnp.linspace(0.0, 1.0, ELEMENTS, dtype=dtype)
    copy = jax.jit(
        lambda x: lax.fori_loop(0, PASSES, lambda _, y: y * 1.0001, x)
    )  # in place: no new pages to be fetched
    jax.block_until_ready(copy(x))
    some = x[: ELEMENTS // 64]

    @jax.jit
    def chain(x: Any) -> Any:
        parts = [x + i for i in range(8)]  # several at once, so that none waits for itself
        for _ in range(CHAIN // 8):
            parts = [y * 0.999 + 0.001 for y in parts]
        return sum(parts)

    jax.block_until_ready(chain(some))
    seconds_copy, seconds_chain = median_seconds(lambda: copy(x), 5), median_seconds(lambda: chain(some), 5)
    return Rates(2 * PASSES * x.nbytes / seconds_copy, 2 * CHAIN * some.size / seconds_chain)


@dataclass(frozen=True)
class StepNeed:
    """What one step of one trajectory needs: operations, and bytes if all that lies between load and store
    stays on the chip.
    """

    operations: float
    least_bytes: float


def need(system: System, tableau: Tableau, dtype: str) -> StepNeed:
    """Operations as XLA counts them in the program as written (a transcendental function as 20); bytes:
    state and step size read and written, constants read.
    """
    lanes = 64
    args = [jnp.full(lanes, v, dtype) for v in system.nominal]
    constants = system.prepare(tuple(args))
    y = jnp.stack([jnp.full(lanes, v, dtype) for v in system.initial])
    h = jnp.full(lanes, 0.1, dtype)

    @jax.jit
    def step(t: Any, y: Any, h: Any, constants: Any) -> Any:
        """As in the engine, but the stages one by one: XLA counts what stands in a loop once."""
        _, entries, drift = system.linearised(t, rows(y), constants)
        plan = eliminate(system.pattern, len(system.species))
        solution = linear_solver(plan, newton_matrix(system, tableau, h, entries))
        turn = stage_by_stage(system, tableau, t, y, h, constants, drift, solution)
        room = (scratch(system, tableau, lanes, dtype),)
        for stage in range(tableau.stages):
            room = turn(stage, room)
        return y + weighted((*tableau.a[-1], 1.0), room[0]), room[0][-1]

    cost: Any = step.lower(jnp.zeros(lanes, dtype), y, h, constants).cost_analysis()
    cost = cost[0] if isinstance(cost, Sequence) else cost
    size = jnp.dtype(dtype).itemsize
    count = (cost["flops"] + 20 * cost.get("transcendentals", 0.0)) / lanes
    return StepNeed(count, size * (2 * (len(y) + 2) + sum(np.ndim(c) > 0 for c in constants)))


def sweep(work: Workload, sets: int, widths: Sequence[int], say: Callable[[str], None]) -> dict[str, float]:
    """Milliseconds a trajectory by lanes, and the fewest lanes within a tenth of the best."""
    figures: dict[str, float] = {}
    for lanes in widths:

        def run(lanes: int = lanes) -> Any:
            return simulate_ensemble(work.setting, work.parameters[:sets], lanes=lanes).attrs

        run()
        figures[f"device_lanes_{lanes}_ms"] = 1e3 * median_seconds(run, 1) / sets
        say(f"{lanes} lanes: {figures[f'device_lanes_{lanes}_ms']:.4f} ms a trajectory")
    best = min(figures.values())
    enough = min(lanes for lanes in widths if figures[f"device_lanes_{lanes}_ms"] <= 1.1 * best)
    return figures | {"device_saturated_at_lanes": enough}


def used(work: Workload, sets: int, lanes: int, dtype: str) -> dict[str, float]:
    """One precision: time, error against float64 at a hundredth of the tolerance, shares of the limits, what
    is left to gain.
    """
    here = Setting(**{**vars(at(work, 1e-4)), "precision": dtype})
    simulate_ensemble(here, work.parameters[:sets], lanes=lanes)
    found: list[Any] = []
    seconds = median_seconds(
        lambda: found.append(simulate_ensemble(here, work.parameters[:sets], lanes=lanes)), 1
    )
    ok = found[0].ok.values[:, 0]
    truth = simulate_ensemble(at(work, 1e-6), work.parameters[: min(sets, 64)])
    judged = ok[:64] & truth.ok.values[:, 0]
    limits, one = rates(dtype), need(work.system, work.setting.tableau, dtype)
    steps = float(found[0].steps.sum()) / seconds / len(jax.local_devices())
    return {
        f"device_{dtype}_ms": 1e3 * seconds / sets,
        f"device_{dtype}_failed": int((~ok).sum()),
        f"device_{dtype}_error": error(
            found[0]["values"].values[:64, 0][judged], truth["values"].values[:, 0][judged]
        ),
        f"device_{dtype}_bandwidth_gb_s": limits.bandwidth / 1e9,
        f"device_{dtype}_gflops": limits.arithmetic / 1e9,
        f"device_{dtype}_bandwidth_share": steps * one.least_bytes / limits.bandwidth,
        f"device_{dtype}_arithmetic_share": steps * one.operations / limits.arithmetic,
        f"device_{dtype}_fused_kernel_gain": 1.0
        / (steps * max(one.least_bytes / limits.bandwidth, one.operations / limits.arithmetic)),
    }
