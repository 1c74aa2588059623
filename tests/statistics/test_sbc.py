"""Calibration of the declared reduced study, and that a wrong likelihood on it is found. Slow: many minutes
on two cores.
"""

import numpy as np
import pytest

from inference.calibration import coverage, many_fits
from inference.calibration.simulated_data import family
from inference.runs.run import Run
from inference.samplers import random_walk_smc
from inference.study.loading import load

PLAN = random_walk_smc.Walkers(particles=31, moves=8, last=80)
FITS = 64


def judged(folder, wrong_noise: float) -> coverage.Calibration:
    study = load("feedback_reduced", lint=False)
    found = many_fits.walk(
        family(study, rtol=1e-4, atol=1e-7, wrong_noise=wrong_noise), FITS, PLAN, 1, Run(folder)
    )
    assert found is not None
    truth = np.column_stack([found.truth, found.truth_log_likelihood])
    draws = np.concatenate([found.z, found.log_likelihood[..., None]], 2)
    poor = np.zeros(len(found.poor), bool)  # so few draws cannot tell how well they mix
    return coverage.judge(
        [*study.names, "log-likelihood"], coverage.ranks(truth, draws, 1), PLAN.particles, poor, 1
    )


@pytest.mark.slow
def test_the_reduced_study_is_calibrated(tmp_path) -> None:
    found = judged(tmp_path, 1.0)
    assert found.ok, found.reasons


@pytest.mark.slow
def test_a_likelihood_that_believes_in_half_the_noise_fails(tmp_path) -> None:
    assert not judged(tmp_path, 0.5).ok
