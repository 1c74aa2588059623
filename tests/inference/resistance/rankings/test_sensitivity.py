"""Sensitivity measures against closed forms: Ishigami, Sobol's G function, linear functions."""

import jax.numpy as jnp
import numpy as np
import pytest
from SALib.analyze import morris as salib_morris

from inference.resistance.rankings.sensitivity import (
    by_group,
    dgsm_effects,
    morris_design,
    morris_effects,
    over_draws,
    rank_regression_effects,
    slopes,
    sobol_design,
    sobol_effects,
)

A, B = 7.0, 0.1  # Ishigami's constants


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return jnp.sin(x[..., 0]) + A * jnp.sin(x[..., 1]) ** 2 + B * x[..., 2] ** 4 * jnp.sin(x[..., 0])


def ishigami_indices():
    """First-order and total indices by hand (Ishigami & Homma 1990)."""
    one, two, both = 0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, B**2 * np.pi**8 * (1 / 18 - 1 / 50)
    total = one + two + both
    return np.array([one, two, 0]) / total, np.array([one + both, two, both]) / total


G = np.array([0.0, 1.0, 4.5, 9.0, 99.0])


def sobol_g(u):
    return jnp.prod((jnp.abs(4 * u - 2) + G) / (1 + G), axis=-1)


def sobol_g_indices():
    """Partial variances 1/(3(1+a)^2); the total variance is the product of (1 + partial) minus 1 (Saltelli &
    Sobol 1995).
    """
    part = 1 / (3 * (1 + G) ** 2)
    variance = np.prod(1 + part) - 1
    others = np.array([np.prod(np.delete(1 + part, i)) for i in range(len(G))])
    return part / variance, part * others / variance


@pytest.mark.parametrize(
    ("function", "indices", "factors"), [(ishigami, ishigami_indices, 3), (sobol_g, sobol_g_indices, 5)]
)
def test_sobol_indices_agree_with_the_closed_form(function, indices, factors):
    names = [f"x{i}" for i in range(factors)]
    found = sobol_effects(
        names, np.asarray(function(sobol_design(factors, 2048, seed=3))), resamples=200, seed=5
    )
    first, total = indices()
    # quasi-random sampling does better than the bootstrap believes: 4 bootstrap sd plus 0.005 for indices
    # near 0
    tolerance = 4 * found.size.std(0) + 0.005
    assert np.all(np.abs(found.effect - total) < tolerance)
    assert np.all(
        np.abs(found.more["first"] - first)
        < 4 * (found.more["first_high"] - found.more["first_low"]) / 3.2 + 0.005
    )
    assert np.all(found.low <= found.high)
    assert np.all(found.size.std(0) < 0.05)


def test_a_prefix_of_a_sobol_design_is_a_design():
    long, short = sobol_design(4, 16, seed=2), sobol_design(4, 8, seed=2)
    assert np.allclose(long[: len(short)], short)


def test_a_failed_simulation_takes_its_base_point_out_and_no_more():
    points = sobol_design(3, 1024, seed=3)
    output = np.array(ishigami(points))
    output[[7, 2000]] = np.nan
    found = sobol_effects("abc", output, resamples=20, seed=5)
    whole = np.delete(np.array(ishigami(points)).reshape(-1, 5), [7 // 5, 2000 // 5], axis=0).ravel()
    assert np.allclose(found.effect, sobol_effects("abc", whole, resamples=20, seed=5).effect)


def test_group_indices_of_an_additive_function_are_the_sums_of_their_members():
    weight = np.array([3.0, 2.0, 1.0, 1.0])
    groups = ["left", "left", "right", "right"]
    found = sobol_effects(
        "abcd", sobol_design(4, 1024, 1, groups) @ weight, resamples=100, seed=2, groups=groups
    )
    assert found.factor == ("left", "right")
    assert np.allclose(found.effect, [13 / 15, 2 / 15], atol=4 * found.size.std(0).max() + 0.005)


def test_a_constant_output_gives_zero_indices():
    found = sobol_effects("ab", np.ones(32), resamples=10, seed=1)
    assert np.all(found.effect == 0)
    assert np.all(found.size == 0)


def test_slopes_are_the_elasticities_of_a_power_law():
    exponent = np.array([2.0, -0.5, 0.0])
    points = np.random.default_rng(1).normal(size=(50, 3))
    value, slope = slopes(lambda z: z @ exponent + 0.3, jnp.asarray(points))
    assert np.allclose(value, points @ exponent + 0.3)
    assert np.allclose(slope, exponent)
    found = over_draws("abc", np.asarray(slope), "elasticity")
    assert np.allclose(found.effect, exponent)
    assert found.size.shape == (50, 3)


def test_slopes_agree_with_finite_differences():
    points = np.random.default_rng(2).uniform(size=(20, 3))
    slope = np.asarray(slopes(ishigami, jnp.asarray(points))[1])
    h = 1e-6
    for i in range(3):
        step = h * np.eye(3)[i]
        # central difference: truncation h^2 x third derivative (about 1e-9), rounding 1e-15/h (about 1e-9)
        assert np.allclose(
            slope[:, i], (ishigami(points + step) - ishigami(points - step)) / (2 * h), atol=1e-6
        )


def test_the_dgsm_bound_is_exact_for_a_linear_function_of_normals():
    weight = np.array([3.0, 2.0, 0.5])
    x = np.random.default_rng(4).normal(size=(20000, 3))
    found = dgsm_effects(
        "abc", np.broadcast_to(weight, x.shape), x @ weight, np.ones(3), resamples=100, seed=1
    )
    # the variance of 20,000 normal draws is known to sqrt(2/20000) = 1 %
    assert np.allclose(found.effect, weight**2 / np.sum(weight**2), rtol=0.05)
    assert np.allclose(found.more["nu"], weight**2)


@pytest.mark.parametrize(
    ("function", "indices", "factors"), [(ishigami, ishigami_indices, 3), (sobol_g, sobol_g_indices, 5)]
)
def test_the_dgsm_bound_lies_above_the_total_index(function, indices, factors):
    u = np.random.default_rng(6).uniform(size=(4000, factors))
    value, slope = slopes(function, jnp.asarray(u))
    found = dgsm_effects(
        [str(i) for i in range(factors)],
        np.asarray(slope),
        np.asarray(value),
        np.full(factors, 1 / np.pi**2),
        50,
        1,
    )
    assert np.all(found.high > indices()[1])


def test_morris_gives_the_weights_of_a_linear_function_and_agrees_with_salib():
    weight = np.array([5.0, -3.0, 0.1, 0.0])
    points = morris_design(4, trajectories=20, levels=4, seed=3)
    found = morris_effects("abcd", points, points @ weight, resamples=50, seed=1)
    assert np.allclose(found.effect, np.abs(weight))
    assert np.allclose(found.more["mu"], weight)
    assert np.allclose(found.more["sigma"], 0, atol=1e-12)
    points = morris_design(3, trajectories=30, levels=4, seed=3)
    output = np.asarray(ishigami(points))
    theirs = salib_morris.analyze(
        {"num_vars": 3, "names": list("abc"), "bounds": [[0, 1]] * 3}, points, output, num_levels=4
    )
    ours = morris_effects("abc", points, output, resamples=50, seed=1)
    assert np.allclose(ours.effect, theirs["mu_star"])
    assert np.allclose(ours.more["sigma"], theirs["sigma"])


def test_rank_regression_recovers_a_monotone_model():
    weight = np.array([3.0, -2.0, 1.0, 0.0])
    x = np.random.default_rng(8).normal(size=(4000, 4))
    found = rank_regression_effects("abcd", np.exp(x), np.exp(x @ weight), resamples=50, seed=1)
    # for normal factors and a monotone function the rank correlation is 6/pi asin(r/2): within 5 % of r
    # itself
    assert np.allclose(found.effect, weight / np.sqrt(14), atol=0.04)
    assert found.more["r2"][0] > 0.95
    with pytest.raises(ValueError, match="more draws than factors"):
        rank_regression_effects("abcd", x[:4], x[:4, 0], resamples=5, seed=1)


def test_a_factor_that_does_not_vary_has_no_rank_regression_effect():
    x = np.random.default_rng(8).normal(size=(200, 3))
    x[:, 1] = 2.0
    found = rank_regression_effects("abc", x, x[:, 0], resamples=10, seed=1)
    assert found.effect[1] == 0
    assert found.effect[0] == pytest.approx(1.0, abs=1e-9)


def test_joining_a_group_gives_the_length_of_its_slope_vector():
    slope = np.tile([3.0, -4.0, 1.0], (10, 1))
    found = by_group(over_draws("abc", slope, "elasticity"), ["p", "p", "q"])
    assert found.factor == ("p", "q")
    assert np.allclose(found.effect, [5.0, 1.0])
