"""What a panel leaves unknown: blocks of numbers that are standard normal beforehand, and what each means.

Everything is non-centred, so that a sampler meets one shape, and the densities of spreads need no bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr, ndtri
from jaxtyping import Array, Float

from inference.panel.panel_data import PanelData

# axes of a line, each the amount of one thing; b_2 and w_2N stand for BCL-2 together
AXES = ("mu", "b_B", "o_RAS", "b_2")
AXIS_WORDS = {
    "mu": "growth rate",
    "b_B": "basal BH3 load",
    "o_RAS": "dependence on oncogenic RAS",
    "b_2": "amount of BCL-2",
}
SHARED = ("s_BTZ", "w_BA", "w_BE", "g1", "g2", "e_CH", "dl", "n_x")
# ln of the amount of oncogenic RAS: between none that is seen and a mutant on which the line depends (1)
RAS_MIDDLE, RAS_SD = float(np.log(0.35)), 0.5
# half-normal scales of the spreads of axes and of the residual, in ln: IC50 of one drug scatter by 1.2 to 1.4
SPREAD, RESIDUAL = 0.4, 1.0
POTENCY = 0.5  # sd of ln of a potency measured on its target
# potencies that were set from viabilities of these very screens: so wide that they are not counted twice
WIDE = {"doxorubicin": 1.5, "etoposide": 1.5, "topotecan": 1.5, "irinotecan": 1.5}
OFFSET = 0.7  # sd of ln of the doses of one source over those of another
DENSITY = (0.1, 0.7)  # cells at the start, 1e6/mL, and sd of its ln: no screen prints it
CURVE = 0.1  # half-normal scale of what a curve's vehicle is off
NOISE, HALF_NOISE = (0.08, 0.5), (0.7, 0.5)  # median and sd of ln: of a viability; of the logit at an IC50
# prior of coefficients on covariates: (mean, sd); genotype may act in either direction
COEFFICIENTS = {"o_RAS": (0.0, 1.0), "b_2": (1.0, 0.3), "mu": (1.0, 0.5)}


@dataclass(frozen=True)
class PanelLayout:
    """Where each block stands in the vector of unknowns.

    Attributes:
        blocks: name -> (first, dims with their labels).
        size: unknowns.
    """

    blocks: Mapping[str, tuple[int, tuple[tuple[str, tuple[str, ...]], ...]]]
    size: int

    def split(self, z: Float[Array, " unknown"]) -> dict[str, Array]:
        """The blocks of a vector, each in its own shape."""
        found = {}
        for name, (first, dims) in self.blocks.items():
            shape = tuple(len(labels) for _, labels in dims)
            found[name] = z[first : first + int(np.prod(shape, dtype=int))].reshape(shape)
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each unknown."""
        found = []
        for name, (_, dims) in self.blocks.items():
            labels = [""]
            for _, own in dims:
                labels = [f"{a} {b}".strip() for a in labels for b in own]
            found += [f"{name} {x}".strip() for x in labels]
        return tuple(found)


def layout_of(data: PanelData) -> PanelLayout:
    """The unknowns of a panel."""
    known = data.covariates
    covariates = [
        name
        for name, x in (("mu", known.growth), ("o_RAS", known.ras), ("b_2", known.amount))
        if np.isfinite(x).sum() > 1 and np.ptp(x[np.isfinite(x)]) > 0
    ]
    blocks: dict[str, tuple[int, Any]] = {}
    first = 0
    for name, *dims in (
        ("shared", ("parameter", SHARED)),
        ("potency", ("drug", data.drugs)),
        ("mean", ("axis", AXES)),
        ("spread", ("axis", AXES)),
        ("coefficient", ("covariate", tuple(covariates))),
        ("own", ("axis", AXES), ("line", data.lines)),
        ("residual_spread",),
        (
            "residual",
            ("cell", tuple(" ".join(c) for c, s in zip(data.cells, data.sampled, strict=True) if s)),
        ),
        ("offset", ("source_drug", tuple(" ".join(o) for o in data.offsets))),
        ("density", ("source", data.sources)),
        ("noise",),
        ("half_noise",),
        ("curve_spread",),
        ("curve", ("curve", tuple(" ".join(c) for c in data.curves))),
    ):
        blocks[name] = first, tuple(dims)
        first += int(np.prod([len(labels) for _, labels in dims], dtype=int))
    return PanelLayout(blocks, first)


def half_normal(z: Array, scale: float) -> Array:
    """Half-normal quantile of a standard-normal number, precise in both tails."""
    return -scale * ndtri(0.5 * ndtr(-z))


def log_normal(z: Array, median: float, sd: float) -> Array:
    """Log-normal quantile of a standard-normal number."""
    return median * jnp.exp(sd * z)
