"""A whole question of courses: patients drawn, followed under each treatment, weighted, compared."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from inference.course.early_or_late import early_or_late
from inference.course.followed import Followed, Treatment, follow
from inference.course.patient_weights import Target, effective_size, entropy_weights
from inference.course.relapse import (
    ModelBand,
    depths,
    hazard_ratio,
    median_months,
    median_pfs,
    over_models,
    progressed_by,
)
from inference.course.trials import NRAS, PREDICTED, TREATMENTS, USED, Found
from inference.course.virtual_patients import Patients, virtual_patients
from inference.runs.run import Run
from models.course.burden import ALIKE, DENSE, SPARSE
from models.course.patient_cell import patient_network

FEW = 10  # effective patients; a comparison of fewer is not scored
LINES = ("newly diagnosed", "relapsed")


@dataclass(frozen=True)
class AskedCourse:
    """What is asked.

    Attributes:
        treatments: that are drawn, each with the line of patients whose weights it gets.
        patients, models: how many; patients of one model differ, models differ in what nobody knows.
        predicted: whether the comparisons that no weight was made from are simulated and scored.
        hypothesis: what estradiol does, H0 to H6.
    """

    treatments: tuple[tuple[Treatment, str], ...]
    patients: int
    models: int
    seed: int
    hypothesis: str = "H0"
    predicted: bool = False

    def identity(self) -> dict:
        """What determines the kept pieces of work."""
        return {
            "patients": self.patients, "models": self.models, "seed": self.seed,
            "hypothesis": self.hypothesis, "network": patient_network().fingerprint,
            "cycles_alike": ALIKE, "densities": [SPARSE, DENSE],
        }  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """Patients, what became of them under each treatment, and their weights by line."""

    asked: AskedCourse
    patients: Patients
    followed: dict[str, Followed]
    weights: dict[str, np.ndarray]
    targets: dict[str, list[Target]] = field(default_factory=dict)

    def plain(self) -> np.ndarray:
        """Equal weights of all who are usable under every treatment."""
        usable = np.all([f.usable for f in self.followed.values()], 0)
        return usable / usable.sum()


def answered(asked: AskedCourse, run: Run) -> Answered | None:
    """Follow every patient under every treatment, and weight them; None if it was stopped."""
    run.belongs_to(asked.identity())
    patients = virtual_patients(asked.patients, asked.models, asked.seed, asked.hypothesis)
    wanted = {t.name: t for t, _ in asked.treatments} | {f.treatment: TREATMENTS[f.treatment] for f in USED}
    if asked.predicted:
        wanted |= {n: TREATMENTS[n] for p in PREDICTED for n in (p.base, p.added)}
    clocks, followed = None, {}
    for treatment in [TREATMENTS["VRd"], *(t for n, t in wanted.items() if n != "VRd")]:
        found = follow(patients, treatment, run, clocks)
        if found is None:
            return None
        followed[treatment.name], clocks = found
    usable = np.all([f.usable for f in followed.values()], 0)
    if usable.sum() < 2:
        raise CourseError(f"patients: {usable.sum()} of {len(patients)} are usable: ask for more")
    targets = {line: _targets(followed, [u for u in USED if u.line == line]) for line in LINES}
    weights = {line: entropy_weights(found, usable) for line, found in targets.items()}
    return Answered(asked, patients, followed, weights, targets)


class CourseError(ValueError):
    """A course that cannot be answered: place, finding, remedy."""


def _targets(followed: dict[str, Followed], used: list[Found]) -> list[Target]:
    found = []
    for u in used:
        f = followed[u.treatment]
        shown = depths(f)
        by = progressed_by(u.median, u.median_of == "PFS")
        early = (f.outcome.progressed <= u.median).astype(float)
        for words, share, who in (
            ("partial response or better", u.responded, shown["partial response or better"]),
            ("very good or better", u.very_good, shown["very good or better"]),
            ("complete", u.complete, shown["complete"]),
            (f"progressed by {u.median:g} months", by, early),
        ):
            found.append(Target(f"{u.treatment}: {words}", share, u.patients, u.citation, who))
    return found


def target_table(answer: Answered) -> pd.DataFrame:
    """Published shares, and those of the patients before and after weighting."""
    plain, rows = answer.plain(), []
    for line, targets in answer.targets.items():
        after = answer.weights[line]
        rows += [
            {
                "line": line,
                "what": t.words,
                "published": t.share,
                "standard_error": t.error,
                "before": float(plain @ t.shown),
                "after": float(after @ t.shown),
                "use": "weights are made from it",
                "citation": t.citation,
            }
            for t in targets
        ]
    return pd.DataFrame(rows)


def outcome_table(answer: Answered) -> pd.DataFrame:
    """A row a treatment: medians, depths, bone, before and after weighting, with bands over models."""
    rows = []
    for treatment, line in answer.asked.treatments:
        f = answer.followed[treatment.name]
        for when, w in (("before", answer.plain()), ("after", answer.weights[line])):
            told = lambda function, w=w: over_models(function, w, answer.patients.model)  # noqa: E731
            months = f.outcome.progressed
            row: dict[str, object] = {"treatment": treatment.name, "line": line, "weighting": when}
            row |= _spread("months_to_progression", told(lambda w, m=months: median_months(m, w)))
            row |= _spread("months_pfs", told(lambda w, m=months: median_pfs(m, w)))
            for name, who in depths(f).items():
                row[name.replace(" ", "_")] = float(w @ who)
            bone = np.nan_to_num(f.course.bone[365])
            row |= _spread("bone_percent_at_12_months", told(lambda w, b=bone: float(w @ b / w.sum())))
            row["effective_patients"] = effective_size(w)
            row["regimen"] = treatment.words
            rows.append(row)
    return pd.DataFrame(rows)


def _spread(name: str, band: ModelBand) -> dict[str, float]:
    return {name: band.middle, f"{name}_low": band.low, f"{name}_high": band.high}


def node_table(answer: Answered) -> pd.DataFrame:
    """Which nodes tell early from late relapse, before and after weighting, by treatment."""
    parts = []
    for treatment, line in answer.asked.treatments:
        months = answer.followed[treatment.name].outcome.progressed
        for when, w in (("before", answer.plain()), ("after", answer.weights[line])):
            some = np.where(w > 0, np.nan_to_num(months, posinf=1e9), 0.0)
            table = early_or_late(answer.patients.nodes, some, w, answer.patients.model, answer.asked.seed)
            parts.append(table.assign(treatment=treatment.name, weighting=when))
    return pd.concat(parts, ignore_index=True)


def addition_table(answer: Answered) -> pd.DataFrame:
    """What each addition to a treatment of the same patients changes."""
    rows = []
    for treatment, line in answer.asked.treatments:
        base, _, added = treatment.name.partition(" + ")
        if added and base in answer.followed:
            rows.append(
                {"treatment": base, "addition": added, **_compared(answer, treatment.name, base, line)}
            )
    return pd.DataFrame(rows)


def _compared(answer: Answered, added: str, base: str, line: str, who: np.ndarray | None = None) -> dict:
    w = answer.weights[line] * (1.0 if who is None else who)
    a, b = (answer.followed[n].outcome.progressed for n in (added, base))
    a, b = (np.where(w > 0, x, 1.0) for x in (a, b))
    model = answer.patients.model
    if not w.sum():
        return {}
    bones = [np.nan_to_num(answer.followed[n].course.bone[365]) for n in (added, base)]
    return (
        _spread("hazard_ratio", over_models(lambda w: hazard_ratio(a, b, w), w, model))
        | _spread("months_with", over_models(lambda w: median_months(a, w), w, model))
        | _spread("months_without", over_models(lambda w: median_months(b, w), w, model))
        | _spread("bone_change", over_models(lambda w: float(w @ (bones[0] - bones[1]) / w.sum()), w, model))
        | {"effective_patients": effective_size(w)}
    )


def predicted_table(answer: Answered) -> pd.DataFrame:
    """Comparisons that no weight was made from, each scored: does the trial's interval hold what came out?"""
    bcl2 = answer.patients.nodes["t(11;14)"]
    ras = answer.patients.nodes["RAS"] > 0
    subsets = {"all": None, "t(11;14)": bcl2, "no t(11;14)": 1 - bcl2}
    rows = []
    for p in PREDICTED:
        found = _compared(answer, p.added, p.base, p.line, subsets[p.subset])
        low, high = p.hazard
        met = "yes" if bool(found) and low <= found["hazard_ratio"] <= high else "NO"
        if not found or found["effective_patients"] < FEW:
            met = "too few effective patients to say"
        rows.append(
            {"what": p.words, "published_low": low, "published_high": high, **found,
             "agrees": met, "citation": p.citation}
        )  # fmt: skip
    w, responds = answer.weights["relapsed"], depths(answer.followed["V"])["partial response or better"]
    shares = [float((w * who) @ responds / max((w * who).sum(), 1e-300)) for who in (ras, ~ras)]
    rows.append(
        {"what": "response to bortezomib, RAS mutant over wild type", "published_low": 0.0,
         "published_high": 0.5, "hazard_ratio": shares[0] / max(shares[1], 1e-12),
         "agrees": "yes" if shares[0] < 0.5 * shares[1] else "NO",
         "citation": f"{NRAS[0]:.0%} and {NRAS[1]:.0%}: {NRAS[2]}; here {shares[0]:.0%} and {shares[1]:.0%}"}
    )  # fmt: skip
    return pd.DataFrame(rows)


def treatments_of(named: list[tuple[str, str]], line: str) -> tuple[tuple[Treatment, str], ...]:
    """Treatments by name and words, each with the patients it is for: those of its trial, or else `line`.

    Raises:
        CourseError: a name stands for two regimens.
    """
    trials = {u.treatment: u.line for u in USED} | {n: p.line for p in PREDICTED for n in (p.base, p.added)}
    found: dict[str, tuple[Treatment, str]] = {}
    for name, words in named:
        known = TREATMENTS.get(name)
        if name in found or (known is not None and known.words != words):
            raise CourseError(f"regimen {name}: the name is taken: give it another")
        found[name] = (known or Treatment(name, words), trials.get(name, line))
    return tuple(found.values())


def niche_of(name: str) -> tuple[tuple[Treatment, str], ...]:
    """A trial's treatment with siltuximab, with the fat cells away, with estradiol 0.3 nM."""
    base = TREATMENTS[name]
    phases = base.words.split(" then ")
    antibody = [
        f"{words}; siltuximab 11 mg/kg d1 q{f.length}d" + ("" if f.cycles is None else f" x{f.cycles}")
        for words, f in zip(phases, base.regimen.phases, strict=True)
    ]
    line = next(u.line for u in USED if u.treatment == name)
    changed = (
        replace(base, name=f"{name} + siltuximab", words=" then ".join(antibody)),
        replace(base, name=f"{name} + no fat cells", fat=0.0),
        replace(base, name=f"{name} + estradiol", estradiol=0.3),
    )
    return tuple((t, line) for t in changed)


def settings(asked: AskedCourse) -> dict[str, Any]:
    """What was asked, as flat words for a file."""
    plain = asdict(replace(asked, treatments=()))
    plain.pop("treatments")
    return plain | {t.name: t.words for t, _ in asked.treatments}
