"""The chapters of a report about the fit: data and diagnostics, strengths, predictive checks, hypotheses."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from inference.fit.verdict import INTERVAL
from inference.report import fit_plots as plots
from inference.report.page import Section, bullets, details, grid, paragraph, plot, table
from inference.runs import labelled_tree
from inference.runs.resumable import read_json
from models.catalogue import HYPOTHESES

PERCENT = f"{100 * INTERVAL:.0f} %"


def fit_section(
    dt: xr.DataTree, run: dict, verdict: dict, summary: pd.DataFrame, words: Mapping[str, str]
) -> Section:
    """Data, sampler and diagnostics; `words` as `observable_names` gives them."""
    observed = labelled_tree.variable(dt, "observed_data", "y")
    names = observed["observable"].values
    inside = _inside(dt)
    counts = pd.DataFrame(
        [
            {
                "observable": words.get(o, o),
                "measurements": int((names == o).sum()),
                "experiments": len(set(observed["experiment"].values[names == o])),
                f"inside the {PERCENT} band": f"{int(inside[names == o].sum())} of {int((names == o).sum())}",
            }
            for o in dict.fromkeys(names.tolist())
        ]
    )
    shape = dt["posterior"].sizes
    stats = dt["sample_stats"].to_dataset()
    diverged = int(stats["diverging"].sum()) if "diverging" in stats else 0
    rhat = summary["rhat"].dropna()
    worst = rhat.max() if len(rhat) else np.nan
    lines = [
        f"{observed.size} measurements, {len(set(observed['experiment'].values))} experiments, "
        f"{len(dt['posterior'].to_dataset())} estimated numbers "
        f"(study `{run.get('study', 'unknown')}`).",
        f"{shape['chain']} chains of {shape['draw']} kept draws; largest R-hat {worst:.3f}, smallest "
        f"effective sample size "
        f"{min(summary['ess_bulk'].min(), summary['ess_tail'].min()):.0f}; {diverged} divergent draws.",
        f"{int(inside.sum())} of {inside.size} measurements ({100 * inside.mean():.0f} %) lie inside their "
        f"{PERCENT} "
        f"predictive interval; a calibrated "
        f"model has {PERCENT} of new measurements there, and somewhat more of those it was fitted to.",
    ]
    word = (
        "**Verdict: ok.**"
        if verdict["ok"] and not verdict.get("quick")
        else "**Verdict: not for use.**"
        if verdict.get("quick")
        else "**Verdict: not ok.**"
    )
    reasons = list(verdict.get("reasons", []))
    body = (
        paragraph(word, "" if verdict["ok"] and not verdict.get("quick") else "warn")
        + bullets(reasons)
        + bullets(lines)
    )
    if verdict.get("notes"):
        body += details("Notes of the diagnostics", bullets(verdict["notes"]))
    body += table(counts, "What was measured, and how much of it the fitted model covers")
    return Section("fit", "The data and the fit", "Data and fit", body)


def _inside(dt: xr.DataTree) -> np.ndarray:
    """(measurement,) whether it lies inside the 89 % interval of a new measurement."""
    y = labelled_tree.variable(dt, "observed_data", "y").values
    new = labelled_tree.variable(dt, "posterior_predictive", "y").values.reshape(-1, y.size)
    low, high = np.nanquantile(new, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    return (y >= low) & (y <= high)


def strengths_section(dt: xr.DataTree, summary: pd.DataFrame) -> Section:
    """Feedback strengths and estradiol effects, before and after the data."""
    said = labelled_tree.variable(dt, "constant_data", "meaning")
    meaning = dict(zip(map(str, said["parameter"].values), map(str, said.values), strict=True))
    here = summary[summary["tags"].str.contains("feedback|estradiol")]
    rows = pd.DataFrame(
        {
            "parameter": [f"`{n}`" for n in here.index],
            "meaning": [meaning.get(str(n), "") for n in here.index],
            "unit": here["unit"],
            "prior": [
                f"{r['prior_median']:.2g} [{r['prior_low']:.2g}, {r['prior_high']:.2g}]"
                for _, r in here.iterrows()
            ],
            "posterior": [_bounded(r) for _, r in here.iterrows()],
            "what the data say": here["informed"],
        }
    )
    body = paragraph(
        "Grey is what was believed before the data, blue what is believed after. Where blue covers grey, "
        "the data said nothing."
    )
    body += plot(
        plots.strengths(summary, meaning),
        "plot-strengths",
        f"Median and {PERCENT} interval; touch a point for its numbers.",
        "prior and posterior intervals of feedback strengths and estradiol effects",
    )
    return Section(
        "strengths", "Feedback strengths and estradiol effects", "Feedbacks and estradiol", body + table(rows)
    )


def _bounded(r: pd.Series) -> str:
    informed = str(r["informed"])
    if informed == "bounded from below":
        return f"above {r['low']:.2g}"
    if informed == "bounded from above":
        return f"below {r['high']:.2g}"
    return f"{r['median']:.2g} [{r['low']:.2g}, {r['high']:.2g}]"


def observable_names(study: str) -> dict[str, str]:
    """Observables of a built-in study in words; empty for a study of one's own, whose folder the run does not
    know.
    """
    table = resources.files("inference.studies").joinpath(study, "observables.tsv")
    if not table.is_file():
        return {}
    rows = pd.read_csv(StringIO(table.read_text()), sep="\t")
    return dict(zip(rows["observableId"], rows["observableName"].astype(str), strict=True))


def predictive_section(dt: xr.DataTree, words: Mapping[str, str]) -> Section:
    """Each observable with what the model predicts; `words` as `observable_names` gives them."""
    observed = labelled_tree.variable(dt, "observed_data", "y")["observable"].values
    names = list(dict.fromkeys(observed.tolist()))
    inside = _inside(dt)
    figures = []
    for i, n in enumerate(names):
        k = observed == n
        figures.append(
            plot(
                plots.predictive(dt, n),
                f"plot-predictive{i}",
                f"{int(inside[k].sum())} of {int(k.sum())} inside the light band.",
                f"measurements and predictions of {words.get(n, n)}",
                words.get(n, n),
            )
        )
    body = paragraph(
        f"Points are measurements, the dark band is the read-out, the light one a new measurement with its "
        f"noise ({PERCENT}). "
        "Points outside the light band are what the model does not explain."
    )
    return Section(
        "predictive", "Does the model reproduce what was measured?", "Predictive checks", body + grid(figures)
    )


def hypotheses_section(comparison: Path | None, study: str, hypothesis: str) -> Section:
    """Estradiol hypotheses, if they were compared."""
    title, short = "What estradiol does: hypotheses compared", "Hypotheses"
    said = f"This report takes {hypothesis}: {HYPOTHESES[hypothesis].sentence}"
    if comparison is None:
        body = paragraph(said) + paragraph(
            "**The hypotheses have not been compared.** `gp130 compare` does it and this page "
            "shows the "
            "result when it is made again. Until then: several of them lower IL-6 equally well.",
            "warn",
        )
        return Section("hypotheses", title, short, body)
    content = read_json(comparison, "delete it, and compare again")
    names = content["hypotheses"]
    rows = pd.DataFrame(
        {
            "": names,
            "what it says": [HYPOTHESES[n].sentence for n in names],
            "P(H given data)": [f"{content['probability'][n]:.3f}" for n in names],
            "ln Bayes factor": [f"{content['ln_bayes_factor'][n]:+.2f}" for n in names],
            "stacking weight": [f"{content['stacking'][n]:.2f}" for n in names],
            "effective draws": [content["ess"][n] for n in names],
        }
    )
    mark = paragraph("**Quick comparison: not for use.**", "warn") if content.get("quick") else ""
    where = (
        ""
        if content["study"] == study
        else (
            f"Compared on `{content['study']}`: the dishes of this study that bear on estradiol, with what "
            f"they hardly inform held."
        )
    )
    body = mark + paragraph(said) + (paragraph(where) if where else "")
    pairs = [s for s in content["sentences"] if "cannot be told apart" in s]
    body += bullets(s for s in content["sentences"] if s not in pairs)
    body += (
        details(f"{len(pairs)} pairs of hypotheses cannot be told apart; what would do it", bullets(pairs))
        if pairs
        else ""
    )
    body += plot(
        plots.hypotheses(content),
        "plot-bayes",
        f"From {comparison.parent.name}.",
        "Bayes factors of the hypotheses",
    ) + table(rows)
    return Section("hypotheses", title, short, body)
