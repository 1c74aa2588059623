"""A plate, a blot or a table of a screen becomes a study of the whole cell: a PEtab folder to be fitted.

made = new_study("plate.csv", to="my_study")
print(made)
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from inference.datasets.plates import plate_maps
from inference.datasets.plates.plate_columns import Decided, recognise
from inference.datasets.plates.plate_priors import HELD, MOST, Freed, centres, freed, from_run, require_names
from inference.datasets.plates.plate_readme import readme
from inference.datasets.plates.plate_rows import WellReading, readings
from inference.datasets.plates.plate_tables import PlateDesign, tables_of
from inference.datasets.plates.public_screens import Wanted, long_table, readings_of, screen_of
from inference.datasets.plates.series import in_series, slug
from inference.datasets.plates.spreadsheet import PlateError, Sheet, TidyTable, of_frame, read_sheet, tidy
from inference.likelihood.knowable import Knowable, knowable
from inference.resistance.believed_from import run_source
from inference.runs.outputs import write_text
from inference.study.loading import load
from inference.study.petab import petab_export
from inference.study.problem_tables import Tables
from inference.study.study import from_tables
from models.catalogue import PRESETS, Preset, niche

Tell = Callable[[str], None]
DENSITY = 0.3  # 1e6/mL at time 0, where nobody says otherwise


def silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class NewStudy:
    """A study that was made.

    Attributes:
        folder: what `gp.fit` and `gp130 fit` take.
        recognised: a line a column, on what it was taken for.
        freed: what is estimated of the cell.
        knowable: what such data can tell, before any fit.
        notes: what else a user should know before a fit.
    """

    folder: Path
    recognised: tuple[str, ...]
    freed: Freed
    knowable: Knowable
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        free = f"{len(self.freed.free)} parameters of the cell are estimated: {', '.join(self.freed.free)}"
        lines = [*self.recognised, free, *self.knowable.told(), *self.notes, f"written to {self.folder}"]
        return "\n".join(lines)


@dataclass(frozen=True)
class CellAtHand:
    """The cell of a plate, and what is believed of it.

    Attributes:
        preset: None: that of the line's name, else the nominal cell.
        density: myeloma cells at time 0, 1e6/mL.
        estimate: exactly these parameters of the cell; empty: those that the plate can move.
        most: parameters of the cell that are freed at most.
        prior_from: folder of a run whose posterior is the prior here.
        force: take a run whose verdict is not ok.
    """

    preset: Preset | None = None
    density: float = DENSITY
    estimate: Collection[str] = ()
    most: int = MOST
    prior_from: Path | None = None
    force: bool = False


def table_of(
    source: str | Path | pd.DataFrame,
    *,
    layout: str | Path | None = None,
    sheet: str = "",
    decimal: str = "",
    decided: Decided | None = None,
) -> TidyTable:
    """The rows of a file or a frame; a plate map with its layout becomes one row a well.

    Raises:
        PlateError: the file cannot be read, or a layout is given for a table that is no map.
    """
    if decimal not in ("", ".", ","):
        raise PlateError(f"`decimal` {decimal!r}: is neither '.' nor ',': choose one")
    if not isinstance(source, pd.DataFrame) and Path(source).suffix == ".gz":
        said = decided or Decided()
        return long_table(Path(source), Wanted(said.line, said.drugs), said)
    cells = of_frame(source) if isinstance(source, pd.DataFrame) else read_sheet(Path(source), sheet)
    beside: Sheet | None = None if layout is None else read_sheet(Path(layout))
    if plate_maps.is_map(cells):
        return plate_maps.as_table(cells, beside, decimal)
    if beside is not None:
        raise PlateError(f"{cells.name}: is no plate map, and has a `layout`: leave that out")
    return tidy(cells, decimal)


def new_study(
    source: str | Path | pd.DataFrame,
    to: str | Path,
    *,
    layout: str | Path | None = None,
    sheet: str = "",
    decimal: str = "",
    decided: Decided | None = None,
    cell: CellAtHand | None = None,
    tell: Tell = silent,
) -> NewStudy:
    """Write the study of a table into a new folder.

    Raises:
        PlateError, StudyError: file, row, column, finding, remedy; nothing is written then.
    """
    decided = decided or Decided()
    cell = cell or CellAtHand()
    if not isinstance(source, pd.DataFrame) and (screen := screen_of(Path(source))) is not None:
        wanted = Wanted(decided.line, decided.drugs)
        rows = readings_of(Path(source), screen, wanted)
        shown = [f"read as {screen.note}"]
        if wanted.missing:
            names = list(wanted.missing)
            shown.append(
                f"left out, for the model has no such drug: {', '.join(names[:20])}"
                + (" ..." if len(names) > 20 else "")
            )
        for said in shown:
            tell(said)
        return of_readings(rows, to, Path(source).name, shown, decided, cell, tell)
    table = table_of(source, layout=layout, sheet=sheet, decimal=decimal, decided=decided)
    found = recognise(table, decided)
    shown = found.told(decided.constants)
    for line in shown:
        tell(line)
    rows = readings(table, found, decided)
    return of_readings(rows, to, table.name, shown, decided, cell, tell)


def of_readings(
    rows: Sequence[WellReading],
    to: str | Path,
    name: str,
    shown: Sequence[str],
    decided: Decided,
    cell: CellAtHand,
    tell: Tell = silent,
) -> NewStudy:
    """Write the study of measurements that are read already.

    Raises:
        PlateError, StudyError: see `new_study`.
    """
    folder = Path(to)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PlateError(f"{folder}: is there already: name a new folder by `to`")
    if not 0 < cell.density < 10:
        raise PlateError(
            f"`density` {cell.density:g}: is no 1e6 cells per mL: write a number between 0 and 10"
        )
    series = in_series(rows)
    preset, notes = _preset(rows[0].line, cell)
    before, lost = {}, ()
    if cell.prior_from is not None:
        source = run_source(cell.prior_from, cell.force)
        assert source.run is not None
        before, lost = from_run(source.run, niche(), preset.parameters)
        notes += [source.mark] if source.mark else []
    design = PlateDesign(
        slug(folder.name), niche(), series, preset, cell.density, max(decided.vehicle_wells, 1), before
    )
    require_names(design, cell.estimate)
    tell(f"{len(rows)} values in {len(series)} series; looking at what they can move (compiling first) ...")
    bare = from_tables(tables_of(design, ()))
    at = centres(design, bare)
    chosen = freed(design, at, bare, cell.estimate, cell.most)
    if chosen.unreached:
        first = next(s for s in series if s.id == chosen.unreached[0])
        raise PlateError(
            f"{first.rows[0].place}: {first.assay.readout} depends on nothing that is estimated: leave it "
            f"out, or estimate what it depends on"
        )
    if not chosen.free:
        raise PlateError(f"{name}: these values move no parameter of the cell: measure longer")
    tables = tables_of(design, chosen.free, at)
    says = knowable(chosen.matrix)
    if chosen.left > HELD:
        notes.append(
            f"{len(chosen.held)} parameters of the cell are held at nominal values and could move these "
            f"values together by {chosen.left:.1f} sd of their noise: intervals leave that doubt out; `most` "
            f"frees more of them"
        )
    if lost:
        notes.append(f"correlations of the run that independent priors lose: {', '.join(lost[:6])}")
    text = readme(design, chosen, says, shown, notes, at)
    _write(tables, folder, text)
    return NewStudy(folder, tuple(shown), chosen, says, tuple(notes))


def _preset(line: str, cell: CellAtHand) -> tuple[Preset, list[str]]:
    """The kind of cell, and what is said of the choice."""
    if cell.preset is not None:
        return cell.preset, []
    plain = "".join(c for c in line.lower() if c.isalnum())
    if plain in PRESETS:
        return PRESETS[plain], []
    nominal = PRESETS["mm1s"]
    why = f"line {line} has no preset" if line else "the table names no line"
    return nominal, [f"{why}: the nominal cell ({nominal.title}) stands for it; `preset` names another"]


def _write(tables: Tables, folder: Path, text: str) -> None:
    """The folder, whole or not at all: written beside its place, read back, and put there."""
    beside = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        path = petab_export.write(tables, beside)
        write_text(text, beside / "README.md")
        load(path)
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def decided_by(texts: Mapping[str, Any]) -> Decided:
    """Decisions from plain values, each checked.

    Raises:
        PlateError: a molar mass is no positive number.
    """
    made = Decided(**dict(texts))
    for drug, mass in made.molar_mass.items():
        if not mass > 0:
            raise PlateError(
                f"`molar_mass` {drug}: {mass:g} is no molar mass in g/mol: write a positive number"
            )
    return replace(made)
