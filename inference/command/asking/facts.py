"""Compare published facts about resistance with the model: `facts.py RUN` or `facts.py --prior`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from inference.runs.folders import results_folder
from inference.runs.outputs import write_kept_table
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    run: options.RunOrNone = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="predict from the declared priors, without any fit")
    ] = False,
    hypothesis: options.Hypothesis = "H1",
    draws: Annotated[int, typer.Option(min=8, help="parameter sets behind every prediction")] = 128,
    seed: options.Seed = 1,
    out: Annotated[
        Path | None, typer.Option(help="folder for facts.csv; default facts/ in the run, or results/facts")
    ] = None,
) -> None:
    """Say which facts the model predicts right, which wrong, and where its beliefs are too wide to say."""
    options.source_of("facts", run, prior)
    prepare_jax(cores=1)
    from inference.resistance import believed_from, facts_compared, published_facts
    from inference.runs import resumable

    folder, source = believed_from.asked("facts", run, prior, hypothesis, force=True)
    place = out or (folder or results_folder()) / "facts"
    resumable.require_writable(place, 2**20)
    typer.echo(f"{len(published_facts.FACTS)} facts, predictions from {source.name} (compiling first) ...")
    table = facts_compared.compared(source, draws=draws, seed=seed, tell=typer.echo)
    write_kept_table(table, place / "facts.csv", index=False)
    for s in table.to_dict("records"):
        found = f"seen {s['measured']}; predicted {s['predicted']}; {s['why']}"
        typer.echo(f"{s['verdict']:<11} {s['quantity']}: {found}")
    counts = table["verdict"].value_counts()
    typer.echo(
        ", ".join(f"{counts.get(v, 0)} {v}" for v in ("right", "wrong", "cannot say"))
        + f"; written to {place / 'facts.csv'}"
    )
    if source.mark:
        typer.echo(source.mark)
