"""Two published models with the data they were fitted to, as PEtab problems.

The data tables are read from a folder that the caller names; nothing of them is kept here.
"""

from __future__ import annotations

import csv
import math
import pathlib
from collections.abc import Iterable

import sympy as sp

from inference.study.petab.petab_formulas import formula
from inference.study.priors import Prior
from inference.study.problem_tables import (
    Change,
    ExperimentRow,
    MeasurementRow,
    ObservableRow,
    ParameterRow,
    PeriodRow,
    Tables,
)
from models.network import Network
from models.published import sobotta2017, zeilfelder2025
from models.sbml.reader import read_sbml
from models.sbml.writer import to_sbml

BEFORE_DRUGS = -60.0  # min at which Stattic and ruxolitinib are added, before the stimulus at 0
# min at which the first window of actinomycin D begins in each data set, and at which the second follows it;
# our reading: the tables do not say it, and with these times the published predictions come out to nine
# digits
ACTD_FIRST = {"bohl_hep_2006_06_07_ActD": 0.0, "bohl_hep_2007_07_10_ActD": -10.0}
ACTD_SECOND = 30.0


def _rows(path: pathlib.Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def _observable(name: str, seen: str, noise: str, placeholders: Iterable[str]) -> ObservableRow:
    f = formula(seen, name, "observableFormula")
    return ObservableRow(
        name,
        name,
        f,
        formula(noise, name, "noiseFormula").xreplace({sp.Symbol(name): f}),  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
        "normal",
        None,
        tuple(placeholders),
        name,
    )


def _changes(**values: float | str) -> tuple[Change, ...]:
    return tuple(
        Change(k, formula(v if isinstance(v, str) else repr(v), k, "targetValue"), "")
        for k, v in values.items()
    )


def _parameters(path: pathlib.Path, used: set[str], fitted: str) -> tuple[ParameterRow, ...]:
    """Rows of a published table for the names in use: bounds as published, flat on the published scale.

    `fitted` are the flags of the table (1 fitted, 2 fixed, 0 fitted in an earlier stage) that mean: estimate.
    """
    found = []
    for row in _rows(path):
        name, value = row["parameter"], float(row["value_linear"])
        if name not in used:
            continue
        lower, upper = float(row["lb"]), float(row["ub"])
        on_log = row["is_log10"] == "1"
        if on_log:
            lower, upper = 10.0**lower, 10.0**upper
        estimate = row["qFit(1 fitted,2 fixed,0 off)"] in fitted
        prior = (
            Prior("log-uniform" if on_log else "uniform", (lower, upper), lower, upper) if estimate else None
        )
        found.append(ParameterRow(name, "", value, lower, upper, estimate, prior, (), "", path.name))
    return tuple(found)


def _problem(
    network: Network,
    experiments: dict[str, ExperimentRow],
    observables: Iterable[ObservableRow],
    measurements: list[MeasurementRow],
    parameters: pathlib.Path,
    fitted: str,
) -> Tables:
    text = to_sbml(network)
    measured = {m.observable for m in measurements}
    seen = {o.id: o for o in observables if o.id in measured}
    used = {p.name for p in network.parameters}
    used |= {str(s) for o in seen.values() for e in (o.formula, o.noise) for s in e.free_symbols}
    used |= {str(s) for m in measurements for e in m.overrides for s in e.free_symbols}
    return Tables(
        network.id,
        read_sbml(text),
        text,
        tuple(experiments.values()),
        tuple(seen.values()),
        tuple(measurements),
        _parameters(parameters, used, fitted),
    )


def zeilfelder(data: pathlib.Path) -> Tables:
    """812 measurements of HepG2 cells. qPCR values are measured and compared on log10, so densities are on
    log10 too.

    Args:
        data: folder of `zeilfelder2025_control_IL6_812pts.csv` and its two companions.
    """
    blot = {
        "tpSTAT3": "tpSTAT3",
        "cpSTAT3": "pSc",
        "npSTAT3": "pSn",
        "ctSTAT3": "ctSTAT3",
        "ntSTAT3": "ntSTAT3",
    }
    loaded = {"tp": "(vc + vn) * mcyto / (mnuc + mcyto)", "c": "vc", "n": "mcyto / mnuc * vn"}
    observables = [
        _observable(
            f"{name}_wb_scaled",
            f"scale * {loaded[name[:2] if name == 'tpSTAT3' else name[0]]} * {state}",
            f"scale * sqrt(sd_{name}^2 + sd_rel_{name}^2 * {state}^2)",
            ["scale"],
        )
        for name, state in blot.items()
    ]
    observables += [
        _observable(
            "cSOCS3_wb", "scale * So", "scale * sqrt(sd_cSOCS3^2 + sd_rel_cSOCS3^2 * cSOCS3_wb^2)", ["scale"]
        ),
        _observable("SOCS3_qpcr_scaled", "log10(scale * Sr)", "sd_socs3_qpcr", ["scale"]),
        _observable("binding_sites", "scale * J", "sd_own", ["scale", "sd_own"]),
        _observable("gp130_abs", "(J + pJ) * (vc + vn)", "sd_gp130_abs", []),
        _observable("socs3_abs", "So * vc", "sd_socs3_abs", []),
        _observable("stat3_abs", "tSTAT3 * (vc + vn)", "sd_stat3_abs", []),
        _observable("mcyto_obs", "mcyto", "sd_mcyto", []),
        _observable("mnuc_obs", "mnuc", "sd_mnuc", []),
    ]
    of = {o.id: o for o in observables}
    formulas = {
        (r["dataset"], r["observable"]): r["formula"] for r in _rows(data / "zeilfelder2025_observables.csv")
    }
    experiments, measurements = {}, []
    for i, row in enumerate(_rows(data / "zeilfelder2025_control_IL6_812pts.csv")):
        il6, cyc = float(row["il6_ng_ml"]), float(row["cycloheximide"])
        name = f"il6_{il6:g}_cyc_{cyc:g}".replace(".", "p")
        rest = _changes(S="2000 * STAT3_total / 3", pSn="2000 * STAT3_total")
        periods = (PeriodRow(-math.inf, rest, ""), PeriodRow(0.0, _changes(IL6=il6, cyc=cyc), ""))
        experiments.setdefault(name, ExperimentRow(name, periods, ""))
        scale = sp.Symbol(formulas[row["dataset"], row["observable"]].split(" * ")[0])
        given = {"scale": scale, "sd_own": sp.Float(float(row["sd"]), 17)}
        overrides = tuple(given[p] for p in of[row["observable"]].placeholders)
        at, value = float(row["time_min"]), float(row["y_exp"])
        measurements.append(MeasurementRow(row["observable"], name, at, value, overrides, 0, f"row {i + 2}"))
    table = data / "zeilfelder2025_control_IL6_parameters.csv"
    return _problem(zeilfelder2025.network(), experiments, observables, measurements, table, "1")


# read-out of the authors -> formula of the model, name in their parameter table; those of pSTAT3 are shares
# of all STAT3
_RELATIVE = {
    "pJAK1_wb": ("pJ + pp", "pjak1_wb"),
    "pgp130_wb": ("pp", "pgp130_wb"),
    "pSTAT3_wb": ("tp / total_STAT3", "pstat3_wb"),
    "pSTAT3_lumi": ("tp / total_STAT3", "pstat3_lumi"),
    "npSTAT3_wb": ("npSTAT3 / total_STAT3", "npstat3_wb"),
    "SOCS3_wb": ("So", "socs3_wb"),
    "SOCS3_qpcr": ("Sr", "socs3_qpcr"),
}
_ABSOLUTE = {
    "JAK1_gp130_abs": ("log10(J + pJ + pp)", "sd_JAK1_gp130_abs"),
    "ctSTAT3_abs": ("log10(ST + tp)", "sd_ctSTAT3_abs"),
    "SOCS3_abs": ("log10(So)", "sd_SOCS3_abs"),
    "ntSTAT3_ratio": ("log10(nS / (ST + tp))", "sd_ntstat3_ratio_xiaoyun_nucSTAT3_Ratio"),
    "pSTAT3_ms": ("100 * tp / (ST + tp)", "sd"),
}


def sobotta(data: pathlib.Path) -> Tables:
    """2,220 measurements of primary mouse hepatocytes, on log10 as the authors compare them (mass
    spectrometry as it is).

    Actinomycin D blocks in two windows (`ACTD_FIRST`, `ACTD_SECOND`).

    Args:
        data: folder of `sobotta2017_core_data.csv` and `sobotta2017_parameters_finalized.csv`.
    """
    table = data / "sobotta2017_parameters_finalized.csv"
    declared = {r["parameter"] for r in _rows(table)}
    observables = [
        _observable(name, f"log10(offset + scale * ({seen}))", "sd", ["offset", "scale", "sd"])
        for name, (seen, _) in _RELATIVE.items()
    ]
    observables += [
        _observable(name, seen, sd, ["sd"] if sd == "sd" else []) for name, (seen, sd) in _ABSOLUTE.items()
    ]
    experiments, measurements = {}, []
    for i, row in enumerate(_rows(data / "sobotta2017_core_data.csv")):
        name, kind = _dish(row, experiments), row["observable"]
        overrides: tuple[sp.Expr, ...] = ()
        if kind in _RELATIVE:
            names = [f"{word}_{_RELATIVE[kind][1]}_{row['dataset']}" for word in ("offset", "scale", "sd")]
            overrides = tuple(sp.Symbol(n) if n in declared else sp.Integer(0) for n in names)
        elif kind == "pSTAT3_ms":
            overrides = (sp.Float(float(row["sd"]), 17),)
        measurements.append(
            MeasurementRow(
                kind, name, float(row["time_min"]), float(row["y_exp"]), overrides, 0, f"row {i + 2}"
            )
        )
    return _problem(sobotta2017.network(), experiments, observables, measurements, table, "01")


def _dish(row: dict[str, str], experiments: dict[str, ExperimentRow]) -> str:
    """The experiment of a row, made if it is not there yet; returns its name."""
    il6, stattic, rux = float(row["il6_ng_ml"]), float(row["stattic_uM"]), float(row["ruxolitinib_nM"])
    actd = (float(row["actd_level1"]), float(row["actd_level2"]))
    first = ACTD_FIRST.get(row["dataset"], 0.0)
    wash = float(row["il6_washout_min"]) if row["il6_washout_min"] else None
    parts = [
        f"il6_{il6:g}",
        f"wash_{wash or 0:g}" * (wash is not None),
        f"stattic_{stattic:g}" * (stattic > 0),
        f"rux_{rux:g}" * (rux > 0),
        f"actd_{actd[0]:g}_{actd[1]:g}_from_{abs(first):g}_before" * any(actd),
    ]
    name = "_".join(p for p in parts if p).replace(".", "p")
    if name in experiments:
        return name
    events: dict[float, dict[str, float]] = {}
    if stattic or rux:
        events[BEFORE_DRUGS] = {"stattic": stattic, "rux": rux}
    events.setdefault(0.0, {})["IL6"] = il6
    if wash is not None:
        events.setdefault(wash, {})["IL6"] = 0.0
    if any(actd):
        for start, level in zip((first, ACTD_SECOND), actd, strict=True):
            events.setdefault(start, {})["actd"] = level
    rest = PeriodRow(-math.inf, _changes(nS="total_STAT3"), "")
    experiments[name] = ExperimentRow(
        name, (rest, *(PeriodRow(t, _changes(**e), "") for t, e in sorted(events.items()))), ""
    )
    return name
