"""What is done to a dish and when: periods with constant inputs, and jumps of species at their start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Float

from models.engine.compile import System
from models.formula import function_of

Value = float | sp.Expr  # a number, or an expression of parameters


@dataclass(frozen=True)
class Period:
    """From `start` (min) until the next period: inputs that change, species that are set, species that are
    added to, and the share of a species that stays (all of it, unless `keep` says so).
    """

    start: Value
    inputs: Mapping[str, Value] = field(default_factory=dict)
    put: Mapping[str, Value] = field(default_factory=dict)
    add: Mapping[str, Value] = field(default_factory=dict)
    keep: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Protocol:
    """The periods of one dish, in order of time. Inputs keep their value until changed.

    `parameters` are values that differ from those of the set throughout this dish (another cell, another
    preset). `moving` are periods that begin at an expression of parameters, in no order, and `switches`
    inputs that are 1 where an expression of them and of time is >= 0, else 0.
    """

    id: str
    periods: tuple[Period, ...]
    parameters: Mapping[str, Value] = field(default_factory=dict)
    moving: tuple[Period, ...] = ()
    switches: Mapping[str, sp.Expr] = field(default_factory=dict)


class Schedule(eqx.Module):
    """A protocol as arrays. At each start: y <- keep * y + add; before the first one y is the network's
    initial state.

    Starts are in min, increasing; unused periods start at +inf.
    """

    starts: Float[Array, " period"]
    inputs: Float[Array, "period input"]
    keep: Float[Array, "period species"]
    add: Float[Array, "period species"]


def schedule(
    system: System, protocol: Protocol, values: Mapping[str, Float[Array, ""]], periods: int | None = None
) -> Schedule:
    """A protocol as arrays, differentiable in `values` (parameters that its expressions name), padded to
    `periods`.
    """
    n = periods or len(protocol.periods)
    starts = np.full(n, np.inf)
    current = {
        name: jnp.asarray(v)
        for name, v in zip(system.inputs, system.nominal[len(system.parameters) :], strict=True)
    }
    inputs, keeps, adds = [], [], []
    for i in range(n):
        keep, add = np.ones(len(system.species)), [jnp.asarray(0.0)] * len(system.species)
        if i < len(protocol.periods):
            period = protocol.periods[i]
            starts[i] = period.start
            current = current | {k: evaluate(v, values) for k, v in period.inputs.items()}
            for name, v in period.put.items():
                keep[system.species.index(name)], add[system.species.index(name)] = 0.0, evaluate(v, values)
            for name, share in period.keep.items():
                keep[system.species.index(name)] = share
            for name, v in period.add.items():
                add[system.species.index(name)] = add[system.species.index(name)] + evaluate(v, values)
        inputs.append(jnp.stack([current[k] for k in system.inputs]) if system.inputs else jnp.zeros(0))
        keeps.append(jnp.asarray(keep))
        adds.append(jnp.stack(add))
    return Schedule(jnp.asarray(starts), jnp.stack(inputs), jnp.stack(keeps), jnp.stack(adds))


def evaluate(value: Value, values: Mapping[str, Float[Array, ""]]) -> Float[Array, ""]:
    """A number, or an expression of the names in `values`."""
    if not isinstance(value, sp.Expr) or value.is_number:
        return jnp.asarray(float(value))
    from models.engine.compile import MODULES

    symbols = sorted(value.free_symbols, key=str)
    return jnp.asarray(function_of(symbols, value, MODULES, cse=False)(*(values[str(s)] for s in symbols)))
