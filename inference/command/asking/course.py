"""Relapse under regimens: `gp130 course` draws VRd, Rd and Vd; `--regimen` takes others, in plain words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import results_folder
from models.engine.machine import prepare_jax

if TYPE_CHECKING:
    from inference.runs.run import Run

app = new_app()
FEWEST, MOST = 24, 20_000
SHOWN = "VRd Rd Vd VenVd V SV VMP SVMP"


@app.command(cls=Subcommand)
def main(  # long: an option a line
    regimen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REGIMEN",
            help=f"one of {SHOWN}, or words such as NAME=bortezomib 1.3 mg/m2 d1,4,8,11 q21d x8; repeat; "
            "none: VRd, Rd and Vd",
        ),
    ] = None,
    line: Annotated[
        str,
        typer.Option(
            help="patients that other regimens are drawn for: new or relapsed",
            callback=options.one_of("--line", lambda: ["new", "relapsed"]),
        ),
    ] = "relapsed",
    niche: Annotated[
        bool, typer.Option("--niche", help="also Vd with siltuximab, without fat cells, with estradiol")
    ] = False,
    predict: Annotated[
        bool, typer.Option("--predict", help="also the trials that no weight is made from, each scored")
    ] = False,
    check: Annotated[
        int | None,
        typer.Option(
            min=2, max=200, help="compare the reduction with the whole simulation on so many, and end"
        ),
    ] = None,
    patients: Annotated[int, typer.Option(min=FEWEST, max=MOST, help="virtual patients")] = 504,
    models: Annotated[int, typer.Option(min=2, max=500, help="draws of what all patients share")] = 24,
    hypothesis: options.Hypothesis = "H0",
    seed: options.Seed = 1,
    out: Annotated[Path | None, typer.Option(help="folder; default results/course")] = None,
) -> None:
    """Draw relapse curves of virtual patients under regimens. Not for clinical use. Interrupted: the same
    command goes on.
    """
    if models > patients // 4:
        raise fail(f"--models {models}: must leave at least 4 of the {patients} patients to each")
    folder = options.writable_folder(out or results_folder() / "course")
    chosen = [named(text) for text in regimen or ["VRd", "Rd", "Vd"]]
    prepare_jax("cpu")
    from inference.course import course_files
    from inference.course.asked_course import AskedCourse, niche_of, treatments_of
    from inference.course.course_figures import HEAD
    from inference.runs.console import Teller, stop_when_asked
    from inference.runs.run import Run

    tell = Teller()
    if check is not None:
        return checked(chosen[0][0], check, seed, Run(folder, tell, stop_when_asked(tell)))
    treatments = treatments_of(chosen, "newly diagnosed" if line == "new" else "relapsed")
    treatments += niche_of("Vd") if niche else ()
    asked = AskedCourse(treatments, patients, models, seed, hypothesis, predict)
    tell.say(HEAD)
    answer = course_files.made(asked, Run(folder, tell, stop_when_asked(tell)))
    if answer is None:
        tell.say("Stopped. What is finished is kept; the same command goes on from there.")
        raise typer.Exit(130)
    for row in course_files.said(answer):
        typer.echo(row)
    typer.echo(f"{folder / 'curves.png'}, curves.nc and tables beside it")


def checked(name: str, count: int, seed: int, run: Run) -> None:
    """Say how far the reduction is from the whole simulation under a trial's regimen, and write the table."""
    from inference.course.reduction_check import reduction_error, told
    from inference.course.trials import TREATMENTS
    from inference.course.virtual_patients import virtual_patients
    from inference.runs.outputs import write_table

    if name not in TREATMENTS:
        raise fail(f"--check {count}: is done for a regimen of a trial: one of {SHOWN}")
    table = reduction_error(virtual_patients(count, 5, seed), TREATMENTS[name], replace(run, keeps=False))
    if table is None:
        raise typer.Exit(130)
    write_table(table, run.folder / f"reduction-{name}.csv", index_label="patient")
    typer.echo(told(table))


def named(text: str) -> tuple[str, str]:
    """NAME and words of a regimen; a name alone is one of those that trials gave."""
    from inference.course.trials import TREATMENTS
    from models.course.regimen_words import RegimenError, read_regimen
    from models.nearest_name import unknown

    name, sign, words = text.partition("=")
    if not sign and text in TREATMENTS:
        return text, TREATMENTS[text].words
    if not sign and " " not in text:
        raise fail(unknown("--regimen", text, TREATMENTS))
    name, words = (name.strip(), words) if sign else ("asked", text)
    if not name or not name.isprintable() or len(name) > 40 or " + " in name:
        raise fail(f"--regimen {text[:60]}: a name of up to 40 letters comes before =")
    try:
        read_regimen(words)
    except RegimenError as error:
        raise fail(f"--regimen {name}: {error}") from None
    return name, words
