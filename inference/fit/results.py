"""The files of a run that people read: posterior.nc, summary.csv, verdict.json, failures.csv and
the figures.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Array
from rich.console import Console
from rich.table import Table

from inference.best_fit import search_figures
from inference.fit import fit_figures
from inference.fit import verdict as check
from inference.fit.solver_certificate import certify
from inference.likelihood.reduced_parts import Split, split
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller
from inference.runs.run_record import read_run
from inference.study.study import Study

CERTIFIED, BY_OTHER = 100, 4  # draws solved again more tightly, and by another method
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
    )


def certificate(study: Study, theta: np.ndarray, settings: dict[str, Any], tell: Teller) -> dict[str, Any]:
    """Does the solver's error show in these draws (draw, parameter)? A share of them, evenly spread, is
    solved again.
    """
    parts = Split(study, split(study))
    share = theta[:: max(1, len(theta) // CERTIFIED)][:CERTIFIED]
    tell.say(
        f"Solving {len(share)} draws again at 100 times tighter tolerance, and {BY_OTHER} of them by "
        f"another method ..."
    )

    def evaluate(t: Array, rtol: Array, atol: Array) -> tuple[Array, Array]:
        terms, _, ok = parts.evaluate(t, rtol=rtol, atol=atol)
        return terms, ok

    with tell.bar("certificate", len(share)) as bar:
        return certify(
            study,
            share,
            rtol=settings["rtol"],
            atol=settings["atol"],
            other_draws=BY_OTHER,
            report=lambda i, _: bar.to(i),
            evaluate=evaluate,
        ).attrs()


def finish(study: Study, out: Path, tell: Teller) -> tuple[check.Verdict, bool]:
    """Label what `run.execute` drew, judge it and write the files; needs ArviZ and matplotlib.

    Returns the verdict, and whether the run was a quick one.
    """
    arrays = resumable.read_arrays(out / "checkpoint" / "drawn.npz")
    run = read_run(out / "run.json")
    quick = bool(run["settings"]["quick"])
    stats = {k.removeprefix("stats_"): v for k, v in arrays.items() if k.startswith("stats_")}
    names = (
        "theta",
        "log_likelihood",
        "log_prior",
        "expected",
        "replicated",
        "kept",
        "prior_theta",
        "prior_expected",
        "prior_replicated",
    )
    sampled = labelled_tree.Sampled(stats=stats, **{k: arrays[k] for k in names})
    run["superchains"] = int(arrays["superchains"])
    if len(arrays["log_evidence"]):
        from inference.samplers import smc  # BlackJAX is needed only where it sampled

        value, error = smc.evidence(arrays["log_evidence"])
        run["log_evidence"] = {"value": value, "standard_error": error}
        tell.say(f"Log evidence {value:.2f} +- {error:.2f}")
    if not quick:
        run["certificate"] = certificate(study, arrays["theta"][arrays["ok"]], run["settings"], tell)
    dt = labelled_tree.tree(labels_of(study), sampled, run)
    labelled_tree.save(dt, out / "posterior.nc")
    failed = arrays["theta"][~arrays["ok"]]
    pd.DataFrame(failed, columns=[u.name for u in study.unknowns]).to_csv(out / "failures.csv", index=False)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # ArviZ repeats what the verdict says in words
        table = check.summary(dt)
        verdict = check.judge(
            dt,
            failed_solves=len(failed),
            superchains=run["superchains"],
            certificate=run.get("certificate"),
            max_tree_depth=run["settings"]["max_tree_depth"]
            if run["settings"]["sampler"] == "nuts"
            else None,
        )
    table.to_csv(out / "summary.csv")
    resumable.write_json(
        out / "verdict.json",
        {"ok": verdict.ok, "reasons": list(verdict.reasons), "notes": list(verdict.notes), "quick": quick},
    )
    mark = QUICK_MARK if quick else "" if verdict.ok else "  (verdict: not ok)"
    (out / "figures").mkdir(exist_ok=True)
    drawn = {
        "strengths": fit_figures.strengths(dt, table, mark),
        "predictive": fit_figures.predictive(dt, mark),
        "chains": fit_figures.chains(dt, table, mark),
    }
    if len(arrays["mode_potentials"]):
        drawn["waterfall"] = search_figures.waterfall(arrays["mode_potentials"], mark)
    for name, figure in drawn.items():
        figure.savefig(out / "figures" / f"{name}.png", dpi=130)
        plt.close(figure)
    resumable.write_json(out / "run.json", run | {"status": "finished"})
    show(table, verdict, quick, tell.console)
    return verdict, quick


def show(table: pd.DataFrame, verdict: check.Verdict, quick: bool, console: Console) -> None:
    """The short table at the end of a run, and the verdict in words."""
    grid = Table(
        title=f"Feedback strengths and estradiol effects: median and {100 * check.INTERVAL:.0f} % interval",
        title_justify="left",
    )
    for column in ("parameter", "unit", "prior", "posterior", "what the data say"):
        grid.add_column(column, no_wrap=column == "parameter")
    for name, row in table[table["tags"].str.contains("feedback|estradiol")].iterrows():
        posterior = f"{row['median']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"
        if row["informed"] == "bounded from below":
            posterior = f"above {row['low']:.3g}"
        elif row["informed"] == "bounded from above":
            posterior = f"below {row['high']:.3g}"
        prior = f"{row['prior_median']:.3g} [{row['prior_low']:.3g}, {row['prior_high']:.3g}]"
        grid.add_row(str(name), row["unit"], prior, posterior, row["informed"])
    console.print(grid)
    if quick:
        console.print(
            "Quick run: everything was exercised, but these numbers are NOT FOR USE.", highlight=False
        )
    console.print("Verdict: ok" if verdict.ok else "Verdict: not ok", highlight=False)
    for reason in verdict.reasons:
        console.print(f"  - {reason}", highlight=False)
    for note in verdict.notes:
        console.print(f"  note: {note}", highlight=False)
