"""The likelihood of a PEtab problem of version 2 by other programs: petab reads it, libRoadRunner simulates,
the densities are written out here.
"""

import math
import pathlib
from collections.abc import Callable, Iterable, Mapping

import libsbml
import pytest
import roadrunner
import sympy as sp
from petab import v2

Numbers = Mapping[str, float]


def _number(formula: sp.Basic | float, names: Numbers) -> float:
    expression = sp.sympify(formula)
    return float(expression.subs({s: names[str(s)] for s in expression.free_symbols}))


def _begun(sbml: str, values: Numbers) -> tuple[roadrunner.RoadRunner, list[str], list[str]]:
    """The model with other numbers at its start, its species, and its other names."""
    document = libsbml.readSBMLFromString(sbml)
    m = document.getModel()
    for name, value in values.items():
        q = m.getElementBySId(name)
        if q is None:
            continue
        m.removeInitialAssignment(name)
        if isinstance(q, libsbml.Species):
            q.unsetInitialAmount()
            q.setInitialConcentration(value)
        elif isinstance(q, libsbml.Compartment):
            q.setSize(value)
        else:
            q.setValue(value)
    solver = roadrunner.RoadRunner(libsbml.writeSBMLToString(document))
    solver.integrator.relative_tolerance, solver.integrator.absolute_tolerance = 1e-10, 1e-13
    others = [*m.getListOfParameters(), *m.getListOfCompartments()]
    return solver, [s.getId() for s in m.getListOfSpecies()], [q.getId() for q in others]


def _dish(
    sbml: str, nominal: Numbers, periods: list[tuple[float, list]], wanted: Iterable[float]
) -> dict[float, dict[str, float]]:
    """Every name's value at the wanted times; a period that begins at one of them has begun."""
    changes = [(at, {c.target_id: _number(c.target_value, nominal) for c in of}) for at, of in periods]
    t, first = changes[0] if changes else (0.0, {})
    here = {**nominal, **first}
    solver, species, others = _begun(sbml, here)
    wanted, seen = set(wanted), {}
    for stop in sorted({*wanted, *(at for at, _ in changes[1:])}):
        if stop - t > 1e-12:  # CVODE finds no first step for less, in which nothing happens
            solver.simulate(t, stop, 2)
            t = stop
        for name, value in next((of for at, of in changes[1:] if at == stop), {}).items():
            solver[f"[{name}]" if name in species else name] = value
            here[name] = value
        if stop in wanted:
            levels = {n: solver[f"[{n}]"] for n in species} | {n: solver[n] for n in others}
            seen[stop] = here | levels | {"time": stop}
    return seen


def _density(family: str, y: float, value: float, scale: float) -> float:
    jacobian = 0.0
    if family.startswith("log-"):
        y, value, jacobian = math.log(y), math.log(value), math.log(y)
    z = (y - value) / scale
    if family.endswith("laplace"):
        return -abs(z) - math.log(2 * scale) - jacobian
    return -0.5 * z**2 - math.log(scale) - 0.5 * math.log(2 * math.pi) - jacobian


def _log_likelihood(problem: pathlib.Path, model: pathlib.Path) -> float:
    p = v2.Problem.from_yaml(problem)
    nominal = {x.id: float(x.nominal_value) for x in p.parameters}
    changes = {c.id: c.changes for c in p.conditions}
    experiments: dict[str | None, list] = {None: []}
    for e in p.experiments:
        experiments[e.id] = [
            (float(q.time), [c for i in q.condition_ids for c in changes[i]]) for q in e.sorted_periods
        ]
    wanted: dict[str | None, set[float]] = {}
    for m in p.measurements:
        wanted.setdefault(m.experiment_id, set()).add(float(m.time))
    text = model.read_text()
    seen = {e: _dish(text, nominal, experiments[e], times) for e, times in wanted.items()}
    observables, total = {o.id: o for o in p.observables}, 0.0
    for m in p.measurements:
        o, names = observables[m.observable_id], {**nominal, **seen[m.experiment_id][float(m.time)]}
        for holders, given in (
            (o.observable_placeholders, m.observable_parameters),
            (o.noise_placeholders, m.noise_parameters),
        ):
            names |= {str(k): _number(v, names) for k, v in zip(holders, given, strict=True)}
        value = _number(o.formula, names)
        scale = _number(o.noise_formula, {**names, o.id: value})
        total += _density(o.noise_distribution.value, float(m.measurement), value, scale)
    return total


@pytest.fixture(scope="session")
def by_other_programs() -> Callable[[pathlib.Path, pathlib.Path], float]:
    """(problem.yaml, its model) -> log-likelihood at the nominal values; raises whatever they raise."""
    roadrunner.Logger.disableLogging()
    return _log_likelihood
