"""The best fit of a problem from many starts, and its profiles: `gp130 optimise [STUDY] [--starts 32]
[--profiles]`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from inference.command.team_option import On, computing
from inference.runs.folders import file_name, results_folder
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    study: options.StudyName = "il6_feedback_estradiol",
    hypothesis: options.FittedHypothesis = "H1",
    starts: Annotated[int, typer.Option(min=1)] = 32,
    spread: Annotated[
        float,
        typer.Option(min=0, max=10, help="largest share of the prior's width in which the searches begin"),
    ] = 0.5,
    max_steps: Annotated[int, typer.Option(min=1, help="evaluations of each search at most")] = 300,
    profiles: Annotated[bool, typer.Option("--profiles", help="profile every parameter")] = False,
    points: Annotated[int, typer.Option(min=1, help="points of a profile on each side")] = 6,
    seed: options.Seed = 1,
    on: On = None,
    out: Annotated[Path | None, typer.Option(help="folder; default results/optimise/STUDY")] = None,
) -> None:
    """Write fit.tsv (for gp130 evaluate --parameters), waterfall.csv and its figure, and profiles.csv if
    asked.
    """
    prepare_jax()
    from inference.best_fit import search_files
    from inference.runs.console import Teller
    from inference.runs.run import Run
    from inference.study.loading import load

    loaded = load(study, hypothesis=hypothesis)
    folder = options.writable_folder(out or results_folder() / "optimise" / file_name(loaded.id))
    folder.mkdir(parents=True, exist_ok=True)
    tell = Teller()
    tell.say(f"Searching from {starts} starts; results go to {folder} (compiling first) ...")
    ask = search_files.Ask(starts, spread, max_steps, seed, points if profiles else 0)
    with computing(on, tell) as executor:
        search_files.write(loaded, ask, Run(folder, tell, executor=executor))
