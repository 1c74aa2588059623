"""The built-in study: valid PEtab, numbers as published, units that fit, priors that do not use a paper
twice.
"""

import csv
import math
import pathlib
import subprocess
import sys
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import petab.v2
import pytest
import sympy as sp
from scipy import stats
from scipy.integrate import solve_ivp

from inference.likelihood.likelihood import log_likelihood, predict, trajectories
from inference.study import built_in
from inference.study.loading import builtin, load
from models.catalogue import EFFECTS, PRESETS, core
from models.network import rates_of_change
from models.sbml.writer import to_sbml

NAME = "il6_feedback_estradiol"
FOLDER = built_in.FOLDER / NAME
NETWORK = core(socs3_transit=True)
LN10 = math.log(10)


def rows(table: str) -> list[dict[str, str]]:
    with open(FOLDER / f"{table}.tsv", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t"))


@cache
def problem() -> petab.v2.Problem:
    return petab.v2.Problem.from_yaml(FOLDER / "problem.yaml")


def parameters() -> dict[str, petab.v2.Parameter]:
    return {p.id: p for p in problem().parameters}


def test_petab_finds_nothing_to_complain_of():
    assert list(problem().validate()) == []


def test_petablint_on_the_command_line_finds_nothing_to_complain_of():
    petablint = pathlib.Path(sys.executable).parent / "petablint"
    subprocess.run([petablint, "--fail-on-warnings", FOLDER / "problem.yaml"], check=True)


def test_the_sbml_file_is_the_network_of_the_tables():
    for study, network in built_in.networks().items():
        assert (built_in.FOLDER / study / "network.xml").read_text() == to_sbml(network), (
            "run python -m inference.study.built_in"
        )


def test_the_observable_tables_are_written_from_the_declared_readouts():
    assert set(built_in.SERIES) == set(builtin())
    for study in built_in.SERIES:
        committed = (built_in.FOLDER / study / "observables.tsv").read_text()
        assert committed == built_in.observables(study), "run python -m inference.study.built_in"


def test_every_series_has_all_its_published_numbers():
    # counts of the series as printed in the specification of Sobotta 2017's data, the estradiol facts and the
    # TNF behaviours
    counts = pd.Series([m["observableId"] for m in rows("measurements")]).value_counts().to_dict()
    assert counts == {
        "pSTAT3_blot_time": 32,
        "pSTAT3_blot_dose": 14,
        "pSTAT3_blot_rux": 16,
        "SOCS3_mRNA_il6_40": 27,
        "SOCS3_mRNA_il6_100": 42,
        "SOCS3_protein": 6,
        "pSTAT3_degree": 5,
        **{f"IL6_{s}_{c}": 2 for s in ("stimulated", "unstimulated") for c in ("hFOB", "marrow")},
        "IL6_promoter": 2,
        "NFkB_translocation": 2,
        "IkBa_blot": 4,
        "NFkB_nuclear": 3,
    }


# datasetId -> (part of the name of the authors' data set, their observable, unit of their value in ours)
AUTHORS = {
    "Sobotta2017_2005_02_03": ("2005_02_03_Cont40ng", "pSTAT3_wb", 1.0),
    "Sobotta2017_2005_11_22": ("2005_11_22", "pSTAT3_wb", 1.0),
    "Sobotta2017_2013_06_03": ("2013_06_03", "pSTAT3_wb", 1.0),
    "Sobotta2017_2009_10_14": ("2009_10_14", "SOCS3_qpcr", 1.0),
    "Sobotta2017_2013_09_30": ("2013_09_30", "SOCS3_qpcr", 1.0),
    "Sobotta2017_molecules_per_cell": ("mlc_per_cell", "SOCS3_abs", 1.0),
    "Sobotta2017_2011_04_04": ("2011_04_04", "pSTAT3_ms", 0.01),
}


@pytest.mark.parametrize("dataset", AUTHORS)
def test_retyped_numbers_are_those_of_the_authors(dataset, data):
    part, observable, unit = AUTHORS[dataset]
    theirs = pd.read_csv(data / "sobotta2017_core_data.csv")
    theirs = theirs[theirs.dataset.str.contains(part) & (theirs.observable == observable)]
    if dataset == "Sobotta2017_molecules_per_cell":
        theirs = theirs[theirs.time_min == 40]

    def dose(experiment: str) -> tuple[float, float]:
        words = experiment.split("_")
        return float(words[words.index("il6") + 1]), float(
            words[words.index("rux") + 1]
        ) if "rux" in words else 0.0

    mine = [m for m in rows("measurements") if m["datasetId"] == dataset]
    ours = sorted((*dose(m["experimentId"]), float(m["time"]), float(m["measurement"])) for m in mine)
    expected = sorted(
        zip(theirs.il6_ng_ml, theirs.ruxolitinib_nM, theirs.time_min, theirs.raw_value * unit, strict=True)
    )
    # printed to three digits
    np.testing.assert_allclose(ours, expected, rtol=6e-3, atol=6e-5)


def test_noise_starts_at_the_sd_the_authors_fitted():
    log10_sd = {
        "pSTAT3_time": 0.109,
        "pSTAT3_dose": 0.095,
        "pSTAT3_rux": 0.457,
        "mRNA_40": 0.204,
        "mRNA_100": 0.170,
        "SOCS3": 0.141,
    }
    for series, sd in log10_sd.items():
        assert parameters()[f"noise_{series}"].nominal_value == pytest.approx(sd * LN10, rel=2e-3)


def test_nominal_values_of_the_network_are_declared_once():
    declared = {p.name: p for p in NETWORK.parameters}
    own = {
        "k_aL_hepatocyte": PRESETS["hepatocyte"].parameters["k_aL"],
        "K_L_hepatocyte": PRESETS["hepatocyte"].parameters["K_L"],
    }
    for p in problem().parameters:
        if p.id in declared or p.id in own:
            assert p.nominal_value == pytest.approx(
                own.get(p.id, declared[p.id].value if p.id in declared else None)
            )
        elif p.id == "NF_T_transfected":
            assert p.nominal_value > declared["NF_T"].value  # more than a cell has by itself
        elif not p.id.startswith(("scale_", "blank_", "noise_", "sd_laboratories")):
            pytest.fail(f"{p.id} is neither of the network nor of the measurements")


def test_priors_are_centred_on_the_nominal_value_and_no_narrower_than_declared():
    declared = {p.name: p.belief for p in NETWORK.parameters}
    for p in problem().parameters:
        if not p.estimate or p.prior_distribution != "log-normal":
            continue
        mean, sd = p.prior_parameters
        assert math.exp(mean) == pytest.approx(p.nominal_value, rel=1e-4)
        assert p.lb == pytest.approx(
            p.nominal_value * math.exp(-5 * sd), rel=1e-3
        )  # beyond 5 sd lies less than 1e-6 of a normal
        if p.id in declared:
            family = declared[p.id].family(p.nominal_value)
            assert family is None or sd >= family[1][-1]


def test_priors_from_the_fitted_paper_are_widened():
    for name in ("K_iS", "k_SR", "k_S", "k_dS", "k_dR", "d_R", "k_a0", "IC_rux", "k1", "a2", "a3"):
        assert 0.7 <= parameters()[name].prior_parameters[1] <= 1.0


def test_exactly_one_estradiol_effect_is_free():
    effects = [p for p in problem().parameters if p.id.startswith("e_")]
    assert len(effects) == 6
    assert [p.id for p in effects if p.estimate] == ["e_deg"]
    assert all(p.nominal_value == 0 for p in effects)


def test_ratios_to_control_have_the_stated_error():
    # what is printed or assumed within one laboratory; the sd between laboratories is an unknown of its own
    stated = {
        ("IL6_stimulated_hFOB", 0.74): 3 / 74,
        ("IL6_stimulated_marrow", 1.0): 0.1,
        ("IL6_unstimulated_hFOB", 1.0): 0.1,
        ("IL6_unstimulated_marrow", 1.0): 0.1,
        ("IL6_promoter", 0.55): 0.15,
        ("NFkB_translocation", 1.0): 0.25 * math.sqrt(2),  # half or double would have been seen: two sd
    }
    observables = {o["observableId"]: o for o in rows("observables")}
    treated = [m for m in rows("measurements") if m["experimentId"].endswith("_e2")]
    assert {(m["observableId"], float(m["measurement"])) for m in treated} == set(stated)
    for m in treated:
        same = {k: m[k] for k in ("observableId", "datasetId", "noiseParameters", "time")} | {
            "experimentId": m["experimentId"].removesuffix("_e2")
        }
        control = [c for c in rows("measurements") if same.items() <= c.items()]
        assert [float(c["measurement"]) for c in control] == [1.0]
        noise = observables[m["observableId"]]["noiseFormula"]
        formula = sp.sympify(noise).subs({"sd_laboratories": 0.0})
        sd = math.sqrt(2) * float(formula.subs(dict.fromkeys(formula.free_symbols, m["noiseParameters"])))
        # printed to three decimals
        assert sd == pytest.approx(
            stated[m["observableId"], float(m["measurement"])], abs=5e-4 * math.sqrt(2)
        )


def test_controls_that_are_one_by_definition_share_the_error_of_what_is_divided_by_them():
    """A control and a treated value of variance v / 2 with one free scale are a ratio of variance v."""
    sd, ratio, predicted = 0.3, np.log(0.74), np.log(0.9)
    wide = 50.0  # sd of ln of the scale: a flat one
    cov = 0.5 * sd**2 * np.eye(2) + wide**2
    both = [stats.multivariate_normal([0, p], cov).logpdf([0, ratio]) for p in (predicted, 0.0)]
    alone = [stats.norm(p, sd).logpdf(ratio) for p in (predicted, 0.0)]
    assert both[0] - both[1] == pytest.approx(alone[0] - alone[1], rel=1e-3)
    ratios = [m for m in rows("measurements") if m["observableId"].startswith(("IL6_", "NFkB_translocation"))]
    constructed = [m for m in ratios if not m["experimentId"].endswith("_e2")]
    levels = [m for m in rows("measurements") if m["experimentId"] == "fibroblast_tnf"]
    assert (len(constructed), len(levels), len(rows("measurements"))) == (6, 7, 161)  # 148 were measured


def test_cells_with_transfected_nf_kb_have_no_ikk_so_that_its_block_can_do_nothing_there():
    """What was misread before: the p65 subunit was transfected, nothing stimulated IKK."""
    study = load(NAME, free=EFFECTS, lint=False)
    promoter = [i for i, m in enumerate(study.tables.measurements) if m.observable == "IL6_promoter"]

    def ratio(effect: str, size: float) -> float:
        theta = np.where(np.isin(study.names, list(EFFECTS)), 0.0, study.nominal)
        theta[study.names.index(effect)] = size
        at = jnp.asarray(theta)
        seen = predict(study, at, trajectories(study, at, rtol=1e-7, atol=1e-10))
        one, other = np.asarray(seen.value)[promoter]
        return float(other / one)

    assert ratio("e_deg", 0.9) == pytest.approx(1.0, abs=1e-4)  # ten times what the solver leaves
    assert ratio("e_tx", 0.6) < 0.95  # the promoter is near its ceiling with so much p65


def test_ruxolitinib_given_an_hour_before_has_decayed_for_an_hour_at_the_stimulus():
    k = parameters()["k_rux"].nominal_value
    for c in (c for c in problem().conditions if c.id.startswith("rux_")):
        (change,) = c.changes
        assert float(
            change.target_value.subs(dict.fromkeys(change.target_value.free_symbols, k))
        ) == pytest.approx(float(c.id.removeprefix("rux_")) * math.exp(-60 * k))
    assert all(
        p.time == -60
        for e in problem().experiments
        for p in e.periods
        if any(c.startswith("rux_") for c in p.condition_ids)
    )


def test_hepatocytes_make_no_il6_of_their_own():
    changes = {c.id: {x.target_id: x.target_value for x in c.changes} for c in problem().conditions}
    assert float(changes["hepatocyte"]["N"]) == 0
    preset = PRESETS["osteoblast"].parameters
    assert {k: float(v) for k, v in changes["osteoblast_like"].items()} == preset


@cache
def field():
    """The network's rates as a plain Python function, for SciPy."""
    y = [s.symbol for s in NETWORK.species]
    args = [q.symbol for q in (*NETWORK.parameters, *NETWORK.inputs)]
    rates = list(rates_of_change(NETWORK).values())
    numbers = [{"power": lambda x, h: max(x, 0.0) ** h, "Max": max, "Min": min}, "math"]
    return sp.lambdify([sp.Symbol("t"), y, args], rates, modules=numbers, cse=True)


def simulated(
    experiment: petab.v2.Experiment, values: dict[str, float], times: list[float]
) -> list[dict[str, float]]:
    """Every quantity of a dish at ascending times, by LSODA at rtol 1e-8, period after period."""
    args = {
        **{p.name: p.value for p in NETWORK.parameters},
        **{u.name: u.default for u in NETWORK.inputs},
        **values,
    }
    state = {s.name: s.initial for s in NETWORK.species}
    conditions = {c.id: c for c in problem().conditions}
    periods = experiment.sorted_periods
    out = []
    for period, end in zip(periods, [p.time for p in periods[1:]] + [max(times) + 1.0], strict=True):
        for condition in period.condition_ids:
            for change in conditions[condition].changes:
                value = float(
                    change.target_value.subs({s: args[str(s)] for s in change.target_value.free_symbols})
                )
                (state if change.target_id in state else args)[change.target_id] = value
        order = [args[q.name] for q in (*NETWORK.parameters, *NETWORK.inputs)]
        here = [t for t in times if period.time <= t < end]
        solution = solve_ivp(
            lambda t, y, order=order: field()(t, y, order),
            (period.time, end),
            list(state.values()),
            method="LSODA",
            rtol=1e-8,
            atol=1e-10,
            t_eval=[*here, end],
        )
        assert solution.success
        for i in range(len(here)):
            out.append({**args, **dict(zip(state, solution.y[:, i], strict=True))})
        state = dict(zip(state, solution.y[:, -1], strict=True))
    return out


@cache
def predictions() -> list[tuple[petab.v2.Measurement, float]]:
    """Each measurement with the value its observable has at the nominal parameters."""
    values = {p.id: p.nominal_value for p in problem().parameters}
    found = []
    for experiment in problem().experiments:
        measured = [m for m in problem().measurements if m.experiment_id == experiment.id]
        times = sorted({m.time for m in measured})
        states = dict(zip(times, simulated(experiment, values, times), strict=True))
        for m in measured:
            formula = next(o.formula for o in problem().observables if o.id == m.observable_id)
            here = dict(states[m.time])
            here["NFc"] = here["NF_T"] - here["C"] - here["Cn"] - here["NFn"]  # what is in no other form
            found.append((m, float(formula.subs({s: here[str(s)] for s in formula.free_symbols}))))
    return found


def test_the_likelihood_is_the_one_written_by_hand():
    study = load(NAME, lint=False)
    nominal = {p.id: p.nominal_value for p in problem().parameters}
    observables = {o.id: o for o in problem().observables}
    expected = []
    for m, predicted in predictions():
        o = observables[m.observable_id]
        own = dict.fromkeys(map(str, o.noise_placeholders), *(m.noise_parameters or (0.0,)))
        sd = float(
            o.noise_formula.subs({s: {**nominal, **own}[str(s)] for s in o.noise_formula.free_symbols})
        )
        log = o.noise_distribution == "log-normal"
        z = (math.log(m.measurement / predicted) if log else m.measurement - predicted) / sd
        expected.append(
            -0.5 * z**2 - math.log(sd * math.sqrt(2 * math.pi)) - (math.log(m.measurement) if log else 0.0)
        )
    terms, ok = jax.jit(lambda theta: log_likelihood(study, theta, rtol=1e-8, atol=1e-10))(study.nominal)
    assert bool(ok)
    # both solvers at rtol 1e-8; an error of ln y of 1e-6 moves a term by that times z over sd
    assert float(np.sum(terms)) == pytest.approx(sum(expected), abs=1e-3)


def test_nominal_predictions_have_the_order_of_the_measurements():
    # a wrong unit is a factor of 60 or 1000; the nominal point is not fitted, and ruxolitinib's blot ends in
    # its floor
    for m, predicted in predictions():
        if m.observable_id not in ("pSTAT3_blot_rux", "NFkB_nuclear"):
            assert m.measurement / 8 < predicted < m.measurement * 8, m


def test_formulas_of_the_study_use_names_of_the_network_only():
    names = {
        q.name for q in (*NETWORK.species, *NETWORK.parameters, *NETWORK.inputs, *NETWORK.derived)
    } | set(parameters())
    placeholders = {str(s) for o in problem().observables for s in o.noise_placeholders}
    for o in problem().observables:
        assert {str(s) for s in o.formula.free_symbols | o.noise_formula.free_symbols} <= names | placeholders
