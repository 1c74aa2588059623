"""A measured data set as a study: its rows, its own unknowns, and the PEtab folder that holds them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inference.runs.outputs import write_text
from inference.study.petab.petab_v2 import PARAMETER_COLUMNS
from models.belief_kinds import LogNormal
from models.catalogue import core
from models.declare import Parameter
from models.network import Network
from models.sbml.writer import to_sbml

PRECULTURE = -8640
FEEDBACK = ("k_SR", "K_iS", "k_mS", "c1a", "c1")


@dataclass(frozen=True)
class Own:
    """An unknown of one assay: log-normal around `centre` with `sd` of ln, or (`share`) Beta(1, 1) on
    0..1.
    """

    name: str
    meaning: str
    centre: float
    sd: float
    share: bool = False


@dataclass(frozen=True)
class Row:
    """One measured value."""

    observable: str
    dish: str
    minutes: float
    value: float


@dataclass(frozen=True)
class Measured:
    """A data set as a study.

    Attributes:
        dishes: name -> changes at the start of the pre-culture, changes at t = 0.
        observables: name -> formula, formula of the noise (sd of ln).
        shared: parameters of the network that are estimated with their declared prior.
        wider: sd of ln of shared parameters in place of the declared one, where that came from these very
            data.
        cannot: what the network has no words for in these data.
    """

    id: str
    source: str
    dishes: dict[str, tuple[dict[str, str], dict[str, str]]]
    observables: dict[str, tuple[str, str]]
    rows: tuple[Row, ...]
    shared: tuple[str, ...]
    own: tuple[Own, ...]
    wider: Mapping[str, float] = field(default_factory=dict)
    cannot: str = ""


def write(study: Measured, folder: Path, network: Network | None = None) -> Path:
    """The study as a PEtab v2 folder, on the core network unless told otherwise; returns its problem.yaml."""
    network, here = network or core(socs3_transit=True), folder / study.id
    here.mkdir(parents=True, exist_ok=True)
    write_text(to_sbml(network), here / "network.xml")
    conditions, experiments = [], []
    for dish, (before, after) in study.dishes.items():
        for stage, minutes, changes in (("before", PRECULTURE, before), ("after", 0, after)):
            experiments.append((dish, minutes, f"{dish}_{stage}"))
            conditions += [(f"{dish}_{stage}", target, value) for target, value in changes.items()]
    _table(here / "conditions.tsv", ("conditionId", "targetId", "targetValue"), conditions)
    _table(here / "experiments.tsv", ("experimentId", "time", "conditionId"), experiments)
    _table(
        here / "observables.tsv",
        ("observableId", "observableFormula", "noiseFormula", "noiseDistribution"),
        [(n, f, s, "log-normal") for n, (f, s) in study.observables.items()],
    )
    _table(
        here / "measurements.tsv",
        ("observableId", "experimentId", "time", "measurement", "datasetId"),
        [(r.observable, r.dish, f"{r.minutes:g}", f"{r.value:.8g}", study.id) for r in study.rows],
    )
    declared = {p.name: p for p in network.parameters}
    parameters = [_shared(declared[n], study.wider.get(n)) for n in study.shared] + [
        _own(o) for o in study.own
    ]
    _table(
        here / "parameters.tsv",
        PARAMETER_COLUMNS,
        [[row.get(c, "") for c in PARAMETER_COLUMNS] for row in parameters],
    )
    write_text(
        f"format_version: 2.0.0\nid: {study.id}\nmodel_files:\n  network:\n    location: network.xml\n    "
        f"language: sbml\n"
        + "".join(
            f"{kind}_files: [{kind}s.tsv]\n"
            for kind in ("parameter", "condition", "experiment", "observable", "measurement")
        ),
        here / "problem.yaml",
    )
    write_text(_readme(study), here / "README.md")
    return here / "problem.yaml"


def _readme(study: Measured) -> str:
    own = "\n".join(f"* `{o.name}`: {o.meaning}" for o in study.own)
    wider = ", ".join(f"`{n}` {sd:g}" for n, sd in study.wider.items())
    return (
        f"# {study.id}\n\n{study.source}. {len(study.rows)} values in {len(study.dishes)} dishes, made by "
        "`inference.datasets.measured_tables`; the terms of the source hold for `measurements.tsv`.\n\n"
        f"Shared with every other study (kinetics, feedbacks): "
        f"{', '.join(f'`{n}`' for n in study.shared)}, with the priors of the "
        f"pathway tables"
        f"{f'; sd of ln widened, because those came from this paper: {wider}' if wider else ''}.\n\n"
        f"This cell's and this assay's own:\n\n{own}\n\n"
        f"What the network has no words for here: {study.cannot}.\n\n"
        "None of these cells is a myeloma cell.\n"
    )


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    write_text("\n".join("\t".join(map(str, r)) for r in (header, *rows)) + "\n", path)


def _log_normal(centre: float, sd: float) -> dict[str, str]:
    wide = math.exp(5 * sd)
    return {
        "lowerBound": f"{centre / wide:.6g}",
        "upperBound": f"{centre * wide:.6g}",
        "nominalValue": f"{centre:.6g}",
        "priorDistribution": "log-normal",
        "priorParameters": f"{math.log(centre):.6g};{sd:g}",
    }


def _uniform(centre: float) -> dict[str, str]:
    return {
        "lowerBound": "0",
        "upperBound": "1",
        "nominalValue": str(centre),
        "priorDistribution": "uniform",
        "priorParameters": "0;1",
    }


def _estimated(
    name: str, meaning: str, unit: str, belief: Mapping[str, str], strength: bool
) -> dict[str, str]:
    """The row of an unknown; `strength`: one of those that the feedbacks are told by."""
    row = {"parameterId": name, "parameterName": meaning, "unit": unit, "estimate": "true", **belief}
    return row | ({"tags": "feedback"} if strength else {})


def _shared(p: Parameter, wider: float | None) -> dict[str, str]:
    # what is declared as fixed may still move a little from cell to cell
    sd = wider or (p.belief.sd if isinstance(p.belief, LogNormal) else 0.3)
    return _estimated(p.name, p.meaning, p.unit, _log_normal(p.value, sd), p.name in FEEDBACK)


def _own(o: Own) -> dict[str, str]:
    belief, unit = (_uniform(o.centre), "0-1") if o.share else (_log_normal(o.centre, o.sd), "-")
    return _estimated(o.name, o.meaning, unit, belief, o.name == "c1a_cell")
