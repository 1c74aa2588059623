"""What formulas and cells of other people's problems mean: values from algebra, SciPy and libRoadRunner."""

import pathlib
import re
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from inference.likelihood import likelihood
from inference.likelihood.at_one_point import evaluate
from inference.study.loading import load
from inference.study.study import StudyError

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


LOSS = model({"S": 1.0}, {"k": 0.3}, {"S": call("times", "-1", call("times", "k", "S"))})


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


# file, what is replaced, by what, and the line that is expected
REFUSED = [
    (
        "conditions.tsv",
        "c0",
        "c0\nc0",
        r"conditions.tsv:3: condition 'c0' is there already \(conditions.tsv:2\)",
    ),
    (
        "parameters.tsv",
        "k\tlin",
        "k\tlin\t0.1\t1\t0.3\t1\nk\tlin",
        r"parameters.tsv:3: parameter 'k' is there",
    ),
    (
        "parameters.tsv",
        "lin\t0.001",
        "log10\t0",
        r"parameters.tsv:2: k has the lower bound 0, which has no log",
    ),
    (
        "parameters.tsv",
        "0.001\t1000",
        "3\t3",
        r"parameters.tsv:2: k is estimated between 3 and 3: ",
    ),
    (
        "parameters.tsv",
        "0.001\t1000",
        "5\t2",
        r"parameters.tsv:2: k is estimated between 5 and 2: ",
    ),
    (
        "observables.tsv",
        "o_0\tS\t1",
        "o_0\tS/0\t1",
        r"observables.tsv:2: observableFormula 'S/0' cannot be read",
    ),
    (
        "observables.tsv",
        "o_0\tS\t1",
        "o_0\t9^9^9^9\t1",
        r"observables.tsv:2: .*beyond every machine number",
    ),
    (
        "observables.tsv",
        "o_0\tS\t1",
        "o_0\tS\t0",
        r"observables.tsv:2: the noise of o_0 is 0: give a positive",
    ),
    (
        "observables.tsv",
        "o_0\tS\t1",
        "o_0\tS\t-1",
        r"observables.tsv:2: the noise of o_0 is -1: ",
    ),
    (
        "observables.tsv",
        "o_0\tS\t1",
        "o_0\tS\t1\no_0\tS\t1",
        r"observables.tsv:3: observable 'o_0' is there",
    ),
    (
        "measurements.tsv",
        "\t0\t2",
        "\tinf\t2",
        r"measurements.tsv:2: measurement is infinite: ",
    ),
    (
        "measurements.tsv",
        "o_0\t\tc0\t0\t2\n",
        "",
        r"problem: has no measurements: ",
    ),
    (
        "measurements.tsv",
        "\ttime",
        "\ttime\ttime",
        r"measurements.tsv:1: column 'time' is there twice: ",
    ),
    (
        "measurements.tsv",
        "preequilibrationConditionId",
        "preequilibrationCondition",
        r"looks like 'preequilib",
    ),
    (
        "measurements.tsv",
        "\ttime\no_0\t\tc0\t0\t2",
        "\ttime\tnoiseParameters\no_0\t\tc0\t0\t2\t0.1",
        r"measurements.tsv:2: noiseParameters has 1 values for 0",
    ),
    (
        "measurements.tsv",
        "\t0\t2",
        "\t1_000\t2",
        r"measurements.tsv:2: measurement '1_000' is no number",
    ),
    (
        "measurements.tsv",
        "\t0\t2",
        "\t0\t1e400",
        r"measurements.tsv:2: time 1e400 is beyond the numbers of a machine",
    ),
    (
        "measurements.tsv",
        "\t0\t2",
        "\t0\t1e-320",
        r"measurements.tsv:2: time 1e-320 is beyond the numbers of a machine",
    ),
    (
        "problem.yaml",
        "[conditions.tsv]",
        "[conditions.tsv, conditions.tsv]",
        r"problem.yaml: .* twice",
    ),
    (
        "problem.yaml",
        "[model.xml]",
        "[[model.xml]]",
        r"problem.yaml: sbml_files: .* is no name of a file",
    ),
    (
        "model.xml",
        'size="1"',
        'size="0"',
        r"model.xml: compartment c of size 0 is not supported",
    ),
    (
        "model.xml",
        "<ci>k</ci>",
        "<ci>zz</ci>",
        r"model.xml: rate_of_S: uses 'zz', which nothing declares",
    ),
    (
        "model.xml",
        "<ci>k</ci>",
        "<apply><divide/><cn>1</cn><cn>0</cn></apply>",
        r"model.xml: S: is no real number",
    ),
    (
        "observables.tsv",
        "o_0\tS\t1",
        "o_0\t" + "(" * 5000 + "\t1",
        r"observables.tsv:2: .* is nested too deeply",
    ),
]


@pytest.mark.parametrize("file, old, new, message", REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_meant_is_refused_at_its_place(tmp_path, file, old, new, message):
    at = problem(tmp_path, LOSS, {"S": "S"}, (2,))
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1))
    with pytest.raises(StudyError, match=message) as e:
        load(at)
    assert "\n" not in str(e.value)
    assert len(str(e.value)) < 1000


def test_bombs_are_refused_before_they_are_written_out(tmp_path):
    at = problem(tmp_path, LOSS, {"S": "S"}, (2,))
    aliases = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}' if i else 'x'] * 9)}]\n" for i in range(9))
    at.write_text(at.read_text() + aliases)
    with pytest.raises(StudyError, match="its aliases stand for more than"):
        load(at)
    at = problem(tmp_path, LOSS, {"S": "S"}, (2,))
    rules = "".join(
        f'<assignmentRule variable="a{i}">{mathml(call("plus", f"a{i - 1}", call("exp", f"a{i - 1}")))}'
        "</assignmentRule>"
        for i in range(1, 60)
    )
    names = "".join(f'<parameter id="a{i}" value="1" constant="{str(not i).lower()}"/>' for i in range(60))
    text = LOSS.replace("<listOfRules>", f"<listOfRules>{rules}")
    (tmp_path / "model.xml").write_text(text.replace("<listOfParameters>", f"<listOfParameters>{names}"))
    with pytest.raises(StudyError, match=r"model.xml: a\d+: its formulas have no end"):
        load(at)


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

# events and the value of S at times 0.5, 2 and 5 that SBML gives it (libRoadRunner gives the same)
HAPPENINGS = {
    "an event that counts as true before the start does not happen": (
        event("e", at("0"), {"S": number("10")}),
        (1, 1, 1),
    ),
    "one that counts as false before the start happens there": (
        event("e", call("gt", "t", "-1"), {"S": number("10")}, initial=False),
        (10, 10, 10),
    ),
    "a strict trigger becomes true just after the start": (
        event("e", call("gt", "t", "0"), {"S": number("10")}),
        (10, 10, 10),
    ),
    "both of two doses at one time count where values are those of the assignment": (
        event("e1", at("1"), {"S": grown("S", "5")}, from_trigger=False)
        + event("e2", at("1"), {"S": grown("S", "3")}, from_trigger=False),
        (1, 9, 9),
    ),
    "the later of two counts where values are those of the trigger": (
        event("e1", at("1"), {"S": grown("S", "5")}) + event("e2", at("1"), {"S": grown("S", "3")}),
        (1, 4, 4),
    ),
    "the highest priority comes first": (
        event("e1", at("1"), {"S": grown("S", "5")}, from_trigger=False, priority=number("1"))
        + event("e2", at("1"), {"S": call("times", "S", "2")}, from_trigger=False, priority=number("2")),
        (1, 7, 7),
    ),
    "a share of the state is taken": (event("e", at("1"), {"S": halved}), (1, 0.5, 0.5)),
    "a delay of a number is waited for, and one of 0 is none": (
        event("e1", at("1"), {"S": number("10")}, delay=number("2"))
        + event("e2", at("1"), {"S": number("4")}, delay=number("0")),
        (1, 4, 10),
    ),
    "what is not persistent is called off": (
        event(
            "e",
            call("and", at("1"), call("lt", "t", "2")),
            {"S": number("9")},
            delay=number("2"),
            persistent=False,
        ),
        (1, 1, 1),
    ),
    "a flag that one event sets triggers another": (
        event("e1", at("1"), {"u": number("1")})
        + event("e2", call("and", call("gt", "u", "0.5"), at("3")), {"S": number("8")}),
        (1, 1, 8),
    ),
    "a pulse triggers twice": (
        event("e", call("or", call("and", at("1"), call("lt", "t", "1.5")), at("4")), {"S": grown("S", "1")}),
        (1, 2, 3),
    ),
}


@pytest.mark.parametrize("name", HAPPENINGS)
def test_events_happen_as_sbml_says(tmp_path, name):
    events, expected = HAPPENINGS[name]
    found, _ = predicted(problem(tmp_path, still(events), {"S": "S + 0 * k"}, (0.5, 2, 5)), 3)
    np.testing.assert_allclose(found[0], expected, rtol=1e-9)


@pytest.mark.parametrize(
    "events, message",
    [
        (event("e", at("1"), {"S": number("1")}, delay=number("-1")), "event e: its delay is -1"),
    ],
)
def test_events_that_are_not_supported_are_refused_by_name(tmp_path, events, message):
    with pytest.raises(StudyError, match=f"model.xml: .*{message}"):
        load(problem(tmp_path, still(events), {"S": "S"}, (2,)))


def growing(events: str) -> str:
    """S' = k from 1 on; u, v and w are what events may set."""
    more = {"k": 0.3, "u": 0.0, "v": 0.0, "w": 0.0}
    return model({"S": 1.0}, more, {"S": call("plus", "k", "0")}, events, ("u", "v", "w"))


above = call("gt", "S", "2")  # at t = 1 / k = 3.33
# events, and S, u and their slopes by k at times 3, 5 and 10, by algebra: S is 1 + k t, the trigger 1 / k
STATE_EVENTS = {
    "what the state has reached falls back, again and again": (
        event("e", above, {"S": call("minus", "S", "1.5")}),
        ((1.9, 1.0, 1.0), (0, 0, 0)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "the time of it is kept": (
        event("e", above, {"u": call("plus", "t", "0")}),
        ((1.9, 2.5, 4.0), (0, 1 / 0.3, 1 / 0.3)),
        ((3, 5, 10), (0, -1 / 0.09, -1 / 0.09)),
    ),
    "a delay sets what the state was at the trigger": (
        event("e", above, {"u": call("times", "S", "S")}, delay=number("2")),
        ((1.9, 2.5, 4.0), (0, 0, 4.0)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "or what it is after the delay": (
        event("e", above, {"u": call("times", "S", "S")}, delay=number("2"), from_trigger=False),
        ((1.9, 2.5, 4.0), (0, 0, 2.6**2)),
        ((3, 5, 10), (0, 0, 2 * 2.6 * 2)),
    ),
    "one event brings about another, and the higher priority comes first": (
        event("e1", above, {"v": number("1")})
        + event("e2", call("gt", "v", "0.5"), {"u": call("plus", "u", "S")}, priority=number("1"))
        + event(
            "e3",
            call("gt", "v", "0.5"),
            {"u": call("times", "2", "u")},
            priority=number("2"),
            from_trigger=False,
        )
        + event("e4", call("gt", "u", "1.5"), {"S": call("times", "u", "S")}, from_trigger=False),
        ((1.9, 4.5, 6.0), (0, 2, 2)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "what is called off in the meantime does not happen": (
        event("e1", above, {"u": number("1")}, delay=number("2"), persistent=False)
        + event("e2", call("gt", "S", "2.3"), {"S": number("1")}),
        ((1.9, 1 + 0.3 * (5 - 1.3 / 0.3), 1 + 0.3 * (10 - 2 * 1.3 / 0.3)), (0, 0, 0)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "a condition that holds for an instant": (
        event("e", call("and", call("gt", "S", "2"), call("lt", "S", "2.000001")), {"u": number("1")}),
        ((1.9, 2.5, 4.0), (0, 1, 1)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "a trigger that is not linear in time": (
        event("e", call("geq", call("times", "t", "t"), "16"), {"u": call("plus", "S", "0")}),
        ((1.9, 2.5, 4.0), (0, 2.2, 2.2)),
        ((3, 5, 10), (0, 4, 4)),
    ),
}


@pytest.mark.parametrize("name", STATE_EVENTS)
def test_the_state_brings_about_events_and_slopes_know_when(tmp_path, name):
    events, values, slopes = STATE_EVENTS[name]
    file = problem(tmp_path, growing(events), {"S": "S", "u": "u"}, (3, 5, 10))
    found, slope = predicted(file, 3)
    # the solver's tolerance is 1e-10, of numbers up to 30
    np.testing.assert_allclose(found, values, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(slope, slopes, rtol=1e-6, atol=1e-6)


def test_a_chain_of_events_without_end_is_told(tmp_path):
    events = event("e1", call("and", above, call("lt", "u", "0.5")), {"u": number("1")}) + event(
        "e2", call("gt", "u", "0.5"), {"u": number("0")}
    )
    with pytest.raises(StudyError, match="more than 2000 happenings"):
        load(problem(tmp_path, growing(events), {"S": "S"}, (10,)))


def pulse(on: str, off: str) -> str:
    """S' = 50 between two times, else -k S."""
    during = call("and", call("geq", "t", on), call("lt", "t", off))
    lost = call("times", "-1", call("times", "k", "S"))
    return model(
        {"S": 0.0}, {"k": 1e-4, "on": 1000, "off": 1001}, {"S": call("plus", when(during, "50", "0"), lost)}
    )


def test_a_pulse_between_named_times_is_not_stepped_over_and_has_slopes_by_them(tmp_path):
    """The dose is 50 (off - on), less what decays; both times are estimated."""
    rows = "k\tlog10\t1e-6\t1000\t1e-4\t1\n"
    late = "on\tlin\t1\t1990\t1000\t1\noff\tlin\t1\t1990\t1001\t1\n"

    def level(k, on, off):
        return 50 / k * (np.exp(-k * (2000 - off)) - np.exp(-k * (2000 - on)))

    found, _ = predicted(problem(tmp_path, pulse("on", "off"), {"S": "S"}, (2000,), parameters=rows))
    assert found[0, 0] == pytest.approx(level(1e-4, 1000, 1001), rel=1e-6)
    study = load(problem(tmp_path, pulse("on", "off"), {"S": "S"}, (2000,), parameters=rows + late))

    def value(theta):
        dishes = likelihood.trajectories(study, theta, rtol=1e-10, atol=1e-12)
        return likelihood.predict(study, theta, dishes).value[0]

    both = jax.jit(jax.value_and_grad(value))
    # also where the order of the two times is another than at the start, and the pulse is empty
    for times in ((1000.0, 1001.0), (400.0, 1500.0), (1200.0, 1100.0)):
        theta = np.array([1e-4, *times])
        seen, slope = both(jnp.asarray(theta))
        if times[1] < times[0]:
            assert float(seen) == 0
            continue
        assert float(seen) == pytest.approx(level(*theta), rel=1e-6)
        expected = [
            (level(*(theta + h)) - level(*(theta - h))) / (2 * h.sum())
            for h in (np.array([1e-8, 0, 0]), np.array([0, 1e-3, 0]), np.array([0, 0, 1e-3]))
        ]
        np.testing.assert_allclose(slope, expected, rtol=1e-5)


def test_an_event_at_an_estimated_time_has_its_slope(tmp_path):
    """S' = -k S is halved and then given 2 at the time T."""
    lost = call("times", "-1", call("times", "k", "S"))
    events = event("e", call("geq", "t", "T"), {"S": grown(halved, "2")})
    text = model({"S": 4.0}, {"k": 0.3, "T": 1.5}, {"S": lost}, events)
    rows = "k\tlin\t0.001\t1000\t0.3\t1\nT\tlin\t0.1\t9\t1.5\t1\n"
    study = load(problem(tmp_path, text, {"S": "S"}, (1, 5), parameters=rows))

    def value(theta):
        dishes = likelihood.trajectories(study, theta, rtol=1e-10, atol=1e-12)
        return likelihood.predict(study, theta, dishes).value

    found, slopes = (jax.jit(f)(jnp.asarray([0.3, 1.5])) for f in (value, jax.jacrev(value)))
    level = lambda k, T: 2 * np.exp(-5 * k) + 2 * np.exp(-k * (5 - T))  # noqa: E731
    np.testing.assert_allclose(found, [4 * np.exp(-0.3), level(0.3, 1.5)], rtol=1e-8)
    by_k = -10 * np.exp(-1.5) - 7 * np.exp(-0.3 * 3.5)
    np.testing.assert_allclose(
        slopes, [[-4 * np.exp(-0.3), 0], [by_k, 0.6 * np.exp(-0.3 * 3.5)]], rtol=1e-6, atol=1e-9
    )


def test_a_smooth_narrow_pulse_is_seen(tmp_path):
    """50 exp(-((t - 1000) / 0.5)^2), whose integral is 25 sqrt(pi)."""
    shape = call(
        "exp", call("times", "-1", call("power", call("divide", call("minus", "t", "1000"), "0.5"), "2"))
    )
    text = model({"S": 0.0}, {"k": 1e-4}, {"S": call("times", "50", shape)})
    found, _ = predicted(problem(tmp_path, text, {"S": "S + 0 * k"}, (2000,)))
    assert found[0, 0] == pytest.approx(25 * np.sqrt(np.pi), rel=1e-6)


def test_explicit_time_stands_still_before_a_pre_equilibrated_dish_begins(tmp_path):
    """S' = 0.6 + L exp(-0.1 t) - k S from the steady state 2 of L = 0."""
    fading = call("times", "L", call("exp", call("times", "-0.1", "t")))
    rate = call("minus", call("plus", "0.6", fading), call("times", "k", "S"))
    text = model({"S": 1.0}, {"k": 0.3, "L": 0}, {"S": rate})
    found, _ = predicted(
        problem(tmp_path, text, {"S": "S"}, (2,), "conditionId\tL\nc0\t2\np\t0\n", before="p")
    )
    assert found[0, 0] == pytest.approx(2 + 2 / 0.2 * (np.exp(-0.2) - np.exp(-0.6)), rel=1e-7)


def toward(made: str, k: float, kin: float) -> str:
    """S' = made - k S from 0."""
    rate = call("minus", made, call("times", "k", "S"))
    return model({"S": 0.0}, {"k": k, "kin": kin}, {"S": rate})


def test_a_steady_state_is_reached_however_slowly_with_its_slope(tmp_path):
    """S = kin / k, with rates of 1e-8 a time unit."""
    rows = "k\tlog10\t1e-12\t1000\t1e-8\t1\n"
    found, slope = predicted(
        problem(tmp_path, toward("kin", 1e-8, 3e-8), {"S": "S"}, ("inf",), parameters=rows)
    )
    assert found[0, 0] == pytest.approx(3, rel=1e-8)
    assert slope[0, 0] == pytest.approx(-3e8, rel=1e-6)


@pytest.mark.parametrize("before, time", [("", "inf"), ("c0", "2")])
def test_a_dish_without_a_steady_state_is_named(tmp_path, before, time):
    text = model({"S": 0.0}, {"k": 0.3}, {"S": call("plus", "k", "0")})
    study = load(problem(tmp_path, text, {"S": "S"}, (time,), before=before))
    report = evaluate(study, study.nominal, gradient=False, rtol=1e-8, atol=1e-10)
    assert not report["ok"]
    assert report["failed"] == [f"{'c0__c0' if before else 'c0'}: reaches no steady state"]


def test_a_table_in_another_encoding_without_a_mark_and_a_cell_without_end_are_one_line(tmp_path):
    file = problem(tmp_path, LOSS, {"S": "S"}, (2,))
    table = tmp_path / "observables.tsv"
    good = table.read_text()
    table.write_bytes(good.replace("o_0\tS", "o_0\tS * 1").encode() + "µ\tS\t1\n".encode("cp1252"))
    with pytest.raises(StudyError, match=r"observables.tsv.*UTF-8") as e:
        load(file)
    assert "\n" not in str(e.value)
    table.write_text(good.replace("S\t1", f"{'S + ' * 300_000}S\t1"))
    with pytest.raises(StudyError, match=r"observables.tsv:2: is no table") as e:
        load(file)
    assert len(str(e.value)) < 1000


def test_rules_in_a_circle_and_events_without_a_trigger_are_refused(tmp_path):
    rules = "".join(
        f'<assignmentRule variable="{a}">{mathml(call("plus", b, "1"))}</assignmentRule>'
        for a, b in (("x", "y"), ("y", "x"))
    )
    names = '<parameter id="x" constant="false"/><parameter id="y" constant="false"/>'
    circle = LOSS.replace("<listOfRules>", f"<listOfRules>{rules}")
    circle = circle.replace("<listOfParameters>", f"<listOfParameters>{names}")
    with pytest.raises(StudyError, match=r"model.xml: .*circle"):
        load(problem(tmp_path, circle, {"S": "S"}, (2,)))
    silent = re.sub("<trigger.*</trigger>", "", still(event("e", at("1"), {"S": number("2")})))
    with pytest.raises(StudyError, match=r"model.xml: event e: has no trigger"):
        load(problem(tmp_path, silent, {"S": "S"}, (2,)))


@pytest.mark.parametrize(
    "prior, message",
    [("normal\t1;-1", "deviation|scale|positive"), ("normal\t1;0", ""), ("laplace\t1;0", "")],
)
def test_a_prior_without_width_is_refused(tmp_path, prior, message):
    file = problem(tmp_path, LOSS, {"S": "S"}, (2,))
    table = tmp_path / "parameters.tsv"
    head, row = table.read_text().rstrip("\n").split("\n")
    table.write_text(f"{head}\tobjectivePriorType\tobjectivePriorParameters\n{row}\t{prior}\n")
    with pytest.raises(StudyError, match=rf"parameters.tsv:2: .*{message}"):
        load(file)


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


def summed(rate: str) -> str:
    """P' = rate and S' = 1, both from 0."""
    return model({"P": 0.0, "S": 0.0}, {"k": 0.3}, {"P": rate, "S": call("plus", "1", "0")})


daily = call("minus", "t", call("times", "24", call("floor", call("divide", "t", "24"))))
square = call("divide", call("minus", call("times", "t", "t"), "1000000"), "1000")
wave = call("sin", call("divide", "t", "10"))
# a rate that time alone switches for a short while, a time, and what has come together by then
SHORT = {
    "every day for a hundredth of an hour": (when(call("lt", daily, "0.01"), "100", "0"), 240.5, 11.0),
    "at the crests of a wave": (
        when(call("gt", wave, "0.999"), "50", "0"),
        1000,
        16 * 50 * 10 * (np.pi - 2 * np.arcsin(0.999)),
    ),
    "in the square of time": (
        call("times", "10", call("exp", call("times", "-1", call("times", square, square)))),
        2000,
        quad(lambda t: 10 * np.exp(-(((t * t - 1e6) / 1e3) ** 2)), 995, 1005, epsabs=1e-12)[0],
    ),
}


@pytest.mark.parametrize("name", SHORT)
def test_what_time_does_for_a_short_while_is_seen_in_formulas_that_are_not_linear(tmp_path, name):
    rate, end, expected = SHORT[name]
    found, _ = predicted(problem(tmp_path, summed(rate), {"P": "P + 0 * k"}, (end,)))
    assert found[0, 0] == pytest.approx(expected, rel=1e-6)


window = call("and", call("gt", "S", "500"), call("lt", "S", "500.5"))
bell = call("divide", call("minus", "S", "500"), "0.5")
bell = call("exp", call("times", "-1", call("times", bell, bell)))


@pytest.mark.parametrize("rate", [when(window, "10", "0"), call("times", "10", bell)])
def test_what_the_state_does_for_a_short_while_is_told_where_it_is_stepped_over(tmp_path, rate):
    """P rises by 5 or 8.9 while S passes 500."""
    study = load(problem(tmp_path, summed(rate), {"P": "P + k"}, (1000,)))
    report = evaluate(study, study.nominal, gradient=False, rtol=1e-8, atol=1e-10)
    assert not report["ok"]
    assert report["failed"][0].startswith("c0: has other values with other steps")


def test_a_switch_of_the_state_that_is_not_stepped_over_is_answered(tmp_path):
    """S' = 1 while S < 2."""
    rate = when(call("lt", "S", "2"), "1", "0")
    study = load(problem(tmp_path, model({"S": 0.0}, {"k": 0.3}, {"S": rate}), {"S": "k * S"}, (1, 3, 10)))
    report = evaluate(study, study.nominal, gradient=False, rtol=1e-8, atol=1e-10)
    assert report["ok"]
    assert report["chi2"] == pytest.approx(0.09 * (1 + 4 + 4), rel=1e-6)


def test_a_trigger_that_holds_for_a_small_part_of_a_step_is_seen(tmp_path):
    """x = sin t stands above the limit for 0.0003 around each crest; steps are a thousand times longer."""
    text = model(
        {"x": 0.0, "y": 1.0},
        {"k": 0.3, "u": 0.0},
        {"x": call("plus", "y", "0"), "y": call("times", "-1", "x")},
        event("e", call("gt", "x", "0.99999999"), {"u": grown("u", "1")}),
        ("u",),
    )
    found, _ = predicted(problem(tmp_path, text, {"u": "u + 0 * k"}, (8,)))
    assert found[0, 0] == pytest.approx(2)


def test_two_events_at_one_estimated_time_have_the_slope_of_both(tmp_path):
    """S' = -k S from 1; at T one is added, then S is doubled: 2 (exp(-k T) + 1) exp(-k (5 - T))."""
    both = event("e1", call("geq", "t", "T"), {"S": grown("S", "1")})
    both += event("e2", call("geq", "t", "T"), {"S": call("times", "S", "2")}, from_trigger=False)
    text = model({"S": 1.0}, {"k": 0.3, "T": 2}, {"S": call("times", "-1", call("times", "k", "S"))}, both)
    rows = "k\tlin\t0.001\t1000\t0.3\t1\nT\tlin\t0.1\t9\t2\t1\n"
    study = load(problem(tmp_path, text, {"S": "S"}, (5,), parameters=rows))
    report = evaluate(study, study.nominal, gradient=True, rtol=1e-10, atol=1e-12)
    level = 2 * (np.exp(-0.6) + 1) * np.exp(-0.9)
    assert report["chi2"] == pytest.approx(level**2, rel=1e-8)
    by_T = 2 * 0.3 * np.exp(-0.9)
    assert report["gradient"]["T"] == pytest.approx(-level * by_T, rel=1e-6)


def test_what_an_estimated_delay_moves_depends_on_it(tmp_path):
    """S' = -S; at 1 + k it becomes 5."""
    late = event("e", at("1"), {"S": number("5")}, delay="<ci>k</ci>")
    text = model({"S": 4.0}, {"k": 0.3}, {"S": call("times", "-1", "S")}, late)
    study = load(problem(tmp_path, text, {"S": "S"}, (2,)))
    assert study.told == ()
    report = evaluate(study, study.nominal, gradient=True, rtol=1e-10, atol=1e-12)
    assert report["gradient"]["k"] == pytest.approx(-25 * np.exp(-1.4), rel=1e-6)


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


def test_a_conserved_total_is_kept_in_a_steady_state_and_after_it(tmp_path):
    """A <-> B, A + B = 3: at rest with k2 = 0.6, then on the way to rest with k2 = 0.1, and there."""
    turned = call("minus", call("times", "k2", "B"), call("times", "k", "A"))
    rates = {"A": turned, "B": call("times", "-1", turned)}
    text = model({"A": 3.0, "B": 0.0}, {"k": 0.3, "k2": 0.6}, rates)
    conditions = "conditionId\tk2\nc0\t0.1\np\t0.6\n"
    file = problem(tmp_path, text, {"A": "A"}, (0, 2, "inf"), conditions, before="p")
    found, slope = predicted(file, 3)
    level = lambda k: (3 * 0.6 / (k + 0.6), 3 * 0.1 / (k + 0.1))  # noqa: E731
    between = lambda k: level(k)[1] + (level(k)[0] - level(k)[1]) * np.exp(-2 * (k + 0.1))  # noqa: E731
    value = lambda k: np.array([level(k)[0], between(k), level(k)[1]])  # noqa: E731
    np.testing.assert_allclose(found[0], value(0.3), rtol=1e-9)
    # central differences of the closed form carry nine digits
    np.testing.assert_allclose(slope[0], (value(0.3001) - value(0.2999)) / 2e-4, rtol=1e-7)


def test_a_slow_species_that_hardly_moves_is_not_at_rest_before_it_is(tmp_path):
    """In the time that is waited first, R moves from 0.99 by a hundredth of the way to 1."""
    fast = call("times", "1000", call("minus", "1", "S"))
    slow = call("times", "k", call("minus", "S", "R"))
    text = model({"S": 0.0, "R": 0.99}, {"k": 1e-9}, {"S": fast, "R": slow})
    rows = "k\tlog10\t1e-12\t1000\t1e-9\t1\n"
    found, _ = predicted(problem(tmp_path, text, {"R": "R"}, ("inf",), parameters=rows))
    assert found[0, 0] == pytest.approx(1, rel=1e-10)


def test_a_trigger_after_a_steady_state_has_its_slope(tmp_path):
    """From 2 towards 5: S is 3 at ln(1.5) / k."""
    rate = call("minus", "kin", call("times", "k", "S"))
    late = event("e", call("gt", "S", "3"), {"u": call("plus", "t", "0")})
    text = model({"S": 1.0}, {"k": 0.3, "kin": 0.6, "u": 0.0}, {"S": rate}, late, ("u",))
    conditions = "conditionId\tkin\nc0\t1.5\np\t0.6\n"
    found, slope = predicted(problem(tmp_path, text, {"u": "u"}, (5,), conditions, before="p"))
    assert found[0, 0] == pytest.approx(np.log(1.5) / 0.3, rel=1e-7)
    time = lambda k: np.log((1.5 - 0.6) / (1.5 - 3 * k)) / k  # noqa: E731
    assert slope[0, 0] == pytest.approx((time(0.3001) - time(0.2999)) / 2e-4, rel=1e-5)
