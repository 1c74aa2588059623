"""Cells drawn from what differs between them: abundances as factors on parameters, and their relatives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

from models.population.variation import ABUNDANCES, ACROSS, WITHIN, Abundance

Normals = Float[np.ndarray, "cell abundance"]
Factors = Float[np.ndarray, "cell abundance"]


def correlation(abundances: Sequence[Abundance] = ABUNDANCES) -> Float[np.ndarray, "abundance abundance"]:
    """Of ln abundance between cells: one share common to all, one to each group, the rest of its own; so it
    is positive definite whatever the groups.
    """
    groups = np.array([a.group for a in abundances])
    same = groups[:, None] == groups[None]
    return np.where(np.eye(len(groups), dtype=bool), 1.0, np.where(same, WITHIN, ACROSS))


def sd_of_ln(abundances: Sequence[Abundance] = ABUNDANCES) -> Float[np.ndarray, " abundance"]:
    """Standard deviation of ln abundance; of a log-normal, the square root of ln(1 + cv^2)."""
    return np.sqrt(np.log1p(np.array([a.cv for a in abundances]) ** 2))


def normals(count: int, seed: int, abundances: Sequence[Abundance] = ABUNDANCES) -> Normals:
    """Correlated standard normals of so many cells, by a scrambled Sobol sequence: each set alone is evenly
    spread, sets of different seeds are independent.

    Example:
        >>> normals(8, seed=1).shape
        (8, 11)
    """
    sampler = stats.qmc.Sobol(len(abundances), scramble=True, rng=np.random.default_rng(seed))
    even = sampler.random_base2(max(count - 1, 1).bit_length())[:count]
    independent = stats.norm.ppf(np.clip(even, 1e-12, 1 - 1e-12))
    return independent @ np.linalg.cholesky(correlation(abundances)).T


def factors(z: Normals, abundances: Sequence[Abundance] = ABUNDANCES) -> Factors:
    """Abundance of each cell over that of the average cell: log-normal, mean 1."""
    sd = sd_of_ln(abundances)
    return np.exp(sd * z - sd**2 / 2)


def columns(
    names: Sequence[str], abundances: Sequence[Abundance] = ABUNDANCES
) -> Int[np.ndarray, " parameter"]:
    """For each parameter the position of the abundance that multiplies it, or -1."""
    carrier = {p: i for i, a in enumerate(abundances) for p in a.parameters}
    return np.array([carrier.get(n, -1) for n in names])


def cells_of(
    average: Float[np.ndarray, " parameter"],
    names: Sequence[str],
    abundance: Factors,
    abundances: Sequence[Abundance] = ABUNDANCES,
) -> Float[np.ndarray, "cell parameter"]:
    """The parameters of each cell: those of the average cell times the abundance that each goes with.

    Args:
        names: of the parameters, in the order of `average`; an abundance that has none there does nothing.
    """
    where = columns(names, abundances)
    padded = np.concatenate([abundance, np.ones((len(abundance), 1))], axis=1)
    return average * padded[:, where]


def daughters_of(
    mothers: Normals,
    hours: Float[np.ndarray, " cell"] | float,
    seed: int,
    abundances: Sequence[Abundance] = ABUNDANCES,
) -> Normals:
    """One daughter of each mother, so many hours after the division; another seed gives her sister.

    ln abundances are a stationary Ornstein-Uhlenbeck process, each with the memory of its protein: with
    A = exp(-hours / memory) on the diagonal and C their correlation, a daughter is A mother + noise of
    covariance C - A C A. So she is a cell like all others, sisters correlate by exp(-2 hours / memory), and
    sisters of very long ago are strangers.
    """
    memory = np.array([a.hours for a in abundances])
    age = np.broadcast_to(np.asarray(hours, float), (len(mothers),))
    kept = np.exp(-age[:, None] / memory)
    gone = correlation(abundances) * (1 - kept[:, :, None] * kept[:, None, :])
    value, axes = np.linalg.eigh(gone)  # singular at the division itself, where nothing is gone yet
    own = np.random.default_rng(seed).standard_normal(mothers.shape)
    return kept * mothers + np.einsum("cij,cj->ci", axes * np.sqrt(np.maximum(value, 0))[:, None, :], own)
