"""Measured lines read as published, and verdicts on made-up predictions whose truth is plain."""

import numpy as np
import pytest

from inference.panel import cell_lines


def test_the_measured_lines_are_read_as_published(data):
    table = cell_lines.read(data / "ccle_np24_myeloma_dose_response.csv")
    assert table["line"].nunique() == 14
    # counts of the published table: two MEK inhibitors in 14 lines, irinotecan in 13 and topotecan in 14
    assert table["class"].value_counts().to_dict() == {"MEK": 28, "TOP1": 27}
    row = table[(table["line"] == "KARPAS-620") & (table["compound"] == "PD-0325901")].iloc[0]
    assert len(row["doses"]) == len(row["viability"]) == 8
    assert row["lowest"] < 0.4


def test_verdicts_follow_from_the_numbers(data):
    table = cell_lines.read(data / "ccle_np24_myeloma_dose_response.csv")
    truth = {t: float(table.loc[table["class"] == t, "lowest"].median()) for t in cell_lines.CLASSES}

    def verdicts(mek, top1):
        return [
            s.verdict
            for s in cell_lines.statements(table, {"MEK": np.asarray(mek), "TOP1": np.asarray(top1)})
        ]

    close = np.linspace(-0.02, 0.02, 50)
    assert verdicts(truth["MEK"] + close, truth["TOP1"] + close)[:3] == ["right", "right", "right"]
    assert verdicts(close + 0.02, close + 1)[:3] == ["wrong", "wrong", "wrong"]
    assert verdicts(np.linspace(0, 0.99, 50) ** 4, truth["TOP1"] + close)[0] == "cannot say"


def test_a_table_without_its_columns_is_refused_in_one_line(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(cell_lines.LinesError, match="has no column 'Primary Cell Line Name'"):
        cell_lines.read(tmp_path / "x.csv")
