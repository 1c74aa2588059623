"""What published time courses say about the feedbacks: `gp130 timecourses [STUDY ...]`; writes
results/timecourses/.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from inference.command.team_option import On, computing
from inference.runs.folders import results_folder
from inference.runs.outputs import write_figure, write_text
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    studies: Annotated[
        list[str] | None, typer.Argument(help="problem.yaml files; by default one of each published data set")
    ] = None,
    data: options.Data = None,
    starts: Annotated[int, typer.Option(min=1, help="searches for the mode of each data set")] = 8,
    steps: Annotated[int, typer.Option(min=1, help="of each search")] = 40,
    seed: options.Seed = 1,
    device: options.Device = "auto",
    on: On = None,
    out: Annotated[
        Path | None,
        typer.Option(help="default results/timecourses; data sets that are done are not fitted again"),
    ] = None,
) -> None:  # long: an option a line, a stage after the other
    """Mode and normal approximation of each data set, what each says about each feedback, alone and together,
    and what does not fit.
    """
    for named in studies or ():
        options.study(named)
    source = None if studies else options.measured_data(data)
    prepare_jax(device)
    from inference.datasets import measured_study, measured_tables, time_courses, time_courses_told
    from inference.runs.console import Teller, duration, stop_when_asked
    from inference.runs.provenance import device_line
    from inference.runs.resumable import require_writable
    from inference.runs.run import Run
    from inference.study.loading import load

    tell, folder, begun = Teller(), out or results_folder() / "timecourses", time.monotonic()
    stop, fits, cannot = stop_when_asked(tell), [], {}
    if source is None:
        paths = [options.study(s) for s in studies or ()]
        for path in paths:
            load(path)
        require_writable(folder, 50 * 2**20)
    else:
        made = [build(source) for build in measured_tables.STUDIES]
        require_writable(folder, 50 * 2**20)
        cannot = {m.id: m.cannot for m in made}
        paths = [measured_study.write(m, folder) for m in made]
    tell.say(f"{len(paths)} data sets on {device_line()}; results go to {folder}")
    with computing(on, tell) as executor:
        for path in paths:
            study = load(path)
            tell.say(
                f"{study.id}: {len(study.measurements)} values, {len(study.protocols)} dishes, "
                f"{len(study.unknowns)} unknowns, "
                f"{starts} searches (the first step includes compilation) ..."
            )
            with tell.bar(study.id, steps) as bar:
                found = time_courses.fit(
                    study,
                    starts=starts,
                    steps=steps,
                    width=64,
                    seed=seed,
                    run=Run(folder / study.id / "search", tell, stop, executor=executor),
                    report=lambda i, v, b=bar: b.to(i, f"best log posterior {v.max():.2f}"),
                )
            if found is None:
                tell.say(f"Stopped. Everything so far is kept in {folder}; the same command goes on")
                raise typer.Exit(130)
            tell.say(
                f"  log posterior {found.log_posterior:.2f}; {found.near} of {starts} searches ended "
                f"within 2 of it"
            )
            fits.append(found)
            draw(found, folder)
    asked = (*measured_study.FEEDBACK, "g_auto", "e_deg")
    said = time_courses_told.told(fits, asked)
    text = (
        "# Which data inform which feedback\n\n"
        + time_courses_told.table(said, asked)
        + "\n"
        + time_courses_told.misfits(fits, cannot)
    )
    write_text(text, folder / "summary.md")
    write_record(fits, said, {"starts": starts, "seed": seed}, begun, folder)
    tell.say(text)
    tell.say(
        f"Written to {folder} after {duration(time.monotonic() - begun)}: summary.md, timecourses.json, "
        f"two pictures a data set"
    )


def draw(found: Any, folder: Path) -> None:
    """The two pictures of a data set: what was measured and predicted, and each value from all others."""
    from inference.datasets import time_courses_figure, time_courses_told
    from inference.fit import loo_pit

    for picture, name in (
        (time_courses_figure.figure(found), f"{found.study.id}.png"),
        (loo_pit.figure(time_courses_told.left_out(found)), f"{found.study.id}-loo_pit.png"),
    ):
        write_figure(picture, folder / name, dpi=110)
        loo_pit.plt.close(picture)


def write_record(fits: list[Any], said: Any, how: dict[str, Any], begun: float, folder: Path) -> None:
    """timecourses.json: how it was done, what the data sets say together, and each for itself."""
    from inference.runs.provenance import device_line
    from inference.runs.resumable import write_json

    write_json(
        folder / "timecourses.json",
        {
            **how,
            "wall_time_s": round(time.monotonic() - begun, 1),
            "device": device_line(),
            "together": dict(zip(said.names, said.together.tolist(), strict=True)),
            "apart": dict(zip(said.names, said.disagree.tolist(), strict=True)),
            "studies": {f.study.id: record(f) for f in fits},
        },
    )


def record(f: Any) -> dict[str, Any]:
    """One data set: its mode, the spread around it, and how each dish and observable is met."""
    import numpy as np

    from inference.datasets import time_courses_told

    return {
        "log_posterior": f.log_posterior,
        "near": f.near,
        "gained_last": f.gained,
        "loo_pit_p": time_courses_told.left_out(f).p,
        "ln": dict(zip(f.names, f.mean.tolist(), strict=True)),
        "sd_ln": dict(zip(f.names, np.sqrt(np.diag(f.covariance)).tolist(), strict=True)),
        "dishes": {n: {"values": k, "inside_89": i, "p": p} for n, k, i, p in time_courses_told.of_dishes(f)},
        "observables": {
            n: {"values": k, "inside_89": i, "neighbours": None if np.isnan(r) else r}
            for n, k, i, r in time_courses_told.checks(f)
        },
    }
