"""run.json and verdict.json are read with every field of its type; a run goes on with as many devices."""

import json

import pytest

from inference.runs import resumable
from inference.runs.folders import file_name
from inference.runs.run_record import cores_of, read_run, read_verdict
from models.whole_file import DamagedFileError

VERDICT = {"ok": True, "reasons": [], "notes": ["a note"], "quick": False}


def test_a_verdict_comes_back(tmp_path):
    resumable.write_json(tmp_path / "verdict.json", VERDICT)
    assert read_verdict(tmp_path / "verdict.json") == VERDICT


def test_a_run_without_a_verdict_is_not_ok(tmp_path):
    assert read_verdict(tmp_path / "verdict.json")["ok"] is False


@pytest.mark.parametrize(
    "change",
    [{"ok": "no"}, {"ok": 1}, {"ok": None}, {"reasons": "none"}, {"reasons": [1]}, {"quick": "yes"}],
)
def test_a_verdict_of_other_types_is_no_verdict(tmp_path, change):
    (tmp_path / "verdict.json").write_text(json.dumps(VERDICT | change))
    with pytest.raises(DamagedFileError, match=r"verdict\.json: is damaged"):
        read_verdict(tmp_path / "verdict.json")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"settings": []}', '{"settings": {}, "study": 1}']
)
def test_a_record_that_is_none_is_one_line(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(DamagedFileError, match=r"run\.json: is damaged .*checkpoint") as caught:
        read_run(tmp_path / "run.json")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "device, cores", [("3 cpu devices (cpu), float64", 3), ("1 gpu device (a card)", None)]
)
def test_a_run_says_how_many_devices_it_had(tmp_path, device, cores):
    resumable.write_json(tmp_path / "run.json", {"settings": {}, "device": device})
    assert cores_of(tmp_path) == cores
    assert cores_of(tmp_path / "absent") is None


@pytest.mark.parametrize(
    "name", ["../../etc", "a/b", ".hidden", "run[/x]", "\x1b[31m", "a\nb", "", "x" * 999]
)
def test_a_name_from_a_file_stays_in_its_folder(tmp_path, name):
    made = tmp_path / file_name(name)
    assert made.parent == tmp_path
    assert made.name.isprintable()
    made.mkdir()


def test_an_ordinary_name_stays_as_it_is():
    assert file_name("il6_feedback-H1+2.5") == "il6_feedback-H1+2.5"
