"""A table of biology becomes a network: names resolved, units balanced, structure read off."""

import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from models.declare import (
    Derived,
    Input,
    Parameter,
    Pathway,
    Reaction,
    Source,
    Species,
    assumed,
    elsewhere,
    log_normal,
    nothing,
    time,
)
from models.engine.compile import compile_network, observable
from models.network import Network, NetworkError, assemble, conserved_totals, rates_of_change, stoichiometry
from models.ratelaws import hill, inhibited_by, power

why = assumed("for a test")


class Binding(Pathway):
    A = Species("A", 3.0, "nM", "a protein")
    B = Species("B", 2.0, "nM", "its partner")
    AB = Species("AB", 0.0, "nM", "the pair")
    k_on = Parameter("k_on", 0.5, "1/nM/min", "association", why, log_normal(0.3))
    k_off = Parameter("k_off", 0.25, "1/min", "dissociation", why)
    bind = Reaction((A, B), AB, k_on * A * B - k_off * AB, "they meet and part")


class Decay(Pathway):
    (AB,) = elsewhere("AB")
    stop = Input("stop", 0.0, "0/1", "hold the product")
    P = Species("P", 0.0, "nM", "what the pair makes", held_by=stop)
    k_p = Parameter("k_p", 2.0, "1/min", "making", why)
    made = Derived("made", k_p * AB, "nM/min", "flux of the product")
    make = Reaction(nothing, P, made, "the pair makes P")
    fade = Reaction(P, nothing, 0.1 * made, "and it goes")


def test_rates_of_change_are_stoichiometry_times_rates() -> None:
    network = assemble("n", Binding, Decay)
    rates = rates_of_change(network)
    A, B, AB, k_on, k_off, k_p, stop = sp.symbols("A B AB k_on k_off k_p stop")
    assert sp.expand(rates["A"] - (k_off * AB - k_on * A * B)) == 0
    assert sp.expand(rates["P"] - (1 - stop) * (k_p * AB - 0.1 * k_p * AB)) == 0
    assert stoichiometry(network)["A", "bind"] == -1


def test_conserved_totals_are_the_totals_of_the_two_partners() -> None:
    totals = conserved_totals(assemble("n", Binding, Decay))
    spanned = sp.Matrix([[t.get(n, 0) for n in ("A", "B", "AB", "P")] for t in totals])
    for expected in ([1, 0, 1, 0], [0, 1, 1, 0]):
        assert spanned.rank() == sp.Matrix.vstack(spanned, sp.Matrix([expected])).rank() == 2


@pytest.mark.parametrize(
    "finding, row",
    [
        (
            "the rate is in",
            Reaction(nothing, Species("X", 0.0, "nM", "x"), Binding.k_off * 1, "no concentration"),
        ),
        (
            "is not declared",
            Reaction(nothing, Species("X", 0.0, "nM", "x"), sp.Symbol("ghost"), "a name nobody knows"),
        ),
    ],
)
def test_a_wrong_rate_is_an_error_that_names_itself(finding: str, row: Reaction) -> None:
    wrong = type("Wrong", (Pathway,), {"X": row.produced[0][0], "flow": row})
    with pytest.raises(NetworkError, match=rf"Wrong\.flow: .*{finding}"):
        assemble("n", Binding, wrong)


def test_terms_of_different_units_cannot_be_added() -> None:
    wrong = type("Wrong", (Pathway,), {"d": Derived("d", Binding.k_on + Binding.k_off, "1/min", "nonsense")})
    with pytest.raises(NetworkError, match=r"Wrong\.d: .* is in "):
        assemble("n", Binding, wrong)


def test_a_unit_that_does_not_exist_is_named() -> None:
    wrong = type("Wrong", (Pathway,), {"k": Parameter("k", 1.0, "1/fortnight", "odd", why)})
    with pytest.raises(NetworkError, match="fortnight"):
        assemble("n", wrong)


def test_one_name_is_declared_once() -> None:
    twin = type("Twin", (Pathway,), {"A": Species("A", 1.0, "nM", "again")})
    with pytest.raises(NetworkError, match=r"Twin\.A: Binding declares it already"):
        assemble("n", Binding, twin)


def test_a_number_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="no citation or reason"):
        Source("assumed", " ")


def test_a_variant_overrides_a_row_of_the_pathway_it_varies() -> None:
    one_way = Reaction((Binding.A, Binding.B), Binding.AB, Binding.k_on * Binding.A * Binding.B, "for good")
    variant = type("Variant", (Binding,), {"bind": one_way})
    assert rates_of_change(assemble("n", variant))["AB"] == sp.Symbol("A") * sp.Symbol("B") * sp.Symbol(
        "k_on"
    )
    assert [r.name for r in variant.rows if isinstance(r, Reaction)] == ["bind"]


def test_the_compiled_jacobian_and_drift_equal_finite_differences() -> None:
    class Timed(Pathway):
        u = Input("u", 2.0, "nM", "a drug that fades")
        h = Parameter("h", 1.7, "-", "steepness", why)
        K = Parameter("K", 1.5, "nM", "half effect", why)
        k = Parameter("k", 0.3, "1/min", "rate", why)
        X = Species("X", 1.0, "nM", "x")
        Y = Species("Y", 0.5, "nM", "y")
        up = Reaction(
            nothing, X, k * K * hill(Y, K, h) * inhibited_by(u * sp.exp(-k * time), K, h), "y raises x"
        )
        turn = Reaction(X, Y, k * X, "x becomes y")

    system = compile_network(assemble("t", Timed))
    y, args = (0.7, 0.4), system.nominal

    def field(t: float, y: tuple[float, ...]) -> np.ndarray:
        return np.array([float(v) for v in system.field(t, y, args)])

    dense = np.zeros((2, 2))
    for (i, j), v in zip(system.pattern, system.jacobian(3.0, y, args), strict=True):
        dense[i, j] = v
    step = 1e-6
    for j in range(2):
        e = np.eye(2)[j] * step
        slope = (field(3.0, tuple(y + e)) - field(3.0, tuple(y - e))) / (2 * step)
        np.testing.assert_allclose(dense[:, j], slope, atol=1e-9)  # central differences of order step^2
    slope = (field(3.0 + step, y) - field(3.0 - step, y)) / (2 * step)
    np.testing.assert_allclose([float(v) for v in system.drift(3.0, y, args)], slope, atol=1e-9)
    assert system.drifting == (0,)


def test_a_power_of_nothing_has_finite_derivatives() -> None:
    x, h = sp.symbols("x h")
    f = power(x, h)
    for derivative in (sp.diff(f, x), sp.diff(f, h)):
        value = sp.lambdify(
            [x, h],
            derivative,
            modules=[
                {
                    "power": lambda a, b: jnp.exp(b * jnp.log(jnp.maximum(a, 0.0) + 1e-100)),
                    "guarded_log": lambda a: jnp.log(jnp.maximum(a, 0.0) + 1e-100),
                },
                jnp,
            ],
        )(0.0, 1.7)
        assert float(value) == pytest.approx(0.0, abs=1e-60)


def test_an_observable_may_name_derived_quantities() -> None:
    network = assemble("n", Binding, Decay)
    system = compile_network(network)
    seen = observable(network, sp.Symbol("made") + sp.Symbol("A"))
    assert float(seen(0.0, (3.0, 2.0, 0.5, 0.0), system.nominal)) == pytest.approx(2.0 * 0.5 + 3.0)


def test_an_input_is_no_parameter_of_the_same_value():
    x = Species("X", 1.0, "nM", "a protein")
    k, u = Parameter("k", 1.0, "1/min", "loss", why), Parameter("u", 0.0, "-", "a drug", why)
    lost = Reaction(x, nothing, k * x / (1 + u), "loss", "lost")
    as_input = Input("u", 0.0, "-", "a drug")
    one = Network("a", (x,), (k, u), (), (), (lost,))
    other = Network("a", (x,), (k,), (as_input,), (), (lost,))
    assert one != other
    assert compile_network(one).inputs == ()
    assert compile_network(other).inputs == ("u",)
