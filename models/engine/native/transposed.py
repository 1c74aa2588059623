"""The scalar programs of a gradient: the transposes of a step, of the constants and of the observables.

What `models.engine.solver.reverse.pull_back` says; the loop over the stages stands in step_back.hpp, so that
the field and its transpose are compiled once and not eight times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from models.engine.compile import System
from models.engine.lane_states import Observe
from models.engine.native.assignments import Assignments
from models.engine.native.programs import (
    Factored,
    ScalarProgram,
    Values,
    factored,
    named,
    numbered,
    program,
    solved,
)
from models.engine.solver.sparse_lu import eliminate, solve_transposed
from models.engine.solver.tableau import Tableau


def affected(system: System, wanted: Sequence[int]) -> tuple[int, ...]:
    """Constants that depend on a wanted parameter or input."""
    return tuple(i for i, uses in enumerate(system.uses) if uses & set(wanted))


def _with(every: Values, where: Sequence[int], values: Values) -> Values:
    changed = dict(zip(where, values, strict=True))
    return tuple(changed.get(i, x) for i, x in enumerate(every))


def _pulled(function: Callable[..., Any], where: tuple[int, ...]) -> Callable[..., Any]:
    """(t, state, values, bars) -> derivatives by the state and by the values at `where`."""

    def pulled(t: Any, y: Values, values: Values, bars: Values) -> Any:
        _, pull = jax.vjp(
            lambda y, some: tuple(jnp.asarray(x, float) for x in function(t, y, _with(values, where, some))),
            y,
            tuple(values[i] for i in where),
        )
        return pull(bars)

    return pulled


def constants_transposed(system: System, wanted: tuple[int, ...]) -> ScalarProgram:
    """(args, derivatives by the affected constants) -> derivatives by the wanted args."""
    lines, chosen = Assignments(), affected(system, wanted)

    def pulled(args: Values, bars: Values) -> Any:
        def some(values: Values) -> Any:
            found = system.prepare(_with(args, wanted, values))
            return tuple(jnp.asarray(found[i], float) for i in chosen)

        return jax.vjp(some, tuple(args[i] for i in wanted))[1](bars)[0]

    args = named("args", len(system.parameters + system.inputs))
    found = lines.trace(pulled, args, named("bar", len(chosen))) if chosen else [0.0] * len(wanted)
    return program(lines, numbered("slopes", found))


def observables_transposed(
    system: System, observe: Observe, wanted: tuple[int, ...], observed: int
) -> ScalarProgram:
    """(t, state, args, derivatives by the observables) -> derivatives by the state and the wanted args."""
    lines, n = Assignments(), len(system.species)
    args = named("args", len(system.parameters + system.inputs))
    found = lines.trace(_pulled(observe, wanted), "t", named("y", n), args, named("bar", observed))
    return program(lines, [*numbered("kick", found[:n]), *numbered("slopes", found[n:])])


def factors_of(system: System, tableau: Tableau) -> ScalarProgram:
    """(t, h, state, constants) -> factors of I / (gamma h) - J, and the drift."""
    lines = Assignments()
    by = factored(lines, system, tableau, lines.apply("div", 1.0, "h"))
    drift = [by.drift[i] for i in system.drifting]
    return program(lines, [*numbered("A", by.values), *numbered("drift", drift)])


def _by_factors(system: System) -> Factored:
    fill = tuple(sorted(eliminate(system.pattern, len(system.species)).fill))
    return Factored(fill, named("A", len(fill)), ())


def stage_of(system: System) -> ScalarProgram:
    """(t, point of the field, what is pushed, constants, factors) -> a stage."""
    lines, n = Assignments(), len(system.species)
    field = lines.trace(system.velocity, "t", named("y", n), named("c", len(system.uses)))
    right = [lines.apply("add", f, p) for f, p in zip(field, named("push", n), strict=True)]
    return program(lines, numbered("u", solved(lines, system, _by_factors(system), right)))


def stage_transposed(system: System, wanted: tuple[int, ...]) -> ScalarProgram:
    """(t, point of the field, constants, factors, derivative by the stage) -> v = W^-T of that, and v pulled
    back through the field: by the state and by the constants that it reads.
    """
    lines, n = Assignments(), len(system.species)
    v = solved(lines, system, _by_factors(system), named("gained", n), solve_transposed)
    pulled = lines.trace(
        _pulled(system.velocity, moving(system, wanted)),
        *("t", named("y", n), named("c", len(system.uses)), tuple(v)),
    )
    return program(lines, [*numbered("w", v), *numbered("g", pulled[:n]), *numbered("slopes", pulled[n:])])


def bent_transposed(system: System, wanted: tuple[int, ...]) -> ScalarProgram:
    """(t, state, constants, derivatives by Jacobian and drift) -> by the state and the affected constants."""
    lines, n = Assignments(), len(system.species)
    bars = named("entry", len(system.pattern)), named("drift", len(system.drifting))
    c = named("c", len(system.uses))
    found = lines.trace(_bent(system, affected(system, wanted)), "t", named("y", n), c, *bars)
    return program(lines, [*numbered("back", found[:n]), *numbered("slopes", found[n:])])


def tables(system: System, tableau: Tableau, wanted: tuple[int, ...]) -> str:
    """Sizes and coefficients for the loop over the stages (step_back.hpp)."""
    s, chosen = tableau.stages, affected(system, wanted)
    sizes = {
        "STAGES": s,
        "FILL": len(_by_factors(system).entries),
        "ENTRIES": len(system.pattern),
        "DRIFTS": len(system.drifting),
        "MOVING": len(moving(system, wanted)),
    }
    full = [[(*row, *(0.0,) * s)[:s] for row in rows] for rows in (tableau.a, tableau.C)]
    numbers = {
        "static const double a_of[STAGES][STAGES]": full[0],
        "static const double C_of[STAGES][STAGES]": full[1],
        "static const double c_of[STAGES]": tableau.c,
        "static const double d_of[STAGES]": tableau.d,
        "static const int entry_row[ENTRIES + 1]": [i for i, _ in system.pattern],
        "static const int entry_column[ENTRIES + 1]": [j for _, j in system.pattern],
        "static const int drifting[DRIFTS + 1]": system.drifting,
        "static const int moving_at[MOVING + 1]": [chosen.index(i) for i in moving(system, wanted)],
    }
    lines = [f"#define {name} {value}" for name, value in sizes.items()]
    return "\n".join([*lines, *(f"{name} = {_braced(x)};" for name, x in numbers.items())])


def _braced(x: Any) -> str:
    return "{" + ", ".join(map(_braced, x)) + "}" if isinstance(x, list | tuple) else repr(x)


def moving(system: System, wanted: tuple[int, ...]) -> tuple[int, ...]:
    """Affected constants that the field reads; the others act through the Jacobian alone."""
    return tuple(i for i in affected(system, wanted) if i in system.reads)


def _bent(system: System, chosen: tuple[int, ...]) -> Callable[..., Any]:
    """(t, state, constants, bars of the Jacobian's entries, bars of the drift) -> derivatives by the state
    and the affected constants.
    """

    def pulled(t: Any, y: Values, c: Values, entries: Values, drift: Values) -> Any:
        def both(y: Values, some: Values) -> Any:
            _, jacobian, along_time = system.linearised(t, y, _with(c, chosen, some))
            moved = tuple(along_time[i] for i in system.drifting)
            return tuple(jnp.asarray(x, float) for x in (*jacobian, *moved))

        _, pull = jax.vjp(both, y, tuple(c[i] for i in chosen))
        return pull((*entries, *drift))

    return pulled
