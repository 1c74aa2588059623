"""What this machine can do for a study: devices, precision, memory, seconds a gradient, and how long a run
would take.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from inference.likelihood.problem import Problem


@dataclass(frozen=True)
class Device:
    """One kind of device. `memory` in GiB, NaN where the backend does not say."""

    platform: str
    kind: str
    count: int
    memory: float
    float64: bool


@dataclass(frozen=True)
class Cost:
    """Of the potential and its gradient at `width` points side by side, on one device of `platform`.

    `compile` and `gradient` in s; `solved`: share of the points that could be solved.
    """

    platform: str
    width: int
    compile: float
    gradient: float
    solved: float


def devices() -> tuple[Device, ...]:
    """Every kind of device JAX sees here, the default first, the CPU always."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for d in (*jax.devices(), *jax.devices("cpu")):
        groups.setdefault((d.platform, d.device_kind), [])
        if d not in groups[d.platform, d.device_kind]:
            groups[d.platform, d.device_kind].append(d)
    return tuple(
        Device(platform, kind, len(ds), _memory(ds[0]), _has_float64(ds[0]))
        for (platform, kind), ds in groups.items()
    )


def _memory(device: Any) -> float:
    stats = device.memory_stats() or {}
    if "bytes_limit" in stats:
        return stats["bytes_limit"] / 2**30
    if device.platform == "cpu":
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return float("nan")


def _has_float64(device: Any) -> bool:
    """1 + 2^-40 differs from 1 on the device."""
    with jax.default_device(device):
        return bool(jnp.asarray(1.0) + jnp.asarray(2.0**-40) != 1.0)


def measure(problem: Problem, points: np.ndarray, device: Any, *, seconds: float = 2.0) -> Cost:
    """Compile and time potential and gradient at `points` (width, parameter), repeated for about
    `seconds`.
    """
    with jax.default_device(device):
        z = jax.device_put(jnp.asarray(points), device)
        begun = time.perf_counter()
        program = jax.jit(jax.vmap(jax.value_and_grad(problem.potential))).lower(z).compile()
        compiled = time.perf_counter() - begun
        value, _ = jax.block_until_ready(program(z))
        repeats, begun = 0, time.perf_counter()
        while repeats < 3 or (time.perf_counter() - begun < seconds and repeats < 1000):
            jax.block_until_ready(program(z))
            repeats += 1
        spent = (time.perf_counter() - begun) / repeats
    return Cost(device.platform, len(points), compiled, spent, float(np.mean(np.isfinite(np.asarray(value)))))


def wall_time(cost: Cost, *, transitions: int, steps: float, search_steps: int, devices: int = 1) -> float:
    """Seconds of a run: compilation, the search for the mode, and `transitions` of `steps` leapfrog steps
    each.

    `cost` is for as many points as chains; chains are spread over `devices` of the kind, at best `devices`
    times as fast.
    """
    return 3 * cost.compile + (search_steps + transitions * steps) * cost.gradient / devices


def advice(costs: Sequence[Cost]) -> str:
    """Which device and which sampler, in words, from costs at the same widths on each platform."""
    by_width: dict[int, dict[str, Cost]] = {}
    for c in costs:
        by_width.setdefault(c.width, {})[c.platform] = c
    said = []
    for width, found in sorted(by_width.items()):
        others = {p: c for p, c in found.items() if p != "cpu"}
        if "cpu" not in found or not others:
            continue
        for platform, cost in others.items():
            ratio = found["cpu"].gradient / cost.gradient
            said.append(
                f"{width} points: the {platform} is {ratio:.1f} times as fast as the CPU"
                if ratio >= 1
                else f"{width} points: the {platform} is {1 / ratio:.1f} times SLOWER than the CPU"
            )
    if not said:
        return "only a CPU here: NUTS with a few chains; ChEES and SMC gain from an accelerator"
    narrow, wide = (by_width[w] for w in (min(by_width), max(by_width)))

    def best(found: dict[str, Cost]) -> str:
        return min(found.values(), key=lambda c: c.gradient).platform

    if best(narrow) == "cpu" and best(wide) != "cpu":
        said.append(
            f"use `device` cpu for NUTS, `device` gpu with `sampler` chees or smc for {max(by_width)} "
            f"chains or more"
        )
    elif best(wide) == "cpu":
        said.append("use `device` cpu: the accelerator would be slower for this study at every width tried")
    else:
        said.append("use `device` gpu")
    return "; ".join(said)
