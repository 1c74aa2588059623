"""Beliefs about parameters against SciPy's distributions, and what a fit carries over."""

import numpy as np
import pytest
import xarray as xr
from scipy import special, stats
from scipy.special import logit

from inference.fit.verdict import NOT_INFORMED
from inference.resistance import beliefs
from inference.resistance.rankings import sensitivity
from models.declare import beta, dirichlet, half_normal, log_normal, logit_normal

MADE_UP = beliefs.Beliefs(
    ("a", "b", "c", "d", "e"),
    np.array([2.0, 0.9, 0.0, 0.0, 0.65]),
    (log_normal(0.5), logit_normal(1.0), beta(1, 2), half_normal(2.0), dirichlet(10.0)),
    ("p",) * 5,
)


def quantiles(u):
    return beliefs.at(MADE_UP, np.full((1, 5), u))[0]


@pytest.mark.parametrize("u", [0.03, 0.5, 0.8])
def test_quantiles_are_those_of_scipy(u):
    expected = [
        stats.lognorm(0.5, scale=2).ppf(u),
        1 / (1 + np.exp(-(logit(0.9) + stats.norm.ppf(u)))),
        stats.beta(1, 2).ppf(u),
        stats.halfnorm(scale=2).ppf(u),
        stats.gamma(6.5).ppf(u),
    ]
    assert np.allclose(quantiles(u), expected, rtol=1e-12)


@pytest.mark.parametrize("u", [0.1, 0.5, 0.9])
def test_the_step_of_one_normal_sd_is_the_derivative_of_the_quantile(u):
    z, h = stats.norm.ppf(u), 1e-5
    numerical = (np.log(quantiles(stats.norm.cdf(z + h))) - np.log(quantiles(stats.norm.cdf(z - h)))) / (
        2 * h
    )
    # central difference: truncation h^2, rounding of the cdf 1e-16/h
    assert np.allclose(beliefs.ln_per_normal(MADE_UP, np.tile(quantiles(u), (2, 1)))[0], numerical, rtol=1e-6)


def a_run() -> xr.DataTree:
    """A posterior in which k_S follows K_iS exactly, and which says nothing about d_R."""
    rng = np.random.default_rng(0)
    x, wide = rng.normal(0, 0.1, (2, 300)), rng.normal(0, 0.7, (1, 3000))

    def group(**values):
        return xr.Dataset({k: (("chain", "draw"), v) for k, v in values.items()})

    return xr.DataTree.from_dict(
        {
            "/posterior": group(
                k_S=np.exp(x),
                K_iS=1.1 * np.exp(x),
                d_R=np.exp(rng.normal(0, 0.7, (2, 300))),
                scale_blot=np.exp(x),
                g_auto=np.exp(x),
            ),
            "/prior": group(
                k_S=np.exp(wide),
                K_iS=np.exp(wide),
                d_R=np.exp(wide),
                scale_blot=np.exp(wide),
                g_auto=np.exp(wide),
            ),
        }
    )


def test_a_fit_is_carried_jointly_and_by_name():
    names = ("k_S", "d_R", "K_iS", "mu", "g_auto")
    prior = beliefs.Beliefs(
        names, np.ones(5), (log_normal(0.7),) * 5, ("p",) * 5, informed=("prior only",) * 5
    )
    both = beliefs.carried(prior, a_run(), own={"g_auto"})
    assert both.names == names
    assert set(both.posterior) == {"k_S", "d_R", "K_iS"}
    assert both.informed == ("informed", NOT_INFORMED, "informed", beliefs.NOT_FITTED, beliefs.NOT_FITTED)
    values, _ = beliefs.joint(both, 100, seed=1)
    assert values.shape == (100, 5)
    assert np.allclose(values[:, 2], 1.1 * values[:, 0])  # rows stay together
    assert np.std(np.log(values[:, 0])) == pytest.approx(0.1, rel=0.3)
    assert np.std(np.log(values[:, 3])) == pytest.approx(0.7, rel=0.3)
    assert np.quantile(a_run()["posterior"]["k_S"], 0.5) == pytest.approx(
        beliefs.at(both, np.full((1, 5), 0.5))[0, 0]
    )


def test_whitened_parameters_have_the_indices_of_a_linear_answer_and_stay_on_the_posterior() -> None:
    """y = b'ln x, ln x normal of correlation R: the Sobol index of an own part is (R^(1/2) b)^2 / b'R b."""
    r = np.array([[1.0, -0.9, 0.3], [-0.9, 1.0, 0.0], [0.3, 0.0, 1.0]])
    b, n = np.array([1.0, 0.8, -0.5]), 40_000
    drawn = np.random.default_rng(0).multivariate_normal(np.zeros(3), r, n)
    names = ("a", "b", "c")
    fitted = beliefs.Beliefs(
        names,
        np.ones(3),
        (log_normal(1.0),) * 3,
        ("P",) * 3,
        {k: np.exp(drawn[:, i]) for i, k in enumerate(names)},
        ("informed",) * 3,
    )
    assert beliefs.strongest(fitted)[:2] == ("a", "b")
    points = sensitivity.sobol_design(3, 4096, 1)
    values = np.log(beliefs.whitened(fitted, np.clip(points, 1e-6, 1 - 1e-6)))
    # the sample correlation of n draws has an sd of at most 1 / sqrt(n) = 0.005; that of the design is less
    np.testing.assert_allclose(np.corrcoef(values, rowvar=False), r, atol=0.025)
    eigen, vectors = np.linalg.eigh(r)
    exact = ((vectors * np.sqrt(eigen)) @ vectors.T @ b) ** 2 / (b @ r @ b)
    assert exact.sum() == pytest.approx(1)
    found = sensitivity.sobol_effects(names, values @ b, 50, 1)
    np.testing.assert_allclose(found.effect, exact, atol=0.03)
    np.testing.assert_allclose(found.more["first"], exact, atol=0.03)


def test_without_a_fit_whitening_changes_nothing() -> None:
    prior = beliefs.Beliefs(("a",), np.ones(1), (log_normal(1.0),), ("P",))
    u = np.array([[0.2], [0.7]])
    np.testing.assert_array_equal(beliefs.whitened(prior, u), beliefs.at(prior, u))


def test_what_is_carried_to_another_kind_of_cell_is_as_uncertain_as_both_together() -> None:
    rng = np.random.default_rng(5)
    n, sd, transfer = 40_000, 0.3, 0.4
    prior = beliefs.Beliefs(
        ("a", "b"), np.array([1.0, 0.5]), (log_normal(1.0), beta(1, 2)), ("P",) * 2, informed=("",) * 2
    )
    drawn = {"a": np.exp(sd * rng.standard_normal(n)), "b": special.expit(sd * rng.standard_normal(n))}
    group = xr.Dataset({k: (("chain", "draw"), v.reshape(2, -1)) for k, v in drawn.items()})
    run = xr.DataTree.from_dict({"/posterior": group, "/prior": group})
    same, other = (beliefs.carried(prior, run, (), t) for t in (0.0, transfer))
    np.testing.assert_array_equal(same.posterior["a"], drawn["a"])
    both = np.hypot(sd, transfer)
    # relative error of an sd of n draws: 1 / sqrt(2 n) = 0.0035; four of them
    assert np.log(other.posterior["a"]).std() == pytest.approx(both, rel=0.014)
    assert special.logit(other.posterior["b"]).std() == pytest.approx(both, rel=0.014)
    assert abs(np.corrcoef(other.posterior["a"] / drawn["a"], drawn["a"])[0, 1]) < 0.02
    with pytest.raises(ValueError, match="`transfer` -1: is negative"):
        beliefs.carried(prior, run, (), -1)
