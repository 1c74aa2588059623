"""Times at which something short may lie, by algebra."""

from typing import Any

import numpy as np
import pytest
import sympy as sp

from inference.study.dishes.narrow_times import times, turning
from models.declare import time
from models.ratelaws import choose, floored

A, S = sp.symbols("a S")
DAY: Any = floored(time / 4)


def test_what_is_linear_in_time_or_holds_a_state_is_left_to_others():
    smooth: list[Any] = [choose(time - A, 1, 0), sp.exp(-A * time), (S * time**2 - 1) ** 2]
    assert turning(smooth, {A}) == ()


@pytest.mark.parametrize(
    "rate, found",
    [
        (sp.exp(-((time**2 - 1600) ** 2)), [40.0]),
        (choose(sp.sin(time) - 1 + sp.Rational(1, 10**8), 1, 0), [np.pi / 2, np.pi / 2 + 2 * np.pi]),
        (choose(sp.Rational(1, 100) - (time - 4 * DAY), 1, 0), [4, 4.01, 8, 8.01]),
        (sp.sin(time / 10) ** 2000, [5 * np.pi]),
    ],
)
def test_times_are_those_of_algebra(rate, found):
    """Between 0 and 10, or 50 where nothing is periodic."""
    short = turning([rate], set())
    end = 10.0 if rate.has(choose) else 46.0
    seen = times(short, 0.0, end)
    for t in found:
        # a crest lies between two times that are 3e-4 apart
        assert min(abs(np.array(seen) - t)) < 2e-4
    assert all(0 < t <= end for t in seen)
