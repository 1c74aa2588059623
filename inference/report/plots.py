"""Interactive figures of the report: one function a figure, labelled data in, a plotly figure out.

Colours are those of Okabe and Ito, told apart by colour-blind readers; what matters is also told by shape,
dash or words. Figures are kept narrow enough for a phone: short names on the axes, meanings in the text that
appears on touch.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from inference.fit.verdict import INTERVAL
from inference.resistance.knockdowns.knockdown_nodes import NODES
from inference.resistance.questions import HOURS
from inference.runs.colours import POSTERIOR, SECOND

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "triangle-down", "cross")
LOW, HIGH = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
PERCENT = f"{100 * INTERVAL:.0f} %"


def styled(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """White, small margins, legend above."""
    figure.update_layout(
        template="plotly_white",
        height=height,
        margin={"l": 10, "r": 12, "t": 30, "b": 10},
        font={"size": 12, "color": "#1b1b1b"},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "font": {"size": 11}},
        hoverlabel={"align": "left"},
    )
    figure.update_xaxes(automargin=True, title_font_size=12)
    figure.update_yaxes(automargin=True, title_font_size=12)
    return figure.update_layout(**layout)


def wrapped(words: str, width: int = 46) -> str:
    """Text with line breaks for a hover box or an axis."""
    return "<br>".join(textwrap.wrap(words, width))


def transparent(colour: str, alpha: float) -> str:
    """A hex colour as rgba."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha})"


def segments(low: np.ndarray, high: np.ndarray, y: np.ndarray) -> tuple[list, list]:
    """Horizontal bars as one line with gaps."""
    xs, ys = [], []
    for a, b, at in zip(low, high, y, strict=True):
        xs += [a, b, None]
        ys += [at, at, None]
    return xs, ys


def banded(
    figure: go.Figure,
    x: np.ndarray,
    bands: Sequence[np.ndarray],
    colour: str,
    name: str,
    dash: str = "solid",
    row: int | None = None,
    col: int | None = None,
    legend: bool = True,
    filled: bool = True,
) -> None:
    """A line with one or two bands (low, median, high) around it; the line is the median of the last.

    `filled` False: the line alone.
    """
    for band, alpha in zip(bands, (0.14, 0.3)[-len(bands) :], strict=True) if filled else ():
        figure.add_trace(
            go.Scatter(
                x=np.concatenate([x, x[::-1]]),
                y=np.concatenate([band[0], band[2][::-1]]),
                fill="toself",
                mode="lines",
                line={"width": 0},
                fillcolor=transparent(colour, alpha),
                hoverinfo="skip",
                showlegend=False,
                legendgroup=name,
            ),
            row=row,
            col=col,
        )
    figure.add_trace(
        go.Scatter(
            x=x,
            y=bands[-1][1],
            mode="lines",
            line={"color": colour, "width": 2, "dash": dash},
            name=name,
            legendgroup=name,
            showlegend=legend,
        ),
        row=row,
        col=col,
    )


def marks(
    x: np.ndarray, y: np.ndarray, colour: str, name: str = "", told: Sequence[str] = (), **marker: Any
) -> go.Scatter:
    """Points; `told` appears when one is touched."""
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"color": colour, **marker},
        name=name,
        showlegend=bool(name),
        text=list(told),
        hovertemplate="%{text}<extra></extra>" if told else None,
    )


def bars(low: np.ndarray, high: np.ndarray, y: np.ndarray, colour: str) -> go.Scatter:
    """Intervals beside each other, without an entry of their own in the legend."""
    xs, ys = segments(low, high, y)
    line = {"color": colour, "width": 3}
    return go.Scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", showlegend=False)


def knock_downs(found: xr.Dataset, count: int = 14) -> go.Figure:
    """Viability under the drug when a node is inhibited by 50 % or 90 %, and what the inhibition does without
    the drug.

    Args:
        found: as in the group `knock` of `simulated.made`: `ln_viability`, `ln_toxicity` (draw, node, level),
            `reference` (draw,).
    """
    strongest = found["level"].max()
    left = found["ln_viability"].sel(level=strongest).median("draw")
    nodes = [str(n) for n in found["node"].values[np.argsort(left.values)][:count]]
    y = np.arange(len(nodes))[::-1]
    figure = go.Figure()
    rest = 100 * np.exp(found["reference"].quantile([LOW, 0.5, HIGH], skipna=True).values)
    figure.add_vrect(x0=rest[0], x1=rest[2], fillcolor="#999999", opacity=0.16, line_width=0)
    figure.add_vline(x=rest[1], line={"color": "#777777", "width": 1.5, "dash": "dot"})
    for level, colour, symbol, shift in zip(
        found["level"].values[::-1], (SECOND, "#E69F00"), ("circle", "circle-open"), (0.14, -0.14)
    ):
        here = found["ln_viability"].sel(node=nodes, level=level)
        low, middle, high = 100 * np.exp(here.quantile([LOW, 0.5, HIGH], dim="draw", skipna=True).values)
        told = [
            f"{100 * level:.0f} % of <b>{n}</b> ({NODES[n].title}) inhibited:<br>viability under the drug "
            f"{m:.0f} % [{a:.0f}, {b:.0f}]"
            for n, a, m, b in zip(nodes, low, middle, high, strict=True)
        ]
        name = f"with the drug, node inhibited by {100 * level:.0f} %"
        look = {"size": 10, "symbol": symbol, "line": {"width": 2}}
        figure.add_trace(bars(low, high, y + shift, colour))
        figure.add_trace(marks(middle, y + shift, colour, name, told, **look))
    lost = found["ln_toxicity"].sel(node=nodes, level=strongest).median("draw", skipna=True)
    own = 100 * np.exp(lost.values)
    name = f"cells without the drug, node inhibited by {100 * float(strongest):.0f} %"
    told = [f"{v:.0f} % of the cells are left without the drug" for v in own]
    look = {"size": 9, "symbol": "x-thin", "line": {"width": 2, "color": POSTERIOR}}
    figure.add_trace(marks(own, y, POSTERIOR, name, told, **look))
    figure.update_xaxes(title=f"% of the cells after {HOURS:g} h", rangemode="tozero")
    figure.update_yaxes(tickvals=y, ticktext=nodes)
    return styled(figure, 170 + 30 * len(nodes))


def dose_response(viability: xr.DataArray, drug: str, banded_too: Sequence[str]) -> go.Figure:
    """Viability over the dose of one drug in each surrounding, with a band over the draws where two can be
    told apart.

    Args:
        viability: (draw, surrounding, dose), 1 = as without the drug.
        banded_too: surroundings whose band is drawn.
    """
    figure = go.Figure()
    x = viability["dose"].values
    for i, name in enumerate(map(str, viability["surrounding"].values)):
        band = (
            100 * viability.sel(surrounding=name).quantile([LOW, 0.5, HIGH], dim="draw", skipna=True).values
        )
        banded(
            figure, x, [band if name in banded_too else np.stack([band[1]] * 3)], PALETTE[i], name, DASHES[i]
        )
    figure.add_hline(y=50, line={"color": "#999999", "width": 1, "dash": "dot"})
    figure.update_xaxes(type="log", title=f"{drug} (nM)", dtick=1)
    figure.update_yaxes(title=f"viability after {HOURS:g} h, %", rangemode="tozero")
    return styled(figure, 360)


def time_course(course: xr.DataArray) -> go.Figure:
    """One read-out over time in each dish: (draw, surrounding, treated, hour); treated dishes solid with
    their band, untreated ones dotted.
    """
    figure = go.Figure()
    for treated, shown in (("drug", True), ("no drug", False)):
        for i, around in enumerate(map(str, course["surrounding"].values)):
            here = course.sel(surrounding=around, treated=treated)
            band = here.quantile([LOW, 0.5, HIGH], dim="draw", skipna=True).values
            bands = [band] if shown else [np.stack([band[1]] * 3)]
            dash = "solid" if shown else "dot"
            banded(figure, course["hour"].values, bands, PALETTE[i], f"{around}, {treated}", dash)
    figure.update_xaxes(title="hours after the drug", dtick=12)
    figure.update_yaxes(rangemode="tozero")
    return styled(figure, 300)
