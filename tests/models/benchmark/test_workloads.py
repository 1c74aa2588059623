"""The arithmetic of the benchmark, and that its workload is what it says; it never times anything."""

import numpy as np
import pytest

from models.benchmark.device_limits import need, used
from models.benchmark.workloads import STIMULUS, SolverRun, error, milliseconds_at, workload
from models.engine.solver.tableau import RODAS5P


def test_cost_at_equal_error_follows_a_power_law():
    # ms = 2 error^-0.25, as for a method of order 4
    points = [SolverRun("any", 0.0, e, 2 * e**-0.25) for e in (1e-3, 1e-5, 1e-8)]
    for e in (1e-2, 1e-4, 1e-6, 1e-9):
        assert milliseconds_at(points, e) == pytest.approx(2 * e**-0.25)
    assert milliseconds_at(points[::-1], 1e-4) == pytest.approx(20.0)


def test_the_error_is_the_median_over_sets_of_the_worst_relative_difference():
    truth = np.ones((3, 4, 2))
    found = truth.copy()
    found[0, 1, 0], found[1, 2, 1], found[2, 0, 0] = 1.1, 1.01, 1.5
    assert error(found, truth) == pytest.approx(
        0.1 / 1.001
    )  # 0.1 % of the largest value is added to the scale


def test_the_workload_starts_at_rest_in_its_stimulus():
    work = workload("core", 3)
    assert work.parameters.shape == (3, len(work.system.parameters))
    assert work.inputs["TNF"] == STIMULUS["TNF"]
    fixed = [i for i, p in enumerate(work.system.parameters) if p.startswith(("h_", "n_"))]
    assert np.ptp(work.parameters[:, fixed], axis=0).max() == 0.0
    assert work.state["IL6"] == pytest.approx(10.0, rel=0.5)  # ng/mL, just after the jump


def test_no_device_is_used_beyond_its_limits_and_single_precision_states_its_error():
    """The part of the benchmark that speaks of an accelerator, exercised here."""
    work = workload("core", 64)
    double, single = (used(work, 64, 64, precision) for precision in ("float64", "float32"))
    for name, found in (("float64", double), ("float32", single)):
        assert found[f"device_{name}_failed"] == 0
        assert 0 < found[f"device_{name}_bandwidth_share"] < 1
        assert 0 < found[f"device_{name}_arithmetic_share"] < 1
        assert found[f"device_{name}_fused_kernel_gain"] > 1
    # rtol 1e-4 against 1e-6: some tenths of the tolerance, and in single precision not more than its rounding
    # on top
    assert 0 < double["device_float64_error"] < 1e-4
    assert 0 < single["device_float32_error"] < 1e-3


def test_a_step_needs_the_operations_of_its_sparse_factors_and_moves_its_state():
    """From below: eight stages, each with a multiplication and an addition for every Jacobian entry and
    earlier stage.
    """
    system = workload("core", 1).system
    found = need(system, RODAS5P, "float64")
    n, entries = len(system.species), len(system.pattern)
    assert found.operations > 8 * 2 * (entries + n * 3)
    assert found.operations < 8 * 2 * n**2 * 8  # dense factors and stages would be near this
    assert found.least_bytes >= 8 * 2 * n
