"""Calibration of the declared reduced study, and that a wrong likelihood on it is found. Slow: an hour on two cores."""

import numpy as np
import pytest

from inference import calibrate, many
from inference.simulated import family
from inference.study import load

PLAN = many.Plan(fits=48, batch=48, draws=31, thin=1, warmup=24, starts=1, search_steps=40, max_tree_depth=4)


def judged(folder, wrong_noise: float) -> calibrate.Calibration:
    study = load("feedback_reduced", lint=False)
    found = many.fit(family(study, rtol=1e-5, atol=1e-8, wrong_noise=wrong_noise), PLAN, 1, folder)
    assert found is not None
    truth = np.column_stack([found.truth, found.truth_log_likelihood])
    draws = np.concatenate([found.z, found.log_likelihood[..., None]], 2)
    poor = np.zeros(len(found.poor), bool)  # so few unthinned draws cannot tell how well they mix
    return calibrate.judge([*study.names, "log-likelihood"], calibrate.ranks(truth, draws, 1), PLAN.draws, poor, 1)


@pytest.mark.slow
def test_the_reduced_study_is_calibrated(tmp_path) -> None:
    found = judged(tmp_path, 1.0)
    assert found.ok, found.reasons


@pytest.mark.slow
def test_a_likelihood_that_believes_in_half_the_noise_fails(tmp_path) -> None:
    assert not judged(tmp_path, 0.5).ok
