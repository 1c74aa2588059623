"""What counts as being at rest, and where Newton's method ends."""

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp

from inference.study.dishes.rests import is_still
from inference.study.solved.newton import near
from models.declare import Parameter, Reaction, Species, nothing, published
from models.engine.compile import compile_network
from models.network import Network


def test_a_dish_rests_if_nothing_changed_in_the_second_half_of_its_way():
    """Dishes that stay, and that grow in proportion to time."""
    middle, end = jnp.array([[2.0, 0.0], [5e6, 1.0]]), jnp.array([[2.0, 1e-12], [1e7, 1.0]])
    assert is_still(middle, end).tolist() == [True, False]


def network(rates: dict[str, str]) -> Network:
    """A, B and what goes from one to the other; formulas in A, B, k and q."""
    A, B = Species("A", 1.0, "", ""), Species("B", 1.0, "", "")
    known = tuple(Parameter(n, 1.0, "", "", published("test")) for n in ("k", "q"))
    at = {"made_A": (nothing, A), "made_B": (nothing, B), "turned": (A, B)}
    rows = tuple(Reaction(at[n][0], at[n][1], sp.sympify(e), n, n) for n, e in rates.items())
    return Network("m", (A, B), known, (), (), rows)


def found(net: Network, start: list[float], k: float, q: float):
    """State, how far it was, and slopes of A and B by k, q and by the start of A."""
    system = compile_network(net)

    def rest(args, first):
        y = jnp.asarray(start).at[0].add(first)[None]
        out = near(system, jnp.zeros(1), y, args[None])
        return out.state[0], out.far[0]

    args = jnp.array([k, q])
    slopes = jax.jacfwd(lambda a, s: rest(a, s)[0], argnums=(0, 1))(args, 0.0)
    return *rest(args, 0.0), *slopes


def test_a_cycle_keeps_its_total_and_has_the_slopes_of_algebra():
    """A <-> B with k and q: A = T q / (k + q), where T = A + B is what it was."""
    k, q = 0.3, 0.6
    state, far, by_args, by_start = found(network({"turned": "k*A - q*B"}), [2.0001, 0.9999], k, q)
    np.testing.assert_allclose(state, [2.0, 1.0], rtol=1e-13)
    assert 4e-5 < far < 2e-4
    dA = np.array([-3 * q / (k + q) ** 2, 3 * k / (k + q) ** 2])
    np.testing.assert_allclose(by_args, [dA, -dA], rtol=1e-12)
    np.testing.assert_allclose(by_start, [q / (k + q), k / (k + q)], rtol=1e-12)


def test_rates_of_a_thousand_and_of_a_hundred_millionth_are_solved_for_alike():
    """A' = 1000 (1 - A), B' = k (2 A - B): B = 2."""
    net = network({"made_A": "1000*(1 - A)", "made_B": "k*(2*A - B)"})
    state, _, by_args, _ = found(net, [1.00001, 1.9999], 1e-8, 1.0)
    np.testing.assert_allclose(state, [1.0, 2.0], rtol=1e-13)
    np.testing.assert_allclose(by_args, 0.0, atol=1e-4)  # beside 1 / k


def test_what_grows_however_slowly_has_no_steady_state():
    _, far, *_ = found(network({"made_A": "k", "made_B": "1 - B"}), [1.0, 1.0], 1e-12, 1.0)
    assert far == np.inf


def test_what_is_used_up_ends_at_none_and_not_below():
    """A' = -k A B, B' = q - B: A = 0."""
    state, _, by_args, _ = found(network({"made_A": "-k*A*B", "made_B": "q - B"}), [1e-9, 1.0], 0.5, 1.0)
    np.testing.assert_allclose(state, [0.0, 1.0], atol=1e-15)
    np.testing.assert_allclose(by_args, [[0, 0], [0, 1]], atol=1e-12)
