"""A PEtab version 1 problem, read through petab's own functions, as the same tables as version 2."""

from __future__ import annotations

import logging
import math
import pathlib
from collections.abc import Mapping
from typing import Any

import sympy as sp

from inference.study.petab.petab_config import table_files
from inference.study.petab.petab_formulas import formula
from inference.study.petab.petab_v2 import model_of, of_prior, read_model
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
    finite,
    given,
    known,
    numeric,
    once,
    read_rows,
    source_of,
)

_LN10 = math.log(10.0)
# observableTransformation -> prefix of the family of the noise
_TRANSFORMED = {"lin": "", "log": "log-", "log10": "log10-"}
COLUMNS = {
    "parameter": ("parameterId", "parameterScale", "lowerBound", "upperBound", "estimate"),
    "condition": ("conditionId",),
    "observable": ("observableId", "observableFormula", "noiseFormula"),
    "measurement": ("observableId", "simulationConditionId", "measurement", "time"),
}
OPTIONAL = {
    "parameter": (
        "parameterName",
        "nominalValue",
        "initializationPriorType",
        "initializationPriorParameters",
        "objectivePriorType",
        "objectivePriorParameters",
    ),
    "condition": ("conditionName",),
    "observable": ("observableName", "observableTransformation", "noiseDistribution"),
    "measurement": (
        "preequilibrationConditionId",
        "observableParameters",
        "noiseParameters",
        "datasetId",
        "replicateId",
    ),
}
Rows = list[tuple[str, dict[str, str]]]
Conditions = dict[str, tuple[str, dict[str, Change | None]]]


def read(path: pathlib.Path, config: Mapping[str, Any]) -> Tables:
    """The problem of a YAML file of version 1.

    Raises:
        StudyError: anything that cannot be used, by file and row.
    """
    logging.getLogger("petab").setLevel(logging.CRITICAL)
    problems = config.get("problems") or []
    if not isinstance(problems, list) or not all(isinstance(p, Mapping) for p in problems):
        raise StudyError(f"{path.name}: problems is no list of tables of files: write it as PEtab 1 does")
    if len(problems) != 1 or len(problems[0].get("sbml_files") or []) != 1:
        raise StudyError(f"{path.name}: needs exactly one problem with one SBML file: split it")
    problem = problems[0]
    (location,) = table_files(path, problem, "sbml_files")
    model_text = read_model(path, location)

    def rows(source: Mapping[str, Any], key: str, kind: str) -> Rows:
        return [
            r
            for f in table_files(path, source, key)
            for r in read_rows(path.parent / f, COLUMNS[kind], OPTIONAL[kind])
        ]

    parameters = _parameters(rows(config, "parameter_file", "parameter"))
    conditions = _conditions(rows(problem, "condition_files", "condition"))
    observables = _observables(rows(problem, "observable_files", "observable"))
    seen = rows(problem, "measurement_files", "measurement")
    experiments, measurements = _measurements(seen, observables, conditions)
    model = model_of(model_text, location)
    return Tables(
        path.stem,
        model,
        model_text,
        tuple(experiments.values()),
        tuple(observables.values()),
        tuple(measurements),
        tuple(parameters),
    )


def _conditions(rows: Rows) -> Conditions:
    """Of each condition its place and, by column, what it sets; None where the cell says nothing."""
    found: Conditions = {}
    for place, row in rows:
        once(row["conditionId"], {k: at for k, (at, _) in found.items()}, place, "condition")
        changes = {
            target: Change(target, formula(text, place, target), place) if given(text) else None
            for target, text in row.items()
            if target and target not in ("conditionId", "conditionName")
        }
        found[row["conditionId"]] = (place, changes)
    return found


def _set(condition: tuple[str, dict[str, Change | None]]) -> tuple[Change, ...]:
    return tuple(c for c in condition[1].values() if c is not None)


def _after(
    before: tuple[str, dict[str, Change | None]], after: tuple[str, dict[str, Change | None]]
) -> tuple[Change, ...]:
    """What the second condition sets; what only the first one set gets the model's own value again.

    A cell without a number means that (PEtab 1: "the default model value"), but for species: they go on from
    where pre-equilibration left them, which `protocol` sees to.
    """
    place, changes = after
    again = (n for n, c in before[1].items() if c is not None and changes.get(n) is None)
    return (*_set(after), *(Change(n, sp.Symbol(n), place) for n in again))


def _observables(rows: Rows) -> dict[str, ObservableRow]:
    found: dict[str, ObservableRow] = {}
    for place, row in rows:
        name = once(row["observableId"], {k: o.at for k, o in found.items()}, place, "observable")
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
            scale,  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
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
    conditions: Conditions,
) -> tuple[dict[str, ExperimentRow], list[MeasurementRow]]:
    experiments: dict[str, ExperimentRow] = {}
    found = []
    for place, row in rows:
        o = observables[known(row["observableId"], observables, place, "observable")]
        before = row.get("preequilibrationConditionId", "")
        before = before if given(before) or before in conditions else ""
        after = known(row["simulationConditionId"], conditions, place, "condition")
        name = f"{before}__{after}" if before else after
        if name not in experiments:
            first = conditions[known(before, conditions, place, "condition")] if before else None
            then = _after(first, conditions[after]) if first else _set(conditions[after])
            periods = [PeriodRow(-math.inf, _set(first), place)] if first else []
            experiments[name] = ExperimentRow(name, (*periods, PeriodRow(0.0, then, place)), place)
        at, value = numeric(row["time"], place, "time"), finite(row["measurement"], place, "measurement")
        if at < 0:
            raise StudyError(f"{place}: time {at:g} is before the start (0): correct it")
        if o.family.startswith("log") and value <= 0:
            raise StudyError(
                f"{place}: measurement {value:g} has no logarithm, which the noise of {o.id} needs: "
                f"correct it"
            )
        overrides: list[sp.Expr] = []
        for kind, column in (("observable", "observableParameters"), ("noise", "noiseParameters")):
            values = [
                formula(x.strip(), place, column) for x in row.get(column, "").split(";") if given(x.strip())
            ]
            wanted = [p for p in o.placeholders if p.startswith(kind)]
            for p in wanted:
                if len(values) < _number(p):
                    raise StudyError(f"{place}: gives no value for {p}: add it to the row")
            if len(values) > max(map(_number, wanted), default=0):
                raise StudyError(
                    f"{place}: {column} has {len(values)} values for {len(wanted)} placeholders of {o.id}: "
                    f"give one for each"
                )
            overrides += [values[_number(p) - 1] for p in wanted]
        found.append(MeasurementRow(o.id, name, at, value, tuple(overrides), 0, place, source_of(row)))
    return experiments, found


def _parameters(rows: Rows) -> list[ParameterRow]:
    found: list[ParameterRow] = []
    seen: dict[str, str] = {}
    for place, row in rows:
        seen[once(row["parameterId"], seen, place, "parameter")] = place
        estimate = {"1": True, "0": False, "1.0": True, "0.0": False}[
            known(row["estimate"], ("1", "0", "1.0", "0.0"), place, "estimate")
        ]
        scale = known(row["parameterScale"] or "lin", ("lin", "log", "log10"), place, "parameterScale")
        lower = numeric(row["lowerBound"], place, "lowerBound") if given(row["lowerBound"]) else -math.inf
        upper = numeric(row["upperBound"], place, "upperBound") if given(row["upperBound"]) else math.inf
        nominal = (
            numeric(row.get("nominalValue", ""), place, "nominalValue")
            if given(row.get("nominalValue", "")) or not estimate
            else math.nan
        )
        prior = None
        if estimate:
            _check_bounds(row["parameterId"], scale, lower, upper, place)
            numbers = [
                numeric(x, place, "objectivePriorParameters")
                for x in row.get("objectivePriorParameters", "").split(";")
                if given(x.strip())
            ]
            try:
                prior = _prior(row.get("objectivePriorType", ""), numbers, scale, lower, upper, place)
                prior.distribution()
            except StudyError:
                raise
            except (ValueError, OverflowError) as e:
                raise StudyError(f"{place}: {of_prior(e)}") from None
        title = row.get("parameterName", "")
        found.append(
            ParameterRow(
                row["parameterId"], title, nominal, lower, upper, estimate, prior, (), "", place, scale
            )
        )
    return found


def _check_bounds(name: str, scale: str, lower: float, upper: float, place: str) -> None:
    if not lower < upper:
        raise StudyError(
            f"{place}: {name} is estimated between {lower:g} and {upper:g}: give the lower bound first"
        )
    if scale != "lin" and lower <= 0 and math.isfinite(lower):
        raise StudyError(
            f"{place}: {name} has the lower bound {lower:g}, which has no logarithm: give a positive one or "
            f"the scale lin"
        )


def _prior(kind: str, numbers: list[float], scale: str, lower: float, upper: float, place: str) -> Prior:
    """Priors on the scale of a parameter become priors of the parameter itself; without one, flat on its
    scale.
    """
    if not given(kind):
        if not (math.isfinite(lower) and math.isfinite(upper)):
            raise StudyError(
                f"{place}: is estimated without a prior and without two bounds: give one of both"
            )
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
        return Prior(plain[kind], tuple(numbers), lower, upper)
    family = known(
        kind.removeprefix("parameterScale").lower(), ("uniform", "normal", "laplace"), place, "prior"
    )
    if len(numbers) != 2:
        raise StudyError(
            f"{place}: prior {kind} takes 2 parameters, not {len(numbers)}: separate them by ';'"
        )
    if scale == "lin":
        return Prior(family, tuple(numbers), lower, upper)
    if family == "uniform":
        return Prior(
            "log-uniform", (math.exp(factor * numbers[0]), math.exp(factor * numbers[1])), lower, upper
        )
    return Prior(f"log-{family}", (factor * numbers[0], factor * numbers[1]), lower, upper)
