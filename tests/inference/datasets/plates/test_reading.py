"""Tables of plates: what is read is what was meant, and what cannot be told is refused in one line."""

import math
import re

import openpyxl
import pandas as pd
import pytest

from inference.datasets.plates.plate_columns import Decided, recognise
from inference.datasets.plates.plate_rows import readings
from inference.datasets.plates.series import in_series
from inference.datasets.plates.spreadsheet import PlateError
from inference.datasets.plates.study_of_plate import table_of

TIDY = (
    "cell line,drug,dose (uM),IL-6 (pg/mL),stroma,time (h),viability (%),rep\n"
    "MM.1S,DMSO,,0,no,48,100,1\n"
    "MM.1S,Velcade,0.004,10000,yes,48,52.5,1\n"
)


def rows_of(source, decided=None, **more):
    decided = decided or Decided()
    table = table_of(source, **more)
    return readings(table, recognise(table, decided), decided)


def written(tmp_path, text, name="plate.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def told(rows):
    """What matters of the readings, for comparison."""
    return [(r.doses, r.il6, r.stroma, r.contact, r.minutes, r.value, r.unit) for r in rows]


MEANT = [
    ((), 0.0, 0.0, False, 2880.0, 100.0, "%"),
    ((("bortezomib", 4.0),), 10.0, 0.1, True, 2880.0, 52.5, "%"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_make_no_difference(tmp_path, encoding, separator):
    path = written(tmp_path, TIDY.replace(",", separator), encoding=encoding)
    assert told(rows_of(path)) == MEANT


def test_decimal_commas_are_read(tmp_path):
    text = TIDY.replace(",", ";").replace("0.004", "0,004").replace("52.5", "52,5")
    assert told(rows_of(written(tmp_path, "sep=;\n" + text))) == MEANT


def test_an_excel_file_and_a_frame_say_the_same(tmp_path):
    frame = pd.read_csv(written(tmp_path, TIDY))
    path = tmp_path / "plate.xlsx"
    frame.to_excel(path, index=False)
    assert told(rows_of(path)) == told(rows_of(frame)) == MEANT


def test_of_an_excel_file_with_two_sheets_one_is_named(tmp_path):
    book = openpyxl.Workbook()
    for name in ("day 1", "day 2"):
        sheet = book.create_sheet(name)
        for line in TIDY.splitlines():
            sheet.append(line.split(","))
    book.remove(book["Sheet"])
    book.save(tmp_path / "two.xlsx")
    with pytest.raises(PlateError, match=r"two.xlsx: has the sheets day 1, day 2: name one by `sheet`"):
        rows_of(tmp_path / "two.xlsx")
    assert told(rows_of(tmp_path / "two.xlsx", sheet="day 2")) == MEANT


GRIDS = """viability (%),1,2,3
A,100,52.5,40
B,98,51,39

drug,1,2,3
A,DMSO,bortezomib,bortezomib
B,DMSO,bortezomib,bortezomib

dose (nM),1,2,3
A,0,4,8
B,0,4,8
"""
SAID = Decided(constants={"time": "2 d"})


def test_a_plate_map_with_its_layout_is_the_tidy_table(tmp_path):
    whole = rows_of(written(tmp_path, GRIDS), SAID)
    head, layout = GRIDS.split("\n\n", 1)
    tidy = "well,drug,dose (nM)\n" + "".join(
        f"{letter}0{k + 1},{drug},{dose}\n"
        for letter in "AB"
        for k, (drug, dose) in enumerate([("DMSO", ""), ("bortezomib", 4), ("bortezomib", 8)])
    )
    for beside in (layout, tidy):
        parts = rows_of(
            written(tmp_path, head, "v.csv"), SAID, layout=written(tmp_path, beside, "layout.csv")
        )
        assert [(r.well, *t) for r, t in zip(parts, told(parts), strict=True)] == [
            (r.well, *t) for r, t in zip(whole, told(whole), strict=True)
        ]
    assert [r.well for r in whole] == ["A1", "A2", "A3", "B1", "B2", "B3"]
    assert whole[4].doses == (("bortezomib", 4.0),)
    assert (whole[4].value, whole[4].minutes) == (51.0, 2880.0)


@pytest.mark.parametrize(
    ("dose", "nanomolar"),
    [("0.1 uM", 100.0), ("100000 pM", 100.0), ("1e-7 M", 100.0), ("100 nM", 100.0), ("0.1 µM", 100.0)],
)
def test_doses_carry_their_unit_in_the_cell(tmp_path, dose, nanomolar):
    text = f"drug,dose,time,viability (%)\ndexamethasone,{dose},1 d,80\nnone,0,1440 min,100\n"
    first, _ = rows_of(written(tmp_path, text))
    assert first.doses[0][1] == pytest.approx(nanomolar, rel=1e-12)
    assert first.minutes == 1440


def test_a_dose_by_mass_needs_the_molar_mass(tmp_path):
    path = written(tmp_path, "drug,dose (ng/mL),time (h),viability (%)\ndexamethasone,39.246,24,80\n")
    with pytest.raises(PlateError, match=r"plate.csv:2: column 'dose \(ng/mL\)': .* say `molar_mass`"):
        rows_of(path)
    (row,) = rows_of(path, Decided(molar_mass={"dexamethasone": 392.46}))
    assert row.doses[0][1] == pytest.approx(100.0)


def test_combinations_stand_in_one_cell_or_in_two_columns(tmp_path):
    one = "drug,dose (nM),time (h),viability (%)\nbortezomib + dexamethasone,4 + 100,48,40\n"
    two = "drug,dose (nM),drug 2,dose 2 (uM),time (h),viability (%)\nbortezomib,4,dexamethasone,0.1,48,40\n"
    found = [rows_of(written(tmp_path, t))[0].doses for t in (one, two)]
    assert found[0] == found[1] == (("bortezomib", 4.0), ("dexamethasone", 100.0))


def test_growth_rates_become_counts_over_the_vehicle(tmp_path):
    """Hafner 2016: GR = 2^(log2(x / x0) / log2(c / x0)) - 1, here from x, x0 and c themselves."""
    x, x0, c = 0.4, 0.25, 1.0
    rate = 2 ** (math.log2(x / x0) / math.log2(c / x0)) - 1
    text = f"drug,dose (nM),time (h),GR,count0\nbortezomib,4,48,{rate!r},{x0 / c}\n"
    (series,) = in_series(rows_of(written(tmp_path, text)))
    assert series.rows[0].value == pytest.approx(x / c)


def test_cycles_of_a_pcr_become_amounts(tmp_path):
    text = "drug,dose (nM),time (min),SOCS3 ddCt\nnone,,30,-3\n"
    (row,) = rows_of(written(tmp_path, text))
    assert (row.assay.readout, row.value) == ("SOCS3_mRNA", 8.0)


def test_values_below_a_limit_are_censored(tmp_path):
    text = "drug,dose (nM),time (h),IL6_ELISA (pg/mL)\nnone,,24,<2\nnone,,48,15\n"
    assert [(r.value, r.censored) for r in rows_of(written(tmp_path, text))] == [(2.0, -1), (15.0, 0)]


def test_raw_signals_are_divided_by_their_vehicle_and_ratios_are_not(tmp_path):
    raw = "drug,dose (nM),time (h),viability\n" + "".join(
        f"{d},{c},{h},{v}\n"
        for d, c, h, v in (
            ("DMSO", "", 0, 10000), ("DMSO", "", 48, 40000), ("DMSO", "", 48, 44000),
            ("bortezomib", 4, 48, 21000),
        )
    )  # fmt: skip
    (series,) = in_series(rows_of(written(tmp_path, raw)))
    assert [r.value for r in series.rows] == pytest.approx([10 / 42, 40 / 42, 44 / 42, 0.5])
    assert not series.ratio
    shares = "drug,dose (nM),time (h),viability (fraction)\nbortezomib,4,48,0.5\nbortezomib,4,72,0.3\n"
    assert [(s.id, s.ratio, s.rows[0].value) for s in in_series(rows_of(written(tmp_path, shares)))] == [
        ("viability_CTG_48h", True, 0.5),
        ("viability_CTG_72h", True, 0.3),
    ]


HEAD = "drug,dose (nM),time (h),viability (%)\n"
REFUSED = {
    "an unknown drug": (
        HEAD + "bortezomob,4,48,50\n",
        "plate.csv:2: column 'drug': drug bortezomob: is not known: did you mean 'bortezomib'?",
    ),
    "a wrong unit": (
        HEAD.replace("nM", "nM/h") + "bortezomib,4,48,50\n",
        "plate.csv:1: dose: unit 'nM/h' is not one of M, mM, uM, nM",
    ),
    "a length for a dose": (HEAD.replace("(nM)", "(h)") + "bortezomib,4,48,50\n", "'h' is no unit of a dose"),
    "no unit of the dose": (HEAD.replace(" (nM)", "") + "bortezomib,4,48,50\n", "`units` dose=nM"),
    "no unit of the time": (HEAD.replace(" (h)", "point") + "bortezomib,4,48,50\n", "`units` time=h"),
    "a dose of the vehicle": (HEAD + "DMSO,4,48,50\n", "the vehicle 'DMSO' has a dose of 4"),
    "a drug without a dose": (HEAD + "bortezomib,,48,50\n", "bortezomib has no dose"),
    "a negative dose": (HEAD + "bortezomib,-4,48,50\n", "-4 is negative"),
    "a text for a value": (HEAD + "bortezomib,4,48,dead\n", "'dead' is no number"),
    "no time": ("drug,dose (nM),viability (%)\nbortezomib,4,50\n", "`constants` time=48h"),
    "two doses": (
        "drug,dose (nM),conc (nM),time (h),viability (%)\nbortezomib,4,4,48,50\n",
        "plate.csv:1: 'dose (nM)' and 'conc (nM)' could both be its dose: say `columns` dose=HEADER",
    ),
    "no value": ("drug,dose (nM),time (h)\nbortezomib,4,48\n", "say `columns` value=HEADER"),
    "a read-out not said": ("drug,dose (nM),time (h),value\nbortezomib,4,48,50\n", "`constants` readout="),
    "two lines": ("line," + HEAD + "A,bortezomib,4,48,50\nB,bortezomib,4,48,50\n", "name it by `line`"),
    "a well twice": (
        "well," + HEAD + "A1,bortezomib,4,48,50\nA1,bortezomib,8,48,40\n",
        "plate.csv:3: well A1 is there already (plate.csv:2)",
    ),
    "a replicate twice": (
        "rep," + HEAD + "1,bortezomib,4,48,50\n1,bortezomib,4,48,40\n",
        "replicate 1 of the",
    ),
    "thousands or decimals": (HEAD + 'bortezomib,4,48,"1,500"\n', "say `decimal`"),
    "both decimals": (HEAD + 'bortezomib,"4,5",48,50.5\n', "has a decimal comma"),
    "too many cells": (HEAD + "bortezomib,4,48,50,5\n", "has more cells than the header"),
    "a ratio or a signal": ("drug,dose (nM),time (h),viability\nbortezomib,4,48,50\n", "`units` value=%"),
    "a share above 1": ("drug,dose (nM),time (h),annexin V (fraction)\nbortezomib,4,48,50\n", "is no share"),
    "a blot without signal": ("drug,dose (nM),time (h),pSTAT3\nruxolitinib,4,1,0\n", "has no logarithm"),
    "nothing": ("", "plate.csv: is empty"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_told_is_refused_in_one_line(tmp_path, what):
    text, said = REFUSED[what]
    with pytest.raises(PlateError, match=re.escape(said)) as refused:
        in_series(rows_of(written(tmp_path, text)))
    assert "\n" not in str(refused.value)


def test_a_date_that_a_spreadsheet_made_is_refused(tmp_path):
    frame = pd.DataFrame({"drug": [pd.Timestamp("2026-03-01")], "viability (%)": [50.0]})
    with pytest.raises(PlateError, match="is a date"):
        table_of(frame)


def test_columns_are_corrected_by_roles(tmp_path):
    path = written(tmp_path, "what,how much,when,seen\nbortezomib,4,48,50\n")
    said = Decided(
        columns={"drug": "what", "dose": "how much", "time": "when", "value": "seen"},
        units={"dose": "nM", "time": "h", "value": "%"},
        constants={"readout": "viability"},
    )
    (row,) = rows_of(path, said)
    assert told([row]) == [((("bortezomib", 4.0),), 0.0, 0.0, False, 2880.0, 50.0, "%")]
    with pytest.raises(PlateError, match="column sean: is not known: did you mean 'seen'"):
        rows_of(path, Decided(columns={"value": "sean"}))
