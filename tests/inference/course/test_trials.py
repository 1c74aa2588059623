"""Regimens of trials are read, and what is used for weights is never what is scored."""

import pytest

from inference.course.followed import HORIZON
from inference.course.trials import PREDICTED, TREATMENTS, USED
from models.course.response import MONTH

DOSES_OF_A_CYCLE = {"VRd": 4, "Vd": 4, "VenVd": 4, "V": 8, "SV": 8, "VMP": 8, "SVMP": 8}


@pytest.mark.parametrize("name", TREATMENTS)
def test_the_words_of_a_trial_are_a_regimen_with_as_many_doses_as_it_gave(name):
    regimen = TREATMENTS[name].regimen
    first = regimen.phases[0]
    bortezomib = [len(p.days) for p in first.prescriptions if p.drug == "bortezomib"]
    assert bortezomib == ([DOSES_OF_A_CYCLE[name]] if name != "Rd" else [])
    assert len(regimen.doses(HORIZON * MONTH)) > 30


def test_no_comparison_that_is_scored_was_used_for_weights():
    used = {u.treatment for u in USED}
    assert not used & {p.added for p in PREDICTED}
    assert {p.base for p in PREDICTED} <= set(TREATMENTS)
    assert all(0 < p.hazard[0] < p.hazard[1] for p in PREDICTED)
    assert all(u.complete < u.very_good < u.responded for u in USED)
