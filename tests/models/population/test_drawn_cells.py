"""Cells differ as the table says: moments, correlations, sisters; truth from algebra and SciPy."""

import numpy as np
from scipy import stats

from models.catalogue import niche
from models.population.drawn_cells import (
    cells_of,
    correlation,
    daughters_of,
    factors,
    normals,
    sd_of_ln,
)
from models.population.variation import ABUNDANCES, ACROSS, CELL_STEEPNESS, NAMES, WITHIN

MANY = 2**15


def test_every_number_says_who_says_so_and_multiplies_something_of_the_niche():
    known = {p.name for p in niche().parameters}
    carried = [p for a in ABUNDANCES for p in a.parameters]
    assert len(set(carried)) == len(carried), "a parameter goes with one abundance"
    assert set(carried) | {CELL_STEEPNESS.name} <= known
    assert all(a.source.text and a.memory_source.text and a.hours > 0 for a in ABUNDANCES)


def test_mean_and_coefficient_of_variation_are_those_of_the_table():
    # a scrambled Sobol mean of a smooth function is far better than 1/sqrt(n), which is 0.002 of a cv of 0.35
    abundance = factors(normals(MANY, seed=3))
    np.testing.assert_allclose(abundance.mean(0), 1, atol=1e-3)
    cv = abundance.std(0) / abundance.mean(0)
    np.testing.assert_allclose(cv, [a.cv for a in ABUNDANCES], rtol=0.01)


def test_the_marginal_is_log_normal():
    abundance = factors(normals(MANY, seed=4))
    sd = sd_of_ln()
    for column, s in zip(abundance.T, sd, strict=True):
        law = stats.lognorm(s, scale=np.exp(-(s**2) / 2))
        assert stats.kstest(column, law.cdf).statistic < 1.63 / np.sqrt(MANY)  # 1 % level of Kolmogorov


def test_those_of_one_group_go_together_more_than_others():
    found = np.corrcoef(normals(MANY, seed=5).T)
    np.testing.assert_allclose(found, correlation(), atol=0.02)
    mcl1, bim, gp130 = (NAMES.index(n) for n in ("MCL-1", "BIM", "gp130"))
    assert correlation()[mcl1, bim] == WITHIN > correlation()[mcl1, gp130] == ACROSS
    assert np.linalg.eigvalsh(correlation()).min() > 0


def test_sisters_are_alike_at_birth_go_apart_with_memory_and_are_strangers_in_the_end():
    mothers = normals(MANY, seed=6)
    error = 4 / np.sqrt(MANY)
    np.testing.assert_array_equal(daughters_of(mothers, 0.0, seed=7), mothers)
    for hours in (5.0, 20.0, 60.0):
        one, other = (daughters_of(mothers, hours, seed) for seed in (7, 8))
        kept = np.exp(-hours / np.array([a.hours for a in ABUNDANCES]))
        count = len(ABUNDANCES)
        together = np.corrcoef(one.T, other.T)
        np.testing.assert_allclose(together[:count, :count], correlation(), atol=error)  # cells like others
        shared = kept[:, None] * correlation() * kept
        np.testing.assert_allclose(together[:count, count:], shared, atol=error)
    one, other = (daughters_of(mothers, 1e4, seed)[:, 0] for seed in (7, 8))
    strangers = np.corrcoef(one, other)
    assert abs(strangers[0, 1]) < error


def test_only_what_an_abundance_carries_is_multiplied():
    names = ["b_X", "k_B", "w_XN"]
    abundance = np.ones((2, len(NAMES)))
    abundance[1, NAMES.index("BCL-XL")] = 3.0
    found = cells_of(np.array([1.0, 2.0, 5.0]), names, abundance)
    np.testing.assert_array_equal(found, [[1, 2, 5], [3, 2, 15]])
