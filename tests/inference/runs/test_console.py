"""What a stage says of itself in a file or pipe."""

import io

import pytest
from rich.console import Console

from inference.runs import console
from inference.runs.console import Bar, Teller


@pytest.mark.parametrize("bound", ["", "at most "])
def test_a_stage_that_may_end_early_says_so_and_reckons_anew_where_it_counts_anew(bound, monkeypatch):
    clock, out = [0.0], io.StringIO()
    monkeypatch.setattr(console.time, "monotonic", lambda: clock[0])
    bar = Bar(Console(file=out, width=200), "mode", 300, at_most=bool(bound), printed=0.0)
    for now, done in ((60, 1), (120, 31), (180, 61), (240, 2), (300, 32)):
        clock[0] = float(now)
        bar.to(done, "fine")
    # 30 steps a minute: 269, 239, and after the second beginning 268 of them are left
    assert out.getvalue().splitlines() == [
        f"  mode: 1 of {bound}300; fine",
        f"  mode: 31 of {bound}300, {bound}8 min 58 s left; fine",
        f"  mode: 61 of {bound}300, {bound}7 min 58 s left; fine",
        f"  mode: 2 of {bound}300; fine",
        f"  mode: 32 of {bound}300, {bound}8 min 56 s left; fine",
    ]


def test_a_teller_hands_on_that_a_stage_may_end_early():
    with Teller(Console(file=io.StringIO())).bar("mode", 3, at_most=True) as bar:
        assert bar.at_most
