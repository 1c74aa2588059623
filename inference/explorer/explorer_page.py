"""The page of the explorer: sliders on the left, figures on the right; the median at once, bands after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import panel as pn
import plotly.graph_objects as go

from inference.explorer.controls import Controls, Explorer, at_median, bands, figure, in_words
from inference.resistance.believed_from import BeliefSource
from inference.resistance.conditions import CONDITIONS
from inference.runs.figure_labels import page_label
from models.drugs import drug

DOSES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4)  # nM
ESTRADIOL = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # nM
FACTORS = tuple(round(float(x), 3) for x in 10 ** np.linspace(-1, 1, 9))  # on what is believed
FIRST, FIRST_DOSE = "dexamethasone", 300.0


def page(e: Explorer, source: BeliefSource) -> pn.Row:
    """What one visitor sees."""
    mark = page_label(source.mark, 400)
    network = e.few.what.system.network
    names = [d.name for d, _ in e.few.question.drugs]
    what = pn.widgets.Select(label="drug", options=names, value=FIRST if FIRST in names else names[0])
    dose = pn.widgets.DiscreteSlider(label="dose (nM)", options=list(DOSES), value=FIRST_DOSE)
    around = {c.words: c.name for c in CONDITIONS.values()}
    where = pn.widgets.Select(label="surroundings", options=around, value="niche")
    estradiol = pn.widgets.DiscreteSlider(
        label="estradiol (nM)", options=list(ESTRADIOL), value=0.0, disabled=not e.few.estradiol
    )
    strengths = {
        n: pn.widgets.DiscreteSlider(
            label=f"{n}: {network.parameter(n).meaning}, times", options=list(FACTORS), value=1.0
        )
        for n in e.sliders
    }

    def shown(name: str, dose: float, condition: str, estradiol: float, *factors: float) -> Iterator[Any]:
        chosen = dict(zip(strengths, factors, strict=True))
        yield from answers(e, Controls(drug(name), dose, condition, estradiol, chosen), mark)

    moved = (
        what.param.value,
        dose.param.value_throttled,
        where.param.value,
        estradiol.param.value_throttled,
        *(s.param.value_throttled for s in strengths.values()),
    )
    controls = pn.Column(
        pn.pane.HTML(
            f"<b>Cell</b> from {page_label(source.name)}. A hypothesis generator, not a clinical tool."
        ),
        what,
        dose,
        where,
        estradiol,
        pn.pane.Markdown("**Feedback strengths**, as multiples of what is believed"),
        *strengths.values(),
        width=330,
    )
    return pn.Row(controls, pn.bind(shown, *moved), sizing_mode="stretch_width")


def answers(e: Explorer, c: Controls, mark: str) -> Iterator[pn.Column]:
    """The answer at the median, and then with the bands of every draw."""
    middle = at_median(e, c)
    yield _column(in_words(c, middle, None), figure(c, middle, None, mark))
    spread = bands(e, c)
    yield _column(in_words(c, middle, spread), figure(c, middle, spread, mark))


def _column(words: str, drawn: go.Figure) -> pn.Column:
    height = int(drawn.to_dict()["layout"]["height"])
    plot = pn.pane.Plotly(drawn, sizing_mode="stretch_width", height=height, config={"displaylogo": False})
    return pn.Column(pn.pane.Markdown(f"### {words}"), plot)
