"""Curves of every line and drug of a panel on a grid of doses, without residual: a residual shifts them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from inference.panel.panel_model import PanelModel, local
from inference.runs.run import Run
from models.engine.blocks import Block

# ln of doses, nM, from far below to far above every screen
GRID = np.linspace(np.log(1e-2), np.log(1e6), 47)
MOST = 400  # draws whose curves are simulated
WIDTH = 4  # draws in one program
SCREENED = (float(np.log(0.1)), float(np.log(1e5)))  # ln nM: an IC50 beyond is as good as none
HALF_LEAST, HALF_MOST = float(GRID[0]), float(GRID[-1])

Curves = Float[np.ndarray, "draw source line drug dose"]


def thinned(z: np.ndarray, most: int = MOST) -> np.ndarray:
    """At most so many of the draws (chain, draw, unknown), evenly spread, as (draw, unknown)."""
    flat = z.reshape(-1, z.shape[-1])
    return flat[np.unique(np.linspace(0, len(flat) - 1, min(most, len(flat))).astype(int))]


def hours_of(model: PanelModel) -> np.ndarray:
    """Length of the treatment of each source, (source,): that of most of its dishes."""
    data = model.data
    return np.array(
        [
            np.median(data.hours[data.source == s]) if np.any(data.source == s) else 72.0
            for s in range(len(data.sources))
        ]
    )


def of_draws(model: PanelModel, z: np.ndarray, run: Run | None = None) -> Curves:
    """Viabilities of draws (draw, unknown) at `GRID` doses of every drug, as each source would see them.

    The potency of the draw is in; residual, offset of the source and noise are not.
    """
    data, layout = model.data, model.layout
    hours = hours_of(model)
    shape = (len(data.sources), len(data.lines), len(data.drugs), len(GRID))
    source, line, drug, dose = (a.ravel() for a in np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"))

    @jax.jit
    @jax.vmap
    def curves(x: jax.Array) -> jax.Array:
        at = local(x, layout, data)
        v, ok = model.viability(
            at, line, drug, source, jnp.asarray(GRID[dose]) - at.shift[drug], hours[source]
        )
        return jnp.where(ok, v, jnp.nan).reshape(shape)

    def block(part: Block) -> dict[str, np.ndarray]:
        return {"viability": np.asarray(curves(jnp.asarray(z[part.rows])), np.float32)}

    if run is None:
        rows = [block(Block(i, np.arange(i, min(i + WIDTH, len(z))), np.ones(1, bool)))["viability"]
                for i in range(0, len(z), WIDTH)]  # fmt: skip
        return np.concatenate(rows).astype(float)
    with run.bar("curves of every line and drug", len(z)) as bar:
        found = run.kept_blocks(block, len(z), WIDTH, lambda done, _: bar.to(done))
    assert found is not None, "nobody asks to stop here"
    return found["viability"].astype(float)


def ln_half(curves: Float[np.ndarray, "... dose"]) -> Float[np.ndarray, "..."]:
    """ln of the dose (nM) that leaves half, the end of the grid where none does.

    The first crossing from above, linear between doses of the grid.
    """
    below = curves < 0.5
    first = np.where(below.any(-1), below.argmax(-1), -1)
    at = np.clip(first, 1, None)
    upper = np.take_along_axis(curves, (at - 1)[..., None], -1)[..., 0]
    lower = np.take_along_axis(curves, at[..., None], -1)[..., 0]
    share = np.clip((upper - 0.5) / np.maximum(upper - lower, 1e-12), 0.0, 1.0)
    inside = GRID[at - 1] + share * (GRID[1] - GRID[0])
    return np.where(first < 0, HALF_MOST, np.where(first == 0, HALF_LEAST, inside))


def labelled(model: PanelModel, curves: Curves) -> xr.Dataset:
    """Median and 89 % interval of every curve, with residual left out."""
    data = model.data
    low, middle, high = np.nanquantile(curves, (0.055, 0.5, 0.945), axis=0)
    dims = ("source", "line", "drug", "dose")
    return xr.Dataset(
        {"low": (dims, low), "median": (dims, middle), "high": (dims, high)},
        coords={
            "source": list(data.sources),
            "line": list(data.lines),
            "drug": list(data.drugs),
            "dose": ("dose", np.exp(GRID), {"units": "nM"}),
        },
    )


def variance(model: PanelModel, curves: Curves, z: np.ndarray) -> pd.DataFrame:
    """How much of the variance of ln IC50 between lines is residual, for each drug and over all.

    The mechanism's part is the variance over lines of the ln IC50 of the curves, ends of the grid counting
    as such within what screens reach (`SCREENED`); the residual's part is the square of its spread.

    Args:
        z: the draws (draw, unknown) of the curves.
    """
    at = np.clip(ln_half(curves).mean(axis=1), *SCREENED)
    mechanism = at.var(axis=1)
    scatter = np.asarray(jax.vmap(lambda x: local(x, model.layout, model.data).scatter)(jnp.asarray(z))) ** 2
    rows = []
    for name, part in [
        *zip(model.data.drugs, mechanism.T, strict=True),
        ("all", mechanism.mean(axis=1)),
    ]:
        share = scatter / (scatter + part)
        low, middle, high = np.quantile(share, (0.055, 0.5, 0.945))
        rows.append(
            {
                "drug": name,
                "sd_mechanism": float(np.sqrt(np.median(part))),
                "sd_residual": float(np.sqrt(np.median(scatter))),
                "residual_share": middle,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows).set_index("drug")
