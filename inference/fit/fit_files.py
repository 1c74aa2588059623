"""The files of a run that people read: posterior.nc, summary.csv, verdict.json, failures.csv and
the figures.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import fields, replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Array
from rich.console import Console
from rich.table import Table

from inference.best_fit import search_figures
from inference.fit import fit_figures
from inference.fit import verdict as check
from inference.fit.drawn import Drawn, read_drawn
from inference.fit.measured_dishes import measured_dishes
from inference.fit.run_folder import NOTE, read_note
from inference.fit.solver_certificate import Certificate, certify
from inference.fit.verdict_file import FILE, Verdict
from inference.likelihood.reduced_parts import Split, split
from inference.runs import labelled_tree, resumable
from inference.runs.outputs import write_figure, write_kept_table
from inference.runs.run import Run
from inference.runs.settings import Settings
from inference.samplers.choices import SAMPLERS
from inference.samplers.draws import evidence
from inference.samplers.sampler import Sampler
from inference.study.declared_scales import scale_of
from inference.study.study import Study

CERTIFIED, BY_OTHER = 100, 4  # draws solved again more tightly, and by another method
SHOWN = 40  # parameters of another network that are shown at the end
QUICK_MARK = "  (quick run: not for use)"


def labels_of(study: Study) -> labelled_tree.Labels:
    """Names, units and measurements of a study, as the tree needs them."""
    m = study.measurements
    return labelled_tree.Labels(
        [u.name for u in study.unknowns],
        [u.unit for u in study.unknowns],
        [" ".join(u.tags) for u in study.unknowns],
        [u.meaning for u in study.unknowns],
        np.array([u.nominal for u in study.unknowns]),
        [study.experiments[i] for i in m.experiment],
        [study.observables[i] for i in m.observable],
        np.asarray(m.time),
        np.asarray(m.value),
        np.asarray(m.censored) != 0,
        [scale_of(u.prior) for u in study.unknowns],
        measured_dishes(study),
    )


def certificate(study: Study, theta: np.ndarray, rtol: float, atol: float, run: Run) -> Certificate:
    """Does the solver's error show in these draws (draw, parameter)? A share of them, evenly spread, is
    solved again.
    """
    parts = Split(study, split(study))
    share = theta[:: max(1, len(theta) // CERTIFIED)][:CERTIFIED]
    run.say(
        f"Solving {len(share)} draws again at 100 times tighter tolerance, and {BY_OTHER} of them by "
        f"another method ..."
    )

    def evaluate(t: Array, rtol: Array, atol: Array) -> tuple[Array, Array]:
        terms, _, ok = parts.evaluate(t, rtol=rtol, atol=atol)
        return terms, ok

    return certify(study, share, rtol=rtol, atol=atol, other_draws=BY_OTHER, run=run, evaluate=evaluate)


def finish(study: Study, run: Run, sampler: Sampler | None = None) -> Verdict:
    """Label what `fit_study.draw` drew, judge it and write the files; needs ArviZ and matplotlib.

    Args:
        sampler: that drew it, where no listed one has its name.
    """
    drawn, note = read_drawn(run.folder), read_note(run.folder)
    settings = Settings(**note["settings"])
    note["superchains"] = drawn.superchains
    if len(drawn.log_evidence):
        value, error = evidence(drawn.log_evidence)
        note["log_evidence"] = {"value": value, "standard_error": error}
        run.say(f"Log evidence {value:.2f} +- {error:.2f}")
    if not settings.quick:
        solved = certificate(study, drawn.theta[drawn.ok], settings.rtol, settings.atol, run)
        note["certificate"] = solved.attrs()
    dt = labelled_tree.tree(labels_of(study), sampled_of(drawn), note)
    labelled_tree.save(dt, run.folder / "posterior.nc")
    failed = drawn.theta[~drawn.ok]
    names = pd.Index([u.name for u in study.unknowns])
    write_kept_table(pd.DataFrame(failed, columns=names), run.folder / "failures.csv", index=False)
    method = sampler or SAMPLERS.get(settings.sampler)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # ArviZ repeats what the verdict says in words
        table = check.summary(dt)
        verdict = check.judge(
            dt,
            failed_solves=len(failed),
            superchains=drawn.superchains,
            certificate=note.get("certificate"),
            mode_mass=drawn.mode_mass,
            ended=note.get("ended", ""),
            longest=None if method is None else method.longest(settings),
        )
    verdict = replace(verdict, quick=settings.quick)
    write_kept_table(table, run.folder / "summary.csv")
    verdict.write(run.folder)
    figures(dt, table, drawn.mode_potentials, verdict, run.folder / "figures")
    resumable.write_json(run.folder / NOTE, note | {"status": "finished"})
    show(table, verdict, run.teller.console)
    run.say(f"Written to {run.folder}: posterior.nc, summary.csv, {FILE}, {NOTE}, figures/")
    return verdict


def sampled_of(drawn: Drawn) -> labelled_tree.Sampled:
    """What of it goes into the labelled tree."""
    own = [f.name for f in fields(labelled_tree.Sampled) if f.name != "extra_stats"]
    return labelled_tree.Sampled(**{name: getattr(drawn, name) for name in own})


def figures(
    dt: xr.DataTree, table: pd.DataFrame, mode_potentials: np.ndarray, verdict: Verdict, folder: Path
) -> None:
    """Strengths, predictive check, chains, and where the searches ended."""
    mark = QUICK_MARK if verdict.quick else "" if verdict.ok else "  (verdict: not ok)"
    folder.mkdir(exist_ok=True)
    found = {
        "strengths": fit_figures.strengths(dt, table, mark),
        "predictive": fit_figures.predictive(dt, mark),
        "chains": fit_figures.chains(dt, table, mark),
    }
    if len(mode_potentials):
        found["waterfall"] = search_figures.waterfall(mode_potentials, mark)
    for name, figure in found.items():
        write_figure(figure, folder / f"{name}.png")
        plt.close(figure)


def show(table: pd.DataFrame, verdict: Verdict, console: Console) -> None:
    """The short table at the end of a run, and the verdict in words: of our own network what it is about, of
    another one its own parameters.
    """
    ours = table["tags"].str.contains("feedback|estradiol")
    rows = table[ours] if ours.any() else table.iloc[:SHOWN]
    what = "Feedback strengths and estradiol effects" if ours.any() else "Parameters"
    rest = (
        f"; {len(table) - len(rows)} more are in summary.csv"
        if len(rows) < len(table) and not ours.any()
        else ""
    )
    grid = Table(
        title=f"{what}: median and {100 * check.INTERVAL:.0f} % interval{rest}",
        title_justify="left",
    )
    for column in ("parameter", "unit", "prior", "posterior", "what the data say"):
        grid.add_column(column, no_wrap=column == "parameter")
    for name, row in rows.iterrows():
        posterior = f"{row['median']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"
        if row["informed"] == "bounded from below":  # pyright: ignore[reportGeneralTypeIssues]  pandas' stubs say Series
            posterior = f"above {row['low']:.3g}"
        elif row["informed"] == "bounded from above":  # pyright: ignore[reportGeneralTypeIssues]  pandas' stubs say Series
            posterior = f"below {row['high']:.3g}"
        prior = f"{row['prior_median']:.3g} [{row['prior_low']:.3g}, {row['prior_high']:.3g}]"
        grid.add_row(str(name), row["unit"], prior, posterior, row["informed"])  # pyright: ignore[reportArgumentType]  pandas' stubs say Series
    console.print(grid)
    if verdict.quick:
        console.print(
            "Quick run: everything was exercised, but these numbers are NOT FOR USE.", highlight=False
        )
    console.print("Verdict: ok" if verdict.ok else "Verdict: not ok", highlight=False)
    for reason in verdict.reasons:
        console.print(f"  - {reason}", highlight=False)
    for note in verdict.notes:
        console.print(f"  note: {note}", highlight=False)
