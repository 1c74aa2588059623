"""Dose-response of a dish: a fit returns the curve it was given, differences between cells flatten it."""

import numpy as np
import pytest
from scipy import integrate, stats

from inference.population.averages import averages
from inference.population.dose_curves import curves, hill, hill_fit, slopes
from inference.population.two_levels import PopulationAsked
from inference.runs.run import Run
from inference.simulation.any_dish import DishError, any_dish, dose_of


def test_a_hill_curve_comes_back_and_a_flat_one_is_told():
    x = np.geomspace(0.1, 100, 11)
    found = hill_fit(x, hill(x, np.log(3.0), 1.7, 0.15))
    np.testing.assert_allclose(found, (3.0, 1.7, 0.15), rtol=1e-4)
    assert np.isnan(hill_fit(x, np.full(11, 0.97))).all()
    assert np.isnan(hill_fit(x, np.where(x > 1, np.nan, 0.5))).all()


def test_a_log_normal_threshold_flattens_a_curve_as_the_integral_says():
    """Probit: a step whose threshold has sd s of ln has, at its half, the slope of a Hill curve of
    4 / (s sqrt(2 pi)); truth from the integral.
    """
    x, s = np.geomspace(0.05, 20, 41), 0.5
    left = [integrate.quad(stats.norm.pdf, np.log(d) / s, np.inf)[0] for d in x]
    _, slope, bottom = hill_fit(x, np.array(left))
    assert slope == pytest.approx(4 / (s * np.sqrt(2 * np.pi)), rel=0.15)  # logistic is no normal: 8 %
    assert bottom < 0.01


def test_cells_that_differ_and_steepness_each_do_their_part(tmp_path):
    dish = any_dish(doses=[dose_of("bortezomib", 4.0)])
    asked = PopulationAsked(dish, averages(dish, 1, 1), 32)
    table = slopes(curves(asked, Run(tmp_path, keeps=False)))
    equal5, differ5, equal20, differ20, fixed20 = table["slope"].iloc[1:]
    assert equal20 > equal5, "a steeper cell makes a steeper dish"
    assert differ5 < equal5
    assert differ20 < equal20
    assert fixed20 == pytest.approx(differ20, rel=0.25), "eight cells, and 128 drawn ones"
    assert table.loc["population", "fitted"] == 1
    assert table["note"].str.contains("not for clinical use").all()


def test_a_curve_without_a_drug_is_refused(tmp_path):
    dish = any_dish()
    with pytest.raises(DishError, match="add `doses`"):
        curves(PopulationAsked(dish, averages(dish, 1, 1), 4), Run(tmp_path, keeps=False))
