"""The reduction where its answer is known in closed form, and the days that are taken for one another."""

from __future__ import annotations

import numpy as np
import pytest

from models.course.burden import (
    DENSE,
    SPARSE,
    BoneTurnover,
    Clocks,
    DailyRates,
    burden,
    day_of_each,
    days_of,
    grow_to_double,
    simulated_part,
)
from models.course.regimen_words import read_regimen

MOST = 2.0


def rates(grown: float, killed: np.ndarray, osteoclasts: float = 1.0) -> DailyRates:
    """One patient with clones that grow alike and die as given (clone, day), whatever the density."""
    room = 1 - np.array([SPARSE, DENSE]) / MOST
    shape = (2, 1, *killed.shape)
    return DailyRates(
        np.broadcast_to(grown * room[:, None, None, None], shape),
        np.broadcast_to(killed, shape),
        np.full(shape, osteoclasts),
    )


def clocks(grow=1.0, die=1.0) -> Clocks:
    return Clocks(np.array([grow]), np.array([die]), np.array([MOST]))


BONE = BoneTurnover(np.array([0.1]), np.array([1.0]))


def test_an_untreated_tumour_grows_as_the_logistic_equation_says():
    grown, days = 0.002, 2000
    course = burden(rates(grown, np.zeros((1, 1))), np.full(days, -1), np.array([[1e-3]]), clocks(), BONE)
    n0, t = 1e-3 * DENSE, np.arange(days)
    truth = MOST / (1 + (MOST / n0 - 1) * np.exp(-grown * t)) / DENSE
    assert course.burden[:, 0] == pytest.approx(truth, rel=grown)  # a step a day: its error is of that order


def test_a_clone_that_does_not_die_takes_over_when_the_others_have():
    killed = np.array([[0.1, 0.0], [0.0, 0.0]])
    shares = np.array([[1 - 1e-4, 1e-4]])
    course = burden(rates(0.01, killed), np.zeros(300, int), shares, clocks(), BONE)
    ratio = course.cells[:, 0, 1] / course.cells[:, 0, 0]
    alive = course.cells[:, 0, 0] > 0
    assert np.log(ratio[alive] / ratio[0]) == pytest.approx(0.1 * np.arange(300)[alive], abs=1e-9)


def test_untreated_it_doubles_at_diagnosis_in_the_days_that_were_asked():
    some = rates(0.5, np.array([[0.02], [0.05]]))
    shares = np.array([[0.7, 0.3]])
    found = grow_to_double(some, shares, np.array([0.3]), np.array([60.0]), np.array([MOST]))
    course = burden(some, np.full(2, -1), shares, found, BONE)
    assert np.log(course.burden[1, 0]) == pytest.approx(np.log(2) / 60, rel=0.01)  # two clones, one day


def test_bone_without_tumour_stays_and_with_it_goes_to_its_balance():
    gone = burden(rates(0.0, np.zeros((1, 1))), np.full(400, -1), np.array([[1e-13]]), clocks(), BONE)
    assert gone.bone[:, 0] == pytest.approx(100.0, abs=1e-6)
    eaten = rates(0.0, np.zeros((1, 1)), osteoclasts=2.0)
    course = burden(eaten, np.full(20_000, -1), np.array([[1.0]]), clocks(), BONE)
    built = 1 / (1 + 1.0 * DENSE / (DENSE + 0.5))
    assert course.bone[-1, 0] == pytest.approx(100 * built / 2, rel=1e-6)


def test_days_after_the_third_cycle_are_like_those_of_the_third():
    vd = read_regimen("bortezomib 1.3 mg/m2 d1 q21d x5 then lenalidomide 25 mg d1-21 q28d")
    assert days_of(simulated_part(vd)) == 3 * 21 + 3 * 28
    like = day_of_each(vd, 105 + 5 * 28)
    assert list(like[:105]) == [*range(63), *range(42, 63), *range(42, 63)]
    assert list(like[105:]) == [*range(63, 147), *range(119, 147), *range(119, 147)]
    ended = day_of_each(read_regimen("dexamethasone 20 mg d1 q28d x1"), 30)
    assert list(ended) == [*range(28), -1, -1]
