"""The scalar programs of a kernel: constants, observables, first size of a step, the step itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from models.engine.compile import System
from models.engine.lane_states import Observe
from models.engine.native.assignments import Assignment, Assignments, Value, needed
from models.engine.solver.control import error_size, first_step, next_step
from models.engine.solver.sparse_lu import eliminate, factor, solve
from models.engine.solver.tableau import Tableau

Values = tuple[Value, ...]


@dataclass(frozen=True)
class ScalarProgram:
    """Straight-line code: what is computed, and where each result goes (an argument of the function in C)."""

    lines: tuple[Assignment, ...]
    results: tuple[tuple[str, Value], ...]


def program(lines: Assignments, results: Sequence[tuple[str, Value]]) -> ScalarProgram:
    """Without what no result needs."""
    return ScalarProgram(tuple(needed(lines.lines, [v for _, v in results])), tuple(results))


def named(letter: str, count: int) -> Values:
    """Elements of an array, by which C code calls them."""
    return tuple(f"{letter}[{i}]" for i in range(count))


def numbered(letter: str, values: Sequence[Value]) -> list[tuple[str, Value]]:
    """Results that fill an array."""
    return [(f"{letter}[{i}]", v) for i, v in enumerate(values)]


def constants(system: System) -> ScalarProgram:
    """args -> what `velocity` and `linearised` use of them."""
    lines = Assignments()
    return program(
        lines,
        numbered("c", lines.trace(system.prepare, named("args", len(system.parameters + system.inputs)))),
    )


def observables(system: System, observe: Observe) -> ScalarProgram:
    """(t, state, args) -> what is observed."""
    lines, args = Assignments(), named("args", len(system.parameters + system.inputs))
    return program(lines, numbered("seen", lines.trace(observe, "t", named("y", len(system.species)), args)))


def beginning(system: System) -> ScalarProgram:
    """(t, state, constants, tolerances) -> size of a first step."""
    lines, n = Assignments(), len(system.species)
    y, c, atol = named("y", n), named("c", len(system.uses)), named("atol", n)
    field = tuple(lines.trace(system.velocity, "t", y, c))
    return program(lines, [("*size", lines.trace(first_step, y, field, "rtol", atol)[0])])


def following(tableau: Tableau) -> ScalarProgram:
    """(size of a step, its error) -> size of the next."""
    lines = Assignments()

    def size(h: Any, error: Any) -> Any:
        return next_step(tableau, h, error)

    return program(lines, [("*after", lines.trace(size, "h", "error")[0])])


@dataclass(frozen=True)
class Factored:
    """What a step does once: the matrix in factors, and the drift."""

    entries: tuple[tuple[int, int], ...]
    values: Values
    drift: Values


def factored(lines: Assignments, system: System, tableau: Tableau, inverse: Value) -> Factored:
    """The factors of I / (gamma h) - J at (t, y)."""
    n = len(system.species)
    y, c, plan = named("y", n), named("c", len(system.uses)), eliminate(system.pattern, n)
    found = lines.trace(system.linearised, "t", y, c)
    jacobian, drift = found[n : n + len(system.pattern)], tuple(found[n + len(system.pattern) :])
    shift = lines.apply("mul", inverse, 1.0 / tableau.gamma)
    matrix = {k: lines.apply("neg", v) for k, v in zip(system.pattern, jacobian, strict=True)}
    for i in range(n):
        matrix[i, i] = lines.apply("add", shift, matrix[i, i]) if (i, i) in matrix else shift
    where, fill = tuple(matrix), tuple(sorted(plan.fill))

    def factors(values: Values) -> list[Any]:
        table = factor(plan, dict(zip(where, values, strict=True)))
        return [table[k] for k in fill]

    return Factored(fill, tuple(lines.trace(factors, tuple(matrix.values()))), drift)


def solved(
    lines: Assignments, system: System, by: Factored, right: Sequence[Value], way: Callable[..., Any] = solve
) -> list[Value]:
    """matrix^-1 right, or by `solve_transposed` with the matrix transposed."""
    return lines.trace(_substitution(system, by.entries, way), by.values, tuple(right))


@lru_cache(maxsize=64)
def _substitution(
    system: System, entries: tuple[tuple[int, int], ...], way: Callable[..., Any]
) -> Callable[..., Any]:
    """(factors, right side) -> solution; the same function for the same matrix, so that it is traced once."""
    plan = eliminate(system.pattern, len(system.species))

    def solution(values: Values, b: Values) -> Any:
        return way(plan, dict(zip(entries, values, strict=True)), b)

    return solution


def stages(
    lines: Assignments, system: System, tableau: Tableau
) -> tuple[Factored, list[list[Value]], list[list[Value]], Value]:
    """(factors, points of the field, stages, 1 / h) of one step."""
    n, inverse = len(system.species), lines.apply("div", 1.0, "h")
    y, c = named("y", n), named("c", len(system.uses))
    by = factored(lines, system, tableau, inverse)
    found: list[list[Value]] = []
    points: list[list[Value]] = [list(y)]
    for s in range(tableau.stages):
        if s and tableau.a[s] == (*tableau.a[s - 1], 1.0):
            points.append([lines.apply("add", a, b) for a, b in zip(points[-1], found[-1], strict=True)])
        elif s:
            weights = tableau.a[s]
            points.append([lines.total([(1.0, y[i]), *_column(weights, found, i)]) for i in range(n)])
        t = lines.apply("add", "t", lines.apply("mul", tableau.c[s], "h"))
        right = lines.trace(system.velocity, t, tuple(points[s]), c)
        for i in range(n):
            pushed = lines.total(_column(tableau.C[s], found, i))
            right[i] = lines.apply("add", right[i], lines.apply("mul", pushed, inverse)) if s else right[i]
        for i in system.drifting:
            more = lines.apply("mul", lines.apply("mul", tableau.d[s], "h"), by.drift[i])
            right[i] = lines.apply("add", right[i], more) if tableau.d[s] else right[i]
        found.append(solved(lines, system, by, right))
    return by, points, found, inverse


def _column(weights: Sequence[float], stages: list[list[Value]], i: int) -> list[tuple[float, Value]]:
    return [(w, stage[i]) for w, stage in zip(weights, stages, strict=False)]


def step(system: System, tableau: Tableau) -> ScalarProgram:
    """(t, h, state, constants, tolerances) -> state after a step, and size of its error."""
    lines, n = Assignments(), len(system.species)
    _, points, found, _ = stages(lines, system, tableau)
    last = found[-1]
    new = tuple(lines.apply("add", a, b) for a, b in zip(points[-1], last, strict=True))
    error = lines.trace(error_size, named("y", n), new, tuple(last), "rtol", named("atol", n))[0]
    return program(lines, [*numbered("after", new), ("*error", error)])
