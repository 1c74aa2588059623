"""Numbers of a dose series: viability, log-kill, area under the curve, IC50, resistance index.

All but the IC50 are smooth and carry exact gradients; rank sensitivities on these. Arrays end in a `dose`
axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float


def viability(N: Float[ArrayLike, "..."], N_vehicle: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
    """Viable cells over those of the vehicle dish of the same niche (CTG)."""
    return jnp.asarray(N) / jnp.asarray(N_vehicle)


def log_kill(viable: Float[ArrayLike, "..."]) -> Float[Array, "..."]:
    """Decades of cells killed, -log10 of the viability."""
    return -jnp.log10(jnp.asarray(viable))


def auc(doses: Float[ArrayLike, " dose"], viable: Float[ArrayLike, "*set dose"]) -> Float[Array, "*set"]:
    """Mean viability over the logarithm of the dose (trapezoids): 1 = no effect, 0 = everything dead at every
    dose.

    Args:
        doses: increasing, above 0, in the unit of the drug.
        viable: viabilities at these doses.
    """
    x = jnp.log(jnp.asarray(doses))
    return jnp.trapezoid(jnp.asarray(viable), x, axis=-1) / (x[-1] - x[0])


def resistance_index(
    auc_condition: Float[ArrayLike, "..."], auc_reference: Float[ArrayLike, "..."]
) -> Float[Array, "..."]:
    """AUC of a condition over that of the reference; above 1 the condition protects."""
    return jnp.asarray(auc_condition) / jnp.asarray(auc_reference)


@dataclass(frozen=True)
class IC50:
    """Dose of half viability, if the doses reach it; `limit` says on which side of them it lies otherwise."""

    value: float | None
    limit: float

    def __str__(self) -> str:
        if self.value is None:
            return f"> {self.limit:g}" if self.limit > 0 else f"< {-self.limit:g}"
        return f"{self.value:.3g}"


def ic50(doses: Float[ArrayLike, " dose"], viable: Float[ArrayLike, " dose"]) -> IC50:
    """First dose at which viability falls to one half, interpolated in ln dose; never extrapolated.

    Where half viability is not reached the answer is "> max"; where the lowest dose kills more than half, "<
    min".
    """
    x, v = np.log(np.asarray(doses, float)), np.asarray(viable, float)
    below = np.flatnonzero(v <= 0.5)
    if not len(below):
        return IC50(None, float(np.exp(x[-1])))
    i = int(below[0])
    if i == 0:
        return IC50(float(np.exp(x[0])) if v[0] == 0.5 else None, -float(np.exp(x[0])))
    share = (v[i - 1] - 0.5) / (v[i - 1] - v[i])
    return IC50(float(np.exp(x[i - 1] + share * (x[i] - x[i - 1]))), float(np.exp(x[-1])))
