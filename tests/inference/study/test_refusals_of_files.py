"""What cannot be meant in other people's problems is refused at its place, in one line."""

import re

import pytest
from small_problems import (
    LOSS,
    at,
    call,
    event,
    mathml,
    number,
    problem,
    still,
)

from inference.study.loading import load
from inference.study.study import StudyError

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
