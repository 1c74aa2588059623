"""The scale on which a belief is declared, and that nothing measured on it depends on a unit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from inference.fit.verdict import LOST, contraction, contraction_limits, informed
from inference.study.declared_scales import likely_scale, on_declared_scale, scale_of
from inference.study.priors import Prior


@pytest.mark.parametrize(
    ("prior", "scale"),
    [
        (Prior("log-normal", (0.0, 1.0)), "log"),
        (Prior("log-normal", (0.0, 1.0), 0.01, 100.0), "log"),
        (Prior("log-uniform", (0.1, 10.0)), "log"),
        (Prior("half-normal", (2.0,)), "log"),
        (Prior("normal", (0.0, 2.0), 0.0), "log"),
        (Prior("beta", (1.0, 2.0)), "logit 0 1"),
        (Prior("logit-normal", (0.0, 1.0)), "logit 0 1"),
        (Prior("uniform", (-1.0, 3.0)), "logit -1 3"),
        (Prior("normal", (0.0, 1.0)), "linear"),
    ],
)
def test_the_scale_is_that_on_which_the_prior_is_declared(prior, scale):
    assert scale_of(prior) == scale


def test_values_are_put_on_the_scale_that_is_named():
    x = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(on_declared_scale("logit 0 1", x), logit(x))
    np.testing.assert_allclose(on_declared_scale("log", x), np.log(x))
    np.testing.assert_array_equal(on_declared_scale("linear", -x), -x)
    assert np.all(np.isfinite(on_declared_scale("logit 0 1", np.array([0.0, 1.0]))))


RNG = np.random.default_rng(3)
NORMAL = RNG.standard_normal((2, 2000))


@settings(max_examples=40, deadline=None)
@given(
    unit=st.floats(1e-6, 1e6), shrink=st.floats(0.05, 1.0), shift=st.floats(-1.0, 1.0), low=st.floats(0, 9)
)
def test_the_same_posterior_in_another_unit_is_as_informed(unit, shrink, shift, low):
    """Rates per minute and per hour, shares and per cent, degrees with another zero: one answer each."""
    prior, posterior = NORMAL[0] - 2.0, shrink * NORMAL[1] - 2.0 + shift
    cases = {
        "log": (np.exp, lambda x: unit * x, Prior("log-normal", (0.0, 1.0)), Prior("log-normal", (0.0, 1.0))),
        "logit": (
            expit,
            lambda x: low + unit * x,
            Prior("uniform", (0.0, 1.0)),
            Prior("uniform", (low, low + unit)),
        ),
        "linear": (np.asarray, lambda x: low + unit * x, Prior("normal", (0, 1)), Prior("normal", (0, 1))),
    }
    for kind, (make, convert, here, there) in cases.items():
        if kind == "logit" and unit < 1e-3:
            continue  # `low` would swallow the digits of the share
        p, q = make(prior), make(posterior)
        one, other = scale_of(here), scale_of(there)
        assert contraction(p, q, one) == pytest.approx(contraction(convert(p), convert(q), other), abs=1e-6)
        assert informed(p, q, one) == informed(convert(p), convert(q), other)
        assert likely_scale(p) == likely_scale(unit * p)


def test_a_rate_below_one_per_minute_and_above_one_per_hour_contracts_alike():
    """The finding that made this: 0.74 in 1/min and 0.96 in 1/h, for one posterior."""
    p, q = np.exp(0.7 * NORMAL[0] - 1.2), np.exp(0.35 * NORMAL[1] - 1.2)
    scale = scale_of(Prior("log-normal", (-1.2, 0.7)))
    assert contraction(p, q, scale) == pytest.approx(1 - 0.25, abs=0.05)  # 2,000 draws each: 3 %
    assert contraction(60 * p, 60 * q, scale) == pytest.approx(contraction(p, q, scale), abs=1e-9)


def test_noise_of_few_draws_is_not_called_information():
    """Of two samples of one distribution hardly any pair may differ: the limit grows with the error."""
    draws = 30
    said = []
    for seed in range(400):
        p, q = np.random.default_rng(seed).standard_normal((2, draws))
        said.append(informed(p, q, "linear", draws))
    # three standard errors of a variance that is itself no normal variable; five in a hundred allowed
    assert np.mean([w != "not informed by these data" for w in said]) < 0.05
    assert contraction_limits(30, 30)[0] == pytest.approx(3 * np.sqrt(4 / 30))
    assert contraction_limits(1e6, 1e6)[0] == LOST
