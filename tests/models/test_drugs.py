"""Drugs: where each acts, how doses become inputs over time, and networks specialised to what acts."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from models.behaviours.cells import RESTING_LEVELS
from models.catalogue import BORTEZOMIB, PRESETS, core, niche
from models.declare import time
from models.dish import PRECULTURE, Dose, Wash, dish
from models.drugs import DRUGS, drug, drug_names, treat
from models.engine.compile import compile_network
from models.engine.protocol import schedule
from models.network import inlined, rates_of_change


@functools.cache
def field(network):
    system = compile_network(network)
    return system, jax.jit(lambda t, y, a: jnp.stack(system.field(t, y, a)))


def rates(network, inputs, parameters=(), state=()):
    """Rates of change by name at rest with IL-6 10 ng/mL."""
    system, function = field(network)
    levels = dict(RESTING_LEVELS) | {"IL6": 10.0, "N": 0.3, "Z": 100.0, "IKZ": 1.0, "IRF4": 1.0}
    levels |= dict(state)
    given = dict(inputs) | dict(parameters)
    args = tuple(
        given.get(n, levels.get(n, v))
        for n, v in zip(system.parameters + system.inputs, system.nominal, strict=True)
    )
    out = function(0.0, tuple(levels.get(s, 0.0) for s in system.species), args)
    return dict(zip(system.species, np.asarray(out), strict=True))


H1 = {"e_deg": 0.8}
# drug, species whose rate it changes, direction, what must be present besides
ACTIONS = (
    ("siltuximab", "RA", -1, {}),
    ("tocilizumab", "RA", -1, {}),
    ("ruxolitinib", "RA", -1, {}),
    ("trametinib", "pERK", -1, {}),
    ("PI3K inhibitor", "pAkt", -1, {}),
    ("MK-2206", "pAkt", -1, {}),
    ("MLN120B", "IkB", +1, {}),
    ("bortezomib", "BH3", +1, {}),
    ("bortezomib", "MCL1", +1, {}),
    ("bortezomib", "IkB", +1, {}),
    ("venetoclax", "CASP", +1, {}),
    ("S63845", "CASP", +1, {}),
    ("S63845", "MCL1", +1, {}),
    ("A-1331852", "CASP", +1, {}),
    ("dexamethasone", "BH3", +1, {}),
    ("dexamethasone", "mIL6", -1, {}),
    ("DNA damage", "CASP", +1, {}),
    ("carfilzomib", "BH3", +1, {}),
    ("carfilzomib", "MCL1", +1, {}),
    ("lenalidomide", "IKZ", -1, {}),
    ("pomalidomide", "IKZ", -1, {}),
    ("melphalan", "CASP", +1, {}),
    ("doxorubicin", "CASP", +1, {}),
    ("etoposide", "CASP", +1, {}),
    ("topotecan", "CASP", +1, {}),
    ("irinotecan", "CASP", +1, {}),
    ("selinexor", "IkBn", +1, {}),
    ("selinexor", "MYC", -1, {}),
    ("selinexor", "IKZ", -1, {}),
    ("selinexor", "BH3", +1, {"dex": 100.0}),
    ("daratumumab", "N", -1, {"NK": 1.0}),
    ("PD-0325901", "pERK", -1, {}),
    ("selumetinib", "pERK", -1, {}),
    ("pictilisib", "pAkt", -1, {}),
    ("navitoclax", "CASP", +1, {}),
    ("VX-745", "AP1", -1, {}),
    ("VPS34 inhibitor", "AUTO", -1, {}),
    ("estradiol", "C", +1, {}),
    ("estradiol", "RANKL", -1, {}),
    ("fulvestrant", "ERt", -1, {}),
    ("fulvestrant", "C", -1, {"E2": 1.0}),
    ("4-hydroxytamoxifen", "C", -1, {"E2": 1.0}),
)


@pytest.mark.parametrize("name, species, sign, beside", ACTIONS, ids=[f"{a[0]} on {a[1]}" for a in ACTIONS])
def test_a_drug_acts_on_its_target_at_its_usual_concentration(name, species, sign, beside):
    usual = math.sqrt(math.prod(DRUGS[name].usual))
    without, treated = (
        rates(niche(), {**beside, **given}, H1)[species] for given in ({}, {DRUGS[name].input: usual})
    )
    assert sign * (treated - without) > 0


def test_every_drug_of_the_specification_is_there_with_a_potency_that_the_network_declares():
    assert len(DRUGS) == 18 + 14
    assert {a[0] for a in ACTIONS} == set(DRUGS)
    parameters, inputs = {p.name: p for p in niche().parameters}, {u.name: u for u in niche().inputs}
    for d in DRUGS.values():
        assert parameters[d.potency].unit == inputs[d.input].unit == "nM"
        assert 0 < d.usual[0] < d.usual[1]
        assert inputs[d.input].default == 0
        assert d.decay is None or d.decay in parameters


def test_daratumumab_does_nothing_without_its_effector():
    without, treated = (rates(niche(), {"dara": d}) for d in (0.0, 67.0))
    assert treated == without


def test_bortezomib_and_carfilzomib_share_a_site():
    """By the ratio of their potencies 6 nM of carfilzomib are 10 of bortezomib."""
    assert rates(niche(), {"btz": 10.0}) == pytest.approx(rates(niche(), {"cfz": 6.0}), rel=1e-12)


def test_a_drug_is_found_by_every_one_of_its_names():
    assert len(set(drug_names())) == len(drug_names())
    assert {drug(n).name for n in drug_names()} == set(DRUGS)
    assert drug("Velcade").name == "bortezomib"
    with pytest.raises(KeyError):
        drug("water")


def test_antagonists_touch_only_the_receptor_where_there_is_no_estradiol():
    without = {sp.Symbol("E2"): 0}
    for name, rate in rates_of_change(niche()).items():
        if name != "ERt":
            assert not {"fulv", "tam"} & {s.name for s in rate.subs(without).free_symbols}, name


@pytest.mark.parametrize("network", [niche(), core()], ids=["niche", "core"])
@pytest.mark.parametrize(
    "present", [(), ("bortezomib", "ruxolitinib"), ("estradiol", "dexamethasone")], ids=" and ".join
)
def test_a_treated_network_moves_as_the_full_one(network, present):
    given = {DRUGS[n].input: math.sqrt(math.prod(DRUGS[n].usual)) for n in present}
    small = treat(network, *present, hypothesis="H1")
    full, specialised = rates(network, {**given, "TNF": 1.0}, H1), rates(small, {**given, "TNF": 1.0})
    assert specialised == pytest.approx(full, rel=1e-12, abs=1e-18)


def test_a_treated_network_shows_only_what_acts():
    bare = treat(niche())
    assert not {d.input for d in DRUGS.values()} & {u.name for u in bare.inputs}
    assert not {"IC_btz", "K_E", "e_deg", "k_SERD"} & {p.name for p in bare.parameters}
    assert "er_degraded" not in {r.name for r in bare.reactions}
    treated = treat(niche(), "ruxolitinib")
    assert {"IC_rux", "h_rux", "k_rux"} <= {p.name for p in treated.parameters}
    assert {u.name for u in treated.inputs} - {u.name for u in bare.inputs} == {"rux"}


def test_variant_b_of_bortezomib_raises_the_drive_of_ikk_and_variant_a_does_not():
    for name, rises in (("A", False), ("B", True)):
        change = [rates(niche(), {"btz": b}, BORTEZOMIB[name].parameters)["IKKa"] for b in (0.0, 20.0)]
        assert (change[1] > change[0]) == rises


def inputs_at(protocol, name, network=None):
    """(start, level) of an input over the periods of a protocol, with the network's own values."""
    system = compile_network(network or niche())
    values = {k: jnp.asarray(v) for k, v in zip(system.parameters, system.nominal, strict=False)}
    plan = schedule(system, protocol, values)
    return list(zip(plan.starts.tolist(), plan.inputs[:, system.inputs.index(name)].tolist(), strict=True))


def test_doses_of_a_stable_drug_add_up_until_the_medium_is_changed():
    btz = drug("bortezomib")
    made = dish(niche(), "x", doses=(Dose(btz, 4.0, 60), Dose(btz, 6.0, 120)), washes=(Wash(600),))
    assert inputs_at(made, "btz") == [
        (-PRECULTURE, 0.0),
        (0.0, 0.0),
        (60.0, 4.0),
        (120.0, 10.0),
        (600.0, 0.0),
    ]


def test_a_pretreatment_stays_through_the_wash_at_time_zero():
    made = dish(niche(), "x", doses=(Dose(drug("MLN120B"), 1000.0, -60),))
    assert inputs_at(made, "ikki") == [(-PRECULTURE, 0.0), (-60.0, 1000.0), (0.0, 1000.0)]


def test_inputs_of_the_pre_culture_end_at_time_zero_unless_they_are_named_again():
    assert inputs_at(dish(niche(), "x", pre={"E2": 10.0}), "E2") == [(-PRECULTURE, 10.0), (0.0, 0.0)]
    assert inputs_at(dish(niche(), "x", pre={"E2": 10.0}, inputs={"E2": 1.0}), "E2") == [
        (-PRECULTURE, 10.0),
        (0.0, 1.0),
    ]


@pytest.mark.parametrize("given", [0.0, 120.0, -60.0])
def test_ruxolitinib_decays_in_the_medium_from_each_of_its_doses(given):
    made = dish(niche(), "x", doses=(Dose(drug("ruxolitinib"), 500.0, given),))
    share = next(d for d in niche().derived if d.name == "fJ").expression
    nominal = {p.symbol: p.value for p in niche().parameters}
    amount = dict(inputs_at(made, "rux"))[given]
    for t in (max(given, 0.0), max(given, 0.0) + 300.0):
        left = float(share.xreplace({sp.Symbol("rux"): amount, time: t}).subs(nominal).evalf())
        # Half life ln 2 / 9.7e-4 = 715 min; IC50 200 nM, Hill coefficient 3.
        expected = 1 / (1 + (500.0 * math.exp(-9.7e-4 * (t - given)) / 200.0) ** 3)
        assert left == pytest.approx(expected, rel=1e-9)


def test_a_dish_of_the_core_holds_density_as_an_input_and_lacks_the_rest():
    made = dish(core(), "x", density=0.5, il6=10.0)
    assert inputs_at(made, "N", core()) == [(-PRECULTURE, 0.5), (0.0, 0.5)]
    assert made.periods[1].put == {"IL6": 10.0}


def test_an_autocrine_line_keeps_its_cytokines_in_pre_culture_and_others_do_not():
    clamped = {name: inputs_at(dish(niche(), "x", preset=p), "clamped")[0][1] for name, p in PRESETS.items()}
    assert clamped == {name: 0.0 if name == "u266" else 1.0 for name in PRESETS}


def test_an_input_that_does_not_exist_is_refused_by_name():
    with pytest.raises(KeyError, match="TNFa"):
        dish(niche(), "x", inputs={"TNFa": 1.0})


def test_derived_quantities_of_a_treated_network_stand_for_what_they_did():
    small = treat(niche(), "bortezomib")
    absent = {sp.Symbol(d.input): 0 for d in DRUGS.values() if d.input != "btz"}
    for d in small.derived:
        full = next(x for x in niche().derived if x.name == d.name)
        difference = inlined(small, d.expression) - inlined(niche(), full.expression).xreplace(absent)
        numbers = {s: 0.3 + 0.01 * i for i, s in enumerate(sorted(difference.free_symbols, key=str))}
        numbers |= {
            s: 0.0
            for s in difference.free_symbols
            if s.name in ("e_deg", "e_syn", "e_tx", "e_imp", "e_stat", "e_coup")
        }
        assert (
            abs(sp.lambdify(list(numbers), difference, modules=[{"power": pow}, "math"])(*numbers.values()))
            < 1e-12
        ), d.name
