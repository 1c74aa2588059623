"""A study from its tables to a verdict: modes from many starts, a sampler from there, predictions, diagnostics, files."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from inference import checkpoint
from inference.batch import Batch
from inference.optimise import laplace, search, starting_points
from inference.posterior import Problem
from inference.progress import Teller
from inference.samplers import FROM_THE_PRIOR, SAMPLERS, Length

VERSIONS = ("gp130", "jax", "diffrax", "equinox", "lineax", "optimistix", "numpyro", "blackjax", "sympy", "numpy", "arviz", "petab")


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do; two runs with equal settings, study and device give equal draws.

    `starts` searches for the mode, `search_steps` evaluations each; `predicted` posterior draws a chain are simulated
    for the predictive groups, `prior_draws` of the prior. `sampler` is a name of `samplers.SAMPLERS`.
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
    sampler: str = "nuts"


FULL = Settings(chains=16, warmup=80, draws=600, seed=1, starts=32, search_steps=300, predicted=50, prior_draws=400,
                rtol=3e-4, atol=1e-6, quick=False, target=0.9, max_tree_depth=6)
QUICK = Settings(chains=16, warmup=10, draws=10, seed=1, starts=16, search_steps=40, predicted=5, prior_draws=48,
                 rtol=3e-4, atol=1e-6, quick=True, target=0.85, max_tree_depth=5)


def sized_for(settings: Settings, sampler: str) -> Settings:
    """The same run by another sampler, as long as that one needs to be (our choice): ChEES has many short chains that go on
    side by side; SMC has islands (chains) of particles (draws) and no warm-up."""
    sizes = {"chees": (16, 10, 10) if settings.quick else (64, 150, 60), "smc": (4, 0, 32) if settings.quick else (16, 0, 128)}
    if sampler not in sizes:
        return replace(settings, sampler=sampler)
    chains, warmup, draws = sizes[sampler]
    return replace(settings, sampler=sampler, chains=chains, warmup=warmup, draws=draws)


@dataclass(frozen=True)
class Fitted:
    """The sampler's result before it is labelled: `theta` (chain, draw, parameter) in own units, `stats`, the searches,
    `superchains` and `log_evidence` as in `draws.Draws`."""

    theta: np.ndarray
    z: np.ndarray
    stats: dict[str, np.ndarray]
    modes: np.ndarray
    mode_potentials: np.ndarray
    superchains: int
    log_evidence: np.ndarray


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
        if found["z"].shape[1:] == (len(problem.names),):
            return found["z"], found["potential"], found["covariance"]
        tell.say(f"  {path}: holds modes of other parameters: searched anew")
    key = jax.random.PRNGKey(settings.seed)
    z0 = starting_points(problem, key, settings.starts)
    tell.say(f"Searching for the mode from {settings.starts} starts at once (the first step includes compilation) ...")
    with tell.bar("mode", settings.search_steps) as bar:
        z, potential = search(batch, z0, max_steps=settings.search_steps, tolerance=1e-4,
                              report=lambda i, n, best: bar.to(i, f"best log posterior {-best:.2f}"))
    if not np.isfinite(potential[0]):
        raise RuntimeError("no starting point could be solved: check units and bounds in parameters.tsv")
    near = int(np.sum(potential < potential[0] + 2))
    tell.say(f"  best log posterior {-potential[0]:.2f}; {near} of {settings.starts} starts ended within 2 of it")
    covariance = laplace(batch, z[0])
    checkpoint.write_arrays(path, {"z": z, "potential": potential, "covariance": covariance})
    return z, potential, covariance


def starts_for_chains(batch: Batch, number: int, seed: int, z: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Where the chains begin: draws of the normal approximation around the mode, those that can be solved."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(covariance + 1e-12 * np.eye(len(covariance)))
    points: list[np.ndarray] = []
    for shrink in (1.0, 0.5, 0.2, 0.05, 0.0):
        trial = z[0] + shrink * rng.standard_normal((number, len(z[0]))) @ root.T
        potential = batch(trial)[0]
        points += [p for p, v in zip(trial, potential, strict=True) if np.isfinite(v)]
        if len(points) >= number:
            break
    return np.stack(points[:number])


def draw(problem: Problem, settings: Settings, folder: Path, tell: Teller, stop: Callable[[], bool]) -> Fitted | None:
    """Modes, then the sampler, with everything kept under `folder`; None if stopped before the end."""
    size = len(problem.names)
    batch = Batch(problem, settings.chains if settings.sampler == "nuts" else settings.starts)
    if settings.sampler in FROM_THE_PRIOR:
        z, potential, covariance = np.zeros((0, size)), np.zeros(0), np.eye(size)
    else:
        z, potential, covariance = find_modes(problem, batch, settings, folder, tell)
    length = Length(settings.chains, settings.warmup, settings.draws, settings.chunk, settings.target, settings.max_tree_depth)
    begun = time.monotonic()
    draws = SAMPLERS[settings.sampler](
        problem, length, settings.seed, lambda number: starts_for_chains(batch, number, settings.seed, z, covariance), covariance,
        folder / "chunks", tell, stop, batch)
    if draws is None:
        return None
    tell.say(f"  sampled in {time.monotonic() - begun:.0f} s")
    constrain = jax.jit(jax.vmap(jax.vmap(problem.constrain)))
    return Fitted(np.asarray(constrain(jnp.asarray(draws.z))), draws.z, draws.stats, z, potential, draws.superchains, draws.log_evidence)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one step."""
    checkpoint.write_bytes(path, (json.dumps(content, indent=1, default=str) + "\n").encode())
