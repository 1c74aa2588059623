"""What an explorer asks and gets: sliders in, time courses and viability out; the median at once, bands after
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from inference.report.plots import HIGH, LOW, PALETTE, PERCENT, banded, styled, wrapped
from inference.resistance import beliefs
from inference.resistance.beliefs import Beliefs
from inference.resistance.believed_from import BeliefSource, believed
from inference.resistance.conditions import Condition
from inference.resistance.questions import HOURS, condition_named
from inference.resistance.simulated_plate import (
    READ,
    TIMES,
    Plate,
    Well,
    names_read,
    plate,
    simulate,
    viability,
)
from models.catalogue import EFFECTS, HYPOTHESES
from models.drugs import Drug

SHOWN = ("pS", "NFn", "IL6", "MCL1", "x_BH3", "N")
BANDS = 100  # draws behind the bands
FEW, MANY = 8, 256  # dishes at once for the median and for the bands: two programs, each compiled once
DOSES = 10.0 ** np.linspace(-1.5, 1.5, FEW - 1)  # of the curve, as multiples of the dose chosen
RTOL, ATOL = 1e-3, 1e-6  # of a step; a line on a screen is wider


@dataclass(frozen=True)
class Controls:
    """Where the sliders stand.

    Attributes:
        strengths: parameter -> factor on what is believed of it; those not named stay.
        drug, dose: what is given at 0, nM; a dose of 0 is none.
        condition: a `Condition`, or the name of one; estradiol: nM.
    """

    drug: Drug
    dose: float
    condition: str | Condition = "niche"
    estradiol: float = 0.0
    strengths: Mapping[str, float] = field(default_factory=dict)

    @property
    def surroundings(self) -> Condition:
        """The condition itself."""
        return condition_named(self.condition)


@dataclass(frozen=True, eq=False)
class Explorer:
    """A cell ready to be asked: beliefs as draws, and a small and a large plate."""

    few: Plate
    many: Plate
    beliefs: Beliefs
    draws: np.ndarray
    median: np.ndarray
    sliders: tuple[str, ...]


def explorer(source: BeliefSource, drugs: tuple[Drug, ...], preset: str, seed: int) -> Explorer:
    """Prepare a run, or the prior, for asking. Sliders: feedback strengths, and the effect of estradiol that
    is free.
    """
    few = plate(drugs, preset, source.hypothesis, source.transit, FEW)
    many = replace(few, what=plate(drugs, preset, source.hypothesis, source.transit, MANY).what, sets=MANY)
    network, effect = few.what.system.network, HYPOTHESES[source.hypothesis].free
    now = believed(source, preset, network, effect)
    draws, _ = beliefs.joint(now, BANDS, seed)
    sliders = tuple(
        p.name
        for p in network.parameters
        if p.name in now.names and ("feedback" in p.tags or p.name == effect)
    )
    return Explorer(few, many, now, draws, np.median(draws, axis=0, keepdims=True), sliders)


def ask(e: Explorer, cell: Plate, c: Controls, values: np.ndarray) -> xr.Dataset:
    """Time courses with and without the drug, and viability at 48 h over its dose, for each row of `values`.

    Returns:
        The read-outs of `READ` along (draw, drug, hour), `viability` (draw,), and along (draw, dose) `curve`.
    """
    vehicle = Well((), c.surroundings, c.estradiol)
    doses = c.dose * DOSES
    treated = [Well(((c.drug, float(d)),), c.surroundings, c.estradiol) for d in doses] if c.dose > 0 else []
    chosen = treated if len(values) == 1 else treated[len(DOSES) // 2 : len(DOSES) // 2 + 1]
    wells = [vehicle, *chosen]
    moved = values * np.array([c.strengths.get(n, 1.0) for n in e.beliefs.names])
    network = e.few.what.system.network
    effects = [
        i for i, n in enumerate(e.beliefs.names) if n in EFFECTS and network.parameter(n).unit == "0-1"
    ]
    moved[:, effects] = np.minimum(moved[:, effects], 1.0)  # a share
    seen, _ = simulate(cell, e.beliefs, moved, wells, rtol=RTOL, atol=ATOL)
    v = viability(cell, seen, wells)[:, 0]
    middle = 1 + len(chosen) // 2 if treated else 0
    shown = seen[:, 0][:, [0, middle]]
    out = xr.Dataset(
        {n: (("draw", "drug", "hour"), shown[..., i]) for i, n in enumerate(names_read(cell))},
        coords={"drug": ["without", "with"], "hour": TIMES / 60},
    )
    out["viability"] = ("draw", v[:, middle])
    if len(chosen) == len(DOSES):
        out["curve"] = (("draw", "dose"), v[:, 1:])
        out = out.assign_coords(dose=doses)
    return out


def at_median(e: Explorer, c: Controls) -> xr.Dataset:
    """The answer at the median of every parameter: one set, drawn at once."""
    return ask(e, e.few, c, e.median)


def bands(e: Explorer, c: Controls) -> xr.Dataset:
    """The answer of every draw."""
    return ask(e, e.many, c, e.draws)


def figure(c: Controls, middle: xr.Dataset, spread: xr.Dataset | None, mark: str = "") -> go.Figure:
    """Six time courses and the dose response; bands where they are known already."""
    titles = [wrapped(READ[n][0] + (f" ({READ[n][1]})" if READ[n][1] != "-" else ""), 40) for n in SHOWN]
    curve = "curve" in middle
    fig = make_subplots(
        4 if curve else 3,
        2,
        subplot_titles=[*titles, *([f"viability after {HOURS:g} h over the dose, %"] if curve else [])],
        vertical_spacing=0.11,
        horizontal_spacing=0.1,
        specs=[*[[{}, {}]] * 3, *([[{"colspan": 2}, None]] if curve else [])],
    )
    for i in range(len(SHOWN)):
        _course(fig, c, middle, spread, i)
    if curve:
        _curve(fig, c, middle, spread)
    fig.update_xaxes(title="hours", row=3)
    fig.update_yaxes(rangemode="tozero")
    fig.update_annotations(font_size=12)
    return styled(
        fig,
        880 if curve else 660,
        title={"text": mark, "font": {"size": 12, "color": "#8c2d04"}, "y": 0.99, "yanchor": "top"},
        legend_y=1.04,
        margin={"l": 10, "r": 10, "t": 90, "b": 10},
    )


def _course(fig: go.Figure, c: Controls, middle: xr.Dataset, spread: xr.Dataset | None, i: int) -> None:
    """One read-out over time, with and without the drug."""
    n, row, col = SHOWN[i], i // 2 + 1, i % 2 + 1
    hours = middle["hour"].values
    dishes = {"without": "without the drug"}
    dishes |= {"with": f"{c.drug.name} {c.dose:g} nM"} if c.dose > 0 else {}
    for j, (dish, name) in enumerate(dishes.items()):
        line, colour, dash = middle[n].sel(drug=dish).values[0], PALETTE[j], ("dash", "solid")[j]
        if spread is None:
            bands = [np.stack([line] * 3)]
        else:
            low, high = spread[n].sel(drug=dish).quantile([LOW, HIGH], dim="draw", skipna=True).values
            bands = [np.stack([low, line, high])]
        banded(fig, hours, bands, colour, name, dash, row, col, i == 0, filled=spread is not None)


def _curve(fig: go.Figure, c: Controls, middle: xr.Dataset, spread: xr.Dataset | None) -> None:
    """Viability over the dose, and what the draws say at the dose chosen."""
    look = {"color": PALETTE[1], "width": 2}
    y = 100 * middle["curve"].values[0]
    fig.add_trace(go.Scatter(x=middle["dose"].values, y=y, line=look, showlegend=False, name="median"), 4, 1)
    if spread is not None:
        low, v, high = 100 * np.nanquantile(spread["viability"].values, [LOW, 0.5, HIGH])
        fig.add_trace(
            go.Scatter(
                x=[c.dose],
                y=[v],
                error_y={"array": [high - v], "arrayminus": [v - low], "symmetric": False},
                mode="markers",
                marker={"color": PALETTE[0], "size": 9},
                showlegend=False,
                name=f"draws, {PERCENT}",
            ),
            4,
            1,
        )
    fig.update_xaxes(type="log", title=f"{c.drug.name} (nM)", row=4, col=1)


def in_words(c: Controls, middle: xr.Dataset, spread: xr.Dataset | None) -> str:
    """The viability in one sentence."""
    if c.dose <= 0:
        return f"No drug, cell {c.surroundings.words}."
    said = (
        f"{c.drug.name} {c.dose:g} nM, cell {c.surroundings.words}: viability after {HOURS:g} h "
        f"{100 * float(middle['viability'][0]):.0f} % "
        "with every parameter at its median"
    )
    if spread is None:
        return f"{said}; bands follow ..."
    low, half, high = 100 * np.nanquantile(spread["viability"].values, [LOW, 0.5, HIGH])
    lost = int(np.isnan(spread["viability"].values).sum())
    return (
        f"{said}; over {spread.sizes['draw'] - lost} draws {half:.0f} % ({PERCENT}: {low:.0f} to "
        f"{high:.0f} %)"
    )
