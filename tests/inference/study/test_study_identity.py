"""Whatever of a model file changes a number changes the study's fingerprint; a run goes on only as the run it
was.
"""

import json
import pathlib
from dataclasses import replace

import pytest

from inference.fit import run_folder
from inference.runs import provenance, resumable
from inference.runs.settings import QUICK
from inference.study.loading import load
from inference.study.study_identity import beliefs_fingerprint
from models.declare import Reaction, Species, nothing
from models.engine.native.choice import SWITCH, XLA, engine
from models.network import Network

MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
START = f"""<listOfInitialAssignments><initialAssignment symbol="X"><math {MATH}><cn>5</cn></math>
</initialAssignment></listOfInitialAssignments>"""
EVENT = f"""<listOfEvents><event id="dose" useValuesFromTriggerTime="false"><trigger initialValue="true"
persistent="true"><math {MATH}><apply><geq/><csymbol encoding="text"
definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol><cn>2</cn></apply></math></trigger>
<listOfEventAssignments><eventAssignment variable="X"><math {MATH}><cn>7</cn></math></eventAssignment>
</listOfEventAssignments></event></listOfEvents>"""


def with_model(tiny: pathlib.Path, folder: pathlib.Path, start: str = "", event: str = "") -> str:
    """The fingerprint of the tiny study with an initial assignment or an event in its model file."""
    folder.mkdir(exist_ok=True)
    for file in tiny.parent.iterdir():
        text = file.read_text()
        if file.name == "network.xml":
            assert "<listOfReactions>" in text
            text = text.replace("<listOfReactions>", start + "<listOfReactions>")
            text = text.replace("</listOfReactions>", "</listOfReactions>" + event)
        (folder / file.name).write_text(text)
    return load(folder / "problem.yaml", lint=False).fingerprint


def test_initial_assignments_and_events_are_part_of_a_study(tiny, tmp_path):
    found = [
        with_model(tiny, tmp_path / "a"),
        with_model(tiny, tmp_path / "b", START),
        with_model(tiny, tmp_path / "c", START.replace("<cn>5<", "<cn>6<")),
        with_model(tiny, tmp_path / "d", START.replace("<cn>5<", "<cn>5.000000000000001<")),
        with_model(tiny, tmp_path / "e", event=EVENT),
        with_model(tiny, tmp_path / "f", event=EVENT.replace("<cn>2<", "<cn>3<")),
        with_model(tiny, tmp_path / "g", event=EVENT.replace("<cn>7<", "<cn>8<")),
        with_model(tiny, tmp_path / "h", START, EVENT),
    ]
    assert len(set(found)) == len(found)
    assert with_model(tiny, tmp_path / "again", START, EVENT) == found[-1]
    assert found[0] == load(tiny, lint=False).fingerprint


def test_a_coefficient_is_told_to_its_last_digit():
    x = Species("X", 1.0, "nM", "protein")

    def fingerprint(coefficient: float) -> str:
        reaction = Reaction([(x, coefficient)], nothing, x.symbol, "lost", "lost")
        return Network("one", (x,), (), (), (), (reaction,)).fingerprint

    assert fingerprint(1.0) != fingerprint(1.0000001)
    assert fingerprint(1.0) == fingerprint(1)


@pytest.mark.parametrize(
    "study, fingerprint",
    [
        ("il6_feedback_estradiol", "20e330cc20367ac4"),
        ("estradiol_reduced", "a5beee07ad991445"),
        ("feedback_reduced", "368e9c0878e746de"),
    ],
)
def test_whoever_changes_a_study_that_runs_were_made_of_means_it(study, fingerprint):
    """Runs of before are refused as runs of another study then, and the list of changes says so."""
    assert load(study, lint=False).fingerprint == fingerprint


def held(study, folder: pathlib.Path, **fields: object) -> None:
    """A folder with a run that was stopped."""
    record = run_folder.request(study, QUICK) | {
        "status": "running",
        "device": provenance.device_line(),
        "engine": engine(),
    }
    resumable.write_json(folder / "run.json", record | fields)


@pytest.fixture(scope="module")
def study(tiny):
    return load(tiny, lint=False)


def test_a_run_goes_on_as_the_run_it_was(study, tmp_path):
    held(study, tmp_path)
    assert not run_folder.take(tmp_path, study, QUICK, resume=True)


def test_another_model_file_is_another_run(study, tmp_path):
    held(study, tmp_path, status="finished")
    other = replace(study, fingerprint="0" * 16)
    with pytest.raises(run_folder.RunError, match="another study"):
        run_folder.take(tmp_path, other, QUICK, resume=True)


def test_other_declared_beliefs_are_another_run(study, tmp_path):
    held(study, tmp_path)
    first, *rest = study.unknowns
    wider = replace(first, prior=replace(first.prior, parameters=(0.0, 9.0)))
    assert beliefs_fingerprint([wider, *rest]) != beliefs_fingerprint(study.unknowns)
    with pytest.raises(run_folder.RunError, match="another study"):
        run_folder.take(tmp_path, replace(study, unknowns=(wider, *rest)), QUICK, resume=True)


def test_a_run_of_before_which_does_not_say_its_beliefs_goes_on(study, tmp_path):
    held(study, tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    del record["beliefs_fingerprint"], record["sha256"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert not run_folder.take(tmp_path, study, QUICK, resume=True)


def test_another_engine_is_refused_and_a_run_of_before_was_of_xla(study, tmp_path):
    held(study, tmp_path, engine="another, 3 lanes")
    with pytest.raises(run_folder.RunError, match="begun with the engine 'another, 3 lanes'"):
        run_folder.take(tmp_path, study, QUICK, resume=True)
    record = json.loads((tmp_path / "run.json").read_text())
    del record["engine"], record["sha256"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    if engine() == XLA:
        assert not run_folder.take(tmp_path, study, QUICK, resume=True)
    else:
        with pytest.raises(run_folder.RunError, match=f"{SWITCH}=0"):
            run_folder.take(tmp_path, study, QUICK, resume=True)


def test_another_number_of_devices_is_refused(study, tmp_path):
    held(study, tmp_path, device="3 cpu devices (cpu), float64")
    with pytest.raises(run_folder.RunError, match=r"begun on 3 cpu devices.*device_count=3"):
        run_folder.take(tmp_path, study, QUICK, resume=True)


def test_draws_that_outlive_their_record_belong_to_their_study(study, tmp_path):
    resumable.identify(tmp_path / "checkpoint", run_folder.request(study, QUICK))
    other = replace(study, fingerprint="0" * 16)
    assert not run_folder.take(tmp_path, other, QUICK, resume=True)  # nothing but the checkpoint is there
    with pytest.raises(resumable.CheckpointError, match="study_fingerprint"):
        resumable.identify(tmp_path / "checkpoint", run_folder.request(other, QUICK))
