"""The two workloads on which the engine is measured, and what each solver needs for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp

from models import catalogue
from models.dish import dish
from models.engine.compile import System, compile_network
from models.engine.ensemble import Setting, simulate_ensemble
from models.engine.protocol import Period, Protocol

TIMES = (0.0, 5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880)  # min
STIMULUS = {"TNF": 1.0, "BMSC": 0.1, "BMA": 0.1, "contact": 1.0, "btz": 4.0}
SEEN = 8  # species observed


@dataclass(frozen=True)
class Workload:
    """48 h of one dish from one state at rest, for many parameter sets: log-normal with ln-sd 0.3, exponents
    fixed.
    """

    setting: Setting
    parameters: np.ndarray
    state: dict[str, float]
    inputs: dict[str, float]

    @property
    def system(self) -> System:
        return self.setting.system


def workload(name: str, sets: int, rtol: float = 1e-6) -> Workload:
    """`core` or `niche`; IL-6 10 ng/mL, TNF 1 ng/mL and, in the niche, stroma, adipocytes, contact and
    bortezomib 4 nM.
    """
    network = {"core": catalogue.core, "niche": catalogue.niche}[name]()
    system = compile_network(network)
    inputs = {k: v for k, v in STIMULUS.items() if k in system.inputs}
    species = tuple((s, sp.Symbol(s)) for s in system.species)
    nominal = np.array(system.nominal[: len(system.parameters)])
    before = Setting(system, (dish(network, "rest", il6=10.0, inputs=inputs),), (0.0,), species, 1e-8, 1e-10)
    found = simulate_ensemble(before, nominal[None])
    rest = found["values"].values[0, 0, 0]
    state = dict(zip(system.species, map(float, rest), strict=True))
    protocol = Protocol(name, (Period(0.0, inputs, put=state),))
    free = np.array([not p.startswith(("h_", "n_")) for p in system.parameters])
    scatter = np.exp(0.3 * free * np.random.default_rng(0).standard_normal((sets, len(nominal))))
    setting = Setting(system, (protocol,), TIMES, species[:SEEN], rtol, rtol * 1e-2, max_steps=100_000)
    return Workload(setting, nominal * scatter, state, inputs)


def at(work: Workload, rtol: float) -> Setting:
    """The setting at another tolerance."""
    return replace(work.setting, rtol=rtol, atol=rtol * 1e-2)


def median_seconds(run: Callable[[], Any], repeats: int) -> float:
    """Median wall time of a run that has been compiled before."""
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(run())
        spent.append(time.perf_counter() - start)
    return float(np.median(spent))


def error(found: np.ndarray, truth: np.ndarray) -> float:
    """Median over the sets of the largest error, relative to |truth| + 0.1 % of the largest value of
    the species.
    """
    scale = np.abs(truth) + 1e-3 * np.abs(truth).max((0, 1)) + 1e-300
    return float(np.median(np.max(np.abs(found - truth) / scale, (1, 2))))


def kvaerno(work: Workload, rtol: float, sets: int, *, newton: bool) -> Callable[[], Any]:
    """The same trajectories by diffrax's Kvaerno5 under `vmap`, as one would write it at first: one vector,
    dense factors.

    Args:
        newton: with optimistix's Newton root finder; else with diffrax's default, which keeps a Jacobian for
            longer.

    Returns:
        A run of the program, which is compiled already.
    """
    import diffrax
    import optimistix

    solver = (
        diffrax.Kvaerno5(root_finder=diffrax.with_stepsize_controller_tols(optimistix.Newton)())
        if newton
        else diffrax.Kvaerno5()
    )

    system = work.system
    inputs = np.array(
        [
            work.inputs.get(k, v)
            for k, v in zip(system.inputs, system.nominal[len(system.parameters) :], strict=True)
        ]
    )
    y0 = jnp.asarray([work.state[s] for s in system.species])

    def field(t: Any, y: Any, args: Any) -> Any:
        return jnp.stack([jnp.asarray(x) for x in system.field(t, tuple(y), tuple(args))])

    @jax.jit
    def run(parameters: Any) -> Any:
        def one(row: Any) -> Any:
            found = diffrax.diffeqsolve(
                diffrax.ODETerm(field),
                solver,
                0.0,
                TIMES[-1],
                0.01,
                y0,
                jnp.concatenate([row, jnp.asarray(inputs)]),
                saveat=diffrax.SaveAt(ts=jnp.asarray(TIMES)),
                max_steps=20_000,
                throw=False,
                stepsize_controller=diffrax.PIDController(
                    rtol=rtol, atol=rtol * 1e-2, dtmin=1e-9, force_dtmin=False
                ),
            ).ys
            assert found is not None, "saved at the output times"
            return found[:, :SEEN]

        return jax.vmap(one)(parameters)

    some = jnp.asarray(work.parameters[:sets])
    compiled = run.lower(some).compile()
    return lambda: compiled(some)


def lsoda(work: Workload, rtol: float, sets: int) -> tuple[np.ndarray, float]:
    """The same trajectories by SciPy's LSODA with the compiled field, one at a time; trajectories and
    seconds.
    """
    from scipy.integrate import solve_ivp

    system = work.system
    inputs = [
        work.inputs.get(k, v)
        for k, v in zip(system.inputs, system.nominal[len(system.parameters) :], strict=True)
    ]
    field = jax.jit(
        lambda t, y, args: jnp.stack([jnp.asarray(x) for x in system.field(t, tuple(y), tuple(args))])
    )
    y0, out, spent = np.array([work.state[s] for s in system.species]), [], 0.0
    np.asarray(field(0.0, y0, np.array([*work.parameters[0], *inputs])))
    for row in work.parameters[:sets]:
        args = np.array([*row, *inputs])
        start = time.perf_counter()
        found = solve_ivp(
            lambda t, y, args=args: np.asarray(field(t, y, args)),
            (0.0, TIMES[-1]),
            y0,
            method="LSODA",
            t_eval=TIMES,
            rtol=rtol,
            atol=rtol * 1e-2,
        )
        spent += time.perf_counter() - start
        out.append(found.y[:SEEN].T)
    return np.array(out), spent


def roadrunner(work: Workload) -> Callable[[float, int], tuple[np.ndarray, float]]:
    """(rtol, sets) -> trajectories (set, time, species) by CVODE in libRoadRunner, and seconds without the
    setting of parameters.
    """
    import roadrunner as rr_module

    from models.sbml.writer import to_sbml

    system = work.system
    rr = rr_module.RoadRunner(to_sbml(system.network))
    rr.timeCourseSelections = ["time", *system.species[:SEEN]]
    known = set(rr.model.getGlobalParameterIds())

    def run(rtol: float, sets: int) -> tuple[np.ndarray, float]:
        out, spent = [], 0.0
        (
            rr.integrator.relative_tolerance,
            rr.integrator.absolute_tolerance,
            rr.integrator.maximum_num_steps,
        ) = rtol, rtol * 1e-2, 200_000
        for row in work.parameters[:sets]:
            rr.resetToOrigin()
            for name, value in (*zip(system.parameters, row, strict=True), *work.inputs.items()):
                if name in known:
                    rr[name] = float(value)
            for name, value in work.state.items():
                rr[name] = value
            start = time.perf_counter()
            out.append(np.array(rr.simulate(times=list(TIMES)))[:, 1:])
            spent += time.perf_counter() - start
        return np.array(out), spent

    return run


@dataclass(frozen=True)
class SolverRun:
    """One run of a solver: error of its trajectories, and milliseconds each."""

    solver: str
    rtol: float
    error: float
    ms: float


def milliseconds_at(points: list[SolverRun], error: float) -> float:
    """Cost at an error, between the points on logarithmic axes (beyond them along the last two)."""
    x, y = np.log([p.error for p in points]), np.log([p.ms for p in points])
    order = np.argsort(x)
    x, y = x[order], y[order]
    if len(x) == 1:
        return float(np.exp(y[0]))
    i = int(np.clip(np.searchsorted(x, np.log(error)) - 1, 0, len(x) - 2))
    slope = (y[i + 1] - y[i]) / (x[i + 1] - x[i])
    return float(np.exp(y[i] + slope * (np.log(error) - x[i])))
