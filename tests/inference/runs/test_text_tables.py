"""Tables of text: nothing that a spreadsheet works out, and what is no table is told."""

import csv

import pandas as pd
import pytest

from inference.runs.outputs import write_table
from inference.runs.text_tables import read_table
from models.whole_file import DamagedFileError

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("x")']
PLAIN = ["-0.5", "+1e3", "-", "k_SR", "a = b", "-inf", ""]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_label_or_header_begins_a_formula(tmp_path, text):
    path = tmp_path / "table.csv"
    write_table(pd.DataFrame({text: [text, "x"]}, index=pd.Index([text, "y"], name="parameter")), path)
    with path.open(newline="", encoding="utf-8") as f:
        rows = list(csv.reader(f))
    assert rows[0] == ["parameter", f"'{text}"]
    assert rows[1] == [f"'{text}", f"'{text}"]
    again = read_table(path, ("parameter",), "make it again")
    assert list(again.iloc[:, 1]) == [text, "x"]


def test_numbers_and_plain_words_are_written_as_they_are(tmp_path):
    path = tmp_path / "table.csv"
    write_table(pd.DataFrame({"text": PLAIN, "number": [-1.5] * len(PLAIN)}), path, index=False)
    with path.open(newline="", encoding="utf-8") as f:
        rows = list(csv.reader(f))[1:]
    assert rows == [[p, "-1.5"] for p in PLAIN]


@pytest.mark.parametrize(
    "content, finding",
    [
        (b"", "No columns"),
        (b"a,b\n1,2\n1,2,3\n", "Expected 2 fields"),
        (b"\xff\xfea", "codec"),
        (b'a,b\n"1,2\n', "EOF"),
        (b"a,c\n1,2\n", "column b is missing"),
    ],
)
def test_what_is_no_table_is_told_with_what_to_do(tmp_path, content, finding):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=rf"table\.csv: is damaged \(.*{finding}.*\): make it again"):
        read_table(path, ("a", "b"), "make it again")
