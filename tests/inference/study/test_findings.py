"""What is legal and hardly meant is told with its place, and nothing is told of what is meant."""

import shutil
from pathlib import Path

import pytest

from inference.study.loading import builtin, load


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of a study that comes with the package, its network beside it."""
    return Path(shutil.copytree(builtin()["il6_feedback_estradiol"].parent, tmp_path / "study"))


def doubled(folder: Path, replicate: str) -> tuple[str, ...]:
    """What is told when the last measurement stands there once more, as that replicate."""
    table = folder / "measurements.tsv"
    *rows, last = table.read_text().rstrip("\n").split("\n")
    again = "\t".join([*last.split("\t")[:-1], replicate])
    table.write_text("\n".join([*rows, last, again]) + "\n")
    return load(folder / "problem.yaml", lint=False).told


@pytest.mark.parametrize("name", sorted(builtin()))
def test_nothing_is_odd_about_a_study_that_comes_with_the_package(name):
    assert load(name, lint=False).told == ()


def test_a_row_that_stands_twice_is_told_with_both_places(folder):
    rows = len((folder / "measurements.tsv").read_text().rstrip("\n").split("\n"))
    (line,) = doubled(folder, "")
    assert line == (
        f"measurements.tsv:{rows + 1}: is the same measurement as measurements.tsv:{rows} and counts twice"
    )


def test_the_same_number_read_off_another_replicate_is_no_row_that_stands_twice(folder):
    before = load(folder / "problem.yaml", lint=False)
    assert doubled(folder, "second") == ()
    again = load(folder / "problem.yaml", lint=False)
    assert again.fingerprint != before.fingerprint
    assert len(again.measurements) == len(before.measurements) + 1
