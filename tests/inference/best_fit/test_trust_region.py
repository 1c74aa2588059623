"""Best fits with the instruments at their best: a straight line through logarithms, whose fit is known, and
SciPy.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from inference.best_fit.hierarchical import Profiled
from inference.best_fit.multistart import candidates_of, search_of
from inference.best_fit.trust_region import best_fits, promising
from inference.likelihood.reduced_parts import Split, split
from inference.study.loading import load
from inference.study.priors import Prior
from inference.study.study import from_tables

TIGHT = {"rtol": 1e-9, "atol": 1e-11}


def profiled_of(study, width=4):
    parts = Split(study, split(study))
    return Profiled(search_of(parts, **TIGHT), parts, width, **TIGHT)


@pytest.fixture(scope="module")
def flat(tiny):
    """The decay with even priors of ln between bounds far apart."""
    tables = load(tiny, lint=False).tables
    rows = tuple(replace(p, prior=Prior("log-uniform", (1e-4, 1e4), 1e-4, 1e4)) for p in tables.parameters)
    return profiled_of(from_tables(replace(tables, parameters=rows)))


@pytest.fixture(scope="module")
def believed(tiny):
    return profiled_of(load(tiny, lint=False))


def line(study):
    """ln y = a - d t + noise: time, ln y, and what regression makes of them."""
    m = study.measurements
    return m.time, np.log(m.value), stats.linregress(m.time, np.log(m.value))


def test_the_best_fit_from_anywhere_is_the_line_of_least_squares(flat):
    t, y, fit = line(flat.parts.whole)
    x, value = best_fits(
        flat, promising(flat, candidates_of(flat.search, 24, 1, 1.0), 4), max_steps=60, tolerance=1e-10
    )
    noise = np.sqrt(np.mean((y - fit.intercept - fit.slope * t) ** 2))
    names = flat.search.problem.names
    np.testing.assert_allclose(
        [np.exp(x[0, names.index(n)]) for n in ("d_X", "scale_X", "noise_X")],
        [-fit.slope, np.exp(fit.intercept) / 10.0, noise],
        rtol=1e-5,
    )
    # at the best noise the squared residuals add up to their number
    by_hand = -len(y) * (0.5 + np.log(noise) + 0.5 * np.log(2 * np.pi)) - y.sum()
    np.testing.assert_allclose(-value, by_hand, atol=1e-6)  # every search


def test_what_follows_is_told_from_what_is_searched(flat):
    names = np.array(flat.search.problem.names)
    assert set(names[flat.layout.cells]) == {"d_X"}
    assert set(names[flat.layout.instruments]) == {"scale_X", "noise_X"}


def test_instruments_at_their_best_are_mean_and_scatter_about_it(flat):
    t, y, _ = line(flat.parts.whole)
    names, start = flat.search.problem.names, np.log([[0.3, 1.0, 1.0]])
    assert names == ("d_X", "scale_X", "noise_X")
    value, x = flat.values(start)
    left = y + 0.3 * t - np.log(10.0)
    np.testing.assert_allclose(np.exp(x[0]), [0.3, np.exp(left.mean()), left.std()], rtol=1e-6)
    by_hand = stats.norm(left.mean(), left.std()).logpdf(left).sum() - y.sum()
    assert -value[0] == pytest.approx(by_hand, abs=1e-6)


def test_the_slope_is_that_of_the_profile(believed):
    x, step = np.log([[0.45, 1.5, 0.15]]), 1e-3
    value, settled, slope, _ = believed(x)
    assert value[0] == pytest.approx(float(believed.search.objective(settled[0])), abs=1e-8)
    beside = believed.values(np.repeat(x, 2, 0) + np.array([[step, 0, 0], [-step, 0, 0]]))[0]
    assert slope[0, 0] == pytest.approx((beside[0] - beside[1]) / (2 * step), rel=1e-4)


def test_the_information_on_a_slope_is_that_of_regression(flat):
    t, y, fit = line(flat.parts.whole)
    left = y - fit.intercept - fit.slope * t
    _, _, _, information = flat(np.log([[-fit.slope, 1.0, 1.0]]))
    # of ln d: d^2 times the squares of time about its mean, over the variance at its best (maximum
    # likelihood)
    assert information[0, 0, 0] == pytest.approx(
        fit.slope**2 * np.sum((t - t.mean()) ** 2) / np.mean(left**2), rel=1e-5
    )


def test_with_priors_the_best_fit_is_that_of_scipy(believed):
    t, y, _ = line(believed.parts.whole)
    width, centre = np.array([1.0, 1.0, 0.5]), np.log([0.5, 1.5, 0.15])

    def negative(x):
        seen = stats.norm(x[1] + np.log(10.0) - np.exp(x[0]) * t, np.exp(x[2])).logpdf(y).sum() - y.sum()
        return -seen - stats.norm(centre, width).logpdf(x).sum()

    by_scipy = optimize.minimize(
        negative, centre, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12, "maxiter": 4000}
    )
    x, value = best_fits(
        believed,
        promising(believed, candidates_of(believed.search, 8, 1, 1.0), 4),
        max_steps=60,
        tolerance=1e-10,
    )
    np.testing.assert_allclose(x[0], by_scipy.x, atol=1e-5)
    mass = stats.norm(centre, width).cdf(np.log(1e4)) - stats.norm(centre, width).cdf(
        np.log(1e-4)
    )  # the priors end at the bounds
    assert value[0] == pytest.approx(by_scipy.fun + np.log(mass).sum(), abs=1e-6)


def test_a_search_ends_where_its_even_prior_ends(tiny):
    tables = load(tiny, lint=False).tables
    rows = tuple(
        replace(p, prior=Prior("log-uniform", (1e-4, 0.2 if p.id == "d_X" else 1e4), 1e-4, 1e4))
        for p in tables.parameters
    )
    bounded = profiled_of(from_tables(replace(tables, parameters=rows)))
    t, y, fit = line(bounded.parts.whole)
    assert -fit.slope > 0.2
    x, _ = best_fits(bounded, np.log([[0.01, 1.0, 1.0]]), max_steps=60, tolerance=1e-10)
    assert np.exp(x[0, 0]) == pytest.approx(0.2, rel=1e-4)
    left = y + 0.2 * t - np.log(10.0)
    assert np.exp(x[0, 2]) == pytest.approx(left.std(), rel=1e-3)
