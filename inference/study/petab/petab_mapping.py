"""Names that a PEtab 2 problem gives to what the model calls otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import sympy as sp

from inference.study.problem_tables import Change, ExperimentRow, PeriodRow, StudyError, Tables

Rows = list[tuple[str, dict[str, str]]]


def mapped(tables: Tables, rows: Rows) -> Tables:
    """The tables with the names of the model in place of others.

    What stands in the parameter table keeps its name there, and gives its value to what it stands for at the
    start of every experiment.

    Args:
        tables: as they are written.
        rows: of the mapping table; a name that stands for itself or for nothing says only how it is called.

    Raises:
        StudyError: a name of the model, or a name for what the model does not have.
    """
    network = tables.model.network
    model = {q.name for q in (*network.species, *network.parameters, *network.inputs, *network.derived)}
    names: dict[str, str] = {}
    for place, row in rows:
        ours, theirs = row["petabEntityId"], row["modelEntityId"]
        if not theirs or theirs == ours:
            continue
        if theirs not in model:
            raise StudyError(
                f"{place}: {ours} stands for {theirs}, which the model does not have: correct the name"
            )
        if ours in model or ours in names:
            raise StudyError(f"{place}: {ours} stands for something else already: choose another name")
        names[ours] = theirs
    if not names:
        return tables
    values = {p.id: p.at for p in tables.parameters if p.id in names}
    symbols = {sp.Symbol(n): sp.Symbol(m) for n, m in names.items() if n not in values}

    def named(e: sp.Expr) -> sp.Expr:
        return e.xreplace(symbols)  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic

    def changed(changes: Iterable[Change]) -> tuple[Change, ...]:
        return tuple(Change(names.get(c.target, c.target), named(c.value), c.at) for c in changes)

    def begun(e: ExperimentRow) -> ExperimentRow:
        periods = [replace(p, changes=changed(p.changes)) for p in e.periods or (PeriodRow(0.0, (), e.at),)]
        there = {c.target for c in periods[0].changes}
        given = (Change(names[n], sp.Symbol(n), at) for n, at in values.items() if names[n] not in there)
        return replace(e, periods=(replace(periods[0], changes=(*periods[0].changes, *given)), *periods[1:]))

    return replace(
        tables,
        experiments=tuple(begun(e) for e in tables.experiments or (ExperimentRow("", (), ""),)),
        observables=tuple(
            replace(o, formula=named(o.formula), noise=named(o.noise)) for o in tables.observables
        ),
        measurements=tuple(replace(m, overrides=tuple(map(named, m.overrides))) for m in tables.measurements),
    )
