"""The explorer's page shows names that somebody chose as words, whatever they hold."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import panel as pn

from inference.explorer import explorer_page
from inference.resistance.believed_from import prior_source
from models import catalogue
from models.drugs import shown_drugs

HOSTILE = "x</script><script>alert(1)</script> [/x] <img src=y onerror=alert(1)> 'q' \"q\""


def test_a_run_with_a_hostile_name_and_mark_stays_words(monkeypatch):
    marks: list[str] = []
    monkeypatch.setattr(
        explorer_page, "answers", lambda _, __, mark: iter([pn.Column(marks.append(mark) or "drawn")])
    )
    few = SimpleNamespace(
        what=SimpleNamespace(system=SimpleNamespace(network=catalogue.niche())),
        question=SimpleNamespace(drugs=[(d, 1.0) for d, _ in shown_drugs()]),
        estradiol=True,
    )
    cell = cast("Any", SimpleNamespace(few=few, sliders=["k_SR"]))
    page = explorer_page.page(cell, replace(prior_source("H1"), name=HOSTILE, mark=HOSTILE))
    said = [pane.object for pane in cast("Any", page[0]) if isinstance(pane, pn.pane.HTML)]
    said += marks  # plotly takes what stands between < and > for markup
    assert len(said) >= 2
    assert all("alert(1)" in text for text in (said[0], said[-1]))
    assert not any("<script" in text or "<img" in text for text in said)
