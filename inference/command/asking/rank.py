"""Rank what makes the cell resist a drug: `rank.py RUN` or `rank.py --prior --drug dexamethasone=300 ...`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inference.command import declared_names, options
from inference.command.start import Subcommand, new_app
from inference.runs.folders import results_folder, run_folder
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    run: options.RunOrNone = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="rank under the declared priors, without any fit")
    ] = False,
    preset: options.Preset = "mm1s",
    line: Annotated[
        str | None, typer.Option(help="of a fitted panel (gp130 panel): rank for this line of it")
    ] = None,
    drug: Annotated[
        list[str] | None, options.drugs("repeated for a combination; none: ruxolitinib=500")
    ] = None,
    condition: Annotated[
        str | None,
        typer.Option(
            help="alone, il6, stroma or niche; default alone, with --readout escape il6",
            callback=options.CONDITION,
        ),
    ] = None,
    estradiol: Annotated[float, typer.Option(help="nM, from the pre-culture on")] = 0.0,
    hypothesis: options.Hypothesis = "H1",
    method: Annotated[
        str,
        typer.Option(
            help="elasticity, sobol, dgsm, morris or srrc",
            callback=options.one_of("--method", lambda: [d.name for d in declared_names.methods()]),
        ),
    ] = "elasticity",
    readout: Annotated[
        str | None,
        typer.Option(
            help="lnv, auc, ri, reserve or escape; default lnv, without --drug escape",
            callback=options.one_of("--readout", lambda: [d.name for d in declared_names.readouts()]),
        ),
    ] = None,
    hours: Annotated[float, typer.Option(min=1, max=720, help="length of the treatment")] = 48.0,
    transfer: Annotated[
        float,
        typer.Option(
            min=0,
            max=3,
            help="sd of ln by which this kind of cell may differ from those measured; 0: the same",
        ),
    ] = 0.0,
    draws: Annotated[
        int | None, typer.Option(help="draws; sobol: base points, a power of 2; morris: trajectories")
    ] = None,
    seed: options.Seed = 1,
    device: options.Device = "auto",
    out: Annotated[Path | None, typer.Option(help="folder of the ranking")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="rank a run whose verdict is not ok, and mark the result")
    ] = False,
) -> None:  # long: an option a line
    """Rank which parameters most change resistance, with the uncertainty of every rank. Interrupted: the same
    command goes on.
    """
    options.source_of("rank", run, prior)
    prepare_jax(device)
    from inference.resistance import believed_from
    from inference.resistance.questions import Preset, Question
    from inference.resistance.rankings import ranking_files
    from inference.resistance.rankings.ranking_request import RankingRequest
    from inference.runs.console import Teller, stop_when_asked
    from inference.runs.run import Run

    chosen = readout or ("lnv" if drug else "escape")
    tell = Teller()
    stop = stop_when_asked(tell)
    drugs = tuple(believed_from.parse_drug(d) for d in drug or ["ruxolitinib=500"])
    kind: str | Preset = preset
    if line is None:
        fitted, source = believed_from.asked("rank", run, prior, hypothesis, force=force, transfer=transfer)
    else:
        from inference.panel.panel_ranking import line_of

        fitted = run_folder(run) or Path(run or "")
        of = line_of(fitted, line, [d.name for d, _ in drugs], force=force)
        source, kind = of.source, of.preset
    question = Question(chosen, drugs, condition, kind, estradiol, hours, source.hypothesis, source.transit)
    request = RankingRequest(question, method, draws, seed, source.name)
    folder = out or ranking_files.default_folder(
        request, results_folder(), fitted, default=not drug, transfer=transfer
    )
    try:
        complete = ranking_files.made(request, source, Run(folder, tell, stop)) is not None
    except KeyboardInterrupt:
        complete = False
    if not complete:
        tell.say("Stopped. What is finished is kept; the same command goes on from there.")
        raise typer.Exit(130)
