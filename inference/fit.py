"""A study from its tables to a verdict: modes from many starts, NUTS from there, predictions, diagnostics, files."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from inference import checkpoint, nuts
from inference.batch import Batch
from inference.optimise import laplace, search, starting_points
from inference.posterior import Problem
from inference.progress import Teller

VERSIONS = ("gp130", "jax", "diffrax", "equinox", "lineax", "optimistix", "numpyro", "blackjax", "sympy", "numpy", "arviz", "petab")


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do; two runs with equal settings, study and device give equal draws.

    `starts` searches for the mode, `search_steps` evaluations each; `predicted` posterior draws a chain are simulated
    for the predictive groups, `prior_draws` of the prior.
    """

    chains: int
    warmup: int
    draws: int
    seed: int
    starts: int
    search_steps: int
    predicted: int
    prior_draws: int
    rtol: float
    atol: float
    quick: bool
    chunk: int = 10
    target: float = 0.9
    max_tree_depth: int = 8


FULL = Settings(chains=16, warmup=120, draws=300, seed=1, starts=32, search_steps=300, predicted=50, prior_draws=400,
                rtol=3e-4, atol=1e-6, quick=False, target=0.97, max_tree_depth=5)
QUICK = Settings(chains=16, warmup=10, draws=10, seed=1, starts=16, search_steps=40, predicted=5, prior_draws=48,
                 rtol=3e-4, atol=1e-6, quick=True, target=0.85, max_tree_depth=5)


@dataclass(frozen=True)
class Fitted:
    """The sampler's result before it is labelled: `theta` (chain, draw, parameter) in own units, `stats`, the searches."""

    theta: np.ndarray
    z: np.ndarray
    stats: dict[str, np.ndarray]
    modes: np.ndarray
    mode_potentials: np.ndarray


def device_line() -> str:
    """What JAX computes on, in words."""
    devices = jax.devices()
    kinds = ", ".join(sorted({d.device_kind for d in devices}))
    return f"{len(devices)} {devices[0].platform} device{'s' if len(devices) > 1 else ''} ({kinds}), float64"


def provenance(settings: Settings, **more: Any) -> dict[str, Any]:
    """Versions, device, precision, XLA flags and settings of a run."""
    import os

    found = {}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return {**more, "settings": asdict(settings), "seed": settings.seed, "versions": found, "python": platform.python_version(),
            "device": device_line(), "precision": "float64", "xla_flags": os.environ.get("XLA_FLAGS", "")}


def find_modes(problem: Problem, batch: Batch, settings: Settings, folder: Path, tell: Teller) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (start, parameter), potentials and the covariance around the best; kept in `folder/modes.npz`."""
    path = folder / "modes.npz"
    if path.exists():
        found = checkpoint.read_arrays(path)
        return found["z"], found["potential"], found["covariance"]
    key = jax.random.PRNGKey(settings.seed)
    z0 = starting_points(problem, key, settings.starts)
    tell.say(f"Searching for the mode from {settings.starts} starts at once (the first step includes compilation) ...")
    with tell.bar("mode", settings.search_steps) as bar:
        z, potential = search(batch, z0, max_steps=settings.search_steps, tolerance=1e-9,
                              report=lambda i, n, best: bar.to(i, f"best log posterior {-best:.2f}"))
    if not np.isfinite(potential[0]):
        raise RuntimeError("no starting point could be solved: check units and bounds in parameters.tsv")
    near = int(np.sum(potential < potential[0] + 2))
    tell.say(f"  best log posterior {-potential[0]:.2f}; {near} of {settings.starts} starts ended within 2 of it")
    covariance = laplace(batch, z[0])
    checkpoint.write_arrays(path, {"z": z, "potential": potential, "covariance": covariance})
    return z, potential, covariance


def starts_for_chains(batch: Batch, settings: Settings, z: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Where the chains begin: draws of the normal approximation around the mode, those that can be solved."""
    rng = np.random.default_rng(settings.seed)
    root = np.linalg.cholesky(covariance + 1e-12 * np.eye(len(covariance)))
    points: list[np.ndarray] = []
    for shrink in (1.0, 0.5, 0.2, 0.05, 0.0):
        trial = z[0] + shrink * rng.standard_normal((settings.chains, len(z[0]))) @ root.T
        potential = batch(trial)[0]
        points += [p for p, v in zip(trial, potential, strict=True) if np.isfinite(v)]
        if len(points) >= settings.chains:
            break
    return np.stack(points[: settings.chains])


def draw(problem: Problem, settings: Settings, folder: Path, tell: Teller, stop: Callable[[], bool]) -> Fitted | None:
    """Modes, then NUTS, with everything kept under `folder`; None if stopped before the end."""
    batch = Batch(problem, settings.chains)
    z, potential, covariance = find_modes(problem, batch, settings, folder, tell)
    plan = nuts.Plan(settings.chains, settings.warmup, settings.draws, settings.chunk, settings.target, settings.max_tree_depth)
    z0 = starts_for_chains(batch, settings, z, covariance)
    total = settings.warmup + settings.draws
    tell.say(f"Sampling: NUTS, {settings.chains} chains, {settings.warmup} warm-up and {settings.draws} kept draws each "
             "(the first draws include compilation) ...")
    begun = time.monotonic()
    with tell.bar("draws", total) as bar:
        diverged = np.zeros(settings.chains, dtype=int)

        def report(i: int, warming: bool, seen: dict[str, np.ndarray]) -> None:
            nonlocal diverged
            if not warming:
                diverged = diverged + seen["diverging"].sum(axis=1)
            done = sum(n for _, n in plan.chunks[:i])
            steps = " ".join(f"{n:.0f}" for n in seen["num_steps"].mean(axis=1))
            bar.to(done, f"{'warm-up' if warming else 'sampling'}; steps a draw by chain {steps}; divergences {diverged.sum()}")

        draws = nuts.sample(problem, plan, settings.seed, jnp.asarray(z0), covariance, folder / "chunks", report, stop, batch=batch)
    if draws is None:
        return None
    tell.say(f"  sampled in {time.monotonic() - begun:.0f} s")
    constrain = jax.jit(jax.vmap(jax.vmap(problem.constrain)))
    return Fitted(np.asarray(constrain(jnp.asarray(draws.z))), draws.z, draws.stats, z, potential)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one step."""
    checkpoint.write_bytes(path, (json.dumps(content, indent=1, default=str) + "\n").encode())
