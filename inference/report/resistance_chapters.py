"""The chapters of a report about resistance: each takes what it shows and gives a `Section`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from inference.fit.verdict import INTERVAL, NOT_INFORMED
from inference.report import plots, ranking_plots
from inference.report.network_map import svg, weights
from inference.report.page import Section, bullets, details, drawing, grid, paragraph, plot, table
from inference.resistance.conditions import ALONE
from inference.resistance.knockdowns.knockdown_nodes import NODES
from inference.resistance.questions import HOURS
from inference.resistance.rankings import ranking_words
from inference.resistance.rankings.ranked import csv_table
from inference.resistance.rankings.ranking_request import told
from inference.resistance.simulated_plate import READ
from inference.runs.text_tables import read_table
from models.behaviours.listed import BEHAVIOURS
from models.catalogue import PRESETS
from models.documents.network_picture import picture
from models.documents.references import FIGURE, cited
from models.drugs import Drug, treat
from models.network import Network

PERCENT = f"{100 * INTERVAL:.0f} %"
PROVES = {
    "tuned": "nothing: numbers were adjusted to hit it",
    "borrowed": "that borrowed kinetics carry over",
    "not tuned": "something: it came out",
    "arithmetic": "nothing about biology",
}


# behaviours of the specification that are about resistance
ABOUT_RESISTANCE = ("B19", "B20", "B21", "B22", "B23", "B24", "B25")

FACTS = ("verdict", "quantity", "measured", "predicted", "why")  # columns of a table of statements


def rankings_section(found: Sequence[tuple[str, xr.DataTree]], main: xr.DataTree) -> Section:
    """Every ranking, the main question's first and open."""
    body = paragraph(
        "Which single number of the model, moved, changes survival most. Hollow symbols: **not informed by "
        "data**, the rank restates the prior. Grey: the interval of its effect holds 0, so **the sign is not "
        "known**. That the drug's own potency matters is close to a tautology: the list leaves it out."
    )
    body += bullets(ranking_words.leading_three(main))
    if changed := ranking_words.changes(main):
        body += paragraph("What the data changed:") + bullets(changed)
    for line in (main.attrs.get("dependence", ""), *str(main.attrs.get("disagreements", "")).splitlines()):
        body += paragraph(line, "quiet") if line else ""
    for i, (origin, tree) in enumerate(found):
        note = (
            f"{told(tree.attrs).method.effect}; {tree.attrs['simulated']} parameter sets from "
            f"{tree.attrs['source']}; {origin}."
        )
        if tree.attrs["mark"]:
            note = f"**{tree.attrs['mark']}** {note}"
        label = f"ranking of parameters: {tree.attrs['question']}"
        inner = plot(ranking_plots.ranking(tree), f"plot-ranking{i}", note, label)
        if tree is main:
            inner += grid(
                [
                    plot(
                        ranking_plots.certainty(tree),
                        "plot-certainty",
                        "Probability that the row matters more than the column, %: near 50 the order is a "
                        "guess.",
                        "pairwise certainty of the ranking",
                    ),
                    plot(
                        ranking_plots.pathways(tree),
                        "plot-pathways",
                        f"The same by pathway, {PERCENT}.",
                        "ranking of pathways",
                    ),
                ]
            )
        inner += details("All its numbers", table(_shown(tree)))
        body += details(
            _short(tree, main), paragraph(f"{tree.attrs['question']}.", "quiet") + inner, opened=tree is main
        )
    return Section("rankings", "What makes the cell resist, drug by drug", "Rankings", body)


def _short(tree: xr.DataTree, main: xr.DataTree) -> str:
    """A ranking's question in a few words; its cell and where its beliefs come from, if not those of the main
    one.
    """
    drugs = " + ".join(f"{n} {dose:g} nM" for n, dose in json.loads(str(tree.attrs["drugs"])).items())
    words = told(tree.attrs)
    readout = f", {words.readout.short}" if words.readout.short else ""
    estradiol = f", estradiol {float(tree.attrs['estradiol']):g} nM" if float(tree.attrs["estradiol"]) else ""
    cell = (
        "" if tree.attrs["preset"] == main.attrs["preset"] else f", {_title(str(tree.attrs['preset']))} cell"
    )
    source = "" if tree.attrs["source"] == main.attrs["source"] else f", from {tree.attrs['source']}"
    return f"{drugs}, {words.condition}{estradiol}{cell}{readout}: by {words.method.by}{source}"


def _title(preset: str) -> str:
    """A kind of cell in words; its name where it is not of the catalogue."""
    return PRESETS[preset].title if preset in PRESETS else preset


def _shown(tree: xr.DataTree) -> pd.DataFrame:
    t = csv_table(tree).head(30).reset_index()
    d = tree["parameter"].to_dataset()
    top = {f"P(first {k})": d["p_top"].sel(k=k).sel(factor=t["parameter"].values).values for k in (3, 10)}
    shown = pd.DataFrame(
        {
            "rank": t["rank"],
            "what": t["meaning"],
            "which way": t["direction"],
            "parameter": [f"`{n}`" for n in t["parameter"]],
            "pathway": t["pathway"],
            "effect": t["effect"],
            "interval": [f"{a:+.2f} to {b:+.2f}" for a, b in zip(t["low"], t["high"], strict=True)],
            "ranks": [f"{a:.0f} to {b:.0f}" for a, b in zip(t["rank_low"], t["rank_high"], strict=True)],
            **top,
            "data": t["informed"],
        }
    )
    if "own" in t and np.any(t["own"].to_numpy(bool)):
        rest = ["" if pd.isna(r) else f"{r:.0f}" for r in t["rank_rest"]]
        shown.insert(1, "without the drug's own potency", rest)
    if "prior_rank" in t:
        shown.insert(1, "rank before the data", t["prior_rank"])
    if "rank_change" in t:
        ends = zip(t["rank_change_low"], t["rank_change_high"], strict=True)
        shown.insert(2, "moved up by", [f"{a:+.0f} to {b:+.0f}" for a, b in ends])
    return shown


def doses_section(tree: xr.DataTree, where: str) -> Section:
    """Dose responses of every drug in every surrounding."""
    d = tree["dose"].to_dataset()
    figures = []
    for i, drug in enumerate(map(str, d["drug"].values)):
        here = d.sel(drug=drug)
        curve = here["viability"].assign_coords(dose=("step", here["dose"].values)).swap_dims(step="dose")
        figures.append(
            plot(
                plots.dose_response(curve, drug, (ALONE.short, where)),
                f"plot-dose{i}",
                "",
                f"dose response of {drug}",
                drug,
            )
        )
    body = paragraph(
        f"Viable cells over those without the drug in the same surroundings, {HOURS:g} h; lines are medians, "
        f"bands ({' and '.join(dict.fromkeys((ALONE.short, where)))}) {PERCENT} over "
        f"{tree.attrs['draws']} draws from {tree.attrs['source']}. Dotted: half."
    )
    if rising := turning(d):
        body += paragraph(
            f"**The median curve of {' and '.join(rising)} turns up again at high doses**, in this model "
            f"as in its reference "
            "implementation: a proteasome inhibitor saves MCL-1, c-Myc and IkBa from degradation without "
            "limit, while the stress that it "
            "causes saturates. That is assumed, not measured: do not believe the curve beyond its lowest "
            "point.",
            "warn",
        )
    return Section("doses", "Dose responses", "Dose responses", body + grid(figures))


def turning(doses: xr.Dataset, by: float = 0.1) -> list[str]:
    """Drugs whose median viability ends more than `by` above its lowest value in some surroundings."""
    middle = doses["viability"].median("draw", skipna=True)
    up = (middle.isel(step=-1) - middle.min("step") > by).any("surrounding")
    return [str(n) for n in doses["drug"].values[up.values]]


def courses_section(tree: xr.DataTree, drug: str, surrounding: str) -> Section:
    """The main drug's dish over time, beside the untreated one."""
    c = tree["course"].to_dataset().sel(surrounding=list(dict.fromkeys((ALONE.short, surrounding))))
    figures = []
    for i, n in enumerate(map(str, c.data_vars)):
        words, unit = READ[n]
        title = words if unit == "-" else f"{words} ({unit})"
        figures.append(plot(plots.time_course(c[n]), f"plot-course{i}", "", f"{words} over time", title))
    body = paragraph(
        f"Solid with the drug ({drug}, given at 0), dotted without; lines are medians, bands {PERCENT}. "
        f"The surroundings too begin at 0."
    )
    return Section("courses", "Under treatment, hour by hour", "Time courses", body + grid(figures))


def network_section(network: Network, main: xr.DataTree, drugs: Sequence[Drug], hypothesis: str) -> Section:
    """The network with its arrows coloured by sensitivity."""
    whole = treat(network, *drugs, hypothesis=hypothesis)
    shown = picture(whole)
    weight = weights(shown, whole, main["parameter"].to_dataset())
    body = drawing(
        svg(shown, weight, f"{told(main.attrs).method.size} of what an arrow carries"),
        f"{main.attrs['question']}. An arrow carries the parameters that matter only together with its "
        f"source; touch it for their names. "
        "Grey arrows carry nothing that was varied in this question.",
    )
    return Section("network", "Where in the network resistance sits", "Network", body)


def measured_section(found: Sequence[Path], facts: pd.DataFrame | None) -> Section:
    """What the model says about measured myeloma cells: right, wrong, or nothing.

    Args:
        found: tables of held-out predictions of panels; facts: that of the published facts, None where it
            was not made from these beliefs.
    """
    body = ""
    if facts is not None:
        renamed = facts.rename(columns={"why": "because", "measured": "seen"})
        shown = renamed.loc[:, ["verdict", "quantity", "seen", "predicted", "because"]]
        body += table(shown, "Published facts about resistance beside what these beliefs predict")
    else:
        body += paragraph(
            "Published facts were not compared with these beliefs: `gp130 facts` does it.",
            "quiet",
        )
    for path in found:
        needed = ("method", "log_score", "rms_error", "mechanism_better_by", "low", "high")
        rows = read_table(path, needed, "delete it, and fit the panel again").rename(
            columns={
                "log_score": "log score",
                "rms_error": "error of ln IC50",
                "mechanism_better_by": "mechanism better by",
            }
        )
        body += table(
            rows.round(2),
            f"A panel of lines ({path.parent.name}): ln IC50 of a line and drug that was left out, by the "
            f"mechanism and by what knows none; larger log scores are better",
        )
    if not found:
        body += paragraph(
            "No panel of measured myeloma lines was fitted: `gp130 panel` does it.",
            "quiet",
        )
    shown = [BEHAVIOURS[n] for n in ABOUT_RESISTANCE]
    rows = pd.DataFrame(
        {
            "": [b.id for b in shown],
            "what is done": [b.protocol for b in shown],
            "who saw it": [b.evidence for b in shown],
            "what it proves": [PROVES[b.tuning] for b in shown],
        }
    )
    body += table(
        rows,
        "Facts about resistance that the nominal model reproduces (`gp130 tables behaviours` simulates each "
        "anew)",
    )
    return Section("measured", "Against measured myeloma cells", "Against measurements", body)


def silent_section(summary: pd.DataFrame | None, main: xr.DataTree, prior: bool) -> Section:
    """What the data did not inform."""
    body = ""
    if summary is None:
        said = (
            "every number here is its declared belief"
            if prior
            else "the run has no table of what it learnt; see below"
        )
        body += paragraph(
            f"Nothing was fitted: {said}." if prior else f"{said[0].upper()}{said[1:]}.", "warn"
        )
    else:
        words = dict(zip(map(str, summary.index), map(str, summary["informed"]), strict=True))
        names = [n for n, said in words.items() if said == NOT_INFORMED]
        body += paragraph(
            f"**{len(names)} of {len(summary)} estimated numbers learnt nothing from the data**"
            + (": " + ", ".join(f"`{n}`" for n in names) if names else "")
            + "."
        )
        partly = summary[summary["informed"].str.startswith("bounded")]
        if len(partly):
            body += paragraph(
                "Known on one side only: "
                + ", ".join(f"`{n}` ({r['informed']})" for n, r in partly.iterrows())
                + "."
            )
    d = main["parameter"].to_dataset()
    told = pd.Series(d["informed"].values.astype(str)).value_counts()
    body += paragraph(
        "Of the parameters that can change the main answer: "
        + ", ".join(f"{n} {w}" for w, n in told.items())
        + "."
    )
    return Section("silent", "What the data did not inform", "Not informed", body)


def failures_section(failed: pd.DataFrame | None, tree: xr.DataTree) -> Section:
    """Sets that could not be solved."""
    lines = []
    if failed is not None:
        lines.append(
            "Every kept draw of the fit could be solved."
            if failed.empty
            else f"**{len(failed)} kept draws of the fit could not be solved**; their parameters stand in "
            f"failures.csv."
        )
    n = int(tree.attrs["failed"])
    lines.append(
        f"Of {tree.attrs['screened']} sets simulated for this page "
        + (
            "all could be solved."
            if not n
            else f"**{n} could not be solved** in one dish or another; they are left out of bands and "
            f"rankings."
        )
    )
    return Section("failures", "Failures", "Failures", bullets(lines))


def provenance_section(
    run: dict | None, tree: xr.DataTree, found: Sequence[tuple[str, xr.DataTree]]
) -> Section:
    """Everything needed to make these numbers again."""
    rows = [
        ("source of beliefs", tree.attrs["source"]),
        (
            "simulated here",
            f"{tree.attrs['draws']} and {tree.attrs['screened']} draws, seed "
            f"{tree.attrs['seed']}, rtol {tree.attrs['rtol']:g}, atol {tree.attrs['atol']:g}",
        ),
        ("network", f"{tree.attrs['network']}, fingerprint {tree.attrs['network_fingerprint']}"),
    ]
    if run is not None:
        rows += [
            ("study", f"{run.get('study')}, fingerprint {run.get('study_fingerprint')}"),
            ("fitted network", f"{run.get('network')}, fingerprint {run.get('network_fingerprint')}"),
            ("seed of the fit", str(run.get("seed"))),
            ("device", str(run.get("device"))),
            ("precision", str(run.get("precision"))),
            ("wall time of the fit", f"{run.get('wall_time_s', 'unknown')} s"),
            ("settings", ", ".join(f"{k} {v}" for k, v in run.get("settings", {}).items())),
            ("versions", ", ".join(f"{k} {v}" for k, v in run.get("versions", {}).items())),
        ]
    rows += [("ranking", f"{t.attrs['question']}: {origin}") for origin, t in found]
    return Section(
        "provenance", "Provenance", "Provenance", table(pd.DataFrame(rows, columns=["what", "value"]))
    )


def references_section(top: pd.DataFrame, network: Network) -> Section:
    """Where the numbers that mattered come from."""
    texts = [
        *top["source"],
        *(p.source.text for p in network.parameters if any(p.name in n.parameters for n in NODES.values())),
    ]
    works = cited(texts)
    body = paragraph("The ten parameters that matter most for the main answer:") + table(top)
    body += paragraph("Works that these and the nodes' own numbers name:") + bullets(
        [f"{k}: {v}" for k, v in works.items()] + [FIGURE]
    )
    body += paragraph("All numbers and all sources: `gp130 tables`.", "quiet")
    return Section("references", "Where the numbers that mattered come from", "References", body)
