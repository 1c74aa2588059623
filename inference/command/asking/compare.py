"""Which estradiol hypothesis do the data favour? `compare.py [STUDY] [--sampler walk|nuts|smc]
...`; writes results/compare-STUDY/.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from inference.runs.folders import results_folder
from models.engine.machine import prepare_jax

DEFAULT = "estradiol_reduced"
WALK = {"chains": 4, "draws": 128, "warmup": 160}
SAMPLERS = ("walk", "nuts", "smc")
QUICK_WALK = {"chains": 2, "draws": 32, "warmup": 8}

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
    seed: Annotated[int, typer.Option()] = 1,
    device: options.Device = "auto",
    out: Annotated[
        Path | None, typer.Option(help="default results/compare-STUDY; an unfinished run goes on")
    ] = None,
) -> None:  # long: an option a line, and a block a study
    """H0 to H6 on one compiled network: Bayes factors, probabilities, leave-one-course-out, what is missing.

    Where a dish sees bortezomib and the table has rho_I and om_btz, its two published variants are compared
    too.
    """
    options.chosen("--sampler", sampler, SAMPLERS)
    prepare_jax(device)
    from inference.hypotheses import comparison, comparison_files
    from inference.hypotheses.all_at_once import joints
    from inference.runs import provenance, resumable, settings
    from inference.runs.console import Teller, duration, stop_when_asked
    from inference.runs.resumable import require_writable

    tell = Teller()
    samplers = {"walk": comparison.by_walks, "nuts": comparison.by_nuts, "smc": comparison.by_smc}
    settings = replace(settings.QUICK if quick else settings.FULL, seed=seed)
    if sampler == "walk":
        settings = replace(settings, **(QUICK_WALK if quick else WALK))
    settings = replace(
        settings, **{k: v for k, v in {"chains": chains, "draws": draws, "warmup": warmup}.items() if v}
    )
    begun, mark = time.monotonic(), " (quick run: not for use)" if quick else ""
    every = joints(study)
    name = "-".join(["compare", every[0].study.id, *[sampler] * (sampler != "walk"), *["quick"] * quick])
    folder = out or results_folder() / name
    require_writable(folder, 200 * 2**20)
    stop = stop_when_asked(tell)
    for i, both in enumerate(every):
        here, lanes = folder / both.question.word if i else folder, sum(len(d.which) for d in both.parts)
        tell.say(
            f"Study {both.study.id}: {len(both.hypotheses)} hypotheses, {len(both.study.unknowns)} "
            f"parameters, {lanes} dishes "
            f"({sum(int(d.exposed.sum()) for d in both.parts)} with {both.question.word}, once a "
            f"hypothesis)"
        )
        tell.say(f"Computing on {provenance.device_line()}; results go to {here}")
        found = comparison.run(both, settings, samplers[sampler], here, tell, stop)
        if found is None:
            tell.say(f"Stopped. Everything so far is kept in {folder}; the same command goes on")
            raise typer.Exit(130)
        text = comparison_files.markdown(found, mark)
        if not any(b.question.word == "bortezomib" for b in every):
            text += (
                "\nBortezomib: in no dish, so its two published readings (A: IkBa saved; B: IKK "
                "activated) cannot be compared.\n"
            )
        (here / "summary.md").write_text(text)
        resumable.write_json(
            here / "comparison.json",
            comparison_files.content(found)
            | {
                "quick": quick,
                "sampler": sampler,
                "wall_time_s": round(time.monotonic() - begun, 1),
                **provenance.provenance(settings),
            },
        )
        figure = comparison_files.figure(found, mark)
        figure.savefig(here / "comparison.png", dpi=130)
        tell.say(text)
        tell.say(
            f"Written to {here} after {duration(time.monotonic() - begun)}: summary.md, "
            f"comparison.json, comparison.png"
        )
