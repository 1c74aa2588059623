"""The files of a fitted panel: posterior.nc with lines and drugs as dims, tables, a verdict and figures."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr

from inference.fit.verdict import INTERVAL, judge, told_about
from inference.fit.verdict_file import Verdict
from inference.panel import panel_curves, panel_figures, panel_held_out
from inference.panel import panel_layout as unknown
from inference.panel.panel_layout import AXES, AXIS_WORDS, SHARED, half_normal, log_normal
from inference.panel.panel_model import PARAMETERS, PanelModel, local
from inference.panel.panel_tables import PanelTables
from inference.runs import labelled_tree, provenance
from inference.runs.outputs import write_figure, write_kept_table, write_table
from inference.runs.resumable import write_json
from inference.runs.run import Run
from inference.runs.settings import Settings
from inference.samplers.draws import Draws

CURVES = "curves"  # folder of what is simulated after the fit
TOGETHER = 0.7  # correlation from which two unknowns are said to be one (our choice: half the variance)
ENDS = ((1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2)


def own_units(model: PanelModel, z: np.ndarray) -> xr.Dataset:  # long: a quantity a line, with its dims
    """Draws (chain, draw, unknown) as labelled quantities of lines, drugs and noise, in their own units.

    Potencies and residuals are on ln: how many e-folds less a dose is worth than the table of the model
    says; residuals stand where a (line, drug) was measured more than once, NaN elsewhere.
    """
    data, layout = model.data, model.layout

    @jax.jit
    @jax.vmap
    def of(x: jax.Array) -> dict[str, jax.Array]:
        at, part = local(x, layout, data), layout.split(x)
        shared = {n: at.values[0, PARAMETERS.index(n)] for n in SHARED}
        axes = {n: at.values[:, PARAMETERS.index(n)] for n in AXES}
        return (
            shared
            | axes
            | {
                "ln_potency": at.shift,
                "residual": at.residual,
                "residual_spread": at.scatter,
                "axis_spread": half_normal(part["spread"], unknown.SPREAD),
                "coefficient": part["coefficient"],
                "ln_offset": at.offset[:-1],
                "density": at.density,
                "noise": log_normal(part["noise"], *unknown.NOISE),
                "half_noise": log_normal(part["half_noise"], *unknown.HALF_NOISE),
                "curve_spread": half_normal(part["curve_spread"], unknown.CURVE),
            }
        )

    found = {k: np.array(v) for k, v in of(jnp.asarray(z.reshape(-1, z.shape[-1]))).items()}
    named = dict(layout.blocks["coefficient"][1])["covariate"]
    for i, name in enumerate(named):
        at, sd = unknown.COEFFICIENTS[name]
        found["coefficient"][:, i] = at + sd * found["coefficient"][:, i]
    table = np.full((len(found["dl"]), len(data.lines), len(data.drugs)), np.nan)
    for k, (line, drug) in enumerate(data.cells):
        if data.sampled[k]:
            table[:, data.lines.index(line), data.drugs.index(drug)] = found["residual"][:, k]
    found["residual"] = table
    dims = {
        **dict.fromkeys(AXES, ("line",)),
        "ln_potency": ("drug",),
        "residual": ("line", "drug"),
        "axis_spread": ("axis",),
        "coefficient": ("covariate",),
        "ln_offset": ("source_drug",),
        "density": ("source",),
    }
    coords: dict[str, Any] = {
        "chain": np.arange(z.shape[0]),
        "draw": np.arange(z.shape[1]),
        "line": list(data.lines),
        "drug": list(data.drugs),
        "axis": list(AXES),
        "covariate": list(named),
        "source_drug": [" ".join(o) for o in data.offsets],
        "source": list(data.sources),
    }
    return xr.Dataset(
        {
            n: (("chain", "draw", *dims.get(n, ())), v.reshape(*z.shape[:2], *v.shape[1:]))
            for n, v in found.items()
        },
        coords=coords,
    )


def finish(model: PanelModel, tables: PanelTables, draws: Draws, settings: Settings, run: Run) -> Verdict:
    """Label what was drawn, simulate the curves of every line and drug, judge, and write everything."""
    z = draws.z
    key = jax.random.PRNGKey(settings.seed + 1)
    prior = np.asarray(model.problem.priors.draw(key, settings.prior_draws))[None]
    some = panel_curves.thinned(z)
    curves = panel_curves.of_draws(model, some, run.within(CURVES))
    posterior = own_units(model, z)
    verdict = replace(_judged(model, z, prior, draws, settings), quick=settings.quick)
    found = panel_curves.variance(model, curves, some)
    tree = xr.DataTree.from_dict(
        {
            "/posterior": posterior,
            "/prior": own_units(model, prior),
            "/unknowns": xr.Dataset(
                {"z": (("chain", "draw", "unknown"), z)}, coords={"unknown": list(model.layout.names)}
            ),
            "/sample_stats": xr.Dataset({k: (("chain", "draw"), v) for k, v in draws.stats.items()}),
            "/curves": panel_curves.labelled(model, curves),
            "/lines": tables.lines.set_index("line").to_xarray(),
        }
    )
    labelled_tree.save(tree, run.folder / "posterior.nc")
    of_lines, of_shared = table_of_lines(posterior, tables), table_of_shared(tree)
    write_kept_table(of_lines, run.folder / "lines_fitted.csv")
    write_table(of_shared, run.folder / "summary.csv")
    write_kept_table(found, run.folder / "explained.csv")
    held = held_out(model, some, curves, run)
    verdict.write(run.folder)
    write_json(
        run.folder / "run.json",
        {
            "panel": True,
            "status": "finished",
            "lines": list(model.data.lines),
            "drugs": list(model.data.drugs),
            **provenance.provenance(settings),
        },
    )
    mark = "" if verdict.usable else f"  ({verdict.why_not[-1]})" if verdict.quick else "  (verdict: not ok)"
    for name, figure in (
        ("lines", panel_figures.lines(tree, mark)),
        ("curves", panel_figures.curves(tree, tables, mark)),
    ):
        write_figure(figure, run.folder / "figures" / f"{name}.png")
        plt.close(figure)
    _say(of_lines, found, verdict, run)
    for one, other, r in exchanged(posterior):
        run.say(f"  {one} and {other} cannot be told apart by these data (correlation {r:+.2f})")
    _say_held_out(*held, run)
    return verdict


def held_out(
    model: PanelModel, z: np.ndarray, curves: np.ndarray, run: Run
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Predictions of every (line, drug) without itself, beside the baselines; written and given."""
    run.say("Leaving each line and drug out, and fitting the baselines without it ...")
    drawn = panel_held_out.drawn_of(model, z, curves)
    methods, targets, null = panel_held_out.compared(model, drawn)
    write_kept_table(methods, run.folder / "held_out.csv")
    write_table(targets, run.folder / "held_out_targets.csv", index=False)
    write_table(null, run.folder / "held_out_null.csv")
    return methods, targets, null


def _say_held_out(methods: pd.DataFrame, targets: pd.DataFrame, null: pd.DataFrame, run: Run) -> None:
    run.say("Held out, ln IC50: log score and error; by how much the mechanism scores better (89 %, by line)")
    for name, r in methods.iterrows():
        gain = "" if name == panel_held_out.MECHANISM else (
            f"  {r['mechanism_better_by']:+.2f} [{r['low']:+.2f}, {r['high']:+.2f}]")  # fmt: skip
        run.say(f"  {name!s:<20} {r['log_score']:.2f}  {r['rms_error']:.2f}{gain}")
    for drug, r in null.iterrows():
        verdict = "does" if float(r["beats"]) >= 0.95 else "does not"  # pyright: ignore[reportArgumentType]  pandas' stubs say Series
        run.say(f"  {drug}: {verdict} beat 95 % of permutations of the lines ({100 * r['beats']:.0f} %)")
    pairs = targets.drop_duplicates(["line", "drug"])
    bad = pairs[~(pairs["pareto_k"] <= panel_held_out.PARETO_K)]
    if len(bad):
        named = ", ".join(f"{r['line']} {r['drug']}" for _, r in bad.head(8).iterrows())
        run.say(f"  {len(bad)} of {len(pairs)} pairs move the posterior too far to be left "
                f"out by weights: {named}{', ...' if len(bad) > 8 else ''}")  # fmt: skip


def _judged(model: PanelModel, z: np.ndarray, prior: np.ndarray, draws: Draws, settings: Settings) -> Verdict:
    """The verdict over all unknowns, as for any fit."""
    names = model.layout.names

    def group(values: np.ndarray) -> xr.Dataset:
        return xr.Dataset({n: (("chain", "draw"), values[:, :, i]) for i, n in enumerate(names)})

    along = {"parameter": list(names)}
    constants = xr.Dataset(
        {
            "tags": ("parameter", [""] * len(names)),
            "unit": ("parameter", ["-"] * len(names)),
            "scale": ("parameter", ["lin"] * len(names)),
        },
        coords=along,
    )
    stats = {"n_steps" if k == "num_steps" else k: (("chain", "draw"), v) for k, v in draws.stats.items()}
    tree = xr.DataTree.from_dict(
        {
            "/posterior": group(z),
            "/prior": group(prior),
            "/sample_stats": xr.Dataset(stats),
            "/constant_data": constants,
        }
    )
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        found = judge(tree, longest=2**settings.max_tree_depth - 1)
    return replace(found, notes=tuple(n for n in found.notes if not n.startswith("not informed")))


def table_of_lines(posterior: xr.Dataset, tables: PanelTables) -> pd.DataFrame:
    """A row a line: its covariates, and median and 89 % interval of each axis."""
    known = tables.lines.set_index("line")
    rows = []
    for line in posterior["line"].values:
        row = {"line": line, **known.loc[line].to_dict()}
        for name in AXES:
            low, middle, high = np.quantile(posterior[name].sel(line=line).values, ENDS)
            row |= {name: middle, f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return pd.DataFrame(rows).set_index("line")


def table_of_shared(tree: xr.DataTree) -> pd.DataFrame:
    """A row a quantity that all lines share: before, after, and what the data told."""
    before, after = tree["prior"].to_dataset(), tree["posterior"].to_dataset()
    rows = []
    for name, values in after.data_vars.items():
        if {"line"} & set(values.dims):
            continue
        extra = [d for d in values.dims if d not in ("chain", "draw")]
        labels = values[extra[0]].values if extra else [None]
        for label in labels:
            pick = {} if label is None else {extra[0]: label}
            p, q = (x[str(name)].sel(pick).values.ravel() for x in (before, after))
            low, middle, high = np.quantile(q, ENDS)
            one = xr.DataTree.from_dict(
                {
                    "/prior": xr.Dataset({"x": (("chain", "draw"), p[None])}),
                    "/posterior": xr.Dataset({"x": values.sel(pick).drop_vars(list(pick))}),
                }
            )
            rows.append(
                {
                    "parameter": f"{name} {label or ''}".strip(),
                    "prior_median": np.median(p),
                    "prior_low": np.quantile(p, ENDS[0]),
                    "prior_high": np.quantile(p, ENDS[2]),
                    "median": middle,
                    "low": low,
                    "high": high,
                    "informed": told_about(one, "x"),
                }
            )
    return pd.DataFrame(rows).set_index("parameter")


def exchanged(posterior: xr.Dataset) -> list[tuple[str, str, float]]:
    """Pairs of a drug's potency and of what all lines share, or the mean of an axis, that the data cannot
    tell apart: correlated by more than `TOGETHER` over the draws, on ln.
    """
    table = {n: np.log(posterior[n].values).ravel() for n in SHARED}
    table |= {f"mean {n}": np.log(posterior[n].values).mean(axis=-1).ravel() for n in AXES}
    found = []
    for drug in posterior["drug"].values:
        potency = posterior["ln_potency"].sel(drug=drug).values.ravel()
        for name, values in table.items():
            r = float(np.corrcoef(potency, values)[0, 1])
            if abs(r) > TOGETHER:
                found.append((f"potency of {drug}", name, r))
    return found


def _say(lines: pd.DataFrame, explained: pd.DataFrame, verdict: Verdict, run: Run) -> None:
    run.say("Axes of the lines, medians: " + ", ".join(f"{n} {w}" for n, w in AXIS_WORDS.items()))
    for line, r in lines.iterrows():
        run.say(f"  {line!s:<11} " + "  ".join(f"{n} {r[n]:.3g} [{r[f'{n}_low']:.3g}, {r[f'{n}_high']:.3g}]"
                                              for n in AXES))  # fmt: skip
    share = explained.loc["all"]
    run.say(
        f"Of the variance of ln IC50 between lines within drugs that the fit explains, "
        f"{100 * share['residual_share']:.0f} % "
        f"({100 * share['low']:.0f} to {100 * share['high']:.0f}) is residual of drug x line, that is not of "
        f"the mechanism"
    )
    run.say("Verdict: ok" if verdict.usable else f"Verdict: not ok: {'; '.join(verdict.why_not)}")
    run.say(f"Written to {run.folder}: posterior.nc, lines_fitted.csv, summary.csv, explained.csv, figures/")
