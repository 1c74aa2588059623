"""The folder of a course: tables, curves as netCDF, a figure; each says on top what it is not for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from inference.course import course_figures
from inference.course.asked_course import (
    Answered,
    AskedCourse,
    addition_table,
    answered,
    node_table,
    outcome_table,
    predicted_table,
    settings,
    target_table,
)
from inference.course.patient_weights import effective_size
from inference.course.relapse import MONTHS, ModelBand, without_progression
from inference.runs.outputs import write_figure, write_text
from inference.runs.run import Run
from inference.runs.text_tables import without_formulas
from models.course.published_levels import published_levels
from models.whole_file import replacing


def made(asked: AskedCourse, run: Run) -> Answered | None:
    """Answer, and write `curves.png`, `curves.nc` and the tables; None if it was stopped."""
    answer = answered(asked, run.within("simulated"))
    if answer is None:
        return None
    write(answer, run.folder)
    return answer


def write(answer: Answered, folder: Path) -> list[Path]:
    """Every file of an answer."""
    tables = {"outcomes": outcome_table(answer), "weights": target_table(answer), "nodes": node_table(answer)}
    tables["levels"] = pd.DataFrame(
        [
            {"what": x.what, "here": x.value, "published_low": x.low, "published_high": x.high,
             "met": "yes" if x.met else "NO", "use": x.use, "citation": x.citation}
            for x in published_levels()
        ]
    )  # fmt: skip
    if len(added := addition_table(answer)):
        tables["additions"] = added
    if answer.asked.predicted:
        tables["predicted"] = predicted_table(answer)
    for name, table in tables.items():
        text = without_formulas(table).to_csv(index=False, float_format="%.6g", lineterminator="\n")
        write_text(f"# {course_figures.HEAD}\n{text}", folder / f"{name}.csv")
    with replacing(folder / "curves.nc") as place:
        dataset(answer).to_netcdf(place, engine="h5netcdf")
    figure = course_figures.curves(answer)
    write_figure(figure, folder / "curves.png")
    return [folder / "curves.png", folder / "curves.nc", *(folder / f"{n}.csv" for n in tables)]


def said(answer: Answered) -> list[str]:
    """The answer in a few lines: a treatment each, and how much the weights leave of the patients."""
    rows = []
    for row in outcome_table(answer).to_dict("records"):
        if row["weighting"] != "after":
            continue
        months = ModelBand(*(row[f"months_to_progression{end}"] for end in ("", "_low", "_high")))
        rows.append(f"{row['treatment']}, {row['line']}: median months to progression {months}")
    sizes = ", ".join(f"{line} {effective_size(w):.0f}" for line, w in answer.weights.items())
    usable = int((answer.plain() > 0).sum())
    rows.append(f"{usable} of {len(answer.patients)} patients usable; effective after weighting: {sizes}")
    return rows


def dataset(answer: Answered) -> xr.Dataset:
    """RelapseCurves and patients, labelled: share without progression by treatment, weighting and month."""
    names = [t.name for t, _ in answer.asked.treatments]
    model, plain = answer.patients.model, answer.plain()
    both = ("before", "after")
    share = np.zeros((len(names), 2, 3, len(MONTHS)))
    for i, (treatment, line) in enumerate(answer.asked.treatments):
        months = np.where(plain > 0, answer.followed[treatment.name].outcome.progressed, 1.0)
        for k, w in enumerate((plain, answer.weights[line])):
            found = without_progression(months, w, model)
            share[i, k] = found.all, found.low, found.high
    progressed = np.stack([answer.followed[n].outcome.progressed for n in names])
    progressed = np.where(plain > 0, progressed, np.nan)
    lines = list(answer.weights)
    return xr.Dataset(
        {
            "without_progression": (
                ("treatment", "weighting", "line", "month"),
                share,
                {"long_name": "share without progression", "units": "1"},
            ),
            "months_to_progression": (("treatment", "patient"), progressed, {"units": "month"}),
            "weight": (("patients_of", "patient"), np.stack([answer.weights[n] for n in lines])),
            "node": (("node_name", "patient"), np.stack(list(answer.patients.nodes.values()))),
            "model": ("patient", model),
        },
        coords={
            "treatment": names,
            "weighting": list(both),
            "line": ["all", "low", "high"],
            "month": MONTHS,
            "patients_of": lines,
            "node_name": list(answer.patients.nodes),
        },
        attrs={
            "title": course_figures.HEAD,
            **{k: str(v) for k, v in settings(answer.asked).items()},
            **{f"effective patients, {n}": effective_size(answer.weights[n]) for n in lines},
        },
    )
