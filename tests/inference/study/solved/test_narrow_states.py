"""Which formulas may do something short because of the state; what comes of it is tested in
test_meaning_of_time.
"""

import pytest
import sympy as sp

from inference.study.solved.narrow_states import features
from models.declare import Reaction, Species, nothing
from models.network import Network
from models.ratelaws import choose

S = sp.Symbol("S")


def network(rate: sp.Expr) -> Network:
    s = Species("S", 1.0, "", "")
    return Network("m", (s,), (), (), (), (Reaction(nothing, s, rate, "made", "made"),))


@pytest.mark.parametrize("rate", [3 * S / (2 + S), S**2 / (1 + S**2), 1 - S, S * (1 - S)])
def test_mass_action_and_saturation_are_smooth(rate):
    assert features(network(rate)) == ()


@pytest.mark.parametrize(
    "rate, found",
    [
        (choose(sp.Min(S - 5, 6 - S), 1, 0), {S - 5, 6 - S}),
        (sp.exp(-((S - 5) ** 2)), {-((S - 5) ** 2), S - 5}),
        (1 / (1 + (S - 5) ** 2), {S - 5}),
    ],
)
def test_conditions_bells_and_peaks_are_looked_at(rate, found):
    assert set(features(network(rate))) == found
