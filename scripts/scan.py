"""Which node, or pair, would make the drug kill again: `scan.py --prior --drug dexamethasone=300 --condition
niche`.
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
    run: Annotated[
        str | None, typer.Argument(help="folder of a fitted run, or its name under results/")
    ] = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="scan under the declared priors, without any fit")
    ] = False,
    preset: Annotated[str, typer.Option(help="kind of cell: mm1s, u266, ina6, t1114, ...")] = "mm1s",
    drug: Annotated[
        list[str] | None, typer.Option(help="NAME=nM, repeated for a combination; none: dexamethasone=300")
    ] = None,
    condition: Annotated[str, typer.Option(help="alone, il6, stroma or niche")] = "niche",
    estradiol: Annotated[float, typer.Option(help="nM, from the pre-culture on")] = 0.0,
    hypothesis: Annotated[
        str, typer.Option(help="what estradiol does under --prior, H0 to H6; a run brings its own")
    ] = "H1",
    pair_level: Annotated[
        float, typer.Option(help="share of activity taken from both members of a pair: 0.5 or 0.9")
    ] = 0.5,
    draws: Annotated[int, typer.Option(min=2)] = 50,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    out: Annotated[Path | None, typer.Option(help="folder of the scan; default results/scan-...")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="use a run whose verdict is not ok, and mark the result")
    ] = False,
) -> None:
    """Knock down every node and every pair under a drug, and cut each path of IL-6's protection."""
    prepare_jax(cores=1)
    from inference.resistance import believed_from, knockdown_files
    from inference.resistance.questions import Question, QuestionError
    from inference.runs.console import Teller

    try:
        folder, source = believed_from.asked("scan", run, prior, hypothesis, force=force)
        drugs = tuple(believed_from.parse_drug(d) for d in drug or ["dexamethasone=300"])
        question = Question(
            "lnv", drugs, condition, preset, estradiol, 48.0, source.hypothesis, source.transit
        )
        name = "-".join(["scan", *(f"{d.input}{dose:g}" for d, dose in drugs), condition, preset])
        knockdown_files.make(
            question, source, draws, seed, pair_level, out or (folder or ROOT / "results") / name, Teller()
        )
    except (QuestionError, believed_from.SourceError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


if __name__ == "__main__":
    start(app)
