"""Where a search looks, and whether it leaves a basin that is not the best one: double wells, by algebra."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from inference.best_fit.leaps import leap
from inference.best_fit.multistart import search_of
from inference.best_fit.trust_region import best_fits
from inference.likelihood.reduced_parts import Split, split
from inference.study.loading import load
from inference.study.priors import Prior
from inference.study.study import from_tables


def searched(tiny, scale, prior):
    """The study of one decay, its rate between 1e-3 and 1e2 on this scale with this prior."""
    tables = load(tiny, lint=False).tables
    rows = tuple(
        replace(p, scale=scale, prior=prior, lower=1e-3, upper=1e2) if p.id == "d_X" else p
        for p in tables.parameters
    )
    study = from_tables(replace(tables, parameters=rows))
    search = search_of(Split(study, split(study)), rtol=1e-6, atol=1e-8)
    return search, study.names.index("d_X")


@pytest.mark.parametrize(
    ("scale", "prior", "bounds", "slope"),
    [
        ("lin", Prior("uniform", (1e-3, 1e2)), (1e-3, 1e2), 0.0),
        ("log10", Prior("log-uniform", (1e-3, 1e2)), np.log([1e-3, 1e2]), 0.0),
        # even in the number itself, but a scale of the table is where to search
        ("log10", Prior("uniform", (1e-3, 1e2)), np.log([1e-3, 1e2]), 0.0),
        ("log", Prior("uniform", (0.1, 1.0), 1e-3, 1e2), np.log([0.1, 1.0]), 0.0),
        # d/dx of -(e^x - 1)^2 / 2 at x = ln 2: a density of the number, without the width of its logarithm
        ("log10", Prior("normal", (1.0, 1.0), 1e-3, 1e2), np.log([1e-3, 1e2]), -2.0),
        # d/dx of -(x - 0)^2 / 2 at x = ln 2: a density of the logarithm
        ("lin", Prior("log-normal", (0.0, 1.0), 1e-3, 1e2), np.log([1e-3, 1e2]), -np.log(2)),
    ],
)
def test_a_parameter_is_searched_on_its_declared_scale_within_its_bounds(tiny, scale, prior, bounds, slope):
    search, i = searched(tiny, scale, prior)
    np.testing.assert_allclose(search.bounds[i], bounds, rtol=1e-12)
    x = np.zeros(len(search.on_log))
    x[i] = np.log(2) if search.on_log[i] else 2.0
    assert float(search.own(x)[i]) == pytest.approx(2.0)
    assert float(jax.grad(search.log_prior)(jax.numpy.asarray(x))[i]) == pytest.approx(slope, abs=1e-9)


def wells(width):
    """Sum over coordinates of (x^2 - 1)^2 + 0.3 x: 2^n basins, the best one where each is left."""

    def many(points):
        value = np.sum((points**2 - 1) ** 2 + 0.3 * points, axis=1)
        gradient = 4 * points * (points**2 - 1) + 0.3
        bend = [np.diag(np.maximum(12 * p**2 - 4, 0.1)) for p in points]
        return value, points, gradient, np.array(bend)

    class Wells:
        layout = SimpleNamespace(cells=np.arange(width))
        search = SimpleNamespace(bounds=np.tile([-2.0, 2.0], (width, 1)))

        def __call__(self, points):
            return many(points)

    return Wells()


def test_searches_leave_basins_that_are_not_the_best_one():
    n = 6
    left = np.roots([4, 0, -4, 0.3]).real.min()
    best = n * ((left**2 - 1) ** 2 + 0.3 * left)
    x0 = np.random.default_rng(3).uniform(-2, 2, (8, n))
    once = best_fits(wells(n), x0, max_steps=300, tolerance=1e-9)[1]
    assert np.sum(once < best + 0.1) <= 1  # one basin of 64 is the best one
    x, found = best_fits(
        wells(n),
        x0,
        max_steps=300,
        tolerance=1e-9,
        elsewhere=np.random.default_rng(4).uniform(-2, 2, (99, n)),
    )
    np.testing.assert_allclose(found, best, atol=1e-6)
    np.testing.assert_allclose(x, left, atol=1e-4)


def test_no_search_asks_more_often_than_it_may():
    n, asked = 4, []
    search = wells(n)

    class Counting(type(search)):
        def __call__(self, points):
            asked.append(len(points))
            return super().__call__(points)

    x0 = np.random.default_rng(3).uniform(-2, 2, (3, n))
    best_fits(Counting(), x0, max_steps=40, tolerance=1e-9, elsewhere=x0)
    assert sum(asked) <= 3 * 40
    assert len(asked) >= 30  # most go into leaps


def test_a_leap_keeps_most_of_a_point():
    rng = np.random.default_rng(0)
    ends, elsewhere = np.zeros((2, 8)), np.ones((5, 8))
    for _ in range(50):  # none is better: one to three parameters are as somewhere else
        assert 1 <= leap(ends, np.zeros(2), 0, elsewhere, rng).sum() <= 3
    ends[1] = 5.0
    taken = [leap(ends, np.array([1.0, 0.0]), 0, elsewhere, rng) for _ in range(400)]
    exchanged = [z for z in taken if np.isin(z, (0.0, 5.0)).all() and z.any()]
    assert 250 < len(exchanged) < 350  # three in four, of 400: sd 9
    assert np.mean(exchanged) / 5 == pytest.approx(0.5, abs=0.05)
