"""Public test suites, and small problems with known answers, each case through the door that a user takes.

A case is read, refused by name, or a fault; what is read is right, wrong, or told not to be solved. Nothing
here knows of any one case. Folders are found beside the measured data; GP130_SBML_SUITE names another one of
time courses.
"""

from __future__ import annotations

import csv
import json
import math
import os
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import libsbml
import numpy as np
import pytest
import sympy as sp
import yaml
from typer.testing import CliRunner

from inference.command.fitting.evaluate import app
from inference.likelihood import at_one_point
from inference.likelihood.likelihood import predict, trajectories
from inference.study.loading import load
from inference.study.problem_tables import MeasurementRow, ObservableRow, StudyError, Tables
from inference.study.study import from_tables
from models.sbml.encodings import decoded
from models.sbml.formulas import SbmlError
from models.sbml.reader import read_sbml

RIGHT, WRONG, REFUSED, UNSOLVED, FAULT = "right", "wrong", "refused", "not solved, and told", "fault"
RTOL, ATOL = 1e-8, 1e-12
AT_A_TIME = 40  # cases after which compiled programs are forgotten: one process holds no thousand of them


@dataclass(frozen=True)
class Verdict:
    """What came of one case, and why."""

    case: str
    kind: str
    why: str = ""


def judged(folders: Iterable[Path], judge: Callable[[Path], tuple[str, str]]) -> list[Verdict]:
    """Every case of a suite, in one process; a line each is printed."""
    found = []
    for i, folder in enumerate(folders):
        try:
            kind, why = judge(folder)
        except (StudyError, SbmlError) as e:
            kind, why = REFUSED, str(e)
            if "\n" in why or not why:
                kind = FAULT
        except Exception:  # whatever it is, it is what is looked for
            kind, why = FAULT, traceback.format_exc(limit=-2)
        found.append(Verdict(folder.name, kind, why))
        print(folder.name, kind, why[:160], flush=True)
        if i % AT_A_TIME == AT_A_TIME - 1:
            jax.clear_caches()
    counts = Counter(v.kind for v in found)
    print(dict(counts))
    for reason, n in Counter(_reason(v.why) for v in found if v.kind == REFUSED).most_common():
        print(f"  {n} refused: {reason}")
    return found


def _reason(why: str) -> str:
    """The finding without what is peculiar to a case."""
    words = why.split(": supported are")[0].split(" ")[1:]
    return " ".join(w for w in words if not any(c.isdigit() for c in w))[:70]


def time_course(folder: Path) -> tuple[str, str]:
    """One case of the SBML test suite against its expected table."""
    settings = _settings(next(folder.glob("*-settings.txt")))
    with next(folder.glob("*-results.csv")).open() as f:
        head, *rows = ([c.strip() for c in row] for row in csv.reader(f) if row)
    expected = np.array(rows, float)
    tables = _tables(next(folder.glob("*.xml")), head[1:], expected[:, 0], settings)
    study = from_tables(tables)

    @jax.jit
    def run(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        dishes = trajectories(study, theta, rtol=RTOL, atol=ATOL)
        return predict(study, theta, dishes).value, jnp.all(dishes.ok)

    values, ok = run(jnp.asarray(study.nominal))
    if not bool(ok):
        return UNSOLVED, "a trajectory is not ok"
    seen = np.asarray(values).reshape(len(head) - 1, -1).T
    good = _close(seen, expected[:, 1:], float(settings["absolute"]), float(settings["relative"]))
    if good.all():
        return RIGHT, ""
    row, column = np.argwhere(~good)[0]
    where = f"{head[column + 1]} at {expected[row, 0]:g}"
    return WRONG, f"{where}: {seen[row, column]:g} instead of {expected[row, column + 1]:g}"


def _close(seen: np.ndarray, expected: np.ndarray, absolute: float, relative: float) -> np.ndarray:
    """As the suite says: |difference| <= absolute + relative |expected|; what is not finite is the same."""
    with np.errstate(invalid="ignore"):
        near = np.abs(seen - expected) <= absolute + relative * np.abs(expected)
    return near | (seen == expected) | (np.isnan(seen) & np.isnan(expected))


def _settings(file: Path) -> dict[str, str]:
    pairs = (line.partition(":") for line in file.read_text().splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _tables(file: Path, names: list[str], times: np.ndarray, settings: dict[str, str]) -> Tables:
    """A case as a problem that measures every name at every time."""
    text = decoded(file.read_bytes())
    model = libsbml.readSBMLFromString(text).getModel()
    amounts = {n.strip() for n in settings["amount"].split(",")}
    observables, measurements = [], []
    for name in names:
        seen, species = sp.Symbol(name), model.getSpecies(name)
        if species is not None:
            size, only = sp.Symbol(species.getCompartment()), species.getHasOnlySubstanceUnits()
            seen = seen * size if name in amounts and not only else seen
            seen = seen / size if name not in amounts and only else seen
        o = ObservableRow(f"seen_{name}", name, seen, sp.Integer(1), "normal", None, (), "observables")
        observables.append(o)
        measurements += [MeasurementRow(o.id, "", float(t), 0.0, (), 0, "measurements") for t in times]
    return Tables(
        file.parent.name, read_sbml(text, file.name), text, (), tuple(observables), tuple(measurements), ()
    )


# A program is compiled for each of several hundred models.
@pytest.mark.slow
def test_time_courses_of_the_sbml_suite_are_read_or_refused_and_what_is_read_is_right(data):
    folder = Path(os.environ.get("GP130_SBML_SUITE", data / "sbml_test_suite"))
    found = judged(sorted(p for p in folder.iterdir() if list(p.glob("*-settings.txt"))), time_course)
    faults, refused, right, unsolved = (
        [v.case for v in found if v.kind == kind] for kind in (FAULT, REFUSED, RIGHT, UNSOLVED)
    )
    answered = len(found) - len(refused) - len(unsolved)
    assert not faults
    assert answered >= len(found) / 2
    assert len(right) >= 0.99 * answered


def petab_case(folder: Path) -> tuple[str, str]:
    """A case of the PEtab test suite against its solution: likelihood, chi-squared and every simulation."""
    solution = yaml.safe_load((folder / f"_{folder.name}_solution.yaml").read_text())
    study = load(folder / f"_{folder.name}.yaml")
    found = at_one_point.evaluate(study, study.nominal, gradient=False, rtol=1e-10, atol=1e-12)
    if not found["ok"]:
        return UNSOLVED, "; ".join(found["failed"])
    for ours, theirs in (("log_likelihood", "llh"), ("chi2", "chi2")):
        if abs(found[ours] - solution[theirs]) > solution[f"tol_{theirs}"]:
            return WRONG, f"{ours}: {found[ours]} instead of {solution[theirs]}"

    @jax.jit
    def run(theta: jax.Array) -> jax.Array:
        return predict(study, theta, trajectories(study, theta, rtol=1e-10, atol=1e-12)).value

    with (folder / solution["simulation_files"][0]).open() as f:
        expected = [float(row["simulation"]) for row in csv.DictReader(f, delimiter="\t")]
    off = np.abs(np.asarray(run(jnp.asarray(study.nominal))) - expected).max()
    return (WRONG, f"a simulation is off by {off}") if off > solution["tol_simulations"] else (RIGHT, "")


# A program is compiled for each of thirty problems.
@pytest.mark.slow
def test_the_official_suite_of_version_2_is_solved(data):
    folder = data / "petab_test_suite" / "v2.0.0" / "sbml"
    found = judged(sorted(p for p in folder.iterdir() if p.is_dir()), petab_case)
    assert [v for v in found if v.kind != RIGHT] == []


def known_answer(folder: Path, expected: str) -> tuple[str, str]:
    """A small problem with a known answer, by the command `evaluate`."""
    files = sorted(folder.glob("*.yaml"))
    wanted = "--gradient" if "d llh" in expected else ""
    done = CliRunner().invoke(app, [str(files[0]), *filter(None, [wanted])])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return FAULT, repr(done.exception)
    if expected.startswith("refused"):
        lines = done.stderr.strip().splitlines()
        good = done.exit_code == 2 and len(lines) == 1
        return (
            (RIGHT, "") if good or ("or read" in expected and done.exit_code == 0) else (WRONG, done.stderr)
        )
    if done.exit_code == 2:
        return REFUSED, done.stderr
    found = json.loads(done.stdout)
    if expected.startswith("not ok"):
        return (RIGHT, "") if not found["ok"] and found["failed"] else (WRONG, "ok")
    if not found["ok"]:
        return UNSOLVED, "; ".join(found["failed"])
    key, _, value = expected.partition("=")
    seen = {"abs_prediction": math.sqrt(found["chi2"]), "log_likelihood": found["log_likelihood"]}[key]
    good = math.isclose(seen, float(value), rel_tol=1e-4 if key == "abs_prediction" else 1e-5)
    return (RIGHT, "") if good else (WRONG, f"{key}: {seen} instead of {value}")


COUNTED = ("abs_prediction=", "log_likelihood=", "refused", "not ok")  # what one evaluation answers


# A program is compiled for each of forty problems.
@pytest.mark.slow
def test_small_problems_have_the_answers_that_are_known(data):
    folder = data.parent / "cases"
    with (folder / "cases.tsv").open() as f:
        rows = [r for r in csv.DictReader(f, delimiter="\t") if r["expected"].startswith(COUNTED)]
    rows = [r for r in rows if list((folder / r["case"]).glob("*.yaml"))]
    expected = {folder / r["case"]: r["expected"] for r in rows}
    found = judged(expected, lambda folder: known_answer(folder, expected[folder]))
    assert [v for v in found if v.kind != RIGHT] == []


def test_a_suite_counts_what_it_finds(tmp_path):
    """A wrong value, a refusal and a fault are three things."""

    def judge(folder: Path) -> tuple[str, str]:
        if folder.name == "refused":
            raise SbmlError("model.xml: delay is not supported: leave it out")
        if folder.name == "fault":
            raise KeyError("S")
        return (RIGHT, "") if folder.name == "right" else (WRONG, "S at 1: 0 instead of 1")

    found = judged([tmp_path / n for n in (RIGHT, WRONG, REFUSED, FAULT)], judge)
    assert [v.kind for v in found] == [RIGHT, WRONG, REFUSED, FAULT]
    assert not _close(np.array([1.2]), np.array([1.0]), 0.1, 0.05).all()
    assert _close(np.array([1.125, np.inf, np.nan]), np.array([1.0, np.inf, np.nan]), 0.125, 0.0).all()
