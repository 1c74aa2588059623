"""What this machine can do for a study: `gp130 doctor [STUDY] [--widths 4,64]`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    study: options.StudyOrFile = "il6_feedback_estradiol",
    hypothesis: options.FittedHypothesis = "H1",
    widths: Annotated[
        str, typer.Option(help="how many chains or particles side by side, separated by commas")
    ] = "4,64",
    steps: Annotated[float, typer.Option(help="leapfrog steps of a draw, for the predicted time")] = 15.0,
) -> None:  # long: a line of output a line
    """Print devices, precision, memory, compile time, seconds a gradient and the predicted time of a run."""
    if not re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", widths):
        raise fail(f"--widths {widths}: must be whole numbers above 0, separated by commas")
    prepare_jax(cores=1)
    import jax
    import numpy as np
    from rich.console import Console

    from inference.best_fit.modes import starting_points
    from inference.fit import device_costs
    from inference.likelihood.reduced_parts import Split, split
    from inference.likelihood.study_posterior import problem_of
    from inference.runs import settings
    from inference.runs.console import duration
    from inference.study import prepared_study
    from inference.study.loading import load

    console = Console(soft_wrap=True, highlight=False)
    for d in device_costs.devices():
        precision = "float64" if d.float64 else "float32 ONLY: set JAX_ENABLE_X64=1"
        memory = "memory unknown" if d.memory != d.memory else f"{d.memory:.1f} GiB"
        console.print(f"{d.count} x {d.platform} ({d.kind}): {precision}, {memory}")
    sizes = sorted({int(w) for w in widths.split(",")})
    loaded = (
        prepared_study.read(Path(study))[0]
        if prepared_study.recognised(Path(study))
        else load(study, hypothesis=hypothesis)
    )
    parts = split(loaded)
    problem = problem_of(Split(loaded, parts), rtol=settings.FULL.rtol, atol=settings.FULL.atol)
    console.print(
        f"Study {loaded.id}: {len(loaded.unknowns)} parameters, {len(loaded.experiments)} experiments, "
        f"{max(len(p.study.system.species) for p in parts)} species at most"
    )
    costs = []
    for width in sizes:
        points = starting_points(problem.priors, jax.random.PRNGKey(0), width, 0.2)
        for platform in dict.fromkeys((jax.default_backend(), "cpu")):
            cost = device_costs.measure(problem, np.asarray(points), jax.devices(platform)[0])
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
