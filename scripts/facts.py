"""Compare published facts about resistance with the model: `facts.py RUN` or `facts.py --prior`."""

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
    run: Annotated[
        str | None, typer.Argument(help="folder of a fitted run, or its name under results/")
    ] = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="predict from the declared priors, without any fit")
    ] = False,
    hypothesis: Annotated[
        str, typer.Option(help="what estradiol does under --prior, H0 to H6; a run brings its own")
    ] = "H1",
    draws: Annotated[int, typer.Option(help="parameter sets behind every prediction, at least 8")] = 128,
    seed: Annotated[int, typer.Option()] = 1,
    out: Annotated[
        Path | None, typer.Option(help="folder for facts.csv; default facts/ in the run, or results/facts")
    ] = None,
) -> None:
    """Say which facts the model predicts right, which wrong, and where its beliefs are too wide to say."""
    prepare_jax(cores=1)
    import pandas as pd

    from inference.resistance import believed_from, published_facts
    from inference.runs import resumable

    try:
        if draws < 8 or seed < 0:
            raise believed_from.SourceError(
                f"--draws {draws} --seed {seed}: at least 8 draws, and a natural number as seed"
            )
        folder, source = believed_from.asked("facts", run, prior, hypothesis, force=True)
        place = out or (folder or ROOT / "results") / "facts"
        resumable.require_writable(place, 2**20)
    except (believed_from.SourceError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{len(published_facts.FACTS)} facts, predictions from {source.name} (compiling first) ...")
    values = published_facts.predicted(published_facts.FACTS, source, draws, seed, typer.echo)
    found = [
        *(published_facts.statement(f, v) for f, v in zip(published_facts.FACTS, values, strict=True)),
        *published_facts.SILENT,
    ]
    table = pd.DataFrame([asdict(s) | {"source": source.name, "mark": source.mark} for s in found])
    table.to_csv(place / "facts.csv", index=False)
    for s in found:
        typer.echo(f"{s.verdict:<11} {s.quantity}: seen {s.measured}; predicted {s.predicted}; {s.why}")
    counts = table["verdict"].value_counts()
    typer.echo(
        ", ".join(f"{counts.get(v, 0)} {v}" for v in ("right", "wrong", "cannot say"))
        + f"; written to {place / 'facts.csv'}"
    )
    if source.mark:
        typer.echo(source.mark)


if __name__ == "__main__":
    start(app)
