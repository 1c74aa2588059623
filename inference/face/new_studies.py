"""A study of one's own, from a plate, a blot or a table of a screen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from inference.datasets.plates import own_lines
from inference.datasets.plates.plate_priors import MOST
from inference.datasets.plates.study_of_plate import DENSITY, CellAtHand, NewStudy, decided_by
from inference.datasets.plates.study_of_plate import new_study as made
from inference.resistance.questions import doses_named, preset_named
from inference.runs.folders import run_folder
from models.catalogue import Preset


def new_study(  # long: a third of it says what its arguments are
    table: str | Path | pd.DataFrame,
    to: str | Path,
    *,
    layout: str | Path | None = None,
    preset: str | Preset | None = None,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    molar_mass: Mapping[str, float] | None = None,
    line: str = "",
    drugs: Collection[str] = (),
    density: float = DENSITY,
    estimate: Collection[str] = (),
    most: int = MOST,
    prior_from: str | Path | None = None,
    force: bool = False,
    sheet: str = "",
    decimal: str = "",
    vehicle_wells: int = 6,
) -> NewStudy:
    """A table of measurements as a study of the whole cell: a PEtab folder that `fit` takes as it is.

    The table is tidy (a row a value) or a plate map (a grid of wells). What its columns were taken for,
    what is estimated, and what such data can tell is in the result, which shows itself.

    Args:
        table: CSV, Excel file or data frame.
        to: the new folder.
        layout: for a plate map: what was put into which well, as a table with a column `well`, or as grids.
        preset: the kind of cell; None: the preset of the line's name, else the nominal cell.
        columns, constants, units: by role (line, drug, dose, il6, stroma, time, readout, value, replicate,
            plate, vehicle, well): the header, a text for every row, the unit.
        molar_mass: drug -> g/mol, for doses in ng/mL.
        line: the rows of this line alone; drugs: those of these drugs, and of the vehicle.
        density: myeloma cells at time 0, 1e6/mL.
        estimate: exactly these parameters of the cell; by default those that the values can move.
        most: no more parameters of the cell than so many.
        prior_from: a fitted run, whose posterior is the prior here; force: although its verdict is not ok.
        sheet, decimal: of the file, where they cannot be told.
        vehicle_wells: behind a ratio to a vehicle that is not in the table.

    Raises:
        PlateError, StudyError, SourceError: file, row, column, finding, remedy; nothing is written then.

    Example:
        >>> import inference as gp
        >>> import pandas as pd
        >>> doses, left = [0, 10, 100, 1000], [100, 80, 60, 55]
        >>> plate = pd.DataFrame({"drug": "dexamethasone", "dose (nM)": doses, "viability (%)": left})
        >>> made = gp.new_study(plate, "my_study", constants={"time": "48h"}, estimate=["EC_dex", "s_DEX"])
        >>> made.freed.free
        ('s_DEX', 'EC_dex')
    """
    run = None if prior_from is None else run_folder(str(prior_from))
    cell = CellAtHand(
        None if preset is None else preset_named(preset), density, tuple(estimate), most, run, force
    )
    decided = decided_by(
        {
            "columns": dict(columns or {}),
            "constants": dict(constants or {}),
            "units": dict(units or {}),
            "molar_mass": dict(molar_mass or {}),
            "line": line,
            "drugs": frozenset(d.name for d, _ in (doses_named(dict.fromkeys(drugs, 1.0)) if drugs else ())),
            "vehicle_wells": vehicle_wells,
        }
    )
    return made(table, to, layout=layout, sheet=sheet, decimal=decimal, decided=decided, cell=cell)


def own_line(
    name: str, amounts: Mapping[str, float] | None = None, genotype: Mapping[str, str] | None = None
) -> Preset:
    """A cell line of one's own as a preset, from its amounts relative to MM.1S and its genotype.

    Args:
        amounts: protein -> fold of MM.1S: MCL1, BCLXL, BCL2, MYC, IL6 (its own release).
        genotype: gene -> what is known: KRAS, NRAS, BRAF (`wt` or a mutation), `t(11;14)` (yes or no).

    Raises:
        OwnLineError: an amount or a gene that the model has no word for, or no positive number.

    Example:
        >>> import inference as gp
        >>> line = gp.own_line("OPM-2", amounts={"BCL2": 0.5}, genotype={"KRAS": "wt"})
        >>> line.parameters["b_2"]
        0.45
    """
    return own_lines.own_line(name, amounts or {}, genotype or {})
