"""Where chains begin: modes from many starts, the covariance there, and draws of the normal approximation."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from inference.best_fit.modes import laplace, search, starting_points
from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Problem
from inference.runs.run import Run
from inference.runs.settings import Settings

FILE = "modes.npz"
TOLERANCE = 1e-4  # of the searches: the normal approximation only begins the adaptation


@dataclass(frozen=True)
class ModesFound:
    """Where the searches ended, best first.

    Attributes:
        z: unconstrained.
        potential: negative log posterior density.
        covariance: inverse Hessian at the best, made positive definite.
    """

    z: Float[np.ndarray, "start parameter"]
    potential: Float[np.ndarray, " start"]
    covariance: Float[np.ndarray, "parameter parameter"]

    def points(self, batch: Batch, number: int, seed: int) -> Float[np.ndarray, "point parameter"]:
        """Draws of the normal approximation around the best, those that can be solved."""
        rng = np.random.default_rng(seed)
        root = np.linalg.cholesky(self.covariance + 1e-12 * np.eye(len(self.covariance)))
        points: list[np.ndarray] = []
        for shrink in (1.0, 0.5, 0.2, 0.05, 0.0):
            trial = self.z[0] + shrink * rng.standard_normal((number, len(self.z[0]))) @ root.T
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
        if kept["z"].shape[1:] == (len(problem.names),):
            return ModesFound(kept["z"], kept["potential"], kept["covariance"])
        run.say(f"  {run.folder / FILE}: holds modes of other parameters: searched anew")
    z0 = starting_points(problem.priors, jax.random.PRNGKey(settings.seed), settings.starts)
    run.say(
        f"Searching for the mode from {settings.starts} starts at once (the first step includes "
        f"compilation) ..."
    )
    with run.bar("mode", settings.search_steps) as bar:

        def report(done: int, _: int, best: float) -> None:
            bar.to(done, f"best log posterior {-best:.2f}")
            run.look()

        z, potential = search(
            batch,
            z0,
            max_steps=settings.search_steps,
            tolerance=TOLERANCE,
            report=report,
        )
    if not np.isfinite(potential[0]):
        raise RuntimeError("no starting point could be solved: check units and bounds in parameters.tsv")
    near = int(np.sum(potential < potential[0] + 2))
    run.say(
        f"  best log posterior {-potential[0]:.2f}; {near} of {settings.starts} starts ended within 2 of it"
    )
    found = ModesFound(z, potential, laplace(batch, z[0]))
    run.write(FILE, {"z": found.z, "potential": found.potential, "covariance": found.covariance})
    return found
