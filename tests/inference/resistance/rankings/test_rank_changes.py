"""What moved between two rankings, and signs about which slopes and a regression differ, where the truth is
known.
"""

import numpy as np
import pytest

from inference.resistance.rankings.rank_changes import changed, disagreements
from inference.resistance.rankings.sensitivity import over_draws

NAMES = ("a", "b", "c")


def effects(means, seed):
    rng = np.random.default_rng(seed)
    return over_draws(NAMES, np.asarray(means) + 0.1 * rng.standard_normal((400, 3)), "slope")


def test_a_factor_that_the_data_moved_is_told_and_one_within_its_error_is_not() -> None:
    # the error of a mean of 400 draws is 0.005: c overtakes both, a and b stay 0.002 apart
    found = changed(effects([1.0, 1.002, 0.2], 0), effects([1.0, 1.002, 3.0], 1), 2)
    assert found["rank_change"][2] == found["prior_rank"][2] - 1 == 2
    assert found["rank_change_low"][2] == found["rank_change_high"][2] == 2
    assert np.all(found["rank_change_low"][:2] < found["rank_change_high"][:2])


def test_rankings_of_different_factors_are_not_compared() -> None:
    other = over_draws(("a", "b", "d"), np.ones((5, 3)), "slope")
    with pytest.raises(ValueError, match="different factors"):
        changed(effects([1, 2, 3], 0), other, 1)


def test_a_sign_that_a_curved_answer_hides_from_the_regression_is_explained() -> None:
    rng = np.random.default_rng(3)
    z = rng.standard_normal((600, 3))
    # ln values a and b go together (0.98); the answer rises with a at every draw, and falls with b squared
    z[:, 1] = 0.98 * z[:, 0] + np.sqrt(1 - 0.98**2) * z[:, 1]
    output = 0.05 * z[:, 0] + np.exp(-z[:, 1]) * -1.0 + 0.3 * z[:, 2]
    slope = np.column_stack([np.full(600, 0.05), np.exp(-z[:, 1]), np.full(600, 0.3)])
    agreed = disagreements(NAMES, np.exp(z), output, slope, 1)
    assert not [line for line in agreed if line.startswith(("b:", "c:"))]
    wrong = slope * np.array([1, 1, -1])
    (line,) = [s for s in disagreements(NAMES, np.exp(z), output, wrong, 1) if s.startswith("c:")]
    assert "slopes say less, a rank regression more" in line
    assert "straight line" in line
    swapped = slope * np.array([1, -1, 1])
    (line,) = [s for s in disagreements(NAMES, np.exp(z), output, swapped, 1) if s.startswith("b:")]
    assert "goes together with a (rank correlation +0.9" in line


def test_too_few_draws_for_a_regression_say_nothing() -> None:
    assert disagreements(NAMES, np.ones((4, 3)), np.ones(4), np.ones((4, 3)), 1) == []
