"""A report of a run, or of the prior alone: everything gathered, one self-contained HTML file written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import xarray as xr

from inference.fit.verdict import summary as summarise
from inference.report import answer as answer
from inference.report import fit_chapters as fit_chapters
from inference.report import resistance_chapters as chapters
from inference.report import simulated
from inference.report.page import Section, bullets, numbered, page, paragraph
from inference.report.simulated import Asked
from inference.resistance.believed_from import Source, SourceError
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller
from models import catalogue
from models.catalogue import PRESETS
from models.drugs import Drug, drug

DRUGS = (
    ("dexamethasone", 300.0),
    ("bortezomib", 4.0),
    ("S63845", 30.0),
    ("venetoclax", 1000.0),
    ("DNA damage", 200.0),
    ("ruxolitinib", 500.0),
)
REDUCED = {
    "il6_feedback_estradiol": "estradiol_reduced"
}  # the same dishes about estradiol, on which `compare` works by default
FOUND = "made before"
HERE = "made for this page with few draws"


def default_drugs(first: Sequence[tuple[Drug, float]]) -> tuple[tuple[Drug, float], ...]:
    """The drugs asked for, then the usual ones."""
    chosen = list(first)
    named = {d.name for d, _ in chosen}
    return (*chosen, *((drug(n), dose) for n, dose in DRUGS if n not in named))


def rankings(folders: Sequence[Path]) -> list[tuple[str, xr.DataTree]]:
    """Finished rankings of survival found in these folders and one below, with where each came from."""
    found = []
    for path in _below(folders, "ranking.nc"):
        tree = labelled_tree.load(path)
        if tree.attrs.get("readout") != "escape":
            found.append((f"{FOUND}, {path.parent.name}", tree))
    return found


def _below(folders: Sequence[Path], name: str) -> list[Path]:
    """Files of that name in the folders and up to two levels below, each once."""
    paths = [
        p for f in folders for pattern in (name, f"*/{name}", f"*/*/{name}") for p in sorted(f.glob(pattern))
    ]
    return list(dict.fromkeys(p.resolve() for p in paths))


def scan_of(folders: Sequence[Path], asked: Asked) -> xr.DataTree | None:
    """A finished scan of the main question, the run's own before others."""
    chosen, dose = asked.drugs[0]
    for path in _below(folders, "scan.nc"):
        if path.parent.name == "-".join(["scan", f"{chosen.input}{dose:g}", asked.condition, asked.preset]):
            return labelled_tree.load(path)
    return None


def comparison_of(folders: Sequence[Path], study: str) -> Path | None:
    """A comparison of hypotheses for the same study or else its reduced form, a full one before a quick
    one.
    """
    held = {p: json.loads(p.read_text()) for f in folders for p in sorted(f.glob("*/comparison.json"))}
    same = [p for p, c in held.items() if c.get("study") in (study, REDUCED.get(study))]
    return min(same, key=lambda p: (bool(held[p].get("quick")), held[p]["study"] != study), default=None)


def facts_of(folders: Sequence[Path], source: str) -> pd.DataFrame | None:
    """The table of published facts predicted from the same beliefs."""
    tables = [pd.read_csv(p, keep_default_na=False) for p in _below(folders, "facts.csv")]
    return next((t for t in tables if (t["source"] == source).all()), None)


def main_ranking(found: Sequence[tuple[str, xr.DataTree]], asked: Asked, source: str) -> int:
    """Which of the rankings answers the main question: same drug, dose, surroundings, cell and beliefs, most
    draws first.
    """
    wanted = {asked.drugs[0][0].name: asked.drugs[0][1]}

    def fits(tree: xr.DataTree) -> bool:
        a = tree.attrs
        return (
            json.loads(a["drugs"]) == wanted
            and a["condition"] == asked.condition
            and a["preset"] == asked.preset
            and a["source"] == source
            and a["readout"] == "lnv"
            and not float(a["estradiol"])
        )

    same = [i for i, (_, t) in enumerate(found) if fits(t)]
    if not same:
        raise SourceError(
            f"--drug {asked.drugs[0][0].name}: no ranking could be made of it here: choose another --drug "
            f"or --condition"
        )
    return max(same, key=lambda i: (found[i][0].startswith(FOUND), int(found[i][1].attrs["simulated"])))


def write(source: Source, run: Path | None, results: Path, asked: Asked, out: Path, tell: Teller) -> Path:
    """Gather, simulate what is missing, and write `out`; returns it.

    Args:
        run: folder of the fitted run; None for the prior alone.
        results: folder beside which rankings, scans and comparisons are looked for.

    Raises:
        SourceError: the run lacks a file that it should have, or the main question has no ranking.
    """
    resumable.require_writable(out.parent, 20 * 2**20)
    tree = simulated.made(asked, source, out.with_suffix(".nc"), tell)
    own = [run] if run is not None else []
    beside = [
        *own,
        *(p for p in sorted(results.glob("*")) if p.is_dir() and p.name.startswith(("ranking-", "scan-"))),
    ]
    found = rankings(beside) + [(HERE, t) for t in simulated.rankings_of(tree, asked.drugs)]
    main = main_ranking(found, asked, source.name)
    found.insert(0, found.pop(main))
    ranking = found[0][1]
    record, verdict, summary, failed = _records(run)
    network = catalogue.niche(source.transit)
    network = catalogue.with_parameters(network, PRESETS[asked.preset].parameters)
    top = answer.leading(ranking, network)
    scan = scan_of(beside, asked)
    facts = facts_of([*own, results], source.name)
    drug_, dose = asked.drugs[0]
    first = f"{drug_.name} {dose:g} nM"
    study = (record or {}).get("study", "il6_feedback_estradiol")
    where = simulated.SHORT[asked.condition]
    sections = [
        Section(
            "answer",
            f"What brings sensitivity to {drug_.name} back",
            "In short",
            _answer(tree, ranking, scan, top, facts, verdict, source, first, where),
        ),
        Section("question", "The question", "The question", _question(asked, source, where)),
    ]
    if (
        source.run is not None
        and record
        and verdict
        and summary is not None
        and "observed_data" in source.run.children
    ):
        words = fit_chapters.observable_names(study)
        sections += [
            fit_chapters.fit_section(source.run, record, verdict, summary, words),
            fit_chapters.strengths_section(source.run, summary),
            fit_chapters.predictive_section(source.run, words),
        ]
    sections += [
        fit_chapters.hypotheses_section(comparison_of([results], study), study, source.hypothesis),
        chapters.nodes_section(tree, scan, drug_.name),
        chapters.rankings_section(found, ranking),
        chapters.doses_section(tree, where),
        chapters.courses_section(tree, first, where),
        chapters.network_section(network, ranking, [d for d, _ in asked.drugs[:1]], source.hypothesis),
        chapters.measured_section(
            _below([results], "lines.csv") + _below([results], "lines_after.csv"), facts
        ),
        chapters.silent_section(summary, ranking, source.run is None),
        chapters.failures_section(failed, tree),
        chapters.provenance_section(record, tree, found),
        chapters.references_section(top, network),
    ]
    title = f"What makes the myeloma cell resist {drug_.name} {where}"
    subtitle = (
        f"From {source.name}, with {asked.draws} parameter sets. A hypothesis generator with an "
        f"honest prior, not a clinical tool."
    )
    made = (
        f"written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. Everything on this page can be made again "
        f"with its commands."
    )
    foot = f"gp130 {version('gp130')}, {made}"
    beside_it = out.with_name(f".{out.name}.part")
    beside_it.write_text(page(title, subtitle, _mark(source), sections, foot), encoding="utf-8")
    beside_it.replace(out)
    tell.say(f"Written: {out} ({out.stat().st_size / 2**20:.1f} MB)")
    return out


def _mark(source: Source) -> str:
    if source.mark:
        return source.mark
    return (
        ""
        if source.run is not None
        else "PRIOR ONLY: nothing was fitted; these are consequences of declared beliefs"
    )


def _records(run: Path | None) -> tuple[dict | None, dict | None, pd.DataFrame | None, pd.DataFrame | None]:
    """run.json, verdict.json, the summary and the failures of a run."""
    if run is None:
        return None, None, None, None
    record, verdict = (
        {} if not (run / n).exists() else json.loads((run / n).read_text())
        for n in ("run.json", "verdict.json")
    )
    verdict = {
        "ok": False,
        "reasons": ["the run has no verdict: it is not finished"],
        "notes": [],
        "quick": False,
    } | verdict
    path, summary = run / "summary.csv", None
    if path.exists():
        summary = pd.read_csv(path, index_col="parameter")
    elif "constant_data" in (dt := labelled_tree.load(run / "posterior.nc")).children:
        summary = summarise(dt)
    if summary is not None:
        summary["unit"], summary["tags"] = (
            summary["unit"].fillna("").astype(str),
            summary["tags"].fillna("").astype(str),
        )
    failures = run / "failures.csv"
    return record, verdict, summary, pd.read_csv(failures) if failures.exists() else None


def _answer(
    tree: xr.DataTree,
    ranking: xr.DataTree,
    scan: xr.DataTree | None,
    top: pd.DataFrame,
    facts: pd.DataFrame | None,
    verdict: dict | None,
    source: Source,
    drug_: str,
    where: str,
) -> str:
    points = numbered(answer.main_points(tree, drug_))
    sure = bullets(answer.how_sure(tree, ranking, scan))
    ok = bool(verdict and verdict["ok"] and not verdict.get("quick"))
    why = bullets(answer.reasons_for(top, facts, ok, source.run is None))
    whynot = bullets(answer.reasons_against(top, facts, verdict, source.mark))
    lead = paragraph(
        f"Viability is the number of living cells after 48 h over that without the drug; medians, 89 % "
        f"intervals over "
        f"{tree.attrs['draws']} "
        f"sets of parameters from {source.name}.",
        "quiet",
    )
    return (
        f'<div class="answer">{paragraph(_lead(tree, drug_, where))}{points}{lead}</div>'
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


def _question(asked: Asked, source: Source, where: str) -> str:
    d, dose = asked.drugs[0]
    return paragraph(
        f"Fat and stromal cells of the bone marrow release IL-6. In the myeloma cell IL-6 drives "
        f"JAK/STAT3, PI3K/Akt and MAPK; these raise "
        f"MCL-1, BCL-XL and c-Myc, and cells survive drugs that would kill them in a dish of their own. "
        f"Which node of that network, "
        f"inhibited, makes **{d.name}** kill again?"
    ) + bullets(
        [
            f"The drug: {d.name} {dose:g} nM, {d.mechanism} (target: {d.target}).",
            f"The dish: {PRESETS[asked.preset].title} cells, six days of culture, then fresh medium and "
            f"the drug at 0, "
            f"{where}; read after 48 h.",
            "The niche: stromal cells 0.1 and adipocytes 0.1 million/mL, and contact with stroma; with "
            "IL-6: 10 ng/mL.",
            f"What is believed about the numbers of the model: {source.name}.",
        ]
    )
