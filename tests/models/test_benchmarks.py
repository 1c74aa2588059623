"""The arithmetic of the benchmark, and that its workload is what it says; it never times anything."""

import numpy as np
import pytest

from models.benchmarks import STIMULUS, Point, error, milliseconds_at, workload


def test_cost_at_equal_error_follows_a_power_law():
    # ms = 2 error^-0.25, as for a method of order 4
    points = [Point("any", 0.0, e, 2 * e**-0.25) for e in (1e-3, 1e-5, 1e-8)]
    for e in (1e-2, 1e-4, 1e-6, 1e-9):
        assert milliseconds_at(points, e) == pytest.approx(2 * e**-0.25)
    assert milliseconds_at(points[::-1], 1e-4) == pytest.approx(20.0)


def test_the_error_is_the_median_over_sets_of_the_worst_relative_difference():
    truth = np.ones((3, 4, 2))
    found = truth.copy()
    found[0, 1, 0], found[1, 2, 1], found[2, 0, 0] = 1.1, 1.01, 1.5
    assert error(found, truth) == pytest.approx(0.1 / 1.001)  # 0.1 % of the largest value is added to the scale


def test_the_workload_starts_at_rest_in_its_stimulus():
    work = workload("core", 3)
    assert work.parameters.shape == (3, len(work.system.parameters))
    assert work.inputs["TNF"] == STIMULUS["TNF"]
    fixed = [i for i, p in enumerate(work.system.parameters) if p.startswith(("h_", "n_"))]
    assert np.ptp(work.parameters[:, fixed], axis=0).max() == 0.0
    assert work.state["IL6"] == pytest.approx(10.0, rel=0.5)  # ng/mL, just after the jump
