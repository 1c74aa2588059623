"""What differs between the cells of a dish, as a table."""

from __future__ import annotations

from models.documents.parameter_tables import Table, status
from models.population.variation import ABUNDANCES, ACROSS, CELL_STEEPNESS, CORRELATED, WITHIN


def cells() -> Table:
    """Abundances with their widths, memories and sources; their correlations; the steepness of one cell."""
    rows = [
        (
            a.name,
            ", ".join(a.parameters),
            f"cv {a.cv:g}",
            f"{a.hours:g}",
            a.group,
            status(a.source),
            a.source.text,
            a.memory_source.text,
        )
        for a in ABUNDANCES
    ]
    for where, size in (("one group", WITHIN), ("any two groups", ACROSS)):
        rows.append(
            (f"{where}", "", f"correlation {size:g}", "", "", status(CORRELATED), CORRELATED.text, "")
        )
    p = CELL_STEEPNESS
    held = (p.name, p.meaning, f"{p.value:g}, {p.belief.words(p.value)}")
    rows.append((*held, "", "", status(p.source), p.source.text, ""))
    return Table(
        "cells",
        "What differs between the cells of a dish",
        (
            "abundance",
            "parameters",
            "between cells",
            "memory, h",
            "group",
            "status",
            "source",
            "of the memory",
        ),
        tuple(rows),
    )
