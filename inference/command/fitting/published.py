"""Writes the data of a published model, read from the folder of measured data, as a PEtab problem."""

import pathlib
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from inference.runs.folders import results_folder

MODELS = ("zeilfelder", "sobotta")

app = new_app()


@app.command(cls=Subcommand)
def main(
    model: Annotated[str, typer.Argument(help="zeilfelder or sobotta")],
    out: Annotated[
        pathlib.Path | None, typer.Option(help="folder to write; default results/published/MODEL")
    ] = None,
    data: options.Data = None,
) -> None:
    """Write problem.yaml, its tables and its SBML model; fit it with gp130 fit, or evaluate it with
    gp130 evaluate.
    """
    which = options.chosen("MODEL", model, MODELS)
    source = options.measured_data(data)
    from inference.datasets import published_models
    from inference.study.petab import petab_export

    make = published_models.zeilfelder if which == MODELS[0] else published_models.sobotta
    path = petab_export.write(make(source), out or results_folder() / "published" / which)
    typer.echo(f"wrote {path}")
