"""What formulas and cells of other people's problems mean: values from algebra, SciPy and libRoadRunner."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from small_problems import LOSS, SBML, call, mathml, model, predicted, problem, when

from inference.likelihood import likelihood
from inference.likelihood.at_one_point import evaluate
from inference.study.loading import load


def test_a_strict_condition_does_not_hold_where_both_sides_are_equal(tmp_path):
    """Drug and threshold are both 0 throughout: a rate of 1 where the condition holds, of 0 where not."""
    compare = {"gt": 0, "geq": 1, "lt": 0, "leq": 1, "eq": 1, "neq": 0}
    rates = {f"S_{name}": when(call(name, "drug", "limit"), "1", "0") for name in compare}
    rates["S_and"] = when(call("and", call("geq", "drug", "0"), call("gt", "1", "drug")), "1", "0")
    rates["S_or"] = when(call("or", call("gt", "drug", "0"), call("lt", "drug", "0")), "1", "0")
    rates["S_not"] = when(call("not", call("gt", "drug", "0")), "1", "0")
    text = model(dict.fromkeys(rates, 0.0), {"drug": 0, "limit": 0, "k": 1}, rates)
    formulas = {n: f"k * {n}" for n in rates} | {"own": "k * piecewise(5, drug > limit, 7)"}
    found, _ = predicted(problem(tmp_path, text, formulas, (2,)))
    expected = [2 * 0.3 * x for x in (*compare.values(), 1, 0, 1)] + [0.3 * 7]
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9, atol=1e-12)


def test_a_power_of_a_negative_base_is_what_algebra_says(tmp_path):
    """S' = k (S - 5)^n with n = 2: with u = S - 5, u(t) = u0 / (1 - u0 k t)."""
    rate = call("times", "k", call("power", call("minus", "S", "5"), "n"))
    text = model({"S": 1.0}, {"k": 0.3, "n": 2}, {"S": rate})
    formulas = {"S": "S", "cube": "(S - 5)^3", "by_parameter": "(0 - S)^n", "root": "(5 - S)^0.5"}
    found, slope = predicted(problem(tmp_path, text, formulas, (1,)))
    u = -4 / (1 + 4 * 0.3)
    du = -4 * -4 / (1 + 4 * 0.3) ** 2
    s = u + 5
    np.testing.assert_allclose(found[:, 0], [s, u**3, s**2, np.sqrt(-u)], rtol=1e-8)
    np.testing.assert_allclose(
        slope[:, 0], [du, 3 * u**2 * du, 2 * s * du, -0.5 / np.sqrt(-u) * du], rtol=1e-7
    )


def test_a_fractional_power_of_a_negative_number_is_not_a_number(tmp_path):
    text = model({"S": 1.0}, {"k": 0.3}, {"S": call("times", "-1", "k")})
    study = load(problem(tmp_path, text, {"o": "(S - 5)^0.5"}, (1,)))
    _, ok = jax.jit(lambda x: likelihood.log_likelihood(study, x, rtol=1e-8, atol=1e-10))(
        jnp.asarray(study.nominal)
    )
    assert not bool(ok)


def test_a_species_leaves_0_although_it_is_lost_by_its_root(tmp_path):
    """A' = k - 0.3 sqrt(A) from 0: the field has no slope there."""
    rate = call("minus", "k", call("times", "0.3", call("power", "A", "0.5")))
    text = model({"A": 0.0}, {"k": 0.1}, {"A": rate})
    times = (1e-3, 1.0, 10.0, 100.0)
    at = problem(tmp_path, text, {"A": "A"}, times, parameters="k\tlin\t0.001\t1000\t0.1\t1\n")
    found, slope = predicted(at, len(times))

    def solved(k):
        field = lambda t, y: [k - 0.3 * np.sqrt(max(y[0], 0.0))]  # noqa: E731
        return solve_ivp(field, (0, 100), [0.0], "LSODA", times, rtol=1e-11, atol=1e-14, first_step=1e-8).y[0]

    np.testing.assert_allclose(found[0], solved(0.1), rtol=1e-7)
    # central differences of SciPy's solution carry about seven digits
    np.testing.assert_allclose(slope[0], (solved(0.1001) - solved(0.0999)) / 2e-4, rtol=1e-5)


def test_a_blank_cell_after_pre_equilibration_is_the_models_value_and_a_species_goes_on(tmp_path):
    """S' = kin - k S: from 3 / k towards 0.6 / k."""
    rate = call("minus", "kin", call("times", "k", "S"))
    text = model({"S": 1.0}, {"k": 0.3, "kin": 0.6}, {"S": rate})
    for cell in ("NaN", ""):
        conditions = f"conditionId\tkin\tS\nc0\t{cell}\t{cell}\np\t3\t\n"
        found, _ = predicted(problem(tmp_path, text, {"S": "S"}, (2,), conditions, before="p"))
        assert found[0, 0] == pytest.approx(2 + 8 * np.exp(-0.6), rel=1e-7)


def test_a_species_may_start_below_0_and_nan_may_stand_for_no_pre_equilibration(tmp_path):
    text = model({"V": 1.0}, {"k": 0.3}, {"V": call("times", "-1", call("times", "k", "V"))})
    file = problem(tmp_path, text, {"V": "V"}, (2,), "conditionId\tV\nc0\t-1\n", before="NaN")
    found, _ = predicted(file)
    assert found[0, 0] == pytest.approx(-np.exp(-0.6), rel=1e-8)


def test_local_parameters_never_take_a_name_of_the_model(tmp_path):
    """S' = r_k - 0.7 S, where 0.7 is the k of reaction r and r_k = 2 is a parameter of the model."""
    species = (
        '<species id="S" compartment="c" initialConcentration="1" hasOnlySubstanceUnits="false" '
        'boundaryCondition="false" constant="false"/>'
    )
    side = '<listOf{0}><speciesReference species="S" stoichiometry="1" constant="true"/></listOf{0}>'
    lost = (
        '<reaction id="r" reversible="false" fast="false">'
        + side.format("Reactants")
        + f"<kineticLaw>{mathml(call('times', 'k', 'S'))}<listOfLocalParameters>"
        '<localParameter id="k" value="0.7"/></listOfLocalParameters></kineticLaw></reaction>'
    )
    made = (
        '<reaction id="q" reversible="false" fast="false">'
        + side.format("Products")
        + f"<kineticLaw>{mathml(call('times', 'k', 'r_k'))}</kineticLaw></reaction>"
    )
    parameters = (
        '<parameter id="k" value="1" constant="true"/><parameter id="r_k" value="2" constant="true"/>'
    )
    text = SBML.format(species=species, parameters=parameters, rules="", reactions=lost + made, events="")
    found, _ = predicted(problem(tmp_path, text, {"S": "S"}, (2,), parameters="k\tlin\t0.1\t10\t1\t1\n"))
    assert found[0, 0] == pytest.approx(2 / 0.7 + (1 - 2 / 0.7) * np.exp(-1.4), rel=1e-8)


@pytest.mark.parametrize(
    "encoding, mark", [("ISO-8859-1", b""), ("UTF-16", b""), ("UTF-8", b"\xef\xbb\xbf"), ("UTF-16-LE", b"")]
)
def test_sbml_is_read_in_the_encoding_that_it_declares(tmp_path, encoding, mark):
    file = problem(tmp_path, "", {"S": "S"}, (2,))
    text = LOSS.replace('encoding="UTF-8"', f'encoding="{encoding}"').replace(
        '<species id="S"', '<species id="S" name="récepteur"'
    )
    (tmp_path / "model.xml").write_bytes(mark + text.encode(encoding))
    study = load(file)
    assert next(s for s in study.network.species).meaning == "récepteur"


def test_a_table_in_utf_16_with_a_mark_is_read(tmp_path):
    file = problem(tmp_path, LOSS, {"S": "S"}, (2,))
    table = tmp_path / "measurements.tsv"
    table.write_bytes(table.read_text().encode("utf-16"))
    assert len(load(file).measurements) == 1


def test_what_is_legal_and_hardly_meant_is_told_with_its_place(tmp_path):
    at = problem(
        tmp_path, LOSS, {"S": "S", "nothing": "100 / 0.3"}, (2,), parameters="k\tlin\t1\t10\t0.3\t1\n"
    )
    table = tmp_path / "measurements.tsv"
    table.write_text(table.read_text() + "o_0\t\tc0\t0\t2\n")
    assert [t.split(": ")[0] for t in load(at).told] == [
        "parameters.tsv:2",
        "measurements.tsv:4",
        "observables.tsv:3",
    ]


def test_models_that_differ_in_a_starting_value_alone_are_two_studies(tmp_path):
    found = set()
    for start in (1, 5):
        assigned = (
            "<listOfInitialAssignments><initialAssignment symbol='S'>"
            f"{mathml(f'<cn>{start}</cn>')}</initialAssignment></listOfInitialAssignments>"
        )
        text = LOSS.replace("<listOfRules>", f"{assigned}<listOfRules>")
        found.add(load(problem(tmp_path, text, {"S": "S"}, (2,))).fingerprint)
    assert len(found) == 2


def test_a_package_that_is_only_declared_changes_nothing(tmp_path):
    package = (
        'xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true" level="3"'
    )
    found, _ = predicted(problem(tmp_path, LOSS.replace('level="3"', package, 1), {"S": "S"}, (2,)))
    assert found[0, 0] == pytest.approx(np.exp(-0.6), rel=1e-8)


def test_a_mapping_that_only_annotates_is_read(tmp_path):
    """PEtab 2: a row without a name of the model says how something is called."""
    text = LOSS
    tables = {
        "problem.yaml": "format_version: 2.0.0\nmodel_files: {m: {location: model.xml, language: sbml}}\n"
        "parameter_files: [parameters.tsv]\nexperiment_files: [experiments.tsv]\n"
        "condition_files: [conditions.tsv]\nobservable_files: [observables.tsv]\n"
        "measurement_files: [measurements.tsv]\nmapping_files: [mapping.tsv]\n",
        "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\n"
        "k\t0.1\t1\t0.3\ttrue\n",
        "experiments.tsv": "experimentId\ttime\tconditionId\ne\t0\tgiven\n",
        "conditions.tsv": "conditionId\ttargetId\ttargetValue\ngiven\tS\t2\n",
        "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\no\tS\t1\n",
        "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\no\te\t2\t0\n",
        "mapping.tsv": "petabEntityId\tmodelEntityId\tname\ngiven\t\tthe dose\n",
        "model.xml": text,
    }
    for name, content in tables.items():
        (tmp_path / name).write_text(content)
    found, _ = predicted(tmp_path / "problem.yaml")
    assert found[0, 0] == pytest.approx(2 * np.exp(-0.6), rel=1e-8)


def test_a_measurement_without_a_likelihood_is_named(tmp_path):
    """The logarithm of a prediction of 0."""
    file = problem(tmp_path, LOSS, {"S": "S * 0"}, (2,))
    table = tmp_path / "observables.tsv"
    table.write_text(
        "observableId\tobservableFormula\tnoiseFormula\tobservableTransformation\no_0\t0 * S\t1\tlog\n"
    )
    measured = tmp_path / "measurements.tsv"
    measured.write_text(measured.read_text().replace("\t0\t2", "\t1\t2"))
    study = load(file)
    report = evaluate(study, study.nominal, gradient=False, rtol=1e-8, atol=1e-10)
    assert report["failed"] == ["measurements.tsv:2: o_0: no finite likelihood"]
