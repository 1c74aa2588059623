"""Rankings asked from a notebook: read-outs, conditions and methods, listed or not; words in the file."""

import jax.numpy as jnp
import numpy as np
import pytest

from inference.resistance.believed_from import prior_source
from inference.resistance.conditions import CONDITIONS, Condition
from inference.resistance.questions import Question
from inference.resistance.rankings import ranking_figures, ranking_files, ranking_run
from inference.resistance.rankings.methods import ELASTICITY, METHODS, MethodWords
from inference.resistance.rankings.ranked import Ranking
from inference.resistance.rankings.ranking import rank
from inference.resistance.rankings.ranking_request import RankError, RankingRequest, told
from inference.resistance.resistance_readouts import READOUTS, Readout, ReadoutWords, with_vehicle
from inference.runs.console import Teller

EXPONENT = {"IC_rux": 2.0, "k_SR": -1.5, "k_mS": 1.0, "K_L": -0.5}
PRIOR = prior_source("H1")
NUCLEAR = Readout(
    "nfkb",
    "log nuclear NF-kB",
    "fold",
    ("NFn",),
    with_vehicle,
    lambda y: jnp.log(y[0, -1, 0]) - jnp.log(y[1, -1, 0]),
    told=ReadoutWords(
        "What most changes nuclear NF-kB", "raising it raises NF-kB", "raising it lowers NF-kB", "NF-kB"
    ),
)
INFLAMED = Condition("inflamed", "with TNF 1 ng/mL", "with TNF", {"TNF": 1.0})


@pytest.fixture
def power_law(monkeypatch):
    def function(what, names, shares, *, rtol, atol):
        weight = jnp.array([EXPONENT.get(n, 0.0) for n in names])
        return lambda ln_values: ln_values @ weight

    monkeypatch.setattr(ranking_run, "readout_function", function)


def test_a_ranking_in_memory_orders_the_parameters(power_law):
    found = rank(Question("escape", {"ruxolitinib": 500}), PRIOR, draws=8, tell=Teller())
    assert list(found.table().index[:4]) == list(EXPONENT)
    assert found.dataset["effect"].sel(factor="IC_rux").item() == pytest.approx(2.0)
    assert "IC_rux" in repr(found)
    assert "<table" in found._repr_html_()


def test_a_readout_and_a_condition_of_ones_own_are_ranked_and_told_in_their_words(power_law, tmp_path):
    question = Question(NUCLEAR, {"MLN120B": 3000}, INFLAMED)
    found = rank(question, PRIOR, draws=4, to=tmp_path, tell=Teller())
    assert "cell with TNF 1 ng/mL" in found.tree.attrs["question"]
    words = told(Ranking.load(tmp_path).tree.attrs)
    assert words.readout == NUCLEAR.told
    assert words.condition == "with TNF"
    assert words.method == ELASTICITY.words
    figure = ranking_figures.effects(found.tree)
    assert figure.get_suptitle() == "What most changes nuclear NF-kB"
    assert "raising it raises NF-kB" in {t.get_text() for t in figure.legends[0].get_texts()}


def test_a_file_without_words_gets_those_of_its_names_and_an_unknown_name_its_own():
    listed = told({"readout": "ri", "method": "srrc", "condition": "niche"})
    assert listed.readout is READOUTS["ri"].told
    assert listed.method is METHODS["srrc"].words
    assert listed.condition == CONDITIONS["niche"].short
    unknown = told({"readout": "ic50", "method": "tarot", "condition": "moon"})
    assert (unknown.readout.short, unknown.method, unknown.condition) == (
        "ic50",
        MethodWords("tarot", "tarot"),
        "moon",
    )


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"method": "tarot"}, "`method` tarot: is not one of elasticity"),
        ({"draws": 1}, "`draws` 1: at least 2"),
        ({"seed": -1}, "`seed` -1"),
        ({"method": "sobol", "draws": 100}, "`draws` 100: a Sobol study takes a power of 2, for example 128"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_in_one_line(change, finding):
    asked = {"method": "elasticity", "draws": None, "seed": 1} | change
    with pytest.raises(RankError, match=finding):
        RankingRequest(Question("lnv", {"dexamethasone": 300}), source="the prior", **asked)


def test_a_method_brings_its_own_numbers_of_draws_and_digits():
    question = Question("lnv", {"dexamethasone": 300})
    made = {n: RankingRequest(question, n, None, 1, "the prior") for n in METHODS}
    assert {n: r.draws for n, r in made.items()} == {
        "elasticity": 200,
        "sobol": 256,
        "dgsm": 500,
        "morris": 40,
        "srrc": 1024,
    }
    assert {n for n, r in made.items() if r.rtol == 1e-5} == {"elasticity", "dgsm"}


def test_a_folder_is_named_after_the_question_unless_it_is_the_default_one_of_a_run(tmp_path):
    request = RankingRequest(Question("lnv", {"DNA damage": 200}, "niche"), "morris", None, 1, "the prior")
    assert ranking_files.default_folder(request, tmp_path, None, default=False) == (
        tmp_path / "ranking-lnv-chemo200-niche-mm1s-morris"
    )
    run, default = tmp_path / "fit", RankingRequest(request.question, ELASTICITY, None, 1, "the prior")
    assert ranking_files.default_folder(default, tmp_path, run, default=True) == run


def test_stopped_rankings_say_so(power_law):
    with pytest.raises(KeyboardInterrupt, match="goes on"):
        rank(Question("escape", {"ruxolitinib": 500}), PRIOR, draws=4, tell=Teller(), stop=lambda: True)


def test_fewer_solved_sets_than_a_method_needs_are_refused(monkeypatch):
    def nothing(what, names, shares, *, rtol, atol):
        return lambda ln_values: jnp.full(len(ln_values), np.nan)

    monkeypatch.setattr(ranking_run, "readout_function", nothing)
    with pytest.raises(RankError, match="4 of 4 sets of parameters could not be solved"):
        rank(Question("escape", {"ruxolitinib": 500}), PRIOR, draws=4, tell=Teller())
