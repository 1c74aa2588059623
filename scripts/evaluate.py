"""Likelihood of a PEtab problem at one parameter vector: one JSON object on stdout, nothing else."""

import contextlib
import json
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
    problem: Annotated[
        str,
        typer.Argument(
            help="problem.yaml of a PEtab problem (version 1 or 2), or the name of a built-in study"
        ),
    ] = "",
    parameters: Annotated[
        pathlib.Path | None, typer.Option(help="table of parameterId and value (linear scale)")
    ] = None,
    gradient: Annotated[
        bool, typer.Option("--gradient", help="also the gradient of the log-likelihood, by parameter")
    ] = False,
    rtol: Annotated[float, typer.Option(help="relative tolerance of the solver")] = 1e-10,
    atol: Annotated[
        float, typer.Option(help="absolute tolerance of the solver, in units of the species")
    ] = 1e-12,
    features: Annotated[
        bool, typer.Option("--features", help="print what is supported, and what is refused by name")
    ] = False,
) -> None:
    """Print log_likelihood (as PEtab defines it), log_prior, chi2, n_measurements and, if asked, gradient."""
    with contextlib.redirect_stdout(sys.stderr):
        from inference.likelihood import at_one_point
        from inference.study.study import StudyError, load

        if features:
            result = at_one_point.FEATURES
        else:
            try:
                if not problem:
                    raise StudyError("evaluate: no problem given: name a problem.yaml or a built-in study")
                study = load(problem)
                theta = (
                    study.nominal if parameters is None else at_one_point.read_parameters(study, parameters)
                )
                result = at_one_point.evaluate(study, theta, gradient=gradient, rtol=rtol, atol=atol)
            except StudyError as e:
                print(e, file=sys.stderr)
                raise typer.Exit(2) from None
    print(json.dumps(result, indent=2))
    if not features and not result["ok"]:
        raise typer.Exit(1)


if __name__ == "__main__":
    start(app)
