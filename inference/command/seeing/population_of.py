"""`gp130 simulate --population 10000 --drug bortezomib=4`: cells that differ, and the doubt about them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inference.command.start import STOPPED

if TYPE_CHECKING:
    from inference.simulation.any_dish import AnyDish


@dataclass(frozen=True)
class CellsAsked:
    """Cells in all, averages that share them, whether there is to be a curve, and the fit to believe."""

    cells: int
    averages: int
    curve: bool
    run: str | None


def write_population(
    dish: AnyDish, asked: CellsAsked, hours: float, seed: int, rtol: str | None, path: Path
) -> None:
    """Simulate, write the files, and say in a few lines what came out."""
    from rich.console import Console

    from inference.population import population_files, summaries
    from inference.resistance.believed_from import run_source
    from inference.runs.console import Teller, stop_when_asked
    from inference.runs.folders import run_folder

    folder = run_folder(asked.run)
    source = None if folder is None else run_source(folder, force=False)
    tell = Teller(Console(stderr=True, soft_wrap=True, markup=False))
    stop = stop_when_asked(tell)
    tell.say(
        f"Simulating {asked.cells} cells around {asked.averages} average "
        f"cell{'s' if asked.averages > 1 else ''} ({dish.title}) for {hours:g} h; compiling first ..."
    )
    run = population_files.run_for(path, asked.cells, {"command": " ".join(sys.argv[1:])}, tell, stop)
    found = population_files.simulated(
        dish,
        asked.cells,
        run,
        count=asked.averages,
        hours=hours,
        seed=seed,
        rtol=float(rtol) if rtol else 1e-5,
        source=source,
        curve=asked.curve,
    )
    if found is None:
        typer.echo(STOPPED, err=True)
        raise typer.Exit(130)
    if lost := population_files.failed(found.data):
        typer.echo(f"{lost} cells failed: they are NaN, `ok` says which, means are over the others", err=True)
    places = population_files.write(found, path)
    typer.echo("\n".join(map(str, places)))
    typer.echo(f"{found.data.attrs['doses']}, {hours:g} h; average: {found.data.attrs['believed']}")
    typer.echo(found.table().drop(columns="rests_on").to_string(float_format=lambda v: f"{v:.3g}", na_rep=""))
    mean, error = summaries.two_level_mean(found.data)
    typer.echo(f"alive at the end, mean over averages and cells: {mean:.4f} (sd of that mean {error:.4f})")
    if found.curve is not None:
        typer.echo(
            found.slopes().drop(columns="note").to_string(float_format=lambda v: f"{v:.3g}", na_rep="")
        )
    typer.echo(
        f"doubt_: what we do not know of the average; cells_: how cells differ; {summaries.NOT_FOR_USE}"
    )
