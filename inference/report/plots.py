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
from plotly.subplots import make_subplots

from inference.fit.verdict import INTERVAL
from inference.resistance.beliefs import told_by_data
from inference.resistance.questions import HOURS
from inference.resistance.rankings.ranking_figures import PATHWAYS
from inference.resistance.rankings.ranking_request import told as words_of_ranking
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
) -> None:
    """A line with one or two bands (low, median, high) around it; the line is the median of the last."""
    for band, alpha in zip(bands, (0.14, 0.3)[-len(bands) :], strict=True):
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


def knock_downs(found: xr.Dataset, titles: dict[str, str], count: int = 14) -> go.Figure:
    """Viability under the drug when a node is inhibited by 50 % or 90 %, and what the inhibition does without
    the drug.

    Args:
        found: as `report_data.knock_downs`: `ln_viability`, `ln_toxicity` (draw, node, level), `reference`
            (draw,).
    """
    left = found["ln_viability"].sel(level=found["level"].max()).median("draw")
    nodes = [str(n) for n in found["node"].values[np.argsort(left.values)][:count]]
    y = np.arange(len(nodes))[::-1]
    figure = go.Figure()
    rest = 100 * np.exp(found["reference"].quantile([LOW, 0.5, HIGH], skipna=True).values)
    figure.add_vrect(x0=rest[0], x1=rest[2], fillcolor="#999999", opacity=0.16, line_width=0)
    figure.add_vline(x=rest[1], line={"color": "#777777", "width": 1.5, "dash": "dot"})
    for level, colour, symbol, shift in zip(
        found["level"].values[::-1], (SECOND, "#E69F00"), ("circle", "circle-open"), (0.14, -0.14)
    ):
        here = 100 * np.exp(
            found["ln_viability"]
            .sel(node=nodes, level=level)
            .quantile([LOW, 0.5, HIGH], dim="draw", skipna=True)
            .values
        )
        xs, ys = segments(here[0], here[2], y + shift)
        figure.add_trace(
            go.Scatter(
                x=xs,
                y=ys,
                mode="lines",
                line={"color": colour, "width": 3},
                hoverinfo="skip",
                showlegend=False,
            )
        )
        told = [
            f"{100 * level:.0f} % of <b>{n}</b> ({titles[n]}) inhibited:<br>viability under the drug "
            f"{m:.0f} % [{a:.0f}, {b:.0f}]"
            for n, a, m, b in zip(nodes, *here, strict=True)
        ]
        figure.add_trace(
            go.Scatter(
                x=here[1],
                y=y + shift,
                mode="markers",
                marker={"color": colour, "size": 10, "symbol": symbol, "line": {"width": 2}},
                name=f"with the drug, node inhibited by {100 * level:.0f} %",
                text=told,
                hovertemplate="%{text}<extra></extra>",
            )
        )
    own = 100 * np.exp(
        found["ln_toxicity"].sel(node=nodes, level=found["level"].max()).median("draw", skipna=True).values
    )
    figure.add_trace(
        go.Scatter(
            x=own,
            y=y,
            mode="markers",
            marker={
                "color": POSTERIOR,
                "size": 9,
                "symbol": "x-thin",
                "line": {"width": 2, "color": POSTERIOR},
            },
            name=f"cells without the drug, node inhibited by {100 * float(found['level'].max()):.0f} %",
            hovertemplate="%{x:.0f} % of the cells are left without the drug<extra></extra>",
        )
    )
    figure.update_xaxes(title=f"% of the cells after {HOURS:g} h", rangemode="tozero")
    figure.update_yaxes(tickvals=y, ticktext=nodes)
    return styled(figure, 170 + 30 * len(nodes))


def ranking(tree: xr.DataTree, count: int = 12) -> go.Figure:
    """The leading parameters: effect with interval on the left, rank with interval on the right; hollow = not
    informed by data.
    """
    d = tree["parameter"].to_dataset()
    d = d.isel(factor=np.argsort(d["rank"].values, kind="stable")[:count])
    y = np.arange(d.sizes["factor"])[::-1]
    words = words_of_ranking(tree.attrs)
    signed = words.method.signed
    known = [told_by_data(str(v)) for v in d["informed"].values]
    figure = make_subplots(1, 2, shared_yaxes=True, column_widths=[0.62, 0.38], horizontal_spacing=0.04)
    told = [
        f"<b>{n}</b>: {wrapped(str(m))}<br>effect {e:+.2f} [{a:+.2f}, {b:+.2f}]<br>rank {int(r)}, "
        f"{PERCENT} of the ranks "
        f"{int(ra)} to {int(rb)}<br>{i}"
        for n, m, e, a, b, r, ra, rb, i in zip(
            *(
                d[k].values
                for k in (
                    "factor",
                    "meaning",
                    "effect",
                    "low",
                    "high",
                    "rank",
                    "rank_low",
                    "rank_high",
                    "informed",
                )
            ),
            strict=True,
        )
    ]
    kinds = (
        (
            (1, POSTERIOR, words.readout.more),
            (-1, SECOND, words.readout.less),
        )
        if signed
        else ((0, POSTERIOR, "size only, no direction"),)
    )
    for sign, colour, name in kinds:
        k = np.flatnonzero(np.sign(d["effect"].values) == sign) if sign else np.arange(len(y))
        xs, ys = segments(d["low"].values[k], d["high"].values[k], y[k])
        figure.add_trace(
            go.Scatter(
                x=xs,
                y=ys,
                mode="lines",
                line={"color": colour, "width": 3},
                hoverinfo="skip",
                showlegend=False,
            ),
            1,
            1,
        )
        symbols = [("circle" if sign >= 0 else "square") + ("" if known[i] else "-open") for i in k]
        figure.add_trace(
            go.Scatter(
                x=d["effect"].values[k],
                y=y[k],
                mode="markers",
                name=name,
                text=[told[i] for i in k],
                marker={"color": colour, "size": 10, "symbol": symbols, "line": {"width": 2}},
                hovertemplate="%{text}<extra></extra>",
            ),
            1,
            1,
        )
    xs, ys = segments(d["rank_low"].values, d["rank_high"].values, y)
    figure.add_trace(
        go.Scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"color": "#777777", "width": 3},
            hoverinfo="skip",
            showlegend=False,
        ),
        1,
        2,
    )
    figure.add_trace(
        go.Scatter(
            x=d["rank"].values,
            y=y,
            mode="markers",
            marker={"color": "#222222", "size": 7},
            showlegend=False,
            text=told,
            hovertemplate="%{text}<extra></extra>",
        ),
        1,
        2,
    )
    if "prior_rank" in d:
        figure.add_trace(
            go.Scatter(
                x=d["prior_rank"].values,
                y=y,
                mode="markers",
                name="rank before the data",
                marker={
                    "color": SECOND,
                    "size": 11,
                    "symbol": "line-ns",
                    "line": {"width": 2.5, "color": SECOND},
                },
                hovertemplate="rank under the prior: %{x}<extra></extra>",
            ),
            1,
            2,
        )
    figure.update_xaxes(
        title=words.method.axis,
        zeroline=True,
        zerolinecolor="#999999",
        row=1,
        col=1,
    )
    low, high = min(0.0, float(d["low"].min())), max(0.0, float(d["high"].max()))
    figure.update_xaxes(range=[low - 0.06 * (high - low), high + 0.06 * (high - low)], row=1, col=1)
    figure.update_xaxes(title="rank", rangemode="tozero", row=1, col=2)
    figure.update_yaxes(tickvals=y, ticktext=[str(n) for n in d["factor"].values], row=1, col=1)
    return styled(figure, 150 + 26 * len(y))


def certainty(tree: xr.DataTree, count: int = 10) -> go.Figure:
    """How sure the order is: probability that the row matters more than the column, and of being among the
    first three.
    """
    d = tree["parameter"].to_dataset()
    d = d.isel(factor=np.argsort(d["rank"].values, kind="stable")[:count])
    names = [str(n) for n in d["factor"].values]
    larger = d["p_larger"].sel(other=d["factor"].values).values.astype(float).copy()
    np.fill_diagonal(larger, np.nan)
    shown = [["" if np.isnan(v) else f"{100 * v:.0f}" for v in row] for row in larger]
    figure = go.Figure(
        go.Heatmap(
            z=100 * larger,
            x=names,
            y=names,
            text=shown,
            texttemplate="%{text}",
            colorscale="Cividis",
            zmin=0,
            zmax=100,
            hoverongaps=False,
            hovertemplate="%{y} matters more than %{x}: %{z:.0f} %<extra></extra>",
            colorbar={"title": "%", "thickness": 10},
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(side="top", tickangle=-60)
    return styled(figure, 460)


def pathways(tree: xr.DataTree) -> go.Figure:
    """Whole pathways: their parameters joined."""
    d = tree["pathway"].to_dataset()
    d = d.isel(factor=np.argsort(-d["rank"].values, kind="stable"))
    names = [wrapped(PATHWAYS.get(str(v), str(v)), 22) for v in d["factor"].values]
    size = d["effect"].values
    figure = go.Figure(
        go.Bar(
            x=size,
            y=names,
            orientation="h",
            marker_color="#56B4E9",
            name=f"effect, bar {PERCENT}",
            error_x={
                "type": "data",
                "symmetric": False,
                "array": d["high"].values - size,
                "arrayminus": size - d["low"].values,
                "color": "#222222",
                "thickness": 1.5,
            },
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
        )
    )
    figure.update_xaxes(title=wrapped(str(d.attrs["measure"]), 38))
    return styled(figure, 110 + 30 * len(names), showlegend=False)


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
