"""RelapseCurves, medians and hazards of virtual patients where they are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ecdf

from inference.course.relapse import (
    MONTHS,
    hazard_ratio,
    median_months,
    median_pfs,
    over_models,
    progressed_by,
    without_progression,
)
from inference.course.virtual_patients import DEATHS

COUNT = 20_000


def exponential(median: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).exponential(median / np.log(2), COUNT)


def test_the_curve_of_equal_weights_is_the_survival_function_of_scipy():
    months, model = exponential(20.0, 1), np.arange(COUNT) % 4
    found = without_progression(months, np.ones(COUNT), model)
    assert found.all == pytest.approx(ecdf(months).sf.evaluate(MONTHS))
    assert (found.low <= found.high).all()


def test_the_median_pfs_of_exponential_times_adds_the_hazards():
    months, w = exponential(20.0, 2), np.ones(COUNT)
    # four standard errors of a median
    assert median_months(months, w) == pytest.approx(20, abs=4 * 20 / np.log(2) / np.sqrt(COUNT))
    both = np.log(2) / (np.log(2) / 20 + DEATHS[0] / 12)
    assert median_pfs(months, w) == pytest.approx(both, abs=0.6)
    assert progressed_by(20.0, pfs=False) == 0.5
    assert 1 - (1 - progressed_by(20.0, pfs=True)) * np.exp(-DEATHS[0] * 20 / 12) == pytest.approx(0.5)


def test_the_hazard_ratio_of_exponential_times_is_that_of_their_rates():
    a, b = exponential(24.0, 3), exponential(12.0, 4)
    events = COUNT * 0.8
    assert np.log(hazard_ratio(a, b, np.ones(COUNT))) == pytest.approx(
        np.log(0.5), abs=4 * np.sqrt(2 / events)
    )


def test_a_band_is_over_models_and_a_model_without_weight_has_no_say():
    values, model = np.array([1.0, 1.0, 5.0, 5.0, 900.0]), np.array([0, 0, 1, 1, 2])
    weights = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    band = over_models(lambda w: w @ values / w.sum(), weights, model)
    assert (band.low, band.middle, band.high) == (1.0, 3.0, 5.0)
