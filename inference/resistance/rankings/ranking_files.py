"""Where a ranking lies, and the files it leaves: ranking.nc, ranking.csv, ranking.json, figures."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inference.resistance import beliefs
from inference.resistance.believed_from import BeliefSource, SourceError, believed
from inference.resistance.questions import network_of
from inference.resistance.rankings import ranking_words
from inference.resistance.rankings.methods import ELASTICITY
from inference.resistance.rankings.ranked import Ranking
from inference.resistance.rankings.ranking_request import RankError, RankingRequest
from inference.resistance.rankings.ranking_run import execute
from inference.runs import labelled_tree, provenance, resumable
from inference.runs.console import Teller
from inference.runs.outputs import write_figure, write_table
from inference.runs.run import Run
from models.catalogue import HYPOTHESES

if TYPE_CHECKING:
    import pandas as pd


def default_folder(
    request: RankingRequest, results: Path, run: Path | None, default: bool, transfer: float = 0.0
) -> Path:
    """The run's own folder for its default question; a folder named after the question otherwise."""
    if run is not None and default and request.method is ELASTICITY and not transfer:
        return run
    q = request.question
    drugs = "-".join(f"{d.input}{dose:g}" for d, dose in q.drugs)
    slug = (
        f"{q.readout.name}-{drugs}-{q.condition.name}-{q.preset.name}"
        + (f"-E2_{q.estradiol:g}" if q.estradiol else "")
        + f"-{request.method.name}"
        + (f"-transfer{transfer:g}" if transfer else "")
    )
    slug = re.sub(r"[^A-Za-z0-9_.+-]", "_", slug)
    return run / "rankings" / slug if run is not None else results / f"ranking-{slug}"


def made(
    request: RankingRequest,
    source: BeliefSource,
    run: Run,
) -> Ranking | None:
    """Make the ranking and, if the run keeps anything, write its files; None if stopped. A finished equal
    ranking is only read again.

    Raises:
        SourceError: the folder holds another ranking.
        RankError: the method cannot rank so many parameters with so few draws.
    """
    q, method, out = request.question, request.method, run.folder
    network = network_of(q)
    asked = {**request.description(), "network_fingerprint": network.fingerprint, "mark": source.mark}
    if run.keeps and (held := _held(out, asked)) is not None:
        run.say(f"{out}: this ranking is finished")
        show(held, run.teller)
        return held
    now = believed(source, q.preset, network, HYPOTHESES[q.hypothesis].free)
    if method.independent and len(now.posterior) > 1:
        raise RankError(
            f"`method` {method.name}: its bound holds for independent parameters, and a fit makes them hang "
            "together: take sobol or elasticity, or rank the `prior`"
        )
    if request.draws < (needed := method.fewest(len(now.names))):
        raise RankError(
            f"`draws` {request.draws}: {method.name} of {len(now.names)} parameters needs at least {needed}"
        )
    if run.keeps:
        resumable.require_writable(out, 50 * 2**20)
        resumable.write_json(out / "ranking.json", asked)
    run.say(q.words())
    run.say(
        f"{len(now.names)} parameters can matter here, {len(now.posterior)} of them fitted; beliefs from "
        f"{source.name}; computing on {provenance.device_line()}"
    )
    before = beliefs.declared(network, HYPOTHESES[q.hypothesis].free) if now.posterior else None
    pieces = run.within("ranking-checkpoint").within("checkpoint")
    tree = execute(request, now, before, source.mark, pieces)
    if tree is None:
        return None
    found = Ranking(tree)
    if run.keeps:
        write(found, out)
        made_with = {n: version(n) for n in ("jax", "diffrax", "equinox", "SALib", "numpy", "scipy")}
        more = {"failed": tree.attrs["failed"], "device": provenance.device_line(), "versions": made_with}
        resumable.write_json(out / "ranking.json", {**asked, **more})
    show(found, run.teller)
    if run.keeps:
        run.say(f"Written to {out}: ranking.nc, ranking.csv, figures/")
    return found


def _held(out: Path, asked: dict[str, object]) -> Ranking | None:
    """The finished equal ranking that the folder holds, if it does."""
    note = out / "ranking.json"
    if not note.exists():
        return None
    held = resumable.read_json(note, "delete it, and the same command makes it again")
    if any(held.get(k) != v for k, v in json.loads(json.dumps(asked)).items()):
        raise SourceError(
            f"{out}: already holds another ranking ({held.get('question')}, {held.get('method')}): choose "
            "another `out`"
        )
    return Ranking.load(out) if (out / "ranking.nc").exists() else None


def write(found: Ranking, out: Path) -> None:
    """ranking.nc, ranking.csv and the figures of a finished ranking."""
    from matplotlib import pyplot as plt

    write_table(found.table(), out / "ranking.csv")
    (out / "figures").mkdir(exist_ok=True)
    for name, figure in found.figures().items():
        write_figure(figure, out / "figures" / f"{name}.png")
        plt.close(figure)
    labelled_tree.save(found.tree, out / "ranking.nc")


def show(found: Ranking, tell: Teller, count: int = 8) -> None:
    """In the terminal: the three that matter most in words, the first rows with and without the drug's own
    potency, what the data changed.
    """
    attrs, table = found.tree.attrs, found.table()
    tell.say("\nWhat matters most, beside the drug's own potency:")
    for line in ranking_words.leading_three(found.tree):
        tell.say(f"  {line}")
    _rows(table.head(count), "rank", "All parameters", tell)
    own = table["own"].to_numpy(bool) if "own" in table else np.zeros(len(table), bool)
    if own.any():
        rest = table.loc[~own].sort_values(by="rank_rest").head(count)
        _rows(rest, "rank_rest", f"Without {', '.join(table.index[own])}", tell)
    if lines := ranking_words.changes(found.tree):
        tell.say("\nWhat the data changed:")
        for line in lines:
            tell.say(f"  {line}")
    tell.say("")
    for line in (attrs.get("dependence", ""), *str(attrs.get("disagreements", "")).splitlines()):
        if line:
            tell.say(line)
    if attrs["mark"]:
        tell.say(attrs["mark"])
    if attrs["failed"]:
        tell.say(
            f"{attrs['failed']} of {attrs['simulated']} sets of parameters could not be solved and were left "
            "out"
        )


def _rows(table: pd.DataFrame, rank: str, title: str, tell: Teller) -> None:
    """Some rows: what it is and which way first, numbers then, the name last."""
    tell.say(f"\n{title}:\n{'rank':>4}  {'ranks, 89 %':<12}{'effect':>7}  {'89 % interval':<16} what")
    for name, row in table.iterrows():
        between = f"{row['low']:+.2f} to {row['high']:+.2f}"
        ranks = f"{row[f'{rank}_low']:.0f} to {row[f'{rank}_high']:.0f}"
        tell.say(
            f"{row[rank]:>4.0f}  {ranks:<12}{row['effect']:>+7.2f}  {between:<16} {row['meaning']}; "
            f"{row['direction']} [{name}; {row['informed']}]"
        )
