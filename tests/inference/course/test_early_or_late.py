"""Which node tells early from late: rank correlations of SciPy where weights are equal, and their spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from inference.course.early_or_late import early_or_late

COUNT = 400


def test_correlations_are_spearmans_and_the_node_that_decides_comes_first():
    rng = np.random.default_rng(8)
    nodes = {
        "decides": rng.normal(size=COUNT),
        "helps": rng.normal(size=COUNT),
        "nothing": rng.normal(size=COUNT),
    }
    months = np.exp(-2 * nodes["decides"] + 0.7 * nodes["helps"] + 0.5 * rng.normal(size=COUNT))
    months[months > np.quantile(months, 0.9)] = np.inf
    table = early_or_late(nodes, months, np.ones(COUNT), np.arange(COUNT) % 8, seed=1).set_index("node")
    for name, x in nodes.items():
        assert table.loc[name, "correlation"] == pytest.approx(spearmanr(x, months)[0])
    assert list(table.sort_values("rank").index) == ["decides", "helps", "nothing"]
    assert (table.loc["decides", ["rank_low", "rank_high"]] == 1).all()
    assert table.loc["nothing", "low"] < 0 < table.loc["nothing", "high"]


def test_a_patient_without_weight_tells_nothing():
    x = np.array([1.0, 2.0, 3.0, 100.0])
    months = np.array([3.0, 2.0, 1.0, 50.0])
    weights, model = np.array([1.0, 1.0, 1.0, 0.0]), np.zeros(4, int)
    table = early_or_late({"x": x}, months, weights, model, seed=1)
    assert table["correlation"].to_numpy() == pytest.approx([-1])
