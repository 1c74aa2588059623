"""Uncertainty of ranks against counting by hand and the normal distribution."""

import numpy as np
import pytest
from scipy.stats import norm

from inference.resistance.rankings.ranks import rank, ranks, stability
from inference.resistance.rankings.sensitivity import over_draws


def test_ranks_count_from_the_largest():
    assert ranks(np.array([[0.1, 3.0, 2.0], [5.0, 5.0, 6.0]])).tolist() == [[3, 1, 2], [2, 3, 1]]


def test_the_probability_of_a_rank_is_the_share_of_draws():
    slope = np.array([[3.0, 2.0, 1.0], [2.0, -3.0, 1.0], [3.0, 1.0, -2.0], [3.0, 2.0, 0.0]])
    found = rank(over_draws(["a", "b", "c"], slope, "elasticity"))
    assert found["rank"].sel(factor=["a", "b", "c"]).values.tolist() == [1, 2, 3]
    assert found["p_top"].sel(factor="a", k=1).item() == 0.75
    assert found["p_top"].sel(factor="b", k=1).item() == 0.25
    assert found["p_top"].sel(factor="b", k=2).item() == 0.75
    assert np.all(found["p_top"].sel(k=3) == 1)
    assert found["p_larger"].sel(factor="a", other="c").item() == 1.0
    assert found["p_larger"].sel(factor="b", other="c").item() == 0.75
    assert found["effect"].sel(factor="b").item() == 0.5  # signed mean, while the rank goes by size
    assert (int(found["rank_low"].sel(factor="b")), int(found["rank_high"].sel(factor="b"))) == (1, 3)


def test_the_probability_of_being_larger_agrees_with_two_normal_variables():
    rng = np.random.default_rng(1)
    slope = np.stack([rng.normal(10, 1, 20000), rng.normal(11, 1, 20000)], axis=1)
    found = rank(over_draws(["a", "b"], slope, "elasticity"))["p_larger"].sel(factor="b", other="a").item()
    truth = norm.cdf(1 / np.sqrt(2))
    assert found == pytest.approx(truth, abs=4 * np.sqrt(truth * (1 - truth) / 20000))


def test_ties_are_a_coin_toss():
    found = rank(over_draws(["a", "b"], np.ones((5, 2)), "elasticity"))
    assert np.all(found["p_larger"] == 0.5)


def test_more_draws_make_a_noisy_ranking_more_stable():
    rng = np.random.default_rng(3)
    truth = np.linspace(1, 2, 20)
    effects = over_draws([f"p{i}" for i in range(20)], truth + rng.normal(0, 0.5, (400, 20)), "elasticity")
    found = stability(effects, [4, 40, 400], top=5, resamples=200, seed=1)
    assert found["overlap"].values[0] < found["overlap"].values[1] < found["overlap"].values[2] <= 1
    width = (found["stable_high"] - found["stable_low"]).mean("factor").values
    assert width[0] > width[1] > width[2]
