"""Conditions as numbers: strict and not, joined and reversed, at the point where both sides are equal."""

import itertools

import pytest
import sympy as sp

from models.comparisons import Inequality, all_of, any_of, equal, not_zero, one_of_two

X = sp.Symbol("x")
ABOVE, FROM = Inequality(X - 1, strict=True), Inequality(X - 1)  # x > 1, x >= 1
VALUES = (0, 1, 2)


def truth(comparison: Inequality) -> list[bool]:
    return [comparison.as_number().subs(X, v) == 1 for v in VALUES]


def test_strict_conditions_and_their_opposites_differ_where_both_sides_are_equal():
    assert truth(ABOVE) == [False, False, True]
    assert truth(FROM) == [False, True, True]
    assert truth(ABOVE.opposite()) == [True, True, False]
    assert truth(FROM.opposite()) == [True, False, False]
    assert truth(equal(X, sp.Integer(1))) == [False, True, False]
    assert truth(not_zero(X)) == [False, True, True]


@pytest.mark.parametrize(
    "a, b", itertools.product((ABOVE, FROM, ABOVE.opposite(), FROM.opposite()), repeat=2)
)
def test_joined_conditions_hold_where_pythons_own_do(a, b):
    pairs = list(zip(truth(a), truth(b), strict=True))
    assert truth(all_of((a, b))) == [x and y for x, y in pairs]
    assert truth(any_of((a, b))) == [x or y for x, y in pairs]
    assert truth(one_of_two(a, b)) == [x != y for x, y in pairs]
