"""A decay whose every number is known, measured as a stranger's problem."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from inference.calibration import by_pypesto, problem_checks
from inference.calibration.problem_references import (
    Reference,
    of_simulations,
    off_by,
    problems,
    read_references,
)
from inference.command.trusting import benchmark_problems
from inference.study.loading import load
from inference.study.problem_tables import StudyError

SBML = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="decay">
<listOfCompartments><compartment id="cell" size="1" spatialDimensions="3" constant="true"/>
</listOfCompartments>
<listOfSpecies><species id="A" compartment="cell" initialConcentration="2" hasOnlySubstanceUnits="false"
 boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters><parameter id="k" value="0.5" constant="true"/></listOfParameters>
<listOfReactions><reaction id="r" reversible="false" fast="false"><listOfReactants>
<speciesReference species="A" stoichiometry="1" constant="true"/></listOfReactants><kineticLaw>
<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>cell</ci><ci>k</ci><ci>A</ci></apply></math>
</kineticLaw></reaction></listOfReactions></model></sbml>
"""
TIMES = np.array([0.5, 1.0, 2.0, 4.0])
MEASURED = 2 * np.exp(-0.55 * TIMES)
SIMULATED = 2 * np.exp(-0.5 * TIMES)
VALUE = stats.norm(SIMULATED, 0.1).logpdf(MEASURED).sum()


@pytest.fixture
def decay(tmp_path):
    """A folder of problems that holds one."""
    folder = tmp_path / "problems" / "decay"
    folder.mkdir(parents=True)
    rows = [f"seen\tc0\t{m}\t{t}\n" for m, t in zip(MEASURED, TIMES, strict=True)]
    simulated = [f"seen\tc0\t{s}\t{t}\n" for s, t in zip(SIMULATED, TIMES, strict=True)]
    files = {
        "decay.yaml": "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n"
        "- condition_files: [conditions.tsv]\n  measurement_files: [measurements.tsv]\n"
        "  observable_files: [observables.tsv]\n  sbml_files: [model.xml]\n",
        "a_picture.yaml": "plots: []\n",
        "conditions.tsv": "conditionId\nc0\n",
        "parameters.tsv": "parameterId\tparameterScale\tlowerBound\tupperBound\tnominalValue\testimate\n"
        "k\tlog10\t0.001\t1000\t0.5\t1\n",
        "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\nseen\tA\t0.1\n",
        "measurements.tsv": "observableId\tsimulationConditionId\tmeasurement\ttime\n" + "".join(rows),
        "simulatedData_decay.tsv": "observableId\tsimulationConditionId\tsimulation\ttime\n"
        + "".join(simulated),
        "model.xml": SBML,
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder.parent


def test_problems_of_a_folder_are_those_that_tell_their_version(decay, tmp_path_factory):
    assert problems(decay) == {"decay": decay / "decay" / "decay.yaml"}
    with pytest.raises(StudyError, match="holds no PEtab problem"):
        problems(tmp_path_factory.mktemp("empty"))


def test_references_are_read_by_row(tmp_path):
    file = tmp_path / "references.tsv"
    file.write_text("problem\tlog_likelihood\ttolerance\na\t-1.5\t\nb\t2\t1e-3\n")
    assert read_references(file) == {
        "a": Reference(-1.5, 1e-5, "references.tsv"),
        "b": Reference(2.0, 1e-3, "references.tsv"),
    }
    file.write_text("problem\tlog_likelihood\na\tmany\n")
    with pytest.raises(StudyError, match=r"references\.tsv:2"):
        read_references(file)


def test_the_value_is_that_of_the_closed_form_and_a_wrong_prediction_is_counted(decay):
    file = decay / "decay" / "decay.yaml"
    study = load(file, lint=False)
    reference = of_simulations(file)
    assert reference.log_likelihood == pytest.approx(VALUE, rel=1e-12)
    found = problem_checks.value(study, file, reference)
    assert found["right"]
    assert found["log_likelihood"] == pytest.approx(VALUE, rel=1e-9)
    assert (found["simulations"], found["simulations_off"]) == (4, 0)
    assert not problem_checks.value(study, file, Reference(VALUE * (1 + 1e-4), 1e-5, "elsewhere"))["right"]
    moved = SIMULATED * [1, 1.02, 1, 0.5]
    assert off_by(study, moved, file) == (4, 2, pytest.approx(0.5))


def test_what_cannot_be_read_is_a_refusal(decay):
    file = decay / "decay" / "decay.yaml"
    table = file.parent / "measurements.tsv"
    table.write_text(table.read_text().replace("seen\tc0", "unseen\tc0", 1))
    found = problem_checks.check(file, None, problem_checks.ProblemChecks(True, 2, True, 1, decay))
    assert "measurements.tsv:2" in found["refused"]


@pytest.mark.slow  # compiles values, slopes and a search: half a minute
def test_slopes_and_optimum_of_a_decay_are_found(decay):
    file = decay / "decay" / "decay.yaml"
    study = load(file, lint=False)
    asked = problem_checks.ProblemChecks(True, 2, True, 1, decay)
    assert problem_checks.slopes(study, 1)["slopes_right"]
    found = problem_checks.search(study, asked)
    assert found["found"]
    assert found["best_known"] == pytest.approx(-VALUE, rel=1e-6)
    at_best = stats.norm(MEASURED, 0.1).logpdf(MEASURED).sum()
    assert -found["best"] <= at_best + 1e-6
    if not by_pypesto.installed():
        assert "not installed" in by_pypesto.search(file, 1, 1, decay)["absent"]


def test_a_problem_that_was_measured_is_not_measured_again(decay, capsys):
    asked, ran = {"slopes": True, "starts": 2, "pypesto": False, "seed": 1}, []
    result = {
        "species": 1, "load_s": 1.0, "ok": True, "log_likelihood": VALUE, "simulations": 4,
        "simulations_off": 0, "right": True, "slopes_right": True, "search": None,
    }  # fmt: skip

    def child(part, work, cores, cache):
        ran.append(work["file"])
        return dict(result)

    out = decay.parent / "out"
    references = decay.parent / "references.tsv"
    references.write_text(f"problem\tlog_likelihood\ndecay\t{VALUE}\n")
    for _ in range(2):
        assert benchmark_problems.measure(decay, references, out, asked, child)
    assert ran == [str(decay / "decay" / "decay.yaml")]
    (line,) = (out / "problems.jsonl").read_text().splitlines()
    assert math.isclose(json.loads(line)["log_likelihood"], VALUE)
    assert not benchmark_problems.measure(decay, references, out, asked | {"seed": 2}, lambda *_: {})
    assert "ended without a result" in capsys.readouterr().out
    assert not benchmark_problems.measure(
        decay, references, out, asked | {"seed": 3}, lambda *_: {**result, "slopes_right": False}
    )
