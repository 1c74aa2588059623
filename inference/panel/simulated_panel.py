"""A panel measured by the model itself: the same lines, drugs and doses, and a truth that is known."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float

from inference.panel import panel_layout as unknown
from inference.panel.panel_curves import ln_half, of_draws
from inference.panel.panel_data import arrays
from inference.panel.panel_layout import half_normal, log_normal
from inference.panel.panel_model import DEGREES, PanelModel, local
from inference.panel.panel_tables import PanelTables

SLOPE = 1.0  # of a logit by ln dose, at which noise of a logit becomes one of ln IC50


def truth_of(tables: PanelTables, seed: int) -> Float[np.ndarray, " unknown"]:
    """A point drawn from what is believed beforehand."""
    problem = PanelModel(arrays(tables)).problem
    return np.asarray(problem.priors.draw(jax.random.PRNGKey(seed), 1))[0]


def filled(tables: PanelTables, z: Float[np.ndarray, " unknown"], seed: int) -> PanelTables:
    """The same panel measured at a point, with noise.

    Args:
        z: the truth, as `panel_layout` lays it out; `seed`: of the noise.
    """
    model = PanelModel(arrays(tables))
    data, layout = model.data, model.layout
    part, at = layout.split(jnp.asarray(z)), local(jnp.asarray(z), layout, data)
    rng = np.random.default_rng(seed)
    measured = tables.measured.copy()
    rows = data.of_curve
    worth = np.log(data.dose) - np.asarray(at.shift)[data.drug] - np.asarray(at.offset)[data.offset]
    worth = worth - np.asarray(at.residual)[data.cell]
    v, ok = model.viability(
        at, data.line[rows], data.drug[rows], data.source[rows], jnp.asarray(worth[rows]), data.hours[rows]
    )
    assert bool(ok), "the truth can be simulated"
    own = np.asarray(half_normal(part["curve_spread"], unknown.CURVE) * part["curve"])
    noise = float(log_normal(part["noise"], *unknown.NOISE))
    seen = np.asarray(v) + own[data.curve[rows]] + noise * rng.standard_t(DEGREES, len(rows))
    measured.loc[measured.index[rows], "viability"] = seen
    half = data.of_half
    if len(half):
        curves = of_draws(model, z[None])[0]
        middle = ln_half(curves)[data.source[half], data.line[half], data.drug[half]]
        offset = np.asarray(at.offset)[data.offset[half]]
        sampled = np.array(data.sampled)[data.cell[half]]
        residual = np.where(
            sampled,
            np.asarray(at.residual)[data.cell[half]],
            float(at.scatter) * rng.standard_normal(len(half)),
        )
        wide = float(log_normal(part["half_noise"], *unknown.HALF_NOISE)) / SLOPE
        told = middle + offset + residual + wide * rng.standard_normal(len(half))
        measured.loc[measured.index[half], "ic50_nM"] = np.exp(told)
    return replace(tables, measured=measured)


def came_back(
    names: tuple[str, ...], truth: Float[np.ndarray, " unknown"], z: Float[np.ndarray, "chain draw unknown"]
) -> pd.DataFrame:
    """A row an unknown: its truth, its 89 % interval, and whether it lies there.

    Example:
        >>> import numpy as np
        >>> z = np.linspace(-1, 1, 201).reshape(1, 201, 1)
        >>> came_back(("a",), np.array([0.95]), z)["inside"].tolist()
        [False]
    """
    low, middle, high = np.quantile(z.reshape(-1, z.shape[-1]), (0.055, 0.5, 0.945), axis=0)
    return pd.DataFrame(
        {
            "truth": truth,
            "low": low,
            "median": middle,
            "high": high,
            "inside": (low <= truth) & (truth <= high),
        },
        index=pd.Index(names, name="unknown"),
    )
