"""Which estradiol hypothesis do the data favour? `compare.py [STUDY] [--sampler walk|nuts|smc]
...`; writes results/compare-STUDY/.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.command.team_option import On, computing
from inference.runs.folders import file_name, results_folder
from models.engine.machine import prepare_jax

DEFAULT = "estradiol_reduced"
SAMPLERS = ("walk", "nuts", "smc")

app = new_app()


@app.command(cls=Subcommand)
def main(
    study: options.StudyName = DEFAULT,
    sampler: Annotated[
        str,
        typer.Option(
            help="walk: tempered random walks, no gradients, for some twenty unknowns; smc: tempered "
            "HMC; nuts: many unknowns, no evidence of its own"
        ),
    ] = "walk",
    quick: Annotated[
        bool, typer.Option("--quick", help="a short run that writes every file; its numbers are not for use")
    ] = False,
    chains: Annotated[int | None, typer.Option(min=2, help="chains of nuts, islands of walk and smc")] = None,
    draws: Annotated[
        int | None, typer.Option(min=20, help="kept draws of each chain, particles of each island")
    ] = None,
    warmup: Annotated[int | None, typer.Option(min=1, help="of nuts; steps of the last walk")] = None,
    seed: options.Seed = 1,
    device: options.Device = "auto",
    on: On = None,
    out: Annotated[
        Path | None, typer.Option(help="default results/compare-STUDY; an unfinished run goes on")
    ] = None,
) -> None:
    """H0 to H6 on one compiled network: Bayes factors, probabilities, leave-one-course-out, what is missing.

    Where a dish sees bortezomib and the table has rho_I and om_btz, its two published variants are compared
    too.
    """
    options.chosen("--sampler", sampler, SAMPLERS)
    if on is not None and sampler != "walk":
        raise fail(f"--on: chains of {sampler} are no independent fits: leave it out, or use --sampler walk")
    prepare_jax(device)
    from inference.hypotheses.all_at_once import joints
    from inference.hypotheses.compared_study import compared, sized
    from inference.runs import settings
    from inference.runs.console import Teller, stop_when_asked
    from inference.runs.run import Run

    tell = Teller()
    asked = sized(replace(settings.QUICK if quick else settings.FULL, seed=seed), sampler)
    given = {"chains": chains, "draws": draws, "warmup": warmup}
    asked = replace(asked, **{k: v for k, v in given.items() if v is not None})
    tell.say(f"Reading {study} under every hypothesis ...")
    every = joints(study)
    name = "-".join(["compare", every[0].study.id, *[sampler] * (sampler != "walk"), *["quick"] * quick])
    folder = out or results_folder() / file_name(name)
    stop = stop_when_asked(tell)
    with computing(on, tell) as executor:
        found = compared(every, asked, sampler, Run(folder, tell, stop, executor=executor))
    if found is None:
        tell.say(f"Stopped. Everything so far is kept in {folder}; the same command goes on")
        raise typer.Exit(130)
