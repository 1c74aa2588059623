"""How far the reduction can be trusted: the same patients by it and by the whole simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from inference.course.followed import Treatment, clocks_of, lanes_of_patients, rates_of
from inference.course.virtual_patients import Patients
from inference.runs.run import Run
from models.course.burden import BoneTurnover, burden, day_of_each
from models.course.clones import CLONES
from models.course.exposure import edges, exposure
from models.course.patient_cell import patient_system
from models.course.response import MONTH, outcome
from models.course.whole_course import whole_course

YEARS = 3
TOLD = 0.1  # of the time to progression, which the reduction promises to keep


def reduction_error(patients: Patients, treatment: Treatment, run: Run) -> pd.DataFrame | None:
    """Months to progression of each patient by the reduction and by the whole simulation of three years.

    Infinite where there is no progression; a patient whose cells were not solved has no row. None if it was
    stopped.
    """
    found = rates_of(patients, treatment, run)
    if found is None:
        return None
    rates, ok = found
    clocks, count, days = clocks_of(patients, rates), len(patients), 365 * YEARS
    bone = BoneTurnover(np.zeros(count), np.zeros(count))
    like = day_of_each(treatment.regimen, days)
    quick = burden(rates, like, patients.shares, clocks, bone).burden
    doses = treatment.regimen.doses(days)
    at = edges(doses, days)
    position = {n: i for i, n in enumerate(patient_system().parameters)}
    own = patients.parameters
    levels = exposure(doses, patients.bodies, at, own[:, position["IC_btz"]], own[:, position["h_btz"]])
    parameters, around = lanes_of_patients(patients, np.arange(count), treatment)
    shape = (2, count, len(CLONES))
    inputs = {n: np.asarray(x).reshape(shape)[1] for n, x in around.inputs.items()}
    parameters = parameters.reshape(*shape, -1)[1]
    with run.bar(f"{treatment.name}, whole", days) as bar:
        cells = whole_course(parameters, levels, at, inputs, patients.shares, clocks, tell=bar.to)
    months = [outcome(b, patients.protein).progressed for b in (quick, cells.sum(-1))]
    table = pd.DataFrame({"months_by_reduction": months[0], "months_by_whole_simulation": months[1]})
    return table.loc[ok & np.isfinite(cells).all((0, 2))]


def worst(table: pd.DataFrame) -> tuple[float, int]:
    """Largest relative error where both progress within the time, and how many progress by one alone."""
    quick, whole = (table[c].to_numpy() for c in table)
    both = np.isfinite(quick) & np.isfinite(whole)
    end = 12 * YEARS * (1 - TOLD)  # what progresses at the very end may do so just after it
    alone = (np.isfinite(quick) != np.isfinite(whole)) & (np.minimum(quick, whole) < end)
    return float(np.abs(quick[both] / whole[both] - 1).max(initial=0.0)), int(alone.sum())


def told(table: pd.DataFrame) -> str:
    """The error in a line."""
    largest, alone = worst(table)
    return (
        f"time to progression by the reduction against the whole simulation, {len(table)} patients: largest "
        f"error {largest:.1%}, {alone} progress by one of the two alone; {MONTH:.1f} days a month"
    )
