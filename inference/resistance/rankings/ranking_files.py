"""Where a ranking's beliefs come from, and the files it leaves: ranking.nc, ranking.csv, ranking.json,
figures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import xarray as xr

from inference.resistance import beliefs
from inference.resistance.believed_from import Source, SourceError
from inference.resistance.questions import network_of
from inference.resistance.rankings.ranking import RankError, Request, csv_table, execute, fewest
from inference.runs import labelled_tree, provenance, resumable
from inference.runs.console import Teller
from models.catalogue import HYPOTHESES, PRESETS


def default_folder(request: Request, results: Path, run: Path | None, default: bool) -> Path:
    """The run's own folder for its default question; a folder named after the question otherwise."""
    if run is not None and default and request.method == "elasticity":
        return run
    q = request.question
    drugs = "-".join(f"{d.input}{dose:g}" for d, dose in q.drugs)
    slug = (
        f"{q.readout}-{drugs}-{q.condition}-{q.preset}"
        + (f"-E2_{q.estradiol:g}" if q.estradiol else "")
        + f"-{request.method}"
    )
    slug = re.sub(r"[^A-Za-z0-9_.+-]", "_", slug)
    return run / "rankings" / slug if run is not None else results / f"ranking-{slug}"


def make(request: Request, source: Source, out: Path, tell: Teller, stop: Callable[[], bool]) -> bool:
    """Make the ranking and write its files; False if stopped. A finished equal ranking is only shown again.

    Raises:
        SourceError: the folder holds another ranking.
        RankError: the method cannot rank so many parameters with so few draws.
    """
    network = network_of(request.question)
    asked = {**request.description(), "network_fingerprint": network.fingerprint, "mark": source.mark}
    note = out / "ranking.json"
    if note.exists():
        held = json.loads(note.read_text())
        if any(held.get(k) != v for k, v in json.loads(json.dumps(asked)).items()):
            raise SourceError(
                f"{out}: already holds another ranking ({held.get('question')}, {held.get('method')}): "
                f"choose another --out"
            )
        if (out / "ranking.nc").exists():
            tell.say(f"{out}: this ranking is finished")
            show(labelled_tree.load(out / "ranking.nc"), tell)
            return True
    before = beliefs.declared(network, HYPOTHESES[request.question.hypothesis].free)
    now = (
        before
        if source.run is None
        else beliefs.carried(before, source.run, PRESETS[request.question.preset].parameters)
    )
    if request.draws < (needed := fewest(request.method, len(now.names))):
        raise RankError(
            f"--draws {request.draws}: {request.method} of {len(now.names)} parameters needs at least "
            f"{needed}"
        )
    resumable.require_writable(out, 50 * 2**20)
    tell.say(request.question.words())
    tell.say(
        f"{len(now.names)} parameters can matter here, {len(now.posterior)} of them fitted; beliefs from "
        f"{source.name}; computing on "
        f"{provenance.device_line()}"
    )
    resumable.write_json(note, asked)
    tree = execute(
        request, now, before if now.posterior else None, source.mark, out / "ranking-checkpoint", tell, stop
    )
    if tree is None:
        return False
    write(tree, out)
    resumable.write_json(
        note,
        {
            **asked,
            "failed": tree.attrs["failed"],
            "device": provenance.device_line(),
            "versions": {n: version(n) for n in ("jax", "diffrax", "equinox", "SALib", "numpy", "scipy")},
        },
    )
    show(tree, tell)
    tell.say(f"Written to {out}: ranking.nc, ranking.csv, figures/")
    return True


def write(tree: xr.DataTree, out: Path) -> None:
    """ranking.nc, ranking.csv and the figures of a finished ranking."""
    from inference.resistance.rankings import ranking_figures

    csv_table(tree).to_csv(out / "ranking.csv")
    (out / "figures").mkdir(exist_ok=True)
    for name, figure in {
        "ranking": ranking_figures.effects(tree),
        "ranking_certainty": ranking_figures.certainty(tree),
        "ranking_pathways": ranking_figures.pathways(tree),
    }.items():
        figure.savefig(out / "figures" / f"{name}.png", dpi=130)
        ranking_figures.plt.close(figure)
    labelled_tree.save(tree, out / "ranking.nc")


def show(tree: xr.DataTree, tell: Teller, count: int = 12) -> None:
    """The first rows in the terminal."""
    table: pd.DataFrame = csv_table(tree).head(count)
    tell.say(f"{'rank':>4}  {'parameter':<12}{'effect':>7}  {'89 % interval':<16} {'ranks, 89 %':<12} data")
    for name, row in table.iterrows():
        between = f"{row['low']:+.2f} to {row['high']:+.2f}"
        ranks = f"{row['rank_low']:.0f} to {row['rank_high']:.0f}"
        tell.say(
            f"{row['rank']:>4}  {name:<12}{row['effect']:>+7.2f}  {between:<16} {ranks:<12} {row['informed']}"
        )
    if tree.attrs["mark"]:
        tell.say(tree.attrs["mark"])
    if tree.attrs["failed"]:
        tell.say(
            f"{tree.attrs['failed']} of {tree.attrs['simulated']} sets of parameters could not be solved "
            f"and were left out"
        )
