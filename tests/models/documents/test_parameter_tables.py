"""Tables and picture: complete, honest about their sources, and readable by other programs."""

import re

import pytest
import sympy as sp

from models.catalogue import HYPOTHESES, PARTS, PRESETS, core, niche
from models.documents import parameter_tables
from models.documents.figure_arrows import ADDED_ARROWS, ARROWS, missing
from models.documents.network_picture import dot, picture
from models.documents.references import REFERENCES, cited
from models.drugs import DRUGS, treat
from models.network import rates_of_change
from models.ratelaws import power

NETWORKS = [niche(), core(), treat(niche(), "bortezomib", hypothesis="H1")]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: n.id)
def test_every_quantity_has_a_row(network):
    made = {t.name: t for t in parameter_tables.every(network)}
    for name, rows in (
        ("species", network.species),
        ("reactions", network.reactions),
        ("quantities", network.derived),
        ("parameters", network.parameters),
        ("inputs", network.inputs),
    ):
        assert [row[0] for row in made[name].rows] == [r.name for r in rows]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: n.id)
def test_numbers_from_memory_are_shown_as_unverified_in_every_format(network):
    from_memory = {p.name for p in network.parameters if p.source.status == "memory"}
    assert from_memory
    for write in (parameter_tables.to_markdown, parameter_tables.to_latex):
        lines = write(parameter_tables.parameters(network)).splitlines()
        for name in from_memory:
            escaped = name.replace("_", r"\_")
            line = next(x for x in lines if x.startswith((f"| {name} |", f"{escaped} &")))
            assert "unverified" in line, name
    assert all(
        "unverified" in row[6]
        for row in parameter_tables.drugs(network).rows
        if DRUGS[row[0].split(" / ")[0]].source.status == "memory"
    )


def test_identifiers_are_shown_with_what_they_are_of():
    identifier = {row[0]: row[-1] for row in parameter_tables.inputs(niche()).rows}
    assert identifier["ven"] == "CHEBI:133021"
    assert identifier["rux"] == "CHEBI:66919"
    assert {row[0]: row[6] for row in parameter_tables.species(niche()).rows}["mMCL1"] == "encodes Q07820"


def test_the_shares_by_status_add_up():
    rows = parameter_tables.trust(niche()).rows
    assert sum(int(n) for _, n, _ in rows[:-1]) == int(rows[-1][1]) == len(niche().parameters)


def test_a_printed_rate_reads_back_as_the_rate():
    symbols = {
        q.name: q.symbol for q in (*niche().species, *niche().parameters, *niche().inputs, *niche().derived)
    } | {"t": sp.Symbol("t")}
    as_power = [r.rate.replace(power, lambda x, h: sp.Pow(x, h, evaluate=False)) for r in niche().reactions]
    for r, expected in zip(niche().reactions, as_power, strict=True):
        assert sp.simplify(sp.sympify(parameter_tables.plain(r.rate), locals=symbols) - expected) == 0, r.name


@pytest.mark.parametrize("table", parameter_tables.every(niche()), ids=lambda t: t.name)
def test_markdown_and_latex_have_as_many_cells_as_columns(table):
    lines = parameter_tables.to_markdown(table).splitlines()[2:]
    assert {len(re.findall(r"(?<!\\)\|", x)) for x in lines} == {len(table.columns) + 1}
    text = parameter_tables.to_latex(table)
    body = text.split(r"\endfoot")[1].splitlines()
    assert all(len(re.findall(r"(?<!\\)&", x)) == len(table.columns) - 1 for x in body if x.endswith(r"\\"))
    bare = re.sub(r"\\[{}]", "", text)
    assert bare.count("{") == bare.count("}")


def test_every_arrow_of_the_figure_is_a_reaction_or_has_a_reason():
    assert missing(niche()) == ()
    beside = set(missing(niche(), ADDED_ARROWS))
    assert all(a.note.startswith("part ") for a in beside)  # what a part alone has
    together = niche(False, tuple(PARTS))
    assert missing(together, ADDED_ARROWS) == ()
    assert all(a.note for a in ARROWS if not a.rows)
    left_out = {(a.source, a.target) for a in ARROWS if not a.rows}
    assert left_out == {("STAT3", "BCL-2")}
    for algebraic in ("PI3K", "RAS-GTP", "MKK3"):
        assert any(a.target == algebraic and "algebraic" in a.note for a in ARROWS)


def test_the_arrow_that_is_left_out_is_left_out():
    assert niche().parameter("w_2S").value == 0
    assert not rates_of_change(niche())["BCL2"].subs(sp.Symbol("w_2S"), 0).has(sp.Symbol("pS"))


def test_every_cited_work_is_in_the_list_of_references():
    sources = [p.source for p in niche(True).parameters] + [d.source for d in DRUGS.values()]
    sources += [x.source for x in (*HYPOTHESES.values(), *PRESETS.values())]
    assert set(cited(s.text for s in sources)) <= set(REFERENCES)


def test_a_source_always_says_something():
    for network in NETWORKS:
        assert all(row[6].strip() for row in parameter_tables.parameters(network).rows)


def test_the_picture_shows_every_drug_of_the_network_and_only_arrows_it_has():
    everything, bare = picture(niche()), picture(treat(niche(), "ruxolitinib"))
    assert {n.name for n in everything.nodes if n.place == "drugs"} == {d.name for d in DRUGS.values()} - {
        "estradiol"
    }
    assert {n.name for n in bare.nodes if n.place == "drugs"} == {"ruxolitinib"}
    pairs = {(e.source, e.target): e.inhibits for e in bare.edges}
    assert pairs["ruxolitinib", "JAK1/JAK2"]
    assert pairs["IKK", "IkBa"]
    assert not pairs["STAT3", "MCL-1"]
    assert ("STAT3", "BCL-2") not in pairs
    assert ("estradiol", "ER") not in pairs


def test_estradiol_keeps_the_coupling_in_the_picture_of_its_hypothesis_only():
    with_it = {(e.source, e.target) for e in picture(treat(niche(), "estradiol", hypothesis="H1")).edges}
    without = {(e.source, e.target) for e in picture(treat(niche(), "estradiol", hypothesis="H0")).edges}
    assert with_it - without == {("ER", "IKK")}


def test_what_estradiol_would_do_is_drawn_once_a_hypothesis_where_asked_for():
    supposed = picture(niche(), supposed=True)
    dotted = {e.hypothesis: (e.source, e.target, e.inhibits) for e in supposed.edges if e.hypothesis}
    assert dotted == {
        "H1": ("ER", "IKK", True),
        "H2": ("ER", "IkBa", False),
        "H3": ("ER", "IL-6 gene", True),
        "H4": ("ER", "NF-kB", True),
        "H5": ("ER", "STAT3", True),
        "H6": ("ER", "IkBa:NF-kB", True),
    }
    chosen = picture(treat(niche(), "estradiol", hypothesis="H1"), supposed=True)
    assert not any(e.hypothesis for e in (*picture(niche()).edges, *chosen.edges))


def test_the_graphviz_text_names_every_node_and_edge_once():
    drawing = picture(niche(), supposed=True)
    text = dot(drawing)
    assert text.count(" -> ") == len(drawing.edges)
    assert text.count("[pos=") == len(drawing.nodes)
    assert text.count("{") == text.count("}")
