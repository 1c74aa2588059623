"""Simulate a myeloma cell in its niche, fit it to measurements, rank what makes drugs fail there.

    import inference as gp

    dish = gp.dish(preset="mm1s", il6=10, doses={"bortezomib": 4})
    gp.simulate(dish, hours=48)["pS"].plot()

    study = gp.load("il6_feedback_estradiol", hypothesis="H1")
    run = gp.fit(study, gp.QUICK, to="results/a")
    gp.rank(gp.Question("viability", {"dexamethasone": 300}, condition="niche"), run).table()

This is the contents page: each name is imported when it is first used, and 64-bit numbers and a cache of
compiled programs are set then, unless you have set them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.face.lazily import contents

if TYPE_CHECKING:
    from inference.face.asks import compare as compare
    from inference.face.asks import prior as prior
    from inference.face.asks import rank as rank
    from inference.face.asks import report as report
    from inference.face.asks import scan as scan
    from inference.face.combinations import combine as combine
    from inference.face.courses import course as course
    from inference.face.dishes import dish as dish
    from inference.face.dishes import simulate as simulate
    from inference.face.dishes import simulate_ensemble as simulate_ensemble
    from inference.face.fits import FittedRun as FittedRun
    from inference.face.fits import fit as fit
    from inference.face.fits import load as load
    from inference.face.fits import resume as resume
    from inference.face.lists import conditions as conditions
    from inference.face.lists import drugs as drugs
    from inference.face.lists import hypotheses as hypotheses
    from inference.face.lists import presets as presets
    from inference.face.lists import readouts as readouts
    from inference.face.lists import studies as studies
    from inference.face.new_studies import new_study as new_study
    from inference.face.new_studies import own_line as own_line
    from inference.face.panels import PanelRun as PanelRun
    from inference.face.panels import panel as panel
    from inference.face.populations import population as population
    from inference.resistance.conditions import Condition as Condition
    from inference.resistance.questions import Question as Question
    from inference.resistance.resistance_readouts import Readout as Readout
    from inference.runs.settings import FULL as FULL
    from inference.runs.settings import QUICK as QUICK
    from inference.runs.settings import Settings as Settings

    __version__: str

__all__ = [  # noqa: RUF022  # in the order in which one meets them
    "dish",
    "simulate",
    "simulate_ensemble",
    "population",
    "new_study",
    "own_line",
    "load",
    "fit",
    "resume",
    "FittedRun",
    "panel",
    "PanelRun",
    "FULL",
    "QUICK",
    "Settings",
    "prior",
    "Question",
    "Condition",
    "Readout",
    "rank",
    "scan",
    "combine",
    "compare",
    "course",
    "report",
    "drugs",
    "presets",
    "hypotheses",
    "conditions",
    "readouts",
    "studies",
]

__getattr__, __dir__ = contents(
    __name__,
    {
        "dish": "inference.face.dishes",
        "simulate": "inference.face.dishes",
        "simulate_ensemble": "inference.face.dishes",
        "population": "inference.face.populations",
        "new_study": "inference.face.new_studies",
        "own_line": "inference.face.new_studies",
        "load": "inference.face.fits",
        "fit": "inference.face.fits",
        "resume": "inference.face.fits",
        "FittedRun": "inference.face.fits",
        "FULL": "inference.runs.settings",
        "QUICK": "inference.runs.settings",
        "Settings": "inference.runs.settings",
        "prior": "inference.face.asks",
        "panel": "inference.face.panels",
        "PanelRun": "inference.face.panels",
        "Question": "inference.resistance.questions",
        "Condition": "inference.resistance.conditions",
        "Readout": "inference.resistance.resistance_readouts",
        "rank": "inference.face.asks",
        "scan": "inference.face.asks",
        "combine": "inference.face.combinations",
        "compare": "inference.face.asks",
        "course": "inference.face.courses",
        "report": "inference.face.asks",
        "drugs": "inference.face.lists",
        "presets": "inference.face.lists",
        "hypotheses": "inference.face.lists",
        "conditions": "inference.face.lists",
        "readouts": "inference.face.lists",
        "studies": "inference.face.lists",
    },
    before="inference.face.started:ready",
)
