"""Where chains begin: modes from many starts and several basins, the covariance at each, and draws of the
normal approximation there.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from inference.best_fit.basins import NEAR, ModesApart, explore, in_words, shared_out, told_apart
from inference.best_fit.modes import starting_points
from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Problem
from inference.runs.run import Run
from inference.runs.settings import Settings

FILE = "modes.npz"
LEAPT_TO = 400  # draws of the prior to which parameters may leap
TOLERANCE = 1e-4  # of the searches: the normal approximation only begins the adaptation


@dataclass(frozen=True)
class ModesFound:
    """Where the searches ended, best first.

    Attributes:
        z: unconstrained.
        potential: negative log posterior density.
        modes: those that were told apart, best first.
    """

    z: Float[np.ndarray, "start parameter"]
    potential: Float[np.ndarray, " start"]
    modes: ModesApart

    @property
    def covariance(self) -> Float[np.ndarray, "parameter parameter"]:
        """Inverse Hessian at the best, made positive definite."""
        return self.modes.covariance[0]

    def points(self, batch: Batch, number: int, seed: int) -> Float[np.ndarray, "point parameter"]:
        """Draws of the normal approximation around each mode, as many as its share of the mass; those that
        can be solved.
        """
        rng = np.random.default_rng(seed)
        counts = shared_out(self.modes.mass, number)
        return np.concatenate([self._around(k, batch, int(n), rng) for k, n in enumerate(counts) if n])

    def _around(self, mode: int, batch: Batch, number: int, rng: np.random.Generator) -> np.ndarray:
        z, covariance = self.modes.z[mode], self.modes.covariance[mode]
        root = np.linalg.cholesky(covariance + 1e-12 * np.eye(len(covariance)))
        points: list[np.ndarray] = []
        for shrink in (1.0, 0.5, 0.2, 0.05, 0.0):
            trial = z + shrink * rng.standard_normal((number, len(z))) @ root.T
            potential = batch(trial)[0]
            points += [p for p, v in zip(trial, potential, strict=True) if np.isfinite(v)]
            if len(points) >= number:
                break
        return np.stack(points[:number])


def modes_of(problem: Problem, batch: Batch, settings: Settings, run: Run) -> ModesFound:
    """The modes, searched or read from the folder of the run, where they are kept.

    Raises:
        RuntimeError: no starting point could be solved.
        StopAskedError: somebody has asked to end during the search, of which nothing is kept.
    """
    kept = run.read(FILE)
    if kept is not None:
        if kept["z"].shape[1:] == (len(problem.names),) and "mass" in kept:
            modes = ModesApart(kept["mode_z"], kept["covariance"], kept["mass"])
            return ModesFound(kept["z"], kept["potential"], modes)
        run.say(f"  {run.folder / FILE}: holds modes of other parameters: searched anew")
    key = jax.random.PRNGKey(settings.seed)
    z0 = starting_points(problem.priors, key, settings.starts)
    elsewhere = np.asarray(starting_points(problem.priors, jax.random.fold_in(key, 1), LEAPT_TO, 1.0))
    run.say(
        f"Searching for the mode from {settings.starts} starts at once (the first step includes "
        f"compilation) ..."
    )
    with run.bar("mode", settings.search_steps, at_most=True) as bar:

        def report(done: int, _: int, best: float) -> None:
            bar.to(done, f"best log posterior {-best:.2f}")
            run.look()

        z, potential, *everywhere = explore(
            batch,
            np.asarray(z0),
            elsewhere,
            max_steps=settings.search_steps,
            tolerance=TOLERANCE,
            seed=settings.seed,
            report=report,
        )
    if not np.isfinite(potential[0]):
        raise RuntimeError("no starting point could be solved: check units and bounds in parameters.tsv")
    near = int(np.sum(potential < potential[0] + NEAR))
    run.say(
        f"  best log posterior {-potential[0]:.2f}; {near} of {settings.starts} starts ended within "
        f"{NEAR:g} of it"
    )
    modes = told_apart(batch, *everywhere)
    if len(modes.mass) > 1:
        run.say(f"  {in_words(modes.mass)}; chains begin at each in these shares")
    run.write(
        FILE,
        {
            "z": z,
            "potential": potential,
            "mode_z": modes.z,
            "covariance": modes.covariance,
            "mass": modes.mass,
        },
    )
    return ModesFound(z, potential, modes)
