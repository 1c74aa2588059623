"""A study from its tables to a verdict: modes from many starts, a sampler from there, predictions,
diagnostics, files.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from inference.best_fit.modes import laplace, search, starting_points
from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Problem
from inference.runs import resumable
from inference.runs.console import Teller
from inference.runs.settings import Settings
from inference.samplers.sampler import FROM_THE_PRIOR, SAMPLERS, Length


@dataclass(frozen=True)
class Fitted:
    """The sampler's result before it is labelled: `theta` (chain, draw, parameter) in own units, `stats`, the
    searches, `superchains` and `log_evidence` as in `draws.Draws`."""

    theta: np.ndarray
    z: np.ndarray
    stats: dict[str, np.ndarray]
    modes: np.ndarray
    mode_potentials: np.ndarray
    superchains: int
    log_evidence: np.ndarray


def find_modes(
    problem: Problem, batch: Batch, settings: Settings, folder: Path, tell: Teller
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (start, parameter), potentials and the covariance around the best; kept in
    `folder/modes.npz`.
    """
    path = folder / "modes.npz"
    if path.exists():
        found = resumable.read_arrays(path)
        if found["z"].shape[1:] == (len(problem.names),):
            return found["z"], found["potential"], found["covariance"]
        tell.say(f"  {path}: holds modes of other parameters: searched anew")
    key = jax.random.PRNGKey(settings.seed)
    z0 = starting_points(problem.priors, key, settings.starts)
    tell.say(
        f"Searching for the mode from {settings.starts} starts at once (the first step includes "
        f"compilation) ..."
    )
    with tell.bar("mode", settings.search_steps) as bar:
        z, potential = search(
            batch,
            z0,
            max_steps=settings.search_steps,
            tolerance=1e-4,
            report=lambda i, n, best: bar.to(i, f"best log posterior {-best:.2f}"),
        )
    if not np.isfinite(potential[0]):
        raise RuntimeError("no starting point could be solved: check units and bounds in parameters.tsv")
    near = int(np.sum(potential < potential[0] + 2))
    tell.say(
        f"  best log posterior {-potential[0]:.2f}; {near} of {settings.starts} starts ended within 2 of it"
    )
    covariance = laplace(batch, z[0])
    resumable.write_arrays(path, {"z": z, "potential": potential, "covariance": covariance})
    return z, potential, covariance


def starts_for_chains(
    batch: Batch, number: int, seed: int, z: np.ndarray, covariance: np.ndarray
) -> np.ndarray:
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


def draw(
    problem: Problem, settings: Settings, folder: Path, tell: Teller, stop: Callable[[], bool]
) -> Fitted | None:
    """Modes, then the sampler, with everything kept under `folder`; None if stopped before the end."""
    size = len(problem.names)
    batch = Batch(problem, settings.chains if settings.sampler == "nuts" else settings.starts)
    if settings.sampler in FROM_THE_PRIOR:
        z, potential, covariance = np.zeros((0, size)), np.zeros(0), np.eye(size)
    else:
        z, potential, covariance = find_modes(problem, batch, settings, folder, tell)
    length = Length(
        settings.chains,
        settings.warmup,
        settings.draws,
        settings.chunk,
        settings.target,
        settings.max_tree_depth,
    )
    begun = time.monotonic()
    draws = SAMPLERS[settings.sampler](
        problem,
        length,
        settings.seed,
        lambda number: starts_for_chains(batch, number, settings.seed, z, covariance),
        covariance,
        folder / "chunks",
        tell,
        stop,
        batch,
    )
    if draws is None:
        return None
    tell.say(f"  sampled in {time.monotonic() - begun:.0f} s")
    constrain = jax.jit(jax.vmap(jax.vmap(problem.priors.constrain)))
    return Fitted(
        np.asarray(constrain(jnp.asarray(draws.z))),
        draws.z,
        draws.stats,
        z,
        potential,
        draws.superchains,
        draws.log_evidence,
    )
