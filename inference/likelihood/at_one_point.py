"""Likelihood, prior, chi-squared and gradient of a study at one parameter vector, as plain numbers."""

from __future__ import annotations

import math
import pathlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from inference.likelihood.likelihood import chi_squared, lanes, log_prior, predict, solved, terms
from inference.study.petab.petab_v2 import NOISES
from inference.study.priors import FAMILIES
from inference.study.problem_tables import StudyError, known, numeric, read_rows
from inference.study.protocols import same_dish
from inference.study.solved.narrow_states import stepped_over
from inference.study.study import Study
from models.engine.work_queue import COMPLETE, REASONS
from models.sbml.refused import FEATURES as SBML_FEATURES

_LN10 = math.log(10.0)
STEPS = 10_000  # of one dish
OTHER = "has other values with other steps: something short in a formula is stepped over"

FEATURES = {
    "formats": ["PEtab 1 and PEtab 2 with one SBML model", *SBML_FEATURES],
    "experiments": [
        "conditions that set species, parameters, inputs and (at the start) compartment sizes, to numbers "
        "or formulas of parameters",
        "several periods, simultaneous conditions, species set to formulas of the state during an experiment",
        "pre-equilibration (time -inf) and steady-state measurements (time inf)",
    ],
    "observables": [
        "PEtab formulas, placeholders, noise formulas that name observables or parameters",
        *(f"{n} noise" for n in NOISES),
        "log10 noise (version 1)",
        "conditions with <, <=, >, >=, ==, != as they are written; powers of negative numbers",
        "Student-t (column degreesOfFreedom)",
        "censoring (column censoring: left, right)",
    ],
    "parameters": [
        "estimated and fixed",
        "scales lin, log, log10 (version 1)",
        *(f"{f} prior, truncated at the bounds" for f in FAMILIES),
    ],
    "refused": [
        "algebraic rules, fast reactions",
        "delay() in formulas",
        "formulas that a file leaves out",
        "SBML packages that change the mathematics, but comp",
        "several models",
        "PEtab extensions",
    ],
}


def read_parameters(study: Study, path: pathlib.Path) -> np.ndarray:
    """(unknown,) values from a table with `parameterId` and `value` or `nominalValue` (linear scale); others
    stay nominal.
    """
    theta = study.nominal
    rows = read_rows(path, ("parameterId",))
    if rows and not {"value", "nominalValue"} & set(rows[0][1]):
        raise StudyError(f"{path.name}:1: column 'value' is missing: add it (or nominalValue)")
    fixed = {p.id for p in study.tables.parameters if not p.estimate}
    for place, row in rows:
        column = "value" if "value" in row else "nominalValue"
        name = known(row["parameterId"], {*study.names, *fixed}, place, "parameter")
        value = numeric(row[column], place, column)
        if name in fixed:
            if value != study.fixed[name]:
                raise StudyError(
                    f"{place}: {name} is fixed at {study.fixed[name]:g} in the study: estimate it there or "
                    f"leave it out"
                )
            continue
        theta[study.names.index(name)] = value
    return theta


def evaluate(study: Study, theta: np.ndarray, *, gradient: bool, rtol: float, atol: float) -> dict[str, Any]:
    """The figures of `scripts/evaluate.py`; gradients are of the log-likelihood with respect to the
    parameters themselves.

    Problems of version 1 also get `gradient_on_scale`, with respect to the parameters on their scale in the
    table. A point that cannot be solved, or has no finite likelihood, gives `ok` false and null.
    """
    missing = [u.name for u, x in zip(study.unknowns, theta, strict=True) if math.isnan(x)]
    if missing:
        raise StudyError(f"{study.id}: {missing[0]} has no nominal value: give one in `parameters`")

    def total(x: jax.Array) -> tuple[jax.Array, tuple]:
        dishes, rest = solved(study, x, rtol=rtol, atol=atol, max_steps=STEPS)
        found = terms(study, x, dishes)
        return jnp.sum(found), (found, dishes.reason, rest, chi_squared(study, predict(study, x, dishes)))

    x = jnp.asarray(theta)
    if gradient:
        (value, (found, reasons, rest, chi2)), slope = jax.jit(jax.value_and_grad(total, has_aux=True))(x)
    else:
        (value, (found, reasons, rest, chi2)), slope = jax.jit(total)(x), None
    failed = _failed(study, np.asarray(reasons), np.asarray(rest))
    if not failed:
        parameters, schedule = jax.jit(lambda x: lanes(study, x))(x)
        other = stepped_over(study, parameters, schedule, rtol=rtol, atol=atol, max_steps=STEPS)
        failed = _named(study, {int(i): OTHER for i in np.flatnonzero(other)})
    failed = failed or _no_number(study, np.asarray(found))
    ok = not failed and math.isfinite(float(value))
    report: dict[str, Any] = {
        "ok": ok,
        "log_likelihood": float(value) if ok else None,
        "log_prior": _finite(float(log_prior(study, x))),
        "chi2": _finite(float(chi2)) if ok else None,
        "n_measurements": len(study.measurements),
        "told": list(study.told),
        "failed": failed,
        "parameters": dict(zip(study.names, map(float, theta), strict=True)),
    }
    if slope is not None:
        report["gradient"] = {
            n: _finite(float(g)) if ok else None for n, g in zip(study.names, slope, strict=True)
        }
        scales = {p.id: p.scale for p in study.tables.parameters}
        if set(scales.values()) != {"lin"}:
            factor = {
                n: {"lin": 1.0, "log": v, "log10": v * _LN10}[scales[n]]
                for n, v in zip(study.names, theta, strict=True)
            }
            report["gradient_on_scale"] = {
                n: g if g is None else g * factor[n] for n, g in report["gradient"].items()
            }
    return report


def _failed(study: Study, reasons: np.ndarray, rest: np.ndarray) -> list[str]:
    """Dishes that give no answer, and why."""
    why = {i: REASONS[r] for i, r in enumerate(reasons) if r != COMPLETE}
    return _named(study, {int(i): "reaches no steady state" for i in np.flatnonzero(~rest)} | why)


def _no_number(study: Study, found: np.ndarray) -> list[str]:
    """Measurements that have no likelihood, the first few of them."""
    bad = np.flatnonzero(~np.isfinite(found))
    rows = [study.tables.measurements[i] for i in bad[:3]]
    more = [f"{len(bad) - 3} more measurements"] if len(bad) > 3 else []
    return [f"{name}: no finite likelihood" for name in (*(f"{m.at}: {m.observable}" for m in rows), *more)]


def _named(study: Study, why: dict[int, str]) -> list[str]:
    """Findings about dishes by the name of their first experiment."""
    first = {same_dish(p): p.id for p in reversed(study.experiment_protocols)}
    return [f"{first[same_dish(study.protocols[i])]}: {why[i]}" for i in sorted(why)]


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None
