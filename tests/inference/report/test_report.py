"""The report: one file that needs nothing else, names the nodes that were made to matter, and marks what is
not for use.

Simulations are replaced by a cell whose answer is known: dexamethasone kills it unless Akt is active, and
nothing else matters but `K_DA` and, less, `b_B`.
"""

import html.parser
import json
import pathlib

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from inference.fit.verdict import summary as summarise
from inference.report import answer, fit_chapters, write
from inference.report import page as report_page
from inference.report import simulated as report_data
from inference.report.network_map import carried_by, svg, weights
from inference.report.resistance_chapters import turning
from inference.report.simulated import Asked
from inference.resistance.believed_from import prior_source, run_source
from inference.resistance.knockdowns.knockdown import _labelled
from inference.resistance.knockdowns.knockdown_nodes import NODES
from inference.resistance.published_facts import PUT_IN
from inference.runs import labelled_tree
from inference.runs.console import Teller
from models import catalogue
from models.documents.network_picture import picture
from models.drugs import drug, treat

DEX = drug("dexamethasone")
ASKED = Asked(((DEX, 300.0),), "niche", "mm1s", 16, 1)


@pytest.fixture
def simulated(monkeypatch, known_cell):
    monkeypatch.setattr(report_data, "simulate", known_cell)


class Outline(html.parser.HTMLParser):
    """Open tags, section names, and everything that a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.sections, self.fetched, self.words = [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in ("meta", "link", "br", "input", "path", "rect"):
            self.open.append(tag)
        if tag == "section":
            self.sections.append(given["id"])
        self.fetched += [
            v for k, v in attrs if k in ("src", "srcset", "data") or (k == "href" and tag == "link")
        ]

    def handle_endtag(self, tag):
        if tag in ("path", "rect"):
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "script" not in self.open and "style" not in self.open:
            self.words.append(data)


def outline(path: pathlib.Path) -> Outline:
    found = Outline()
    found.feed(path.read_text(encoding="utf-8"))
    assert found.open == []
    return found


def test_the_report_of_a_run_is_one_file_that_names_the_node_that_was_made_to_matter(
    simulated, a_run, tmp_path
):
    run = a_run(tmp_path / "fit", quick=False)
    source = run_source(run, force=True)
    path = write.write(source, run, tmp_path, ASKED, run / "report.html", Teller())
    page = outline(path)
    assert page.sections == [
        "answer",
        "question",
        "fit",
        "strengths",
        "predictive",
        "hypotheses",
        "nodes",
        "rankings",
        "doses",
        "courses",
        "network",
        "measured",
        "silent",
        "failures",
        "provenance",
        "references",
    ]
    assert page.fetched == ["data:,"]
    words = " ".join("".join(page.words).split())
    first = words.split("best first:")[1].strip()
    assert first.startswith("Akt (phosphorylation of Akt)")
    assert "pAkt that halves the load by dexamethasone, more of it: more cells survive (K_DA)" in words
    assert "NOT FOR USE" not in words
    assert "Verdict: ok." in words
    assert "learnt nothing from the data: K_iS" in words
    assert "a note <b>" in words  # escaped, not markup
    assert "have not been compared" in words
    tree = labelled_tree.load(run / "report.nc")
    kept = tree["knock"]["ln_viability"].sel(node="Akt", level=0.9).values
    # kill 3 x 0.75 x (1 - 0.09) at the nominal strength, by hand
    assert np.median(kept) == pytest.approx(-3 * 0.75 * 0.91, rel=0.35)
    assert float(answer.hits(tree["knock"].to_dataset())[0].among_three) == 1.0


def test_a_report_is_written_again_from_what_it_simulated_before(simulated, tmp_path, monkeypatch):
    out = tmp_path / "new" / "report.html"
    write.write(prior_source("H1"), None, tmp_path, ASKED, out, Teller())
    monkeypatch.setattr(report_data, "simulate", None)  # would fail if called
    write.write(prior_source("H1"), None, tmp_path, ASKED, out, Teller())
    words = " ".join(outline(out).words)
    assert "PRIOR ONLY" in words
    assert "Nothing was fitted here" in words
    assert "fit" not in outline(out).sections


def test_a_quick_run_is_marked_on_top_and_in_the_answer(simulated, a_run, tmp_path):
    run = a_run(tmp_path / "fit", quick=True)
    path = write.write(run_source(run, force=True), run, tmp_path, ASKED, run / "report.html", Teller())
    words = " ".join(outline(path).words)
    assert words.count("NOT FOR USE") >= 3
    assert "Verdict: not for use." in words


def test_the_best_nodes_are_those_with_the_lowest_mean():
    gain = xr.DataArray(
        [[[-0.1, -1.0], [-0.5, -2.0], [0.0, 0.1], [-0.3, -3.0]]] * 2,
        dims=("draw", "node", "level"),
        coords={"node": ["JAK", "Akt", "ERK", "MCL-1"], "level": [0.5, 0.9]},
    )
    knock = xr.Dataset({"ln_viability": gain, "reference": ("draw", [0.0, 0.0]), "ln_toxicity": 0 * gain})
    assert answer.best_nodes(knock) == ["MCL-1", "Akt", "JAK"]


def test_text_cannot_become_markup():
    assert (
        report_page.text("a < b **bold** `x_1` <script>")
        == "a &lt; b <strong>bold</strong> <code>x_1</code> &lt;script&gt;"
    )
    assert "<script>" not in report_page.table(pd.DataFrame({"a": ["<script>"]}))


def test_an_arrow_carries_the_parameters_that_need_its_source():
    network = catalogue.niche()
    edges = {(e.source, e.target): e for e in picture(network).edges}
    assert set(carried_by(network, edges["STAT3", "MCL-1"])) == {
        "w_mMS",
        "K_mMS",
    }  # not its decay d_mM, which ERK needs too
    assert carried_by(network, edges["PI3K", "Akt"]) == ("k_Akt",)
    assert carried_by(network, edges["dexamethasone", "drug stress"]) == ("EC_dex",)
    known = {p.name for p in network.parameters}
    assert all(set(carried_by(network, e)) <= known for e in edges.values())
    assert all(e.symbol for e in edges.values())


def test_the_arrow_that_matters_is_the_darkest():
    network = treat(catalogue.niche(), DEX, hypothesis="H1")
    shown = picture(network)
    ranking = xr.Dataset({"size": ("factor", [1.0, 0.1, 0.0])}, coords={"factor": ["k_Akt", "k_S", "d_R"]})
    weight = weights(shown, network, ranking)
    assert weight["PI3K", "Akt"] == (1.0, ("k_Akt",))
    assert np.isnan(weight["VEGF", "stroma"][0])
    drawn = svg(shown, weight, "size")
    line = next(part for part in drawn.split("<path") if "PI3K promotes Akt" in part)
    assert 'stroke="#7a1d00"' in line


def test_every_node_that_can_be_hit_is_named_in_words():
    assert all(n.title for n in NODES.values())


def test_a_scan_and_a_comparison_found_beside_are_shown(simulated, tmp_path):
    levels, names = [0.5, 0.9], ["JAK", "Akt"]
    rng = np.random.default_rng(0)
    cells = -np.abs(rng.normal(0, 1, (5, 1 + 2 * 2 + 1, 2))) * np.array([1.0, 0.1])
    paths = xr.Dataset(
        {"protection": (("draw", "cut"), np.array([[1.0, 0.9, 0.2, 0.8, 1.0]] * 5))},
        coords={"cut": ["none", "STAT3", "Akt", "ERK", "NF-kB"]},
    )
    attrs = {
        "question": "the question",
        "source": "the prior",
        "mark": "",
        "draws": 5,
        "seed": 1,
        "pair_level": 0.5,
        "paths_question": "with IL-6",
    }
    scan = xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs=attrs),
            "/scan": _labelled(cells, names, levels, [(0, 1)], 0.5),
            "/paths": paths,
        }
    )
    (tmp_path / "scan-dex300-niche-mm1s").mkdir()
    labelled_tree.save(scan, tmp_path / "scan-dex300-niche-mm1s" / "scan.nc")
    hypotheses = ["H0", "H1"]
    numbers = {
        "probability": (0.4, 0.6),
        "ln_bayes_factor": (0.0, 0.4),
        "ln_bayes_factor_sd": (0.0, 0.1),
        "stacking": (0.5, 0.5),
        "ess": (400.0, 500.0),
    }
    along = {n: dict(zip(hypotheses, v, strict=True)) for n, v in numbers.items()}
    comparison = {
        "study": "estradiol_reduced",
        "hypotheses": hypotheses,
        "sentences": ["H1 is **undecided**."],
        "quick": False,
        "other_priors": {"H1": {"declared": 0.4, "wide": -0.2}},
        **along,
    }
    (tmp_path / "compare-x").mkdir()
    (tmp_path / "compare-x" / "comparison.json").write_text(json.dumps(comparison))
    facts = [
        ("right", "a thing that came out", "90 % of 9 draws lie there"),
        ("wrong", "a thing that did not", "0 % of 9 draws lie there"),
        ("right", "a thing put in", f"90 % of 9 draws lie there; {PUT_IN}"),
    ]
    pd.DataFrame(
        [
            {
                "verdict": v,
                "quantity": q,
                "measured": "seen",
                "predicted": "1",
                "why": w,
                "source": "the prior",
                "mark": "",
            }
            for v, q, w in facts
        ]
    ).to_csv(tmp_path / "scan-dex300-niche-mm1s" / "facts.csv", index=False)
    out = write.write(prior_source("H1"), None, tmp_path, ASKED, tmp_path / "report.html", Teller())
    words = " ".join("".join(outline(out).words).split())
    assert (
        "Of 2 published facts that were not put in by hand it predicts 1 right: a thing that came out."
        in words
    )
    assert (
        "Of 3 published facts it predicts 1 wrong, and says nothing sure about 0. Wrong: a thing that did "
        "not." in words
    )
    assert "Compared on estradiol_reduced" in words
    assert "The best pair, each inhibited by 50 %, is JAK + Akt: viability falls to" in words
    assert "the receptor no longer drives PI3K" in words
    assert (
        "80" in words.split("the receptor no longer drives PI3K")[1][:12]
    )  # 1 - 0.2 of the protection is lost
    assert "H1 is undecided." in words
    assert "have not been compared" not in words


def test_a_curve_that_turns_up_again_is_named():
    def curves(*levels):
        return np.array([[levels]] * 2)  # draw, surrounding, step

    v = np.stack([curves(1.0, 0.5, 0.1, 0.05), curves(1.0, 0.1, 0.05, 0.3)])
    doses = xr.Dataset(
        {"viability": (("drug", "draw", "surrounding", "step"), v)}, coords={"drug": ["a", "b"]}
    )
    assert turning(doses) == ["b"]


HOSTILE = "x</script><script>alert(1)</script> [/x] <img src=y>"


def test_hostile_names_and_notes_stay_words(a_run, tmp_path):
    run = a_run(tmp_path / "fit", quick=False)
    dt = labelled_tree.load_run(run / "posterior.nc")
    for group in ("observed_data", "posterior_predictive", "prior_predictive"):
        along = dt[group].to_dataset()
        names = np.array([HOSTILE] * along.sizes["measurement"])
        dt[group] = xr.DataTree(
            along.assign_coords(experiment=("measurement", names), observable=("measurement", names))
        )
    dt["constant_data"] = xr.DataTree(
        dt["constant_data"].to_dataset().assign(unit=("parameter", np.array([HOSTILE] * 4)))
    )
    record = json.loads((run / "run.json").read_text())
    verdict = {"ok": False, "reasons": [HOSTILE], "notes": [HOSTILE], "quick": False}
    table = summarise(dt)
    sections = [
        fit_chapters.fit_section(dt, record, verdict, table, {}),
        fit_chapters.strengths_section(dt, table),
        fit_chapters.predictive_section(dt, {}),
    ]
    text = report_page.page(HOSTILE, HOSTILE, HOSTILE, sections, HOSTILE)
    assert "<script>alert" not in text
    assert "<img" not in text
    made = tmp_path / "a.html"
    made.write_text(text, encoding="utf-8")
    assert "alert(1)" in "".join(outline(made).words)
