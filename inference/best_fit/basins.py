"""Several basins of a posterior: searches that leave theirs, which of their ends are one mode, and how much
of the mass lies at each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from inference.best_fit.leaps import leap
from inference.best_fit.modes import laplace
from inference.likelihood.many_points import Batch, Report, minimise

NEAR = 2.0  # ends whose potentials differ by less are as good as one another
ROUNDS = 4  # of searches at most; they end when half of the searches have come near the best twice
BARRIER, ALONG = (
    1.0,
    9,
)  # two ends are two modes if the potential rises so much between them; points looked at
DEPTH, MOST = 12.0, 6  # modes so much above the best hold no mass worth a chain; how many are told apart


@dataclass(frozen=True)
class ModesApart:
    """The modes that were told apart, best first.

    Attributes:
        z: unconstrained; covariance: inverse Hessian at each, made positive definite.
        mass: share of the posterior at each by its normal approximation.
    """

    z: Float[np.ndarray, "mode parameter"]
    covariance: Float[np.ndarray, "mode parameter parameter"]
    mass: Float[np.ndarray, " mode"]


def explore(
    batch: Batch,
    z0: Float[np.ndarray, "start parameter"],
    elsewhere: Float[np.ndarray, "draw parameter"],
    *,
    max_steps: int,
    tolerance: float,
    seed: int,
    report: Report | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Best ends and potentials of all searches, then the ends and potentials of all their rounds, each best
    first; a search goes down in `ROUNDS` rounds at most, from a leap out of its best point (`leap`) after the
    first.

    Args:
        z0: unconstrained; elsewhere: unconstrained draws of the prior, for leaps.
        max_steps: evaluations at most for each search in each round; tolerance: see `minimise`.
    """
    given = {"max_steps": max_steps, "tolerance": tolerance, "report": report}
    z, potential = minimise(batch, z0, **given)
    rng, agreed, every = np.random.default_rng(seed), 0, [(z, potential)]
    for _ in range(1, ROUNDS):
        agreed += int(np.sum(potential < potential.min() + NEAR) * 2 >= len(z))
        if agreed > 1:
            break
        begin = np.stack([leap(z, potential, i, elsewhere, rng) for i in range(len(z))])
        moved, found = minimise(batch, begin, **given)
        every.append((moved, found))
        better = found < potential
        z, potential = np.where(better[:, None], moved, z), np.where(better, found, potential)
    ends, ended = (np.concatenate(x) for x in zip(*every, strict=True))
    return *_sorted(z, potential), *_sorted(ends, ended)


def _sorted(z: np.ndarray, potential: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(potential, kind="stable")
    return z[order], potential[order]


def told_apart(batch: Batch, z: np.ndarray, potential: np.ndarray) -> ModesApart:
    """The modes among the ends of searches (best first): ends between which the potential rises.

    A valley that bends may pass for two modes; a share is that of a normal distribution at its mode.
    """
    modes: list[int] = []
    for i in np.flatnonzero(potential < potential[0] + DEPTH):
        if len(modes) < MOST and all(_barrier(batch, z[i], z[k], potential[i]) for k in modes):
            modes.append(int(i))
    covariance = np.stack([laplace(batch, z[k]) for k in modes])
    weight = 0.5 * np.linalg.slogdet(covariance)[1] - potential[modes]
    mass = np.exp(weight - weight.max())
    return ModesApart(z[modes], covariance, mass / mass.sum())


def _barrier(batch: Batch, z: np.ndarray, mode: np.ndarray, potential: float) -> bool:
    share = np.linspace(0, 1, ALONG + 2)[1:-1, None]
    between = batch(share * z + (1 - share) * mode)[0]
    return bool(np.max(np.where(np.isfinite(between), between, np.inf)) > potential + BARRIER)


def shared_out(mass: Float[np.ndarray, " mode"], number: int) -> np.ndarray:
    """How many of `number` chains begin at each mode: by its mass, and at least one where that is above half
    a chain's share, as far as they go.
    """
    wanted = mass * number
    count = np.floor(wanted).astype(int)
    for k in np.argsort(count - wanted, kind="stable")[: number - int(count.sum())]:
        count[k] += 1
    return count


def in_words(mass: Float[np.ndarray, " mode"]) -> str:
    """How many modes there are, and where the mass is."""
    shares = ", ".join(f"{100 * m:.3g} %" for m in mass)
    return f"{len(mass)} modes were found, with {shares} of the mass by their normal approximations"
