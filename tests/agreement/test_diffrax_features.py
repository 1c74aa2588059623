"""What a diffrax user expects of a solver keeps working with ours: saving, dense output, events, jumps,
adjoints; against algebra.
"""

from __future__ import annotations

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
import pytest

from models.declare import Input, Parameter, Pathway, Reaction, Species, assumed, nothing
from models.engine.compile import compile_network
from models.engine.solver.rosenbrock import NetworkRosenbrock, Rosenbrock
from models.network import assemble

RATE, START, END = 0.7, 3.0, 4.0
why = assumed("algebra solves it")


class Decay(Pathway):
    """One species that is lost."""

    u = Input("u", 1.0, "1", "not used by the solution")
    k = Parameter("k", RATE, "1/min", "loss", why)
    x = Species("x", START, "nM", "the one")
    lose = Reaction(x, nothing, k * x * u, "loss")


def by_function() -> tuple[Any, Any, Any, Any]:
    """(term, solver, y0, args of a rate) without a network: the dense path."""
    return diffrax.ODETerm(lambda t, y, k: -k * y), Rosenbrock(), jnp.asarray([START]), lambda k: k


def by_network() -> tuple[Any, Any, Any, Any]:
    """The same as a compiled network: sparse factors."""
    system = compile_network(assemble("decay", Decay))
    solver = NetworkRosenbrock(system)
    term = diffrax.ODETerm(lambda t, y, constants: jnp.stack(system.velocity(t, tuple(y), constants)))
    return term, solver, jnp.asarray([START]), lambda k: system.prepare((k, jnp.asarray(1.0)))


FORMS = {"function": by_function, "network": by_network}


@pytest.fixture(params=FORMS, ids=str)
def form(request: pytest.FixtureRequest) -> tuple[Any, Any, Any, Any]:
    return FORMS[request.param]()


def run(
    form: tuple[Any, Any, Any, Any], k: Any = RATE, start: float = 0.0, end: float = END, **more: Any
) -> diffrax.Solution:
    term, solver, y0, args = form
    options = {"stepsize_controller": diffrax.PIDController(rtol=1e-8, atol=1e-10), **more}
    return diffrax.diffeqsolve(term, solver, start, end, None, y0, args(jnp.asarray(k)), **options)


def level(y: Any) -> Any:
    return jax.tree.leaves(y)[0].reshape(-1)


def test_saving_at_times_steps_and_ends(form):
    times = np.array([0.0, 0.3, 1.7, END])
    saved = run(form, saveat=diffrax.SaveAt(ts=jnp.asarray(times)))
    np.testing.assert_allclose(
        level(saved.ys), START * np.exp(-RATE * times), rtol=1e-6
    )  # dense output is of order 4
    steps = run(form, saveat=diffrax.SaveAt(t0=True, t1=True, steps=True))
    assert steps.ts is not None
    at = np.asarray(steps.ts)[np.isfinite(steps.ts)]
    np.testing.assert_allclose(level(steps.ys)[: len(at)], START * np.exp(-RATE * at), rtol=1e-7)


def test_dense_output_and_time_running_backwards(form):
    dense = run(form, saveat=diffrax.SaveAt(dense=True))
    assert float(level(dense.evaluate(jnp.asarray(2.22)))[0]) == pytest.approx(
        START * np.exp(-RATE * 2.22), rel=1e-6
    )
    back = run(form, start=END, end=0.0)
    assert float(level(back.ys)[0]) == pytest.approx(START * np.exp(RATE * END), rel=1e-6)


def test_an_event_is_found_where_it_happens(form):
    event = diffrax.Event(
        lambda t, y, args, **_: level(y)[0] - 1.0, optimistix.Newton(rtol=1e-10, atol=1e-10)
    )
    found = run(form, event=event)
    assert found.ts is not None
    assert float(found.ts[0]) == pytest.approx(np.log(START) / RATE, rel=1e-6)
    assert float(level(found.ys)[0]) == pytest.approx(1.0, rel=1e-6)


def test_a_jump_of_the_right_hand_side_is_stepped_on():
    """y' = -k y until 1, then -3 k y."""
    term = diffrax.ODETerm(lambda t, y, k: -k * y * jnp.where(t < 1.0, 1.0, 3.0))
    _, solver, y0, args = by_function()
    steps = diffrax.ClipStepSizeController(
        diffrax.PIDController(rtol=1e-8, atol=1e-10), jump_ts=jnp.asarray([1.0])
    )
    found = diffrax.diffeqsolve(
        term, solver, 0.0, 2.0, None, y0, args(jnp.asarray(RATE)), stepsize_controller=steps
    )
    assert float(level(found.ys)[0]) == pytest.approx(START * np.exp(-RATE * (1.0 + 3.0)), rel=1e-6)


@pytest.mark.parametrize(
    "adjoint",
    [diffrax.RecursiveCheckpointAdjoint(), diffrax.DirectAdjoint(), diffrax.ForwardMode()],
    ids=lambda a: type(a).__name__,
)
def test_derivatives_through_each_adjoint_also_mapped(form, adjoint):
    def end(k: Any) -> Any:
        return level(run(form, k, adjoint=adjoint, max_steps=200).ys)[0]

    slope = (
        jax.jacfwd(end) if isinstance(adjoint, diffrax.ForwardMode | diffrax.DirectAdjoint) else jax.grad(end)
    )
    rates = jnp.asarray([0.3, RATE, 1.1])
    np.testing.assert_allclose(
        jax.vmap(slope)(rates), -END * START * np.exp(-np.asarray(rates) * END), rtol=1e-6
    )
