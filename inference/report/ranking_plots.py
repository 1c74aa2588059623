"""Interactive figures of a ranking: the leading parameters, how sure their order is, and whole pathways."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from inference.report.plots import PERCENT, bars, marks, styled, wrapped
from inference.resistance.beliefs import told_by_data
from inference.resistance.rankings.ranking_figures import GREY, PATHWAYS
from inference.resistance.rankings.ranking_request import RankingWords, told
from inference.resistance.rankings.ranking_words import UNKNOWN, signs
from inference.runs.colours import POSTERIOR, SECOND


def _leading(tree: xr.DataTree, count: int) -> xr.Dataset:
    d = tree["parameter"].to_dataset()
    return d.isel(factor=np.argsort(d["rank"].values, kind="stable")[:count])


def _said(d: xr.Dataset) -> list[str]:
    """What appears when a parameter is touched."""
    names = ("factor", "meaning", "effect", "low", "high", "rank", "rank_low", "rank_high", "informed")
    return [
        f"<b>{n}</b>: {wrapped(str(m))}<br>effect {e:+.2f} [{a:+.2f}, {b:+.2f}]<br>rank {int(r)}, {PERCENT} "
        f"of the ranks {int(ra)} to {int(rb)}<br>{i}"
        for n, m, e, a, b, r, ra, rb, i in zip(*(d[k].values for k in names), strict=True)
    ]


def _effects(figure: go.Figure, d: xr.Dataset, y: np.ndarray, said: list[str], words: RankingWords) -> None:
    """Effects with their intervals, by sign where there is one; hollow where no data told anything."""
    known = [told_by_data(str(v)) for v in d["informed"].values]
    ways = (
        (1, POSTERIOR, words.readout.more),
        (-1, SECOND, words.readout.less),
        (0, GREY, f"{UNKNOWN}: the bar holds 0"),
    )
    kinds = ways if words.method.signed else ((0, POSTERIOR, "size only, no direction"),)
    each = signs(d, words.method.signed)
    for sign, colour, name in kinds:
        k = np.flatnonzero(each == sign)
        symbols = [("circle" if sign >= 0 else "square") + ("" if known[i] else "-open") for i in k]
        look = {"size": 10, "symbol": symbols, "line": {"width": 2}}
        points = marks(d["effect"].values[k], y[k], colour, name, [said[i] for i in k], **look)
        figure.add_trace(bars(d["low"].values[k], d["high"].values[k], y[k], colour), 1, 1)
        figure.add_trace(points, 1, 1)
    low, high = min(0.0, float(d["low"].min())), max(0.0, float(d["high"].max()))
    reach = [low - 0.06 * (high - low), high + 0.06 * (high - low)]
    figure.update_xaxes(
        title=words.method.axis, zeroline=True, zerolinecolor="#999999", range=reach, row=1, col=1
    )


def ranking(tree: xr.DataTree, count: int = 12) -> go.Figure:
    """The leading parameters: effect with interval on the left, rank with interval on the right; hollow = not
    informed by data.
    """
    d = _leading(tree, count)
    y, said = np.arange(d.sizes["factor"])[::-1], _said(d)
    figure = make_subplots(1, 2, shared_yaxes=True, column_widths=[0.62, 0.38], horizontal_spacing=0.04)
    _effects(figure, d, y, said, told(tree.attrs))
    figure.add_trace(bars(d["rank_low"].values, d["rank_high"].values, y, "#777777"), 1, 2)
    figure.add_trace(marks(d["rank"].values, y, "#222222", told=said, size=7), 1, 2)
    if "prior_rank" in d:
        before = [f"rank under the prior: {v}" for v in d["prior_rank"].values]
        look = {"size": 11, "symbol": "line-ns", "line": {"width": 2.5, "color": SECOND}}
        points = marks(d["prior_rank"].values, y, SECOND, "rank before the data", before, **look)
        figure.add_trace(points, 1, 2)
    figure.update_xaxes(title="rank", rangemode="tozero", row=1, col=2)
    figure.update_yaxes(tickvals=y, ticktext=[str(n) for n in d["factor"].values], row=1, col=1)
    return styled(figure, 150 + 26 * len(y))


def certainty(tree: xr.DataTree, count: int = 10) -> go.Figure:
    """How sure the order is: probability that the row matters more than the column, and of being among the
    first three.
    """
    d = _leading(tree, count)
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
