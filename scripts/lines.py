"""Compare measured dose responses of myeloma lines with the model: `lines.py TABLE.csv [--out DIR]`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from models.machine import prepare_jax

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    table: Annotated[Path, typer.Argument(help="CCLE dose responses (columns Primary Cell Line Name, Compound, Target, Doses, Activity)")],
    draws: Annotated[int, typer.Option(min=8, help="draws of the prior")] = 256,
    seed: Annotated[int, typer.Option()] = 1,
    out: Annotated[Path, typer.Option(help="folder for lines.csv")] = ROOT / "results" / "lines",
) -> None:
    """Say what the model predicts right, what wrong, and what it cannot say."""
    prepare_jax(cores=1)
    import pandas as pd

    from inference import lines

    try:
        measured = lines.read(table)
    except (lines.LinesError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    predicted = {target: lines.predict(target, draws, seed, rtol=1e-5, atol=1e-7) for target in lines.CLASSES}
    found = lines.statements(measured, predicted)
    out.mkdir(parents=True, exist_ok=True)
    pd.DataFrame([asdict(s) for s in found]).to_csv(out / "lines.csv", index=False)
    for s in found:
        typer.echo(f"{s.verdict:<11} {s.quantity}: measured {s.measured}; predicted {s.predicted}; {s.why}")


if __name__ == "__main__":
    app()
