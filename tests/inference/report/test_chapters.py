"""Chapters and figures of the report on numbers made up here; what is not listed brings its own words."""

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from inference.report import drawn_network, nodes_chapter, plots, ranking_plots
from inference.report.resistance_chapters import rankings_section
from inference.resistance.believed_from import prior_source
from inference.resistance.conditions import Condition
from inference.resistance.questions import Question
from inference.resistance.rankings import ranking_run
from inference.resistance.rankings.methods import RANK_REGRESSION, MethodWords, RankingMethod
from inference.resistance.rankings.ranking import rank
from inference.resistance.resistance_readouts import Readout, ReadoutWords, treated
from inference.runs.console import Teller
from models.catalogue import niche
from models.documents.network_picture import picture

NUCLEAR = Readout(
    "nfkb",
    "log nuclear NF-kB",
    "nM",
    ("NFn",),
    treated,
    lambda y: jnp.log(y[0, -1, 0]),
    told=ReadoutWords("", "raising it raises NF-kB", "raising it lowers NF-kB", "NF-kB"),
)


class Halves(RankingMethod):
    """A method of one's own."""

    words = MethodWords("half a coefficient", "halves", "half", "size of the halves", signed=True)
    draws = 256

    def effects(self, found, seed):
        single = RANK_REGRESSION.coefficients(found.beliefs.names, found.values, found.output / 2, 20, seed)
        return single, single


@pytest.fixture
def unlisted(monkeypatch) -> xr.DataTree:
    """A ranking of a read-out, in surroundings, by a method that no list has."""

    def function(what, names, shares, *, rtol, atol):
        weight = jnp.array([{"i1": 1.0, "c4a": -0.5}.get(n, 0.0) for n in names])
        return lambda ln_values: ln_values @ weight

    monkeypatch.setattr(ranking_run, "readout_function", function)
    inflamed = Condition("inflamed", "with TNF 1 ng/mL", "with TNF", {"TNF": 1.0})
    question = Question(NUCLEAR, {"MLN120B": 3000}, inflamed)
    return rank(question, prior_source("H1"), method=Halves("halves"), tell=Teller()).tree


def test_a_ranking_of_what_is_not_listed_is_shown_in_its_own_words(unlisted):
    body = rankings_section([("made before", unlisted)], unlisted).body
    for said in ("raising it raises NF-kB", "with TNF, NF-kB: by halves", "half a coefficient"):
        assert said in body
    figure = ranking_plots.ranking(unlisted)
    assert figure.layout.xaxis.title.text == "half"
    first = next(t for t in figure.data if t.mode == "markers")
    assert first.text[0].startswith("<b>i1</b>")


def test_the_chapter_about_nodes_says_what_was_not_scanned():
    draws, nodes, levels = 6, ["Akt", "JAK"], [0.5, 0.9]
    left = -np.ones((draws, 2, 2)) * np.array([[0.5, 2.0], [0.1, 0.2]])
    along = ("draw", "node", "level")
    knock = xr.Dataset(
        {
            "ln_viability": (along, left),
            "ln_toxicity": (along, 0 * left),
            "reference": ("draw", np.zeros(draws)),
        },
        coords={"node": nodes, "level": levels},
    )
    tree = xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs={"draws": draws, "source": "the prior"}), "/knock": knock}
    )
    section = nodes_chapter.nodes_section(tree, None, "dexamethasone")
    assert "were not scanned" in section.body
    assert "phosphorylation of Akt" in section.body
    best = plots.knock_downs(knock).data[1]
    assert list(best.x) == pytest.approx([100 * np.exp(-2.0), 100 * np.exp(-0.2)])


def test_dishes_with_and_without_the_drug_are_told_apart_by_the_line():
    values = np.ones((3, 2, 2, 4)) * np.array([1.0, 2.0])[None, :, None, None]
    coords = {"surrounding": ["alone", "in the niche"], "treated": ["drug", "no drug"], "hour": range(4)}
    course = xr.DataArray(values, dims=("draw", "surrounding", "treated", "hour"), coords=coords)
    lines = {t.name: t for t in plots.time_course(course).data if t.name}
    assert lines["in the niche, drug"].line.dash == "solid"
    assert lines["alone, no drug"].line.dash == "dot"
    assert list(lines["in the niche, no drug"].y) == [2.0] * 4


def test_the_drawn_network_names_every_node():
    shown = picture(niche())
    figure = drawn_network.draw(shown)
    assert {n.name for n in shown.nodes} <= {t.get_text() for t in figure.axes[0].texts}
