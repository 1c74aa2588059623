"""Where a ranking's beliefs come from, and the files it leaves: ranking.nc, ranking.csv, ranking.json, figures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import xarray as xr

from inference import beliefs, checkpoint, fit, store
from inference.command_line import run_folder
from inference.progress import Teller
from inference.rank_run import RankError, Request, csv_table, execute, fewest
from inference.resistance import network_of
from models.catalogue import EFFECTS, HYPOTHESES, PRESETS
from models.drugs import Drug, drug_names
from models.drugs import drug as drug_named


class SourceError(ValueError):
    """Beliefs that cannot be used: place, finding, remedy."""


def parse_drug(text: str) -> tuple[Drug, float]:
    """NAME=nM as a drug and its dose."""
    match = re.fullmatch(r"(.+)=([^=]+)", text)
    if not match:
        raise SourceError(f"--drug {text}: write NAME=nM, for example dexamethasone=300")
    try:
        return drug_named(match[1]), float(match[2])
    except KeyError:
        raise SourceError(f"--drug {match[1]}: is not one of {', '.join(drug_names())}") from None
    except ValueError:
        raise SourceError(f"--drug {text}: {match[2]!r} is not a number of nM") from None


@dataclass(frozen=True)
class Source:
    """What a ranking believes: the priors alone (`run` None), or a fitted run.

    `mark` is put on every table and figure; `transit` says whether the fit had the transit compartment of SOCS3 mRNA.
    """

    name: str
    hypothesis: str
    transit: bool = False
    run: xr.DataTree | None = None
    mark: str = ""


def prior_source(hypothesis: str) -> Source:
    """The declared priors."""
    if hypothesis not in HYPOTHESES:
        raise SourceError(f"--hypothesis {hypothesis}: is not one of {', '.join(HYPOTHESES)}")
    return Source("the prior", hypothesis)


def run_source(folder: Path, force: bool) -> Source:
    """A fitted run; one whose verdict is not ok only by force, and then marked."""
    if not (folder / "posterior.nc").exists():
        raise SourceError(f"{folder}: holds no posterior.nc: fit first with scripts/fit.py, or rank with --prior")
    path = folder / "verdict.json"
    verdict = json.loads(path.read_text()) if path.exists() else {"ok": False, "reasons": ["it has none: the run is not finished"]}
    mark = ""
    if not verdict["ok"] or verdict.get("quick"):
        why = "; ".join(verdict["reasons"]) or "a quick run, not for use"
        if not force:
            raise SourceError(f"{folder}: its verdict is not ok ({why}): fit longer, or use --force and mark the ranking")
        mark = f"NOT FOR USE: the verdict of the fit is not ok ({why})"
    run = store.load(folder / "posterior.nc")
    fitted = set(run["posterior"].data_vars)
    free = [e for e in EFFECTS if e in fitted]
    hypothesis = next((h.name for h in HYPOTHESES.values() if free and h.free == free[0]), "H0")
    return Source(f"the posterior of {folder.name}", hypothesis, "k_T" in fitted, run, mark)


def asked(command: str, run: str | None, prior: bool, hypothesis: str, *, force: bool) -> tuple[Path | None, Source]:
    """What a command was told to believe: the folder of a fit and its posterior, or the declared priors.

    Raises:
        SourceError: both or neither was named, or the fit cannot be used.
    """
    if prior == (run is not None):
        raise SourceError(f"{command}: say what to believe: either RUN, the folder of a fit, or --prior")
    folder = run_folder(run)
    return folder, prior_source(hypothesis) if folder is None else run_source(folder, force)


def default_folder(request: Request, results: Path, run: Path | None, default: bool) -> Path:
    """The run's own folder for its default question; a folder named after the question otherwise."""
    if run is not None and default and request.method == "elasticity":
        return run
    q = request.question
    drugs = "-".join(f"{d.input}{dose:g}" for d, dose in q.drugs)
    slug = f"{q.readout}-{drugs}-{q.condition}-{q.preset}" + (f"-E2_{q.estradiol:g}" if q.estradiol else "") + f"-{request.method}"
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
            raise SourceError(f"{out}: already holds another ranking ({held.get('question')}, {held.get('method')}): choose another --out")
        if (out / "ranking.nc").exists():
            tell.say(f"{out}: this ranking is finished")
            show(store.load(out / "ranking.nc"), tell)
            return True
    before = beliefs.declared(network, HYPOTHESES[request.question.hypothesis].free)
    now = before if source.run is None else beliefs.carried(before, source.run, PRESETS[request.question.preset].parameters)
    if request.draws < (needed := fewest(request.method, len(now.names))):
        raise RankError(f"--draws {request.draws}: {request.method} of {len(now.names)} parameters needs at least {needed}")
    checkpoint.require_writable(out, 50 * 2**20)
    tell.say(request.question.words())
    tell.say(f"{len(now.names)} parameters can matter here, {len(now.posterior)} of them fitted; beliefs from {source.name}; computing on "
             f"{fit.device_line()}")
    fit.write_json(note, asked)
    tree = execute(request, now, before if now.posterior else None, source.mark, out / "ranking-checkpoint", tell, stop)
    if tree is None:
        return False
    write(tree, out)
    fit.write_json(note, {**asked, "failed": tree.attrs["failed"], "device": fit.device_line(),
                         "versions": {n: version(n) for n in ("jax", "diffrax", "equinox", "SALib", "numpy", "scipy")}})
    show(tree, tell)
    tell.say(f"Written to {out}: ranking.nc, ranking.csv, figures/")
    return True


def write(tree: xr.DataTree, out: Path) -> None:
    """ranking.nc, ranking.csv and the figures of a finished ranking."""
    from inference import rank_figures

    csv_table(tree).to_csv(out / "ranking.csv")
    (out / "figures").mkdir(exist_ok=True)
    for name, figure in {"ranking": rank_figures.effects(tree), "ranking_certainty": rank_figures.certainty(tree),
                         "ranking_pathways": rank_figures.pathways(tree)}.items():
        figure.savefig(out / "figures" / f"{name}.png", dpi=130)
        rank_figures.plt.close(figure)
    store.save(tree, out / "ranking.nc")


def show(tree: xr.DataTree, tell: Teller, count: int = 12) -> None:
    """The first rows in the terminal."""
    table: pd.DataFrame = csv_table(tree).head(count)
    tell.say(f"{'rank':>4}  {'parameter':<12}{'effect':>7}  {'89 % interval':<16} {'ranks, 89 %':<12} data")
    for name, row in table.iterrows():
        between = f"{row['low']:+.2f} to {row['high']:+.2f}"
        ranks = f"{row['rank_low']:.0f} to {row['rank_high']:.0f}"
        tell.say(f"{row['rank']:>4}  {name:<12}{row['effect']:>+7.2f}  {between:<16} {ranks:<12} {row['informed']}")
    if tree.attrs["mark"]:
        tell.say(tree.attrs["mark"])
    if tree.attrs["failed"]:
        tell.say(f"{tree.attrs['failed']} of {tree.attrs['simulated']} sets of parameters could not be solved and were left out")
