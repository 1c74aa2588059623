"""Events and switches as periods; what they mean for a trajectory is tested in test_meaning_of_events."""

import pytest
import sympy as sp

from inference.study.dishes.happenings import as_period
from inference.study.problem_tables import StudyError

S, C, k = sp.symbols("S C k")
SPECIES = frozenset(("S", "C"))


def test_a_new_state_is_a_share_of_the_old_one_and_a_number():
    p = as_period(3.0, {"u": sp.Float(2)}, {"S": S / 2 + k, "C": sp.Integer(4)}, "model.xml", SPECIES)
    assert (p.start, p.inputs, p.put, p.add, p.keep) == (3.0, {"u": 2.0}, {"C": 4.0}, {"S": k}, {"S": 0.5})


@pytest.mark.parametrize("new", [S + C, S * C, k * S, S**2])
def test_a_state_that_is_no_share_of_itself_is_refused(new):
    with pytest.raises(StudyError, match=r"model.xml: S is set by what [SC] is at that time"):
        as_period(3.0, {}, {"S": new}, "model.xml", SPECIES)
