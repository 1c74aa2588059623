"""One HTML file that says what a run found: `report.py RUN` or `report.py --prior`."""

from __future__ import annotations

import sys
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
        bool, typer.Option("--prior", help="report on the declared priors, without any fit")
    ] = False,
    preset: Annotated[str, typer.Option(help="kind of cell: mm1s, u266, ina6, t1114, ...")] = "mm1s",
    drug: Annotated[
        list[str] | None,
        typer.Option(help="NAME=nM, the first is explained in full; none: dexamethasone=300"),
    ] = None,
    condition: Annotated[str, typer.Option(help="alone, il6, stroma or niche")] = "niche",
    hypothesis: Annotated[
        str, typer.Option(help="what estradiol does under --prior, H0 to H6; a run brings its own")
    ] = "H1",
    draws: Annotated[
        int, typer.Option(min=8, help="parameter sets behind every band; rankings take four times as many")
    ] = 64,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    out: Annotated[
        Path | None,
        typer.Option(help="the HTML file; default report.html in the run, or results/report-prior.html"),
    ] = None,
) -> None:
    """Write the report. What it simulates is kept beside it (.nc), so that writing it again is quick."""
    prepare_jax(cores=1)
    from inference.report import simulated, write
    from inference.resistance import believed_from
    from inference.resistance.questions import Question, QuestionError
    from inference.runs.console import Teller

    try:
        folder, source = believed_from.asked("report", run, prior, hypothesis, force=True)
        chosen = write.default_drugs([believed_from.parse_drug(d) for d in drug or ["dexamethasone=300"]])
        Question("lnv", chosen, condition, preset)
        asked = simulated.Asked(chosen, condition, preset, draws, seed)
        path = out or (
            folder / "report.html" if folder is not None else ROOT / "results" / "report-prior.html"
        )
        write.write(
            source,
            folder,
            folder.resolve().parent if folder is not None else ROOT / "results",
            asked,
            path,
            Teller(),
        )
    except (QuestionError, believed_from.SourceError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    start(app)
