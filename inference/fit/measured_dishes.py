"""What an instrument shows and what was done to each dish, as labels of the data: for figures and tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp
import xarray as xr

from inference.study.study import Study
from models.network import Network


def measured_dishes(study: Study) -> xr.Dataset:
    """Words and levels of what was measured.

    `observable_name` (observable): in the words of the table. `level` (experiment, target): what the last
    change before the last measurement set, in the unit of `target_unit`; where an experiment says nothing of
    a target, the model's own number; NaN where that is no number. Targets that are alike in all experiments
    are left out.

    Example:
        >>> from inference.study.loading import load
        >>> dishes = measured_dishes(load("feedback_reduced"))
        >>> float(dishes["level"].sel(experiment="hep_il6_40", target="IL6"))
        40.0
    """
    units, meanings, usual = _named(study.network)
    last: dict[str, float] = {}
    for e, t in zip(study.measurements.experiment, study.measurements.time, strict=True):
        name = study.experiments[e]
        last[name] = max(last.get(name, 0.0), float(t))
    done: dict[str, dict[str, float]] = {}
    for row in study.tables.experiments:
        done[row.id] = {}
        for period in sorted(row.periods, key=lambda p: p.time):
            if period.time <= last.get(row.id, np.inf):
                done[row.id] |= {c.target: _number(c.value, usual) for c in period.changes}
    experiments = [e for e in sorted(last) if e in done]
    targets = list(dict.fromkeys(t for e in experiments for t in done[e]))
    level = np.array([[done[e].get(t, usual.get(t, np.nan)) for t in targets] for e in experiments])
    level = level.reshape(len(experiments), len(targets))
    with np.errstate(invalid="ignore"):
        differ = [i for i in range(len(targets)) if len(set(level[:, i].tolist())) > 1]
    names = {row.id: row.name for row in study.tables.observables}
    seen = sorted({study.observables[i] for i in study.measurements.observable})
    return xr.Dataset(
        {
            "observable_name": ("observable", np.array([names.get(o) or o for o in seen], dtype=str)),
            "level": (("experiment", "target"), level[:, differ]),
            "target_unit": ("target", np.array([units.get(targets[i], "") for i in differ], dtype=str)),
            "target_meaning": ("target", np.array([meanings.get(targets[i], "") for i in differ], dtype=str)),
        },
        coords={
            "observable": np.array(seen, dtype=str),
            "experiment": np.array(experiments, dtype=str),
            "target": np.array([targets[i] for i in differ], dtype=str),
        },
    )


def _named(network: Network) -> tuple[dict[str, str], dict[str, str], dict[str, float]]:
    """Unit, meaning and usual number of everything that a dish can be given."""
    things = [*network.inputs, *network.parameters, *network.species]
    values = {t.name: float(getattr(t, "default", getattr(t, "value", np.nan))) for t in things}
    return {t.name: t.unit for t in things}, {t.name: t.meaning for t in things}, values


def _number(value: sp.Expr, usual: Mapping[str, float]) -> float:
    known = {s: usual[str(s)] for s in value.free_symbols if str(s) in usual}
    try:
        return float(value.subs(known))  # pyright: ignore[reportArgumentType, reportCallIssue]  SymPy's stubs know less than it takes
    except TypeError:  # it depends on what is not known
        return float("nan")
