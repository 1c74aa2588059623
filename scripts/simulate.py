"""Simulate a dish: `simulate.py --preset u266 --il6 10 --drug bortezomib=4@0 --hours 48`; writes a netCDF
file and a figure.
"""

from __future__ import annotations

import difflib
import math
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from inference.command.start import start
from models.engine.machine import prepare_jax
from models.engine.resumable_file import PartsError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
LONGEST = 200_000  # output times
SHOWN = 4096  # sets of which the figure is made


class UsageError(ValueError):
    """Something asked for that does not exist or cannot be: option, finding, remedy."""


def nearest(option: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for an unknown name: says the nearest known one."""
    known = list(known)
    folded = {k.lower(): k for k in reversed(known)}
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.0)
    return UsageError(
        f"{option} {name}: is not known: did you mean {folded[close[0]] if close else known[0]!r}?"
    )


def number(option: str, text: str, lowest: float = 0.0) -> float:
    """A finite number not below `lowest`."""
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None
    if not math.isfinite(value) or value < lowest:
        raise UsageError(f"{option}: {text} must be finite and not below {lowest:g}")
    return value


def pairs(
    option: str, texts: list[str], known: Iterable[str], also: dict[str, str] | None = None
) -> dict[str, float]:
    """NAME=NUMBER options as a mapping; `also` holds other names of known ones."""
    known, found = list(known), {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageError(f"{option} {text}: write NAME=NUMBER")
        name = name if name in known else (also or {}).get(name.lower(), name)
        if name not in known:
            raise nearest(option, name, [*known, *(also or {})])
        if name in found:
            raise UsageError(f"{option} {name}: is given twice")
        found[name] = number(f"{option} {name}", value)
    return found


def doses(texts: list[str], minutes: float) -> list:
    """NAME=NM[@MINUTE] options as doses."""
    from models.dish import PRECULTURE, Dose
    from models.drugs import drug, drug_names

    given = []
    for text in texts:
        name, sign, rest = text.rpartition("=")
        if not sign:
            raise UsageError(f"--drug {text}: write NAME=NM or NAME=NM@MINUTE")
        amount, _, at = rest.partition("@")
        try:
            which = drug(name.strip())
        except KeyError:
            raise nearest("--drug", name, drug_names()) from None
        when = number(f"--drug {name}, time", at or "0", lowest=-PRECULTURE + 1)
        if when >= minutes:
            raise UsageError(
                f"--drug {name}: {when:g} min is not before the end ({minutes:g} min): give it earlier or "
                f"use more --hours"
            )
        given.append(Dose(which, number(f"--drug {name}", amount), when))
    return given


def writable(path: Path) -> Path:
    """The path, if a file can be written there: asked before anything is simulated."""
    there = next(p for p in path.absolute().parents if p.exists())
    if path.is_dir() or not there.is_dir() or not os.access(there, os.W_OK):
        raise UsageError(
            f"--out {path}: no file can be written there: give the name of a file in a folder of yours"
        )
    return path


@app.command()
def main(
    preset: Annotated[str, typer.Option(help="mm1s, u266, ina6, t1114, hepatocyte or osteoblast")] = "mm1s",
    il6: Annotated[str, typer.Option(help="IL-6 added at time 0, ng/mL")] = "0",
    input: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE from time 0 on: TNF, BMSC, contact, E2, ...; repeat")
    ] = None,
    drug: Annotated[
        list[str] | None, typer.Option(help="NAME=NM@MINUTE, negative before the stimulus; repeat")
    ] = None,
    pre: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE during the six days of pre-culture only; repeat")
    ] = None,
    hypothesis: Annotated[
        str, typer.Option(help="what estradiol does, H0 to H6, at the test value of its effect")
    ] = "H0",
    bortezomib: Annotated[
        str, typer.Option(help="what bortezomib does to NF-kB: A lowers it, B raises it")
    ] = "A",
    set: Annotated[list[str] | None, typer.Option(help="PARAMETER=VALUE; repeat")] = None,
    density: Annotated[str, typer.Option(help="myeloma cells at the start, 1e6/mL")] = "0.3",
    hours: Annotated[str, typer.Option(help="how long")] = "48",
    every: Annotated[str, typer.Option(help="minutes between outputs")] = "5",
    ensemble: Annotated[str, typer.Option(help="number of parameter sets; 1 = the nominal cell")] = "1",
    spread: Annotated[
        str, typer.Option(help="prior = what the tables believe; a number = the same sd of ln for all")
    ] = "prior",
    socs3_transit: Annotated[
        bool, typer.Option("--socs3-transit", help="with a transit compartment for SOCS3 mRNA")
    ] = False,
    seed: Annotated[int, typer.Option()] = 1,
    rtol: Annotated[
        str | None, typer.Option(help="relative tolerance; 1e-8 for one set, 1e-6 for an ensemble")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or gpu")] = "auto",
    out: Annotated[
        Path | None,
        typer.Option(help="netCDF file; the figure goes beside it; default results/simulate-PRESET.nc"),
    ] = None,
) -> None:
    """Simulate one dish, or an ensemble of cells in it, from the stimulus to the end."""
    if device not in ("auto", "cpu", "gpu"):
        raise nearest("--device", device, ("auto", "cpu", "gpu"))
    prepare_jax(device, cores=1)
    from models import spread as spreads
    from models.catalogue import BORTEZOMIB, HYPOTHESES, PRESETS, niche, with_parameters
    from models.dish import dish
    from models.drugs import DRUGS

    for option, name, known in (
        ("--preset", preset, PRESETS),
        ("--hypothesis", hypothesis, HYPOTHESES),
        ("--bortezomib", bortezomib, BORTEZOMIB),
    ):
        if name not in known:
            raise nearest(option, name, known)
    minutes, step = 60 * number("--hours", hours), number("--every", every)
    if minutes <= 0 or step <= 0:
        raise UsageError("--hours, --every: must be above 0")
    if minutes / step > LONGEST:
        raise UsageError(f"--every {every}: gives more than {LONGEST} output times: use a larger step")
    count = number("--ensemble", ensemble, 1.0)
    if count != int(count):
        raise UsageError(f"--ensemble {ensemble}: must be a whole number")
    count = int(count)
    width = None if spread == "prior" else number("--spread", spread)
    tolerance = number("--rtol", rtol or ("1e-8" if count == 1 else "1e-6"), 1e-13)
    network = plain = niche(socs3_transit)
    names = {d.lower(): u.input for u in DRUGS.values() for d in (u.name, *u.aliases)}
    inputs = [u.name for u in network.inputs]
    chosen = pairs("--set", set or [], [p.name for p in network.parameters])
    for p in network.parameters:
        if p.unit == "0-1" and chosen.get(p.name, 0.0) > 1:
            raise UsageError(f"--set {p.name}: is a share, between 0 and 1")
    held = {**HYPOTHESES[hypothesis].parameters, **BORTEZOMIB[bortezomib].parameters, **chosen}
    network = with_parameters(network, {**PRESETS[preset].parameters, **held})
    protocol = dish(
        network,
        "dish",
        preset=PRESETS[preset],
        il6=number("--il6", il6),
        inputs=pairs("--input", input or [], inputs, names),
        pre=pairs("--pre", pre or [], inputs, names),
        doses=doses(drug or [], minutes),
        density=number("--density", density),
    )
    path = writable(out or ROOT / "results" / f"simulate-{preset}.nc")
    sets = [[p.value for p in network.parameters]]
    if count > 1:
        sets = (
            spreads.from_prior(network, count, seed, held)
            if width is None
            else spreads.by_width(network, count, width, seed, held)
        )
    write(
        plain,  # its numbers stand in the sets: one compiled program for all presets and --set
        protocol,
        sets,
        minutes,
        step,
        tolerance,
        path,
        f"{PRESETS[preset].title}, {hypothesis}",
    )


def write(network, protocol, sets, minutes: float, step: float, rtol: float, path: Path, title: str) -> None:
    """Simulate, write the dataset and the figure, and say in a few lines what came out."""
    from dataclasses import replace

    import numpy as np

    from inference.simulation import dish_dataset
    from inference.simulation.dish_figure import main_readouts

    # A preset or --set already stands in the sets; what an ensemble drew must not be overwritten.
    asked = dish_dataset.Ensemble(
        network,
        replace(protocol, parameters={}),
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
    main_readouts(data, title).savefig(figure, dpi=130)
    end = data["concentration"].isel(time=-1).median("set")
    typer.echo(f"{path}\n{figure}")
    typer.echo(
        f"after {minutes / 60:g} h: cells {float(end.sel(species='N')):.3g} 1e6/mL, IL-6 "
        f"{1000 * float(end.sel(species='IL6')):.3g} pg/mL, "
        f"pSTAT3 {float(end.sel(species='pS')):.2f} of total, bone {float(end.sel(species='Z')):.4g} %"
    )


def streamed(asked, path: Path):
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
        raise UsageError(f"--ensemble {len(asked.sets)}: {room}: use fewer sets or a larger --every")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with Teller(Console(stderr=True, soft_wrap=True)).bar("sets", len(asked.sets)) as bar:
            if not dish_stream.stream(asked, path, share=connect(), tell=bar.to):
                return None
    except KeyboardInterrupt:
        typer.echo(
            f"stopped: what is finished lies in {dish_stream.folder(path)}; the same command goes on",
            err=True,
        )
        raise typer.Exit(130) from None
    return xr.open_dataset(path, engine="h5netcdf")


if __name__ == "__main__":
    start(app, UsageError, PartsError)
