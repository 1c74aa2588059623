"""What the verdict adds for many short chains, beliefs that matter, and the solver."""

import arviz as az
import numpy as np
import pytest
import xarray as xr

from inference.fit import verdict as check
from inference.samplers.nested_rhat import largest_by_chance, nested_rhat


def test_chains_that_forgot_their_beginning_have_a_nested_rhat_near_one():
    x = np.random.default_rng(0).standard_normal((128, 20))
    # B is the Monte-Carlo variance of a superchain's mean: 1 / (16 chains x 20 draws)
    assert nested_rhat(x, 8) - 1 == pytest.approx(0.5 / 320, rel=1.5)
    assert nested_rhat(x[:, :1], 8) < 1.1  # one draw a chain is enough


def test_superchains_that_remember_their_beginning_are_seen_although_their_chains_agree():
    x = np.random.default_rng(1).standard_normal((128, 20)) + np.repeat(np.arange(8.0), 16)[:, None]
    assert nested_rhat(x, 8) > 1.5
    assert nested_rhat(np.exp(5 * x), 8) == pytest.approx(nested_rhat(x, 8))  # ranks: no scale matters


def test_nested_rhat_exceeds_its_limit_as_often_as_computed():
    rng, often = np.random.default_rng(6), 0.1
    limit = largest_by_chance(4 * 25, 8, often)
    above = np.mean([nested_rhat(rng.standard_normal((32, 25)), 8) > limit for _ in range(2000)])
    # binomial error of 2,000 runs, 4 of them; B divides by a W that is known to 2 %, which moves the rate by
    # less than 0.01
    assert abs(above - often) < 4 * np.sqrt(often * (1 - often) / 2000) + 0.01


def test_nested_rhat_needs_groups():
    with pytest.raises(ValueError, match="superchains"):
        nested_rhat(np.zeros((6, 4)), 4)
    with pytest.raises(ValueError, match="superchains"):
        nested_rhat(np.zeros((6, 4)), 1)


def tree(theta: np.ndarray, y: np.ndarray, prior_sd: float) -> xr.DataTree:
    """Draws of a normal mean with unit noise, with the densities of prior and data."""
    prior = np.random.default_rng(5).standard_normal((1, 1000)) * prior_sd
    dims = {"chain": np.arange(theta.shape[0]), "draw": np.arange(theta.shape[1])}
    return xr.DataTree.from_dict(
        {
            "/posterior": xr.Dataset({"m": (("chain", "draw"), theta)}, coords=dims),
            "/prior": xr.Dataset({"m": (("chain", "draw"), prior)}),
            "/sample_stats": xr.Dataset(
                {"diverging": (("chain", "draw"), np.zeros(theta.shape, bool))}, coords=dims
            ),
            "/log_likelihood": xr.Dataset(
                {"y": (("chain", "draw", "measurement"), -0.5 * (y - theta[..., None]) ** 2)}, coords=dims
            ),
            "/log_prior": xr.Dataset({"m": (("chain", "draw"), -0.5 * (theta / prior_sd) ** 2)}, coords=dims),
            "/constant_data": xr.Dataset(
                {"tags": ("parameter", ["feedback"]), "unit": ("parameter", ["1"])},
                coords={"parameter": ["m"]},
            ),
        }
    )


def normal_mean(y: np.ndarray, prior_sd: float, shape: tuple[int, int] = (4, 2000)) -> np.ndarray:
    precision = 1 / prior_sd**2 + len(y)
    return y.sum() / precision + np.random.default_rng(2).standard_normal(shape) / np.sqrt(precision)


def test_a_prior_far_from_the_data_is_a_note_and_a_wide_one_is_not():
    y = np.array([4.2, 3.9, 4.1])
    strict, wide = (check.judge(tree(normal_mean(y, sd), y, sd)) for sd in (0.5, 100.0))
    assert any("may disagree: m" in n for n in strict.notes)
    assert not any("disagree" in n for n in wide.notes)
    assert wide.ok


def test_power_scaling_is_the_change_of_the_closed_form():
    # m ~ N(0, s^2), y ~ N(m, 1): the mean moves by d mean / d ln(power of the prior) = -mean_post * w (1 -
    # w), w = share of the prior
    y, sd = np.full(3, 4.0), 0.5
    moved = check.power_scaling(tree(normal_mean(y, sd), y, sd)).loc["m"]
    assert moved["prior"] > check.SENSITIVE
    assert moved["likelihood"] == pytest.approx(
        moved["prior"], rel=0.3
    )  # both powers move the mean equally, in opposite directions
    wide = check.power_scaling(tree(normal_mean(y, 100.0), y, 100.0)).loc["m"]
    assert wide["prior"] < 1e-3


def test_short_chains_in_superchains_are_judged_by_nested_rhat():
    y = np.array([0.1, -0.2])
    fresh = np.random.default_rng(3).standard_normal((128, 16))
    walk = [fresh[:, 0]]
    for step in fresh[:, 1:].T:  # each draw remembers 80 % of the one before
        walk.append(0.8 * walk[-1] + 0.6 * step)
    theta = y.sum() / 3 + np.stack(walk, 1) / np.sqrt(3)
    assert az.rhat(theta) > 1.01
    assert any("R-hat" in r for r in check.judge(tree(theta, y, 1.0)).reasons)
    verdict = check.judge(tree(theta, y, 1.0), superchains=8)
    assert verdict.ok, verdict.reasons
    apart = check.judge(tree(theta + np.repeat(np.arange(8), 16)[:, None], y, 1.0), superchains=8)
    assert any("nested R-hat" in r and "m (" in r for r in apart.reasons)


def test_the_certificate_of_the_solver_is_a_note_or_a_reason():
    y = np.array([0.1, -0.2])
    dt = tree(normal_mean(y, 1.0), y, 1.0)
    assert "solver: fine" in check.judge(dt, certificate={"ok": True, "words": "solver: fine"}).notes
    bad = check.judge(dt, certificate={"ok": False, "words": "solver: coarse"})
    assert not bad.ok
    assert "solver: coarse" in bad.reasons
