"""Tables of a panel: public ones by their columns, one's own, and what is left out or refused."""

import math

import numpy as np
import pandas as pd
import pytest

from inference.panel import panel_tables
from inference.panel.panel_tables import PanelError

CCLE = (
    "Primary Cell Line Name,Compound,Target,Doses (uM),Activity Data (median)\n"
    'KMS-11,AZD6244,MEK,".01,1","-10,-60"\nKE-97,AZD6244,MEK,".01,1","-1,-2"\nKMS-11,Erlotinib,EGFR,".01,1","0,0"\n'
)
GDSC = (
    "line,gdsc_drug_id,drug,ln_ic50_uM,ic50_nM\nMM1S,1,Trametinib,2.0,7389\n"
    "MM1S,2,Bortezomib,-6.0,2.5\nIM-9,2,Bortezomib,-6.0,2.5\n"
)
FITTED = "CELL_LINE_NAME,DRUG_NAME,LN_IC50,MIN_CONC,MAX_CONC\nKMS-11,Navitoclax,-9,0.001,1\n"
GENES = "Public Name\tKRAS\tNRAS\tBRAF\nKMS-11\tWt\tWt\t\nMM.1S\tG12A - het (cc)\tWt\t\nEJM\t\tWt\t\n"
ARRAY = "short,Bcl-2,MEK1_pS217_S221\nKMS11,2.5,0.1\n"


def written(folder):
    for name, text in (
        ("a.csv", CCLE),
        ("b.csv", GDSC),
        ("d.csv", FITTED),
        ("g.tsv", GENES),
        ("r.csv", ARRAY),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_public_tables_become_rows_in_nM_with_their_ranges(tmp_path):
    found = panel_tables.read(written(tmp_path))
    m = found.measured.set_index(["line", "drug"])
    assert sorted(set(m.index)) == [
        ("KMS-11", "navitoclax"),
        ("KMS-11", "selumetinib"),
        ("MM.1S", "bortezomib"),
        ("MM.1S", "trametinib"),
    ]
    curve = m.loc[[("KMS-11", "selumetinib")]]
    assert curve["dose_nM"].tolist() == [10.0, 1000.0]
    assert curve["viability"].tolist() == pytest.approx([0.9, 0.4])
    trametinib = m.loc[[("MM.1S", "trametinib")]].iloc[0]
    assert (trametinib["ic50_nM"], trametinib["high_nM"]) == pytest.approx((1e3 * math.exp(2), 1000.0))
    ranged = m.loc[[("KMS-11", "navitoclax")]].iloc[0]
    assert (ranged["low_nM"], ranged["high_nM"]) == pytest.approx((1.0, 1000.0))
    assert "left out: IM-9, an EBV-transformed lymphoblastoid line" in found.told
    assert "left out: KE-97, not a myeloma line" in found.told
    lines = found.lines.set_index("line")
    assert lines["ras"].to_dict() == {"KMS-11": 0.0, "MM.1S": 1.0}
    assert lines.loc["KMS-11", "BCL2"] == 2.5
    assert np.isnan(lines.loc["MM.1S", "BCL2"])


def test_what_is_not_there_is_one_line_with_its_source(tmp_path):
    (tmp_path / "a.csv").write_text(CCLE, encoding="utf-8")
    told = panel_tables.read(tmp_path).told
    assert any(x.startswith("not there: IC50 of GDSC") and "Cell 2016" in x for x in told)
    assert any("doubling times are not there" in x for x in told)


def test_what_was_written_is_read_again(tmp_path):
    found = panel_tables.read(written(tmp_path))
    panel_tables.write(found, tmp_path / "run")
    again = panel_tables.read(tmp_path / "run")
    pd.testing.assert_frame_equal(again.measured, found.measured, check_dtype=False)
    pd.testing.assert_frame_equal(again.lines, found.lines, check_dtype=False)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A,aspirin,me,72,10,0.5,,,", "'aspirin' is no drug of the model"),
        ("A,trametinib,me,72,,,,,", "needs dose_nM and viability, or ic50_nM"),
        ("A,trametinib,me,72,-1,0.5,,,", "a dose is not above 0"),
    ],
)
def test_a_wrong_row_is_named(row, said, tmp_path):
    text = ",".join(panel_tables.COLUMNS) + "\nB,trametinib,me,72,1,0.5,,,\n" + row + "\n"
    (tmp_path / "panel.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PanelError, match=f"panel.csv:3: {said}"):
        panel_tables.read(tmp_path)


def test_a_folder_without_screens_is_refused(tmp_path):
    with pytest.raises(PanelError, match="holds no screen of myeloma lines"):
        panel_tables.read(tmp_path)


def test_the_measured_tables_have_seventeen_lines_of_myeloma(data):
    found = panel_tables.read(data)
    # counted by hand in the tables: 13 lines of CCLE but KE-97, 10 of GDSC but three that are not myeloma
    assert len(found.lines) == 17
    by_source = found.measured.groupby("source")["line"].nunique()
    assert by_source.to_dict() == {"CCLE": 13, "GDSC": 10}
    assert int(np.isnan(found.lines["ras"].to_numpy(float)).sum()) == 4
