"""The files of a fit to myeloma lines: a run that `rank.py` and `report.py` read, the lines' parameters, and
their curves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from inference.fit.verdict import INTERVAL, told_about
from inference.panel import cell_line_fit, cell_lines
from inference.runs import labelled_tree, provenance, resumable
from inference.runs.colours import DATA, POSTERIOR, SECOND
from inference.runs.outputs import write_figure, write_table

DRAWS = 2000
COLOURS = dict(zip(cell_lines.CLASSES, (POSTERIOR, SECOND), strict=True))
METHOD = "normal approximation at the mode (MAP and Laplace), not sampled"


def make(measured: pd.DataFrame, seed: int, out: Path, say: Callable[[str], None]) -> None:
    """Fit, write posterior.nc, verdict.json, run.json, parameters.csv, line_parameters.csv and the figure,
    and say what was learnt.
    """
    data = cell_line_fit.curves(measured)
    say(
        f"Fitting {len(data.lines)} lines, {len(data.compounds)} compounds, {len(data.dose)} viabilities: "
        f"{METHOD} ..."
    )
    found = cell_line_fit.fit(data, report=say)
    tree = cell_line_fit.tree(found, data, DRAWS, seed)
    table = told(tree)
    scatter = dict(zip(cell_lines.CLASSES, map(float, found.sd), strict=True))
    reasons = [METHOD]
    resumable.write_json(out / "verdict.json", {"ok": False, "reasons": reasons, "notes": [], "quick": False})
    resumable.write_json(
        out / "run.json",
        {
            "study": "myeloma_lines",
            "network": cell_line_fit.cell().network.id,
            "seed": seed,
            "scatter": scatter,
            "network_fingerprint": cell_line_fit.cell().network.fingerprint,
            "device": provenance.device_line(),
        },
    )
    write_table(table, out / "parameters.csv")
    write_table(cell_line_fit.of_lines(found, data), out / "line_parameters.csv")
    figure = drawn(tree["curves"].to_dataset())
    write_figure(figure, out / "lines.png")
    plt.close(figure)
    labelled_tree.save(tree, out / "posterior.nc")
    for name, r in table.iterrows():
        say(
            f"  {name:<9} {r['prior_median']:.3g} -> {r['median']:.3g} [{r['low']:.3g}, {r['high']:.3g}]  "
            f"{r['informed']}"
        )
    measured_there = labelled_tree.variable(tree, "curves", "viability").values
    spread = measured_there - found.fitted
    say(
        f"  scatter of a viability: {', '.join(f'{c} {s:.3f}' for c, s in scatter.items())}; explained "
        f"{100 * (1 - spread.var() / measured_there.var()):.0f} % of the variance"
    )
    after = cell_lines.statements(
        measured, {target: saturated(tree, target) for target in cell_lines.CLASSES}
    )[:3]
    write_table(pd.DataFrame([asdict(s) for s in after]), out / "lines_after.csv", index=False)
    for statement in after:
        say(
            f"  after the fit: {statement.verdict:<11} {statement.quantity}: measured "
            f"{statement.measured}; predicted {statement.predicted}"
        )
    say(
        f"Written to {out}: posterior.nc, parameters.csv, line_parameters.csv, lines.png. It can be ranked "
        f"as a run, with `force`, because its verdict is not ok: {METHOD}"
    )


def saturated(tree: xr.DataTree, target: str, draws: int = 256) -> np.ndarray:
    """Viability (draw,) of a line that was not measured at the saturating dose of a class, after the fit."""
    after = tree["posterior"].to_dataset()
    names = (*cell_line_fit.SHARED, *cell_line_fit.OF_LINE)
    q = np.log([after[n].values.ravel()[:draws] for n in names]).T
    dose = np.full((draws, 1), np.log(cell_lines.CLASSES[target].saturating))
    return cell_line_fit.viability(
        np.concatenate([q, dose], axis=1), np.full(draws, list(cell_lines.CLASSES).index(target))
    )


def told(tree: xr.DataTree) -> pd.DataFrame:
    """A row a parameter: prior and posterior of a line that was not measured (shared ones: of every line),
    and what was learnt.
    """
    tails = (1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2
    rows = []
    for name, after in tree["posterior"].to_dataset().data_vars.items():
        before = labelled_tree.variable(tree, "prior", str(name)).values.ravel()
        low, middle, high = np.quantile(after.values, tails)
        rows.append(
            {
                "parameter": name,
                "prior_median": np.median(before),
                "prior_low": np.quantile(before, tails[0]),
                "prior_high": np.quantile(before, tails[2]),
                "median": middle,
                "low": low,
                "high": high,
                "informed": told_about(tree, str(name)),
            }
        )
    return pd.DataFrame(rows).set_index("parameter")


def drawn(curves: xr.Dataset) -> Figure:
    """Every line with its measured and fitted viabilities, two classes of drugs apart by colour, compounds by
    line style.
    """
    names = sorted(set(curves["line"].values))
    target = dict(zip(curves["compound"].values, curves["target"].values, strict=True))
    compounds = sorted(target)
    looks = (("-", "o"), ("--", "s"), (":", "^"))
    columns = 4
    figure, axes = plt.subplots(
        -(-len(names) // columns),
        columns,
        figsize=(12, 2.4 * -(-len(names) // columns)),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, line in zip(axes.flat, names, strict=False):
        for compound in compounds:
            alike = [c for c in compounds if target[c] == target[compound]]
            dash, marker = looks[alike.index(compound) % len(looks)]
            here = (curves["line"].values == line) & (curves["compound"].values == compound)
            order = np.argsort(curves["dose"].values[here])
            x = curves["dose"].values[here][order]
            colour = COLOURS[target[compound]]
            axis.plot(
                x,
                curves["fitted"].values[here][order],
                color=colour,
                ls=dash,
                lw=1.5,
                label=compound,
            )
            axis.plot(
                x,
                curves["viability"].values[here][order],
                marker,
                ls="",
                ms=4,
                color=colour,
                mec=DATA,
                mew=0.4,
            )
        axis.set_title(line, fontsize=9)
        axis.set_xscale("log")
        axis.axhline(1, color="#bbbbbb", lw=0.7)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(names) :]:
        axis.set_visible(False)
    axes.flat[0].legend(frameon=False, fontsize=7)
    figure.supxlabel("dose (nM)", fontsize=9)
    figure.supylabel(f"viability after {cell_lines.HOURS:g} h", fontsize=9)
    figure.suptitle("Myeloma lines of the CCLE: measured (points) and fitted (lines)", fontsize=11)
    return figure
