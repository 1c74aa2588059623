"""Tables of public screens, made-up rows of their shape: what each says of one line, in nM and shares."""

import gzip
import math
import re

import pytest

from inference.datasets.plates.plate_columns import Decided, recognise
from inference.datasets.plates.plate_rows import readings
from inference.datasets.plates.public_screens import Wanted, readings_of, screen_of
from inference.datasets.plates.series import in_series
from inference.datasets.plates.spreadsheet import PlateError
from inference.datasets.plates.study_of_plate import table_of

CCLE = (
    "CCLE Cell Line Name,Primary Cell Line Name,Compound,Target,Doses (uM),"
    "Activity Data (median),Activity SD\n"
    'OPM2_X,OPM-2,Dexamethasone,GR,"0.0025,0.008","-20,-53","1,1"\n'
    'OPM2_X,OPM-2,Paclitaxel,TUBB1,"0.0025,0.008","-90,-91","1,1"\n'
    'L363_X,L-363,Dexamethasone,GR,"0.0025,0.008","0,-1","1,1"\n'
)
FITTED = "CELL_LINE_NAME,DRUG_NAME,MIN_CONC,MAX_CONC,LN_IC50\n" + "".join(
    f"OPM-2,Trametinib,0.001,1,{math.log(uM)!r}\n" for uM in (0.02, 5.0, 0.0001)
)
RAW = (
    "BARCODE,CELL_LINE_NAME,TAG,DRUG_NAME,CONC,INTENSITY,DURATION\n"
    "7,,B,,,100,3\n7,,B,,,300,3\n"
    "7,OPM-2,NC-0,,,9000,3\n7,OPM-2,NC-1,,,8200,3\n7,OPM-2,NC-1,,,8200,3\n"
    "7,OPM-2,L1-D1-S,Bortezomib,0.004,4200,3\n7,OPM-2,L2-D1-S,Vorinostat,1,100,3\n"
)
CTRP = {
    "v20.data.per_cpd_post_qc.txt": "experiment_id\tcpd_conc_umol\tcpd_avg_pv\tmaster_cpd_id\n"
    "1\t0.1\t0.7\t5\n2\t1\t1\t5\n",
    "v20.meta.per_experiment.txt": "experiment_id\tmaster_ccl_id\n1\t11\n2\t12\n",
    "v20.meta.per_cell_line.txt": "master_ccl_id\tccl_name\n11\tOPM2\n12\tL363\n",
    "v20.meta.per_compound.txt": "master_cpd_id\tcpd_name\n5\tABT-199\n",
}
PRISM = {
    "secondary-screen-logfold-change.csv": ",BRD-K1-001-01::0.5::HTS,BRD-K2-001-01::0.5::HTS,"
    "BRD-K1-001-01::2::HTS\n"
    "ACH-1,-1,-3,\nACH-2,0,0,0\n",
    "secondary-screen-treatment-info.csv": "column_name,name,dose\nBRD-K1-001-01::0.5::HTS,venetoclax,0.5\n"
    "BRD-K2-001-01::0.5::HTS,nothing,0.5\nBRD-K1-001-01::2::HTS,venetoclax,2\n",
    "secondary-screen-cell-line-info.csv": "depmap_id,ccle_name\nACH-1,OPM2_BLOOD\nACH-2,L363_BLOOD\n",
}


def put(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path / next(iter(files))


def of_line(path, line="OPM-2", drugs=()):
    screen = screen_of(path)
    assert screen is not None
    wanted = Wanted(line, frozenset(drugs))
    rows = readings_of(path, screen, wanted)
    return [(r.doses, r.value, r.censored, r.minutes) for r in rows], wanted


def test_ccle_has_the_change_of_viability_and_three_days(tmp_path):
    rows, wanted = of_line(put(tmp_path, {"ccle.csv": CCLE}))
    assert rows == [
        ((("dexamethasone", pytest.approx(2.5)),), pytest.approx(0.8), 0, 4320.0),
        ((("dexamethasone", pytest.approx(8.0)),), pytest.approx(0.47), 0, 4320.0),
    ]
    assert list(wanted.missing) == ["Paclitaxel"]


def test_a_fitted_ic50_is_a_dish_and_one_beyond_the_range_is_a_bound(tmp_path):
    rows, _ = of_line(put(tmp_path, {"gdsc.csv": FITTED}))
    assert [(r[0][0][1], r[2]) for r in rows] == [
        (pytest.approx(20.0), 0),
        (pytest.approx(1000.0), 1),
        (pytest.approx(1.0), -1),
    ]
    assert {r[1] for r in rows} == {0.5}


def test_raw_wells_of_gdsc_lose_their_blank_and_are_over_the_solvent(tmp_path):
    path = put(tmp_path, {"raw.csv": RAW})
    screen = screen_of(path)
    assert screen is not None
    (series,) = in_series(readings_of(path, screen, Wanted("OPM-2")))
    assert [(r.doses, r.value) for r in series.rows] == [
        ((), 1.0),
        ((), 1.0),
        ((("bortezomib", pytest.approx(4.0)),), 0.5),
    ]


def test_ctrp_and_prism_find_their_names_in_the_tables_beside(tmp_path):
    (tmp_path / "ctrp").mkdir()
    (tmp_path / "prism").mkdir()
    ctrp, _ = of_line(put(tmp_path / "ctrp", CTRP))
    assert ctrp == [((("venetoclax", pytest.approx(100.0)),), 0.7, 0, 4320.0)]
    prism, wanted = of_line(put(tmp_path / "prism", PRISM))
    assert prism == [((("venetoclax", pytest.approx(500.0)),), 0.5, 0, 7200.0)]
    assert list(wanted.missing) == ["nothing"]
    (tmp_path / "prism" / "secondary-screen-treatment-info.csv").unlink()
    with pytest.raises(PlateError, match=r"its table \*treatment-info\*.csv beside it is not there"):
        of_line(tmp_path / "prism" / next(iter(PRISM)))


def test_a_compressed_table_of_wells_gives_the_rows_of_one_line(tmp_path):
    path = tmp_path / "raw.tsv.gz"
    head = "cell line\tcompound\tconc (uM)\ttime (h)\tviability (%)\n"
    rows = "OPM-2\tDMSO\t\t48\t100\nOPM-2\tbortezomib\t0.004\t48\t50\n"
    rows += "L-363\tbortezomib\t0.004\t48\t60\nOPM-2\tx\t1\t48\t1\n"
    path.write_bytes(gzip.compress((head + rows).encode()))
    said = Decided(line="opm2")
    table = table_of(path, decided=said)
    found = readings(table, recognise(table, said), said)
    assert [(r.doses, r.value) for r in found] == [((), 100.0), ((("bortezomib", 4.0),), 50.0)]


@pytest.mark.parametrize(
    ("line", "drugs", "said"),
    [
        ("", (), "name one of its lines by `line`: L-363, OPM-2"),
        ("U-266", (), "name one of its lines by `line`"),
        ("OPM-2", ("bortezomib",), "OPM-2 was treated with no drug that is asked for"),
    ],
)
def test_what_is_not_in_a_screen_is_told(tmp_path, line, drugs, said):
    with pytest.raises(PlateError, match=re.escape(said)):
        of_line(put(tmp_path, {"ccle.csv": CCLE}), line, drugs)


def test_the_tables_that_are_here_are_recognised(data):
    """The dose responses of CCLE, by the columns that its makers gave them."""
    path = data / "ccle_np24_myeloma_dose_response.csv"
    screen = screen_of(path)
    assert screen is not None
    assert screen.name == "CCLE"
    with pytest.raises(PlateError, match="name one of its lines"):
        readings_of(path, screen, Wanted(""))
