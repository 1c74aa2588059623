"""The files of a run that people read: posterior.nc, summary.csv, verdict.json, failures.csv and the figures."""

from __future__ import annotations

import contextlib
import io
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from inference import check, checkpoint, figures, fit, store
from inference.progress import Teller
from inference.study import Study

QUICK_MARK = "  (quick run: not for use)"


def labels_of(study: Study) -> store.Labels:
    """Names, units and measurements of a study, as the tree needs them."""
    m = study.measurements
    return store.Labels(
        [u.name for u in study.unknowns], [u.unit for u in study.unknowns], [" ".join(u.tags) for u in study.unknowns],
        [u.meaning for u in study.unknowns], np.array([u.nominal for u in study.unknowns]),
        [study.experiments[i] for i in m.experiment], [study.observables[i] for i in m.observable],
        np.asarray(m.time), np.asarray(m.value), np.asarray(m.censored) != 0)


def finish(study: Study, out: Path, tell: Teller) -> check.Verdict:
    """Label what `run.execute` drew, judge it and write the files; needs ArviZ and matplotlib."""
    arrays = checkpoint.read_arrays(out / "checkpoint" / "drawn.npz")
    run = json.loads((out / "run.json").read_text())
    quick = bool(run["settings"]["quick"])
    stats = {k.removeprefix("stats_"): v for k, v in arrays.items() if k.startswith("stats_")}
    names = ("theta", "log_likelihood", "log_prior", "expected", "replicated", "kept", "prior_theta", "prior_expected", "prior_replicated")
    sampled = store.Sampled(stats=stats, **{k: arrays[k] for k in names})
    dt = store.tree(labels_of(study), sampled, run)
    store.save(dt, out / "posterior.nc")
    failed = arrays["theta"][~arrays["ok"]]
    pd.DataFrame(failed, columns=[u.name for u in study.unknowns]).to_csv(out / "failures.csv", index=False)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # ArviZ repeats what the verdict says in words
        table = check.summary(dt)
        verdict = check.judge(dt, failed_solves=len(failed), max_tree_depth=run["settings"].get("max_tree_depth"))
    table.to_csv(out / "summary.csv")
    fit.write_json(out / "verdict.json", {"ok": verdict.ok, "reasons": list(verdict.reasons), "notes": list(verdict.notes), "quick": quick})
    mark = QUICK_MARK if quick else "" if verdict.ok else "  (verdict: not ok)"
    (out / "figures").mkdir(exist_ok=True)
    for name, figure in {
        "strengths": figures.strengths(dt, table, mark), "predictive": figures.predictive(dt, mark),
        "chains": figures.chains(dt, table, mark), "waterfall": figures.waterfall(arrays["mode_potentials"], mark),
    }.items():
        figure.savefig(out / "figures" / f"{name}.png", dpi=130)
        figures.plt.close(figure)
    fit.write_json(out / "run.json", run | {"status": "finished"})
    show(table, verdict, quick, tell.console)
    return verdict


def show(table: pd.DataFrame, verdict: check.Verdict, quick: bool, console: Console) -> None:
    """The short table at the end of a run, and the verdict in words."""
    grid = Table(title=f"Feedback strengths and estradiol effects: median and {100 * check.INTERVAL:.0f} % interval", title_justify="left")
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
        console.print("Quick run: everything was exercised, but these numbers are NOT FOR USE.", highlight=False)
    console.print("Verdict: ok" if verdict.ok else "Verdict: not ok", highlight=False)
    for reason in verdict.reasons:
        console.print(f"  - {reason}", highlight=False)
    for note in verdict.notes:
        console.print(f"  note: {note}", highlight=False)
