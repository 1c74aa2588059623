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
from collections.abc import Mapping
from typing import Any

import sympy as sp
import yaml

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
    known,
    numeric,
    plain,
    read_rows,
)
from models.sbml.formulas import SbmlError
from models.sbml.reader import read_sbml
from models.units import UnitError, unit

COLUMNS = {
    "condition": ("conditionId", "targetId", "targetValue"),
    "experiment": ("experimentId", "time", "conditionId"),
    "observable": ("observableId", "observableFormula", "noiseFormula"),
    "measurement": ("observableId", "time", "measurement"),
    "parameter": ("parameterId", "estimate"),
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
            f"{path.name}: extension {next(iter(config['extensions']))!r} is not supported: remove it"
        )
    if config.get("mapping_files"):
        raise StudyError(f"{path.name}: mapping tables are not supported: use the names of the model")
    models = config.get("model_files") or {}
    if len(models) != 1:
        raise StudyError(f"{path.name}: has {len(models)} models: give exactly one")
    (info,) = models.values()
    if info.get("language") != "sbml":
        raise StudyError(f"{path.name}: model language {info.get('language')!r} is not supported: give SBML")
    model_text = read_model(path, info["location"])

    def rows(kind: str) -> Rows:
        return [
            r for f in config.get(f"{kind}_files") or [] for r in read_rows(path.parent / f, COLUMNS[kind])
        ]

    conditions = _conditions(rows("condition"))
    experiments = _experiments(rows("experiment"), conditions)
    observables = _observables(rows("observable"))
    measurements = _measurements(rows("measurement"), observables, experiments)
    try:
        model = read_sbml(model_text)
    except SbmlError as e:
        raise StudyError(
            f"{info['location']}: {str(e).removeprefix('SBML: ').removeprefix('SBML')}"
        ) from None
    return Tables(
        str(config.get("id") or path.parent.name),
        model,
        model_text,
        tuple(experiments.values()),
        tuple(observables.values()),
        tuple(measurements),
        tuple(_parameters(rows("parameter"))),
    )


def lint(path: pathlib.Path) -> None:
    """PEtab's own checks; raises `StudyError` with the first finding."""
    from petab import v2

    logging.getLogger("petab").setLevel(logging.CRITICAL)
    try:
        issues = v2.Problem.from_yaml(path).validate()
    except Exception as e:  # petab raises many kinds
        raise StudyError(f"{path.name}: {_first_line(e)}: correct what petablint reports") from None
    errors = [i for i in issues if i.level >= v2.lint.ValidationIssueSeverity.ERROR]
    if errors:
        raise StudyError(f"{path.name}: {_first_line(errors[0].message)}: correct what petablint reports")


def _first_line(text: object) -> str:
    return str(text).strip().splitlines()[0].rstrip(".:")


def read_model(path: pathlib.Path, location: str) -> str:
    """Text of the model file beside the YAML file."""
    file = path.parent / location
    if not file.is_file():
        raise StudyError(f"{path.name}: model {location!r} is not there: put it beside the YAML file")
    return file.read_text(encoding="utf-8")


def formula(text: str, place: str, column: str) -> sp.Expr:
    """A formula by PEtab's own parser, in symbols of the network."""
    from petab.v1.math import sympify_petab

    if not text:
        raise StudyError(f"{place}: {column} is empty: write a formula")
    try:
        return plain(sympify_petab(text))
    except (ValueError, AssertionError) as e:
        raise StudyError(
            f"{place}: {column} {text!r} cannot be read ({_first_line(e)}): write it in PEtab's syntax"
        ) from None


def _conditions(rows: Rows) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for place, row in rows:
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
        if name in found:
            raise StudyError(f"{place}: observable {name!r} is there already ({found[name].at}): rename one")
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
            noise,
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
        at, value = numeric(row["time"], place, "time"), numeric(row["measurement"], place, "measurement")
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
        found.append(MeasurementRow(o.id, experiment, at, value, tuple(overrides), censored, place))
    return found


def _parameters(rows: Rows) -> list[ParameterRow]:
    found: dict[str, ParameterRow] = {}
    for place, row in rows:
        name = row["parameterId"]
        if name in found:
            raise StudyError(f"{place}: parameter {name!r} is there already ({found[name].at}): keep one row")
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
                raise StudyError(f"{place}: {e}") from None
        _unit(row.get("unit", ""), place)
        tags = tuple(t.strip() for t in row.get("tags", "").split(";") if t.strip())
        title = row.get("parameterName", "")
        found[name] = ParameterRow(
            name, title, nominal, lower, upper, estimate, prior, tags, row.get("unit", ""), place
        )
    return list(found.values())


def _unit(text: str, place: str) -> None:
    try:
        unit(text)
    except UnitError as e:
        raise StudyError(f"{place}: {e}: write a unit that exists") from None


def load_config(path: pathlib.Path) -> dict[str, Any]:
    """The YAML file of a problem."""
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as e:
        raise StudyError(f"{path.name}: is no YAML ({_first_line(e)}): correct it") from None
    if not isinstance(config, dict) or "format_version" not in config:
        raise StudyError(f"{path.name}: has no format_version: give the YAML file of a PEtab problem")
    return config
