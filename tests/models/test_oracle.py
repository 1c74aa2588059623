"""The tables against the published reference implementation: rates, and trajectories of every preset and of
20 random dishes.

`oracle_values.json` was made by `make_oracle_values.py` beside it.
"""

import functools
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from models.behaviours.record import WatchedDish
from models.behaviours.solve import traces
from models.catalogue import NEUTRAL, PRESETS, core, niche
from models.declare import time
from models.dish import dish
from models.engine.compile import compile_network
from models.engine.protocol import Period, Protocol
from models.network import rates_of_change

ORACLE = json.loads(pathlib.Path(__file__).with_name("oracle_values.json").read_text())


@functools.cache
def compiled(network):
    system = compile_network(network)
    return system, jax.jit(lambda t, y, a: jnp.stack(system.field(t, tuple(y), tuple(a))))


def rates(network, case, state):
    """Rates of change by name, at the case's time, parameters and inputs."""
    system, field = compiled(network)
    switches = {"frozen": float(case["frozen"]), "clamped": float(case["clamped"])}
    named = {**case["parameters"], **case["inputs"], **switches}
    args = [
        named.get(n, state.get(n, v))
        for n, v in zip(system.parameters + system.inputs, system.nominal, strict=True)
    ]
    found = field(case["t"], jnp.array([state[s] for s in system.species]), jnp.array(args))
    return dict(zip(system.species, np.asarray(found), strict=True))


def test_rates_of_the_core_equal_the_reference_at_random_states_inputs_and_parameters():
    """Those of the whole cell are behaviour B30."""
    for case in ORACLE["rates"]:
        state = dict(zip(ORACLE["species"], case["y"], strict=True))
        expected = dict(zip(ORACLE["species"], case["rates"], strict=True))
        for name, rate in rates(core(), case, state).items():
            # Terms that cancel leave rounding errors of the larger ones: a billionth of the state per min
            # bounds them.
            assert rate == pytest.approx(expected[name], rel=1e-10, abs=1e-12 * abs(state[name]) + 1e-15), (
                name,
                case["t"],
            )


def test_the_species_are_those_of_the_reference_in_its_order_and_what_came_after():
    assert [s.name for s in niche().species][: len(ORACLE["species"])] == ORACLE["species"]


def plan(i, run):
    given = {k: run[k] for k in ("il6", "inputs", "pre", "parameters")}
    made = dish(niche(), str(i), preset=PRESETS[run["preset"]], **given)
    protocol = Protocol(
        made.id, (*made.periods, Period(run["switch"], run["later"])), NEUTRAL | made.parameters
    )
    return WatchedDish(protocol, np.array(run["times"]))


def test_trajectories_of_every_preset_and_of_twenty_random_dishes_equal_the_reference():
    """With every part off that the reference does not have; what it does not have keeps still."""
    runs = ORACLE["trajectories"]
    assert {r["preset"] for r in runs[:6]} == set(PRESETS)
    assert len(runs) == 26
    found = traces(niche(), [plan(i, r) for i, r in enumerate(runs)], rtol=1e-9, atol=1e-12)
    for i, run in enumerate(runs):
        expected = np.array(run["states"])
        got = np.stack([found[str(i)][s] for s in ORACLE["species"]], 1)
        assert found[str(i)].ok
        # The reference itself is good to 3e-9 of a species' maximum, as its maker prints.
        np.testing.assert_array_less(np.abs(got - expected).max(0), 1e-6 * np.abs(expected).max(0) + 1e-15)
        for s in ("IKZ", "IRF4"):
            assert (found[str(i)][s] == 1).all()


@pytest.mark.parametrize("build", [core, niche])
def test_the_transit_variant_only_delays_the_socs3_transcript(build):
    plain, transit = rates_of_change(build()), rates_of_change(build(socs3_transit=True))
    T, k_T, m, d = sp.symbols("T k_T mSOCS3 d_mS")
    assert set(transit) == {*plain, "T"}
    assert all(sp.expand(transit[s] - plain[s]) == 0 for s in plain if s != "mSOCS3")
    assert sp.expand(transit["mSOCS3"] - (k_T * T - d * m)) == 0
    # Together the two pools are made and lost as the lumped one.
    assert sp.expand(transit["T"] + k_T * T - (plain["mSOCS3"] + d * m)) == 0


def test_ruxolitinib_decays_from_time_zero_on():
    rux, k = sp.symbols("rux k_rux")
    share = next(d for d in niche().derived if d.name == "fJ").expression
    assert share.subs(time, -50).has(sp.exp(0)) or not share.subs(time, -50).has(k)
    assert share.subs(time, 100).has(sp.exp(-100 * k))
    assert share.has(rux)
