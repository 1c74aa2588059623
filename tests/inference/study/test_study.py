"""Studies read from PEtab tables: what they mean, and one line of place, finding and remedy where they cannot
be used.
"""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp
from typer.testing import CliRunner

from inference.command.fitting import evaluate
from inference.likelihood import likelihood
from inference.study.loading import builtin, load
from inference.study.study import StudyError
from models import declare as d
from models.catalogue import EFFECTS, HYPOTHESES
from models.network import assemble
from models.sbml.writer import to_sbml

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Decay(d.Pathway):
    """Something made and lost; a drug stops the making."""

    drug = d.Input("drug", 0.0, "0-1", "share of synthesis stopped")
    A = d.Species("A", 2.0, "nM", "what is measured")
    B = d.Species("B", 0.0, "nM", "what A becomes")
    s = d.Parameter("s", 0.3, "nM/min", "synthesis", d.assumed("test"))
    k = d.Parameter("k", 0.1, "1/min", "loss", d.assumed("test"))
    make = d.Reaction((), A, s * (1 - drug), "made")
    lose = d.Reaction(A, B, k * A, "lost")


TABLES = {
    "problem.yaml": """format_version: 2.0.0
id: decay
model_files: {network: {location: network.xml, language: sbml}}
parameter_files: [parameters.tsv]
condition_files: [conditions.tsv]
experiment_files: [experiments.tsv]
observable_files: [observables.tsv]
measurement_files: [measurements.tsv]
""",
    "conditions.tsv": "conditionId\ttargetId\ttargetValue\nstop\tdrug\t1\ndose\tA\tA + 5 * "
    "extra\nrest\tA\t4\n",
    "experiments.tsv": "experimentId\ttime\tconditionId\nplain\t0\trest\n"
    "again\t0\trest\nstopped\t0\trest\nstopped\t10\tstop\n"
    "dosed\t-inf\t\ndosed\t5\tdose\n",
    "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\tnoiseDistribution\t"
    "noisePlaceholders\tdegreesOfFreedom\n"
    "blot\tscale * A\tsigma\tlog-normal\t\t\nlevel\tA + B\tsd1\tnormal\tsd1\t\nrobust\tA\t0.5\tnormal\t\t4\n",
    "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\tnoiseParameters\tcensoring\n"
    "blot\tplain\t3\t7\t\t\nblot\tagain\t3\t8\t\t\nlevel\tstopped\t12\t4.2\t0.3\t\nlevel\tdosed\t5\t8.1\tsigma\t\n"
    "robust\tdosed\t7\t5.5\t\t\nblot\tplain\t5\t6\t\tleft\n",
    "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\t"
    "priorDistribution\tpriorParameters\t"
    "belief\tbeliefParameters\ttags\tunit\n"
    "k\t0.001\t10\t0.12\ttrue\tlog-normal\t-2.3;0.5\t\t\tfeedback\t1/min\n"
    "scale\t0.1\t100\t2\ttrue\t\t\t\t\t\t\n"
    "sigma\t0.01\t10\t0.2\ttrue\tlog-uniform\t0.01;10\t\t\t\t\n"
    "extra\t0\t1\t0.6\ttrue\tuniform\t0;1\tbeta\t1;2\t\t\n",
}


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A valid problem of three observables and four experiments."""
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "network.xml").write_text(to_sbml(assemble("decay", Decay)))
    return tmp_path


def edit(folder: pathlib.Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))


def solved(study):
    """Dishes and predictions at the nominal parameters."""

    @jax.jit
    def at(theta):
        dishes = likelihood.trajectories(study, theta, rtol=1e-9, atol=1e-11)
        return dishes, likelihood.predict(study, theta, dishes)

    return at(jnp.asarray(study.nominal))


def test_a_study_says_what_its_tables_say(folder):
    study = load(folder / "problem.yaml")
    assert study.names == ("k", "scale", "sigma", "extra")
    assert study.experiments == ("plain", "again", "stopped", "dosed")
    assert study.unknowns[0].tags == ("feedback",)
    assert study.unknowns[1].prior.family == "uniform"  # PEtab: without a prior flat between the bounds
    assert study.unknowns[3].prior.family == "beta"
    assert study.measurements.censored.tolist() == [0, 0, 0, 0, 0, -1]


def test_experiments_that_differ_only_in_name_are_simulated_once(folder):
    study = load(folder / "problem.yaml")
    assert len(study.protocols) == 3
    assert study.measurements.lane[0] == study.measurements.lane[1]


def test_predictions_are_those_of_the_solved_equation(folder):
    """A' = s (1 - drug) - k A solved by hand; A + B gains only what is made."""
    study = load(folder / "problem.yaml")
    dishes, found = solved(study)
    k, scale, _, extra = study.nominal
    s = 0.3
    level = lambda a, t, made=s: made / k + (a - made / k) * np.exp(-k * t)  # noqa: E731
    assert dishes.ok.tolist() == [
        True,
        True,
        False,
    ]  # B is measured and grows without end before the dose
    expected = {0: scale * level(4, 3), 2: 4 + s * 10, 5: scale * level(4, 5), 4: level(s / k + 5 * extra, 2)}
    for row, value in expected.items():
        assert found.value[row] == pytest.approx(value, rel=1e-7)
    assert found.location[0] == pytest.approx(np.log(expected[0]), rel=1e-7)
    assert found.scale[3] == pytest.approx(0.2)  # the placeholder of this row is sigma


def test_a_parameter_can_be_freed_or_fixed_when_a_study_is_loaded(folder):
    study = load(folder / "problem.yaml", fix={"extra": 0.0})
    assert "extra" not in study.names
    assert study.fixed["extra"] == 0.0
    edit(folder, "parameters.tsv", "scale\t0.1\t100\t2\ttrue", "scale\t0.1\t100\t2\tfalse")
    assert "scale" in load(folder / "problem.yaml", free=("scale",)).names


def test_a_parameter_that_changes_during_an_experiment_becomes_an_input(folder):
    edit(folder, "conditions.tsv", "stop\tdrug\t1", "stop\ts\t0")
    study = load(folder / "problem.yaml")
    assert "s" in study.system.inputs
    _, found = solved(study)
    assert found.value[2] == pytest.approx(4 + 0.3 * 10, rel=1e-6)


def test_every_builtin_study_loads():
    for name in builtin():
        assert load(name, lint=False).id == name


BAD = [
    (
        "measurements.tsv",
        "blot\tplain\t3\t7",
        "blob\tplain\t3\t7",
        r"measurements.tsv:2: observable 'blob' is not one of blot, ",
    ),
    (
        "measurements.tsv",
        "blot\tplain\t3\t7",
        "blot\til7\t3\t7",
        r"measurements.tsv:2: experiment 'il7' is not one of plain, again",
    ),
    (
        "measurements.tsv",
        "blot\tplain\t3\t7",
        "blot\tplain\t-3\t7",
        r"measurements.tsv:2: time -3 is before the first period of plain",
    ),
    (
        "measurements.tsv",
        "blot\tplain\t3\t7",
        "blot\tplain\t3\tnan",
        r"measurements.tsv:2: measurement is NaN: ",
    ),
    (
        "measurements.tsv",
        "blot\tplain\t3\t7",
        "blot\tplain\t3\tseven",
        r"measurements.tsv:2: measurement 'seven' is no number: ",
    ),
    (
        "measurements.tsv",
        "blot\tplain\t3\t7",
        "blot\tplain\t3\t-7",
        r"measurements.tsv:2: measurement -7 has no logarithm",
    ),
    (
        "measurements.tsv",
        "blot\tplain\t3\t7\t",
        "blot\tplain\t3\t7\t1",
        r"measurements.tsv:2: gives 1 values for 0 placeholders of blot: ",
    ),
    (
        "measurements.tsv",
        "\tmeasurement\t",
        "\tvalue\t",
        r"measurements.tsv:1: column 'measurement' is missing: ",
    ),
    ("measurements.tsv", "\tleft", "\tbelow", r"measurements.tsv:7: censoring 'below' is not one of "),
    ("conditions.tsv", "rest\tA\t4", "rest\tAA\t4", r"conditions.tsv:4: target 'AA' is not one of "),
    ("conditions.tsv", "rest\tA\t4", "rest\tA\t4 +", r"conditions.tsv:4: targetValue '4 \+' cannot be read"),
    (
        "conditions.tsv",
        "rest\tA\t4",
        "rest\tA\tfour",
        r"conditions.tsv:4: uses 'four', which has no value here: ",
    ),
    (
        "experiments.tsv",
        "plain\t0\trest",
        "plain\t0\tresting",
        r"experiments.tsv:2: condition 'resting' is not one of stop, dose, rest: ",
    ),
    ("observables.tsv", "scale * A", "scale * C", r"observables.tsv:2: name 'C' is not one of "),
    (
        "observables.tsv",
        "sigma\tlog-normal",
        "sigma\tskewed",
        r"observables.tsv:2: noiseDistribution 'skewed' is not one of ",
    ),
    (
        "parameters.tsv",
        "\t1/min",
        "\t1/fortnight",
        r"parameters.tsv:2: unit '1/fortnight': 'fortnight' is not one of ",
    ),
    (
        "parameters.tsv",
        "k\t0.001\t10",
        "k\t10\t0.001",
        r"parameters.tsv:2: k is estimated between 10 and 0.001: ",
    ),
    ("parameters.tsv", "-2.3;0.5", "-2.3", r"parameters.tsv:2: prior log-normal takes 2 parameters, not 1: "),
    ("parameters.tsv", "beta\t1;2", "betta\t1;2", r"parameters.tsv:5: prior 'betta' is not one of "),
    ("parameters.tsv", "0.12\ttrue", "nan\ttrue", r"parameters.tsv:2: nominalValue is NaN: "),
    ("parameters.tsv", "k\t0.001", "kk\t0.001", r"parameters.tsv:2: .*kk"),
    ("problem.yaml", "network.xml", "missing.xml", r"problem.yaml: model 'missing.xml' is not there: "),
    ("problem.yaml", "[observables.tsv]", "[obs.tsv]", r"obs.tsv: is not in "),
    ("problem.yaml", "2.0.0", "3.0.0", r"problem.yaml: format_version '3.0.0' is not supported: use 1 or 2"),
    ("network.xml", "</listOfParameters>", "", r"network.xml"),
]


@pytest.mark.parametrize("file, old, new, message", BAD, ids=[f"{b[0]}:{b[2][:24]!r}" for b in BAD])
def test_bad_input_is_refused_with_place_finding_and_remedy(folder, file, old, new, message):
    edit(folder, file, old, new)
    with pytest.raises(StudyError, match=message) as e:
        load(folder / "problem.yaml")
    assert "\n" not in str(e.value)
    assert str(e.value).count(": ") >= 2


def test_an_unknown_study_is_told_what_there_is():
    with pytest.raises(StudyError, match=r"study 'il7': is not one of .*il6_feedback_estradiol"):
        load("il7")


def test_evaluate_ends_with_code_2_and_one_line_on_bad_input(folder):
    edit(folder, "measurements.tsv", "blot\tplain", "blob\tplain")
    done = CliRunner().invoke(evaluate.app, [str(folder / "problem.yaml")])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if line] == [
        "measurements.tsv:2: observable 'blob' is not one of blot, level, robust: correct the name or "
        "declare it"
    ]


def test_formulas_are_parsed_and_never_executed(folder):
    edit(folder, "observables.tsv", "scale * A", "__import__('os').system('touch hacked')")
    with pytest.raises(StudyError, match=r"observables.tsv:2: observableFormula"):
        load(folder / "problem.yaml")
    assert not pathlib.Path("hacked").exists()


def test_piecewise_conditions_of_formulas_keep_their_meaning():
    from petab.v1.math import sympify_petab

    from inference.study.problem_tables import plain

    x = sp.Symbol("x")
    e = plain(sympify_petab("piecewise(1, x < 2, 5, x >= 3 && x < 4, 7)"))
    assert [float(e.subs(x, v)) for v in (1.0, 2.5, 3.5, 9.0)] == [1.0, 7.0, 5.0, 7.0]


def free_effects(study):
    return {n for n in study.names if n in EFFECTS}


def test_a_hypothesis_frees_its_own_effect_and_holds_every_other_one_at_zero():
    for name, hypothesis in HYPOTHESES.items():
        study = load("estradiol_reduced", hypothesis=name)
        assert free_effects(study) == ({hypothesis.free} if hypothesis.free else set()), name
        assert {study.fixed[e] for e in EFFECTS if e in study.fixed} <= {0.0}, name
    as_the_table_says = load("estradiol_reduced")
    assert as_the_table_says.fingerprint == load("estradiol_reduced", hypothesis="H1").fingerprint


def test_a_study_without_effects_is_as_it_is_under_h0_and_h1_alone(folder):
    plain = load(folder / "problem.yaml")
    assert load(folder, hypothesis="H0").fingerprint == load(folder, hypothesis="H1").fingerprint
    assert load(folder, hypothesis="H1").fingerprint == plain.fingerprint
    with pytest.raises(StudyError, match=r"^`hypothesis` H3: parameters.tsv of .* has no e_\w+: add its row"):
        load(folder, hypothesis="H3")


def test_a_hypothesis_that_does_not_exist_is_told_what_there_is():
    with pytest.raises(StudyError, match=r"^`hypothesis` H9: is not one of H0, H1"):
        load("estradiol_reduced", hypothesis="H9")
