"""What people open is whole or not there, whoever writes it."""

import ast
import hashlib
import pathlib

import pandas as pd
import pytest
from matplotlib.figure import Figure

from inference.runs.outputs import write_figure, write_kept_table, write_table, write_text

ROOT = pathlib.Path(__file__).resolve().parents[3]


class FullDisk(OSError):
    """What a write ends with where no room is left."""


class Unfinished(pd.DataFrame):
    """A table whose writing fails half-way."""

    @property
    def _constructor(self):
        return Unfinished

    def to_csv(self, path, **_):  # pyright: ignore[reportIncompatibleMethodOverride]  what is asked of it
        pathlib.Path(path).write_text("half")
        raise FullDisk


def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside_it(tmp_path):
    path = tmp_path / "table.csv"
    write_table(pd.DataFrame({"a": [1.5]}), path, index=False)
    with pytest.raises(FullDisk):
        write_table(Unfinished(), path)
    assert path.read_bytes() == b"a\n1.5\n"
    assert list(tmp_path.iterdir()) == [path]


def test_the_checksum_of_a_kept_table_is_what_sha256sum_says(tmp_path):
    path = tmp_path / "table.csv"
    for value in (1.5, 2.5):
        write_kept_table(pd.DataFrame({"a": [value]}), path, index=False)
        line = f"{hashlib.sha256(path.read_bytes()).hexdigest()}  table.csv\n"
        assert (tmp_path / "table.csv.sha256").read_text() == line
    with pytest.raises(FullDisk):
        write_kept_table(Unfinished(), path)
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_the_same_bytes_on_every_system(tmp_path):
    write_text("µM\n", tmp_path / "unit.txt")
    assert (tmp_path / "unit.txt").read_bytes() == b"\xc2\xb5M\n"


@pytest.mark.parametrize("name, begins", [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")])
def test_a_figure_has_the_format_of_its_name(tmp_path, name, begins):
    write_figure(Figure(), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)


WRITES = ("write_text", "write_bytes", "savefig", "to_csv", "to_netcdf")


def test_nobody_writes_texts_tables_and_figures_in_place():
    """What is written to is a place that `replacing` gave, or a buffer in memory; `to_csv` without a place
    gives a text.
    """
    found = []
    for path in (ROOT / "inference").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                if node.func.attr in WRITES and not names & {"place", "temporary", "buffer", "resumable"}:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert not found, "give it to inference.runs.outputs"
