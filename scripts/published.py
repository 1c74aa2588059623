"""Writes the data of a published model, read from the folder of measured data, as a PEtab problem."""

import pathlib
import sys
from typing import Annotated

import typer

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]
from inference.command.start import start

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    model: Annotated[str, typer.Argument(help="zeilfelder or sobotta")],
    out: Annotated[
        pathlib.Path | None, typer.Option(help="folder to write; default results/published/MODEL")
    ] = None,
    data: Annotated[
        pathlib.Path, typer.Option(envvar="GP130_DATA", help="folder of the measured data")
    ] = ROOT.parent / "shared" / "data",
) -> None:
    """Write problem.yaml, its tables and its SBML model; fit it with scripts/fit.py, or evaluate it with
    scripts/evaluate.py.
    """
    from inference.datasets import published_models
    from inference.study import petab_export

    makers = {"zeilfelder": published_models.zeilfelder, "sobotta": published_models.sobotta}
    if model not in makers:
        print(f"model {model!r}: is not one of {', '.join(makers)}: name one of them", file=sys.stderr)
        raise typer.Exit(2)
    if not data.is_dir():
        print(
            f"{data}: is no folder: name the folder of the measured data with --data or GP130_DATA",
            file=sys.stderr,
        )
        raise typer.Exit(2)
    path = petab_export.write(makers[model](data), out or ROOT / "results" / "published" / model)
    print(f"wrote {path}")


if __name__ == "__main__":
    start(app)
