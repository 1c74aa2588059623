"""A network without what cannot matter behaves as the whole one, and a parameter can become an input."""

import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from models.catalogue import core
from models.engine.compile import compile_network
from models.network import inlined, rates_of_change
from models.reduce import depends_on, reduced, with_inputs


def test_what_is_kept_changes_as_before():
    """With no autocrine loop the receptor, STAT3 and SOCS3 do not feel NF-kB: twelve states go."""
    whole = core()
    small = reduced(whole, ["pS", "mSOCS3"], ["N", "E2", "TNF", "rux"])
    names = [s.name for s in small.species]
    assert {"IL6", "R", "RA", "pS", "mSOCS3", "SOCS3"} == set(names)
    a, b = compile_network(whole), compile_network(small)
    rng = np.random.default_rng(2)
    y = dict(zip(a.species, rng.uniform(0.05, 1.0, len(a.species)), strict=True))
    values = dict(zip((*a.parameters, *a.inputs), a.nominal, strict=True)) | {
        "N": 0.0,
        "E2": 0.0,
        "TNF": 0.0,
        "rux": 0.0,
    }
    before = dict(zip(a.species, a.field(3.0, tuple(y.values()), tuple(values.values())), strict=True))
    after = dict(
        zip(
            names,
            b.field(3.0, tuple(y[n] for n in names), tuple(values[n] for n in (*b.parameters, *b.inputs))),
            strict=True,
        )
    )
    for name in names:
        assert float(after[name]) == pytest.approx(float(before[name]), rel=1e-13)


def test_dependence_is_followed_to_its_end():
    assert "mIL6" in depends_on(core(), ["pS"])  # through the IL-6 that the cell itself makes
    assert depends_on(core(), ["pS"]) <= {s.name for s in core().species}


def test_a_parameter_that_becomes_an_input_keeps_its_place_in_the_formulas():
    network = with_inputs(core(), {"k_S"})
    assert "k_S" in {u.name for u in network.inputs}
    assert "k_S" not in {p.name for p in network.parameters}
    assert rates_of_change(network) == rates_of_change(core())
    system = compile_network(network)
    assert jnp.isfinite(
        jnp.stack([jnp.asarray(x) for x in system.field(0.0, system.initial, system.nominal)])
    ).all()


def test_a_readout_that_is_derived_keeps_what_it_needs():
    network = core()
    name = next(
        d.name
        for d in network.derived
        if inlined(network, d.expression).free_symbols & {s.symbol for s in network.species}
    )
    small = reduced(network, [name])
    left = inlined(small, sp.Symbol(name)).free_symbols - {sp.Symbol("t")}
    assert {str(s) for s in left} <= {q.name for q in (*small.species, *small.parameters, *small.inputs)}
