"""A study from a plate, a blot or a table of a screen: `gp130 new-study TABLE.csv [--out FOLDER] ...`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import file_name
from models.engine.machine import prepare_jax

app = new_app()


def _pairs(option: str, texts: list[str] | None) -> dict[str, str]:
    """NAME=TEXT of a repeated option."""
    found = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (equals and name.strip() and value.strip()):
            raise fail(f"{option} {text}: write NAME=VALUE")
        if name.strip() in found:
            raise fail(f"{option} {name.strip()}: is given twice: give it once")
        found[name.strip()] = value.strip()
    return found


def repeated(words: str) -> Any:
    """An option NAME=VALUE that may be given again and again."""
    return typer.Option(metavar="NAME=VALUE", help=words)


@app.command(cls=Subcommand)
def main(
    table: Annotated[
        Path, typer.Argument(help="CSV or Excel file: tidy (a row a value), or a plate map (a grid of wells)")
    ],
    out: Annotated[Path | None, typer.Option(help="the new folder; default the table's name")] = None,
    layout: Annotated[
        Path | None, typer.Option(help="of a plate map: a table with a column 'well', or grids")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--column", metavar="ROLE=HEADER", help="which column is the dose ...")
    ] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--set", metavar="ROLE=TEXT", help="what holds in every row: time=48h")
    ] = None,
    units: Annotated[
        list[str] | None, typer.Option("--unit", metavar="ROLE=UNIT", help="dose=uM, value=%, il6=ng/mL ...")
    ] = None,
    molar_mass: Annotated[list[str] | None, repeated("g/mol of a drug that is dosed in ng/mL")] = None,
    line: Annotated[str, typer.Option(help="take the rows of this line")] = "",
    drugs: Annotated[
        list[str] | None, typer.Option("--drug", help="repeated: take these drugs and the vehicle alone")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="kind of cell; default that of the line's name, else the nominal one",
            callback=options.one_of("--preset", options.preset_names),
        ),
    ] = None,
    amounts: Annotated[
        list[str] | None, typer.Option("--amount", metavar="PROTEIN=FOLD", help="of the line, over MM.1S")
    ] = None,
    genotype: Annotated[
        list[str] | None, typer.Option("--genotype", metavar="GENE=TEXT", help="KRAS=G12D, t(11;14)=yes")
    ] = None,
    density: Annotated[float, typer.Option(help="myeloma cells at time 0, 1e6/mL")] = 0.3,
    estimate: Annotated[
        list[str] | None, typer.Option(help="repeated: exactly these parameters of the cell")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="parameters of the cell to estimate at most")] = 24,
    prior_from: Annotated[str | None, typer.Option(help="a run whose posterior is the prior here")] = None,
    force: Annotated[bool, typer.Option("--force", help="take that run although it is not ok")] = False,
    sheet: Annotated[str, typer.Option(help="of an Excel file with several")] = "",
    decimal: Annotated[str, typer.Option(help="'.' or ',' where the numbers do not tell")] = "",
    vehicle_wells: Annotated[
        int, typer.Option(min=1, help="behind a ratio whose vehicle is not in the table")
    ] = 6,
) -> None:  # long: an option a line
    """Write the PEtab folder of a table, on the whole-cell network, and say what such data can tell."""
    if not table.is_file():
        raise fail(f"{table}: is not there: give a table as .csv, .tsv, .txt or .xlsx")
    folder = options.writable_folder(out or Path(file_name(table.stem)))
    if prior_from is not None:
        options.source_of("new-study", prior_from, False)
    masses = {
        n: options.number(f"--molar-mass {n}", v) for n, v in _pairs("--molar-mass", molar_mass).items()
    }
    folds = {n: options.number(f"--amount {n}", v) for n, v in _pairs("--amount", amounts).items()}
    genes = _pairs("--genotype", genotype)
    if preset and (folds or genes):
        raise fail("--preset: a line is a preset, or has amounts and a genotype of its own: give one of them")
    decided = {
        "columns": _pairs("--column", columns),
        "constants": _pairs("--set", constants),
        "units": _pairs("--unit", units),
        "molar_mass": masses,
        "line": line,
        "drugs": frozenset(options.named_drug(d) for d in drugs or ()),
        "vehicle_wells": vehicle_wells,
    }
    prepare_jax()
    from inference.datasets.plates import own_lines
    from inference.datasets.plates.study_of_plate import CellAtHand, decided_by, new_study
    from inference.runs.folders import run_folder
    from models.catalogue import PRESETS

    kind = PRESETS[preset] if preset else None
    if folds or genes:
        kind = own_lines.own_line(line or table.stem, folds, genes)
    made = new_study(
        table,
        folder,
        layout=layout,
        sheet=sheet,
        decimal=decimal,
        decided=decided_by(decided),
        cell=CellAtHand(kind, density, tuple(estimate or ()), most, run_folder(prior_from), force),
        tell=typer.echo,
    )
    typer.echo(f"Estimated of the cell: {', '.join(made.freed.free)}")
    for said in (*made.knowable.told(), *made.notes):
        typer.echo(f"  {said}")
    typer.echo(f"Written to {folder}: read its README.md, then gp130 fit {folder}")
