"""Read-outs against algebra and published numbers."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from models.behaviours.dose_response import auc, ic50, log_kill, resistance_index, viability
from models.behaviours.loop_gain import KNOCKOUTS, knockout_dishes, knockout_value, loop_dishes, loop_gain
from models.behaviours.record import Plan, hours, minutes
from models.behaviours.solve import traces
from models.catalogue import core, niche
from models.dish import dish
from models.engine.compile import compile_network, observable
from models.network import inlined
from models.readouts import OBSERVABLES, QUANTITIES, available

DOSES = np.geomspace(0.1, 1000.0, 13)


def test_every_observable_of_the_specification_can_be_computed_from_the_niche():
    assert {o.name for o in available(niche())} == set(OBSERVABLES)
    assert {"pSTAT3", "SOCS3", "IkBa", "NFkB_nuclear", "IL6_ELISA", "IL6_mRNA"} <= {
        o.name for o in available(core())
    }
    assert "viability_CTG" not in {o.name for o in available(core())}


def test_blots_have_their_own_scale_and_assays_in_absolute_units_do_not():
    for o in OBSERVABLES.values():
        assert (o.scale is None) == (o.unit in ("a.u.", "fold")), o.name
    assert OBSERVABLES["IL6_ELISA"].noise.floor == 2.0  # pg/mL


def test_observables_are_the_sums_and_shares_they_are_named_for():
    values = {
        sp.Symbol(n): v
        for n, v in {
            "IkB": 13.2,
            "IkBn": 0.76,
            "C": 49.2,
            "Cn": 0.23,
            "NFn": 6.0,
            "NF_T": 60.0,
            "Kv": 5.0,
            "CASP": 0.1,
            "N": 0.4,
            "D": 0.2,
            "IL6": 0.5,
        }.items()
    }

    def value(name):
        return float(inlined(niche(), OBSERVABLES[name].formula).subs(values))

    assert value("IkBa") == pytest.approx(63.39)
    assert value("NFkB_ratio") == pytest.approx(5 * 6.23 / (49.2 + 60 - 49.2 - 0.23 - 6.0))
    assert value("viability_MTT") == pytest.approx(0.44)
    assert value("annexin_V") == pytest.approx((0.1 * 0.4 + 0.2) / 0.6)
    assert value("IL6_ELISA") == pytest.approx(500.0)


def test_quantities_compile_and_agree_with_their_formulas():
    system = compile_network(niche())
    state = dict.fromkeys(system.species, 0.5)
    reserve = observable(niche(), QUANTITIES["reserve"].expression)
    # All survival proteins at 0.5 and weights that add up to 1: capacity 0.5, load 0.5.
    assert float(reserve(0.0, tuple(state.values()), system.nominal)) == pytest.approx(1.0)
    assert float(QUANTITIES["bone_loss"].expression.subs({"Z": 92.0})) == 8.0


@pytest.mark.parametrize("half", [0.5, 12.0, 300.0])
def test_ic50_is_exact_where_viability_is_straight_in_ln_dose(half):
    viable = 0.5 - 0.05 * np.log(DOSES / half)
    assert ic50(DOSES, viable).value == pytest.approx(half, rel=1e-12)


def test_ic50_is_never_extrapolated():
    assert str(ic50(DOSES, np.full(13, 0.51))) == "> 1000"
    assert ic50(DOSES, np.full(13, 0.51)).value is None
    assert str(ic50(DOSES, np.full(13, 0.4))) == "< 0.1"


def test_auc_is_one_without_effect_and_the_dead_share_of_ln_dose_otherwise():
    assert float(auc(DOSES, np.ones(13))) == pytest.approx(1.0)
    x = np.log(DOSES / DOSES[0]) / np.log(DOSES[-1] / DOSES[0])
    assert float(auc(DOSES, 1 - x)) == pytest.approx(0.5)
    assert float(resistance_index(auc(DOSES, 1 - x / 2), auc(DOSES, 1 - x))) == pytest.approx(1.5)


def test_smooth_readouts_carry_exact_gradients():
    def index(v):
        return resistance_index(auc(DOSES, v), 0.7) + jnp.sum(log_kill(viability(v, 2.0)))

    v, step = jnp.linspace(0.9, 0.2, 13), 1e-6
    exact = jax.grad(index)(v)
    for i in range(13):
        numeric = (index(v.at[i].add(step)) - index(v.at[i].add(-step))) / (2 * step)
        assert float(exact[i]) == pytest.approx(float(numeric), rel=1e-6)


LEVELS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


@functools.cache
def found():
    plans = [Plan(p, np.array([0.0])) for p in loop_dishes((0.0, *LEVELS))]
    for k in KNOCKOUTS.values():
        times = minutes(k.minutes) if k.of_peak else hours(k.minutes / 60)
        plans += [Plan(p, times) for p in knockout_dishes(niche(), k)]
    plans.append(Plan(dish(niche(), "rest"), np.array([0.0])))
    return traces(niche(), plans, rtol=1e-7, atol=1e-10)


def test_the_open_loop_gives_the_published_levels_and_a_gain_far_below_one():
    rna = [found()[f"loop_{q:g}"].at("mIL6", 0.0) for q in (0.0, *LEVELS)]
    # Published to three digits.
    assert rna == pytest.approx([2.04, 2.43, 2.70, 3.02, 3.24, 3.36, 3.40], abs=0.0051)
    assert loop_gain(LEVELS, rna[1:]).max() <= 0.11


@pytest.mark.parametrize(
    "name, lowest, highest", [("SOCS3", 0.0, 0.45), ("IkBa", 0.0, 0.95), ("autocrine", 1e3, np.inf)]
)
def test_a_feedback_is_seen_by_knocking_it_out(name, lowest, highest):
    k = KNOCKOUTS[name]
    with_it, without = (found()[f"{name}_{w}"] for w in ("on", "off"))
    on, off = (knockout_value(k, t.times, t[k.species]) for t in (with_it, without))
    ratio = on / off if off else np.inf
    assert lowest <= ratio <= highest


def test_the_resting_reserve_is_the_published_one():
    rest = found()["rest"]
    capacity = sum(w * rest.at(s, 0.0) for w, s in ((0.65, "MCL1"), (0.22, "BCLXL"), (0.13, "BCL2")))
    assert capacity / rest.at("BH3", 0.0) == pytest.approx(2.4, abs=0.05)
