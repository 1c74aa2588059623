"""Means of weighted likelihoods, and the mixture of priors that is drawn from, against closed forms."""

import numpy as np
import pytest
from scipy import stats

from inference.hypotheses.weighted_evidence import Mean, Proposal, error_of
from inference.study.priors import Prior


def test_weights_turn_draws_of_the_mixture_into_draws_of_each_prior() -> None:
    tried = {"flat": Prior("beta", (1.0, 1.0)), "large": Prior("beta", (4.0, 1.0))}
    proposal = Proposal("e", tried)
    x = proposal.draw(np.random.default_rng(1), 20_000)
    for name, log_w in proposal.log_weights(x).items():
        w = np.exp(log_w)
        assert w.max() <= 2.0 + 1e-9  # never more than the number of priors
        mean = stats.beta(*tried[name].parameters).mean()
        error = np.std(w * (x - mean)) / np.sqrt(len(x))
        assert abs(np.sum(w * x) / w.sum() - mean) < 4 * error


def test_a_mean_of_likelihoods_is_the_closed_form_within_its_error() -> None:
    """x ~ N(0, 1), y = 1 with sd 0.5: p(y) = N(1; 0, 1.25)."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal(4096)
    mean = Mean.of(stats.norm(x, 0.5).logpdf(1.0), np.zeros(len(x)))
    exact = stats.norm(0, np.sqrt(1.25)).logpdf(1.0)
    assert abs(mean.log - exact) < 4 * error_of(mean.relative)
    assert mean.k < 0.7
    assert error_of(mean.relative) == pytest.approx(
        np.std(np.exp(stats.norm(x, 0.5).logpdf(1.0))) / np.exp(exact) / 64, rel=0.5
    )


def test_a_likelihood_that_no_draw_reaches_is_seen_by_its_pareto_shape() -> None:
    x = np.random.default_rng(3).standard_normal(2048)
    assert Mean.of(stats.norm(x, 0.02).logpdf(6.0), np.zeros(len(x))).k > 0.7


def test_draws_that_are_all_alike_have_an_exact_mean() -> None:
    mean = Mean.of(np.full(100, -2.0), np.zeros(100))
    assert mean.log == pytest.approx(-2.0)
    assert mean.k == -np.inf
    assert error_of(mean.relative) == pytest.approx(0.0, abs=1e-12)
