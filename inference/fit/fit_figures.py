"""Figures of a fit, one function each: labelled data in, a matplotlib figure out.

Colours are those of Okabe and Ito (readable with colour-blindness): the prior grey, the posterior blue, data
black.
"""

from __future__ import annotations

from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from scipy.stats import gaussian_kde

from inference.fit.verdict import INTERVAL, NOT_INFORMED
from inference.runs.colours import DATA, POSTERIOR, PRIOR, SECOND
from inference.runs.figure_labels import label

LOW, HIGH = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
PALETTE = (POSTERIOR, SECOND, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
WORDS = 3  # more things that differ between dishes than this are not spelled out


def _log_scale(values: np.ndarray, unit: str) -> bool:
    return bool(np.all(values > 0)) and unit != "0-1"


def _density(ax: Axes, values: np.ndarray, log: bool, colour: str, label: str, filled: bool) -> None:
    x = np.log(values) if log else values
    if np.ptp(x) < 1e-9 * np.abs(x).max():  # one value: there is no density to draw
        ax.axvline(values.flat[0], color=colour, lw=1.5, label=label)
        return
    low, high = np.quantile(x, [0.002, 0.998])
    grid = np.linspace(low, high, 200)
    y = gaussian_kde(x)(grid)
    at = np.exp(grid) if log else grid
    ax.plot(at, y, color=colour, lw=1.5, label=label)
    if filled:
        ax.fill_between(at, y, color=colour, alpha=0.25, lw=0)


def strengths(dt: xr.DataTree, table: pd.DataFrame, mark: str = "") -> Figure:
    """Prior and posterior of every feedback strength and estradiol effect, with what the data told in words.

    A study without any, of another cell perhaps, shows its first twelve parameters.
    """
    names = [
        n for n in table.index if "feedback" in table.loc[n, "tags"] or "estradiol" in table.loc[n, "tags"]
    ]
    named, names = bool(names), names or list(table.index[:12])
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    fig, axes = plt.subplots(
        rows, columns, figsize=(3.1 * columns, 2.6 * rows), squeeze=False, layout="constrained"
    )
    constants = dt["constant_data"].to_dataset()
    for ax, name in zip(axes.flat, names, strict=False):
        p, q = dt["prior"][name].values.ravel(), dt["posterior"][name].values.ravel()  # pyright: ignore[reportAttributeAccessIssue]  xarray's stubs take .values for a method
        unit = str(table.loc[name, "unit"])
        log = _log_scale(p, unit)
        _density(ax, p, log, PRIOR, "prior", False)
        _density(ax, q, log, POSTERIOR, "posterior", True)
        if log:
            ax.set_xscale("log")
        ax.set_ylim(0, 1.18 * ax.get_ylim()[1])
        ax.set_xlabel(label(name if unit in ("-", "1", "0-1", "rel") else f"{name} ({unit})"))
        meaning = _wrapped(str(constants["meaning"].sel(parameter=name).item()), 44)
        ax.set_title(label("\n".join(meaning), 140), fontsize=7.5)
        ax.set_yticks([])
        told = str(table.loc[name, "informed"])
        ax.text(
            0.02,
            0.97,
            told,
            transform=ax.transAxes,
            va="top",
            fontsize=7.5,
            color=SECOND if told == NOT_INFORMED else POSTERIOR,
        )
        ax.spines[["top", "right", "left"]].set_visible(False)
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    axes.flat[0].legend(frameon=False, fontsize=7.5, loc="center right")
    what = "What the data say" + " about feedback strengths and estradiol" * named
    fig.suptitle(what + label(mark, 400), fontsize=11)
    return fig


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width)[:3] or [""]


def predictive(dt: xr.DataTree, mark: str = "") -> Figure:
    """Every measurement with the 89 % posterior band of the read-out (dark) and of a new measurement (light).

    One panel an observable, named as the study names it: over time where it was followed, over the dose where
    one thing was given in three amounts or more, else dish by dish.
    """
    data = _measured(dt)
    names = list(dict.fromkeys(data["observable"]))
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    fig, axes = plt.subplots(
        rows, columns, figsize=(4.6 * columns, 3.3 * rows), squeeze=False, layout="constrained"
    )
    for ax, name in zip(axes.flat, names, strict=False):
        here = _where(data, data["observable"].to_numpy() == name)
        dishes = _levels(dt, list(dict.fromkeys(here["experiment"])))
        if _most_times(here) >= 3:
            _over_time(ax, here, dishes)
        elif (dose := _dose(dishes)) is not None:
            _over_dose(ax, here, dishes, dose)
        else:
            _dish_by_dish(ax, here, dishes)
        y = here["y"].to_numpy(float)
        if np.all(y > 0) and y.max() / y.min() > 30:
            ax.set_yscale("log")
        ax.set_ylabel("measured", fontsize=8)
        ax.tick_params(labelsize=7.5)
        ax.set_title(label("\n".join(_wrapped(_named(dt, name), 46)), 140), fontsize=8.5)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    title = (
        "Measurements (points) and the fitted model: read-out (dark band), new measurement (light band), "
        "89 %;\nlines join predictions at the measured points"
    )
    fig.suptitle(title + label(mark, 400), fontsize=10)
    return fig


def _measured(dt: xr.DataTree) -> pd.DataFrame:
    """A row a measurement: what, where, when, y, and low, median, high of read-out and of a new one."""
    observed = dt["observed_data"].to_dataset()
    table = pd.DataFrame({n: observed[n].values for n in ("observable", "experiment", "time", "y")})
    predicted = dt["posterior_predictive"].to_dataset()
    for what, name in (("y", "new"), ("expected", "read")):
        drawn = predicted[what].values.reshape(-1, len(table))
        for end, q in (("low", LOW), ("mid", 0.5), ("high", HIGH)):
            table[f"{name}_{end}"] = np.quantile(drawn, q, axis=0)
    return table


def _where(table: pd.DataFrame, keep: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({n: table[n].to_numpy()[keep] for n in table.columns})


def _most_times(here: pd.DataFrame) -> int:
    pairs = set(zip(here["experiment"], here["time"], strict=True))
    return max(Counter(e for e, _ in pairs).values())


def _named(dt: xr.DataTree, observable: str) -> str:
    constants = dt["constant_data"].to_dataset() if "constant_data" in dt.children else xr.Dataset()
    if "observable_name" not in constants:
        return observable
    return str(constants["observable_name"].sel(observable=observable).item())


def _levels(dt: xr.DataTree, experiments: list[str]) -> pd.DataFrame:
    """A row a dish, a column each thing of which these dishes have different amounts; units in `.attrs`."""
    constants = dt["constant_data"].to_dataset() if "constant_data" in dt.children else xr.Dataset()
    if "level" not in constants:
        return pd.DataFrame(index=experiments)
    table = constants["level"].sel(experiment=experiments).to_pandas()
    table = table.loc[:, (table.nunique(dropna=False) > 1) & table.notna().all()]
    table.attrs["units"] = dict(
        zip(constants["target"].values.tolist(), constants["target_unit"].values.tolist(), strict=True)
    )
    return table


def _amount(name: str, value: float, dishes: pd.DataFrame) -> str:
    unit = dishes.attrs["units"].get(name, "")
    return f"{name} {_plain(value)} {unit if unit not in ('-', '1', 'rel') else ''}".strip()


def _in_words(dishes: pd.DataFrame, experiment: str, without: str = "") -> str:
    """What this dish was given that others here were not, or its name."""
    shown = [c for c in dishes.columns if c != without]
    if not shown or len(shown) > WORDS or (not without and not _apart(dishes, shown)):
        return experiment
    return "\n".join(_amount(c, float(dishes.loc[experiment, c]), dishes) for c in shown)


def _apart(dishes: pd.DataFrame, shown: list[str]) -> bool:
    return len({tuple(row) for row in dishes[shown].to_numpy()}) == len(dishes)


def _dose(dishes: pd.DataFrame) -> str | None:
    """The thing that was given in the most amounts, if in three or more and none negative."""
    counts = {c: len(set(dishes[c])) for c in dishes.columns if min(dishes[c]) >= 0}
    best = max(counts, key=lambda c: counts[c], default=None)
    return best if best is not None and counts[best] >= 3 else None


def _bands(ax: Axes, x: np.ndarray, rows: pd.DataFrame, colour: str, words: str) -> None:
    ax.fill_between(x, rows["new_low"], rows["new_high"], color=colour, alpha=0.15, lw=0)
    ax.fill_between(x, rows["read_low"], rows["read_high"], color=colour, alpha=0.35, lw=0)
    ax.plot(x, rows["read_mid"], color=colour, lw=1)
    ax.plot(x, rows["y"], "o", ms=3.5, color=colour, mec="black", mew=0.4, label=label(words, 60))


def _over_time(ax: Axes, here: pd.DataFrame, dishes: pd.DataFrame) -> None:
    groups = list(dict.fromkeys(here["experiment"]))
    for g, colour in zip(groups, PALETTE * 15, strict=False):
        rows = _where(here, here["experiment"].to_numpy() == g)
        rows = _where(rows, np.argsort(rows["time"].to_numpy(), kind="stable"))
        _bands(ax, rows["time"].to_numpy(), rows, colour, _in_words(dishes, g).replace("\n", ", "))
    ax.set_xlabel("time (min)", fontsize=8)
    if len(groups) > 1:
        ax.legend(frameon=False, fontsize=6.5)


def _over_dose(ax: Axes, here: pd.DataFrame, dishes: pd.DataFrame, dose: str) -> None:
    """A log axis with room for 0 at its left end; dishes that differ otherwise are lines of their own."""
    amounts = sorted(set(dishes[dose]))
    amount = dict(zip(dishes.index, dishes[dose], strict=True))
    zero = min(a for a in amounts if a > 0) / 3
    kinds = {e: _in_words(dishes, e, dose) if dishes.shape[1] > 1 else "" for e in dishes.index}
    shown = list(dict.fromkeys(kinds.values()))
    for kind, colour in zip(shown, PALETTE * 15, strict=False):
        rows = _where(here, np.array([kinds[e] == kind for e in here["experiment"]]))
        x = np.maximum(zero, [amount[e] for e in rows["experiment"]])
        order = np.argsort(x, kind="stable")
        _bands(ax, x[order], _where(rows, order), colour, kind.replace("\n", ", "))
    ax.set_xscale("log")
    ticks = [zero if a == 0 else a for a in amounts]
    ax.set_xticks(ticks, [_plain(a) for a in amounts], rotation=60 if len(ticks) > 6 else 0)
    ax.minorticks_off()
    ax.set_xlabel(label(_axis(dose, dishes)), fontsize=8)
    if len(shown) > 1:
        ax.legend(frameon=False, fontsize=6.5)


def _plain(value: float) -> str:
    return np.format_float_positional(float(f"{value:.3g}"), trim="-")


def _axis(name: str, dishes: pd.DataFrame) -> str:
    unit = dishes.attrs["units"].get(name, "")
    return f"{name} ({unit})" if unit not in ("", "-", "1", "rel") else name


def _dish_by_dish(ax: Axes, here: pd.DataFrame, dishes: pd.DataFrame) -> None:
    groups = list(dict.fromkeys(here["experiment"]))
    for i, g in enumerate(groups):
        rows = _where(here, here["experiment"].to_numpy() == g)
        first = rows.iloc[0]
        for name, alpha, width in (("new", 0.3, 7), ("read", 0.8, 3)):
            ends = [first[f"{name}_low"], first[f"{name}_high"]]
            ax.plot([i, i], ends, color=POSTERIOR, alpha=alpha, lw=width, solid_capstyle="butt")
        ax.plot([i] * len(rows), rows["y"], "o", ms=4, color=DATA)
    words = [label(_in_words(dishes, g), 60) for g in groups]
    steep = 60 if len(groups) > 4 else 0
    ax.set_xticks(range(len(groups)), words, rotation=steep, ha="right" if steep else "center", fontsize=7)
    ax.set_xlim(-0.6, len(groups) - 0.4)


def chains(dt: xr.DataTree, table: pd.DataFrame, mark: str = "") -> Figure:
    """Every chain's path through the feedback strengths and estradiol effects: they should look alike."""
    names = list(table.index[:8])
    fig, axes = plt.subplots(
        len(names), 1, figsize=(8, 1.15 * len(names) + 0.8), squeeze=False, sharex=True, layout="constrained"
    )
    for ax, name in zip(axes.flat, names, strict=True):
        values = dt["posterior"][name].values
        for c, colour in zip(
            range(values.shape[0]),  # pyright: ignore[reportAttributeAccessIssue]  xarray's stubs take .values for a method
            (POSTERIOR, SECOND, "#009E73", "#CC79A7") * 16,
            strict=False,
        ):
            ax.plot(values[c], color=colour, lw=0.5)  # pyright: ignore[reportIndexIssue]  xarray's stubs take .values for a method
        if _log_scale(values, str(table.loc[name, "unit"])):  # pyright: ignore[reportArgumentType]  xarray's stubs take .values for a method
            ax.set_yscale("log")
            ax.yaxis.set_minor_formatter(NullFormatter())
        ax.set_ylabel(label(name, 30), rotation=0, ha="right", va="center", fontsize=8)
        ax.tick_params(labelsize=7)
        told = f"R-hat {table.loc[name, 'rhat']:.3f}\nESS {table.loc[name, 'ess_bulk']:.0f}"
        ax.text(1.005, 0.5, told, transform=ax.transAxes, fontsize=7, va="center")
    axes.flat[-1].set_xlabel("draw")
    fig.suptitle("Chains" + mark, fontsize=11)
    return fig
