"""A network as JAX functions: the vector field, the non-zero entries of its Jacobian, and its drift in time.

SymPy differentiates and shares subexpressions; the state is a tuple of scalars, one a species, so that under
`vmap` each becomes one contiguous array over the lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from typing import Any

import jax
import jax.numpy as jnp
import sympy as sp

from models.declare import time
from models.engine.arithmetic.kept import keep
from models.engine.arithmetic.logarithm import log
from models.engine.lowering import lower
from models.formula import formula, function_of
from models.network import Network, inlined, rates_of_change

jax.config.update("jax_enable_x64", True)

Scalars = tuple[Any, ...]


def _power(x: Any, h: Any) -> Any:
    return jnp.exp(h * _guarded_log(x))


def _guarded_log(x: Any) -> Any:
    return log(jnp.maximum(x, 0.0) + 1e-100)


ROUNDING = 1e-10  # a base below 0 by no more than a solver's own error counts as 0
FLATTEST = 1e-12  # the size of a base at which a slope that is infinite at 0 is taken


def _size(x: Any, h: Any, floor: float) -> Any:
    """|x|^h, `floor` being the least |x|; at 0 itself the limit."""
    size = jnp.maximum(jnp.abs(x), floor)
    plain = jnp.exp(h * log(jnp.where(size == 0, 1.0, size)))
    return jnp.where(size == 0, jnp.where(h > 0, 0.0, jnp.where(h == 0, 1.0, jnp.inf)), plain)


def _signed(x: Any, h: Any, size: Any) -> Any:
    whole, odd = h == jnp.round(h), jnp.mod(h, 2.0) == 1.0
    below = jnp.where(whole, jnp.where(odd, -size, size), jnp.where(x < -ROUNDING, jnp.nan, 0.0))
    return jnp.where(x < 0, below, size)


@jax.custom_jvp
def _raised(x: Any, h: Any) -> Any:
    """x^h; NaN where x < 0 and h is no whole number."""
    return _signed(x, h, _size(x, h, 0.0))


@jax.custom_jvp
def _steepness(x: Any, g: Any) -> Any:
    """x^g as a slope of `_raised`, finite at 0."""
    steep = _size(x, g, FLATTEST)
    return _signed(x, g, jnp.where(g < 0, steep, _size(x, g, 0.0)))


@_raised.defjvp
def _raised_jvp(primals: Any, tangents: Any) -> Any:
    (x, h), (dx, dh) = primals, tangents
    value = _raised(x, h)
    return value, h * _steepness(x, h - 1.0) * dx + _guarded_log(jnp.abs(x)) * value * dh


@_steepness.defjvp
def _steepness_jvp(primals: Any, tangents: Any) -> Any:
    (x, g), (dx, dg) = primals, tangents
    value = _steepness(x, g)
    return value, g * _steepness(x, g - 1.0) * dx + _guarded_log(jnp.abs(x)) * value * dg


def _choose(margin: Any, a: Any, b: Any) -> Any:
    """Whole numbers as floating ones: a step carries no others."""
    found = jnp.where(margin >= 0, a, b)
    return found if jnp.issubdtype(found.dtype, jnp.inexact) else found.astype(float)


def _of_numbers(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function of floating-point arrays of one type, whatever numbers a formula holds."""

    def at(x: Any, h: Any) -> Any:
        kind = jnp.result_type(x, h, 0.0)
        return function(*jnp.broadcast_arrays(jnp.asarray(x, kind), jnp.asarray(h, kind)))

    return at


MODULES: list[Any] = [
    {
        "power": _power,
        "raised": _of_numbers(_raised),
        "steepness": _of_numbers(_steepness),
        "guarded_log": _guarded_log,
        "choose": _choose,
        "floored": jnp.floor,
        "Max": lambda *x: reduce(jnp.maximum, x),
        "Min": lambda *x: reduce(jnp.minimum, x),
        "kept": keep,
        "Heaviside": lambda x, h0=0.5: jnp.heaviside(x, h0),
    },
    jnp,
]


@dataclass(frozen=True, eq=False)
class System:
    """A compiled network. `args` everywhere is the tuple (*parameters, *inputs) of scalars, in the order of
    the names.

    Attributes:
        species, parameters, inputs: names, in order.
        nominal: values of `args` as declared.
        initial: declared levels of the species.
        field: (t, y, args) -> d y / d t, each a tuple of scalars; t in min.
        pattern: (row, column) of each Jacobian entry that is not identically zero.
        jacobian: (t, y, args) -> entries along `pattern`.
        drift: (t, y, args) -> partial derivative of the field with respect to t.
        drifting: which species have a drift that is not identically zero.
        prepare: args -> constants: everything that depends on args alone, for the two fast functions that
            follow.
        uses: for each constant, the positions of the args it depends on.
        velocity: (t, y, constants) -> the field.
        reads: positions of the constants that the field uses; the Jacobian uses others besides.
        linearised: (t, y, constants) -> (field, jacobian, drift) at once, subexpressions shared between the
            three.
    """

    network: Network
    species: tuple[str, ...]
    parameters: tuple[str, ...]
    inputs: tuple[str, ...]
    nominal: tuple[float, ...]
    initial: tuple[float, ...]
    field: Callable[[Any, Scalars, Scalars], Scalars]
    pattern: tuple[tuple[int, int], ...]
    jacobian: Callable[[Any, Scalars, Scalars], Scalars]
    drift: Callable[[Any, Scalars, Scalars], Scalars]
    drifting: tuple[int, ...]
    prepare: Callable[[Scalars], Scalars]
    uses: tuple[frozenset[int], ...]
    velocity: Callable[[Any, Scalars, Scalars], Scalars]
    linearised: Callable[[Any, Scalars, Scalars], tuple[Scalars, Scalars, Scalars]]
    reads: frozenset[int]


@lru_cache(maxsize=32)
def compile_network(network: Network, constants: tuple[tuple[str, float], ...] = ()) -> System:
    """Compile a network; `constants` are (parameter, value) pairs built in as numbers (they leave `args`)."""
    built_in = {sp.Symbol(n): sp.nsimplify(v) for n, v in constants}
    field: list[Any] = [
        e.xreplace(built_in).doit() if built_in else e for e in rates_of_change(network).values()
    ]
    y = [s.symbol for s in network.species]
    parameters = [p for p in network.parameters if p.symbol not in built_in]
    args = [p.symbol for p in parameters] + [u.symbol for u in network.inputs]
    jacobian = _jacobian(field, y)
    drift: list[Any] = [sp.diff(e, time) for e in field]
    lowered = lower(time, y, args, [[field], [field, list(jacobian.values()), drift]], MODULES)

    def linearised(t: Any, state: Scalars, constants: Scalars) -> tuple[Scalars, Scalars, Scalars]:
        velocity, entries, along_time = lowered.groups[1](t, state, constants)
        return velocity, entries, along_time

    return System(
        network=network,
        species=tuple(s.name for s in network.species),
        parameters=tuple(p.name for p in parameters),
        inputs=tuple(u.name for u in network.inputs),
        nominal=tuple(p.value for p in parameters) + tuple(u.default for u in network.inputs),
        initial=tuple(s.initial for s in network.species),
        field=_function(y, args, field),
        pattern=tuple(jacobian),
        jacobian=_function(y, args, list(jacobian.values())),
        drift=_function(y, args, drift),
        drifting=tuple(i for i, e in enumerate(drift) if e != 0),
        prepare=lowered.prepare,
        uses=lowered.uses,
        velocity=lambda t, y, c: lowered.groups[0](t, y, c)[0],
        linearised=linearised,
        reads=lowered.reads[0],
    )


def _jacobian(field: list[Any], y: list[sp.Symbol]) -> dict[tuple[int, int], Any]:
    """(row, column) -> the entry, where it is not identically zero.

    A sum is differentiated term by term, and only by what a term holds: of hundreds of species each knows a
    few, and two that one reaction joins share its slope.
    """
    column = {s: j for j, s in enumerate(y)}
    slopes: dict[tuple[Any, Any], Any] = {}
    found: dict[tuple[int, int], Any] = {}
    for i, e in enumerate(field):
        parts: dict[Any, list[Any]] = {}
        for term in sp.Add.make_args(e):
            number, rate = term.as_coeff_Mul()
            for s in rate.free_symbols & column.keys():
                if (rate, s) not in slopes:
                    slopes[rate, s] = sp.diff(rate, s)
                parts.setdefault(s, []).append(number * slopes[rate, s])
        for s in sorted(parts, key=column.__getitem__):
            if (d := sp.Add(*parts[s])) != 0:
                found[i, column[s]] = d
    return found


def _function(
    y: list[sp.Symbol], args: list[sp.Symbol], expressions: list[Any]
) -> Callable[[Any, Scalars, Scalars], Scalars]:
    """(t, y, args) -> tuple of the expressions, subexpressions shared; made when it is first called."""

    @cache
    def made() -> Callable[..., Any]:
        return function_of([time, tuple(y), tuple(args)], tuple(expressions), MODULES)

    return lambda t, state, values: made()(t, state, values)


def observable(
    network: Network,
    expression: sp.Expr,
    constants: Mapping[str, float] | None = None,
) -> Callable[[Any, Scalars, Scalars], Any]:
    """(t, y, args) -> value of an expression of species, parameters, inputs, derived quantities and time."""
    built_in = {sp.Symbol(n): sp.nsimplify(v) for n, v in (constants or {}).items()}
    y = [s.symbol for s in network.species]
    args = [p.symbol for p in network.parameters if p.symbol not in built_in] + [
        u.symbol for u in network.inputs
    ]
    function = _function(y, args, [inlined(network, formula(expression)).xreplace(built_in)])
    return lambda t, state, values: function(t, state, values)[0]
