"""A question as arrays: which dishes to simulate for a set of parameters, and the number that comes out.

All dishes of a set continue from one pre-culture; pre-culture and treatment have the same shapes, so that one
compiled program serves both and every question that reads the same network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Bool, Float

from inference.resistance.conditions import Condition
from inference.resistance.questions import Question, network_of
from inference.resistance.resistance_readouts import Doses
from models.dish import Dose, dish
from models.engine.compile import System, compile_network, observable
from models.engine.lanes import simulate_lanes
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule, schedule
from models.network import Network

Observe = Callable[[Array, tuple[Array, ...], tuple[Array, ...]], tuple[Array, ...]]
Start = tuple[Float[Array, "set species"], Bool[Array, " set"]]
AnswerFunction = Callable[[Float[Array, "set factor"]], Float[Array, " set"]]

MAX_STEPS = 40_000  # NF-kB of some draws oscillates through all of the pre-culture, about 100 steps a turn


class DishPlan(eqx.Module):
    """A question as arrays: one pre-culture, several dishes that continue from it, what is read, how it is
    joined.

    Attributes:
        preculture: schedule of the one period before t = 0.
        treatments: schedules of the dishes from t = 0 on, leading axis dish, one period.
        times: (time,) min.
        observe: what is read at them.
        answer: (dish, time, observable) -> the read-out.
        lanes: sets that step side by side; fewer than sets at once, because a lane whose set is done takes
            the next.
    """

    system: System = eqx.field(static=True)
    preculture: Schedule
    treatments: Schedule
    times: Float[Array, " time"]
    observe: Observe = eqx.field(static=True)
    answer: Callable[[Float[Array, "dish time observable"]], Float[Array, ""]] = eqx.field(static=True)
    lanes: int = eqx.field(static=True)


def plan(question: Question, lanes: int = 512) -> DishPlan:
    """Which dishes answer the question, and how; `lanes` as in `DishPlan`."""
    network = network_of(question)
    system = compile_network(network)
    read = question.readout
    drugs, here = read.dishes(question.drugs, question.condition)[0]
    first = jax.tree.map(lambda x: x[:1], dish_schedule(system, question, drugs, here))
    rest = treatment(system, question)
    times = (60 * question.hours,) if read.times is None else read.times
    return DishPlan(
        system,
        first,
        rest,
        jnp.asarray(times, float),
        observing(network, read.read),
        read.answer,
        lanes,
    )


@lru_cache(maxsize=32)
def observing(network: Network, names: tuple[str, ...]) -> Observe:
    """(t, y, args) -> these species and derived quantities; the same function for the same names, so nothing
    compiles twice.
    """
    functions = [observable(network, sp.Symbol(n)) for n in names]
    return lambda t, y, args: tuple(f(t, y, args) for f in functions)


def treatment(system: System, question: Question) -> Schedule:
    """Schedules from t = 0 on of the dishes of a question, leading axis dish."""
    dishes = question.readout.dishes(question.drugs, question.condition)
    schedules = [dish_schedule(system, question, drugs, condition) for drugs, condition in dishes]
    return jax.tree.map(lambda *x: jnp.stack(x), *[jax.tree.map(lambda x: x[1:], s) for s in schedules])


def dish_schedule(system: System, question: Question, drugs: Doses, condition: Condition) -> Schedule:
    """Pre-culture and treatment of one dish with the preset and estradiol of the question, as two periods."""
    estradiol = {"E2": question.estradiol} if question.estradiol else {}
    known = {k: v for k, v in condition.inputs.items() if k in system.inputs}
    protocol = dish(
        system.network,
        condition.name,
        preset=question.preset,
        il6=condition.il6,
        inputs={**known, **estradiol},
        pre=estradiol,
        doses=[Dose(d, dose) for d, dose in drugs],
    )
    return schedule(system, replace(protocol, parameters={}), {})


def dishes_per_set(what: DishPlan) -> int:
    """Simulations that one set of parameters needs, the pre-culture not counted."""
    return what.treatments.starts.shape[0]


def parameters(
    what: DishPlan,
    names: Sequence[str],
    shares: Sequence[Sequence[int]],
    ln_values: Float[Array, "set factor"],
) -> Float[Array, "set parameter"]:
    """Full parameter vectors: nominal but for `names`; the values of each group in `shares` are made to add
    up to 1.
    """
    values = jnp.exp(ln_values)
    for group in shares:
        g = jnp.asarray(group)
        values = values / jnp.ones_like(values).at[:, g].set(values[:, g].sum(axis=1, keepdims=True))
    nominal = jnp.asarray(what.system.nominal[: len(what.system.parameters)])
    where = np.array([what.system.parameters.index(n) for n in names], dtype=int)
    return jnp.broadcast_to(nominal, (len(ln_values), len(nominal))).at[:, where].set(values)


def culture(
    what: DishPlan,
    values: Float[Array, "set parameter"],
    *,
    rtol: float,
    atol: float,
    wanted: Sequence[str] = (),
    real: Bool[Array, " set"] | None = None,
) -> Start:
    """The state of each set of parameters at the end of the pre-culture, and whether it could be solved.

    Sets that are not `real` only fill the batch and are not solved.
    """
    ends = jnp.zeros(len(values)) if real is None else jnp.where(real, 0.0, jnp.inf)
    times = jnp.full((len(values), len(what.times)), jnp.inf).at[:, 0].set(ends)
    found = _lanes(what, values, _repeat(what.preculture, len(values)), times, rtol, atol, wanted)
    return found.values[:, 0, :], found.ok


def treat(
    what: DishPlan,
    dish: int,
    values: Float[Array, "set parameter"],
    start: Start,
    *,
    rtol: float,
    atol: float,
    wanted: Sequence[str] = (),
) -> tuple[Float[Array, "set time observable"], Bool[Array, " set"]]:
    """One dish of each set from t = 0 on: what is observed, and whether it could be solved.

    Args:
        values: parameters of the treatment; those of the pre-culture may have been others.
        start: what `culture` gave.
    """
    here = jax.tree.map(lambda x: x[dish], what.treatments)
    return treat_each(what, _repeat(here, len(values)), values, start, rtol=rtol, atol=atol, wanted=wanted)


def treat_each(
    what: DishPlan,
    dishes: Schedule,
    values: Float[Array, "set parameter"],
    start: Start,
    *,
    rtol: float,
    atol: float,
    wanted: Sequence[str] = (),
    times: Float[Array, "set time"] | None = None,
) -> tuple[Float[Array, "set time observable"], Bool[Array, " set"]]:
    """As `treat`, with a dish of its own for each set (leading axis of `dishes`) and, where given, its own
    output times.
    """
    state = dishes.keep * start[0][:, None, :] + dishes.add  # (set, period, species)
    schedules = Schedule(dishes.starts, dishes.inputs, jnp.zeros_like(state), state)
    asked = jnp.broadcast_to(what.times, (len(values), len(what.times))) if times is None else times
    found = _lanes(what, values, schedules, asked, rtol, atol, wanted)
    columns = tuple(jnp.moveaxis(found.values, -1, 0))
    args = (*jnp.moveaxis(values[:, :, None], 1, 0), *jnp.moveaxis(dishes.inputs[:, 0, :, None], 1, 0))
    seen = jnp.stack(
        [jnp.broadcast_to(o, columns[0].shape) for o in what.observe(what.times, columns, args)], axis=-1
    )
    return seen, start[1] & found.ok


def _lanes(
    what: DishPlan,
    values: Array,
    schedules: Schedule,
    times: Array,
    rtol: float,
    atol: float,
    wanted: Sequence[str],
) -> Trajectory:
    """Pre-culture and treatment have the same shapes and types and read all species, so that one program
    serves for both.
    """
    strong = jax.tree.map(
        lambda x: jnp.asarray(x, float), schedules
    )  # a weakly typed number would compile everything once more
    return simulate_lanes(
        what.system,
        values,
        strong,
        times,
        rtol=rtol,
        atol=atol,
        max_steps=MAX_STEPS,
        wanted=tuple(wanted),
        lanes=what.lanes,
    )


def _repeat(tree: Any, n: int) -> Any:
    return jax.tree.map(lambda x: jnp.broadcast_to(x, (n, *x.shape)), tree)


def readout_function(
    what: DishPlan, names: Sequence[str], shares: Sequence[Sequence[int]], *, rtol: float, atol: float
) -> AnswerFunction:
    """The read-out as a function of ln parameters (set, factor) -> (set,), NaN where a solve failed;
    differentiable.

    Not to be compiled as a whole: its parts are, once for all dishes.
    """

    def function(ln_values: Float[Array, "set factor"]) -> Float[Array, " set"]:
        p = parameters(what, names, shares, ln_values)
        start = culture(what, p, rtol=rtol, atol=atol, wanted=names)
        dishes = [
            treat(what, i, p, start, rtol=rtol, atol=atol, wanted=names) for i in range(dishes_per_set(what))
        ]
        ok = jnp.all(jnp.stack([o for _, o in dishes]), axis=0)
        y = jnp.stack([v for v, _ in dishes], axis=1)
        safe = jnp.where(ok[:, None, None, None], y, 1.0)
        return jnp.where(ok, jax.vmap(what.answer)(safe), jnp.nan)

    return function
