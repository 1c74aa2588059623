"""A population in a dish: its mean is the integral over its cells, its two spreads stay apart."""

import numpy as np
import pytest

from inference.population.averages import averages
from inference.population.two_levels import (
    PopulationAsked,
    has_drug,
    survival,
    times_to_death,
    without_drugs,
)
from inference.population.two_levels import population as simulate
from inference.runs.run import Run
from inference.simulation.any_dish import DishError, any_dish, dose_of
from models.population.drawn_cells import sd_of_ln
from models.population.variation import ABUNDANCES, CELL_STEEPNESS

DISH = any_dish(doses=[dose_of("bortezomib", 4.0)])
BIM = tuple(a for a in ABUNDANCES if a.name == "BIM")


def population(what, run):
    found = simulate(what, run)
    assert found is not None
    return found


def asked(cells, abundances=ABUNDANCES, count=1, seed=1, dish=DISH):
    return PopulationAsked(dish, averages(dish, count, seed), cells, 48.0, 2.0, seed, 1e-6, abundances)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run(tmp_path_factory.mktemp("population"), keeps=False)


def test_a_constant_rate_gives_an_exponential_chance_and_times_that_follow_it():
    times = np.linspace(0, 2880, 25)
    alive = survival(times, np.full((4096, 25), 0.5), np.full(4096, 1e-3))
    np.testing.assert_allclose(alive, np.exp(-5e-4 * times)[None].repeat(4096, 0), rtol=1e-12)
    death = times_to_death(times, alive, [3])
    outlive = np.exp(-5e-4 * 2880)
    # standard error of a share of 4096 cells, three times
    assert np.isinf(death).mean() == pytest.approx(outlive, abs=3 * np.sqrt(outlive * (1 - outlive) / 4096))
    for t in (300.0, 1000.0):  # straight lines between 2 h of a curve bent by 5e-4 per min: below 1e-3
        p = 1 - np.exp(-5e-4 * t)
        assert (death <= t).mean() == pytest.approx(p, abs=3 * np.sqrt(p * (1 - p) / 4096) + 1e-3)


def test_a_vehicle_is_the_same_dish_without_its_drugs_and_hormones_stay():
    dish = any_dish(doses=[dose_of("bortezomib", 4.0), dose_of("estradiol", 10.0)], il6=5.0)
    none = without_drugs(dish.protocol)
    given = {k: v for p in none.periods for k, v in p.inputs.items()}
    assert given["btz"] == 0
    assert given["E2"] == 10
    assert has_drug(dish.protocol)
    assert not has_drug(none)


def test_the_mean_over_cells_is_the_integral_over_what_differs(run):
    """One abundance differs: Gauss and Hermite with 24 nodes are exact to 1e-6 for so smooth a curve."""
    at, weight = np.polynomial.hermite_e.hermegauss(24)
    sd = float(sd_of_ln(BIM)[0])
    base = asked(1, BIM).averages[0]
    position = [p.name for p in DISH.network.parameters]
    nodes = np.tile(base, (24, 1))
    for name in BIM[0].parameters:
        nodes[:, position.index(name)] *= np.exp(sd * at - sd**2 / 2)
    one_each = population(PopulationAsked(DISH, nodes, 1, 48.0, 2.0, 1, 1e-6, ()), run)
    exact = weight / weight.sum() @ one_each["survival"].values[:, 0]
    found = [float(population(asked(512, BIM, seed=s), run)["survival"].mean()) for s in (11, 12, 13)]
    assert np.ptp(found) > 0, "three independent sets of cells"
    # 512 evenly spread cells of one dimension: error of order 1/512 for a monotone curve between 0 and 1
    np.testing.assert_allclose(found, exact, atol=1 / 512)
    assert abs(float(one_each["survival"].values[12, 0]) - exact) > 0.02, "the median cell is another"


def test_one_average_is_the_nominal_cell_with_the_steepness_of_one(run):
    rows = averages(DISH, 1, 1)
    names = [p.name for p in DISH.network.parameters]
    assert rows[0, names.index("n_x")] == CELL_STEEPNESS.value
    kept = any_dish(parameters={"n_x": 5.0})
    assert averages(kept, 1, 1)[0, names.index("n_x")] == 5.0
    drawn = averages(DISH, 6, 1)
    assert len(np.unique(drawn[:, names.index("n_x")])) == 6
    assert len(np.unique(drawn[:, names.index("dl")])) == 6


def test_spreads_stay_apart(run):
    alike = population(asked(4, (), count=3), run)
    assert float(alike["survival"].std("cell").max()) == pytest.approx(0, abs=1e-12)
    assert float(alike["survival"].mean("cell").std()) > 0
    data = population(asked(64, count=1), run)
    assert data["abundance"].shape == (1, 64, len(ABUNDANCES))
    assert (data["load"].diff("level") >= 0).all()
    assert bool(data["ok"].all())


@pytest.mark.slow  # a million cells: ten minutes on two quiet cores
def test_the_two_level_mean_is_that_of_a_million_cells_within_its_error(run):
    small = population(asked(500, count=20), run)
    large = population(PopulationAsked(DISH, averages(DISH, 20, 1), 50_000, 48.0, 2.0, 99, 1e-5), run)
    of_each = small["survival"].mean("cell").values
    error = small["survival"].std("cell").values / np.sqrt(500)
    difference = of_each - large["survival"].mean("cell").values
    # evenly spread cells do better than independent ones, whose error this is
    assert np.all(np.abs(difference) < 3 * error + 1e-6)
    total = np.sqrt((error**2).sum()) / 20
    assert abs(difference.mean()) < 2 * total


def test_numbers_that_make_no_sense_are_refused():
    with pytest.raises(DishError, match="`averages`"):
        asked(300_000)
    with pytest.raises(DishError, match="above 0"):
        asked(0)
