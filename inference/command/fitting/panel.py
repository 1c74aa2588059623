"""Fit many cell lines at once: `gp130 panel [FOLDER] [--quick] [--out RUN]`; the same command goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import results_folder
from models.engine.machine import prepare_jax

app = new_app()


@app.command(cls=Subcommand)
def main(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="with panel.csv (line, drug, source, hours, dose_nM and viability or ic50_nM) and "
            "lines.csv; default: what GP130_DATA has of CCLE and GDSC"
        ),
    ] = None,
    data: options.Data = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="a short run that writes every file; its numbers are not for use")
    ] = False,
    chains: Annotated[int | None, typer.Option(min=1, help="side by side; default 4")] = None,
    draws: Annotated[int | None, typer.Option(min=4, help="kept draws of each chain; default 500")] = None,
    warmup: Annotated[int | None, typer.Option(min=2, help="adapting transitions of each chain")] = None,
    simulated: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=options.LARGEST_SEED,
            help="put in place of the measurements what the model itself says at a point drawn from its "
            "beliefs by this seed, and say whether that comes back",
        ),
    ] = None,
    seed: options.Seed = 1,
    out: Annotated[Path | None, typer.Option(help="folder of the run; default results/panel")] = None,
) -> None:  # long: an option a line
    """What drugs do to many lines, as the mechanism, four axes a line and a residual: sampled, judged, and
    predictions of what was left out beside baselines without a mechanism.
    """
    place = folder or data
    if place is None:
        raise fail("panel: which measurements? name a folder with panel.csv, or set GP130_DATA")
    if not place.is_dir():
        raise fail(f"{place}: is no folder: name one with panel.csv, or with tables of CCLE and GDSC")
    if out is not None:
        options.writable_folder(out)
    prepare_jax("cpu", cores=1)
    import numpy as np

    from inference.panel import panel_fit, panel_tables, simulated_panel
    from inference.runs.console import Teller, stop_when_asked
    from inference.runs.outputs import write_table

    tables = panel_tables.read(place)
    truth = np.zeros(0)
    if simulated is not None:
        truth = simulated_panel.truth_of(tables, simulated)
        tables = simulated_panel.filled(tables, truth, simulated)
    base = panel_fit.QUICK if quick else panel_fit.FULL
    given = {"chains": chains, "draws": draws, "warmup": warmup}
    settings = replace(base, seed=seed, **{k: v for k, v in given.items() if v is not None})
    name = "panel" + ("-quick" if quick else "") + ("" if simulated is None else f"-simulated-{simulated}")
    run = out or results_folder() / name
    tell = Teller()
    asked = stop_when_asked(tell)
    try:
        found = panel_fit.fit_panel(tables, settings, to=run, teller=tell, stop=asked)
    except (KeyboardInterrupt, panel_fit.PanelStoppedError):
        tell.say(f"Stopped. Everything so far is kept in {run}; the same command goes on from there.")
        raise typer.Exit(130) from None
    if simulated is not None:
        z = found.tree["unknowns"].to_dataset()["z"]
        names = tuple(str(n) for n in z["unknown"].values)
        back = simulated_panel.came_back(names, truth, z.values)
        write_table(back, run / "truth.csv")
        tell.say(f"{back['inside'].sum()} of {len(back)} unknowns lie in their 89 % interval (truth.csv)")
    if not (found.verdict.ok or found.verdict.quick):
        raise typer.Exit(3)
