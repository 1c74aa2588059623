"""A problem as a PEtab version 2 folder that other programs read."""

from __future__ import annotations

import csv
import math
import pathlib
from collections.abc import Iterable

import sympy as sp
import yaml

from inference.runs.outputs import write_text
from inference.study.petab.petab_v2 import PARAMETER_COLUMNS
from inference.study.priors import Prior
from inference.study.problem_tables import Change, MeasurementRow, ObservableRow, ParameterRow, Tables
from models.declare import time
from models.formula import formula
from models.ratelaws import choose, power, raised
from models.whole_file import replacing

_LN10 = math.log(10.0)


def text(expression: sp.Expr | float) -> str:
    """A formula in PEtab's syntax."""
    from petab.v1.math import petab_math_str

    e = formula(expression)
    if e.is_number:
        return repr(float(e))
    for kind in (power, raised):
        e = e.replace(kind, lambda x, h: sp.Pow(x, h, evaluate=False))
    e = e.replace(choose, lambda margin, a, b: sp.Piecewise((a, margin >= 0), (b, True)))
    return petab_math_str(e.xreplace({time: sp.Symbol("time")}))


OBSERVABLE_COLUMNS = (
    "observableId",
    "observableName",
    "observableFormula",
    "noiseFormula",
    "noiseDistribution",
    "observablePlaceholders",
    "noisePlaceholders",
    "degreesOfFreedom",
)
MEASUREMENT_COLUMNS = (
    "observableId",
    "experimentId",
    "time",
    "measurement",
    "observableParameters",
    "noiseParameters",
    "censoring",
    "datasetId",
)


def write(tables: Tables, folder: pathlib.Path) -> pathlib.Path:
    """Write all tables, the model and the YAML file; returns the path of the YAML file.

    Errors on log10 (version 1) become errors on ln with a scale ln(10) times as large, which is the same
    density.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(tables.model_text, folder / "network.xml")
    conditions: dict[tuple[Change, ...], str] = {}
    experiments = []
    for e in tables.experiments:
        for p in e.periods:
            key = tuple(Change(c.target, c.value, "") for c in p.changes)
            name = conditions.setdefault(key, f"condition{len(conditions) + 1}") if key else ""
            experiments.append((e.id, _number(p.time), name))
    changed = ((name, c.target, text(c.value)) for key, name in conditions.items() for c in key)
    _table(folder / "conditions.tsv", ("conditionId", "targetId", "targetValue"), changed)
    _table(folder / "experiments.tsv", ("experimentId", "time", "conditionId"), experiments)
    _table(folder / "observables.tsv", OBSERVABLE_COLUMNS, map(_observable, tables.observables))
    of = {o.id: o for o in tables.observables}
    measured = (_measurement(m, of[m.observable]) for m in tables.measurements)
    _table(folder / "measurements.tsv", MEASUREMENT_COLUMNS, measured)
    _table(folder / "parameters.tsv", PARAMETER_COLUMNS, map(_parameter, tables.parameters))
    config = {
        "format_version": "2.0.0",
        "id": tables.id,
        "model_files": {"network": {"location": "network.xml", "language": "sbml"}},
    }
    for kind in ("parameter", "condition", "experiment", "observable", "measurement"):
        if kind != "condition" or conditions:
            config[f"{kind}_files"] = [f"{kind}s.tsv"]
    path = folder / "problem.yaml"
    write_text(yaml.safe_dump(config, sort_keys=False), path)
    return path


def _observable(o: ObservableRow) -> tuple[str, ...]:
    return (
        o.id,
        o.name,
        text(o.formula),
        text(o.noise * (_LN10 if o.family.startswith("log10") else 1)),
        o.family.replace("log10", "log"),
        *_placeholders(o),
        "" if o.degrees is None else repr(o.degrees),
    )


def _measurement(m: MeasurementRow, o: ObservableRow) -> tuple[str, ...]:
    return (
        m.observable,
        m.experiment,
        _number(m.time),
        repr(m.value),
        *_overrides(o, m.overrides),
        {0: "", -1: "left", 1: "right"}[m.censored],
        "_".join(m.source.split()),
    )


def _parameter(p: ParameterRow) -> tuple[str, ...]:
    return (
        p.id,
        p.name,
        _number(p.lower),
        _number(p.upper),
        _number(p.nominal),
        str(p.estimate).lower(),
        *_prior(p.prior),
        ";".join(p.tags),
        p.unit,
    )


def _number(value: float) -> str:
    return (
        ""
        if math.isnan(value)
        else "-inf"
        if value == -math.inf
        else "inf"
        if value == math.inf
        else repr(float(value))
    )


def _placeholders(o: ObservableRow) -> tuple[str, str]:
    """Those of the formula, then those of the noise alone."""
    inside = {str(s) for s in o.formula.free_symbols}
    first = [p for p in o.placeholders if p in inside]
    return ";".join(first), ";".join(p for p in o.placeholders if p not in first)


def _overrides(o: ObservableRow, values: tuple[sp.Expr, ...]) -> tuple[str, str]:
    inside = {str(s) for s in o.formula.free_symbols}
    given = dict(zip(o.placeholders, values, strict=True))
    first = [text(v) for p, v in given.items() if p in inside]
    return ";".join(first), ";".join(text(v) for p, v in given.items() if p not in inside)


def _prior(prior: Prior | None) -> tuple[str, str, str, str]:
    """Family and parameters; a family that PEtab has not goes into our own columns, with none in PEtab's."""
    if prior is None:
        return "", "", "", ""
    given = ";".join(map(repr, prior.parameters))
    return (
        ("", "", prior.family, given)
        if prior.family in ("beta", "half-normal", "logit-normal")
        else (prior.family, given, "", "")
    )


def _table(path: pathlib.Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A tab-separated table; columns that are empty throughout are left out, except the first three."""
    rows = list(rows)
    used = [i for i in range(len(columns)) if i < 3 or any(r[i] for r in rows)]
    with replacing(path) as place, place.open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, delimiter="\t", lineterminator="\n")
        out.writerow([columns[i] for i in used])
        out.writerows([r[i] for i in used] for r in rows)
