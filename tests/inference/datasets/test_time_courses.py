"""What several data sets say together, against the product of normal distributions; coverage of recovery,
against chance.
"""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import scipy.stats

from inference.calibration import recovery as recover
from inference.calibration import recovery_study
from inference.datasets import time_courses, time_courses_told


def fitted(
    id: str,
    names: tuple[str, ...],
    mean: list[float],
    covariance: np.ndarray,
    prior: dict[str, tuple[float, float]],
) -> Any:
    """A fit of which only the normal approximation is looked at."""
    unknowns = [
        SimpleNamespace(name=n, prior=SimpleNamespace(family="log-normal", parameters=prior[n]))
        for n in names
    ]
    return SimpleNamespace(
        study=SimpleNamespace(id=id, unknowns=unknowns),
        names=names,
        mean=np.array(mean),
        covariance=covariance,
        prior_sd=np.array([prior[n][1] for n in names]),
    )


def test_two_data_sets_together_are_the_product_of_their_likelihoods_and_one_prior() -> None:
    prior = {"k": (0.0, 1.0), "c1a": (1.0, 2.0), "c1a_cell": (1.0, 2.0), "own": (0.0, 1.0)}

    def posterior(names, design, y, sd):
        mu, width = np.array([prior[n] for n in names]).T
        precision = design.T @ design / sd**2 + np.diag(width**-2)
        return np.linalg.solve(precision, design.T @ y / sd**2 + mu / width**2), np.linalg.inv(precision)

    rng = np.random.default_rng(2)
    a, b, ya, yb = (
        rng.standard_normal((6, 3)),
        rng.standard_normal((5, 2)),
        rng.standard_normal(6),
        rng.standard_normal(5),
    )
    one = fitted("one", ("k", "c1a_cell", "own"), *posterior(("k", "c1a_cell", "own"), a, ya, 0.5), prior)
    two = fitted("two", ("k", "c1a"), *posterior(("k", "c1a"), b, yb, 0.3), prior)
    said = time_courses_told.told(cast(Any, [one, two]), ())
    whole = np.concatenate([a / 0.5, np.column_stack([b, np.zeros(5)]) / 0.3])
    precision = whole.T @ whole + np.diag([1.0, 0.25, 1.0])
    exact_mean = np.linalg.solve(
        precision, whole.T @ np.concatenate([ya / 0.5, yb / 0.3]) + np.array([0.0, 0.25, 0.0])
    )
    exact_sd = np.sqrt(np.diag(np.linalg.inv(precision)))
    assert said.names == ("k", "c1a")
    np.testing.assert_allclose(said.mean, exact_mean[:2], rtol=1e-9)
    np.testing.assert_allclose(said.together, exact_sd[:2] / [1.0, 2.0], rtol=1e-9)
    assert "`c1a`" in time_courses_told.table(said, ("c1a", "K_iS"))


def test_where_priors_differ_the_widest_counts_once() -> None:
    def one(id: str, sd: float) -> Any:
        covariance = np.array([[1 / (sd**-2 + 4.0)]])  # one measurement of ln k, at 2 with sd 0.5
        return fitted(id, ("k",), [float(covariance[0, 0] * 8.0)], covariance, {"k": (0.0, sd)})

    said = time_courses_told.told(cast(Any, [one("narrow", 0.3), one("wide", 1.5)]), ("k",))
    precision = 1.5**-2 + 8.0
    assert said.mean[0] == pytest.approx(16.0 / precision)
    assert said.together[0] == pytest.approx(precision**-0.5 / 1.5)
    np.testing.assert_allclose(said.alone[:, 0], (1.5**-2 + 4.0) ** -0.5 / 1.5)


def test_a_dish_is_surprising_when_its_residuals_are_wider_than_the_noise() -> None:
    rng = np.random.default_rng(3)
    experiment = np.repeat([0, 1], 30)
    residual = np.concatenate([rng.standard_normal(30), 2.5 * rng.standard_normal(30)])
    p = time_courses.surprise(np.tile(residual, (5, 1)), experiment, 3)
    assert p[0] == pytest.approx(scipy.stats.chi2.sf((residual[:30] ** 2).sum(), 30))
    assert p[1] < 1e-6 < 0.01 < p[0]
    assert np.isnan(p[2])


def test_right_intervals_cover_and_narrow_ones_do_not() -> None:
    rng, names = np.random.default_rng(4), ("g_auto", "K_iS", "k_mS", "c1a", "e_deg")
    truth, sd = rng.standard_normal((400, 5)), np.full((400, 5), 0.3)
    mode = truth + 0.3 * rng.standard_normal(truth.shape)
    covariance = np.stack([0.09 * np.eye(5)] * 400)

    def share(claimed: np.ndarray) -> float:
        found = recover.Recovered(names, truth, mode, claimed, covariance, np.zeros(400), np.ones(5))
        assert "covers" in recover.in_words(found, [])
        return float(recover.covered(found, names).mean())

    assert share(sd) == pytest.approx(
        0.89, abs=4 * np.sqrt(0.89 * 0.11 / 2000)
    )  # four standard errors of 2,000 intervals
    assert share(sd / 2) < 0.65  # P(|z| < 0.8) is 0.58


def test_the_recovery_experiment_frees_the_recommended_31_and_asks_for_strengths_among_them() -> None:
    design = recovery_study.design()
    free = {*design.shared, "e_deg"}
    assert len(free) == 31
    assert set(recovery_study.QUESTION) <= free
    assert {r.dish for r in design.rows} == set(design.dishes)


def test_data_sets_that_contradict_each_other_are_named_with_what_each_says() -> None:
    def one(id: str, at: float) -> Any:
        covariance = np.array([[1 / (1.0 + 100.0)]])  # ln k measured once, sd 0.1
        return fitted(id, ("k",), [float(covariance[0, 0] * 100.0 * at)], covariance, {"k": (0.0, 1.0)})

    apart = time_courses_told.table(
        time_courses_told.told(cast(Any, [one("low", -0.5), one("high", 0.5)]), ("k",)), ("k",)
    )
    assert "contradict" in apart
    assert "* `k`: 0.61 (low), 1.6 (high)" in apart  # exp(-+0.5 * 100 / 101)
    assert "contradict" not in time_courses_told.table(
        time_courses_told.told(cast(Any, [one("a", 0.1), one("b", 0.1)]), ("k",)), ("k",)
    )
