"""Sliders for the cell in its niche, in a browser: `gp130 explore RUN` or `gp130 explore --prior`."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, new_app
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    run: options.RunOrNone = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="explore the declared priors, without any fit")
    ] = False,
    preset: options.Preset = "mm1s",
    hypothesis: options.Hypothesis = "H1",
    seed: options.Seed = 1,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="of the page on this machine; 0: any free one")
    ] = 5006,
    address: Annotated[
        str, typer.Option(help="IP address to listen on; others on its network may try to read the page")
    ] = "127.0.0.1",
    show: Annotated[bool, typer.Option(help="open the browser")] = True,
) -> None:
    """Serve the explorer on this machine until Ctrl-C. The first answer waits for compilation (a minute or
    two).
    """
    options.source_of("explore", run, prior)
    from inference.explorer.server import page_server, served_hosts

    served_hosts(address, port)
    prepare_jax(cores=1)
    from inference.explorer import controls as explore
    from inference.resistance import believed_from
    from models.drugs import shown_drugs

    _, source = believed_from.asked("explore", run, prior, hypothesis, force=True)
    typer.echo(f"Preparing the explorer of {source.name} (compiling first) ...")
    ready = explore.explorer(source, tuple(d for d, _ in shown_drugs()), preset, seed)
    from inference.explorer.explorer_page import page

    server, url = page_server(lambda: page(ready, source), port=port, address=address, title="gp130 explorer")
    typer.echo(f"{url} (for you alone; Ctrl-C ends)")
    if show:
        webbrowser.open(url)
    server.start()
    server.io_loop.start()
