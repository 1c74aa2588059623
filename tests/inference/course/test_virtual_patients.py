"""Patients of one model share what nobody knows and differ in what people differ in; a seed repeats them."""

from __future__ import annotations

import numpy as np
import pytest

from inference.course.virtual_patients import DIFFERENCES, SHARE_RAS, SHARE_T1114, virtual_patients
from models.course.patient_cell import patient_network

PATIENTS = virtual_patients(2000, 10, seed=3)
NAMES = [p.name for p in patient_network().parameters]


def column(name: str) -> np.ndarray:
    return PATIENTS.parameters[:, NAMES.index(name)]


def test_what_is_shared_has_one_value_a_model_and_what_differs_has_one_a_patient():
    some = PATIENTS.model == 4
    assert len(np.unique(column("k_S")[some])) == 1
    assert len(np.unique(column("k_S"))) == 10
    for d in DIFFERENCES:
        assert len(np.unique(column(d.parameters[0])[some])) > 190


def test_factors_have_the_spread_that_is_declared():
    for d in DIFFERENCES:
        drawn = np.log(PATIENTS.nodes[d.name])
        assert drawn.std() == pytest.approx(d.sd, abs=4 * d.sd / np.sqrt(4000))  # four standard errors


@pytest.mark.parametrize("node, share", [("RAS", SHARE_RAS[0]), ("t(11;14)", SHARE_T1114[0])])
def test_mutations_are_as_frequent_as_declared(node, share):
    seen = float((PATIENTS.nodes[node] > 0).mean())
    assert seen == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 2000))


def test_shares_of_clones_add_up_and_the_same_seed_is_the_same_population():
    assert PATIENTS.shares.sum(1) == pytest.approx(1)
    assert (PATIENTS.shares > 0).all()
    again = virtual_patients(2000, 10, seed=3)
    assert (again.parameters == PATIENTS.parameters).all()
    assert (virtual_patients(2000, 10, seed=4).parameters != PATIENTS.parameters).any()
