"""One HTML file that says what a run found: `report.py RUN` or `report.py --prior`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from inference.runs.folders import results_folder
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    run: options.RunOrNone = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="report on the declared priors, without any fit")
    ] = False,
    preset: options.Preset = "mm1s",
    drug: Annotated[
        list[str] | None, options.drugs("the first is explained in full; none: dexamethasone=300")
    ] = None,
    condition: options.Condition = "niche",
    hypothesis: options.Hypothesis = "H1",
    draws: Annotated[
        int, typer.Option(min=8, help="parameter sets behind every band; rankings take four times as many")
    ] = 64,
    seed: options.Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="the HTML file; default report.html in the run, or results/report-prior.html"),
    ] = None,
) -> None:
    """Write the report. What it simulates is kept beside it (.nc), so that writing it again is quick."""
    options.source_of("report", run, prior)
    prepare_jax(cores=1)
    from inference.report import simulated, write
    from inference.resistance import believed_from
    from inference.runs.console import Teller

    folder, source = believed_from.asked("report", run, prior, hypothesis, force=True)
    chosen = write.default_drugs([believed_from.parse_drug(d) for d in drug or ["dexamethasone=300"]])
    asked = simulated.Asked(chosen, condition, preset, draws, seed)
    results = results_folder()
    path = out or (folder / "report.html" if folder is not None else results / "report-prior.html")
    beside = folder.resolve().parent if folder is not None else results
    write.write(source, folder, beside, asked, path, Teller())
