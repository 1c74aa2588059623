"""Published facts beside the model: verdicts on made-up numbers, dishes that exist, and what a known cell must score."""

import numpy as np
import pytest

from inference import facts
from inference.facts import FACTS, PUT_IN, Fact, statement
from inference.plate import Well
from inference.rank_files import prior_source
from models.catalogue import PRESETS
from models.drugs import drug

BAND = Fact("cells", "half", "nobody", ("mm1s",), (Well(),), lambda seen: seen, 0.4, 0.6)


@pytest.mark.parametrize(("inside", "verdict"), [(100, "right"), (80, "right"), (50, "cannot say"), (20, "wrong"), (0, "wrong")])
def test_the_share_of_draws_in_the_band_decides(inside, verdict):
    found = statement(BAND, np.concatenate([np.full(inside, 0.5), np.full(100 - inside, 2.0), [np.nan]]))
    assert found.verdict == verdict
    assert f"{inside} % of 100 draws" in found.why
    assert PUT_IN not in found.why


def test_every_fact_names_cells_drugs_and_a_band():
    inputs = {drug(n).input for n in facts.DRUGS}
    for f in FACTS:
        assert len(f.cells) == len(f.wells)
        assert set(f.cells) <= set(PRESETS)
        assert {d.input for w in f.wells for d, _ in w.drugs} <= inputs
        assert f.low < f.high
        assert np.isfinite([f.low, f.high]).any()
    assert len({f.quantity for f in FACTS}) >= len(FACTS) - 2  # "the same ..." follows what it continues


def test_numbers_are_read_from_the_dishes_that_a_fact_names(monkeypatch, known_cell):
    # in this cell viability is exp(-3 d/(d + 100) (1 - 0.9 [not alone])) at the centre, and MCL-1 falls by a thousandth in two days
    monkeypatch.setattr(facts, "simulate", known_cell)
    asked = "viability under S63845 100 nM", "the same with IL-6", "MCL-1 after 24 h with IL-6 over without"
    chosen = [f for f in FACTS if f.quantity in asked]
    values = facts.predicted(chosen, prior_source("H1"), 64, 1, lambda words: None)
    dex, s63, mcl1 = (np.log(v) for v in values)
    assert np.median(s63) == pytest.approx(-3 * 0.5, rel=0.05)  # K_DA and b_B spread it evenly around the centre
    assert np.median(dex) == pytest.approx(-3 / 1.1 * 0.1, rel=0.05)
    assert np.allclose(mcl1, 0)
