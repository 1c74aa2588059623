"""Tables and picture of the model: `gp130 tables` writes all of them, `gp130 tables behaviours` simulates and
judges every behaviour.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inference.command import declared_names, options
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import results_folder
from inference.runs.outputs import write_figure, write_text
from models.engine.machine import prepare_jax
from models.nearest_name import unknown

app = new_app()


def _named(drugs: list[str] | None) -> list[str] | None:
    return None if drugs is None else [options.named_drug(d) for d in drugs]


@app.command(cls=Subcommand)
def main(  # long: an option a line, and a table a branch
    what: Annotated[
        str, typer.Argument(help="all, behaviours, or the name of one table, which is printed")
    ] = "all",
    assembly: Annotated[
        str,
        typer.Option(help="niche or core", callback=options.one_of("--assembly", lambda: ("niche", "core"))),
    ] = "niche",
    drug: Annotated[
        list[str] | None,
        typer.Option(
            help="show only what acts under these drugs; repeat",
            callback=_named,
            autocompletion=options.completing(options.drug_names),
        ),
    ] = None,
    hypothesis: Annotated[
        str,
        typer.Option(
            help="with --drug: what estradiol does, H0 to H6",
            callback=options.HYPOTHESIS,
            autocompletion=options.completing(options.hypothesis_names),
        ),
    ] = "H0",
    short: Annotated[bool, typer.Option("--short", help="behaviours: one line each")] = False,
    out: Annotated[Path | None, typer.Option(help="folder for the files; default results/tables")] = None,
) -> None:
    """Write species, reactions, parameters, drugs, references ... as Markdown and LaTeX."""
    known = ("all", "behaviours", *(d.name for d in declared_names.tables()))
    if what not in known:
        raise fail(unknown("tables", what, known))
    place = options.writable_folder(out or results_folder() / "tables")
    if what == "behaviours":
        behaviours(short, place)
        return
    from inference.report.drawn_network import draw
    from models.catalogue import core, niche
    from models.documents import cell_table, parameter_tables
    from models.documents.network_picture import dot, picture
    from models.drugs import drug as named
    from models.drugs import treat

    network = niche() if assembly == "niche" else core()
    if drug:
        network = treat(network, *(named(d) for d in drug), hypothesis=hypothesis)
    made = {t.name: t for t in (*parameter_tables.every(network), cell_table.cells())}
    if what in made:
        typer.echo(parameter_tables.to_markdown(made[what]))
        return
    place.mkdir(parents=True, exist_ok=True)
    title = f"# The network `{network.id}`\n\nfingerprint {network.fingerprint}\n\n"
    write_text(
        title + "\n".join(map(parameter_tables.to_markdown, made.values())), place / f"{network.id}.md"
    )
    write_text(
        parameter_tables.DOCUMENT % "\n".join(map(parameter_tables.to_latex, made.values())),
        place / f"{network.id}.tex",
    )
    drawing = picture(network, supposed=True)
    write_text(dot(drawing), place / f"{network.id}.dot")
    write_figure(draw(drawing), place / f"{network.id}.png")
    typer.echo(parameter_tables.to_markdown(made["trust"]))
    typer.echo("\n".join(str(place / f"{network.id}.{kind}") for kind in ("md", "tex", "dot", "png")))


def behaviours(short: bool, out: Path) -> None:
    """Simulate every dish, print the table, write it; exit code 1 if one is not met."""
    prepare_jax(cores=1)
    from models.behaviours import outcome_table, resistance_ranks
    from models.behaviours.foretold_of_cells import NOT_SHOWN
    from models.behaviours.listed import BEHAVIOURS, NETWORKS, as_specified, simulated
    from models.behaviours.possible import possible_finding
    from models.behaviours.solve import look
    from models.documents.parameter_tables import to_markdown

    typer.echo("Simulating every dish of the behaviours (compiling first) ...", err=True)
    found, more = simulated(), {}
    for parts in NETWORKS:
        more |= found if not parts else simulated(parts)
    before = as_specified() if short else {}
    findings = [
        *(look(b, more) for b in BEHAVIOURS.values()),
        possible_finding(found),
        outcome_table.ranking_finding(resistance_ranks.rank()),
    ]
    specified = [look(b, before) for b in BEHAVIOURS.values() if short and not b.foretold]
    made = outcome_table.short_table(findings, specified) if short else outcome_table.table(findings)
    text = to_markdown(made)
    typer.echo(text)
    out.mkdir(parents=True, exist_ok=True)
    write_text(text, out / "behaviours.md")
    missed = [f.behaviour.id for f in findings if not f.met]
    typer.echo(
        f"{len(findings) - len(missed)} of {len(findings)} behaviours met"
        + (f"; not met: {', '.join(missed)}" if missed else "")
    )
    for name in missed:
        if name in NOT_SHOWN:
            typer.echo(f"{name} is known not to be met: {NOT_SHOWN[name]}")
    if set(missed) - set(NOT_SHOWN):
        raise typer.Exit(1)
