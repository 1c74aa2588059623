"""Parameter sets around a network's nominal values: from what each table row believes, or by one width for
all.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from jaxtyping import Float

from models.belief_kinds import Dirichlet
from models.catalogue import BORTEZOMIB, EFFECTS
from models.declare import Parameter
from models.network import Network

# Effects and variants say what is true, not how sure we are of a number: a spread leaves them as they are.
HELD = frozenset((*EFFECTS, *BORTEZOMIB["B"].beliefs))


def varied(network: Network, held: Collection[str] = ()) -> tuple[Parameter, ...]:
    """The parameters that a spread changes: those with a belief, but for hypotheses, variants and the ones
    held.
    """
    return tuple(
        p for p in network.parameters if p.belief.estimated and p.name not in HELD and p.name not in set(held)
    )


def from_prior(
    network: Network, count: int, seed: int, held: Collection[str] = ()
) -> Float[np.ndarray, "set parameter"]:
    """Draws from the declared beliefs, centred on the network's values, in the order of `network.parameters`.

    Shares of a capacity add up to 1 in every set: they are drawn together. Beta and half-normal beliefs do
    not depend on the nominal value.
    """
    rng = np.random.default_rng(seed)
    drawn = np.tile([p.value for p in network.parameters], (count, 1))
    free = varied(network, held)
    position = {p.name: i for i, p in enumerate(network.parameters)}
    for p in free:
        if not p.belief.shared:
            normal = rng.standard_normal(count)
            drawn[:, position[p.name]] = p.belief.draw(p.value, normal, rng)
    shares = [(p, p.belief) for p in free if isinstance(p.belief, Dirichlet)]
    if shares:
        columns, whole = [position[p.name] for p, _ in shares], sum(p.value for p, _ in shares)
        weights = [belief.concentration(p.value) / whole for p, belief in shares]
        drawn[:, columns] = whole * rng.dirichlet(weights, count)
    return drawn


def by_width(
    network: Network, count: int, sd: float, seed: int, held: Collection[str] = ()
) -> Float[np.ndarray, "set parameter"]:
    """Every parameter with a belief multiplied by a log-normal factor of the same sd; shares are kept below
    1.
    """
    rng = np.random.default_rng(seed)
    free = {p.name for p in varied(network, held)}
    drawn = np.tile([p.value for p in network.parameters], (count, 1))
    for i, p in enumerate(network.parameters):
        if p.name in free:
            factor = np.exp(sd * rng.standard_normal(count))
            drawn[:, i] = (
                p.value * factor / (1 - p.value + p.value * factor) if p.unit == "0-1" else p.value * factor
            )
    return drawn
