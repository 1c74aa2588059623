"""The native kernel against the engine on XLA, in one process and in turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from models.benchmark.workloads import median_seconds, workload
from models.engine.ensemble import simulate_ensemble
from models.engine.native.choice import engine

XLA_LANES = 64  # a number that is asked for is that of XLA's lanes: the kernel has its own
# (workload, parameters, sets, lanes) -> (function with a gradient, its argument)
Problem = Callable[[str, int, int, int | None], tuple[Callable[[Any], Any], Any]]


def against_xla(workload_name: str, quick: bool, problem: Problem) -> dict[str, Any]:
    """Name of the engine, and how many times as fast as XLA it is: for the values of a workload, and for a
    value with its gradient by 30 parameters.
    """
    work, repeats = workload(workload_name, 512 if quick else 4096, 1e-5), 1 if quick else 3

    def values(lanes: int | None) -> Callable[[], Any]:
        return lambda: simulate_ensemble(work.setting, work.parameters, lanes=lanes).attrs

    def gradient(lanes: int | None) -> Callable[[], Any]:
        total, at = problem(workload_name, 30, 128, lanes)
        both = jax.jit(jax.value_and_grad(total, has_aux=True))
        return lambda: both(at)

    return {
        "native": engine(),
        "native_over_xla": in_turns(values(None), values(XLA_LANES), repeats),
        "gradient_native_over_xla": in_turns(gradient(None), gradient(XLA_LANES), repeats),
    }


def in_turns(own: Callable[[], Any], other: Callable[[], Any], repeats: int) -> float:
    """Median of the other's time over one's own, compiled before, one after the other."""
    jax.block_until_ready((own(), other()))
    return float(np.median([median_seconds(other, 1) / median_seconds(own, 1) for _ in range(repeats)]))
