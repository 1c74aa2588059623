"""gp130 help TOPIC: a command, or a word that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from inference.command import contents, declared_names
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import results_folder
from models.nearest_name import unknown


def _columns(rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]) - 1)]
    return "\n".join(
        "  " + "  ".join([*(c.ljust(w) for c, w in zip(r, widths, strict=False)), r[-1]]) for r in rows
    )


def _presets() -> str:
    return "Kinds of cell (--preset), whatever the case:\n\n" + _columns(
        (d.name, d.texts[0]) for d in declared_names.presets()
    )


def _drugs() -> str:
    rows = ((d.name, d.texts[1], ", ".join(d.also)) for d in declared_names.drugs())
    return (
        "Drugs (--drug NAME=nM; simulate also takes NAME=nM@MINUTE), by any of their names:\n\n"
        + _columns(rows)
        + "\n\nPotencies, usual doses and sources: gp130 tables drugs"
    )


def _hypotheses() -> str:
    return (
        "What estradiol does (--hypothesis):\n\n"
        + _columns((d.name, _sentence(d)) for d in declared_names.hypotheses())
        + "\n\nWhat bortezomib does to NF-kB (simulate --bortezomib):\n\n"
        + _columns((d.name, d.texts[0]) for d in declared_names.variants())
    )


def _sentence(d: declared_names.Declared) -> str:
    return next(t for t in d.texts if t.endswith("."))


def _conditions() -> str:
    return "Surroundings of the cell during a treatment (--condition):\n\n" + _columns(
        (d.name, d.texts[0]) for d in declared_names.conditions()
    )


def _readouts() -> str:
    rows = [(d.name, d.texts[0]) for d in declared_names.readouts()]
    return (
        "What a question about resistance reads (rank --readout); larger = more resistant:\n\n"
        + _columns(rows)
        + "\n\nWays to rank (rank --method): "
        + ", ".join(d.name for d in declared_names.methods())
    )


def _studies() -> str:
    return (
        "Built-in studies (fit, optimise, evaluate, calibrate, compare, doctor):\n\n"
        + "\n".join(f"  {n}" for n in declared_names.studies())
        + f"\n\nEach is a folder with a README under {declared_names.STUDIES}"
    )


def _own_data() -> str:
    return """From a table (CSV or Excel; a row a value, or a plate map) to a fit of the whole cell:

  line,drug,dose (nM),IL-6 (ng/mL),time (h),viability (%)          plate.csv
  MM.1S,dexamethasone,100,10,48,83
  gp130 new-study plate.csv --out my_study
  gp130 fit my_study --out results/my_study

Columns are recognised and shown; --column, --set and --unit correct them. The study is a folder that any
PEtab tool reads, with a README that says what such data can tell. A mistake is one line,
`plate.csv:14: column 'dose (nM)': finding: remedy`, before anything runs."""


def _results() -> str:
    return f"""Runs, rankings and reports go to {results_folder()}
unless --out says otherwise. A run is named by its folder, or by its name in there. It holds verdict.json
(read it first), posterior.nc for ArviZ, summary.csv, run.json and figures/. All of it can be deleted and
made again."""


def _machine() -> str:
    return """Set before a command starts, if the machine's defaults do not suit:

  --device cpu|gpu            where a command has it; `gp130 doctor` says what is here
  JAX_PLATFORMS, XLA_FLAGS    are kept as they are, if you set them
  JAX_COMPILATION_CACHE_DIR   compiled programs; default ~/.cache/gp130/jax
  GP130_DATA                  folder of the measured data, for timecourses, published and panel"""


TOPICS: dict[str, Callable[[], str]] = {
    "presets": _presets,
    "drugs": _drugs,
    "hypotheses": _hypotheses,
    "conditions": _conditions,
    "readouts": _readouts,
    "studies": _studies,
    "own-data": _own_data,
    "results": _results,
    "machine": _machine,
}


def help_command(group: Any) -> Any:
    """The command `help` of a group of commands."""
    app = new_app()

    @app.command(cls=Subcommand)
    def main(
        ctx: typer.Context,
        topic: Annotated[str | None, typer.Argument(help="a command, or one of " + ", ".join(TOPICS))] = None,
    ) -> None:
        """Words about a topic; without one, the list of commands."""
        if topic is None:
            typer.echo(contents.text(), nl=False)
        elif topic in TOPICS:
            typer.echo(TOPICS[topic]())
        elif topic in contents.commands():
            command = group.get_command(ctx, topic)
            with command.make_context(topic, ["--help"], parent=ctx.parent):
                pass
        else:
            raise fail(unknown("help", topic, [*TOPICS, *contents.commands()], see="gp130 help"))

    command = typer.main.get_command(app)
    command.name = "help"
    return command
