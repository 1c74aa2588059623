"""What can be named in a question, as tables."""

from inference.resistance import choices
from inference.resistance.conditions import CONDITIONS
from inference.resistance.questions import Question
from inference.resistance.rankings.methods import METHODS
from inference.resistance.resistance_readouts import READOUTS


def test_every_choice_has_a_row_and_every_row_can_be_asked_for():
    assert list(choices.methods().index) == list(METHODS)
    assert list(choices.conditions().index) == list(CONDITIONS)
    assert list(choices.readouts().index) == list(READOUTS)
    for readout, row in choices.readouts().iterrows():
        for name in (readout, *filter(None, row["also"].split(", "))):
            assert Question(name, {"dexamethasone": 300}, "niche").readout is READOUTS[str(readout)]
    assert choices.conditions().loc["stroma", "sets"] == "BMSC = 0.1, contact = 1"
