"""A few cells, always the same, whose weighted mean stands for the mean over all: for a likelihood.

What decides about a cell is nearly one number, a weighted sum of ln abundances (BH3 load over capacity).
The sum is integrated by Gauss and Hermite; the cell of each node has the mean abundances of all cells with
that sum. So it is exact for what depends on the sum alone, up to a polynomial of degree 2 count - 1. The
factors do not depend on the parameters: the gradient of the mean is the mean of the gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from models.population.drawn_cells import columns, correlation, factors, sd_of_ln
from models.population.variation import ABUNDANCES, Abundance

COUNT = 8


@dataclass(frozen=True, eq=False)
class FixedCells:
    """Cells with weights that add up to 1.

    Attributes:
        factors: abundance of each over that of the average cell.
        weights: share of the population that each stands for.
    """

    factors: Float[np.ndarray, "cell abundance"]
    weights: Float[np.ndarray, " cell"]


def along(
    direction: Float[np.ndarray, " abundance"],
    count: int = COUNT,
    abundances: Sequence[Abundance] = ABUNDANCES,
) -> FixedCells:
    """Cells along one weighted sum of standard normals, which `direction` weighs.

    Raises:
        ValueError: the direction is zero: nothing that differs between cells matters.
    """
    together = correlation(abundances)
    spread = float(direction @ together @ direction)
    if not spread > 0:
        raise ValueError("direction: is zero: no abundance changes what is asked: take one cell")
    at, weight = np.polynomial.hermite_e.hermegauss(count)
    share = together @ direction / np.sqrt(spread)  # correlation of each with the sum
    sd = sd_of_ln(abundances)
    return FixedCells(np.exp(sd * share * at[:, None] - (sd * share) ** 2 / 2), weight / weight.sum())


def steepest(
    outcome: Callable[[Float[np.ndarray, "cell abundance"]], Float[np.ndarray, " cell"]],
    abundances: Sequence[Abundance] = ABUNDANCES,
) -> Float[np.ndarray, " abundance"]:
    """The direction for `along`: slope of an outcome with respect to the standard normals, around the median
    cell, by central differences of half a standard deviation each way. It need not be exact.

    Args:
        outcome: abundances of some cells over the average -> a number each, such as the logarithm of its BH3
            load over capacity.
    """
    step = 0.5 * np.eye(len(abundances))
    found = outcome(factors(np.concatenate([step, -step]), abundances))
    return found[: len(step)] - found[len(step) :]


def population_mean(
    of_cells: Callable[[Float[Array, "cell parameter"]], Float[Array, "cell ..."]],
    average: Float[Array, " parameter"],
    names: Sequence[str],
    cells: FixedCells,
    abundances: Sequence[Abundance] = ABUNDANCES,
) -> Float[Array, "..."]:
    """Mean over the fixed cells around an average cell, differentiable with respect to it.

    Args:
        of_cells: parameters of each cell -> what is averaged, such as its number of descendants.
        average: parameters of the average cell, in the order of `names`.
    """
    where = columns(names, abundances)
    padded = np.concatenate([cells.factors, np.ones((len(cells.factors), 1))], axis=1)
    return jnp.tensordot(
        jnp.asarray(cells.weights), of_cells(average * jnp.asarray(padded[:, where])), axes=1
    )
