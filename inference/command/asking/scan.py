"""Which node, or pair, would make the drug kill again: `scan.py --prior --drug dexamethasone=300 --condition
niche`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inference.command import declared_names, options
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import results_folder
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    run: options.RunOrNone = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="scan under the declared priors, without any fit")
    ] = False,
    preset: options.Preset = "mm1s",
    drug: options.Drugs = None,
    condition: options.Condition = "niche",
    estradiol: Annotated[float, typer.Option(help="nM, from the pre-culture on")] = 0.0,
    hypothesis: options.Hypothesis = "H1",
    pair_level: Annotated[
        float, typer.Option(help="share of activity taken from both members of a pair: 0.5 or 0.9")
    ] = 0.5,
    draws: Annotated[int, typer.Option(min=2)] = 50,
    seed: options.Seed = 1,
    out: Annotated[Path | None, typer.Option(help="folder of the scan; default results/scan-...")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="use a run whose verdict is not ok, and mark the result")
    ] = False,
) -> None:
    """Knock down every node and every pair under a drug, and cut each path of IL-6's protection."""
    options.source_of("scan", run, prior)
    if pair_level not in (levels := declared_names.pair_levels()):
        raise fail(f"--pair-level {pair_level:g}: is not one of {', '.join(map(str, levels))}")
    prepare_jax(cores=1)
    from inference.resistance import believed_from
    from inference.resistance.knockdowns import knockdown_files
    from inference.resistance.questions import Question
    from inference.runs.console import Teller

    folder, source = believed_from.asked("scan", run, prior, hypothesis, force=force)
    drugs = tuple(believed_from.parse_drug(d) for d in drug or ["dexamethasone=300"])
    question = source.asked_of(Question("viability", drugs, condition, preset, estradiol))
    place = out or knockdown_files.default_folder(question, folder or results_folder())
    knockdown_files.make(question, source, draws, seed, pair_level, place, Teller())
