"""A PEtab version 1 problem, read through petab's own functions, as the same tables as version 2."""

from __future__ import annotations

import logging
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import sympy as sp

from inference.study.petab_v2 import formula, read_model
from inference.study.priors import Prior
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
    read_rows,
)
from models.sbml.formulas import SbmlError
from models.sbml.reader import read_sbml

_LN10 = math.log(10.0)
# observableTransformation -> prefix of the family of the noise
_TRANSFORMED = {"lin": "", "log": "log-", "log10": "log10-"}
Rows = list[tuple[str, dict[str, str]]]


def read(path: pathlib.Path, config: Mapping[str, Any]) -> Tables:
    """The problem of a YAML file of version 1.

    Raises:
        StudyError: anything that cannot be used, by file and row.
    """
    logging.getLogger("petab").setLevel(logging.CRITICAL)
    problems = config.get("problems") or []
    if len(problems) != 1 or len(problems[0].get("sbml_files") or []) != 1:
        raise StudyError(f"{path.name}: needs exactly one problem with one SBML file: split it")
    problem = problems[0]
    location = problem["sbml_files"][0]
    model_text = read_model(path, location)

    def rows(names: Any, required: tuple[str, ...]) -> Rows:
        return [
            r
            for f in ([names] if isinstance(names, str) else names or [])
            for r in read_rows(path.parent / f, required)
        ]

    parameters = _parameters(
        rows(
            config.get("parameter_file"),
            ("parameterId", "parameterScale", "lowerBound", "upperBound", "estimate"),
        )
    )
    conditions = _conditions(rows(problem.get("condition_files"), ("conditionId",)))
    observables = _observables(
        rows(problem.get("observable_files"), ("observableId", "observableFormula", "noiseFormula"))
    )
    seen = rows(
        problem.get("measurement_files"), ("observableId", "simulationConditionId", "measurement", "time")
    )
    experiments, measurements = _measurements(seen, observables, conditions)
    try:
        model = read_sbml(model_text)
    except SbmlError as e:
        raise StudyError(f"{location}: {str(e).removeprefix('SBML: ')}") from None
    return Tables(
        path.stem,
        model,
        model_text,
        tuple(experiments.values()),
        tuple(observables.values()),
        tuple(measurements),
        tuple(parameters),
    )


def _conditions(rows: Rows) -> dict[str, tuple[str, tuple[Change, ...]]]:
    found = {}
    for place, row in rows:
        changes = tuple(
            Change(target, formula(text, place, target), place)
            for target, text in row.items()
            if target not in ("conditionId", "conditionName") and text and text.lower() != "nan"
        )
        found[row["conditionId"]] = (place, changes)
    return found


def _observables(rows: Rows) -> dict[str, ObservableRow]:
    found: dict[str, ObservableRow] = {}
    for place, row in rows:
        name = row["observableId"]
        transformation = known(
            row.get("observableTransformation") or "lin", _TRANSFORMED, place, "observableTransformation"
        )
        noise = known(
            row.get("noiseDistribution") or "normal", ("normal", "laplace"), place, "noiseDistribution"
        )
        measured = formula(row["observableFormula"], place, "observableFormula")
        scale = formula(row["noiseFormula"], place, "noiseFormula").xreplace({sp.Symbol(name): measured})
        symbols = {str(s) for s in measured.free_symbols | scale.free_symbols}
        own = (s for s in symbols if _is_placeholder(s, name))
        placeholders = tuple(sorted(own, key=lambda s: (not s.startswith("observable"), _number(s))))
        found[name] = ObservableRow(
            name,
            row.get("observableName") or name,
            measured,
            scale,
            _TRANSFORMED[transformation] + noise,
            None,
            placeholders,
            place,
        )
    return found


def _is_placeholder(symbol: str, observable: str) -> bool:
    return any(
        symbol.startswith(kind)
        and symbol.endswith(f"_{observable}")
        and symbol[len(kind) : -len(observable) - 1].isdigit()
        for kind in ("observableParameter", "noiseParameter")
    )


def _number(symbol: str) -> int:
    return int(symbol.split("Parameter")[1].split("_")[0])


def _measurements(
    rows: Rows,
    observables: Mapping[str, ObservableRow],
    conditions: Mapping[str, tuple[str, tuple[Change, ...]]],
) -> tuple[dict[str, ExperimentRow], list[MeasurementRow]]:
    experiments: dict[str, ExperimentRow] = {}
    found = []
    for place, row in rows:
        o = observables[known(row["observableId"], observables, place, "observable")]
        before, after = (
            row.get("preequilibrationConditionId", ""),
            known(row["simulationConditionId"], conditions, place, "condition"),
        )
        name = f"{before}__{after}" if before else after
        if name not in experiments:
            periods = (
                [PeriodRow(-math.inf, conditions[known(before, conditions, place, "condition")][1], place)]
                if before
                else []
            )
            experiments[name] = ExperimentRow(
                name, (*periods, PeriodRow(0.0, conditions[after][1], place)), place
            )
        at, value = numeric(row["time"], place, "time"), numeric(row["measurement"], place, "measurement")
        if at < 0:
            raise StudyError(f"{place}: time {at:g} is before the start (0): correct it")
        if o.family.startswith("log") and value <= 0:
            raise StudyError(
                f"{place}: measurement {value:g} has no logarithm, which the noise of {o.id} needs: "
                f"correct it"
            )
        given = {
            kind: [
                formula(x, place, column)
                for x in row.get(column, "").split(";")
                if x.strip() and x.lower() != "nan"
            ]
            for kind, column in (("observable", "observableParameters"), ("noise", "noiseParameters"))
        }
        overrides = []
        for p in o.placeholders:
            values = given["observable" if p.startswith("observable") else "noise"]
            if len(values) < _number(p):
                raise StudyError(f"{place}: gives no value for {p}: add it to the row")
            overrides.append(values[_number(p) - 1])
        found.append(MeasurementRow(o.id, name, at, value, tuple(overrides), 0, place))
    return experiments, found


def _parameters(rows: Rows) -> list[ParameterRow]:
    found = []
    for place, row in rows:
        estimate = {"1": True, "0": False, "1.0": True, "0.0": False}[
            known(row["estimate"], ("1", "0", "1.0", "0.0"), place, "estimate")
        ]
        scale = known(row["parameterScale"] or "lin", ("lin", "log", "log10"), place, "parameterScale")
        lower = numeric(row["lowerBound"], place, "lowerBound") if row["lowerBound"] else -math.inf
        upper = numeric(row["upperBound"], place, "upperBound") if row["upperBound"] else math.inf
        nominal = (
            numeric(row["nominalValue"], place, "nominalValue")
            if row.get("nominalValue") or not estimate
            else math.nan
        )
        prior = None
        if estimate:
            given = [
                numeric(x, place, "objectivePriorParameters")
                for x in row.get("objectivePriorParameters", "").split(";")
                if x
            ]
            try:
                prior = _prior(row.get("objectivePriorType", ""), given, scale, lower, upper)
            except ValueError as e:
                raise StudyError(f"{place}: {e}") from None
        title = row.get("parameterName", "")
        found.append(
            ParameterRow(
                row["parameterId"], title, nominal, lower, upper, estimate, prior, (), "", place, scale
            )
        )
    return found


def _prior(kind: str, given: list[float], scale: str, lower: float, upper: float) -> Prior:
    """Priors on the scale of a parameter become priors of the parameter itself; without one, flat on its
    scale.
    """
    if not kind or kind.lower() == "nan":
        return Prior("uniform" if scale == "lin" else "log-uniform", (lower, upper))
    factor = _LN10 if scale == "log10" else 1.0
    plain = {
        "uniform": "uniform",
        "normal": "normal",
        "laplace": "laplace",
        "logNormal": "log-normal",
        "logLaplace": "log-laplace",
    }
    if kind in plain:
        return Prior(plain[kind], tuple(given), lower, upper)
    family = known(
        kind.removeprefix("parameterScale").lower(), ("uniform", "normal", "laplace"), "parameters", "prior"
    )
    if scale == "lin":
        return Prior(family, tuple(given), lower, upper)
    if family == "uniform":
        return Prior("log-uniform", (math.exp(factor * given[0]), math.exp(factor * given[1])), lower, upper)
    return Prior(f"log-{family}", (factor * given[0], factor * given[1]), lower, upper)
