"""Events that the state brings about: a ball that falls and bounces, by the algebra of its parabolas."""

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp

from models.declare import Event, Parameter, Reaction, Species, nothing, published
from models.engine.compile import compile_network
from models.engine.events.event_system import compile_events
from models.engine.events.lanes_with_events import simulate_with_events
from models.engine.protocol import Schedule
from models.engine.work_queue import TOO_MANY_EVENTS
from models.network import Network

H, V, G, E = sp.symbols("h v g e")
TIMES = np.array([0.0, 0.5, 1.0, 1.5])


def ball():
    """Height and speed, gravity and what a bounce leaves of the speed."""
    h, v = Species("h", 1.0, "m", ""), Species("v", 0.0, "m/s", "")
    g = Parameter("g", 9.81, "m/s^2", "", published("standard"))
    e = Parameter("e", 0.8, "-", "", published("a ball"))
    falls = (Reaction(nothing, h, V, "moves", "moves"), Reaction(nothing, v, -G, "falls", "falls"))
    system = compile_network(Network("ball", (h, v), (g, e), (), (), falls))
    bounce = Event("bounce", -H, True, {"v": -E * V, "h": sp.Integer(0)}, sp.Integer(0), from_trigger=False)
    return system, compile_events(system, [bounce])


def simulated(values, most=20):
    system, events = ball()
    n = len(values)
    schedule = Schedule(jnp.zeros((n, 1)), jnp.zeros((n, 1, 0)), jnp.ones((n, 1, 2)), jnp.zeros((n, 1, 2)))
    times = jnp.tile(TIMES, (n, 1))
    return simulate_with_events(system, events, values, schedule, times, rtol=1e-9, atol=1e-12, most=most)


def height(g, e, t):
    """By algebra: a fall of sqrt(2 / g), then parabolas, each e times as long as the one before."""
    start, speed = np.sqrt(2 / g), e * np.sqrt(2 * g)
    if t < start:
        return 1 - g * t**2 / 2
    while t >= start + 2 * speed / g:
        start, speed = start + 2 * speed / g, e * speed
    return speed * (t - start) - g * (t - start) ** 2 / 2


def test_a_ball_bounces_and_its_height_has_the_slopes_of_algebra():
    values = jnp.array([[9.81, 0.8], [8.0, 0.6]])

    def heights(values):
        found = simulated(values)
        return found.values[:, :, 0], found.ok

    def one(row):
        return heights(row[None])[0][0]

    seen, ok = jax.jit(heights)(values)
    assert bool(ok.all())
    # a dense output of order 4 lies between; 1e-9 is asked of a step
    np.testing.assert_allclose(
        seen, [[height(*row, t) for t in TIMES] for row in np.asarray(values)], atol=1e-7
    )
    row, d = np.array([9.81, 0.8]), 1e-6
    moves = d * np.eye(2)
    expected = [[(height(*(row + m), t) - height(*(row - m), t)) / (2 * d) for m in moves] for t in TIMES]
    # central differences of the algebra are good to 1e-9
    np.testing.assert_allclose(jax.jit(jax.jacrev(one))(jnp.asarray(row)), expected, atol=1e-6)


def test_more_happenings_than_there_is_room_for_are_told():
    found = jax.jit(lambda x: simulated(x, most=2))(jnp.array([[9.81, 0.8]]))
    assert not bool(found.ok[0])
    assert int(found.reason[0]) == TOO_MANY_EVENTS
