"""A network as tables for people: species, reactions, quantities, inputs, parameters, drugs, hypotheses;
Markdown and LaTeX.

Numbers whose source was never opened are printed as unverified, everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from models.catalogue import BORTEZOMIB, HYPOTHESES, PRESETS
from models.declare import Input, Parameter, Side, Source, Species
from models.documents.figure_arrows import ADDED_ARROWS, ARROWS
from models.documents.references import FIGURE, cited
from models.drugs import DRUGS
from models.network import Network

UNVERIFIED = "memory (unverified)"


@dataclass(frozen=True)
class Mathematics:
    """A formula that each format prints in its own way."""

    expression: sp.Expr


Cell = str | Mathematics


@dataclass(frozen=True)
class Table:
    """A title, the names of the columns, and rows of text or formulas."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def status(source: Source) -> str:
    """The status of a number as it is printed."""
    return UNVERIFIED if source.status == "memory" else source.status


def identifiers(q: Species | Input) -> str:
    """Accessions of UniProt and ChEBI, with what they are of."""
    encoded = f"encodes {q.encodes}" if isinstance(q, Species) and q.encodes else ""
    return ", ".join(filter(None, (q.uniprot.replace(" ", " + "), encoded, q.chebi)))


def species(network: Network) -> Table:
    """States, with where a pre-culture starts and what holds them."""
    where = {s.name: "" for s in network.species} | dict(network.pathway_of)
    return Table(
        "species",
        "Species",
        ("id", "meaning", "place", "unit", "start of pre-culture", "held by", "UniProt, ChEBI", "pathway"),
        tuple(
            (
                s.name,
                s.meaning,
                s.place,
                s.unit,
                f"{s.initial:g}",
                s.held_by.name if s.held_by else "",
                identifiers(s),
                where[s.name],
            )
            for s in network.species
        ),
    )


def _side(side: Side) -> str:
    return " + ".join((f"{c:g} " if c != 1 else "") + s.name for s, c in side) or "∅"


def reactions(network: Network) -> Table:
    """Reactions with their rate (unit of the species per min), quantities of the next table not written
    out.
    """
    where = dict(network.pathway_of)
    return Table(
        "reactions",
        "Reactions",
        ("name", "from", "to", "rate", "meaning", "pathway"),
        tuple(
            (
                r.name,
                _side(r.consumed),
                _side(r.produced),
                Mathematics(r.rate),
                r.meaning,
                where.get(r.name, ""),
            )
            for r in network.reactions
        ),
    )


def quantities(network: Network) -> Table:
    """Algebraic quantities that rates use."""
    return Table(
        "quantities",
        "Algebraic quantities",
        ("name", "formula", "unit", "meaning"),
        tuple((d.name, Mathematics(d.expression), d.unit, d.meaning) for d in network.derived),
    )


def inputs(network: Network) -> Table:
    """What the experimenter sets."""
    return Table(
        "inputs",
        "Inputs",
        ("name", "default", "unit", "meaning", "UniProt, ChEBI"),
        tuple((u.name, f"{u.default:g}", u.unit, u.meaning, identifiers(u)) for u in network.inputs),
    )


def parameters(network: Network) -> Table:
    """Every number: value, unit, belief, how far it can be trusted, and where it comes from."""
    where = dict(network.pathway_of)

    def row(p: Parameter) -> tuple[Cell, ...]:
        return (
            p.name,
            p.meaning,
            f"{p.value:.6g}",
            p.unit,
            p.belief.words(p.value),
            status(p.source),
            p.source.text,
            ", ".join(p.tags),
            where.get(p.name, ""),
        )

    columns = ("name", "meaning", "value", "unit", "prior", "status", "source", "tags", "pathway")
    return Table("parameters", "Parameters", columns, tuple(row(p) for p in network.parameters))


def trust(network: Network) -> Table:
    """The share of numbers by status."""
    count = Counter(status(p.source) for p in network.parameters)
    total = len(network.parameters)
    ordered = ("published", "derived", UNVERIFIED, "assumed")
    return Table(
        "trust",
        "How far the numbers can be trusted",
        ("status", "parameters", "share"),
        (*((s, str(count[s]), f"{count[s] / total:.0%}") for s in ordered), ("all", str(total), "100%")),
    )


def drugs(network: Network) -> Table:
    """The drugs whose input the network has."""
    value = {p.name: p for p in network.parameters}
    there = [d for d in DRUGS.values() if d.input in {u.name for u in network.inputs}]
    return Table(
        "drugs",
        "Drugs and hormones",
        ("name", "input", "target", "mechanism", "potency, nM", "usual, nM", "status", "source"),
        tuple(
            (
                " / ".join((d.name, *d.aliases)),
                d.input,
                d.target,
                d.mechanism,
                f"{d.potency} = {value[d.potency].value:g}" if d.potency in value else d.potency,
                f"{d.usual[0]:g} to {d.usual[1]:g}",
                status(d.source),
                d.source.text,
            )
            for d in there
        ),
    )


def hypotheses() -> Table:
    """What estradiol may do, one effect each, and the two readings of bortezomib."""
    rows = [
        (h.name, h.free or "none", f"{h.test_value:g}", h.sentence, status(h.source), h.source.text)
        for h in HYPOTHESES.values()
    ]
    rows += [
        (
            f"bortezomib {v.name}",
            ", ".join(v.parameters),
            ", ".join(f"{x:g}" for x in v.parameters.values()),
            v.sentence,
            status(v.source),
            v.source.text,
        )
        for v in BORTEZOMIB.values()
    ]
    return Table(
        "hypotheses",
        "Hypotheses and variants",
        ("name", "frees", "test value", "sentence", "status", "evidence"),
        tuple(rows),
    )


def presets() -> Table:
    """Kinds of cells."""
    return Table(
        "presets",
        "Cell-line presets",
        ("name", "cell", "differs in", "pre-culture", "status", "source"),
        tuple(
            (
                p.name,
                p.title,
                ", ".join(f"{k} = {v:g}" for k, v in p.parameters.items()) or "nothing",
                f"IL-6 {p.il6:g} ng/mL, {'medium changed often' if p.clamped else 'own cytokines build up'}",
                status(p.source),
                p.source.text,
            )
            for p in PRESETS.values()
        ),
    )


def arrows() -> Table:
    """Every arrow of the figure and the rows that carry it."""
    return Table(
        "arrows",
        "Arrows of the figure, and those beside it",
        ("from", "", "to", "reactions and quantities", "note"),
        tuple(
            (
                a.source,
                "inhibits" if a.down else "promotes" if a.rows else "not there",
                a.target,
                ", ".join(a.rows),
                a.note,
            )
            for a in (*ARROWS, *ADDED_ARROWS)
        ),
    )


def references(network: Network) -> Table:
    """Works that the network's numbers, the drugs and the hypotheses rely on."""
    sources = [p.source for p in network.parameters] + [d.source for d in DRUGS.values()]
    sources += [x.source for x in (*HYPOTHESES.values(), *BORTEZOMIB.values(), *PRESETS.values())]
    named = cited(s.text for s in sources)
    return Table("references", "References", ("cited as", "work"), (("figure", FIGURE), *named.items()))


def every(network: Network) -> tuple[Table, ...]:
    """All tables of a network, in the order in which one would read them."""
    return (
        trust(network),
        species(network),
        reactions(network),
        quantities(network),
        inputs(network),
        parameters(network),
        drugs(network),
        hypotheses(),
        presets(),
        arrows(),
        references(network),
    )


class _Plain(StrPrinter):
    def _print_power(self, e: Any) -> str:
        return self._print(sp.Pow(*e.args, evaluate=False))


class _Latex(LatexPrinter):
    def _print_power(self, e: Any, exp: str | None = None) -> str:
        return self._print(sp.Pow(*e.args, evaluate=False))

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        head, _, tail = expr.name.partition("_")
        name = rf"\mathrm{{{head}}}" if len(head) > 1 else head
        return rf"{name}_{{\mathrm{{{tail}}}}}" if tail else name


def plain(expression: sp.Expr) -> str:
    """A formula as one line of text."""
    return _Plain().doprint(expression)


def latex(expression: sp.Expr) -> str:
    """A formula in LaTeX; brackets of one size, because a line cannot break between those that stretch."""
    return (
        _Latex({"mul_symbol": r"\,"})
        .doprint(expression)
        .replace(r"\left(", r"\bigl(")
        .replace(r"\right)", r"\bigr)")
    )


def _markdown_cell(cell: Cell) -> str:
    text = f"`{plain(cell.expression)}`" if isinstance(cell, Mathematics) else cell
    return text.replace("|", "\\|")


def to_markdown(table: Table) -> str:
    """A heading and a pipe table."""
    lines = [f"## {table.title}", "", f"| {' | '.join(table.columns)} |", f"|{' --- |' * len(table.columns)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(_markdown_cell, row))} |" for row in table.rows)]) + "\n"


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "∅": r"$\emptyset$",
    "<": r"$<$",
    ">": r"$>$",
}


def _latex_cell(cell: Cell) -> str:
    if isinstance(cell, Mathematics):
        return rf"${latex(cell.expression)}$"
    return "".join(_SPECIAL.get(c, c) for c in cell)


def to_latex(table: Table) -> str:
    """A `longtable` (packages longtable, booktabs, array); columns of text wrap, those with formulas are
    wider.
    """
    formulas = [any(isinstance(row[i], Mathematics) for row in table.rows) for i in range(len(table.columns))]
    weight = [3.0 if f else 1.0 + min(2.0, _longest(table.rows, i) / 40) for i, f in enumerate(formulas)]
    widths = [0.92 * w / sum(weight) for w in weight]
    layout = "".join(rf">{{\raggedright\arraybackslash}}p{{{w:.3f}\linewidth}}" for w in widths)
    head = " & ".join(_latex_cell(c) for c in table.columns) + r" \\"
    body = [" & ".join(map(_latex_cell, row)) + r" \\" for row in table.rows]
    return (
        "\n".join(
            [
                rf"\begin{{longtable}}{{{layout}}}",
                rf"\caption{{{_latex_cell(table.title)}}}\\",
                r"\toprule",
                head,
                r"\midrule",
                r"\endfirsthead",
                r"\toprule",
                head,
                r"\midrule",
                r"\endhead",
                r"\bottomrule",
                r"\endfoot",
                *body,
                r"\end{longtable}",
            ]
        )
        + "\n"
    )


def _longest(rows: Sequence[Sequence[Cell]], column: int) -> int:
    return max((len(c) for row in rows if isinstance(c := row[column], str)), default=1)


DOCUMENT = (
    "\\documentclass[a4paper,landscape]{article}\n\\usepackage[margin=1.5cm]{geometry}\n"
    "\\usepackage{longtable,booktabs,array,amsmath}\n\\usepackage[T1]{fontenc}\n"
    "\\setlength{\\tabcolsep}{2pt}\n\\begin{document}\n\\scriptsize\n%s\\end{document}\n"
)
