"""What a population comes to: counted by hand on a few cells."""

import numpy as np
import pytest
import xarray as xr

from inference.population.population_figures import overview
from inference.population.summaries import (
    median_death,
    of_averages,
    persisters,
    shares_of_variance,
    table,
    two_level_mean,
    viability,
)


def population(survival, load):
    survival, load = np.asarray(survival, float), np.asarray(load, float)
    averages = len(survival)
    times = np.array([0.0, 24.0, 48.0])
    alive = np.stack([np.ones(averages), (1 + survival.mean(1)) / 2, survival.mean(1)], 1)
    course, each = ("average", "time"), ("average", "cell")
    return xr.Dataset(
        {
            "survival": (each, survival),
            "highest_load": (each, load),
            "ok": (each, np.ones_like(survival, bool)),
            "death": (each, np.where(survival < 0.5, 10.0, np.inf)),
            "alive": (course, alive),
            "annexin": (course, 1 - alive),
            "viable": (course, 0.3 * alive),
            "viable_vehicle": (course, np.full((averages, 3), 0.6)),
            "load": (("average", "time", "level"), np.ones((averages, 3, 5))),
        },
        {"time": times},
        {"believed": "the prior", "title": "a cell", "doses": "bortezomib 4 nM"},
    )


def test_quantities_are_those_counted_by_hand():
    data = population([[0.2, 0.4], [0.6, 1.0]], [[2.0, 0.5], [0.9, 0.8]])
    np.testing.assert_allclose(viability(data), [0.15, 0.4])
    np.testing.assert_allclose(persisters(data), [0.5, 1.0])
    np.testing.assert_allclose(median_death(data), [24.0, 24.0])
    np.testing.assert_allclose(of_averages(data)["fractional killing: cells dead at the end"][1], [0.7, 0.2])
    mean, error = two_level_mean(data)
    assert mean == pytest.approx(0.55)
    assert error == pytest.approx(0.5 / np.sqrt(2) / np.sqrt(2))


def test_variance_is_split_as_it_was_drawn():
    rng = np.random.default_rng(1)
    values = rng.normal(0.5, 0.1, 400)[:, None] + rng.normal(0, 0.05, (400, 40))
    between, within = shares_of_variance(population(values, values))
    assert between == pytest.approx(0.01, rel=3 * np.sqrt(2 / 400))  # three standard errors of a variance
    assert within == pytest.approx(0.0025, rel=3 * np.sqrt(2 / 16000))


def test_one_average_has_no_doubt_and_every_row_says_what_it_rests_on():
    rows = table(population([[0.2, 0.4, 0.9]], [[2.0, 0.5, 0.4]]))
    assert np.isnan(rows[["doubt_low", "doubt_high"]].to_numpy(float)).all()
    cells = rows.loc["a cell: chance of being alive at the end"]
    assert cells["cells_low"] < cells["value"] < cells["cells_high"]
    assert rows["rests_on"].str.contains("the prior").all()
    assert rows["rests_on"].str.contains("not for clinical use").all()


def test_the_figure_says_what_is_prior_and_what_it_is_not_for():
    title = overview(population([[0.2, 0.4], [0.6, 1.0]], [[2.0, 0.5], [0.9, 0.8]])).get_suptitle()
    assert "the prior" in title
    assert "not for clinical use" in title
