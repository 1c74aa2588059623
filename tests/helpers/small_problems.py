"""Small problems of other people, written from formulas: SBML, tables of PEtab 1, and what comes out."""

import pathlib
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from inference.likelihood import likelihood
from inference.study.loading import load

SBML = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="m">
<listOfCompartments><compartment id="c" size="1" constant="true"/></listOfCompartments>
<listOfSpecies>{species}</listOfSpecies><listOfParameters>{parameters}</listOfParameters>
{rules}<listOfReactions>{reactions}</listOfReactions>{events}</model></sbml>"""
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'


def mathml(content: str) -> str:
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{content}</math>'


def call(operator: str, *operands: str) -> str:
    """<apply> of an operator on names, numbers and other calls; `t` is time."""

    def leaf(x: str) -> str:
        if x.startswith("<"):
            return x
        if x == "t":
            return TIME
        return f"<cn>{x}</cn>" if x.lstrip("-")[0].isdigit() else f"<ci>{x}</ci>"

    return f"<apply><{operator}/>{''.join(map(leaf, operands))}</apply>"


def when(condition: str, value: str, otherwise: str) -> str:
    leaf = lambda x: call("plus", x)  # noqa: E731
    return (
        f"<piecewise><piece>{leaf(value)}{condition}</piece>"
        f"<otherwise>{leaf(otherwise)}</otherwise></piecewise>"
    )


def model(
    species: dict[str, float],
    parameters: Mapping[str, float],
    rates: Mapping[str, str],
    events: str = "",
    changing: tuple[str, ...] = (),
) -> str:
    """SBML with one rate rule a species."""
    return SBML.format(
        species="".join(
            f'<species id="{n}" compartment="c" initialConcentration="{v}" hasOnlySubstanceUnits="false" '
            'boundaryCondition="false" constant="false"/>'
            for n, v in species.items()
        ),
        parameters="".join(
            f'<parameter id="{n}" value="{v}" constant="{str(n not in changing).lower()}"/>'
            for n, v in parameters.items()
        ),
        rules="<listOfRules>"
        + "".join(f'<rateRule variable="{n}">{mathml(e)}</rateRule>' for n, e in rates.items())
        + "</listOfRules>",
        reactions="",
        events=f"<listOfEvents>{events}</listOfEvents>" if events else "",
    ).replace("<listOfReactions></listOfReactions>", "")


def problem(
    folder: pathlib.Path,
    text: str,
    observables: dict[str, str],
    times: tuple[float | str, ...],
    conditions: str = "conditionId\nc0\n",
    parameters: str = "k\tlin\t0.001\t1000\t0.3\t1\n",
    before: str = "",
) -> pathlib.Path:
    """A problem of version 1 that measures every observable at every time in condition c0."""
    tables = {
        "problem.yaml": "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n"
        "- condition_files: [conditions.tsv]\n  measurement_files: [measurements.tsv]\n"
        "  observable_files: [observables.tsv]\n  sbml_files: [model.xml]\n",
        "conditions.tsv": conditions,
        "parameters.tsv": "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\n"
        + parameters,
        "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\n"
        + "".join(f"o_{i}\t{f}\t1\n" for i, f in enumerate(observables.values())),
        "measurements.tsv": "observableId\tpreequilibrationConditionId\tsimulationConditionId\t"
        "measurement\ttime\n"
        + "".join(f"o_{i}\t{before}\tc0\t0\t{t}\n" for i in range(len(observables)) for t in times),
        "model.xml": text,
    }
    for name, content in tables.items():
        (folder / name).write_text(content)
    return folder / "problem.yaml"


def predicted(file: pathlib.Path, times: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(observable, time) values at the nominal parameters, and their slopes by the parameters."""
    study = load(file)

    def values(theta):
        dishes = likelihood.trajectories(study, theta, rtol=1e-10, atol=1e-12)
        return likelihood.predict(study, theta, dishes).value, dishes.ok

    def both(theta):
        _, slope = jax.jvp(lambda x: values(x)[0], (theta,), (jnp.ones_like(theta),))
        return values(theta), slope

    (found, ok), slope = jax.jit(both)(jnp.asarray(study.nominal))
    assert bool(jnp.all(ok))
    return np.asarray(found).reshape(-1, times), np.asarray(slope).reshape(-1, times)


LOSS = model({"S": 1.0}, {"k": 0.3}, {"S": call("times", "-1", call("times", "k", "S"))})


def event(
    name: str,
    trigger: str,
    assignments: dict[str, str],
    *,
    initial: bool = True,
    persistent: bool = True,
    from_trigger: bool = True,
    delay: str = "",
    priority: str = "",
) -> str:
    """An event; formulas as `call` makes them."""
    said = lambda x: str(x).lower()  # noqa: E731
    return (
        f'<event id="{name}" useValuesFromTriggerTime="{said(from_trigger)}"><trigger '
        f'initialValue="{said(initial)}" persistent="{said(persistent)}">{mathml(trigger)}</trigger>'
        + (f"<priority>{mathml(priority)}</priority>" if priority else "")
        + (f"<delay>{mathml(delay)}</delay>" if delay else "")
        + "<listOfEventAssignments>"
        + "".join(
            f'<eventAssignment variable="{n}">{mathml(e)}</eventAssignment>' for n, e in assignments.items()
        )
        + "</listOfEventAssignments></event>"
    )


def still(events: str, **more: float) -> str:
    """S, which nothing but events changes, and a flag u that they may set."""
    return model({"S": 1.0}, {"k": 0.3, "u": 0.0} | more, {"S": call("times", "0", "k")}, events, ("u",))


def number(x: str) -> str:
    return f"<cn>{x}</cn>"


at = lambda t: call("geq", "t", t)  # noqa: E731
grown = lambda name, x: call("plus", name, x)  # noqa: E731
halved = call("times", "S", "0.5")
