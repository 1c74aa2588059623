"""A quantity that crosses zero and comes back between two looks."""

import jax.numpy as jnp
import pytest

from models.engine.events.turning_points import hidden_turn

LOOKS = 8


def turn_of(f):
    where, suspected, rough = hidden_turn(lambda x: f(x)[None], LOOKS, jnp.zeros(1))
    return float(where[0]), bool(suspected[0]), bool(rough[0])


@pytest.mark.parametrize("top", [0.01, 0.06, 0.3, 0.99])
def test_the_turn_of_a_parabola_is_found_wherever_it_lies(top):
    """It stands above zero for 2e-4 of the step."""
    where, suspected, rough = turn_of(lambda x: 1e-8 - (x - top) ** 2)
    assert where == pytest.approx(top, abs=1e-7)
    assert suspected
    assert not rough


def test_the_crest_of_a_wave_is_found_to_less_than_it_is_wide():
    """sin(3 x + 0.4) is above 1 - 1e-7 for 3e-4 on both sides of (pi / 2 - 0.4) / 3."""
    where, suspected, _ = turn_of(lambda x: jnp.sin(3 * x + 0.4) - 1 + 1e-7)
    assert suspected
    assert where == pytest.approx(0.3902654, abs=1e-4)


def test_a_turn_away_from_zero_is_none_and_so_is_one_far_from_it():
    assert not turn_of(lambda x: 1 - (x - 0.3) ** 2)[1]
    assert not turn_of(lambda x: 1 + (x - 0.3) ** 2)[1]


def test_looks_that_are_too_few_are_told():
    assert turn_of(lambda x: jnp.sin(100 * x) - 0.5)[2]
    assert not turn_of(lambda x: jnp.exp(-x))[2]
