"""The parts of the benchmark: each measures one thing on the workloads of `models.benchmark.workloads` and
returns figures by name.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from models.benchmark.amici import ByAmici, installed
from models.benchmark.device_limits import sweep, used
from models.benchmark.engines import against_xla
from models.benchmark.queue_plan import on_a_gpu
from models.benchmark.workloads import (
    SEEN,
    TIMES,
    SolverRun,
    Workload,
    at,
    error,
    kvaerno,
    lsoda,
    median_seconds,
    milliseconds_at,
    roadrunner,
    workload,
)
from models.engine.compile import System
from models.engine.ensemble import simulate_ensemble
from models.engine.lanes import simulate_lanes
from models.engine.protocol import schedule

Figures = dict[str, Any]
REFERENCE_RTOL = 1e-11  # of CVODE; its error is some hundred times that, far below what is compared


def say(text: str) -> None:
    """Progress, on stderr."""
    print(f"    {text}", file=sys.stderr, flush=True)


def by_engine(work: Workload, sets: int, **more: Any) -> Any:
    """Observables of the first sets by the ensemble engine."""
    return simulate_ensemble(work.setting, work.parameters[:sets], **more)


def precision(workload_name: str, quick: bool) -> Figures:
    """Work against precision on one core: this engine, CVODE, Kvaerno5 under vmap, LSODA; all in this
    process, in turns.
    """
    judged, sets, repeats = (24, 8192, 1) if quick else (64, 16_384, 3)
    work = workload(workload_name, sets)
    cvode = roadrunner(work)
    truth, _ = cvode(REFERENCE_RTOL, judged)
    points = engine_runs(work, truth, sets, repeats) + cvode_runs(cvode, truth, repeats)
    figures: Figures = {}
    if installed():
        more, figures = amici_runs(work, truth, (30,) if quick else (1, 10, 30, 100))
        points += more
    more, failed = kvaerno_runs(work, truth, repeats)
    points, figures = points + more, figures | failed
    some = 2 if quick else 8
    found, spent = lsoda(work, 1e-6, some)
    points.append(SolverRun("LSODA (SciPy)", 1e-6, error(found, truth[:some]), 1e3 * spent / some))
    figures |= ratios(points)
    for p in points:
        key = p.solver.split(" ")[0].strip(",").lower() + ("_newton" if "Newton" in p.solver else "")
        figures |= {f"{key}_rtol_{p.rtol:.0e}_ms": p.ms, f"{key}_rtol_{p.rtol:.0e}_error": p.error}
    return figures | {"points": [[p.solver, p.rtol, p.error, p.ms] for p in points]}


def engine_runs(work: Workload, truth: np.ndarray, sets: int, repeats: int) -> list[SolverRun]:
    """This engine at three tolerances: the time of all sets, the error of the first, which are judged."""
    points: list[SolverRun] = []
    by_engine(replace(work, setting=at(work, 1e-3)), sets)  # compiled once for all tolerances
    for rtol in (1e-4, 1e-5, 1e-6):
        here, spent, seen = replace(work, setting=at(work, rtol)), [], None
        for _ in range(repeats):
            begun = time.perf_counter()
            seen = by_engine(here, sets)
            spent.append(time.perf_counter() - begun)
        assert seen is not None, "at least one repeat"
        seen, ms = seen.isel(set=slice(len(truth))), 1e3 * float(np.median(spent)) / sets
        assert bool(seen.ok.all()), "the engine failed on a judged set"
        points.append(SolverRun("engine", rtol, error(seen["values"].values[:, 0], truth), ms))
        say(f"engine, rtol {rtol:.0e}: error {points[-1].error:.1e}, {ms:.3f} ms a trajectory")
    return points


def cvode_runs(
    cvode: Callable[[float, int], tuple[np.ndarray, float]], truth: np.ndarray, repeats: int
) -> list[SolverRun]:
    """CVODE at three tolerances."""
    points = []
    for rtol in (1e-5, 1e-6, 1e-7):
        runs = [cvode(rtol, len(truth)) for _ in range(2 * repeats)]
        ms = 1e3 * float(np.median([s for _, s in runs])) / len(truth)
        points.append(SolverRun("CVODE (libRoadRunner)", rtol, error(runs[0][0], truth), ms))
        say(f"CVODE, rtol {rtol:.0e}: error {points[-1].error:.1e}, {ms:.3f} ms a trajectory")
    return points


def amici_runs(work: Workload, truth: np.ndarray, wanted: tuple[int, ...]) -> tuple[list[SolverRun], Figures]:
    """AMICI at three tolerances, and the cost of its sensitivities by numbers of parameters."""
    points, figures = [], {}
    with tempfile.TemporaryDirectory() as folder:
        amici = ByAmici(work, Path(folder))
        for rtol in (1e-5, 1e-6, 1e-7):
            found, spent = amici.trajectories(rtol, len(truth))
            points.append(SolverRun("AMICI", rtol, error(found, truth), 1e3 * spent / len(truth)))
            say(f"AMICI, rtol {rtol:.0e}: error {points[-1].error:.1e}, {points[-1].ms:.3f} ms a trajectory")
        for number in wanted:
            for order, cost in amici.sensitivity_cost(differentiated(work.system)[:number], 8).items():
                figures[f"amici_{order}_over_value_{number}"] = cost
    return points, figures


def kvaerno_runs(work: Workload, truth: np.ndarray, repeats: int) -> tuple[list[SolverRun], Figures]:
    """Kvaerno5 under `vmap` with either root finder, and how many it fails on."""
    points, figures, few = [], {}, 16
    for newton in (False, True):
        run = kvaerno(work, 1e-5, few, newton=newton)
        begun = time.perf_counter()
        found = np.asarray(run())
        spent_once = time.perf_counter() - begun
        solved = np.isfinite(found).all((1, 2))
        name = f"Kvaerno5, vmap, {'Newton' if newton else 'default root finder'}"
        ms = 1e3 * (spent_once if repeats == 1 else median_seconds(run, repeats)) / few
        points.append(SolverRun(name, 1e-5, error(found[solved], truth[:few][solved]), ms))
        figures[f"kvaerno5_{'newton' if newton else 'default'}_failed"] = int((~solved).sum())
        say(
            f"{name}: error {points[-1].error:.1e}, {ms:.1f} ms a trajectory, {int((~solved).sum())} of "
            f"{few} failed"
        )
    return points, figures


def ratios(points: list[SolverRun]) -> Figures:
    """Time of each solver over that of the engine at equal error."""
    own, others, by_amici, stocks, by_lsoda = (
        [p for p in points if p.solver.startswith(name)]
        for name in ("engine", "CVODE", "AMICI", "Kvaerno5", "LSODA")
    )
    stock = min(stocks, key=lambda p: p.ms)
    level = float(np.exp(np.mean(np.log([p.error for p in own]))))
    figures = {
        "per_core_over_roadrunner": milliseconds_at(others, level) / milliseconds_at(own, level),
        "equal_error": level,
        "over_kvaerno5_vmap": stock.ms / milliseconds_at(own, stock.error),
        "kvaerno5_error": stock.error,
        "kvaerno5_ms": stock.ms,
        "over_lsoda": by_lsoda[0].ms / milliseconds_at(own, by_lsoda[0].error),
    }
    if by_amici:
        figures["per_core_over_amici"] = milliseconds_at(by_amici, level) / milliseconds_at(own, level)
    return figures


def ensemble(workload_name: str, quick: bool, prefix: str, sets: int) -> Figures:
    """Throughput and useful work at rtol 1e-5 on the devices of this process; on one core also against lanes,
    on all against sets.

    As many sets a device in either case, so that their tails of long trajectories are alike.
    """
    work = workload(workload_name, sets, 1e-5)
    found = by_engine(work, sets)
    compiled: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *_, **__: compiled.append(event) if "compile" in event else None
    )
    begun = time.perf_counter()
    again = by_engine(Workload(work.setting, work.parameters * 1.0001, work.state, work.inputs), sets)
    ms = 1e3 * (time.perf_counter() - begun) / sets
    figures: Figures = {f"{prefix}_ms": ms, f"{prefix}_useful_work": again.attrs["useful_work"]}
    say(
        f"{len(jax.local_devices())} device(s), {sets} sets: {ms:.3f} ms a trajectory, useful work "
        f"{found.attrs['useful_work']:.3f}"
    )
    steps = found["steps"].values.ravel()
    if prefix == "all_cores":
        figures |= {"retraces": len(compiled)} | on_a_gpu(steps) | ({} if quick else by_sets(workload_name))
        return figures | {
            "useful_work": found.attrs["useful_work"],
            "failed": int((~found.ok.values).sum()),
            "sets": sets,
            "lanes": found.attrs["lanes"],
            "steps_median": float(np.median(steps)),
            "steps_mean": float(steps.mean()),
            "steps_p90": float(np.percentile(steps, 90)),
            "steps_max": int(steps.max()),
            "device": described(),
            "precision": "float64",
            "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        }
    if quick:  # every number of lanes or sets is another program to compile
        return figures
    for lanes in (64, 128, 256, 512, 1024):
        by_engine(work, 2048, lanes=lanes)
        spent = median_seconds(lambda lanes=lanes: by_engine(work, 2048, lanes=lanes).attrs, 1)
        figures[f"lanes_{lanes}_ms"] = 1e3 * spent / 2048
    return figures


def by_sets(workload_name: str) -> Figures:
    """Milliseconds a trajectory against the number of sets, on all devices of this process: up to 10^5 on a
    CPU, 10^6 elsewhere.
    """
    most = 100_000 if jax.default_backend() == "cpu" else 1_000_000
    work = workload(workload_name, most, 1e-5)
    figures: Figures = {}
    for some in [n for n in (1, 16, 128, 1024, 8192, 100_000, 1_000_000) if n <= most]:
        by_engine(work, some)
        figures[f"sets_{some}_ms"] = (
            1e3 * median_seconds(lambda some=some: by_engine(work, some).attrs, 1) / some
        )
        say(f"{some} sets: {figures[f'sets_{some}_ms']:.3f} ms a trajectory")
    return figures


def device(workload_name: str, quick: bool) -> Figures:
    """Where lanes saturate a device, both precisions, and how near its limits: on an accelerator, and for
    comparison on one core.
    """
    accelerator = jax.default_backend() != "cpu"
    if quick and not accelerator:
        return {}
    sets, widths = (131_072, (1024, 4096, 16_384, 65_536)) if accelerator else (4096, (64, 256))
    work = workload(workload_name, sets, 1e-5)
    figures: Figures = sweep(work, sets, widths, say)
    for precision_ in ("float64", "float32"):
        figures |= used(work, sets, figures["device_saturated_at_lanes"], precision_)
        say(
            f"{precision_}: {figures[f'device_{precision_}_ms']:.4f} ms a trajectory at rtol 1e-4, error "
            f"{figures[f'device_{precision_}_error']:.1e}, "
            f"{figures[f'device_{precision_}_arithmetic_share']:.1%} of the arithmetic and "
            f"{figures[f'device_{precision_}_bandwidth_share']:.1%} of the bandwidth"
        )
    return figures


def described() -> str:
    """The device, in words."""
    devices = jax.local_devices()
    return f"{len(devices)} x {devices[0].device_kind} ({devices[0].platform})"


def differentiated(system: System) -> list[str]:
    """Parameters by which derivatives are taken: all but exponents."""
    return [p for p in system.parameters if not p.startswith(("h_", "n_"))]


def derivative_problem(
    workload_name: str, wanted: int, sets: int, lanes: int | None = None
) -> tuple[Callable[[Any], Any], Any]:
    """Sum of all read-outs over the first 8 h as a function of `wanted` parameters of each set, and their
    values.
    """
    work = workload(workload_name, sets)
    system, times = work.system, [t for t in TIMES if t <= 480]
    names = differentiated(system)[:wanted]
    where = jnp.asarray([system.parameters.index(n) for n in names])
    plan = schedule(system, work.setting.protocols[0], {})
    plan = jax.tree.map(lambda x: jnp.broadcast_to(x, (sets, *x.shape)), plan)
    every = jnp.broadcast_to(jnp.asarray(times), (sets, len(times)))

    def total(chosen: Any) -> Any:
        parameters = jnp.asarray(work.parameters[:sets]).at[:, where].set(chosen)
        seen = simulate_lanes(
            system, parameters, plan, every, rtol=1e-5, atol=1e-7, max_steps=2000, wanted=names, lanes=lanes
        )
        return jnp.sum(seen.values[:, :, :SEEN]), seen.ok

    return total, jnp.asarray(work.parameters[:sets])[:, where]


def gradient(workload_name: str, quick: bool) -> Figures:
    """Cost of value and gradient over that of the value, by number of parameters; a record is replayed
    backwards.

    For one and three parameters also forwards, a direction each, beside which the crossover shows.
    """
    figures: Figures = {}
    for wanted in (30,) if quick else (1, 3, 10, 30, 100):
        total, at_ = derivative_problem(workload_name, wanted, 128)
        value = jax.jit(lambda x, total=total: total(x)[0])
        both = jax.jit(jax.value_and_grad(total, has_aux=True))
        (_, ok), slope = both(at_)
        assert np.isfinite(np.asarray(slope)).all(), "a gradient is not finite"
        figures[f"gradient_{wanted}_not_ok"] = int((~np.asarray(ok)).sum())
        value(at_)
        pairs = [
            (
                median_seconds(lambda value=value, at_=at_: value(at_), 1),
                median_seconds(lambda both=both, at_=at_: both(at_), 1),
            )
            for _ in range(5)
        ]
        figures[f"gradient_over_value_{wanted}"] = float(np.median([b / a for a, b in pairs]))
        if wanted in (1, 3):
            forward = jax.jit(
                lambda x, total=total: jax.vmap(lambda d: jax.jvp(lambda y: total(y)[0], (x,), (d,))[1])(
                    one_by_one(x)
                )
            )
            forward(at_)
            pairs = [
                (
                    median_seconds(lambda value=value, at_=at_: value(at_), 1),
                    median_seconds(lambda f=forward, at_=at_: f(at_), 1),
                )
                for _ in range(5)
            ]
            figures[f"forward_over_value_{wanted}"] = float(np.median([b / a for a, b in pairs]))
        say(
            f"{wanted} parameters: value and gradient cost {figures[f'gradient_over_value_{wanted}']:.2f} "
            f"of the value"
        )
    return figures


def one_by_one(x: Any) -> Any:
    """Directions (parameter, set, parameter): each moves one parameter of every set."""
    return jnp.broadcast_to(jnp.eye(x.shape[1])[:, None], (x.shape[1], *x.shape))


def compile_value(workload_name: str, quick: bool) -> Figures:
    """Seconds to trace and compile an ensemble."""
    work = workload(workload_name, 256, 1e-5)
    wall, cpu = compiled_in(*value_program(work))
    return {"compile_value_s": wall, "compile_value_cpu_s": cpu}


def value_program(work: Workload) -> tuple[Any, Any]:
    """A program for 256 sets, and its argument."""
    n = work.parameters.shape[0]
    plan = jax.tree.map(
        lambda x: jnp.broadcast_to(x, (n, *x.shape)), schedule(work.system, work.setting.protocols[0], {})
    )
    every = jnp.broadcast_to(jnp.asarray(TIMES), (n, len(TIMES)))
    return (lambda p: simulate_lanes(work.system, p, plan, every, rtol=1e-5, atol=1e-7).values), jnp.asarray(
        work.parameters
    )


def compile_gradient(workload_name: str, quick: bool) -> Figures:
    """Seconds to trace and compile value and gradient with 30 parameters."""
    total, at_ = derivative_problem(workload_name, 30, 128)
    wall, cpu = compiled_in(jax.value_and_grad(total, has_aux=True), at_)
    return {"compile_gradient_s": wall, "compile_gradient_cpu_s": cpu}


def compiled_in(function: Callable[[Any], Any], argument: Any) -> tuple[float, float]:
    """Seconds from a function to a program, by the clock and of the processors: on a busy machine the two are
    far apart.
    """
    begun, spent = time.perf_counter(), sum(os.times()[:4])  # a compiler is a process of its own
    jax.jit(function).lower(argument).compile()
    return time.perf_counter() - begun, sum(os.times()[:4]) - spent


def _all(name: str) -> Callable[..., Figures]:
    def run(workload: str, quick: bool) -> Figures:
        return {
            "precision": lambda: precision(workload, quick),
            "ensemble": lambda: ensemble(workload, quick, "one_core", 8192),
            "ensemble_all": lambda: ensemble(workload, quick, "all_cores", 16_384),
            "device": lambda: device(workload, quick),
            "gradient": lambda: gradient(workload, quick),
            "compile_value": lambda: compile_value(workload, quick),
            "compile_gradient": lambda: compile_gradient(workload, quick),
            "native": lambda: against_xla(workload, quick, derivative_problem),
        }[name]()

    return run


PARTS: Mapping[str, Callable[..., Figures]] = {
    n: _all(n)
    for n in (
        "precision",
        "ensemble",
        "ensemble_all",
        "device",
        "gradient",
        "compile_value",
        "compile_gradient",
        "native",
    )
}
