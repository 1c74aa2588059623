"""Pairs left out: against algebra where curves are Hill curves."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from inference.panel.panel_baselines import score
from inference.panel.panel_curves import GRID
from inference.panel.panel_data import arrays
from inference.panel.panel_held_out import (
    MECHANISM,
    CurveDraws,
    at_doses,
    crossing,
    halves,
    log_likelihoods,
    permuted,
    predicted,
    summary,
)
from inference.panel.panel_model import PanelModel

STEEP, MIDDLES = 1.5, np.array([1.0, 3.0, 5.0])


def hill(ln_dose, middle):
    return 1 / (1 + np.exp(STEEP * (ln_dose - middle)))


@pytest.fixture(scope="module")
def model(made_up_tables):
    tables = made_up_tables(("A", "B", "C"), ("bortezomib",), once=("trametinib",), doses=5)
    half = tables.measured["ic50_nM"].notna()
    tables.measured.loc[half, "ic50_nM"] = [2.0, 30.0, 1e9]
    return PanelModel(arrays(tables))


def drawn(model, draws, offset=0.0):
    """Draws that all say the same: Hill curves with a middle for each line."""
    data = model.data
    curve = hill(GRID[None], MIDDLES[:, None])[None, None, :, None]
    shape = (draws, len(data.sources), 3, len(data.drugs), len(GRID))
    ones = np.ones(draws)
    table = np.full((draws, len(data.sources), len(data.drugs)), offset)
    return CurveDraws(np.broadcast_to(curve, shape), 0.8 * ones, 0.6 * ones, 0.1 * ones, 0.05 * ones, table)


def test_a_pair_seen_once_has_the_density_of_its_ic50(model):
    found = log_likelihoods(model, drawn(model, 2, offset=0.3))
    sd = np.sqrt((0.6 / STEEP) ** 2 + 0.8**2)
    for k, (line, drug) in enumerate(model.data.cells):
        if drug != "trametinib":
            continue
        row = int(np.flatnonzero(model.data.cell == k)[0])
        middle = MIDDLES["ABC".index(line)] + 0.3
        y, beyond = np.log(model.data.dose[row]), model.data.beyond[row]
        expected = (stats.norm.logsf if beyond > 0 else stats.norm.logpdf)(y, middle, sd)
        # logits are held at 4.6 by 0.01 of a viability: 2 % of a logit near half, more far from it
        assert found[0, k] == pytest.approx(expected, abs=0.15)


def test_a_curve_has_its_residual_and_offset_integrated_out(model):
    data, given = model.data, drawn(model, 1)
    k = data.cells.index(("B", "bortezomib"))
    rows = np.flatnonzero(data.cell == k)
    ln_dose, seen = np.log(data.dose[rows]), data.viability[rows]

    def density(off, residual):
        v = hill(ln_dose - 0.8 * residual, MIDDLES[1]) + 0.05 * off
        told = stats.t.logpdf((seen - v) / 0.1, 4) - np.log(0.1)
        return np.exp(told.sum()) * stats.norm.pdf(off) * stats.norm.pdf(residual)

    exact = integrate.dblquad(density, -6, 6, -6, 6, epsabs=1e-8, epsrel=1e-5)[0]
    # nine nodes for a residual whose likelihood is as wide as itself: a tenth of a log unit
    assert log_likelihoods(model, given)[0, k] == pytest.approx(np.log(exact), abs=0.3)


def test_predictions_without_a_pair_are_those_of_the_weights(model):
    given = drawn(model, 50)
    even = np.full((50, len(model.data.cells)), -np.log(50.0))
    h = halves(model, model.data.covariates.ras)
    told, middle = predicted(h, given, even)
    sd = np.sqrt(0.8**2 + (0.6 / STEEP) ** 2)
    # the dose of half is read from a grid with steps of 0.39: 0.02; the slope over two steps: 5 %
    assert told == pytest.approx(score(h.y, h.beyond, MIDDLES[h.line], np.full(len(h), sd)), abs=0.1)
    # the median of 4000 draws: 1.25 sd / sqrt(4000), four of them
    assert middle == pytest.approx(MIDDLES[h.line], abs=0.02 + 5 * sd / np.sqrt(4000))


def test_lines_that_are_told_apart_beat_permuted_ones(model):
    given = drawn(model, 20)
    even = np.full((20, len(model.data.cells)), -np.log(20.0))
    h = halves(model, model.data.covariates.ras)
    h.y[h.drug == model.data.drugs.index("trametinib")] = MIDDLES
    h.beyond[:] = 0
    table = permuted(model, h, given, even, np.random.default_rng(1))
    assert table.loc["trametinib", "log_score"] > table.loc["trametinib", "permuted"]
    # of six permutations one is the lines themselves, which are not beaten: 1/6 of 500, +- 4 sd of 0.017
    assert table.loc["trametinib", "beats"] == pytest.approx(5 / 6, abs=0.07)


@pytest.mark.parametrize(
    ("viability", "expected"),
    [
        ([1.0, 0.75, 0.25, 0.1], (1.5, 0)),
        ([1.0, 0.9, 0.8, 0.7], (3.0, 1)),
        ([0.4, 0.3, 0.2, 0.1], (0.0, -1)),
        ([1.0, 0.4, 0.6, 0.4], (2.5, 0)),  # falls for good only at the end
    ],
)
def test_the_ic50_of_a_measured_curve_is_where_it_falls_for_good(viability, expected):
    assert crossing(np.arange(4.0), np.array(viability)) == pytest.approx(expected)


def test_curves_are_linear_between_doses_of_the_grid():
    curve = np.stack([GRID, 2 * GRID])
    assert at_doses(curve, np.array([[0.1], [5.05]])) == pytest.approx(np.array([[0.1], [10.1]]))


def test_a_method_that_is_worse_everywhere_is_worse_with_certainty():
    targets = pd.DataFrame({"line": ["A", "A", "B"], "beyond": [0, 0, 1], "ln_ic50": [1.0, 2.0, 3.0]})
    middle = np.array([1.0, 2.0, 9.0])
    found = {MECHANISM: (np.zeros(3), middle), "other": (np.array([-1.0, -1.0, -4.0]), middle + 1)}
    table = summary(targets, found, np.random.default_rng(0))
    assert table.loc["other", "mechanism_better_by"] == 2.0
    assert table.loc["other", "low"] == 1.0  # drawn with replacement: line A twice
    assert table["rms_error"].tolist() == [0.0, 1.0]  # what is beyond its range has no error
