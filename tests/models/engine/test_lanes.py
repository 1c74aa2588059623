"""Ensembles and their derivatives against SciPy, finite differences, and themselves done one by one."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

from models.declare import Input, Parameter, Pathway, Reaction, Species, assumed, nothing, time
from models.engine import work_queue
from models.engine.compile import System, compile_network
from models.engine.lanes import simulate_lanes
from models.engine.one_dish import Trajectory, simulate
from models.engine.protocol import Schedule
from models.engine.work_queue import NOT_FINITE, TOO_MANY_STEPS
from models.network import assemble

why = assumed("a toy")


class Toy(Pathway):
    """Made under a drug that decays in time, converted with saturation, lost."""

    u = Input("u", 1.0, "1", "drug")
    k = Parameter("k", 0.5, "nM/min", "synthesis", why)
    d = Parameter("d", 0.3, "1/min", "loss", why)
    K = Parameter("K", 2.0, "nM", "half", why)
    r = Parameter("r", 0.1, "1/min", "decay of the drug", why)
    a = Species("a", 1.0, "nM", "first")
    b = Species("b", 0.5, "nM", "second")
    make = Reaction(nothing, a, k * u * sp.exp(-r.symbol * time), "synthesis")
    turn = Reaction(a, b, d * a * K / (K + b.symbol), "conversion")
    lose = Reaction(b, nothing, d * b, "loss")


LANES = 5
STARTS = np.array([0.0, 5.0, np.inf])
TIMES = np.array([[0, 1.0, 2, 5, 8, np.inf]] * LANES)
TIMES[1] = [0, 5, 9, np.inf, np.inf, np.inf]
Arguments = tuple[Any, Any, Any, Any]


@pytest.fixture(scope="module")
def system() -> System:
    return compile_network(assemble("toy", Toy))


@pytest.fixture(scope="module")
def arguments(system: System) -> Arguments:
    rng = np.random.default_rng(0)
    parameters = np.array(system.nominal[:4]) * np.exp(0.3 * rng.standard_normal((LANES, 4)))
    inputs, keep, add = (
        rng.uniform(0.5, 2, (LANES, 3, 1)),
        rng.uniform(0.5, 1, (LANES, 3, 2)),
        rng.uniform(0.5, 1, (LANES, 3, 2)),
    )
    return jnp.asarray(parameters), jnp.asarray(inputs), jnp.asarray(keep), jnp.asarray(add)


def lanes(
    system: System, parameters: Any, inputs: Any, keep: Any, add: Any, rtol: Any = 1e-9, **more: Any
) -> Trajectory:
    n = parameters.shape[0]
    starts, times = jnp.broadcast_to(jnp.asarray(STARTS), (n, 3)), jnp.asarray(np.resize(TIMES, (n, 6)))
    schedule = Schedule(starts, inputs, keep, add)
    return simulate_lanes(
        system, parameters, schedule, times, rtol=rtol, atol=rtol * 1e-2, max_steps=2000, **more
    )


@pytest.fixture(scope="module")
def loss(system: System) -> Any:
    weights = jnp.asarray(np.random.default_rng(1).standard_normal((LANES, 6, 2)))
    return lambda *x: jnp.sum(weights * lanes(system, *x).values)


@pytest.fixture(scope="module")
def gradient(loss: Any) -> Any:
    return jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2, 3)))


def by_scipy(system: System, parameters: Any, inputs: Any, keep: Any, add: Any, times: Any) -> np.ndarray:
    y, out = np.array(system.initial), np.zeros((len(times), 2))
    for p, (start, end) in enumerate(((0.0, 5.0), (5.0, np.inf))):
        y = keep[p] * y + add[p]
        args = (*map(float, parameters), *map(float, inputs[p]))
        here = [i for i, t in enumerate(times) if start <= t < end and np.isfinite(t)]
        found = solve_ivp(
            lambda t, y, args=args: system.field(t, tuple(y), args),
            (start, min(end, 10.0)),
            y,
            method="LSODA",
            rtol=1e-11,
            atol=1e-13,
            t_eval=[*times[here], min(end, 10.0)],
        )
        out[here] = found.y[:, :-1].T
        y = found.y[:, -1]
    return out


def test_every_lane_agrees_with_scipy(system: System, arguments: Arguments) -> None:
    found = lanes(system, *arguments)
    assert bool(found.ok.all())
    for i in range(LANES):
        row = [np.asarray(x[i]) for x in arguments]
        truth = by_scipy(system, row[0], row[1], row[2], row[3], TIMES[i])
        np.testing.assert_allclose(found.values[i], truth, rtol=1e-7, atol=1e-9)  # rtol of a step is 1e-9


def test_one_dish_through_diffrax_agrees_with_its_lane(system: System, arguments: Arguments) -> None:
    found = lanes(system, *arguments)

    def one(parameters: Any, inputs: Any, keep: Any, add: Any, times: Any) -> Trajectory:
        return simulate(
            system, parameters, Schedule(jnp.asarray(STARTS), inputs, keep, add), times, rtol=1e-9, atol=1e-11
        )

    dishes = jax.jit(jax.vmap(one))(*arguments, jnp.asarray(TIMES))
    assert bool(dishes.ok.all())
    np.testing.assert_allclose(
        dishes.values, found.values, rtol=1e-6, atol=1e-8
    )  # dense output is of order 4


@pytest.mark.parametrize("which", range(4), ids=["parameters", "inputs", "kept share", "added amount"])
def test_gradients_agree_with_finite_differences(
    which: int, loss: Any, gradient: Any, arguments: Arguments
) -> None:
    direction = jnp.asarray(np.random.default_rng(2).standard_normal(arguments[which].shape))
    moved = [
        [x + s * 1e-5 * direction if i == which else x for i, x in enumerate(arguments)] for s in (1, -1)
    ]
    difference = (gradient(*moved[0])[0] - gradient(*moved[1])[0]) / 2e-5
    slope = jnp.sum(gradient(*arguments)[1][which] * direction)
    np.testing.assert_allclose(
        slope, difference, rtol=1e-6, atol=1e-7
    )  # error 1e-10 of a value over a step of 1e-5
    tangents = tuple(direction if i == which else jnp.zeros_like(x) for i, x in enumerate(arguments))
    np.testing.assert_allclose(jax.jvp(loss, arguments, tangents)[1], slope, rtol=1e-9, atol=1e-10)


def test_a_mapped_gradient_equals_the_gradients_one_by_one(
    gradient: Any, loss: Any, arguments: Arguments
) -> None:
    many = jax.tree.map(lambda x: jnp.stack([x, 1.1 * x, 0.9 * x]), arguments)
    values, found = jax.jit(jax.vmap(jax.value_and_grad(loss, argnums=(0, 1, 2, 3))))(*many)
    for i in range(3):
        value, single = gradient(*(x[i] for x in many))
        np.testing.assert_allclose(values[i], value, rtol=1e-12)
        for a, b in zip(found, single, strict=True):
            np.testing.assert_allclose(a[i], b, rtol=1e-9, atol=1e-12)


def test_a_gradient_inside_a_loop_inside_a_map_equals_the_plain_one(
    gradient: Any, loss: Any, arguments: Arguments
) -> None:
    def descend(parameters: Any) -> Any:
        def step(p: Any, _: None) -> tuple[Any, Any]:
            value, slope = jax.value_and_grad(loss)(p, *arguments[1:])
            return p - 1e-3 * slope, value

        return jax.lax.scan(step, parameters, None, length=2)[1]

    found = jax.jit(jax.vmap(descend))(jnp.stack([arguments[0], 1.1 * arguments[0]]))
    value, slope = gradient(*arguments)
    np.testing.assert_allclose(found[0, 0], value, rtol=1e-12)
    np.testing.assert_allclose(found[0, 1], loss(arguments[0] - 1e-3 * slope[0], *arguments[1:]), rtol=1e-9)


def test_a_spoilt_lane_is_flagged_with_zero_gradient_and_costs_nobody_a_step(
    system: System, gradient: Any, arguments: Arguments
) -> None:
    parameters = arguments[0].at[2, 1].set(jnp.nan)
    good, spoilt = lanes(system, *arguments), lanes(system, parameters, *arguments[1:])
    others = np.array([0, 1, 3, 4])
    assert not bool(spoilt.ok[2])
    assert int(spoilt.reason[2]) == NOT_FINITE
    assert int(spoilt.steps[2]) == 0
    np.testing.assert_array_equal(spoilt.values[2], 0.0)
    np.testing.assert_array_equal(spoilt.values[others], good.values[others])
    np.testing.assert_array_equal(spoilt.steps[others], good.steps[others])
    _, slopes = gradient(parameters, *arguments[1:])
    _, plain = gradient(*arguments)
    for a, b in zip(slopes, plain, strict=True):
        np.testing.assert_array_equal(a[2], 0.0)
        np.testing.assert_array_equal(a[others], b[others])


def test_a_lane_that_runs_out_of_steps_says_so(system: System, arguments: Arguments) -> None:
    starts = jnp.broadcast_to(jnp.asarray(STARTS), (LANES, 3))
    found = simulate_lanes(
        system,
        arguments[0],
        Schedule(starts, *arguments[1:]),
        jnp.asarray(TIMES),
        rtol=1e-9,
        atol=1e-11,
        max_steps=9,
    )
    assert not bool(found.ok.any())
    np.testing.assert_array_equal(found.reason, TOO_MANY_STEPS)
    np.testing.assert_array_equal(found.values, 0.0)


def test_new_values_and_tolerances_do_not_trace_again(system: System, arguments: Arguments) -> None:
    traced: list[int] = []
    counts = []

    def observe(t: Any, y: Any, args: Any) -> Any:
        traced.append(1)
        return y

    for factor, rtol in ((1.0, 1e-6), (1.1, 1e-6), (1.2, 1e-7), (0.9, 1e-8)):
        lanes(system, arguments[0] * factor, *arguments[1:], rtol=rtol, observe=observe)
        counts.append(len(traced))
    assert counts[0] > 0
    assert set(counts) == {counts[0]}


def test_a_queue_gives_each_item_what_it_gets_alone_whatever_the_lanes_and_the_order(
    system: System, arguments: Arguments
) -> None:
    rng, n = np.random.default_rng(5), 200
    parameters = jnp.asarray(np.array(system.nominal[:4]) * np.exp(0.5 * rng.standard_normal((n, 4))))
    rest = [jnp.asarray(np.resize(x, (n, *x.shape[1:]))) for x in arguments[1:]]
    queued = lanes(system, parameters, *rest, lanes=64)
    wide = lanes(system, parameters, *rest, lanes=256)
    back = np.arange(n)[::-1]
    mixed = simulate_lanes(
        system,
        parameters[back],
        Schedule(jnp.broadcast_to(jnp.asarray(STARTS), (n, 3)), *(x[back] for x in rest)),
        jnp.asarray(np.resize(TIMES, (n, 6))[back]),
        rtol=1e-9,
        atol=1e-11,
        max_steps=2000,
        lanes=64,
    )
    for other in (wide.values, mixed.values[back]):
        np.testing.assert_allclose(other, queued.values, rtol=1e-9, atol=0)
    few = lanes(system, parameters[:5], *(x[:5] for x in rest))
    np.testing.assert_allclose(few.values, queued.values[:5], rtol=1e-9, atol=0)


def test_few_lanes_finish_what_many_began_and_give_the_same(
    system: System, arguments: Arguments, monkeypatch: Any
) -> None:
    rng, n = np.random.default_rng(7), 700
    parameters = jnp.asarray(np.array(system.nominal[:4]) * np.exp(0.5 * rng.standard_normal((n, 4))))
    parameters = parameters.at[3, 0].set(np.nan).at[11, 1].set(300.0)  # one that cannot begin, a long one
    rest = [jnp.asarray(np.resize(x, (n, *x.shape[1:]))) for x in arguments[1:]]
    whole = lanes(system, parameters, *rest, lanes=576)
    seen: list[tuple[int, int]] = []
    close = work_queue.closed_up
    monkeypatch.setattr(work_queue, "WIDE", 512)
    monkeypatch.setattr(
        work_queue,
        "closed_up",
        lambda lanes, few, items: seen.append((lanes.item.shape[0], few)) or close(lanes, few, items),
    )
    closed = lanes(system, parameters, *rest, lanes=640)
    assert seen == [(640, 64)]
    for field in ("values", "ok", "steps", "reason"):
        np.testing.assert_array_equal(getattr(closed, field), getattr(whole, field))
    assert int(np.asarray(closed.ok).sum()) == n - 1


def test_a_queue_has_the_gradient_of_its_items(system: System, arguments: Arguments) -> None:
    rng, n = np.random.default_rng(6), 150
    parameters = jnp.asarray(np.array(system.nominal[:4]) * np.exp(0.3 * rng.standard_normal((n, 4))))
    rest = [jnp.asarray(np.resize(x, (n, *x.shape[1:]))) for x in arguments[1:]]

    def total(p: Any, width: int) -> Any:
        return jnp.sum(jnp.log1p(lanes(system, p, *rest, lanes=width).values))

    np.testing.assert_allclose(
        jax.grad(total)(parameters, 64), jax.grad(total)(parameters, 192), rtol=1e-9, atol=1e-13
    )


def test_off_the_cpu_no_barrier_splits_kernels_and_the_values_are_the_same(
    system: System, arguments: Arguments, monkeypatch: Any
) -> None:
    here = lanes(system, *arguments, lanes=64)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")  # only tracing asks

    def traced(*x: Any) -> Any:
        found = lanes(system, *x, lanes=128)
        return found.values, found.ok

    assert "optimization_barrier" not in str(jax.make_jaxpr(traced)(*arguments))
    values, ok = jax.jit(traced)(*arguments)
    assert bool(ok.all())
    np.testing.assert_allclose(values, here.values, rtol=1e-10)  # fusions round in another order
