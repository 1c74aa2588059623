"""Pairs ranked: known scores come out in their order, and a row says what it rests on."""

import numpy as np
import pytest
import xarray as xr

from inference.resistance.believed_from import prior_source
from inference.resistance.combinations import combination_files
from inference.resistance.combinations.combination_figures import dose_at, isobole, ranking_figure
from inference.resistance.combinations.pair_screen import (
    PRIOR,
    RESTATED,
    TOLD,
    pair_ranking,
    screened,
)
from inference.resistance.questions import QuestionError
from inference.runs.run import Run
from models.drugs import drug


def made(excess, before=None):
    draws = len(excess)
    names = ["a", "b", "c"]
    data: dict[str, object] = dict.fromkeys(("bliss", "hsa", "index"), (("draw", "pair"), excess))
    data["dose"] = (("draw", "drug"), np.ones((draws, 3)))
    if before is not None:
        data["prior_bliss"] = (("draw", "pair"), before)
    labels = {
        "pair": ["a + b", "a + c", "b + c"],
        "first": ("pair", ["a", "a", "b"]),
        "second": ("pair", ["b", "c", "c"]),
        "same_target": ("pair", [False, True, False]),
        "drug": names,
    }
    note = {"note": "rests on the prior; not for clinical use", "question": "3 pairs", "source": "the prior"}
    return xr.Dataset(data, labels, {**note, "mark": ""})


def test_pairs_come_in_the_order_of_their_excess_with_ranks_within_draws():
    rng = np.random.default_rng(1)
    excess = np.array([0.1, 0.3, -0.2]) + 0.01 * rng.standard_normal((50, 3))
    table = pair_ranking(made(excess))
    assert list(table.index) == ["a + c", "a + b", "b + c"]
    assert list(table["rank"]) == [1, 2, 3]
    assert list(table["rank_low"]) == list(table["rank_high"]), "ten sd apart"
    assert list(table["above_0"]) == [1, 1, 0]
    assert set(table["rests_on"]) == {PRIOR}
    assert list(table["same_target"]) == [True, False, False]
    with pytest.raises(QuestionError, match="no draw could be solved"):
        pair_ranking(made(np.full((4, 3), np.nan)))


def test_a_pair_that_a_fit_moved_is_told_from_one_that_restates_the_prior():
    rng = np.random.default_rng(2)
    before, after = rng.standard_normal((200, 3)), rng.standard_normal((200, 3))
    after[:, 1] += 2
    table = pair_ranking(made(after, before))
    assert table.loc["a + c", "rests_on"] == TOLD
    assert table.loc["a + b", "rests_on"] == RESTATED


def test_the_figure_says_what_it_rests_on():
    data = made(np.random.default_rng(3).standard_normal((9, 3)))
    title = ranking_figure(pair_ranking(data), data).get_suptitle()
    assert "rests on the prior; not for clinical use" in title


def test_an_isobole_of_a_drug_with_itself_is_what_a_dilution_would_be():
    dose = np.geomspace(0.1, 20, 9)
    together = 1 / (1 + ((dose[:, None] + dose[None]) / 2) ** 2)
    alone = 1 / (1 + (dose / 2) ** 2)
    data = xr.Dataset(
        {
            "left": (("draw", "first", "second"), together[None]),
            "alone_first": (("draw", "dose_first"), alone[None]),
            "alone_second": (("draw", "dose_second"), alone[None]),
        },
        {"first": dose, "second": dose, "dose_first": dose, "dose_second": dose},
    )
    needed, additive = isobole(data, 0.5)
    small = dose < 1
    # both logits are curved between doses 2-fold apart where one is added; a tenth of the dose bounds it
    np.testing.assert_allclose(needed[0][small], 1 - dose[small] / 2, atol=0.1)
    np.testing.assert_allclose(additive[0][small], 1 - dose[small] / 2, atol=0.1)
    assert dose_at(dose, alone, 0.5) == pytest.approx(2, rel=0.01), "a Hill curve is a line of its logit"
    assert np.isnan(dose_at(dose, alone, 1e-5))


def test_a_screen_leaves_out_by_name_what_cannot_change_survival(tmp_path):
    source = prior_source("H0")
    asked, idle = screened(
        [drug(n) for n in ("bortezomib", "venetoclax", "fulvestrant")], "alone", "mm1s", source
    )
    assert [d.name for d in asked.drugs] == ["bortezomib", "venetoclax"]
    assert idle == ("fulvestrant",)
    with pytest.raises(QuestionError, match="at least two"):
        screened([drug("fulvestrant")], "alone", "mm1s", source)
    drugs = [(drug(n), None) for n in ("bortezomib", "venetoclax", "S63845")]
    found = combination_files.combined(drugs, source, Run(tmp_path, keeps=False), draws=2)
    assert isinstance(found, combination_files.PairRanking)
    assert len(found.table()) == 3
    assert np.isfinite(found.data["bliss"]).all()
