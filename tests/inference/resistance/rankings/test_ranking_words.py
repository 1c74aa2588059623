"""Directions and sentences of a ranking whose numbers are known."""

import json

import numpy as np
import xarray as xr

from inference.resistance.beliefs import Beliefs
from inference.resistance.rankings import ranking_words
from inference.resistance.rankings.methods import METHODS
from inference.resistance.rankings.ranked import csv_table
from inference.resistance.rankings.ranking_run import labelled
from inference.resistance.rankings.sensitivity import over_draws
from inference.resistance.resistance_readouts import READOUTS
from models.declare import log_normal

NAMES = ("IC_rux", "k_S", "k_dR", "d_R")


def made(informed=("informed", "informed", "prior only", "prior only"), method="elasticity"):
    """The potency first, one that raises, one that lowers, one of no known sign."""
    rng = np.random.default_rng(0)
    slope = np.array([3.0, 2.0, -1.0, 0.0]) + 0.1 * rng.standard_normal((200, 4))
    beliefs = Beliefs(NAMES, np.ones(4), (log_normal(1.0),) * 4, ("JakStat3",) * 4, informed=informed)
    table = labelled(
        over_draws(NAMES, slope, "slope"), beliefs, {n: f"what {n} is" for n in NAMES}, {"IC_rux"}
    )
    told = READOUTS["escape"].told
    words = {
        "readout": told.__dict__,
        "method": METHODS[method].words.__dict__,
        "survival": False,
        "condition": "with IL-6",
    }
    attrs = {"words": json.dumps(words), "mark": ""}
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs=attrs), "/parameter": table})


def test_a_direction_is_told_only_where_the_interval_excludes_zero() -> None:
    table = csv_table(made())
    assert list(table["direction"]) == [
        "more of it: more signal escapes",
        "more of it: more signal escapes",
        "more of it: less signal escapes",
        "sign unknown",
    ]
    assert set(csv_table(made(method="sobol"))["direction"]) == {"size only"}


def test_the_ranking_without_the_potency_begins_with_what_stands_behind_it() -> None:
    table = csv_table(made())
    assert list(table["rank"]) == [1, 2, 3, 4]
    assert np.isnan(table.loc["IC_rux", "rank_rest"])
    assert list(table["rank_rest"][1:]) == [1, 2, 3]
    assert table.loc["k_S", "p_three_rest"] == 1.0


def test_three_are_told_in_words_with_how_sure_and_why() -> None:
    one, two, three = ranking_words.leading_three(made())
    assert one.startswith("1. what k_S is; more of it: more signal escapes (k_S). Among the first 3 in 100 %")
    assert "Measurements told something about it" in one
    assert "restates what was believed beforehand" in two
    assert "sign unknown" in three


def test_what_the_data_changed_is_told_where_it_is_more_than_its_error() -> None:
    tree = made()
    assert ranking_words.changes(tree) == []
    d = tree["parameter"].to_dataset()
    columns = {"prior_rank": [1, 4, 3, 2], "rank_change": [0, 2, 0, -2]}
    ends = {"rank_change_low": [0, 1, -1, -3], "rank_change_high": [0, 2, 1, 0]}
    tree["parameter"] = d.assign({k: ("factor", v) for k, v in (columns | ends).items()})
    assert ranking_words.changes(tree) == [
        "what k_S is: rank 4 before, 2 after (k_S; moved by +1 to +2 places)"
    ]
