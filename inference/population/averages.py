"""Average cells to draw populations around: the nominal one, draws of the prior, or those of a fitted run."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from inference.resistance import beliefs
from inference.resistance.believed_from import BeliefSource
from inference.simulation.any_dish import AnyDish
from models import spread
from models.catalogue import with_parameters
from models.network import Network
from models.population.variation import CELL_STEEPNESS

NOMINAL, PRIOR = "the nominal average cell", "the prior"


def centred(dish: AnyDish) -> Network:
    """The network around the cell of the dish, with the steepness of one cell in place of that of a dish,
    unless the dish sets it.
    """
    steep = {} if CELL_STEEPNESS.name in dish.held else {CELL_STEEPNESS.name: CELL_STEEPNESS.value}
    belief = {CELL_STEEPNESS.name: CELL_STEEPNESS.belief} if steep else {}
    return with_parameters(dish.network, {**dish.values, **steep}, belief)


def averages(
    dish: AnyDish, count: int, seed: int, source: BeliefSource | None = None
) -> Float[np.ndarray, "average parameter"]:
    """Parameters of average cells, in the order of the network.

    Args:
        count: 1 without a source is the nominal cell; otherwise so many draws.
        source: a fitted run; what it does not speak about, and the steepness of one cell, keep their prior.
    """
    network = centred(dish)
    names = [p.name for p in network.parameters]
    if source is None or source.run is None:
        if count == 1:
            return np.array([[p.value for p in network.parameters]])
        return spread.from_prior(network, count, seed, dict(dish.held))
    drawn = spread.from_prior(network, count, seed, dict(dish.held))
    own = {*dish.values, CELL_STEEPNESS.name}
    told = beliefs.carried(beliefs.declared(network, None), source.run, own)
    values, _ = beliefs.joint(told, count, seed)
    for name in told.posterior:
        if name in names and name not in dish.held:
            drawn[:, names.index(name)] = values[:, told.names.index(name)]
    return drawn
