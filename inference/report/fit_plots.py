"""Interactive figures of what a fit found: strengths, predictive checks, hypotheses. House style as in
`plots`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from inference.report.plots import (
    DASHES,
    HIGH,
    LOW,
    PALETTE,
    PERCENT,
    SYMBOLS,
    banded,
    segments,
    styled,
    transparent,
    wrapped,
)
from inference.runs import labelled_tree
from inference.runs.colours import DATA, POSTERIOR, PRIOR
from inference.runs.figure_labels import page_label


def strengths(table: pd.DataFrame, meaning: dict[str, str]) -> go.Figure:
    """Prior and posterior interval of each feedback strength and estradiol effect, as multiples of the
    prior's median.
    """
    here = table[table["tags"].str.contains("feedback|estradiol")]
    y = np.arange(len(here))[::-1]
    one = np.asarray(here["prior_median"])
    figure = go.Figure()
    for kind, columns, colour, width, symbol in (
        ("prior", ("prior_low", "prior_median", "prior_high"), PRIOR, 9, "line-ns"),
        ("posterior", ("low", "median", "high"), POSTERIOR, 5, "circle"),
    ):
        low, middle, high = (np.asarray(here[c]) / one for c in columns)
        xs, ys = segments(low, high, y)
        figure.add_trace(
            go.Scatter(
                x=xs,
                y=ys,
                mode="lines",
                line={"color": colour, "width": width},
                opacity=0.55 if kind == "prior" else 1,
                hoverinfo="skip",
                name=f"{kind}, {PERCENT}",
            )
        )
        told = [
            f"<b>{page_label(str(n))}</b> {kind}: {r[columns[1]]:.3g} "
            f"[{r[columns[0]]:.3g}, {r[columns[2]]:.3g}] "
            f"{page_label(str(r['unit']))}<br>{wrapped(page_label(meaning.get(str(n), ''), 400))}"
            f"<br>{page_label(str(r['informed']))}"
            for n, r in here.iterrows()
        ]
        figure.add_trace(
            go.Scatter(
                x=middle,
                y=y,
                mode="markers",
                marker={
                    "color": colour,
                    "size": 11,
                    "symbol": symbol,
                    "line": {
                        "width": 3 if kind == "prior" else 1,
                        "color": "#555555" if kind == "prior" else "white",
                    },
                },
                text=told,
                hovertemplate="%{text}<extra></extra>",
                showlegend=False,
            )
        )
    figure.add_vline(x=1, line={"color": "#999999", "width": 1})
    figure.update_xaxes(type="log", dtick="D2", title="multiple of the prior's median")
    figure.update_yaxes(tickvals=y, ticktext=[page_label(str(n)) for n in here.index])
    return styled(figure, 130 + 26 * len(here))


def predictive(dt: xr.DataTree, observable: str) -> go.Figure:
    """Every measurement of one observable with the band of the read-out (dark) and of a new measurement
    (light).
    """
    observed = labelled_tree.variable(dt, "observed_data", "y")
    here = np.asarray(observed["observable"].values == observable)
    new, expected = (
        labelled_tree.variable(dt, "posterior_predictive", n).values[..., here].reshape(-1, here.sum())
        for n in ("y", "expected")
    )
    bands = [np.nanquantile(values, [LOW, 0.5, HIGH], axis=0) for values in (new, expected)]
    y, experiments, times = (
        observed.values[here],
        observed["experiment"].values[here],
        observed["time"].values[here],
    )
    groups = list(dict.fromkeys(experiments.tolist()))
    figure = go.Figure()
    if max(len(set(times[experiments == g])) for g in groups) >= 3:
        _over_time(figure, groups, experiments, times, y, bands)
    else:
        _side_by_side(figure, groups, experiments, y, bands)
    if np.all(y > 0) and y.max() / y.min() > 30:
        figure.update_yaxes(type="log", dtick=1)
    return styled(
        figure,
        360,
        showlegend=len(groups) > 1,
        margin={"l": 10, "r": 8, "t": 34, "b": 10},
        legend_font_size=9,
    )


def _over_time(
    figure: go.Figure,
    groups: list[str],
    experiments: np.ndarray,
    times: np.ndarray,
    y: np.ndarray,
    bands: list[np.ndarray],
) -> None:
    """Each experiment as a line with its bands, and its measurements."""
    for i, g in enumerate(groups):
        k = np.flatnonzero(experiments == g)
        k = k[np.argsort(times[k], kind="stable")]
        _, unique = np.unique(times[k], return_index=True)
        colour, dash = PALETTE[i % 7], DASHES[i % 7]
        shown = page_label(str(g))
        banded(figure, times[k][unique], [b[:, k][:, unique] for b in bands], colour, shown, dash)
        look = {"symbol": SYMBOLS[i % 7], "size": 7, "line": {"color": "black", "width": 0.8}}
        figure.add_trace(
            go.Scatter(
                x=times[k],
                y=y[k],
                mode="markers",
                name=f"{shown}, measured",
                legendgroup=shown,
                showlegend=False,
                marker={"color": colour, **look},
            )
        )
    figure.update_xaxes(title="time (min)")


def _side_by_side(
    figure: go.Figure, groups: list[str], experiments: np.ndarray, y: np.ndarray, bands: list[np.ndarray]
) -> None:
    """Experiments beside each other, where they have too few times for lines."""
    order = {g: i for i, g in enumerate(groups)}
    at = np.array([order[g] for g in experiments], float)
    for band, width, alpha, name in (
        (bands[0], 13, 0.3, "new measurement"),
        (bands[1], 6, 0.85, "read-out"),
    ):
        first = np.array([np.flatnonzero(at == i)[0] for i in range(len(groups))])
        xs, ys = segments(band[0][first], band[2][first], at[first])
        figure.add_trace(
            go.Scatter(
                x=ys,
                y=xs,
                mode="lines",
                line={"color": transparent(POSTERIOR, alpha), "width": width},
                name=f"{name}, {PERCENT}",
                hoverinfo="skip",
            )
        )
    figure.add_trace(
        go.Scatter(
            x=at,
            y=y,
            mode="markers",
            marker={"color": DATA, "size": 7},
            name="measured",
            text=[page_label(str(e)) for e in experiments],
            hovertemplate="%{text}: %{y:.3g}<extra></extra>",
        )
    )
    figure.update_xaxes(
        tickvals=list(range(len(groups))),
        ticktext=[wrapped(page_label(g).replace("_", " "), 14 if len(groups) < 8 else 60) for g in groups],
        tickangle=0 if len(groups) < 5 else 60,
        tickfont={"size": 9},
    )


def hypotheses(content: dict) -> go.Figure:
    """ln Bayes factor of each estradiol hypothesis against no effect, with its Monte-Carlo error and its
    range over priors.
    """
    names = list(content["hypotheses"])
    y = np.arange(len(names))[::-1]
    figure = go.Figure()
    figure.add_vrect(x0=-np.log(3), x1=np.log(3), fillcolor="#999999", opacity=0.18, line_width=0)
    ranges = {n: list(v.values()) for n, v in content["other_priors"].items()}
    xs, ys = segments(
        np.array([min(ranges.get(n, [0])) for n in names]),
        np.array([max(ranges.get(n, [0])) for n in names]),
        y,
    )
    figure.add_trace(
        go.Scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"color": "#E69F00", "width": 7},
            name="under other priors",
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[content["ln_bayes_factor"][n] for n in names],
            y=y,
            mode="markers",
            marker={"color": POSTERIOR, "size": 9},
            error_x={"array": [2 * content["ln_bayes_factor_sd"][n] for n in names], "color": POSTERIOR},
            name="this prior, 2 Monte-Carlo errors",
            hovertemplate="%{x:.2f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="ln Bayes factor against no effect (grey: undecided)")
    figure.update_yaxes(tickvals=y, ticktext=names)
    return styled(figure, 150 + 30 * len(names))
