"""A PEtab version 2 problem as tables with parsed formulas; every finding names file and row.

Columns beyond the standard, all optional and ignored by other programs: observables.tsv `degreesOfFreedom`
(Student-t in place of the normal on the same scale); measurements.tsv `censoring` (`left`: the value is a
detection limit and the truth lies below, `right`: above); parameters.tsv `belief` and `beliefParameters` (a
prior PEtab has not: beta, half-normal, logit-normal), `tags` (separated by ;), `unit`.
"""

from __future__ import annotations

import logging
import math
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import sympy as sp

from inference.study.petab.petab_config import load_config, one_file, shortly, table_files
from inference.study.petab.petab_formulas import first_line, formula
from inference.study.petab.petab_mapping import mapped
from inference.study.priors import FAMILIES, Prior
from inference.study.problem_tables import (
    Change,
    ExperimentRow,
    MeasurementRow,
    ObservableRow,
    ParameterRow,
    PeriodRow,
    StudyError,
    Tables,
    finite,
    known,
    numeric,
    once,
    read_rows,
    source_of,
)
from models.sbml.encodings import decoded
from models.sbml.formulas import SbmlError
from models.sbml.model_file import SbmlModel
from models.sbml.reader import read_sbml
from models.units import UnitError, unit

PARAMETER_COLUMNS = (  # all that are read, in the order in which they are written
    "parameterId",
    "parameterName",
    "lowerBound",
    "upperBound",
    "nominalValue",
    "estimate",
    "priorDistribution",
    "priorParameters",
    "belief",
    "beliefParameters",
    "tags",
    "unit",
)
COLUMNS = {
    "condition": ("conditionId", "targetId", "targetValue"),
    "experiment": ("experimentId", "time", "conditionId"),
    "observable": ("observableId", "observableFormula", "noiseFormula"),
    "measurement": ("observableId", "time", "measurement"),
    "parameter": ("parameterId", "estimate"),
    "mapping": ("petabEntityId", "modelEntityId"),
}
OPTIONAL = {
    "condition": (),
    "experiment": (),
    "observable": (
        "observableName",
        "noiseDistribution",
        "observablePlaceholders",
        "noisePlaceholders",
        "degreesOfFreedom",
        "unit",
    ),
    "measurement": (
        "modelId",
        "experimentId",
        "observableParameters",
        "noiseParameters",
        "datasetId",
        "replicateId",
        "censoring",
    ),
    "parameter": tuple(c for c in PARAMETER_COLUMNS if c not in COLUMNS["parameter"]),
    "mapping": ("name",),
}
CENSORINGS = {"": 0, "none": 0, "left": -1, "right": 1}
NOISES = ("normal", "log-normal", "laplace", "log-laplace")
Rows = list[tuple[str, dict[str, str]]]


def read(path: pathlib.Path, config: Mapping[str, Any]) -> Tables:
    """The problem of a `problem.yaml` of version 2.

    Raises:
        StudyError: anything that cannot be used, by file and row, before anything runs.
    """
    if config.get("extensions"):
        raise StudyError(
            f"{path.name}: extension {shortly(next(iter(config['extensions'])))} is not supported: remove it"
        )
    location = _model_location(path, config)
    model_text = read_model(path, location)

    def rows(kind: str) -> Rows:
        return [
            r
            for f in table_files(path, config, f"{kind}_files")
            for r in read_rows(path.parent / f, COLUMNS[kind], OPTIONAL[kind])
        ]

    conditions = _conditions(rows("condition"))
    experiments = _experiments(rows("experiment"), conditions)
    observables = _observables(rows("observable"))
    measurements = _measurements(rows("measurement"), observables, experiments)
    model = model_of(model_text, location)
    name = config.get("id") or path.parent.name
    if not isinstance(name, str | int | float):
        raise StudyError(f"{path.name}: id is no text: write a word")
    tables = Tables(
        str(name),
        model,
        model_text,
        tuple(experiments.values()),
        tuple(observables.values()),
        tuple(measurements),
        tuple(_parameters(rows("parameter"))),
    )
    return mapped(tables, rows("mapping"))


def _model_location(path: pathlib.Path, config: Mapping[str, Any]) -> str:
    """Where the one SBML model of a problem lies."""
    models = config.get("model_files") or {}
    if not isinstance(models, Mapping) or not all(isinstance(m, Mapping) for m in models.values()):
        raise StudyError(
            f"{path.name}: model_files is no table of name, location and language: write it as PEtab 2 does"
        )
    if len(models) != 1:
        raise StudyError(f"{path.name}: has {len(models)} models: give exactly one")
    (info,) = models.values()
    if info.get("language") != "sbml":
        raise StudyError(
            f"{path.name}: model language {shortly(info.get('language'))} is not supported: give SBML"
        )
    return one_file(path, info.get("location"), "the model's location")


def model_of(text: str, location: str) -> SbmlModel:
    """The model of a problem; every finding names its file."""
    if not text.lstrip().startswith("<"):  # `read_sbml` would take it for a path
        raise StudyError(f"{location}: is no SBML: give a model in XML")
    try:
        return read_sbml(text, location)
    except SbmlError as e:
        raise StudyError(str(e)) from None


def lint(path: pathlib.Path) -> None:
    """PEtab's own checks; raises `StudyError` with the first finding, at the row that it speaks of."""
    from petab import v2
    from pydantic import ValidationError

    logging.getLogger("petab").setLevel(logging.CRITICAL)
    try:
        issues = v2.Problem.from_yaml(path).validate()
    except UnicodeError:  # petab reads UTF-8 only; we have read the same tables
        return
    except ValidationError as e:  # a row that is none
        wrong = e.errors()[0]
        text = " ".join([*map(str, wrong["loc"]), first_line(wrong["msg"]).removeprefix("Value error, ")])
        raise StudyError(f"{_place(path, str(wrong['input']))}: {text}: correct this row") from None
    except Exception as e:  # petab raises many kinds
        raise StudyError(f"{_place(path, str(e))}: {first_line(e)}: correct what petablint reports") from None
    errors = [i for i in issues if i.level >= v2.lint.ValidationIssueSeverity.ERROR]
    if errors:
        text = first_line(errors[0].message)
        raise StudyError(f"{_place(path, text)}: {text}: correct what petablint reports")


def _place(path: pathlib.Path, finding: str) -> str:
    """The row whose id a finding of petablint names, else the YAML file."""
    named = set(re.findall(r"\w+", finding))
    config = load_config(path)
    for kind, columns in COLUMNS.items():
        for file in table_files(path, config, f"{kind}_files"):
            for place, row in read_rows(path.parent / file, columns):
                if row[columns[0]] in named and kind != "measurement":
                    return place
    return path.name


def read_model(path: pathlib.Path, location: str) -> str:
    """Text of the model file beside the YAML file, in whatever encoding its XML declares."""
    file = path.parent / location
    if not file.is_file():
        raise StudyError(f"{path.name}: model {location!r} is not there: put it beside the YAML file")
    try:
        return decoded(file.read_bytes())
    except (UnicodeError, LookupError) as e:
        raise StudyError(
            f"{location}: is not in the encoding that it declares ({first_line(e)}): save it as UTF-8"
        ) from None


def _conditions(rows: Rows) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    at: dict[tuple[str, str], str] = {}
    for place, row in rows:
        pair = (row["conditionId"], row["targetId"])
        if not row["conditionId"]:
            raise StudyError(f"{place}: has no condition id: give one")
        if pair in at:
            raise StudyError(
                f"{place}: condition {pair[0]!r} sets {pair[1]} already ({at[pair]}): keep one row"
            )
        at[pair] = place
        value = formula(row["targetValue"], place, "targetValue")
        found.setdefault(row["conditionId"], []).append(Change(row["targetId"], value, place))
    return found


def _experiments(rows: Rows, conditions: Mapping[str, list[Change]]) -> dict[str, ExperimentRow]:
    periods: dict[str, dict[float, tuple[str, list[Change]]]] = {}
    for place, row in rows:
        at = numeric(row["time"], place, "time")
        if at == math.inf:
            raise StudyError(
                f"{place}: a period cannot start at inf: give a time, or -inf for a steady state"
            )
        _, changes = periods.setdefault(row["experimentId"], {}).setdefault(at, (place, []))
        if row["conditionId"]:
            new = conditions[known(row["conditionId"], conditions, place, "condition")]
            twice = {c.target for c in new} & {c.target for c in changes}
            if twice:
                raise StudyError(
                    f"{place}: {min(twice)!r} is set twice at time {at:g}: keep one of the conditions"
                )
            changes += new
    found = {}
    for name, of in periods.items():
        ordered = tuple(
            PeriodRow(t, tuple(changes), place)
            for t, (place, changes) in sorted(of.items(), key=lambda x: x[0])
        )
        found[name] = ExperimentRow(name, ordered, ordered[0].at)
    return found


def _observables(rows: Rows) -> dict[str, ObservableRow]:
    found: dict[str, ObservableRow] = {}
    for place, row in rows:
        name = row["observableId"]
        once(name, {k: o.at for k, o in found.items()}, place, "observable")
        family = known(row.get("noiseDistribution") or "normal", NOISES, place, "noiseDistribution")
        degrees = (
            numeric(row["degreesOfFreedom"], place, "degreesOfFreedom")
            if row.get("degreesOfFreedom")
            else None
        )
        if degrees is not None and ("laplace" in family or degrees <= 0):
            raise StudyError(
                f"{place}: degreesOfFreedom needs a normal or log-normal noise and a positive number: "
                f"correct one of them"
            )
        placeholders = [
            p.strip()
            for c in ("observablePlaceholders", "noisePlaceholders")
            for p in row.get(c, "").split(";")
            if p.strip()
        ]
        _unit(row.get("unit", ""), place)
        measured = formula(row["observableFormula"], place, "observableFormula")
        noise = formula(row["noiseFormula"], place, "noiseFormula").xreplace({sp.Symbol(name): measured})
        found[name] = ObservableRow(
            name,
            row.get("observableName") or name,
            measured,
            noise,  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
            family,
            degrees,
            tuple(placeholders),
            place,
        )
    return found


def _measurements(
    rows: Rows, observables: Mapping[str, ObservableRow], experiments: Mapping[str, ExperimentRow]
) -> list[MeasurementRow]:
    found = []
    for place, row in rows:
        o = observables[known(row["observableId"], observables, place, "observable")]
        experiment = row.get("experimentId", "")
        if experiment or experiments:
            known(experiment, experiments, place, "experiment")
        at, value = numeric(row["time"], place, "time"), finite(row["measurement"], place, "measurement")
        first = (
            min((p.time for p in experiments[experiment].periods if p.time > -math.inf), default=0.0)
            if experiment
            else 0.0
        )
        if at < first:
            where = experiment or "the model"
            raise StudyError(
                f"{place}: time {at:g} is before the first period of {where} ({first:g}): correct one of them"
            )
        if o.family.startswith("log") and value <= 0:
            raise StudyError(
                f"{place}: measurement {value:g} has no logarithm, which the noise of {o.id} needs: give a "
                f"positive value"
            )
        columns = ("observableParameters", "noiseParameters")
        overrides = [formula(x, place, c) for c in columns for x in row.get(c, "").split(";") if x.strip()]
        if len(overrides) != len(o.placeholders):
            raise StudyError(
                f"{place}: gives {len(overrides)} values for {len(o.placeholders)} placeholders of {o.id}: "
                f"give one for each"
            )
        censored = CENSORINGS[known(row.get("censoring", ""), CENSORINGS, place, "censoring")]
        found.append(
            MeasurementRow(o.id, experiment, at, value, tuple(overrides), censored, place, source_of(row))
        )
    return found


def _parameters(rows: Rows) -> list[ParameterRow]:
    found: dict[str, ParameterRow] = {}
    for place, row in rows:
        name = row["parameterId"]
        once(name, {k: p.at for k, p in found.items()}, place, "parameter")
        estimate = {"true": True, "false": False, "1": True, "0": False}[
            known(row["estimate"].lower(), ("true", "false", "1", "0"), place, "estimate")
        ]
        lower = numeric(row["lowerBound"], place, "lowerBound") if row.get("lowerBound") else -math.inf
        upper = numeric(row["upperBound"], place, "upperBound") if row.get("upperBound") else math.inf
        bounded = math.isfinite(lower) and math.isfinite(upper)
        if estimate and not (
            lower < upper and (bounded or row.get("priorDistribution") or row.get("belief"))
        ):
            raise StudyError(
                f"{place}: {name} is estimated between {lower:g} and {upper:g}: give two bounds, the lower "
                f"first, or a prior"
            )
        if row.get("nominalValue") or not estimate:
            nominal = numeric(row.get("nominalValue", ""), place, "nominalValue")
        else:
            nominal = math.nan
        column, given = (
            ("belief", "beliefParameters") if row.get("belief") else ("priorDistribution", "priorParameters")
        )
        prior = None
        if row.get(column) and estimate:
            family = known(row[column], FAMILIES, place, "prior")
            try:
                prior = Prior(
                    family,
                    tuple(numeric(x, place, given) for x in row.get(given, "").split(";") if x.strip()),
                    lower,
                    upper,
                )
                prior.distribution()
            except StudyError:
                raise
            except ValueError as e:
                raise StudyError(f"{place}: {of_prior(e)}") from None
        _unit(row.get("unit", ""), place)
        tags = tuple(t.strip() for t in row.get("tags", "").split(";") if t.strip())
        title = row.get("parameterName", "")
        found[name] = ParameterRow(
            name, title, nominal, lower, upper, estimate, prior, tags, row.get("unit", ""), place
        )
    return list(found.values())


def of_prior(e: Exception) -> str:
    """What is wrong with the parameters of a prior, in one line with a remedy."""
    text = first_line(e)
    return text if text.startswith("prior") else f"prior: {text}: correct its parameters"


def _unit(text: str, place: str) -> None:
    try:
        unit(text)
    except UnitError as e:
        raise StudyError(f"{place}: {e}: write a unit that exists") from None
