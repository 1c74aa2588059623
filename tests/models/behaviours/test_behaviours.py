"""The behaviours of the specification, by their ids; a failure prints protocol, value, band and citation."""

import functools
import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from models.behaviours import possible, resistance_ranks
from models.behaviours.cells import RESTING_LEVELS
from models.behaviours.foretold_dishes import WRITTEN_BEFORE
from models.behaviours.foretold_of_cells import NOT_SHOWN
from models.behaviours.listed import BEHAVIOURS, simulated
from models.behaviours.solve import look
from models.catalogue import NEUTRAL, niche
from models.engine.compile import compile_network

found = functools.cache(simulated)


HEAVY = pytest.mark.slow  # another network, which takes a minute or two to compile


def _marked(behaviour):
    marks = [HEAVY] if behaviour.parts else []
    if behaviour.id in NOT_SHOWN:
        marks.append(pytest.mark.xfail(reason=NOT_SHOWN[behaviour.id], strict=True, raises=AssertionError))
    return pytest.param(behaviour, id=behaviour.id, marks=marks)


@pytest.mark.parametrize("behaviour", [_marked(b) for b in BEHAVIOURS.values()])
def test_the_model_behaves_as_specified(behaviour):
    finding = look(behaviour, found(behaviour.parts))
    assert not finding.failed
    missed = [behaviour.failure(c) for c in finding.checks if not c.met]
    assert not missed, "\n".join(missed)


def test_every_behaviour_of_the_specification_is_here():
    assert {*BEHAVIOURS, possible.BEHAVIOUR.id, "B31"} == {f"B{i}" for i in range(1, 65)}


def test_what_was_written_down_beforehand_is_judged_by_those_bands():
    judged = {b.id for b in BEHAVIOURS.values() if b.foretold}
    assert judged == set(WRITTEN_BEFORE)
    assert all(b.low <= b.high for f in WRITTEN_BEFORE.values() for b in f.bands)
    assert all(len(f.evidence) > 20 for f in WRITTEN_BEFORE.values())


@pytest.mark.parametrize("name", possible.CHECKS, ids=lambda name: f"B30-{name}")
def test_every_dish_stays_within_what_is_possible(name):
    check = possible.CHECKS[name](found(()))
    assert check.met, possible.BEHAVIOUR.failure(check)


@pytest.mark.parametrize(
    "reference", [pathlib.Path(__file__).parents[1] / "oracle_values.json"], ids=["B30-rates"]
)
def test_rates_of_change_equal_the_reference_at_random_states_inputs_and_parameters(reference):
    """`oracle_values.json` was made by `make_oracle_values.py` beside it."""
    oracle, system = json.loads(reference.read_text()), compile_network(niche())
    field = jax.jit(lambda t, y, a: jnp.stack(system.field(t, tuple(y), tuple(a))))
    for case in oracle["rates"]:
        named = {
            **NEUTRAL,
            **case["parameters"],
            **case["inputs"],
            "frozen": float(case["frozen"]),
            "clamped": float(case["clamped"]),
        }
        args = [
            named.get(n, v) for n, v in zip(system.parameters + system.inputs, system.nominal, strict=True)
        ]
        state, whole = np.array(case["y"]), np.ones(len(system.species))  # what came after rests at 1
        whole[: len(state)] = state
        rates = np.asarray(field(case["t"], jnp.asarray(whole), jnp.asarray(args)))
        assert not rates[len(state) :].any()
        rates = rates[: len(state)]
        # Terms that cancel leave rounding errors of the larger ones: a billionth of the state per min bounds
        # them.
        allowed = 1e-10 * np.abs(case["rates"]) + 1e-12 * np.abs(state) + 1e-15
        worst = int(np.argmax(np.abs(rates - case["rates"]) / allowed))
        assert abs(rates[worst] - case["rates"][worst]) <= allowed[worst], (
            f"B30: rate of {system.species[worst]} at {case['t']} min: {rates[worst]:.15g}, band 1e-10 "
            f"around {case['rates'][worst]:.15g}; "
            "reference implementation"
        )


@functools.cache
def ranking():
    return resistance_ranks.rank()


@pytest.mark.parametrize("readout", resistance_ranks.PUBLISHED, ids=lambda r: f"B31-{r}")
def test_the_parameters_that_rank_high_for_resistance_have_the_published_sign(readout):
    result = ranking()
    assert result.failed == 0
    for name, expected in resistance_ranks.PUBLISHED[readout].items():
        value = result.coefficients[readout][name]
        assert value * expected > 0, (
            f"B31: {readout}: coefficient of {name} = {value:.2f}, band the sign of {expected}; "
            f"specification 6.3"
        )


def test_the_pre_culture_ends_at_the_published_resting_levels():
    trace = found(())["B1"]
    for species, level in RESTING_LEVELS.items():
        # Published to two digits (three where larger than 10): half a unit of the last one.
        digits = 0.05 if level >= 10 else 0.5 * 10.0 ** (np.floor(np.log10(level)) - 1)
        assert trace.at(species, 0) == pytest.approx(level, abs=1.01 * digits), species
