"""Leave-one-out probabilities of a normal mean with known noise, against the closed form."""

import numpy as np
from scipy import stats

from inference.fit.loo_pit import LooPit, loo_pit, of_probabilities


def test_leave_one_out_probabilities_are_the_closed_form() -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(0.5, 1.0, 25)
    draws = rng.normal(y.sum() / 26, np.sqrt(1 / 26), (40_000, 1))  # mean ~ N(0, 1), noise 1
    log_likelihood, replicated = stats.norm(draws, 1.0).logpdf(y), draws + rng.standard_normal((40_000, 25))
    pit, k = loo_pit(log_likelihood, replicated, y)
    exact = stats.norm((y.sum() - y) / 25, np.sqrt(1 + 1 / 25)).cdf(y)
    assert np.all(k < 0.7)
    smooth, _ = of_probabilities(log_likelihood, stats.norm(draws, 1.0).cdf(y))
    np.testing.assert_allclose(smooth, exact, atol=0.005)  # no binomial error
    np.testing.assert_allclose(
        pit, exact, atol=0.015
    )  # binomial error of 40,000 draws is 0.0025, with weights up to twice that


def test_too_narrow_predictions_are_called_not_uniform() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(0, 2.0, 200)
    u = stats.norm.cdf(y)
    found = LooPit(u, np.zeros(200), np.repeat("y", 200), float(stats.kstest(u, "uniform").pvalue))
    assert "NOT uniform" in found.sentence
