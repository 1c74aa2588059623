"""One problem of other people, measured: its value beside a reference, its gradient beside finite
differences, what they cost, and how long the best known optimum takes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from inference.best_fit.hierarchical import Profiled
from inference.best_fit.multistart import CLOSE, Search, candidates_of, draws_of, search_of
from inference.best_fit.trust_region import SIFTED, best_fits, promising
from inference.calibration import by_pypesto
from inference.calibration.problem_references import Reference, of_simulations, off_by
from inference.likelihood.likelihood import predict, terms, trajectories
from inference.likelihood.reduced_parts import Split, split
from inference.study.loading import load
from inference.study.problem_tables import StudyError
from inference.study.study import Study

TIGHT = {"rtol": 1e-10, "atol": 1e-12}  # of values and slopes; a search needs no more than USUAL
USUAL = {"rtol": 1e-6, "atol": 1e-8}
STEP, AWAY = 1e-4, 0.05  # of a difference, in ln; how far from the nominal point slopes are compared, in ln
STEPS, TOLERANCE, ALIKE = 300, 1e-5, 1e-3  # of a search; relative difference of slopes that is none


@dataclass(frozen=True)
class ProblemChecks:
    """`slopes`: compare the gradient; `starts`: of each search for the optimum, 0: none; `pypesto`: also by
    pyPESTO where it is installed; `work`: a folder for what it compiles.
    """

    slopes: bool
    starts: int
    pypesto: bool
    seed: int
    work: Path


def check(file: Path, reference: Reference | None, asked: ProblemChecks) -> dict[str, Any]:
    """Everything about one problem, as plain values; `refused` alone where it is not read."""
    begun = time.monotonic()
    try:
        study = load(file, lint=False)
    except StudyError as refusal:
        return {"refused": str(refusal), "load_s": time.monotonic() - begun}
    found: dict[str, Any] = {
        "species": len(study.system.species),
        "parameters": len(study.unknowns),
        "measurements": len(study.measurements),
        "dishes": len(study.protocols),
        "load_s": time.monotonic() - begun,
    }
    found |= value(study, file, reference or of_simulations(file))
    if asked.slopes and found["ok"]:
        found |= slopes(study, asked.seed)
    if asked.starts and found["ok"]:
        found["search"] = search(study, asked)
        if asked.pypesto:
            found["pypesto"] = by_pypesto.search(file, asked.starts, asked.seed, asked.work)
    return found


def value(study: Study, file: Path, reference: Reference | None) -> dict[str, Any]:
    """The log-likelihood at the nominal parameters, and predictions beside the problem's own simulations."""
    begun = time.monotonic()

    @jax.jit
    def at(theta: jax.Array) -> tuple[jax.Array, ...]:
        dishes = trajectories(study, theta, rtol=TIGHT["rtol"], atol=TIGHT["atol"])
        return terms(study, theta, dishes), predict(study, theta, dishes).value, jnp.all(dishes.ok)

    every, predicted, ok = at(jnp.asarray(study.nominal))
    total = float(jnp.sum(every))
    joined, off, worst = off_by(study, np.asarray(predicted), file)
    found: dict[str, Any] = {
        "ok": bool(ok) and np.isfinite(total),
        "log_likelihood": total,
        "value_s": time.monotonic() - begun,
        "simulations": joined,
        "simulations_off": off,
        "simulation_worst": worst,
    }
    if reference is not None:
        away = abs(total - reference.log_likelihood) / max(abs(reference.log_likelihood), 1e-300)
        found |= {
            "reference": reference.log_likelihood,
            "reference_from": reference.source,
            "off": away,
            "right": found["ok"] and away <= reference.tolerance,
        }
    return found


def slopes(study: Study, seed: int) -> dict[str, Any]:
    """The gradient beside central differences of two widths, by ln of each parameter (by itself where it is
    not positive), a little away from the nominal point; and the time of one gradient once compiled.

    A difference of the two widths is doubt: slopes closer than it are alike.
    """
    theta = study.nominal
    low, high = np.array([(u.lower, u.upper) for u in study.unknowns]).T
    rng = np.random.default_rng(seed)
    moved = theta * np.exp(AWAY * rng.standard_normal(len(theta)))
    theta = np.where((moved > low) & (moved < high), moved, theta)
    unit = np.where(theta != 0, np.abs(theta), 1.0)

    def total(theta: jax.Array, rtol: float, atol: float) -> jax.Array:
        dishes = trajectories(study, theta, rtol=rtol, atol=atol)
        return jnp.where(jnp.all(dishes.ok), jnp.sum(terms(study, theta, dishes)), jnp.nan)

    both = jax.jit(jax.value_and_grad(lambda x: total(x, **TIGHT)))
    only = jax.jit(lambda x: total(x, **TIGHT))
    usual = jax.jit(jax.value_and_grad(lambda x: total(x, **USUAL)))
    slope = np.asarray(both(jnp.asarray(theta))[1]) * unit
    widths = []
    for h in (STEP, 2 * STEP):
        ends = [
            [float(only(jnp.asarray(theta + s * h * unit * e))) for s in (1, -1)] for e in np.eye(len(theta))
        ]
        widths.append(np.array([(a - b) / (2 * h) for a, b in ends]))
    fine, coarse = widths
    scale = np.maximum(np.abs(fine), ALIKE * np.max(np.abs(fine), initial=0.0))
    off = np.abs(slope - fine) / np.maximum(np.maximum(scale, np.abs(fine - coarse) / ALIKE), 1e-300)
    jax.block_until_ready(usual(jnp.asarray(theta)))
    times = []
    for _ in range(3):
        begun = time.monotonic()
        jax.block_until_ready(usual(jnp.asarray(theta)))
        times.append(time.monotonic() - begun)
    worst = int(np.nanargmax(np.where(np.isnan(off), np.inf, off)))
    return {
        "slope_off": float(off[worst]),
        "slope_worst": study.names[worst],
        "slopes_right": bool(np.all(off <= ALIKE)),
        "gradient_s": float(np.median(times)),
    }


def search(study: Study, asked: ProblemChecks) -> dict[str, Any]:
    """Starts, evaluations and seconds until a search is within `CLOSE` of the objective at the nominal point,
    or lower.
    """
    begun = time.monotonic()
    parts = Split(study, split(study))
    looked: Search = search_of(parts, **USUAL)
    nominal = np.where(looked.on_log, np.log(np.maximum(study.nominal, 1e-300)), study.nominal)
    target = float(jax.jit(looked.objective)(jnp.asarray(np.clip(nominal, *looked.bounds.T))))
    profiled = Profiled(looked, parts, asked.starts, **USUAL)  # pyright: ignore[reportArgumentType]  tolerances by name, no `others`
    candidates = candidates_of(looked, SIFTED * asked.starts, asked.seed, 1.0)
    profiled(candidates[: asked.starts])
    starts = promising(profiled, candidates, asked.starts)
    compiled = time.monotonic() - begun
    asks = [0]

    def report(i: int, _: int, best: float) -> None:
        asks[0] = i

    _, lowest = best_fits(
        profiled,
        starts,
        max_steps=STEPS,
        tolerance=TOLERANCE,
        elsewhere=draws_of(looked, 400, jax.random.PRNGKey(asked.seed)),
        seed=asked.seed,
        enough=target + CLOSE,
        report=report,
    )
    return {
        "starts": asked.starts,
        "evaluations_each": asks[0],
        "best_known": target,
        "best": float(lowest[0]),
        "found": bool(lowest[0] <= target + CLOSE),
        "wall_s": time.monotonic() - begun,
        "without_compiling_s": time.monotonic() - begun - compiled,
    }
