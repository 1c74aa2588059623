"""Predictions without a mechanism: they find what is there, and an end of a range is no value."""

import numpy as np
import pytest
from scipy import stats

from inference.panel.panel_baselines import Halves, completed, fitted_by, left_out, score, tuned


def made_up(effect_of_line=0.0, effect_of_ras=0.0, factor=(1.0, 1.0, 1.0, 1.0)):
    rng = np.random.default_rng(1)
    line, drug = (a.ravel() for a in np.meshgrid(np.arange(12), np.arange(4), indexing="ij"))
    ras = np.arange(12) % 2 - 0.5
    own = effect_of_line * rng.standard_normal(12)
    y = 2.0 * drug + own[line] * np.array(factor)[drug] + effect_of_ras * ras[line] * (drug == 0)
    y = y + 0.1 * rng.standard_normal(len(y))
    zero = np.zeros(len(y), int)
    return Halves(line, drug, zero, np.arange(len(y)), y, zero, ras[:, None], 0)


def error(h, name):
    found = left_out(h, fitted_by(name), np.random.default_rng(2))
    return float(np.sqrt(np.mean((found[:, 0] - h.y) ** 2)))


def test_each_finds_what_it_is_for():
    sensitive = made_up(effect_of_line=2.0)
    assert error(sensitive, "line + drug") < 0.4 < error(sensitive, "drug mean")
    genotype = made_up(effect_of_ras=4.0)
    assert error(genotype, "drug x RAS") < 0.4 < error(genotype, "line + drug")
    opposite = made_up(effect_of_line=2.0, factor=(0.2, 2.0, 1.0, 0.5))
    assert error(opposite, "rank-one") < 0.85 * error(opposite, "line + drug")


def test_what_is_left_out_is_not_looked_at():
    h, fitted = made_up(effect_of_line=2.0), fitted_by("line + drug")
    first = left_out(h, fitted, np.random.default_rng(3))[5]
    h.y[5] += 100.0
    assert np.array_equal(left_out(h, fitted, np.random.default_rng(3))[5], first)


def test_noise_alone_is_drawn_to_nothing():
    h = made_up()
    ridge, sd = tuned(h, np.arange(len(h)), fitted_by("line + drug"), np.random.default_rng(1))
    assert ridge >= 10.0
    assert sd == 0.2  # the least that is thought of; the noise is 0.1


def test_scores_are_densities_within_and_probabilities_beyond():
    y, mean, sd = np.full(3, 1.0), np.full(3, 0.2), np.full(3, 0.7)
    found = score(y, np.array([0, 1, -1]), mean, sd)
    at = (1.0, 0.2, 0.7)
    assert found == pytest.approx([stats.norm.logpdf(*at), stats.norm.logsf(*at), stats.norm.logcdf(*at)])


@pytest.mark.parametrize("side", [1, -1])
def test_a_value_beyond_its_range_has_the_moments_of_a_truncated_normal(side):
    full, left = completed(np.array([1.0]), np.array([side]), np.array([0.2]), 0.7)
    a, b = ((1.0 - 0.2) / 0.7, np.inf) if side > 0 else (-np.inf, (1.0 - 0.2) / 0.7)
    n = stats.truncnorm(a, b, 0.2, 0.7)
    assert (full[0], left[0]) == pytest.approx((n.mean(), n.var()))
