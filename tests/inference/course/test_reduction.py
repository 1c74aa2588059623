"""The reduction against the whole simulation: the time to progression of twenty patients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.course.followed import clocks_of, lanes_of_patients, rates_of
from inference.course.trials import TREATMENTS
from inference.course.virtual_patients import virtual_patients
from inference.runs.run import Run
from models.course.burden import DENSE, BoneTurnover, burden, day_of_each
from models.course.clones import CLONES
from models.course.exposure import edges, exposure
from models.course.patient_cell import patient_system
from models.course.response import MONTH, outcome
from models.course.whole_course import whole_course

PATIENTS, DAYS = 20, 1095


def compared(name: str = "Vd", seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Days to progression by the reduction and by the whole simulation; infinite beyond three years."""
    patients, treatment = virtual_patients(PATIENTS, 5, seed), TREATMENTS[name]
    found = rates_of(patients, treatment, Run(Path("nowhere"), keeps=False))
    assert found is not None
    rates, ok = found
    assert ok.all()
    clocks = clocks_of(patients, rates)
    bone = BoneTurnover(np.full(PATIENTS, 0.03), np.ones(PATIENTS))
    like = day_of_each(treatment.regimen, DAYS)
    quick = burden(rates, like, patients.shares, clocks, bone).burden
    doses = treatment.regimen.doses(DAYS)
    at = edges(doses, DAYS)
    position = {n: i for i, n in enumerate(patient_system().parameters)}
    own = patients.parameters
    levels = exposure(doses, patients.bodies, at, own[:, position["IC_btz"]], own[:, position["h_btz"]])
    parameters, around = lanes_of_patients(patients, np.arange(PATIENTS), treatment)
    shape = (2, PATIENTS, len(CLONES))
    dense = around.density.reshape(shape)[1] == DENSE
    assert dense.all()
    inputs = {n: np.asarray(x).reshape(shape)[1] for n, x in around.inputs.items()}
    parameters = parameters.reshape(*shape, -1)[1]
    whole = whole_course(parameters, levels, at, inputs, patients.shares, clocks).sum(-1)
    assert np.isfinite(whole).all()
    first, second = (outcome(b, patients.protein).progressed * MONTH for b in (quick, whole))
    return first, second


@pytest.mark.slow  # three years of 120 whole cells, day by day
def test_time_to_progression_is_within_a_tenth_of_the_whole_simulation_in_twenty_patients():
    quick, whole = compared()
    same = np.isfinite(quick) == np.isfinite(whole)
    assert same.all(), (quick, whole)
    progressed = np.isfinite(whole)
    assert progressed.sum() >= 10  # there is something to compare
    assert quick[progressed] == pytest.approx(whole[progressed], rel=0.1)
