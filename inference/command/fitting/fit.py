"""Fit a study: `gp130 fit [STUDY] [--hypothesis H1] [--quick] ...`; writes results/RUN/.

On a machine with little more than JAX: `gp130 fit STUDY --prepare FILE` elsewhere, `gp130 fit FILE --out RUN`
there, and `gp130 fit --finish RUN` where ArviZ is.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.command import declared_names, options
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import file_name, results_folder
from models.engine.machine import prepare_jax

if TYPE_CHECKING:
    from inference.runs.console import Teller
    from inference.study.study import Study

DEFAULT = "il6_feedback_estradiol"

app = new_app()


def free_folder(name: str) -> Path:
    """results/NAME, or results/NAME-2, -3 ... if that holds a run already."""
    results, name = results_folder(), file_name(name)
    folder, i = results / name, 2
    while folder.exists():
        folder, i = results / f"{name}-{i}", i + 1
    return folder


@app.command(cls=Subcommand)
def main(
    study: options.StudyOrFile = DEFAULT,
    hypothesis: options.FittedHypothesis = "H1",
    quick: Annotated[
        bool, typer.Option("--quick", help="a short run that writes every file; its numbers are not for use")
    ] = False,
    chains: Annotated[int | None, typer.Option(min=1, help="side by side; of smc, islands")] = None,
    draws: Annotated[int | None, typer.Option(min=1, help="kept draws of each chain, at most")] = None,
    all_draws: Annotated[
        bool, typer.Option("--all-draws", help="make them all, also where fewer are enough for the verdict")
    ] = False,
    warmup: Annotated[int | None, typer.Option(min=1, help="adapting transitions of each chain")] = None,
    starts: Annotated[int | None, typer.Option(min=1, help="searches for the mode")] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            help="nuts (default), chees (for a GPU) or smc (gives the evidence)",
            callback=options.one_of("--sampler", lambda: [d.name for d in declared_names.samplers()]),
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=options.LARGEST_SEED, help="default 1")] = None,
    device: options.Device = "auto",
    out: Annotated[
        Path | None, typer.Option(help="folder of the run; default results/STUDY-HYPOTHESIS")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on where --out stopped; start if nothing is there")
    ] = False,
    time_budget: Annotated[
        float | None, typer.Option(min=0, help="stop cleanly after so many minutes")
    ] = None,
    prepare: Annotated[
        Path | None,
        typer.Option(help="only write what a run needs into this file, for a machine without petab"),
    ] = None,
    finish_run: Annotated[
        Path | None, typer.Option("--finish", help="write the files of a run that was drawn elsewhere")
    ] = None,
) -> None:  # long: an option a line
    """Fit a study: modes from many starts, a sampler from there, predictions, a verdict in words."""
    if resume and out is None:
        raise fail("--resume: which run? name its folder with --out")
    if out is not None:
        options.writable_folder(out)
    from inference.runs.run_record import cores_of

    prepare_jax(device, cores=cores_of(out) if resume and out is not None else None)
    from inference.fit import fit_study, run_folder
    from inference.runs import settings as lengths
    from inference.runs.console import Teller, stop_when_asked
    from inference.samplers.choices import sampler_called
    from inference.study import prepared_study
    from inference.study.loading import has_effects, load

    tell = Teller()
    if finish_run is not None:
        finish(run_folder.prepared_in(finish_run), finish_run, tell)
    file, base = Path(study), lengths.QUICK if quick else lengths.FULL
    if prepared_study.recognised(file):
        loaded, asked_for, more = prepared_study.read(file)
        hypothesis = more["hypothesis"]
        settings = sampler_called(asked_for.sampler).sized(base) if quick else asked_for
    else:
        loaded, settings = load(study, hypothesis=hypothesis), base
    if sampler is not None and sampler != settings.sampler:
        settings = sampler_called(sampler).sized(settings)
    given = {"chains": chains, "draws": draws, "warmup": warmup, "starts": starts, "seed": seed}
    settings = replace(settings, **{k: v for k, v in given.items() if v is not None})
    settings = replace(settings, until_enough=settings.until_enough and not all_draws)
    method = sampler_called(settings.sampler)
    if prepare is not None:
        prepared_study.write(loaded, settings, prepare, hypothesis=hypothesis)
        tell.say(f"Written to {prepare}: run it with gp130 fit {prepare} --out RUN")
        return
    # a problem without estradiol effects stands under no hypothesis
    about = f"{loaded.id}-{hypothesis}" if has_effects(loaded.tables) else loaded.id
    folder = out or free_folder(about + ("-quick" if settings.quick else ""))
    asked, begun = stop_when_asked(tell), time.monotonic()

    def stop() -> bool:
        return asked() or (time_budget is not None and time.monotonic() - begun > 60 * time_budget)

    try:
        run = fit_study.fit(
            loaded, settings, to=folder, sampler=method, resume=resume, teller=tell, stop=stop
        )
    except (KeyboardInterrupt, fit_study.StoppedError):  # the second Ctrl-C, or the end of a piece
        tell.say(
            f"Stopped. Everything so far is kept in {folder}; go on with the same command and --resume "
            f"--out {folder}"
        )
        raise typer.Exit(130 if asked() else 0) from None
    if not run.judged:
        tell.say(
            f"Drawn. ArviZ is not here: make posterior.nc, the verdict and the figures elsewhere with "
            f"gp130 fit --finish {folder}"
        )
    elif not (run.verdict.ok or run.verdict.quick):
        raise typer.Exit(3)


def finish(study: Study, folder: Path, tell: Teller) -> None:
    """Label, judge and draw a run; leaves with 3 if a full one is not ok, with 0 otherwise."""
    from inference.fit.fit_files import finish as write_files
    from inference.runs.run import Run

    verdict = write_files(study, Run(folder, tell))
    raise typer.Exit(0 if verdict.ok or verdict.quick else 3)
