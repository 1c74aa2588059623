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
        ("A,trametinib,me,72,10,,3,,", "needs dose_nM and viability, or ic50_nM"),
        ("A,trametinib,me,72,-1,0.5,,,", "column 'dose_nM': -1 is not above 0"),
        ("A,trametinib,me,0,1,0.5,,,", "column 'hours': 0 is not above 0"),
        ("A,trametinib,me,72,ten,0.5,,,", "column 'dose_nM': 'ten' is no number"),
        ("A,trametinib,me,72,1,85,,,", "column 'viability': a viability of 85 times the vehicle's is none"),
        ("A,trametinib,me,72,,,3,9,5", "low_nM 9 is not below high_nM 5"),
        (",trametinib,me,72,1,0.5,,,", "needs a line and a source"),
        ("b,Trametinib,me,,1,0.5,,,", "says the same as .*panel.csv:2"),
    ],
)
def test_a_wrong_row_is_named(row, said, tmp_path):
    text = ",".join(panel_tables.COLUMNS) + "\nB,trametinib,me,72,1,0.5,,,\n" + row + "\n"
    (tmp_path / "panel.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PanelError, match=f"panel.csv:3: {said}"):
        panel_tables.read(tmp_path)


def test_covariates_find_their_line_however_it_is_spelt(tmp_path):
    text = (
        ",".join(panel_tables.COLUMNS)
        + "\nKMS-11,trametinib,me,72,1,0.5,,,\nkms11,trametinib,me,72,9,0.4,,,\n"
    )
    (tmp_path / "panel.csv").write_text(text, encoding="utf-8")
    (tmp_path / "lines.csv").write_text("line,ras,doubling_h\nKMS11,1,30\nU266,0,\n", encoding="utf-8")
    found = panel_tables.read(tmp_path)
    assert set(found.measured["line"]) == {"KMS-11"}
    assert found.lines.set_index("line").loc["KMS-11", ["ras", "doubling_h"]].tolist() == [1.0, 30.0]
    assert "not used: U266 of lines.csv, of which nothing was measured" in found.told


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("KMS11,2,", "column 'ras': '2'"),
        ("KMS11,,-4", "'doubling_h': -4"),
        ("KMS-11,1,", "KMS-11 stands twice"),
    ],
)
def test_a_wrong_covariate_is_named(row, said, tmp_path):
    (tmp_path / "panel.csv").write_text(
        "line,drug,source,ic50_nM\nKMS-11,trametinib,me,5\n", encoding="utf-8"
    )
    text = "line,ras,doubling_h\n" + ("KMS11,1,30\n" if "twice" in said else "U266,,\n") + row + "\n"
    (tmp_path / "lines.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PanelError, match=f"lines.csv:3: .*{said}"):
        panel_tables.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CCLE.replace("-60", "-500"), "a.csv:2: .*a viability of -4 times the vehicle's"),
        (CCLE + CCLE.splitlines()[1] + "\n", "a.csv:5: says the same as a.csv:2"),
        (CCLE.replace('"-10,-60"', '"-10,-60",x'), "a.csv:2: has more cells than columns"),
        (CCLE.replace("-10,-60", "-10"), "a.csv:2: has 2 doses above 0 and 1 values"),
        (GDSC.replace("2.0", "900"), "a.csv:2: .*900 is no ln of an IC50"),
        (FITTED.replace("0.001,1", "1,0.001"), "a.csv:2: MIN_CONC and MAX_CONC are no range"),
    ],
)
def test_a_wrong_row_of_a_screen_is_named(text, said, tmp_path):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(PanelError, match=said):
        panel_tables.read(tmp_path)


def test_a_screen_in_utf_16_with_a_mark_is_read_and_another_encoding_is_one_line(tmp_path):
    written(tmp_path)
    plain = panel_tables.read(tmp_path).measured
    (tmp_path / "a.csv").write_text(CCLE, encoding="utf-16")
    pd.testing.assert_frame_equal(panel_tables.read(tmp_path).measured, plain)
    (tmp_path / "a.csv").write_bytes(CCLE.replace(",MEK,", ",MEK \xb5,").encode("cp1252"))
    with pytest.raises(PanelError, match=r"a.csv:2: is no UTF-8 text: save the file as UTF-8"):
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
