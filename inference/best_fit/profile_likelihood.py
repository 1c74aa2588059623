"""Profile likelihoods of every parameter at once, and where many searches for the mode ended.

A profile follows the best fit while one parameter is held away from its best value (Raue et al.,
Bioinformatics 2009). All parameters and both directions are lanes of one search. The other parameters move
along the conditional mean of the normal approximation plus a correction in whitened coordinates, so that the
correction stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float
from scipy.stats import chi2

from inference.best_fit.modes import minimiser
from inference.likelihood.problem import Problem
from inference.runs.run import Run
from inference.study.portable_work import PortableWork
from models.engine.blocks import Block, silent, spread

WIDTH = 16  # profiles that are followed side by side
Objective = Callable[[Float[Array, " parameter"]], Float[Array, ""]]
Lanes = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Profiles:
    """Profiles on the unconstrained scale.

    Attributes:
        held: (parameter, point) values of the parameter that is held, ascending; the best fit is in the
            middle.
        value: (parameter, point) smallest objective with it held.
        z: (parameter, point, parameter) where that is.
    """

    held: np.ndarray
    value: np.ndarray
    z: np.ndarray


def likelihood_of(problem: Problem) -> Objective:
    """Negative log-likelihood of unconstrained numbers: the objective of a profile without the priors."""

    def objective(z: Array) -> Array:
        terms, ok = problem.log_likelihood(problem.priors.constrain(z))
        return jnp.where(ok, -jnp.sum(terms), jnp.inf)

    return objective


def lanes_of(objective: Objective, *, points: int, reach: float, max_steps: int, tolerance: float) -> Lanes:
    """The function that follows some profiles outwards from the best fit; arguments as in `profiles`.

    Returns:
        (parameter held (lane,), direction (lane,) of -1 or 1, best fit and its covariance once a lane) ->
        held values and objectives (lane, point), and where those are (lane, point, parameter), outwards.
    """

    def at(w: Array, lane: tuple[Array, Array, Array]) -> Array:
        centre, root, _ = lane
        return centre + root @ w

    def value(w: Array, lane: tuple[Array, Array, Array]) -> Array:
        # directions without spread (the held parameter's own) must not run away
        return objective(at(w, lane)) + 0.5 * jnp.sum(lane[2] * w**2)

    solve, place = minimiser(value, max_steps=max_steps, tolerance=tolerance), jax.jit(jax.vmap(at))

    def follow(
        which: np.ndarray, sign: np.ndarray, bests: np.ndarray, covariances: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        best, covariance, size = bests[0], covariances[0], bests.shape[1]
        sd = np.sqrt(np.diag(covariance))
        slope = covariance / np.diag(covariance)  # column i: how all parameters follow parameter i
        # spread of the others when one is held: its own row is 0, so that the held value is met exactly
        roots = np.zeros((len(which), size, size))
        for lane, i in enumerate(which):
            values, vectors = np.linalg.eigh(
                covariance - np.outer(covariance[:, i], covariance[:, i]) / covariance[i, i]
            )
            roots[lane] = vectors * np.sqrt(np.maximum(values, 0.0))
            roots[lane, i] = 0.0
        idle = (np.linalg.norm(roots, axis=1) < 1e-9 * sd.max()).astype(float)  # (lane, direction)
        w, found = jnp.zeros((len(which), size)), []
        for step in range(1, points + 1):
            away = sign * sd[which] * reach * step / points
            centre = best + slope[:, which].T * away[:, None]
            lanes = (jnp.asarray(centre), jnp.asarray(roots), jnp.asarray(idle))
            w, values = solve(w, lanes)
            found.append((best[which] + away, np.asarray(values), np.asarray(place(w, lanes))))
        held, lowest, z = (np.stack(x, axis=1) for x in zip(*found, strict=True))
        return held, lowest, z

    return follow


def profiles(
    objective: Objective,
    best: Float[np.ndarray, " parameter"],
    covariance: np.ndarray,
    *,
    points: int,
    reach: float,
    max_steps: int,
    tolerance: float,
    width: int = WIDTH,
    report: Callable[[int, int], None] = silent,
    others: tuple[Run, PortableWork] | None = None,
) -> Profiles:
    """Profiles of all parameters, `points` on each side, out to `reach` standard deviations of `covariance`.

    Args:
        objective: negative log-likelihood (`likelihood_of`) or negative log posterior (`Problem.potential`).
        best: where it is smallest.
        covariance: inverse Hessian there (`optimise.laplace`); it sets step and direction, not the result.
        max_steps, tolerance: of the search at each point, as in `optimise.minimiser`.
        width: profiles, of one parameter in one direction each, that are followed side by side.
        report: called with (profiles done, profiles in all).
        others: a run whose executor follows them, and `lanes_of` of the same arguments as work for it.
    """
    size = len(best)
    which, sign = np.repeat(np.arange(size), 2), np.tile([-1.0, 1.0], size)

    def given(b: Block) -> tuple[np.ndarray, ...]:
        alike = (np.repeat(x[None], len(b.rows), 0) for x in (best, covariance))
        return (which[b.rows], sign[b.rows], *alike)

    if others is not None:
        ends = others[0].spread(others[1], given, 2 * size, width, tell=report)
    else:
        follow = lanes_of(objective, points=points, reach=reach, max_steps=max_steps, tolerance=tolerance)
        ends = spread(follow, given, 2 * size, width, tell=report)
    held = np.zeros((size, 2 * points + 1)) + best[:, None]
    found = np.full((size, 2 * points + 1), float(objective(jnp.asarray(best))))
    z = np.tile(best, (size, 2 * points + 1, 1)).astype(float)
    column = points + sign[:, None].astype(int) * np.arange(1, points + 1)
    for whole, part in zip((held, found, z), ends, strict=True):
        whole[which[:, None], column] = part
    return Profiles(held, found, z)


def intervals(found: Profiles, level: float = 0.95) -> Float[np.ndarray, "parameter 2"]:
    """Where each profile crosses the threshold of a likelihood ratio, unconstrained; infinite where it never
    does.
    """
    threshold = chi2(1).ppf(level) / 2
    result = np.full((len(found.held), 2), (-np.inf, np.inf))
    middle = found.held.shape[1] // 2
    for i, (x, value) in enumerate(zip(found.held, found.value, strict=True)):
        rise = value - np.min(value[np.isfinite(value)])
        for side, path in ((0, range(middle, -1, -1)), (1, range(middle, len(x)))):
            for a, b in pairwise(path):
                if rise[a] <= threshold < rise[b]:
                    # the square root of the rise is about straight; an unsolvable point counts as a wall
                    low, high = np.sqrt(rise[a]), np.sqrt(min(rise[b], 1e6))
                    result[i, side] = x[a] + (x[b] - x[a]) * (np.sqrt(threshold) - low) / (high - low)
                    break
    return result


def labelled(problem: Problem, names: Sequence[str], found: Profiles, level: float = 0.95) -> xr.Dataset:
    """Profiles in the parameters' own units: `value` (parameter, point) held, `rise` of the objective over
    its smallest, `low` and `high` of the interval, `identified` where both ends exist."""
    own = jax.jit(jax.vmap(problem.priors.constrain))

    def in_units(z: np.ndarray) -> np.ndarray:
        """(parameter, point): entry (i, k) is the unconstrained value of parameter i."""
        return np.stack(
            [
                np.asarray(
                    own(jnp.asarray(np.broadcast_to(column[:, None], (len(column), len(column)))))
                ).diagonal()
                for column in z.T
            ],
            axis=1,
        )

    ends = intervals(found, level)
    inside = np.where(np.isfinite(ends), ends, 0.0)
    limits = np.where(np.isfinite(ends), in_units(inside), np.nan)
    return xr.Dataset(
        {
            "value": (("parameter", "point"), in_units(found.held)),
            "rise": (("parameter", "point"), found.value - np.min(found.value, axis=1, keepdims=True)),
            "low": ("parameter", limits[:, 0]),
            "high": ("parameter", limits[:, 1]),
            "identified": ("parameter", np.all(np.isfinite(ends), axis=1)),
        },
        coords={"parameter": list(names), "point": np.arange(found.held.shape[1])},
        attrs={"level": level},
    )


def waterfall(z: np.ndarray, potential: np.ndarray, *, close: float = 0.1) -> xr.Dataset:
    """Ends of many searches, best first, grouped: two belong together if their potentials differ by less than
    `close`.

    Args:
        z: (start, parameter); potential: (start,), not finite where a search failed.

    Returns:
        `potential` and `cluster` (start,), `spread` (cluster,): the largest distance of an end from the first
        of its cluster; a cluster of one potential and a large spread is a valley, not a point. Attributes:
        `found_best`, how many starts ended in the best cluster, `failed`.
    """
    order = np.argsort(np.where(np.isfinite(potential), potential, np.inf), kind="stable")
    z, potential = z[order], potential[order]
    good = np.isfinite(potential)
    steps = (
        np.concatenate([[0], (np.diff(potential[good]) > close).astype(int)])
        if good.any()
        else np.zeros(0, int)
    )
    cluster = np.full(len(potential), -1)
    cluster[good] = np.cumsum(steps)
    count = int(cluster.max()) + 1
    spread = np.array(
        [np.linalg.norm(z[cluster == c] - z[cluster == c][0], axis=1).max() for c in range(count)]
    )
    return xr.Dataset(
        {"potential": ("start", potential), "cluster": ("start", cluster), "spread": ("cluster", spread)},
        coords={"start": np.arange(len(z)), "cluster_id": ("cluster", np.arange(count))},
        attrs={"found_best": int(np.sum(cluster == 0)), "failed": int(np.sum(~good))},
    )
