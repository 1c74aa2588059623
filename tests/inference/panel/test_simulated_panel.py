"""A panel measured by the model itself."""

import numpy as np
import pytest

from inference.panel.panel_data import arrays
from inference.panel.simulated_panel import came_back, filled, truth_of


def test_measurements_are_made_anew_and_nothing_else(made_up_tables):
    tables = made_up_tables(("A", "B"), ("bortezomib",), once=("navitoclax",), doses=4)
    truth = truth_of(tables, 3)
    assert np.array_equal(truth, truth_of(tables, 3))
    first, again, other = (filled(tables, truth, seed) for seed in (1, 1, 2))
    assert first.measured.equals(again.measured)
    assert not first.measured["viability"].equals(other.measured["viability"])
    same = ["line", "drug", "source", "hours", "dose_nM", "low_nM", "high_nM"]
    assert first.measured[same].equals(tables.measured[same])
    assert arrays(first).cells == arrays(tables).cells
    assert np.nanmin(first.measured["ic50_nM"].to_numpy(float)) > 0


def test_quantiles_of_normal_draws_hold_the_share_they_say():
    rng = np.random.default_rng(0)
    table = came_back(
        tuple(map(str, range(400))), rng.standard_normal(400), rng.standard_normal((2, 500, 400))
    )
    # binomial: four standard errors of a share of 0.89 of 400
    assert float(np.mean(table["inside"].to_numpy(float))) == pytest.approx(
        0.89, abs=4 * np.sqrt(0.89 * 0.11 / 400)
    )
