"""What to measure next: `design.py [--posterior RUN/posterior.nc] ...`; writes results/design/."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.runs.folders import results_folder
from inference.runs.outputs import write_figure, write_text
from models.engine.machine import prepare_jax

QUESTIONS = ("hypothesis", "e_deg", "c1a", "k_mS", "K_iS", "k_SR", "c1", "g_auto")
DISCRIMINATING = "IkBa protein + IkBa mRNA; TNF 10, 0-60 min; estradiol 0, 10 nM"

app = new_app()


@app.command(cls=Subcommand)
def main(
    posterior: Annotated[
        Path | None,
        typer.Option(help="posterior.nc of a fit; replaces the prior where they share parameters"),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=50, help="cells drawn; each is simulated under every hypothesis")
    ] = 512,
    seed: options.Seed = 1,
    device: options.Device = "auto",
    out: Annotated[Path | None, typer.Option(help="default results/design")] = None,
) -> None:  # long: an option a line, a record a key
    """Rank candidate experiments by expected information: which hypothesis, and how strong each
    feedback is.
    """

    if posterior is not None and not posterior.is_file():
        raise fail(f"--posterior {posterior}: is no file: name the posterior.nc of a finished fit")
    prepare_jax(device)
    from inference.hypotheses import next_experiment, next_experiment_files
    from inference.resistance.beliefs import carried, declared
    from inference.runs import labelled_tree
    from inference.runs.console import Teller, duration
    from inference.runs.provenance import device_line
    from inference.runs.resumable import require_writable, write_json
    from models.catalogue import HYPOTHESES, core

    tell, folder, begun = Teller(), out or results_folder() / "design", time.monotonic()
    beliefs = declared(core(), None)
    try:
        if posterior is not None:
            beliefs = carried(beliefs, labelled_tree.load(posterior), own=())
    except (OSError, KeyError):
        raise fail(
            f"--posterior {posterior}: is not the posterior of a fit: name the posterior.nc of a finished one"
        ) from None
    require_writable(folder, 20 * 2**20)
    tell.say(
        f"Simulating {draws} cells under {len(HYPOTHESES)} hypotheses on {device_line()}; "
        f"{len(beliefs.names)} uncertain parameters, "
        f"{len(beliefs.posterior)} of them from a fit ..."
    )
    bank = next_experiment.simulate(tuple(HYPOTHESES), beliefs, draws, seed)
    options = next_experiment.candidates()
    found = []
    with tell.bar("questions", len(QUESTIONS)) as bar:
        for i, question in enumerate(QUESTIONS):
            found.append(next_experiment.rank(bank, question, options, seed))
            bar.to(i + 1, question)
    before = "the prior" if posterior is None else f"the posterior {posterior.parent.name}"
    text = next_experiment_files.markdown(found, bank, DISCRIMINATING, before)
    write_text(text, folder / "summary.md")
    write_json(
        folder / "design.json",
        {
            "draws": draws,
            "failed": bank.failed,
            "seed": seed,
            "posterior": None if posterior is None else str(posterior),
            "unit": "bits",
            "wall_time_s": round(time.monotonic() - begun, 1),
            "device": device_line(),
            "questions": {
                r.question: [
                    {"experiment": n, "bits": b, "error": e, "probability_among_three_best": t}
                    for n, b, e, t in zip(
                        r.names, r.bits.tolist(), r.error.tolist(), r.top.tolist(), strict=True
                    )
                ]
                for r in found
            },
        },
    )
    figure = next_experiment_files.figure(found)
    write_figure(figure, folder / "design.png")
    tell.say(text)
    tell.say(
        f"Written to {folder} after {duration(time.monotonic() - begun)}: summary.md, design.json, design.png"
    )
