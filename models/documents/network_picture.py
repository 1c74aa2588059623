"""The network as a picture: what a biologist draws, place by place, with the arrows that the network has.

An arrow is drawn only if its reactions exist in the network and depend on its source, so that a treated
network shows only what acts. Coordinates are our choice; they follow the figure: niche above, membrane,
cytosol, nucleus, fate below.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.documents.figure_arrows import ARROWS, missing
from models.drugs import DRUGS, Drug
from models.network import Network


@dataclass(frozen=True)
class Place:
    """A compartment: left, bottom, width, height."""

    name: str
    box: tuple[float, float, float, float]
    colour: str


@dataclass(frozen=True)
class DrawnNode:
    """Something with a name in a place; `at` is its centre."""

    name: str
    place: str
    at: tuple[float, float]


@dataclass(frozen=True)
class Edge:
    """An effect of one node on another, through `rows` of the network whose expressions contain `symbol`.

    A drug's edge has its input as `symbol` and no rows. `hypothesis` names the one that would make the effect
    act, where it is 0.
    """

    source: str
    target: str
    inhibits: bool
    drug: bool = False
    rows: tuple[str, ...] = ()
    symbol: str = ""
    hypothesis: str = ""


@dataclass(frozen=True)
class Picture:
    """Places, nodes and edges."""

    title: str
    places: tuple[Place, ...]
    nodes: tuple[DrawnNode, ...]
    edges: tuple[Edge, ...]


PLACES = (
    Place("niche", (0.0, 13.0, 20.0, 1.8), "#f3ead7"),
    Place("medium", (0.0, 11.0, 20.0, 1.7), "#e7f1f7"),
    Place("membrane", (0.0, 9.5, 20.0, 1.2), "#e9e4f0"),
    Place("cytosol", (0.0, 4.4, 20.0, 4.8), "#f6f6f2"),
    Place("nucleus", (0.0, 2.5, 20.0, 1.6), "#e4ecdf"),
    Place("fate of the cell", (0.0, -0.9, 14.6, 3.1), "#f7e6e1"),
    Place("bone", (15.0, -0.9, 5.0, 3.1), "#eeeeee"),
)

NODES = tuple(
    DrawnNode(name, place, at)
    for place, listed in {
        "niche": {"adipocytes": (3.0, 13.9), "stroma": (7.0, 13.9), "myeloma cells": (11.5, 13.9)},
        "medium": {
            "VEGF": (4.6, 11.8),
            "IL-6": (8.0, 11.8),
            "sIL-6R": (10.6, 11.8),
            "TNF": (14.4, 11.8),
            "estradiol": (18.4, 11.8),
        },
        "membrane": {"IL-6R/gp130": (8.0, 10.1), "JAK1/JAK2": (10.6, 10.1)},
        "cytosol": {
            "PI3K": (2.8, 8.4),
            "Akt": (2.8, 6.9),
            "VPS34": (2.3, 5.2),
            "SOCS3": (6.2, 8.4),
            "STAT3": (5.6, 6.4),
            "RAS-GTP": (9.2, 8.4),
            "RAF": (9.2, 7.4),
            "MEK1": (9.2, 6.2),
            "ERK": (9.2, 5.0),
            "MKK3": (11.8, 8.0),
            "p38": (11.8, 6.2),
            "IKK": (14.4, 8.0),
            "IkBa": (14.4, 5.8),
            "A20": (17.0, 7.4),
            "ER": (18.4, 8.6),
            "IkBa:NF-kB": (17.0, 5.4),
        },
        "nucleus": {"IL-6 gene": (12.2, 3.3), "AP-1": (9.2, 3.3), "NF-kB": (15.6, 3.3)},
        "fate of the cell": {
            "c-Myc": (11.6, 1.5),
            "MCL-1": (4.6, 1.5),
            "BCL-XL": (6.9, 1.5),
            "BCL-2": (9.2, 1.5),
            "drug stress": (2.6, 1.5),
            "apoptosis": (4.6, -0.2),
            "tumour burden": (9.2, -0.2),
            "mitosis": (12.6, -0.2),
        },
        "bone": {
            "RANKL": (16.2, 1.5),
            "osteoclasts": (18.6, 1.5),
            "osteoblasts": (16.2, -0.2),
            "bone mass": (18.6, -0.2),
        },
    }.items()
    for name, at in listed.items()
)

# What the words of the arrow table stand for.
_NODES_OF: dict[str, tuple[str, ...]] = {
    "stromal cells": ("stroma",),
    "IL-6 (autocrine loop)": ("IL-6",),
    "IL-6R/gp130/JAK": ("IL-6R/gp130",),
    "soluble IL-6R": ("sIL-6R",),
    "gp130 (trans-signalling)": ("IL-6R/gp130",),
    "JAK": ("JAK1/JAK2",),
    "JAK/gp130": ("JAK1/JAK2",),
    "JAK, TNF, stress": ("JAK1/JAK2", "TNF"),
    "RAF/MEK1": ("RAF",),
    "stromal contact": ("stroma",),
    "touching myeloma cells": ("myeloma cells",),
    "NF-kB (coupling)": ("IkBa:NF-kB",),
    "oestrogen receptor": ("ER",),
    "IkBa:NF-kB kept coupled": ("IKK",),
    "IkBa:NF-kB dissociation": ("IkBa:NF-kB",),
    "IkBa transcription": ("IkBa",),
    "NF-kB at the IL-6 promoter": ("IL-6 gene",),
    "NF-kB import": ("NF-kB",),
    "STAT3 transcription": ("STAT3",),
    "NF-kB, AP-1, STAT3": ("NF-kB", "AP-1", "STAT3"),
    "angiogenic molecules (VEGF)": ("VEGF",),
    "MCL1": ("MCL-1",),
    "VPS34/autophagy": ("VPS34",),
    "drug stress (BH3 load)": ("drug stress",),
    "Akt, ERK": ("Akt", "ERK"),
    "MCL1, BCL-XL, BCL-2": ("MCL-1", "BCL-XL", "BCL-2"),
    "apoptosis (drug resistance)": ("apoptosis",),
    "c-Myc, ERK, Akt, NF-kB": ("c-Myc", "ERK", "Akt", "NF-kB"),
    "bone loss": ("bone mass",),
    "drugs": (),
}
# The quantity of a node where one arrow of the table has several sources.
_SYMBOLS = {
    "Akt": "pAkt",
    "ERK": "pERK",
    "c-Myc": "MYC",
    "NF-kB": "NFn",
    "AP-1": "AP1",
    "STAT3": "pS",
    "MCL-1": "MCL1",
    "BCL-XL": "BCLXL",
    "BCL-2": "BCL2",
    "JAK1/JAK2": "RA",
    "TNF": "TNF",
}
_INTO_NF_KB = "IKK"  # STAT3, Akt and contact act on NF-kB through IKK


def picture(network: Network, *, supposed: bool = False) -> Picture:
    """What of the figure the network has, with the drugs it names; if `supposed`, also what estradiol would
    do under each hypothesis.
    """
    absent, edges = set(missing(network)), {}
    inputs, parameters = {u.name for u in network.inputs}, {p.name: p.value for p in network.parameters}
    effects = {"H1": "e_deg", "H2": "e_syn", "H3": "e_tx", "H4": "e_imp", "H5": "e_stat", "H6": "e_coup"}
    for arrow in ARROWS:
        silent = next(
            (h for h, e in effects.items() if arrow.note.startswith(h) and not parameters.get(e)), ""
        )
        if not arrow.rows or arrow in absent or (silent and not (supposed and effects[silent] in parameters)):
            continue
        target = _INTO_NF_KB if arrow.target == "NF-kB" else arrow.target
        sources = _NODES_OF.get(arrow.source, (arrow.source,))
        for a in sources:
            symbol = _SYMBOLS[a] if len(sources) > 1 else arrow.symbol
            for b in _NODES_OF.get(target, (target,)):
                source = "ER" if a == "estradiol" and b != "ER" else a
                edges[source, b] = Edge(
                    source, b, arrow.down != (b == "bone mass"), False, arrow.rows, symbol, silent
                )
    if ("IkBa", "IkBa:NF-kB") in edges:
        edges["IkBa", "IkBa:NF-kB"] = replace(edges["IkBa", "IkBa:NF-kB"], inhibits=False)
        edges["IkBa:NF-kB", "NF-kB"] = Edge("IkBa:NF-kB", "NF-kB", False, False, ("nfkb_in",), "NFc")
    drawn = [
        DrawnNode(d.name, "drugs", _beside(d)) for d in DRUGS.values() if d.input in inputs and d.drawn_at
    ]
    for d in DRUGS.values():
        if d.input in inputs:
            edges |= {(d.name, t): Edge(d.name, t, d.drawn_inhibits, True, (), d.input) for t in d.drawn_at}
    used = {n for pair in edges for n in pair}
    return Picture(network.id, PLACES, (*(n for n in NODES if n.name in used), *drawn), tuple(edges.values()))


def _beside(drug: Drug) -> tuple[float, float]:
    target = next(n for n in NODES if n.name == drug.drawn_at[0])
    same = [d.name for d in DRUGS.values() if d.drawn_at[:1] == drug.drawn_at[:1]]
    column, row = divmod(same.index(drug.name), 4)
    return target.at[0] - 1.5 - 1.4 * column, target.at[1] + 0.62 - 0.45 * row


def dot(drawing: Picture) -> str:
    """Graphviz: one cluster a place; `dot -Tsvg` lays it out, `neato -n2` keeps the coordinates given."""

    def quoted(text: str) -> str:
        return '"' + text.replace('"', r"\"") + '"'

    lines = [
        f"digraph {quoted(drawing.title)} {{",
        "  rankdir=TB; node [shape=box, style=rounded, fontname=Helvetica]; edge [color=gray30];",
    ]
    for i, place in enumerate((*drawing.places, Place("drugs", (0, 0, 0, 0), "#ffffff"))):
        inside = [n for n in drawing.nodes if n.place == place.name]
        if not inside:
            continue
        lines.append(
            f"  subgraph cluster_{i} {{ label={quoted(place.name)}; style=filled; "
            f"fillcolor={quoted(place.colour)};"
        )
        lines += [
            f"    {quoted(n.name)} [pos={quoted(f'{72 * n.at[0]:.0f},{72 * n.at[1]:.0f}')}];" for n in inside
        ]
        lines.append("  }")
    for e in drawing.edges:
        style = (
            f"arrowhead={'tee' if e.inhibits else 'normal'}, "
            f"color={quoted('#b03030' if e.inhibits else 'gray30')}"
        )
        more = (
            ", style=dashed"
            if e.drug
            else f", style=dotted, label={quoted(e.hypothesis)}"
            if e.hypothesis
            else ""
        )
        lines.append(f"  {quoted(e.source)} -> {quoted(e.target)} [{style}{more}];")
    return "\n".join([*lines, "}"]) + "\n"
