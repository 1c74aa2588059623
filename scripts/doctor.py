"""What this machine can do for a study: `doctor.py [STUDY] [--widths 4,64]`."""

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
        str, typer.Argument(help="name of a study, path of a problem.yaml, or a prepared file")
    ] = "il6_feedback_estradiol",
    hypothesis: Annotated[str, typer.Option(help="H0 to H6")] = "H1",
    widths: Annotated[
        str, typer.Option(help="how many chains or particles side by side, separated by commas")
    ] = "4,64",
    steps: Annotated[float, typer.Option(help="leapfrog steps of a draw, for the predicted time")] = 15.0,
) -> None:
    """Print devices, precision, memory, compile time, seconds a gradient and the predicted time of a run."""
    prepare_jax(cores=1)
    import jax
    from rich.console import Console

    from inference.best_fit.modes import starting_points
    from inference.fit import device_costs, execute
    from inference.hypotheses import under_hypothesis
    from inference.likelihood.reduced_parts import Split, split
    from inference.runs import settings
    from inference.runs.console import duration
    from inference.study import prepared_study
    from inference.study.study import StudyError

    console = Console(soft_wrap=True, highlight=False)
    for d in device_costs.devices():
        precision = "float64" if d.float64 else "float32 ONLY: set JAX_ENABLE_X64=1"
        memory = "memory unknown" if d.memory != d.memory else f"{d.memory:.1f} GiB"
        console.print(f"{d.count} x {d.platform} ({d.kind}): {precision}, {memory}")
    try:
        sizes = sorted({int(w) for w in widths.split(",")})
        loaded = (
            prepared_study.read(Path(study))[0]
            if prepared_study.recognised(Path(study))
            else under_hypothesis.under_hypothesis(study, hypothesis)
        )
    except (StudyError, execute.RunError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    parts = split(loaded)
    problem = execute.problem_of(Split(loaded, parts), settings.FULL)
    console.print(
        f"Study {loaded.id}: {len(loaded.unknowns)} parameters, {len(loaded.experiments)} experiments, "
        f"{max(len(p.study.system.species) for p in parts)} species at most"
    )
    costs = []
    for width in sizes:
        points = starting_points(problem, jax.random.PRNGKey(0), width, 0.2)
        for platform in dict.fromkeys((jax.default_backend(), "cpu")):
            cost = device_costs.measure(problem, points, jax.devices(platform)[0])
            costs.append(cost)
            total = device_costs.wall_time(
                cost,
                transitions=settings.FULL.warmup + settings.FULL.draws,
                steps=steps,
                search_steps=settings.FULL.search_steps,
            )
            console.print(
                f"  {platform}, {width} side by side: compiled in {cost.compile:.1f} s, "
                f"{cost.gradient:.3g} s a gradient of all, "
                f"{cost.gradient / width:.3g} s each; a full run of {width} chains takes about "
                f"{duration(total)}"
            )
            if cost.solved < 1:
                console.print(f"    {100 * (1 - cost.solved):.0f} % of the points could not be solved")
    console.print(device_costs.advice(costs))


if __name__ == "__main__":
    start(app)
