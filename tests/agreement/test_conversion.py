"""A <-> B, whose solution is known, in both versions of PEtab: pre-equilibration, late starts, events,
conditions.
"""

import importlib.util
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml
from scipy import stats

from inference.likelihood.likelihood import chi_squared, log_prior, predict, terms, trajectories
from inference.study.loading import load
from inference.study.study import Study, StudyError

MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">%s</math>'
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'
SBML = (
    """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="conversion">
<listOfCompartments><compartment id="c" size="1" constant="true" spatialDimensions="3"/></listOfCompartments>
<listOfSpecies>
<species id="A" compartment="c" initialConcentration="1" hasOnlySubstanceUnits="false"
boundaryCondition="false" constant="false"/>
<species id="B" compartment="c" initialConcentration="0" hasOnlySubstanceUnits="false"
boundaryCondition="false" constant="false"/>
</listOfSpecies>
<listOfParameters><parameter id="k1" value="0.8" constant="true"/>
<parameter id="k2" value="0.6" constant="true"/>
<parameter id="a0" value="1" constant="true"/>%s</listOfParameters>
<listOfInitialAssignments><initialAssignment symbol="A">"""
    + MATH % "<ci>a0</ci>"
    + """</initialAssignment></listOfInitialAssignments>
%s<listOfReactions>
<reaction id="there" reversible="false" fast="false">
<listOfReactants><speciesReference species="A" stoichiometry="1" constant="true"/></listOfReactants>
<listOfProducts><speciesReference species="B" stoichiometry="1" constant="true"/></listOfProducts>
<kineticLaw>"""
    + MATH % "<apply><times/><ci>c</ci><ci>k1</ci><ci>A</ci></apply>"
    + """</kineticLaw></reaction>
<reaction id="back" reversible="false" fast="false">
<listOfReactants><speciesReference species="B" stoichiometry="1" constant="true"/></listOfReactants>
<listOfProducts><speciesReference species="A" stoichiometry="1" constant="true"/></listOfProducts>
<kineticLaw>"""
    + MATH % "<apply><times/><ci>c</ci><ci>k2</ci><ci>B</ci></apply>"
    + """</kineticLaw></reaction>
</listOfReactions>%s</model></sbml>"""
)


def a(t: float, a0: float, b0: float, k1: float, k2: float) -> float:
    """A at time t after A = a0, B = b0: relaxation with rate k1 + k2 to its share of the total."""
    rest = (a0 + b0) * k2 / (k1 + k2)
    return rest + (a0 - rest) * np.exp(-(k1 + k2) * t)


def write(folder: pathlib.Path, files: dict[str, str], sbml: str = SBML % ("", "", "")) -> pathlib.Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "model.xml").write_text(sbml)
    return folder / "problem.yaml"


def values(study: Study) -> np.ndarray:
    @jax.jit
    def at(theta):
        return predict(study, theta, trajectories(study, theta, rtol=1e-9, atol=1e-12)).value

    return np.asarray(at(jnp.asarray(study.nominal)))


V1 = {
    "problem.yaml": """format_version: 1
parameter_file: parameters.tsv
problems:
- sbml_files: [model.xml]
  condition_files: [conditions.tsv]
  measurement_files: [measurements.tsv]
  observable_files: [observables.tsv]
""",
    "conditions.tsv": "conditionId\tk1\tA\tB\nbefore\t0.3\t0\t2\nafter\tfast\t1\tNaN\n",
    "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\tobservableTransformation\t"
    "noiseDistribution\n"
    "seen\tobservableParameter1_seen * A\tnoiseParameter1_seen\tlog10\tnormal\n",
    "measurements.tsv": "observableId\tpreequilibrationConditionId\tsimulationConditionId\tmeasurement\t"
    "time\t"
    "observableParameters\tnoiseParameters\n"
    "seen\tbefore\tafter\t1.5\t0\tscale\t0.1\nseen\tbefore\tafter\t1.4\t2\t2.5\tsd\nseen\t\tafter\t0.9\t3\t"
    "scale\tsd\n",
    "parameters.tsv": "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\n"
    "fast\tlog10\t0.01\t10\t0.8\t1\nk2\tlin\t0\t10\t0.6\t1\nscale\tlog\t0.1\t10\t2\t1\nsd\tlin\t0\t1\t0.2\t"
    "0\n",
}


def test_version_1_pre_equilibration_keeps_what_the_second_condition_leaves_open(tmp_path):
    study = load(write(tmp_path, V1))
    b_rest = 2 * 0.3 / 0.9  # A and B at rest under k1 = 0.3, k2 = 0.6, total 2
    expected = np.array([2 * 1.0, 2.5 * a(2, 1.0, b_rest, 0.8, 0.6), 2 * a(3, 1.0, 0.0, 0.8, 0.6)])
    np.testing.assert_allclose(values(study), expected, rtol=1e-6)
    # errors on log10: density of a log-normal in base 10, by hand
    theta = jnp.asarray(study.nominal)
    dishes = jax.jit(lambda x: trajectories(study, x, rtol=1e-9, atol=1e-12))(theta)
    y, sd = np.array([1.5, 1.4, 0.9]), np.array([0.1, 0.2, 0.2])
    z = (np.log10(y) - np.log10(expected)) / sd
    by_hand = -0.5 * z**2 - np.log(sd * np.sqrt(2 * np.pi) * y * np.log(10))
    np.testing.assert_allclose(terms(study, theta, dishes), by_hand, rtol=1e-5)
    assert float(chi_squared(study, predict(study, theta, dishes))) == pytest.approx(np.sum(z**2), rel=1e-5)


V2 = {
    "problem.yaml": """format_version: 2.0.0
id: conversion
model_files: {conversion: {location: model.xml, language: sbml}}
parameter_files: [parameters.tsv]
condition_files: [conditions.tsv]
experiment_files: [experiments.tsv]
observable_files: [observables.tsv]
measurement_files: [measurements.tsv]
""",
    "conditions.tsv": "conditionId\ttargetId\ttargetValue\nbefore\tk1\t0.3\nbefore\tB\t2\nbefore\tA\t0\n"
    "after\tk1\tfast\nafter\tA\ta0 / 2\n",
    "experiments.tsv": "experimentId\ttime\tconditionId\ne\t-inf\tbefore\ne\t10\tafter\nf\t0\t\n",
    "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\nA_seen\tA + 0 * time\t0.1\n",
    "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\n"
    "A_seen\te\t10\t0.7\nA_seen\te\t12\t0.7\nA_seen\te\tinf\t0.7\nA_seen\tf\t4\t0.7\n",
    "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\nfast\t0\t10\t0.9\t"
    "true\na0\t0\t10\t1.5\ttrue\n",
}


def test_version_2_starts_late_after_steady_state_and_ends_at_one(tmp_path):
    study = load(write(tmp_path, V2))
    b_rest = 2 * 0.3 / 0.9
    total = 0.75 + b_rest
    expected = [0.75, a(2, 0.75, b_rest, 0.9, 0.6), total * 0.6 / 1.5, a(4, 1.5, 0.0, 0.8, 0.6)]
    np.testing.assert_allclose(values(study), expected, rtol=1e-6)


def test_an_event_at_a_known_time_and_a_formula_that_switches_act_when_they_should(tmp_path):
    trigger = MATH % f"<apply><geq/>{TIME}<cn>3</cn></apply>"
    event = (
        "<listOfEvents><event id='dose' useValuesFromTriggerTime='true'><trigger initialValue='false' "
        "persistent='true'>"
        f"{trigger}</trigger><listOfEventAssignments><eventAssignment variable='A'>"
        f"{MATH % '<apply><plus/><ci>A</ci><cn>2</cn></apply>'}</eventAssignment></listOfEventAssignments>"
        f"</event></listOfEvents>"
    )
    early = f"<piece><cn>0.6</cn><apply><lt/>{TIME}<cn>1</cn></apply></piece>"
    switched = MATH % f"<piecewise>{early}<otherwise><cn>0.2</cn></otherwise></piecewise>"
    sbml = SBML % (
        "",
        f"<listOfRules><assignmentRule variable='k2'>{switched}</assignmentRule></listOfRules>",
        event,
    )
    sbml = sbml.replace(
        '<parameter id="k2" value="0.6" constant="true"/>', '<parameter id="k2" constant="false"/>'
    )
    files = V2 | {
        "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\nA_seen\tf\t1\t1\nA_seen\tf\t3\t"
        "1\nA_seen\tf\t5\t1\n",
        "experiments.tsv": "experimentId\ttime\tconditionId\nf\t0\t\n",
        "conditions.tsv": "conditionId\ttargetId\ttargetValue\n",
        "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\na0\t0\t10\t1.5\t"
        "true\n",
    }
    study = load(write(tmp_path, files, sbml))
    one = a(1, 1.5, 0.0, 0.8, 0.6)
    three = a(2, one, 1.5 - one, 0.8, 0.2)
    five = a(2, three + 2, 1.5 - three, 0.8, 0.2)
    np.testing.assert_allclose(values(study), [one, three + 2, five], rtol=1e-6)


@pytest.mark.parametrize("experiments", ["experimentId\ttime\tconditionId\nf\t0\t\n", ""])
def test_names_of_a_mapping_table_stand_for_those_of_the_model(tmp_path, experiments):
    """The read-out names A by another name, and k2 has its value under another name than in the model."""
    files = V2 | {
        "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\n"
        f"A_seen\t{'f' if experiments else ''}\t3\t1\n",
        "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\nA_seen\tlevel\t1\n",
        "conditions.tsv": "conditionId\ttargetId\ttargetValue\n",
        "experiments.tsv": experiments or "experimentId\ttime\tconditionId\n",
        "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\n"
        "a0\t0\t10\t1.5\ttrue\nslowly\t0\t10\t0.3\ttrue\n",
        "mapping.tsv": "petabEntityId\tmodelEntityId\nlevel\tA\nslowly\tk2\n",
    }
    path = write(tmp_path, files)
    path.write_text(path.read_text() + "mapping_files: [mapping.tsv]\n")
    study = load(path, lint=False)
    assert study.names == ("a0", "slowly")
    np.testing.assert_allclose(values(study), [a(3, 1.5, 0.0, 0.8, 0.3)], rtol=1e-6)


def test_a_mapping_to_what_the_model_does_not_have_is_refused(tmp_path):
    path = write(tmp_path, V2 | {"mapping.tsv": "petabEntityId\tmodelEntityId\nx\tnone\n"})
    path.write_text(path.read_text() + "mapping_files: [mapping.tsv]\n")
    with pytest.raises(StudyError, match=r"mapping\.tsv:2: x stands for none, which the model does not have"):
        load(path)


@pytest.mark.parametrize("formula, b", [("A + 1", 4 / 3 + 1), ("2 * B", 4 / 3)])
def test_a_later_condition_sets_a_species_by_the_state_before_all_its_changes(formula, b, tmp_path):
    """At rest A is 4 / 3 and B is 2 / 3; A becomes 0.75 at the same time."""
    study = load(write(tmp_path, V2 | {"conditions.tsv": V2["conditions.tsv"] + f"after\tB\t{formula}\n"}))
    expected = [0.75, a(2, 0.75, b, 0.9, 0.6), (0.75 + b) * 0.6 / 1.5, a(4, 1.5, 0.0, 0.8, 0.6)]
    np.testing.assert_allclose(values(study), expected, rtol=1e-6)


def test_an_event_that_doubles_a_compartment_halves_what_is_in_it(tmp_path):
    event = (
        "<listOfEvents><event id='grow' useValuesFromTriggerTime='true'><trigger initialValue='false' "
        "persistent='true'>"
        f"{MATH % f'<apply><geq/>{TIME}<cn>3</cn></apply>'}</trigger><listOfEventAssignments>"
        f"<eventAssignment variable='c'>"
        f"{MATH % '<cn>2</cn>'}</eventAssignment></listOfEventAssignments></event></listOfEvents>"
    )
    sbml = (SBML % ("", "", event)).replace('size="1" constant="true"', 'size="1" constant="false"')
    files = V2 | {
        "experiments.tsv": "experimentId\ttime\tconditionId\nf\t0\t\n",
        "conditions.tsv": "conditionId\ttargetId\ttargetValue\n",
        "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\nA_seen\tf\t1\t1\n"
        "A_seen\tf\t5\t1\n",
        "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\na0\t0\t10\t1.5\t"
        "true\n",
    }
    study = load(write(tmp_path, files, sbml))
    np.testing.assert_allclose(
        values(study), [a(1, 1.5, 0.0, 0.8, 0.6), a(5, 1.5, 0.0, 0.8, 0.6) / 2], rtol=1e-6
    )


def test_a_prior_may_do_without_bounds_and_a_read_out_without_species(tmp_path):
    study = load(
        write(
            tmp_path,
            V2
            | {
                "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\nA_seen\t2 * fast\t0.1\n",
                "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\t"
                "priorDistribution\tpriorParameters\n"
                "fast\t-inf\tinf\t0.9\ttrue\tnormal\t1;0.5\na0\t0\t10\t1.5\ttrue\t\t\n",
            },
        )
    )
    np.testing.assert_allclose(values(study), 1.8)
    assert float(log_prior(study, jnp.asarray(study.nominal))) == pytest.approx(
        stats.norm.logpdf(0.9, 1, 0.5) + np.log(0.1)
    )
    with pytest.raises(
        StudyError, match=r"parameters\.tsv:2: fast is estimated between -inf and inf: give two bounds"
    ):
        load(
            write(
                tmp_path,
                V2 | {"parameters.tsv": V2["parameters.tsv"].replace("fast\t0\t10", "fast\t-inf\tinf")},
            )
        )


@pytest.mark.slow
def test_the_official_suite_of_version_1_is_solved():
    """All SBML cases of the suite that the PEtab group publishes (package petabtests)."""
    suite = importlib.util.find_spec("petabtests")
    if suite is None:
        pytest.skip("the suite is not installed: pip install --no-deps petabtests")
    assert suite.origin is not None
    cases = sorted((pathlib.Path(suite.origin).parent / "cases" / "v1.0.0" / "sbml").glob("0*"))
    assert len(cases) >= 18
    for case in cases:
        solution = yaml.safe_load((case / f"_{case.name}_solution.yaml").read_text())
        study = load(case / f"_{case.name}.yaml")
        theta = jnp.asarray(study.nominal)
        dishes = trajectories(study, theta, rtol=1e-8, atol=1e-10)
        assert float(terms(study, theta, dishes).sum()) == pytest.approx(
            solution["llh"], abs=solution["tol_llh"]
        ), case.name
        chi2 = float(chi_squared(study, predict(study, theta, dishes)))
        assert chi2 == pytest.approx(solution["chi2"], abs=solution["tol_chi2"]), case.name
