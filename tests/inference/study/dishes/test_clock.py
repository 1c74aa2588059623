"""What of a network goes with time."""

import pytest
import sympy as sp

from inference.study.dishes.clock import timed
from models.comparisons import NotLinearError, crossings
from models.declare import Input, Parameter, Reaction, Species, assumed, nothing, time
from models.network import Network
from models.ratelaws import choose

ON, MU = sp.symbols("on mu")


def network(rate: sp.Expr) -> Network:
    """One species made at a rate that goes with time."""
    S = Species("S", 0.0, "", "what is made")
    known = tuple(Parameter(n, 5.0, "", "a time", assumed("test")) for n in ("on", "mu"))
    dose = Input("dose", 1.0, "", "given")
    return Network("m", (S,), known, (dose,), (), (Reaction(nothing, S, rate, "made", "r"),))


def test_a_condition_on_time_becomes_an_input_and_one_on_the_state_does_not():
    by_time, by_state = choose(time - ON, 1, 0), choose(sp.Symbol("S") - ON, 1, 0)
    found, clock = timed(network(by_time + by_state), waits=False)
    assert list(clock.switches.values()) == [time - ON]
    assert not found.reactions[0].rate.has(time)
    assert found.reactions[0].rate.has(by_state)
    assert clock.shown(sp.Symbol(next(iter(clock.switches)))) == by_time


def test_a_smooth_feature_is_marked_and_time_stands_still_where_a_dish_waits():
    found, clock = timed(network(sp.exp(-((time - MU) ** 2))), waits=True)
    assert clock.marks == (time - MU,)
    still = {sp.Symbol(n): v for n, v in clock.inputs(0.0, 3.0).items()}
    assert found.reactions[0].rate.subs(still) == sp.exp(-((3.0 - MU) ** 2))


def test_times_at_which_a_condition_changes_are_those_of_algebra():
    assert crossings(2 * time - 3) == [sp.Rational(3, 2)]
    assert crossings(sp.Min(time - ON, 7 - time)) in ([ON, 7], [7, ON])
    with pytest.raises(NotLinearError, match="is not linear in time"):
        crossings(sp.sin(time))
