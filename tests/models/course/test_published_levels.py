"""What was published of levels and of inhibition in blood is what typical patients show."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from models.course.exposure import drawn_bodies, edges, exposure, typical_body
from models.course.patient_drugs import DRUGS_IN_PATIENTS
from models.course.proteasome import HALF, INACTIVATES, MADE, OFF, as_dose, occupied
from models.course.published_levels import published_levels
from models.course.regimen_words import read_regimen
from models.drugs import DRUGS

# One occupancy of 69 to 84 % at once by vein and of 64 % hours later under the skin cannot both come out of
# one affinity: blood taken at 2 min has not reached its equilibrium.
KNOWN_MISSES = {"inhibited at most, bortezomib iv"}
found = functools.cache(published_levels)


@pytest.mark.parametrize("i", range(len(published_levels())))
def test_levels_are_within_what_was_published_and_the_known_miss_is_one(i):
    level = found()[i]
    assert level.met is (level.what not in KNOWN_MISSES), f"{level}"


def test_occupied_sites_are_those_of_scipy_while_both_inhibitors_come_and_go():
    hours = np.array([2.0, 3.0, 20.0, 30.0])
    btz, cfz = np.array([[8.0, 2.0, 0.5, 0.0]]), np.array([[0.0, 5.0, 0.1, 0.0]])
    leave, begins = OFF.value + MADE.value, np.concatenate([[0.0], np.cumsum(hours)])

    def flow(t, x):
        i = min(int(np.searchsorted(begins, t, side="right")) - 1, 3)
        free = 1 - x[0] - x[1]
        on = leave * (btz[0, i] / HALF.value) ** 1.5
        return [on * free - leave * x[0], INACTIVATES.value * cfz[0, i] * free - MADE.value * x[1]]

    x, truth = [0.0, 0.0], []
    for a, b in itertools.pairwise(begins):
        x = solve_ivp(flow, (a, b - 1e-12), x, rtol=1e-10, atol=1e-12).y[:, -1]
        truth.append(x.sum())
    assert occupied(btz, cfz, hours, np.array([1.5]))[0] == pytest.approx(truth, abs=1e-8)


def test_the_dose_that_stands_for_an_inhibited_share_inhibits_that_share():
    share = np.array([[0.0, 0.1, 0.5, 0.9]])
    dose = as_dose(share, np.array([10.0]), np.array([1.5]))
    assert (dose / 10) ** 1.5 / (1 + (dose / 10) ** 1.5) == pytest.approx(share)


def test_every_drug_of_people_drives_an_input_and_every_number_says_where_it_is_from():
    inputs = {d.input for d in DRUGS.values()}
    for d in DRUGS_IN_PATIENTS.values():
        assert d.drives in inputs
        assert all(c.value > 0 and c.source.text for c in d.constants().values())


def test_patients_differ_as_much_as_is_declared_around_the_typical_one():
    drug = DRUGS_IN_PATIENTS["venetoclax"]
    bodies = drawn_bodies(4000, seed=3)
    drawn = np.log(bodies.of(drug, "clearance"))
    sd = np.sqrt(np.log1p(0.395**2))
    # standard errors of a median and of an sd of 4000 normals, four of them
    assert abs(np.median(drawn) - np.log(446 / 24)) < 4 * 1.2533 * sd / np.sqrt(4000)
    assert abs(drawn.std() - sd) < 4 * sd / np.sqrt(8000)


def test_inputs_of_the_network_follow_the_unbound_level_in_the_medium_of_a_dish():
    doses = read_regimen("dexamethasone 40 mg d1 q28d").doses(2)
    at = edges(doses, 2)
    one = np.ones(1)
    dex = exposure(doses, typical_body(), at, 10 * one, 1.5 * one)["dex"][0]
    area = float((dex * np.diff(at)).sum())
    unbound, medium = 0.23, 1 / (1 + 0.1 * (1 / 0.23 - 1))
    assert area == pytest.approx(40 / 15 * 1e6 / 392.46 * unbound / medium, rel=0.002)  # 2 d hold nearly all
