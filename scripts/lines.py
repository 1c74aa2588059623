"""Compare measured dose responses of myeloma lines with the model: `lines.py TABLE.csv [--out DIR]`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from inference.command.start import start
from models.engine.machine import prepare_jax

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    table: Annotated[
        Path,
        typer.Argument(
            help="CCLE dose responses (columns Primary Cell Line Name, Compound, Target, Doses, Activity)"
        ),
    ],
    draws: Annotated[int, typer.Option(min=8, help="draws of the prior")] = 256,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    fit: Annotated[
        bool,
        typer.Option(
            "--fit", help="fit the drug-stress parameters to the curves, as a run that rank.py reads"
        ),
    ] = False,
    out: Annotated[Path, typer.Option(help="folder for lines.csv")] = ROOT / "results" / "lines",
) -> None:
    """Say what the model predicts right, what wrong, and what it cannot say; with --fit, before and after
    learning from the lines.
    """
    prepare_jax(cores=1)
    import pandas as pd

    from inference.panel import cell_lines
    from inference.runs import resumable

    try:
        if not table.is_file():
            raise cell_lines.LinesError(f"{table}: is not there: give the CCLE table of dose responses")
        measured = cell_lines.read(table)
        resumable.require_writable(out, 20 * 2**20)
    except (cell_lines.LinesError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if fit and (out / "posterior.nc").exists():
        typer.echo(f"{out}: already holds a fit: choose another --out", err=True)
        raise typer.Exit(2)
    predicted = {
        target: cell_lines.predict(target, draws, seed, rtol=1e-5, atol=1e-7) for target in cell_lines.CLASSES
    }
    found = cell_lines.statements(measured, predicted)
    pd.DataFrame([asdict(s) for s in found]).to_csv(out / "lines.csv", index=False)
    for s in found:
        typer.echo(f"{s.verdict:<11} {s.quantity}: measured {s.measured}; predicted {s.predicted}; {s.why}")
    if fit:
        from inference.panel import cell_line_files

        cell_line_files.make(measured, seed, out, typer.echo)


if __name__ == "__main__":
    start(app)
