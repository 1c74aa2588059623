"""The best fit of a problem from many starts, and its profiles: `optimise.py [STUDY] [--starts 32]
[--profiles]`.
"""

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
    study: Annotated[
        str, typer.Argument(help="name of a built-in study, or path of a problem.yaml")
    ] = "il6_feedback_estradiol",
    hypothesis: Annotated[str, typer.Option(help="what estradiol does: H0 to H6")] = "H1",
    starts: Annotated[int, typer.Option(min=1)] = 32,
    spread: Annotated[
        float, typer.Option(help="largest share of the prior's width in which the searches begin")
    ] = 0.5,
    max_steps: Annotated[int, typer.Option(min=1, help="evaluations of each search at most")] = 300,
    profiles: Annotated[bool, typer.Option("--profiles", help="profile every parameter")] = False,
    points: Annotated[int, typer.Option(min=1, help="points of a profile on each side")] = 6,
    seed: Annotated[int, typer.Option()] = 1,
    out: Annotated[Path | None, typer.Option(help="folder; default results/optimise/STUDY")] = None,
) -> None:
    """Write fit.tsv (for evaluate.py --parameters), waterfall.csv and its figure, and profiles.csv if
    asked.
    """
    prepare_jax()
    from inference.best_fit import search_files
    from inference.fit import execute
    from inference.hypotheses import under_hypothesis
    from inference.runs.console import Teller
    from inference.study.study import StudyError

    try:
        loaded = under_hypothesis.under_hypothesis(study, hypothesis)
        folder = out or ROOT / "results" / "optimise" / loaded.id
        folder.mkdir(parents=True, exist_ok=True)
    except (StudyError, execute.RunError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    ask = search_files.Ask(starts, spread, max_steps, seed, points if profiles else 0)
    try:
        search_files.write(loaded, ask, folder, Teller())
    except RuntimeError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    start(app)
