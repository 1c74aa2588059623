"""Likelihood of a PEtab problem at one parameter vector: one JSON object on stdout, nothing else."""

import contextlib
import json
import pathlib
import sys
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    problem: Annotated[
        str | None,
        typer.Argument(
            help="problem.yaml of a PEtab problem (version 1 or 2), or the name of a built-in study"
        ),
    ] = None,
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
    if not features and problem is None:
        raise fail("PROBLEM: is missing: name a problem.yaml or a built-in study")
    if not (0 < rtol < 1 and atol > 0):
        raise fail(f"{'--atol' if 0 < rtol < 1 else '--rtol'}: is no tolerance: give a small positive number")
    source = options.study("" if problem is None else problem) if not features else ""
    if parameters is not None and not parameters.is_file():
        raise fail(f"--parameters {parameters}: is no file: name a table of parameterId and value")
    with contextlib.redirect_stdout(sys.stderr):
        prepare_jax(cores=1)
        from inference.likelihood import at_one_point
        from inference.study.loading import load

        if features:
            result = at_one_point.FEATURES
        else:
            study = load(source)
            theta = study.nominal if parameters is None else at_one_point.read_parameters(study, parameters)
            print(f"evaluating {study.id} (compiling first) ...")
            result = at_one_point.evaluate(study, theta, gradient=gradient, rtol=rtol, atol=atol)
    print(json.dumps(result, indent=2))
    if not features and not result["ok"]:
        raise typer.Exit(1)
