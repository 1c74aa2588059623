"""How long a comparison runs, by sampler."""

from inference.hypotheses.compared_study import QUICK_WALK, WALK, sized
from inference.runs.settings import FULL, QUICK


def test_walks_have_lengths_of_their_own_and_other_samplers_those_of_the_settings():
    assert {k: getattr(sized(FULL, "walk"), k) for k in WALK} == WALK
    assert {k: getattr(sized(QUICK, "walk"), k) for k in QUICK_WALK} == QUICK_WALK
    assert sized(FULL, "nuts") == FULL
