"""Do known strengths come back from simulated data? `gp130 recover [--fits N]`; writes results/recovery/."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from inference.command.team_option import On, computing
from inference.runs.folders import results_folder
from inference.runs.outputs import write_text
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    fits: Annotated[int, typer.Option(min=1, help="data sets")] = 16,
    steps: Annotated[int, typer.Option(min=1, help="of each search for the mode")] = 12,
    seed: options.Seed = 1,
    device: options.Device = "auto",
    on: On = None,
    out: Annotated[
        Path | None, typer.Option(help="default results/recovery; an unfinished run goes on")
    ] = None,
) -> None:
    """The 31 parameters of the whole cell in its niche: what comes back, with which coverage, and along which
    ridges it does not.
    """
    prepare_jax(device)
    from inference.calibration import recovery
    from inference.calibration.recovery_study import design
    from inference.runs.console import Teller, duration, stop_when_asked
    from inference.runs.provenance import device_line
    from inference.runs.resumable import require_writable
    from inference.runs.run import Run

    tell, folder, begun = Teller(), out or results_folder() / "recovery", time.monotonic()
    require_writable(folder, 20 * 2**20)
    study = recovery.experiment(folder)
    tell.say(
        f"{len(study.unknowns)} unknowns ({len(design().own) - 1} of them scales), "
        f"{len(study.measurements)} values in "
        f"{len(study.protocols)} dishes; {fits} data sets on {device_line()}"
    )
    asked, facts = stop_when_asked(tell), recovery.RecoveryFacts(min(4, fits), steps, 16, seed)
    with computing(on, tell) as executor:
        found = recovery.recover(
            study, Run(folder / "data_sets", tell, asked, executor=executor), facts, fits=fits
        )
    if found is None:
        tell.say(f"Stopped. Everything so far is kept in {folder}; the same command goes on")
        raise typer.Exit(130)
    tell.say("The ridges of the specification, with both ends of each free ...")
    known = recovery.ridges(recovery.experiment(folder, ridges=True), width=16)
    text = recovery.in_words(found, known)
    write_text(text, folder / "summary.md")
    tell.say(text)
    tell.say(f"Written to {folder} after {duration(time.monotonic() - begun)}: summary.md")
