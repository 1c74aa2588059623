"""Tables and picture of the model: `tables.py` writes all of them, `tables.py behaviours` simulates and
judges every behaviour.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from inference.command.start import start
from models.engine.machine import prepare_jax

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    what: Annotated[
        str, typer.Argument(help="all, behaviours, or the name of one table, which is printed")
    ] = "all",
    assembly: Annotated[str, typer.Option(help="niche or core")] = "niche",
    drug: Annotated[
        list[str] | None, typer.Option(help="show only what acts under these drugs; repeat")
    ] = None,
    hypothesis: Annotated[str, typer.Option(help="with --drug: what estradiol does, H0 to H6")] = "H0",
    short: Annotated[bool, typer.Option("--short", help="behaviours: one line each")] = False,
    out: Annotated[Path, typer.Option(help="folder for the files")] = ROOT / "results" / "tables",
) -> None:
    """Write species, reactions, parameters, drugs, references ... as Markdown and LaTeX."""
    if what == "behaviours":
        behaviours(short, out)
        return
    from inference.report.drawn_network import draw
    from models.catalogue import HYPOTHESES, core, niche
    from models.documents import parameter_tables
    from models.documents.network_picture import dot, picture
    from models.drugs import drug as named
    from models.drugs import treat

    if assembly not in ("niche", "core") or hypothesis not in HYPOTHESES:
        raise typer.BadParameter(
            f"{assembly}, {hypothesis}: use niche or core, and one of {', '.join(HYPOTHESES)}"
        )
    network = niche() if assembly == "niche" else core()
    if drug:
        try:
            network = treat(network, *(named(d) for d in drug), hypothesis=hypothesis)
        except KeyError as e:
            raise typer.BadParameter(f"--drug {e.args[0]}: is no drug of the model") from None
    made = {t.name: t for t in parameter_tables.every(network)}
    if what in made:
        typer.echo(parameter_tables.to_markdown(made[what]))
        return
    if what != "all":
        raise typer.BadParameter(f"{what}: is not one of all, behaviours, {', '.join(made)}")
    out.mkdir(parents=True, exist_ok=True)
    title = f"# The network `{network.id}`\n\nfingerprint {network.fingerprint}\n\n"
    (out / f"{network.id}.md").write_text(title + "\n".join(map(parameter_tables.to_markdown, made.values())))
    (out / f"{network.id}.tex").write_text(
        parameter_tables.DOCUMENT % "\n".join(map(parameter_tables.to_latex, made.values()))
    )
    drawing = picture(network, supposed=True)
    (out / f"{network.id}.dot").write_text(dot(drawing))
    draw(drawing).savefig(out / f"{network.id}.png", dpi=130)
    typer.echo(parameter_tables.to_markdown(made["trust"]))
    typer.echo("\n".join(str(out / f"{network.id}.{kind}") for kind in ("md", "tex", "dot", "png")))


def behaviours(short: bool, out: Path) -> None:
    """Simulate every dish, print the table, write it; exit code 1 if one is not met."""
    prepare_jax(cores=1)
    from models.behaviours import outcome_table, resistance_ranks
    from models.behaviours.listed import BEHAVIOURS, simulated
    from models.behaviours.possible import possible_finding
    from models.behaviours.solve import look
    from models.documents.parameter_tables import to_markdown

    found = simulated()
    findings = [
        *(look(b, found) for b in BEHAVIOURS.values()),
        possible_finding(found),
        outcome_table.ranking_finding(resistance_ranks.rank()),
    ]
    text = to_markdown(outcome_table.short_table(findings) if short else outcome_table.table(findings))
    typer.echo(text)
    out.mkdir(parents=True, exist_ok=True)
    (out / "behaviours.md").write_text(text)
    missed = [f.behaviour.id for f in findings if not f.met]
    typer.echo(
        f"{len(findings) - len(missed)} of {len(findings)} behaviours met"
        + (f"; not met: {', '.join(missed)}" if missed else "")
    )
    if missed:
        raise typer.Exit(1)


if __name__ == "__main__":
    start(app)
