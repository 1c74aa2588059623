"""Plate maps: grids of letters and numbers, with a layout, as one tidy table.

A grid has the numbers 1, 2, 3 ... as its head and the letters A, B, C ... as its side; what its wells hold
stands in the corner or in the row above (`viability`, `drug`, `dose (nM)`). Grids of one file and of the
layout belong together; a layout may also be a tidy table with a column `well`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from inference.datasets.plates.spreadsheet import Cell, PlateError, Sheet, TidyTable, decimal_of, tidy

WELL = re.compile(r"([A-Za-z]{1,2})0*([1-9]\d?)")


def is_map(sheet: Sheet) -> bool:
    """Whether the sheet holds a grid of wells."""
    return bool(_grids(sheet))


def as_table(sheet: Sheet, layout: Sheet | None, decimal: str = "") -> TidyTable:
    """Every well that has a value, with what the layout says of it.

    Raises:
        PlateError: a grid does not say what it holds, two say the same, or a well has a value and no layout.
    """
    grids = _grids(sheet)
    titles: dict[str, dict[str, tuple[int, Cell]]] = {}
    for title, number, wells in grids:
        name = title or ("value" if len(grids) == 1 else "")
        if not name:
            raise PlateError(
                f"{sheet.name}:{number}: the grid does not say what it holds: write it in its "
                f"corner (viability, drug, dose (nM) ...)"
            )
        if name in titles:
            raise PlateError(f"{sheet.name}:{number}: a second grid holds {name!r}: rename one")
        titles[name] = wells
    beside = _layout(layout) if layout is not None else {}
    more = list(dict.fromkeys(k for cells in beside.values() for k in cells))
    twice = sorted(set(more) & set(titles))
    if twice:
        raise PlateError(f"{sheet.name}: {twice[0]!r} stands here and in the layout: keep one")
    measured = next(iter(titles))
    rows = []
    for well, (number, value) in titles[measured].items():
        if value == "":
            continue
        if layout is not None and well not in beside:
            raise PlateError(
                f"{sheet.name}:{number}: well {well} has a value and is not in the layout: add it there"
            )
        cells: dict[str, Cell] = {"well": well, **dict.fromkeys(more, ""), **beside.get(well, {})}
        cells |= {t: w.get(well, (0, ""))[1] for t, w in titles.items()}
        rows.append((f"{sheet.name}:{number} (well {well})", cells))
    if not rows:
        raise PlateError(f"{sheet.name}: no well has a value: the first grid must hold the measurements")
    columns = ("well", *more, *titles)
    mark = decimal or decimal_of(sheet.name, (c for _, r in rows for c in r.values()))
    return TidyTable(sheet.name, columns, tuple(rows), mark)


def well_called(cell: Cell, place: str) -> str:
    """A well as A1, whatever way it is written (a01, A 1).

    Raises:
        PlateError: it is no well.
    """
    found = WELL.fullmatch(str(cell).replace(" ", ""))
    if not found:
        raise PlateError(f"{place}: {cell!r} is no well: write it like B3")
    return f"{found[1].upper()}{int(found[2])}"


def _layout(sheet: Sheet) -> Mapping[str, Mapping[str, Cell]]:
    """Well -> what was put there."""
    if grids := _grids(sheet):
        found: dict[str, dict[str, Cell]] = {}
        for title, number, wells in grids:
            if not title:
                raise PlateError(
                    f"{sheet.name}:{number}: the grid does not say what it holds: write it in "
                    f"its corner (drug, dose (nM) ...)"
                )
            for name, (_, cell) in wells.items():
                found.setdefault(name, {})[title] = cell
        return {w: c for w, c in found.items() if any(v != "" for v in c.values())}
    table = tidy(sheet, ".")  # its numbers are read with those of the measurements
    name = next((c for c in table.columns if re.fullmatch(r"well( ?id)?|position", c.lower())), None)
    if name is None:
        raise PlateError(f"{sheet.name}:1: has no column 'well': give one, or draw the layout as grids")
    put: dict[str, Mapping[str, Cell]] = {}
    for place, row in table.rows:
        well = well_called(row[name], f"{place}: well")
        if well in put:
            raise PlateError(f"{place}: well {well} is there twice: keep one row")
        put[well] = {k: v for k, v in row.items() if k != name}
    return put


def _grids(sheet: Sheet) -> list[tuple[str, int, dict[str, tuple[int, Cell]]]]:
    """(title, row number, well -> (row number, cell)) of each grid of a sheet."""
    found = []
    before: tuple[Cell, ...] = ()
    i = 0
    while i < len(sheet.rows):
        number, cells = sheet.rows[i]
        first = next((k for k, c in enumerate(cells) if _whole(c) == 1), None)
        wide = 0
        if first:
            while first + wide < len(cells) and _whole(cells[first + wide]) == wide + 1:
                wide += 1
        if not first or wide < 2:
            before = cells
            i += 1
            continue
        corner = str(cells[first - 1]) or next((str(c) for c in before if c != ""), "")
        wells: dict[str, tuple[int, Cell]] = {}
        i += 1
        while i < len(sheet.rows):
            at, row = sheet.rows[i]
            letter = str(row[first - 1]).upper() if len(row) >= first else ""
            if not re.fullmatch(r"[A-Z]|A[A-F]", letter):
                break
            for k in range(wide):
                wells[f"{letter}{k + 1}"] = (at, row[first + k] if first + k < len(row) else "")
            i += 1
        before = ()
        if wells:
            found.append((corner.strip(), number, wells))
    return found


def _whole(cell: Cell) -> int | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return int(value) if value == int(value) else None
