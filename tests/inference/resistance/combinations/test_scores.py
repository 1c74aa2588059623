"""Scores of two drugs against closed forms: independent, diluted, better, and potencies that do not move."""

import numpy as np
import pytest

from inference.resistance.combinations.scores import (
    DoseCurve,
    bliss,
    fitted,
    highest_single_agent,
    loewe_expected,
    loewe_index,
    polished,
    zip_delta,
)

A, B = np.geomspace(0.3, 30, 5), np.geomspace(10, 3000, 6)
FINE = np.geomspace(1e-3, 1e3, 121)


def left(dose, half, slope=1.0, end=0.0):
    return end + (1 - end) / (1 + (dose / half) ** slope)


def test_independent_hill_curves_have_no_bliss_excess():
    a, b = left(A, 3, 1.4), left(B, 200, 2.2, 0.3)
    np.testing.assert_allclose(bliss(a, b, a[:, None] * b[None]), 0, atol=1e-15)
    assert (bliss(a, b, 0.5 * a[:, None] * b[None]) > 0).all()


def test_the_better_drug_alone_has_no_excess_over_the_highest_single_agent():
    a, b = left(A, 3), left(B, 200)
    np.testing.assert_array_equal(highest_single_agent(a, b, np.minimum(a[:, None], b[None])), 0)


def test_a_drug_with_itself_is_additive_by_loewe():
    curve = DoseCurve(FINE, left(FINE, 3, 1.7))
    x, y = np.array([0.01, 0.5, 5.0]), np.array([0.5, 7.0])
    together = left(x[:, None] + y[None], 3, 1.7)
    alone = 3 * (1 / together - 1) ** (1 / 1.7)  # the inverse of the curve
    np.testing.assert_allclose(loewe_index(x[:, None], y[None], alone, alone), 1, rtol=1e-12)
    # monotone pieces through 20 doses a decade are good to 2e-5 of a share
    np.testing.assert_allclose(loewe_expected(curve, curve, x, y), together, atol=5e-5)


def test_a_dilution_of_a_drug_is_additive_too():
    a, b = DoseCurve(FINE, left(FINE, 3, 1.7)), DoseCurve(30 * FINE, left(30 * FINE, 90, 1.7))
    expected = loewe_expected(a, b, np.array([2.0]), np.array([45.0, 3.0]))
    np.testing.assert_allclose(expected[0], left(2 + np.array([45, 3]) / 30, 3, 1.7), atol=5e-5)


def test_a_drug_that_never_kills_so_many_counts_for_nothing():
    strong, weak = DoseCurve(FINE, left(FINE, 3)), DoseCurve(FINE, left(FINE, 1, end=0.6))
    assert np.isinf(weak.dose_for(0.2))
    assert np.isnan(weak.dose_for(1.0))
    found = loewe_index(12.0, 5.0, strong.dose_for(0.2), weak.dose_for(0.2))
    assert float(found) == pytest.approx(1, rel=1e-3)
    assert np.isnan(loewe_index(1.0, 1.0, np.inf, np.inf))
    # far beyond what the weak one does alone, the strong one's own curve
    assert loewe_expected(strong, weak, np.array([27.0]), np.array([5.0]))[0, 0] == pytest.approx(
        0.1, abs=1e-4
    )
    idle = DoseCurve(FINE, np.ones_like(FINE))
    assert np.isnan(loewe_expected(idle, idle, A, B)).all()


def test_the_inverse_of_a_curve_is_its_inverse():
    curve = DoseCurve(FINE, left(FINE, 3, 1.7))
    for share in (0.99, 0.5, 0.02):
        # straight lines between 4001 points of 14 units of ln dose: (14 / 4000)^2 / 8 of a curvature below 1
        assert float(curve.at(curve.dose_for(share))) == pytest.approx(share, abs=2e-6)


def test_a_guess_is_polished_on_the_curve_itself():
    half = np.array([1.0, 3.0, 8.0, 2.0])
    target = np.array([0.9, 0.5, 0.05, 0.5])
    found = polished(lambda d, i: left(d, half[i], 2.0), np.array([0.3, 3.2, 30.0, np.inf]), target)
    exact = half * (1 / target - 1) ** 0.5
    np.testing.assert_allclose(found[:3], exact[:3], rtol=1e-8)
    assert np.isinf(found[3])


def test_a_hill_curve_with_a_given_start_comes_back():
    killed = 0.2 + (0.9 - 0.2) * A**1.6 / (2.0**1.6 + A**1.6)
    np.testing.assert_allclose(fitted(A, killed, 0.2), killed, atol=1e-6)


def test_potencies_that_do_not_move_have_no_zip_delta_and_one_that_does_is_seen():
    a, b = left(A, 3, 1.4), left(B, 200, 2.2)
    independent = a[:, None] * b[None]
    np.testing.assert_allclose(zip_delta(A, B, a, b, independent), 0, atol=1e-4)  # of least squares
    # the first drug makes the second ten times as potent
    shifted = np.stack([x * left(B, 200 / (1 + 9 * (1 - x)), 2.2) for x in a])
    assert zip_delta(A, B, a, b, shifted).mean() > 0.03
    assert np.isnan(zip_delta(A, B, a, b, np.full_like(shifted, np.nan))).all()
