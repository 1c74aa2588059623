"""A report of a run, or of the prior alone: everything gathered, one self-contained HTML file written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import xarray as xr

from inference.fit.verdict import summary as summarise
from inference.report import answer, fit_chapters, nodes_chapter, simulated
from inference.report import resistance_chapters as chapters
from inference.report.page import Section, bullets, numbered, page, paragraph
from inference.report.simulated import Asked
from inference.resistance.believed_from import BeliefSource, SourceError
from inference.resistance.conditions import CONDITIONS, WITH_IL6
from inference.resistance.knockdowns import knockdown_files
from inference.resistance.questions import HOURS, DosesAsked, doses_named
from inference.resistance.rankings.ranking_request import told
from inference.resistance.resistance_readouts import VIABILITY, Doses
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller
from inference.runs.resumable import read_json
from inference.runs.run_record import BEGIN_AGAIN, read_run, read_verdict
from inference.runs.text_tables import read_table
from models import catalogue
from models.dish import PRECULTURE
from models.drugs import shown_drugs
from models.network import Network

REDUCED = {
    "il6_feedback_estradiol": "estradiol_reduced"
}  # the same dishes about estradiol, on which `compare` works by default
DEFAULT_STUDY = "il6_feedback_estradiol"
FOUND = "made before"
SUMMARY = (
    "tags",
    "unit",
    "prior_median",
    "median",
    "low",
    "high",
    "rhat",
    "ess_bulk",
    "ess_tail",
    "informed",
)
HERE = "made for this page with few draws"


def default_drugs(first: DosesAsked) -> Doses:
    """The drugs asked for, then the usual ones."""
    chosen = doses_named(first)
    named = {d.name for d, _ in chosen}
    return (*chosen, *(pair for pair in shown_drugs() if pair[0].name not in named))


def rankings(folders: Sequence[Path]) -> list[tuple[str, xr.DataTree]]:
    """Finished rankings of survival found in these folders and one below, with where each came from."""
    found = []
    for path in _below(folders, "ranking.nc"):
        tree = labelled_tree.load(path)
        if told(tree.attrs).survival:
            found.append((f"{FOUND}, {path.parent.name}", tree))
    return found


def _below(folders: Sequence[Path], name: str) -> list[Path]:
    """Files of that name in the folders and up to two levels below, each once."""
    paths = [
        p for f in folders for pattern in (name, f"*/{name}", f"*/*/{name}") for p in sorted(f.glob(pattern))
    ]
    return list(dict.fromkeys(p.resolve() for p in paths))


def scan_of(folders: Sequence[Path], asked: Asked, source: BeliefSource) -> xr.DataTree | None:
    """A finished scan of the main question, the run's own before others."""
    name = knockdown_files.default_folder(asked.question(source), Path()).name
    found = (p for p in _below(folders, "scan.nc") if p.parent.name == name)
    return next((labelled_tree.load(p) for p in found), None)


def comparison_of(folders: Sequence[Path], study: str) -> Path | None:
    """A comparison of hypotheses for the same study or else its reduced form, a full one before a quick
    one.
    """
    held = {
        p: read_json(p, "delete it, and compare again")
        for f in folders
        for p in sorted(f.glob("*/comparison.json"))
    }
    same = [p for p, c in held.items() if c.get("study") in (study, REDUCED.get(study))]
    return min(same, key=lambda p: (bool(held[p].get("quick")), held[p]["study"] != study), default=None)


def facts_of(folders: Sequence[Path], source: str) -> pd.DataFrame | None:
    """The table of published facts predicted from the same beliefs."""
    again = "delete it, and compare the facts again"
    tables = [
        read_table(p, ("source", *chapters.FACTS), again, keep_default_na=False)
        for p in _below(folders, "facts.csv")
    ]
    return next((t for t in tables if set(t["source"]) == {source}), None)


def main_ranking(found: Sequence[tuple[str, xr.DataTree]], asked: Asked, source: str) -> int:
    """Which of the rankings answers the main question: same drug, dose, surroundings, cell and beliefs, most
    draws first.
    """
    drug, dose = asked.drugs[0]

    def fits(tree: xr.DataTree) -> bool:
        a = tree.attrs
        return (
            json.loads(a["drugs"]) == {drug.name: dose}
            and a["condition"] == asked.condition.name
            and a["preset"] == asked.preset.name
            and a["source"] == source
            and a["readout"] == VIABILITY.name
            and not float(a["estradiol"])
        )

    same = [i for i, (_, t) in enumerate(found) if fits(t)]
    if not same:
        raise SourceError(
            f"`drug` {drug.name}: no ranking could be made of it here: choose another `drug` or `condition`"
        )
    return max(same, key=lambda i: (found[i][0].startswith(FOUND), int(found[i][1].attrs["simulated"])))


@dataclass(frozen=True)
class RunRecords:
    """run.json, verdict.json, the summary and the failures of a run, as far as it has them."""

    record: dict | None = None
    verdict: dict | None = None
    summary: pd.DataFrame | None = None
    failures: pd.DataFrame | None = None


@dataclass(frozen=True)
class Gathered:
    """Everything that a report shows.

    Attributes:
        asked: the question; `source`: what is believed; `run`: its record, verdict, summary and failures.
        tree: what was simulated for the page; `found`: rankings with their origin, that of the main question
            first; `scan`, `facts`, `comparison`, `lines`: what lies beside, where it does.
        network: the cell; `top`: the parameters that matter most.
    """

    asked: Asked
    source: BeliefSource
    run: RunRecords
    tree: xr.DataTree
    found: list[tuple[str, xr.DataTree]]
    scan: xr.DataTree | None
    facts: pd.DataFrame | None
    comparison: Path | None
    lines: list[Path]
    network: Network
    top: pd.DataFrame

    @property
    def study(self) -> str:
        """The study of the fit, the default one where there is none."""
        return str((self.run.record or {}).get("study", DEFAULT_STUDY))


def gathered(
    source: BeliefSource, run: Path | None, results: Path, asked: Asked, out: Path, tell: Teller
) -> Gathered:
    """What there is already, and what is simulated for the page."""
    tree = simulated.made(asked, source, out.with_suffix(".nc"), tell)
    own = [run] if run is not None else []
    beside = [
        *own,
        *(p for p in sorted(results.glob("*")) if p.is_dir() and p.name.startswith(("ranking-", "scan-"))),
    ]
    found = rankings(beside) + [(HERE, t) for t in simulated.rankings_of(tree, asked.drugs)]
    found.insert(0, found.pop(main_ranking(found, asked, source.name)))
    network = catalogue.with_parameters(catalogue.niche(source.transit), asked.preset.parameters)
    records = run_records(run)
    study = str((records.record or {}).get("study", DEFAULT_STUDY))
    return Gathered(
        asked,
        source,
        records,
        tree,
        found,
        scan_of(beside, asked, source),
        facts_of([*own, results], source.name),
        comparison_of([results], study),
        _below([results], "held_out.csv"),
        network,
        answer.leading(found[0][1], network),
    )


def sections(g: Gathered) -> list[Section]:
    """Every chapter, in the order of the page."""
    asked, source, run, tree = g.asked, g.source, g.run, g.tree
    (name, first), where, ranking = asked.main, asked.condition.short, g.found[0][1]
    answered = _answer(g, first, where)
    made = [
        Section("answer", f"What brings sensitivity to {name} back", "In short", answered),
        Section("question", "The question", "The question", _question(asked, source, where)),
    ]
    fit, record, verdict, summary = source.run, run.record, run.verdict, run.summary
    if fit is not None and record and verdict and summary is not None and "observed_data" in fit.children:
        words = fit_chapters.observable_names(g.study)
        made += [
            fit_chapters.fit_section(fit, record, verdict, summary, words),
            fit_chapters.strengths_section(fit, summary),
            fit_chapters.predictive_section(fit, words),
        ]
    return [
        *made,
        fit_chapters.hypotheses_section(g.comparison, g.study, source.hypothesis),
        nodes_chapter.nodes_section(tree, g.scan, name),
        chapters.rankings_section(g.found, ranking),
        chapters.doses_section(tree, where),
        chapters.courses_section(tree, first, where),
        chapters.network_section(g.network, ranking, [d for d, _ in asked.drugs[:1]], source.hypothesis),
        chapters.measured_section(g.lines, g.facts),
        chapters.silent_section(run.summary, ranking, source.run is None),
        chapters.failures_section(run.failures, tree),
        chapters.provenance_section(run.record, tree, g.found),
        chapters.references_section(g.top, g.network),
    ]


def write(
    source: BeliefSource, run: Path | None, results: Path, asked: Asked, out: Path, tell: Teller
) -> Path:
    """Gather, simulate what is missing, and write `out`; returns it.

    Args:
        run: folder of the fitted run; None for the prior alone.
        results: folder beside which rankings, scans and comparisons are looked for.

    Raises:
        SourceError: the run lacks a file that it should have, or the main question has no ranking.
    """
    resumable.require_writable(out.parent, 20 * 2**20)
    found = gathered(source, run, results, asked, out, tell)
    title = f"What makes the myeloma cell resist {asked.main[0]} {asked.condition.short}"
    subtitle = (
        f"From {source.name}, with {asked.draws} parameter sets. A hypothesis generator with an "
        f"honest prior, not a clinical tool."
    )
    foot = (
        f"gp130 {version('gp130')}, written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Everything on this page "
        "can be made again with its commands."
    )
    text = page(title, subtitle, _mark(source), sections(found), foot)
    resumable.write_bytes(out, text.encode("utf-8"))
    tell.say(f"Written: {out} ({out.stat().st_size / 2**20:.1f} MB)")
    return out


def _mark(source: BeliefSource) -> str:
    if source.mark:
        return source.mark
    return (
        ""
        if source.run is not None
        else "PRIOR ONLY: nothing was fitted; these are consequences of declared beliefs"
    )


def run_records(run: Path | None) -> RunRecords:
    """What a run's files say, none of it where there is no run.

    Raises:
        DamagedFileError: one of them is not what was written.
    """
    if run is None:
        return RunRecords()
    record = read_run(run / "run.json") if (run / "run.json").exists() else {}
    verdict = read_verdict(run / "verdict.json")
    path, summary = run / "summary.csv", None
    if path.exists():
        summary = read_table(path, SUMMARY, BEGIN_AGAIN, index_col="parameter")
    elif "constant_data" in (dt := labelled_tree.load_run(run / "posterior.nc")).children:
        summary = summarise(dt)
    if summary is not None:
        for column in ("unit", "tags"):
            summary[column] = summary[column].fillna("").astype(str)
    failures = run / "failures.csv"
    unsolved = read_table(failures, (), BEGIN_AGAIN) if failures.exists() else None
    return RunRecords(record, verdict, summary, unsolved)


def _answer(g: Gathered, drug: str, where: str) -> str:
    tree, facts, verdict, source = g.tree, g.facts, g.run.verdict, g.source
    main, _ = g.asked.drugs[0]
    points = numbered(answer.main_points(tree, drug))
    sure = bullets(answer.how_sure(tree, g.found[0][1], g.scan))
    ok = bool(verdict and verdict["ok"] and not verdict.get("quick"))
    why = bullets(answer.reasons_for(main, g.top, facts, ok, source.run is None))
    whynot = bullets(answer.reasons_against(main, g.top, facts, verdict, source.mark))
    lead = paragraph(
        f"Viability is the number of living cells after {HOURS:g} h over that without the drug; medians, "
        f"{answer.PERCENT} intervals over {tree.attrs['draws']} sets of parameters from {source.name}.",
        "quiet",
    )
    return (
        f'<div class="answer">{paragraph(_lead(tree, drug, where))}{points}{lead}</div>'
        f"<h3>How sure is the model?</h3>{sure}"
        f'<div class="columns"><div><h3>Why believe it</h3>{why}</div><div><h3>Why '
        f"not</h3>{whynot}</div></div>"
    )


def _lead(tree: xr.DataTree, drug_: str, where: str) -> str:
    knock = tree["knock"].to_dataset()
    return (
        f"{where[0].upper() + where[1:]}, {answer.percent(knock['reference'])} of the cells survive "
        f"{drug_}. To make it "
        f"kill again, inhibit one of "
        f"these nodes by {100 * float(knock['level'].max()):.0f} %, best first:"
    )


def _question(asked: Asked, source: BeliefSource, where: str) -> str:
    d, dose = asked.drugs[0]
    shown = dict.fromkeys((asked.condition, CONDITIONS["niche"], WITH_IL6))
    around = [c.full(catalogue.niche()) for c in shown if c.inputs or c.il6]
    return paragraph(
        f"Fat and stromal cells of the bone marrow release IL-6. In the myeloma cell IL-6 drives "
        f"JAK/STAT3, PI3K/Akt and MAPK; these raise "
        f"MCL-1, BCL-XL and c-Myc, and cells survive drugs that would kill them in a dish of their own. "
        f"Which node of that network, "
        f"inhibited, makes **{d.name}** kill again?"
    ) + bullets(
        [
            f"The drug: {d.name} {dose:g} nM, {d.mechanism} (target: {d.target}).",
            f"The dish: {asked.preset.title} cells, {PRECULTURE / 1440:g} days of culture, then fresh medium "
            f"and the drug at 0, {where}; read after {HOURS:g} h.",
            *(f"{said[0].upper()}{said[1:]}." for said in around),
            f"What is believed about the numbers of the model: {source.name}.",
        ]
    )
