"""Speed against other solvers at equal measured error: `gp130 benchmark [--quick] [--json FILE]`; prints a
table, writes one JSON object. `gp130 benchmark problems FOLDER` measures PEtab problems of other people.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.command.trusting import benchmark_problems
from inference.runs.folders import results_folder
from inference.runs.outputs import write_figure, write_text

app = new_app()
PACKAGES = Path(__file__).resolve().parents[3]
TARGETS = {
    "per_core_over_roadrunner": "6 (aim 20)",
    "over_kvaerno5_vmap": "300 on niche, 150 on core (aim 1,000)",
    "all_cores_over_one": "1.7 on 2 cores (aim 1.95)",
    "useful_work": "0.85 (aim 0.97)",
    "plan_useful_work_gpu": "0.9, predicted",
    "gradient_over_value_30": "at most 5 (aim 3)",
    "compile_value_s": "at most 20 (aim 8)",
    "compile_gradient_s": "at most 45 (aim 20)",
    "retraces": "0",
    "native_over_xla": "2 (aim 4)",
    "gradient_native_over_xla": "1.8 (aim 3)",
}


def child(
    name: str, work: dict[str, Any], cores: int | None, cache: Path, *, refused_ends: bool = False
) -> dict[str, Any]:
    """One part in a process of its own, pinned to its cores before JAX starts; the last line it prints is its
    result.

    Args:
        refused_ends: a part that refuses what is asked, in a line of its own, ends this command too.
    """
    env = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "XDG_CACHE_HOME": str(cache),  # of native kernels
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "PYTHONPATH": os.pathsep.join([str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    command = [
        sys.executable,
        "-P",
        "-m",
        "inference.command.trusting.benchmark_part",
        name,
        json.dumps(work),
        str(cores or 0),
    ]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if refused_ends and done.returncode == 2:
        raise typer.Exit(2)
    if done.returncode:
        typer.echo(f"benchmark: part {name} failed (above): its figures are missing", err=True)
        return {}
    return json.loads(done.stdout.strip().splitlines()[-1])


@app.command(cls=Subcommand)
def main(
    what: Annotated[
        str | None, typer.Argument(help="'problems': measure every PEtab problem of FOLDER", metavar="WHAT")
    ] = None,
    folder: Annotated[
        Path | None, typer.Argument(help="folders with one PEtab problem each", metavar="FOLDER")
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="fewer sets and repeats: under 10 minutes on 2 cores; of problems, values alone"
        ),
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="write all figures as one flat JSON object")
    ] = None,
    workload: Annotated[str, typer.Option(help="niche (40 states) or core (18 states)")] = "niche",
    figure: Annotated[Path | None, typer.Option(help="write the work-precision plot here (PNG)")] = None,
    references: Annotated[
        Path | None,
        typer.Option(
            help="of problems: table of problem, log_likelihood and, if there are any, tolerance and source; "
            "none: the simulations that come with each"
        ),
    ] = None,
    starts: Annotated[
        int, typer.Option(min=0, help="of problems: searches for the best known optimum, 0: none")
    ] = 8,
    seed: Annotated[int, typer.Option()] = 1,
    out: Annotated[
        Path | None, typer.Option(help="of problems: folder; default results/problems; goes on where it was")
    ] = None,
) -> None:  # long: an option a line
    """Measure this machine: every comparison side by side in one process, at equal error against a tight
    CVODE reference. With `problems FOLDER`: value, slopes, cost and optimum of PEtab problems.
    """
    if what is not None:
        options.chosen("WHAT", what, ("problems",))
        raise typer.Exit(0 if _problems(folder, references, out, starts, seed, quick) else 3)
    options.chosen("--workload", workload, ("niche", "core"))
    for path in (json_file, figure):
        if path is not None and not path.resolve().parent.is_dir():
            raise fail(f"{path}: its folder does not exist: make it first")
    begun = time.monotonic()
    asked = {"workload": workload, "quick": quick}
    found: dict[str, Any] = {"workload": workload, "quick": quick}
    # What is to be compiled cold comes before the parts that would leave it in the cache.
    parts = [
        ("compile_value", None),
        ("compile_gradient", None),
        ("gradient", None),
        ("native", None),
        ("ensemble", 1),
        ("ensemble_all", None),
        ("device", 1),
        ("precision", 1),
    ]
    with tempfile.TemporaryDirectory() as cache:
        for i, (name, cores) in enumerate(parts, 1):
            typer.echo(f"[{i}/{len(parts)}] {name} ({time.monotonic() - begun:.0f} s so far) ...", err=True)
            # One cache, empty at first: what has been compiled on the way to a part's own program need not be
            # again.
            found |= child(name, asked, cores, Path(cache), refused_ends=True)
            if name.startswith("compile"):  # once more, from the programs just kept
                warm = child(name, asked, cores, Path(cache))
                found |= {k.replace("_s", "_warm_s"): v for k, v in warm.items() if k.startswith("compile")}
    points = found.pop("points", [])
    if figure is not None and points:
        draw(points, workload, figure)
    if {"one_core_ms", "all_cores_ms"} <= found.keys():
        found["all_cores_over_one"] = found["one_core_ms"] / found["all_cores_ms"]
        found["trajectories_per_s"] = 1e3 / found["all_cores_ms"]
    found["wall_s"] = round(time.monotonic() - begun, 1)
    if json_file is not None:
        write_text(json.dumps(found, indent=1) + "\n", json_file)
    show(found)


def _problems(
    folder: Path | None, references: Path | None, out: Path | None, starts: int, seed: int, quick: bool
) -> bool:
    """Whether every problem of the folder comes out right."""
    if folder is None or not folder.is_dir():
        raise fail(f"FOLDER {folder or ''}: is no folder: name one that holds PEtab problems")
    if references is not None and not references.is_file():
        raise fail(f"--references {references}: is no file: name a table of problem and log_likelihood")
    place = options.writable_folder(out or results_folder() / "problems")
    asked = {"slopes": not quick, "starts": 0 if quick else starts, "pypesto": not quick, "seed": seed}
    return benchmark_problems.measure(folder, references, place, asked, child)


def draw(points: list[list[Any]], name: str, path: Path) -> None:
    """The work-precision plot of (solver, rtol, error, ms a trajectory)."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    for solver, marker in zip(dict.fromkeys(p[0] for p in points), "osD^vP", strict=False):
        own = sorted(p[2:] for p in points if p[0] == solver)
        axis.loglog([e for e, _ in own], [ms for _, ms in own], marker=marker, label=solver)
    axis.set(
        xlabel="error (median over sets of the largest relative error)",
        ylabel="ms a trajectory, one core",
        title=f"{name} workload: 48 h, 16 output times",
    )
    axis.grid(alpha=0.3, which="both")
    axis.legend(frameon=False)
    write_figure(figure, path, dpi=150)


def show(found: dict[str, Any]) -> None:
    """The figures as a table, the targets beside them."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(
        title=f"{found['workload']} workload, {found.get('device', '?')}, {found.get('precision', '?')}"
    )
    for column in ("figure", "found", "target"):
        grid.add_column(column, justify="left" if column != "found" else "right")
    for key, value in found.items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        grid.add_row(key, shown, TARGETS.get(key, ""))
    Console(width=130).print(grid)
