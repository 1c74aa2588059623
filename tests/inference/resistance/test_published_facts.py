"""Published facts beside the model: verdicts on made-up numbers, dishes that exist, and what a known cell
must score.
"""

import numpy as np
import pytest

from inference.resistance import facts_compared
from inference.resistance.beliefs import declared
from inference.resistance.believed_from import prior_source
from inference.resistance.facts_compared import statement
from inference.resistance.published_facts import FACTS, PUT_IN, Fact
from inference.resistance.questions import Question, network_of
from inference.resistance.simulated_plate import Well
from inference.resistance.statements import Statement
from models.catalogue import PRESETS
from models.drugs import drug

BAND = Fact("cells", "half", "nobody", ("mm1s",), (Well(),), lambda seen: seen, 0.4, 0.6)


@pytest.mark.parametrize(
    ("inside", "verdict"), [(100, "right"), (80, "right"), (50, "cannot say"), (20, "wrong"), (0, "wrong")]
)
def test_the_share_of_draws_in_the_band_decides(inside, verdict):
    found = statement(BAND, np.concatenate([np.full(inside, 0.5), np.full(100 - inside, 2.0), [np.nan]]))
    assert isinstance(found, Statement)
    assert found.verdict == verdict
    assert f"{inside} % of 100 draws" in found.why
    assert PUT_IN not in found.why


def test_draws_on_both_sides_of_a_band_are_too_wide_to_say():
    assert statement(BAND, np.repeat([0.1, 0.5, 0.9], [50, 10, 40])).verdict == "cannot say"


def test_every_fact_names_cells_drugs_and_a_band():
    inputs = {d.input for d in facts_compared.drugs_of(FACTS)}
    for f in FACTS:
        assert len(f.cells) == len(f.wells)
        assert set(f.cells) <= set(PRESETS)
        assert {d.input for w in f.wells for d, _ in w.drugs} <= inputs
        assert f.low < f.high
        assert np.isfinite([f.low, f.high]).any()
    drawn = set(declared(network_of(Question("lnv", ((drug("dex"), 1.0),), "niche")), None).names)
    assert all(
        set(PRESETS[c].parameters) <= drawn for f in FACTS for c in f.cells
    )  # else a shared network would lose what a preset sets
    assert len({f.quantity for f in FACTS}) == len(FACTS)


def test_numbers_are_read_from_the_dishes_that_a_fact_names(monkeypatch, known_cell):
    # in this cell viability is exp(-3 d/(d + 100) (1 - 0.9 [not alone])) at the centre, and MCL-1 falls by a
    # thousandth in two days
    monkeypatch.setattr(facts_compared, "simulate", known_cell)
    asked = (
        "viability under S63845 100 nM",
        "viability under dexamethasone 1 uM with IL-6",
        "MCL-1 after 24 h with IL-6 over without",
    )
    chosen = [f for f in FACTS if f.quantity in asked]
    values = facts_compared.predicted(chosen, prior_source("H1"), 64, 1, lambda words: None)
    dex, s63, mcl1 = (np.log(v) for v in values)
    assert np.median(s63) == pytest.approx(
        -3 * 0.5, rel=0.05
    )  # K_DA and b_B spread it evenly around the centre
    assert np.median(dex) == pytest.approx(-3 / 1.1 * 0.1, rel=0.05)
    assert np.allclose(mcl1, 0)
