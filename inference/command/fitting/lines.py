"""Compare measured dose responses of myeloma lines with the model: `gp130 lines TABLE.csv [--out DIR]`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import results_folder
from inference.runs.outputs import write_table
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    table: Annotated[
        Path,
        typer.Argument(
            help="CCLE dose responses (columns Primary Cell Line Name, Compound, Target, Doses, Activity)"
        ),
    ],
    draws: Annotated[int, typer.Option(min=8, help="draws of the prior")] = 256,
    seed: options.Seed = 1,
    fit: Annotated[
        bool,
        typer.Option("--fit", help="fit the drug-stress parameters to the curves, as a run that rank reads"),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="folder for lines.csv; default results/lines")] = None,
) -> None:
    """Say what the model predicts right, what wrong, and what it cannot say; with --fit, before and after
    learning from the lines.
    """
    if not table.is_file():
        raise fail(f"{table}: is not there: give the CCLE table of dose responses")
    place = out or results_folder() / "lines"
    if fit and (place / "posterior.nc").exists():
        raise fail(f"{place}: already holds a fit: choose another --out")
    prepare_jax(cores=1)
    import pandas as pd

    from inference.panel import cell_lines
    from inference.runs import resumable

    measured = cell_lines.read(table)
    resumable.require_writable(place, 20 * 2**20)
    typer.echo(f"Predicting {len(cell_lines.CLASSES)} classes of drugs under the prior (compiling first) ...")
    predicted = {
        target: cell_lines.predict(target, draws, seed, rtol=1e-5, atol=1e-7) for target in cell_lines.CLASSES
    }
    found = cell_lines.statements(measured, predicted)
    write_table(pd.DataFrame([asdict(s) for s in found]), place / "lines.csv", index=False)
    for s in found:
        typer.echo(f"{s.verdict:<11} {s.quantity}: measured {s.measured}; predicted {s.predicted}; {s.why}")
    if fit:
        from inference.panel import cell_line_files

        cell_line_files.make(measured, seed, place, typer.echo)
