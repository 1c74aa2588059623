"""Eight cells stand for all: exact for what depends on one sum, and the gradient is that of the mean."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from models.population.drawn_cells import cells_of, correlation, factors, normals, sd_of_ln
from models.population.fixed_cells import along, population_mean, steepest
from models.population.variation import ABUNDANCES, NAMES

NAMED = ("b_B", "b_mM", "b_X", "mu")
AVERAGE = jnp.array([0.8, 0.6, 0.5, 1.0])


def survival(rows):
    """A toy of a cell: the load over the sum of two capacities, and a steep curve."""
    return 1 / (1 + (rows[:, 0] / (0.6 * rows[:, 1] + 0.8 * rows[:, 2])) ** 8)


def load(abundance):
    at = {n: abundance[:, NAMES.index(n)] for n in ("BIM", "MCL-1", "BCL-XL")}
    capacity = 0.6 * 0.6 * at["MCL-1"] + 0.8 * 0.5 * at["BCL-XL"]
    return np.log(0.8 * at["BIM"] / capacity)


def test_a_polynomial_of_the_sum_is_integrated_exactly():
    direction = np.arange(1.0, len(ABUNDANCES) + 1)
    cells = along(direction)
    spread = np.sqrt(direction @ correlation() @ direction)
    share = correlation() @ direction / spread
    scaled = (np.log(cells.factors) + (sd_of_ln() * share) ** 2 / 2) / (sd_of_ln() * share)
    for power, moment in ((0, 1), (2, 1), (4, 3), (14, 135135)):  # of a standard normal
        np.testing.assert_allclose(cells.weights @ scaled**power, moment, rtol=1e-9)


def test_what_depends_on_one_abundance_is_the_integral_over_it():
    direction = np.zeros(len(ABUNDANCES))
    direction[NAMES.index("BIM")] = 1.0
    cells = along(direction)
    found = population_mean(lambda rows: jnp.log1p(rows[:, 0]), AVERAGE, NAMED, cells)
    sd = sd_of_ln()[NAMES.index("BIM")]
    exact, _ = integrate.quad(
        lambda z: stats.norm.pdf(z) * np.log1p(0.8 * np.exp(sd * z - sd**2 / 2)), -10, 10, epsabs=1e-12
    )
    assert float(found) == pytest.approx(exact, abs=1e-9)


def test_eight_cells_give_the_mean_over_many_within_its_error():
    cells = along(steepest(load))
    found = float(population_mean(survival, AVERAGE, NAMED, cells))
    many = survival(jnp.asarray(cells_of(np.asarray(AVERAGE), NAMED, factors(normals(2**16, seed=1)))))
    # what remains is the curvature across the direction, which 0.005 of a share bounds here
    assert found == pytest.approx(float(many.mean()), abs=0.005)
    assert abs(float(survival(AVERAGE[None])[0]) - float(many.mean())) > 0.02, "one cell does not"


def test_the_gradient_is_that_of_the_mean_over_many():
    cells = along(steepest(load))
    slope = jax.grad(lambda a: population_mean(survival, a, NAMED, cells))(AVERAGE)
    h = 1e-6
    for i in range(len(NAMED)):
        up, down = (population_mean(survival, AVERAGE.at[i].add(step), NAMED, cells) for step in (h, -h))
        assert float(slope[i]) == pytest.approx(float(up - down) / (2 * h), abs=1e-7)  # 1e-16 / h, cancelled
    many = factors(normals(2**14, seed=2))

    def mean(a):
        return survival(a * jnp.asarray(cells_of(np.ones(4), NAMED, many))).mean()

    np.testing.assert_allclose(slope, jax.grad(mean)(AVERAGE), atol=0.02)


def test_a_direction_of_nothing_is_refused():
    with pytest.raises(ValueError, match="take one cell"):
        along(np.zeros(len(ABUNDANCES)))
