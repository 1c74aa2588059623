"""Compute for others: `gp130 worker SCHEDULER`, on as many machines and as often as there is room."""

from __future__ import annotations

from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from inference.command.team_option import require_dask
from models.engine.machine import choose_device

app = new_app()


@app.command(cls=Subcommand)
def main(
    scheduler: Annotated[
        str,
        typer.Argument(help="tcp://HOST:PORT of a dask scheduler, or the file that it writes about itself"),
    ],
    device: options.Device = "auto",
) -> None:
    """Take blocks of independent fits from whoever asks the scheduler with --on, until the scheduler ends.

    The checkout must be that of whoever asks: versions and sources are compared before anything is computed.
    Dask lets whoever reaches the scheduler run code here, so use it on a network that is trusted.
    """
    require_dask("worker")
    choose_device(device)
    from inference.cluster.answering import serve

    typer.echo(f"Computing for {scheduler}, until its scheduler ends")
    serve(scheduler)
