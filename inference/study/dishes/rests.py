"""Which dishes come to rest, when, and whether one has."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

RELATIVE = 1e-4  # of its level that a species may still move: Newton's method goes the rest of the way
NOTHING = 1e-8  # of the largest species: less than this is no change, but the solver's error


def is_still(middle: Float[Array, "lane species"], end: Float[Array, "lane species"]) -> Bool[Array, " lane"]:
    """Whether everything stayed where it was between the middle and the end of the way to rest.

    A dish that grows without end, oscillates, or is on its way still, changes between them; a dish that has
    nothing to do is at rest.
    """
    allowed = RELATIVE * jnp.abs(end) + NOTHING * jnp.max(jnp.abs(end), -1, keepdims=True)
    return jnp.all(jnp.abs(middle - end) <= allowed, -1)


@dataclass(frozen=True, eq=False)
class Rests:
    """Which dishes of a study come to rest, and when.

    Attributes:
        begins: (dish,) when it begins after a steady state, -inf where it does not.
        late: (dish, slot, slot) of each dish that is looked at in a steady state after its last period: among
            its times one in the middle of the way to it, and its end.
        probes: the same for all dishes of a study whose events are found by the state: their way to rest is
            part of their times, and what they came to stays as it is.
        span: how long the way is.
    """

    begins: np.ndarray
    late: np.ndarray
    probes: np.ndarray
    span: float

    def __bool__(self) -> bool:
        return bool(np.isfinite(self.begins).any() or len(self.late) or len(self.probes))


NONE = Rests(np.zeros(0), np.zeros((0, 3), int), np.zeros((0, 3), int), 0.0)
