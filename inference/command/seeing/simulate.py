"""Simulate a dish: `gp130 simulate --preset u266 --il6 10 --drug bortezomib=4@0 --hours 48`; writes a netCDF
file and a figure.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inference.command import declared_names, options
from inference.command.options import number
from inference.command.start import MOST, Subcommand, fail, new_app
from inference.runs.folders import results_folder
from inference.runs.outputs import write_figure
from models.engine.machine import prepare_jax
from models.nearest_name import unknown

if TYPE_CHECKING:
    import xarray as xr

    from inference.command.seeing.population_of import CellsAsked
    from inference.simulation.any_dish import AnyDish
    from inference.simulation.dish_dataset import Ensemble

app = new_app()
LONGEST = 200_000  # output times
LATEST = 1e6  # h, a century
WIDEST = 20.0  # sd of ln; beyond it factors leave the numbers of a machine
SHOWN = 4096  # sets of which the figure is made


@dataclass(frozen=True)
class Given:
    """A drug, how much of it (nM) and when (min)."""

    drug: str
    amount: float
    at: float


def pairs(
    option: str, texts: list[str], known: Iterable[str], also: dict[str, str] | None = None
) -> dict[str, float]:
    """NAME=NUMBER options as a mapping; `also` holds other names of known ones."""
    known, found = list(known), {}
    for text in texts:
        name, sign, value = text.partition("=")
        name = name if name in known else (also or {}).get(name.lower(), name)
        if name not in known:
            raise fail(unknown(option, name, [*known, *(also or {})], see="gp130 tables"))
        if not sign:
            raise fail(f"{option} {text}: write NAME=NUMBER")
        if name in found:
            raise fail(f"{option} {name}: is given twice")
        found[name] = number(f"{option} {name}", value)
    return found


def doses(texts: list[str], minutes: float) -> list[Given]:
    """NAME=NM[@MINUTE] options as doses."""
    given = []
    for text in texts:
        name, sign, rest = text.rpartition("=")
        if not sign:
            options.named_drug(text)
            raise fail(f"--drug {text}: write NAME=NM or NAME=NM@MINUTE")
        amount, _, at = rest.partition("@")
        which = options.named_drug(name)
        when = number(f"--drug {name}, time", at or "0", lowest=-math.inf)
        if when >= minutes:
            raise fail(
                f"--drug {name}: {when:g} min is not before the end ({minutes:g} min): give it earlier or "
                f"use more --hours"
            )
        given.append(Given(which, number(f"--drug {name}", amount), when))
    return given


@app.command(cls=Subcommand)
def main(  # long: an option a line
    preset: options.Preset = "mm1s",
    il6: Annotated[str, typer.Option(help="IL-6 added at time 0, ng/mL")] = "0",
    input: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE from time 0 on: TNF, BMSC, contact, E2, ...; repeat")
    ] = None,
    drug: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=nM@MINUTE, negative before the stimulus; repeat", autocompletion=options.dose_names
        ),
    ] = None,
    pre: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE during the six days of pre-culture only; repeat")
    ] = None,
    hypothesis: Annotated[
        str,
        typer.Option(
            help="what estradiol does, H0 to H6, at the test value of its effect",
            callback=options.HYPOTHESIS,
            autocompletion=options.completing(options.hypothesis_names),
        ),
    ] = "H0",
    bortezomib: Annotated[
        str,
        typer.Option(
            help="what bortezomib does to NF-kB: A lowers it, B raises it",
            callback=options.one_of("--bortezomib", lambda: [d.name for d in declared_names.variants()]),
        ),
    ] = "A",
    set: Annotated[list[str] | None, typer.Option(help="PARAMETER=VALUE; repeat")] = None,
    density: Annotated[str, typer.Option(help="myeloma cells at the start, 1e6/mL")] = "0.3",
    hours: Annotated[str, typer.Option(help="how long")] = "48",
    every: Annotated[str, typer.Option(help="minutes between outputs")] = "5",
    ensemble: Annotated[str, typer.Option(help="number of parameter sets; 1 = the nominal cell")] = "1",
    population: Annotated[
        str | None,
        typer.Option(help="number of cells that differ, in all; with the doubt about their average apart"),
    ] = None,
    averages: Annotated[
        str | None,
        typer.Option(help="average cells that share the --population; 1 = the nominal one; default 20"),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="with --population: dose-response, and what makes its slope")
    ] = False,
    run: Annotated[
        str | None,
        typer.Option(help="with --population: averages from the posterior of this fit, not from the prior"),
    ] = None,
    spread: Annotated[
        str, typer.Option(help="prior = what the tables believe; a number = the same sd of ln for all")
    ] = "prior",
    socs3_transit: Annotated[
        bool, typer.Option("--socs3-transit", help="with a transit compartment for SOCS3 mRNA")
    ] = False,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="what the niche has beside: assembly, bcl2_binding, ...; grown = all that agree; repeat",
            callback=options.each_of("--part", lambda: ["grown", *(d.name for d in declared_names.parts())]),
        ),
    ] = None,
    seed: options.Seed = 1,
    rtol: Annotated[
        str | None, typer.Option(help="relative tolerance; 1e-8 for one set, 1e-6 for an ensemble")
    ] = None,
    device: options.Device = "auto",
    out: Annotated[
        Path | None,
        typer.Option(help="netCDF file; the figure goes beside it; default results/simulate-PRESET.nc"),
    ] = None,
) -> None:
    """Simulate one dish, or an ensemble of cells in it, from the stimulus to the end."""
    minutes, step = 60 * number("--hours", hours, highest=LATEST), number("--every", every)
    if minutes <= 0 or step <= 0:
        raise fail(f"{'--hours' if minutes <= 0 else '--every'}: must be above 0")
    if minutes / step > LONGEST:
        raise fail(f"--every {every}: gives more than {LONGEST} output times: use a larger step")
    count = number("--ensemble", ensemble, 1.0, MOST)
    if count != int(count):
        raise fail(f"--ensemble {ensemble}: must be a whole number")
    count = int(count)
    many = of_cells(population, averages, curve, run, ensemble, spread, every)
    width = None if spread == "prior" else number("--spread", spread, highest=WIDEST)
    tolerance = number("--rtol", rtol or ("1e-8" if count == 1 else "1e-6"), 1e-13, 0.1)
    names = {n.lower(): d.texts[0] for d in declared_names.drugs() for n in (d.name, *d.also)}
    inputs = [d.name for d in declared_names.rows("Input")]
    chosen = pairs("--set", set or [], [d.name for d in declared_names.rows("Parameter")])
    stimulus, before = pairs("--input", input or [], inputs, names), pairs("--pre", pre or [], inputs, names)
    given = doses(drug or [], minutes)
    cells, added = number("--density", density), number("--il6", il6)
    kind = "simulate" if many is None else "population"
    path = options.writable_file(out or results_folder() / f"{kind}-{preset}.nc")
    prepare_jax(device, cores=None if many is not None else 1)
    from inference.simulation.any_dish import any_dish, dose_of

    asked = any_dish(
        preset=preset,
        il6=added,
        doses=[dose_of(g.drug, (g.amount, g.at)) for g in given],
        inputs=stimulus,
        pre=before,
        hypothesis=hypothesis,
        bortezomib=bortezomib,
        parameters=chosen,
        density=cells,
        transit=socs3_transit,
        parts=part or [],
    )
    if many is not None:
        from inference.command.seeing.population_of import write_population

        write_population(asked, many, minutes / 60, seed, rtol, path)
        return
    sets = [asked.nominal()] if count == 1 else asked.drawn(count, seed, width)
    sized = "one cell" if count == 1 else f"{count} cells"
    typer.echo(f"Simulating {sized} ({asked.title}) for {minutes / 60:g} h; compiling first ...", err=True)
    write(asked, sets, minutes, step, tolerance, path)


def of_cells(
    population: str | None,
    averages: str | None,
    curve: bool,
    run: str | None,
    ensemble: str,
    spread: str,
    every: str,
) -> CellsAsked | None:
    """What --population and the options that belong to it ask for; None where it is not given."""
    from inference.command.seeing.population_of import CellsAsked

    if population is None:
        for name, given in (("--averages", averages), ("--curve", curve), ("--run", run)):
            if given:
                raise fail(f"{name}: belongs to --population: add it, with a number of cells")
        return None
    if ensemble != "1" or spread != "prior":
        raise fail(
            "--population: is another question than --ensemble and --spread: cells that differ, not sets of "
            "numbers: use one of them"
        )
    if every != "5":
        raise fail("--every: cells of a --population are looked at 48 times: leave it out")
    numbers = []
    for name, text in (("--population", population), ("--averages", averages or "20")):
        value = number(name, text, 1.0, MOST)
        if value != int(value):
            raise fail(f"{name} {text}: must be a whole number")
        numbers.append(int(value))
    if averages is None:
        numbers[1] = min(numbers)
    if numbers[1] > numbers[0]:
        raise fail(f"--averages {numbers[1]}: must not be above the {numbers[0]} cells of --population")
    if run is not None:
        options.source_of("simulate", run, False)
    return CellsAsked(numbers[0], numbers[1], curve, run)


def write(dish: AnyDish, sets: Any, minutes: float, step: float, rtol: float, path: Path) -> None:
    """Simulate, write the dataset and the figure, and say in a few lines what came out."""
    import numpy as np

    from inference.simulation import dish_dataset
    from inference.simulation.dish_figure import main_readouts

    asked = dish_dataset.Ensemble(
        dish.network,
        dish.protocol,
        np.asarray(sets),
        dish_dataset.output_times(minutes, step),
        dish_dataset.Numerics(rtol, 1e-3 * rtol, 100_000),
        " ".join(sys.argv[1:]),
    )
    data = dish_dataset.simulate(asked) if asked.pieces == 1 else streamed(asked, path)
    if data is None:
        return
    count = data.sizes["set"]
    failed = int((~data["ok"]).sum())
    for text, n in zip(
        *np.unique(data["reason"].values[~data["ok"].values].astype(str), return_counts=True), strict=True
    ):
        typer.echo(f"{n} of {count} sets failed: {text}; their parameters are in `parameter_value`", err=True)
    if failed == count:
        raise typer.Exit(1)
    if asked.pieces == 1:
        path.parent.mkdir(parents=True, exist_ok=True)
        dish_dataset.save(data, path)
    if count > SHOWN:
        typer.echo(f"figure and medians: of the first {SHOWN} sets", err=True)
    data = data.isel(set=slice(0, SHOWN)).load()
    figure = path.with_suffix(".png")
    write_figure(main_readouts(data, dish.title), figure)
    end = data["concentration"].isel(time=-1).median("set")
    typer.echo(f"{path}\n{figure}")
    typer.echo(
        f"after {minutes / 60:g} h: cells {float(end.sel(species='N')):.3g} 1e6/mL, IL-6 "
        f"{1000 * float(end.sel(species='IL6')):.3g} pg/mL, "
        f"pSTAT3 {float(end.sel(species='pS')):.2f} of total, bone {float(end.sel(species='Z')):.4g} %"
    )


def streamed(asked: Ensemble, path: Path) -> xr.Dataset | None:
    """Simulate many sets into the file and open it; None where another process of a job still has some
    to do.
    """
    import xarray as xr
    from rich.console import Console

    from inference.runs.console import Teller
    from inference.simulation import dish_stream
    from models.engine.devices import connect

    needed, free = dish_stream.bytes_needed(asked, path)
    if needed > free:
        room = f"needs up to {needed / 2**30:.0f} GiB beside {path}, where {free / 2**30:.0f} are free"
        raise fail(f"--ensemble {len(asked.sets)}: {room}: use fewer sets or a larger --every")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with Teller(Console(stderr=True, soft_wrap=True, markup=False)).bar("sets", len(asked.sets)) as bar:
            if not dish_stream.stream(asked, path, share=connect(), tell=bar.to):
                return None
    except KeyboardInterrupt:
        typer.echo(
            f"stopped: what is finished lies in {dish_stream.folder(path)}; the same command goes on",
            err=True,
        )
        raise typer.Exit(130) from None
    return xr.open_dataset(path, engine="h5netcdf")
