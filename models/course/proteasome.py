"""Binding that outlasts the level: how much of the 20S proteasome inhibitors occupy while it is made anew.

Bortezomib comes off within a day, carfilzomib never; both compete for the same free sites. The network
is given the dose of a dish that, held for long, inhibits the same share, (c/IC)^h / (1 + (c/IC)^h).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.course.exponential import exponentials
from models.declare import Source, assumed, derived

Levels = Float[np.ndarray, "patient interval"]


@dataclass(frozen=True)
class BindingConstant:
    """A rate of binding with its source."""

    value: float
    source: Source


OFF = BindingConstant(
    np.log(2) / 12,
    derived(
        "so that activity in blood is near its baseline 72 to 96 h after a dose (Oncology 2004 18:14); the "
        "bare enzyme lets go in 110 min (remembered), so cells must keep and bind it again"
    ),
)
HALF = BindingConstant(
    2.46,
    derived(
        "nM of medium, so that 64 % is inhibited at most after 1.3 mg/m2 under the skin, as in blood (Moreau "
        "2011, cited in PMC6151281); IC_btz of the dish is 10, unverified"
    ),
)
MADE = BindingConstant(
    np.log(2) / 30,
    assumed("half of the activity is back in 30 h in cells with a nucleus (between 24 and 48 h)"),
)
INACTIVATES = BindingConstant(
    0.18,
    derived("per nM h, so that 15 mg/m2 inhibit 80 % in blood (Kyprolis label); 0.07 to 0.18 remembered"),
)


def occupied(
    reversible: Levels,
    covalent: Levels,
    hours: Float[np.ndarray, " interval"],
    steep: Float[np.ndarray, " patient"],
    half: float = HALF.value,
) -> Levels:
    """Share of the sites taken at the end of each interval.

    Args:
        reversible: mean of bortezomib, nM of the dish's medium.
        covalent: mean of unbound carfilzomib, nM.
        hours: length of each interval.
        steep: Hill exponent of bortezomib's inhibition in the dish. half: level that holds half of them, nM.

    Example:
        >>> one = np.ones((1, 1))
        >>> held = occupied(10 * one, 0 * one, np.array([500.0]), np.array([1.5]), half=10.0)
        >>> bool(abs(held[0, 0] - 0.5) < 0.01)
        True
    """
    leave = OFF.value + MADE.value
    on = leave * (reversible / half) ** steep[:, None]
    inactivate = INACTIVATES.value * covalent
    a = np.zeros((*reversible.shape, 3, 3))
    a[..., 0, 0], a[..., 0, 1], a[..., 0, 2] = -on - leave, -on, on
    a[..., 1, 0], a[..., 1, 1], a[..., 1, 2] = -inactivate, -inactivate - MADE.value, inactivate
    steps = exponentials(a * hours[:, None, None])
    state = np.tile([0.0, 0.0, 1.0], (len(reversible), 1))
    found = np.zeros_like(reversible)
    for i in range(len(hours)):
        state = np.einsum("pij,pj->pi", steps[:, i], state)
        found[:, i] = state[:, 0] + state[:, 1]
    return found


def as_dose(
    share: Levels, half: Float[np.ndarray, " patient"], steep: Float[np.ndarray, " patient"]
) -> Levels:
    """The dose of bortezomib (nM) that in a dish, held for long, inhibits that share."""
    kept = np.clip(share, 0.0, 1 - 1e-6)
    return half[:, None] * (kept / (1 - kept)) ** (1 / steep[:, None])
