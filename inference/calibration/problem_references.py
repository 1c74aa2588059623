"""What a PEtab problem's log-likelihood and predictions ought to be: a table of references, or the
simulations that come with the problem.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference.study.petab.petab_config import load_config
from inference.study.problem_tables import StudyError, numeric, read_rows
from inference.study.study import Study

SIMULATED = ("simulatedData*.tsv", "simulations.tsv")


@dataclass(frozen=True)
class Reference:
    """A log-likelihood at the nominal parameters, how far it may be off (relative), and where it is from."""

    log_likelihood: float
    tolerance: float
    source: str


def problems(folder: Path) -> dict[str, Path]:
    """Name -> YAML file of each PEtab problem in a folder or in the folders below it: `problem.yaml`, or the
    first that tells its version.

    Raises:
        StudyError: there is none.
    """
    found = {}
    for place in (folder, *sorted(p for p in folder.iterdir() if p.is_dir())):
        files = sorted((*place.glob("*.yaml"), *place.glob("*.yml")), key=lambda p: (p.stem != "problem", p))
        for file in files:
            if "format_version" in file.read_text(encoding="utf-8", errors="replace"):
                found[place.name] = file
                break
    if not found:
        raise StudyError(f"{folder}: holds no PEtab problem: name a folder of folders with a YAML file each")
    return found


def read_references(path: Path) -> dict[str, Reference]:
    """Of a table with the columns problem, log_likelihood and, if there are any, tolerance and source."""
    found = {}
    for place, row in read_rows(path, ("problem", "log_likelihood"), ("tolerance", "source")):
        tolerance = row.get("tolerance") or "1e-5"
        found[row["problem"]] = Reference(
            numeric(row["log_likelihood"], place, "log_likelihood"),
            numeric(tolerance, place, "tolerance"),
            row.get("source") or path.name,
        )
    return found


def of_simulations(file: Path) -> Reference | None:
    """The log-likelihood that PEtab's own library computes from the simulations beside a problem of version
    1; None where there are none, they are no numbers, or the noise names a state, which that library does not
    compute.
    """
    tables = [p for pattern in SIMULATED for p in sorted(file.parent.glob(pattern))]
    if not tables or str(load_config(file)["format_version"]).partition(".")[0] != "1":
        return None
    import pandas as pd
    from petab.v1 import Problem
    from petab.v1.calculate import calculate_llh

    problem: Any = Problem.from_yaml(str(file))
    simulated = pd.read_csv(tables[0], sep="\t")
    try:
        value = calculate_llh(
            problem.measurement_df, simulated, problem.observable_df, problem.parameter_df.copy()
        )
    except ValueError as e:
        if "model states" in str(e):
            return None
        raise
    return Reference(float(value), 1e-3, tables[0].name) if math.isfinite(value) else None


def simulations(file: Path) -> Mapping[tuple[str, str, float], list[float]]:
    """(observable, experiment, time) -> the simulated values of a problem of version 1, in their order."""
    found: dict[tuple[str, str, float], list[float]] = {}
    for path in (p for pattern in SIMULATED for p in sorted(file.parent.glob(pattern))):
        for place, row in read_rows(path, ("observableId", "time", "simulation")):
            before, after = row.get("preequilibrationConditionId", ""), row.get("simulationConditionId", "")
            name = f"{before}__{after}" if before else after
            key = row["observableId"], name, numeric(row["time"], place, "time")
            found.setdefault(key, []).append(numeric(row["simulation"], place, "simulation"))
    return found


def off_by(study: Study, predicted: np.ndarray, file: Path) -> tuple[int, int, float]:
    """How many predictions have a simulation beside them, how many of those are off by more than 1 %, and by
    how much the worst is (relative; what is below a millionth of its observable's largest is as good as 0).
    """
    known, off = dict(simulations(file)), []
    largest: dict[str, float] = {}
    for (observable, _, _), values in known.items():
        largest[observable] = max(largest.get(observable, 0.0), *map(abs, values))
    seen: dict[tuple[str, str, float], int] = {}
    for m, value in zip(study.tables.measurements, predicted, strict=True):
        key = m.observable, m.experiment, m.time
        there, at = known.get(key, []), seen.get(key, 0)
        seen[key] = at + 1
        if at < len(there):
            floor = 1e-6 * largest[m.observable] or 1e-300
            off.append(abs(value - there[at]) / max(abs(there[at]), floor))
    return len(off), int(np.sum(np.asarray(off) > 0.01)), max(off, default=0.0)
