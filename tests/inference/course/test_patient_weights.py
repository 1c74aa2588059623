"""Weights of highest entropy: their means are what was asked, and no others spread more evenly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from inference.course.patient_weights import Target, effective_size, entropy_weights, weighted_quantile

EXACT = 10**12  # patients of a trial whose share has no error


def test_one_share_is_shared_out_evenly_on_both_sides():
    shown = np.repeat([1.0, 0.0], [30, 70])
    weights = entropy_weights([Target("a", 0.6, EXACT, "none", shown)], np.ones(100, bool))
    assert weights == pytest.approx(np.repeat([0.6 / 30, 0.4 / 70], [30, 70]))
    assert effective_size(weights) == pytest.approx(1 / (0.36 / 30 + 0.16 / 70))


def test_several_shares_are_met_by_the_weights_that_a_general_optimiser_finds():
    rng = np.random.default_rng(5)
    shown = [(rng.random(12) < 0.5).astype(float) for _ in range(2)]
    targets = [Target("a", 0.7, EXACT, "none", shown[0]), Target("b", 0.3, EXACT, "none", shown[1])]
    mine = entropy_weights(targets, np.ones(12, bool))
    conditions = [{"type": "eq", "fun": lambda w, t=t: w @ t.shown - t.share} for t in targets]
    conditions.append({"type": "eq", "fun": lambda w: w.sum() - 1})
    entropy = lambda w: float((w * np.log(np.maximum(w, 1e-300))).sum())  # noqa: E731
    other = minimize(entropy, np.full(12, 1 / 12), bounds=[(1e-12, 1)] * 12, constraints=conditions)
    assert other.success
    assert mine == pytest.approx(other.x, abs=1e-4)


def test_shares_that_contradict_each_other_are_met_as_far_as_their_errors_say():
    shown = np.repeat([1.0, 0.0], [50, 50])
    few = Target("small trial", 0.9, 10, "none", shown)
    many = Target("large trial", 0.3, 1000, "none", shown)
    mean = float(entropy_weights([few, many], np.ones(100, bool)) @ shown)
    assert 0.3 < mean < 0.4


def test_patients_who_are_not_usable_have_no_weight_and_equal_ones_are_all_effective():
    usable = np.repeat([True, False], [6, 4])
    weights = entropy_weights([Target("a", 0.5, 20, "none", np.tile([1.0, 0.0], 5))], usable)
    assert not weights[~usable].any()
    assert weights.sum() == pytest.approx(1)
    assert effective_size(np.full(9, 0.2)) == pytest.approx(9)


def test_quantiles_of_equal_weights_are_those_of_the_inverted_distribution():
    values = np.random.default_rng(2).normal(size=101)
    for at in (0.1, 0.5, 0.9):
        truth = np.quantile(values, at, method="inverted_cdf")
        assert weighted_quantile(values, np.ones(101), at) == truth
    assert weighted_quantile(np.array([1.0, np.inf]), np.ones(2), 0.9) == np.inf
