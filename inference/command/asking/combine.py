"""Two drugs together, or all pairs: `combine --prior --drug bortezomib --drug venetoclax=1:1000`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from inference.command import declared_names, options
from inference.command.options import number
from inference.command.start import STOPPED, Subcommand, fail, new_app
from inference.runs.folders import results_folder
from models.engine.machine import prepare_jax

app = new_app()
UNITS = {"pm": 1e-3, "nm": 1.0, "um": 1e3, "\u00b5m": 1e3, "\u03bcm": 1e3, "mm": 1e6}  # in nM
WRITE = "write NAME, or NAME=LOW:HIGH in nM or with a unit, for example venetoclax=1nM:1uM"


def dose(option: str, text: str) -> float:
    """A dose in nM, of a number with or without its unit."""
    match = re.fullmatch(r"\s*([-+.\deE]+)\s*(\D*?)\s*", text)
    if match is None:
        raise fail(f"{option}: {text[:40]!r} is no dose: {WRITE}")
    unit = match[2].lower() or "nm"
    if unit not in UNITS:
        raise fail(f"{option}: {match[2][:20]!r} is no unit of a dose: use pM, nM, uM or mM")
    value = number(option, match[1]) * UNITS[unit]
    if value == 0:
        raise fail(f"{option}: a dose is a positive number")
    return value


def ranges(texts: list[str] | None) -> list[str] | None:
    """NAME or NAME=LOW:HIGH options, each with the drug's own name and doses in nM."""
    checked = []
    for text in texts or []:
        name, sign, limits = text.partition("=")
        named = options.named_drug(name)
        if not sign:
            checked.append(named)
            continue
        ends = limits.split(":")
        if len(ends) != 2:
            raise fail(f"--drug {text}: {WRITE}")
        low, high = (dose(f"--drug {name}", e) for e in ends)
        if not low < high:
            raise fail(f"--drug {name}: {low:g} nM is not below {high:g} nM: the lower dose comes first")
        checked.append(f"{named}={low!r}:{high!r}")
    return checked


@app.command(cls=Subcommand)
def main(
    run: options.RunOrNone = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="combine under the declared priors, without any fit")
    ] = False,
    drug: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=LOW:HIGH]",
            help="twice: a grid of doses, nM or with unit; more often, or not at all: a screen of all pairs",
            callback=ranges,
            autocompletion=options.completing(lambda: [d.name for d in declared_names.drugs()]),
        ),
    ] = None,
    preset: options.Preset = "mm1s",
    condition: options.Condition = "alone",
    hypothesis: options.Hypothesis = "H1",
    hours: Annotated[float, typer.Option(min=1, max=720, help="length of the treatment")] = 48.0,
    steps: Annotated[int, typer.Option(min=3, max=12, help="doses of each drug in a grid")] = 6,
    draws: Annotated[int, typer.Option(min=2, help="parameter sets behind every band")] = 32,
    seed: options.Seed = 1,
    device: options.Device = "auto",
    out: Annotated[Path | None, typer.Option(help="folder; default results/combine-...")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="use a run whose verdict is not ok, and mark the result")
    ] = False,
) -> None:  # long: an option a line
    """Do two drugs kill more together than apart: Bliss, highest single agent, Loewe, ZIP, with the doubt of
    each. Interrupted: the same command goes on.
    """
    options.source_of("combine", run, prior)
    if drug is not None and len(drug) == 1:
        raise fail(f"--drug {drug[0]}: one drug is no combination: name two, or more for all their pairs")
    if out is not None:
        options.writable_folder(out)
    prepare_jax(device)
    import pandas as pd

    from inference.resistance import believed_from
    from inference.resistance.combinations import combination_files as files
    from inference.runs.console import Teller, stop_when_asked
    from inference.runs.run import Run
    from models.drugs import drug as drug_named

    folder, source = believed_from.asked("combine", run, prior, hypothesis, force=force)
    chosen = []
    for text in drug or []:
        name, _, limits = text.partition("=")
        low, _, high = limits.partition(":")
        chosen.append((drug_named(name), (float(low), float(high)) if limits else None))
    place = out or files.default_folder(chosen, condition, preset, folder or results_folder())
    tell = Teller()
    pieces = Run(place / "pieces", tell, stop_when_asked(tell))
    asked = {
        "drugs": [f"{d.name} {limits}" for d, limits in chosen],
        "source": source.name,
        "hypothesis": hypothesis,
        "condition": condition,
        "preset": preset,
        "hours": hours,
        "steps": steps,
        "draws": draws,
        "seed": seed,
    }
    pieces.belongs_to(asked)
    found = files.combined(
        chosen,
        source,
        pieces,
        condition=condition,
        preset=preset,
        draws=draws,
        seed=seed,
        steps=steps,
        hours=hours,
    )
    if found is None:
        typer.echo(STOPPED, err=True)
        raise typer.Exit(130)
    places = files.write(found, place)
    shown: pd.DataFrame = found.table().drop(columns=["note", "mark"], errors="ignore").head(15)
    if isinstance(found, files.PairRanking):
        if found.idle:
            tell.say(f"Left out, for they do not change survival here: {', '.join(found.idle)}")
        columns = ["excess", "low", "high", "rank", "rank_low", "rank_high", "p_top_ten", "rests_on"]
        shown = shown.filter(items=columns)
    tell.say(shown.to_string(float_format=lambda v: f"{v:.3g}", na_rep=""))
    tell.say("\n".join(map(str, places)))
    tell.say(str(found.data.attrs["note"]))
