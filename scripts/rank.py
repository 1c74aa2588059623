"""Rank what makes the cell resist a drug: `rank.py RUN` or `rank.py --prior --drug dexamethasone=300 ...`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from inference.command.start import fail, start
from models.engine.machine import prepare_jax

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    run: Annotated[
        str | None, typer.Argument(help="folder of a fitted run, or its name under results/")
    ] = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="rank under the declared priors, without any fit")
    ] = False,
    preset: Annotated[str, typer.Option(help="kind of cell: mm1s, u266, ina6, t1114, ...")] = "mm1s",
    drug: Annotated[
        list[str] | None, typer.Option(help="NAME=nM, repeated for a combination; none: ruxolitinib=500")
    ] = None,
    condition: Annotated[
        str | None, typer.Option(help="alone, il6, stroma or niche; default alone, with --readout escape il6")
    ] = None,
    estradiol: Annotated[float, typer.Option(help="nM, from the pre-culture on")] = 0.0,
    hypothesis: Annotated[
        str, typer.Option(help="what estradiol does under --prior, H0 to H6; a run brings its own")
    ] = "H1",
    method: Annotated[str, typer.Option(help="elasticity, sobol, dgsm, morris or srrc")] = "elasticity",
    readout: Annotated[
        str | None, typer.Option(help="lnv, auc, ri, reserve or escape; default lnv, without --drug escape")
    ] = None,
    hours: Annotated[float, typer.Option(help="length of the treatment, 1 to 720")] = 48.0,
    draws: Annotated[
        int | None, typer.Option(help="draws; sobol: base points, a power of 2; morris: trajectories")
    ] = None,
    seed: Annotated[int, typer.Option()] = 1,
    device: Annotated[str, typer.Option(help="auto, cpu or gpu")] = "auto",
    out: Annotated[Path | None, typer.Option(help="folder of the ranking")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="rank a run whose verdict is not ok, and mark the result")
    ] = False,
) -> None:
    """Rank which parameters most change resistance, with the uncertainty of every rank. Interrupted: the same
    command goes on.
    """
    if device not in ("auto", "cpu", "gpu"):
        raise fail(f"--device {device}: is not one of auto, cpu, gpu")
    prepare_jax(device)
    from inference.resistance import believed_from
    from inference.resistance.questions import Question, QuestionError
    from inference.resistance.rankings import ranking_files
    from inference.resistance.rankings.ranking import DRAWS, GRADIENT, RTOL, RankError, Request
    from inference.runs.console import Teller, stop_when_asked

    chosen = readout or ("lnv" if drug else "escape")
    tell = Teller()
    stop = stop_when_asked(tell)
    try:
        fitted, source = believed_from.asked("rank", run, prior, hypothesis, force=force)
        drugs = tuple(believed_from.parse_drug(d) for d in drug or ["ruxolitinib=500"])
        question = Question(
            chosen,
            drugs,
            condition or ("il6" if chosen == "escape" else "alone"),
            preset,
            estradiol,
            hours,
            source.hypothesis,
            source.transit,
        )
        request = Request(
            question,
            method,
            draws if draws is not None else DRAWS.get(method, 0),
            seed,
            source.name,
            RTOL[method in GRADIENT],
        )
        folder = out or ranking_files.default_folder(request, ROOT / "results", fitted, default=not drug)
        complete = ranking_files.make(request, source, folder, tell, stop)
    except (QuestionError, RankError, believed_from.SourceError, OSError) as error:
        raise fail(str(error)) from None
    except KeyboardInterrupt:
        complete = False
    if not complete:
        tell.say("Stopped. What is finished is kept; the same command goes on from there.")
        raise typer.Exit(130)


if __name__ == "__main__":
    start(app)
