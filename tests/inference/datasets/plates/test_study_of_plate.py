"""A table becomes a folder that any PEtab tool reads, whose dishes do what SciPy says they do."""

import csv

import numpy as np
import pytest

from inference.datasets.plates.assays import assay_called
from inference.datasets.plates.plate_columns import Decided, recognise
from inference.datasets.plates.plate_rows import WellReading, readings
from inference.datasets.plates.plate_tables import PlateDesign, tables_of
from inference.datasets.plates.series import in_series
from inference.datasets.plates.spreadsheet import PlateError
from inference.datasets.plates.study_of_plate import CellAtHand, new_study, of_readings, table_of
from inference.likelihood.likelihood import predict, trajectories
from inference.study.loading import load
from inference.study.petab import petab_export
from inference.study.petab.petab_v2 import lint
from models.catalogue import PRESETS, niche

PLATE = """cell line,drug,dose (uM),IL-6 (ng/mL),time,read-out,value,value unit
MM.1S,DMSO,,0,24 h,viability,100,%
MM.1S,dexamethasone,0.1,0,24 h,viability,80,%
MM.1S,dexamethasone,0.1,10,24 h,viability,95,%
MM.1S,DMSO,,10,24 h,viability,100,%
MM.1S,DMSO,,10,30 min,pSTAT3 blot,900,a.u.
MM.1S,ruxolitinib,0.2,10,30 min,pSTAT3 blot,500,a.u.
MM.1S,ruxolitinib,0.2,10,240 min,pSTAT3 blot,400,a.u.
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plates")
    (folder / "plate.csv").write_text(PLATE)
    cell = CellAtHand(estimate=("EC_dex", "IC_rux"))
    return new_study(folder / "plate.csv", folder / "study", cell=cell)


def table(folder, name):
    with (folder / name).open() as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_tables_of_a_plate_say_what_was_done_and_what_is_believed(tmp_path):
    """Written, and read again by PEtab's own checks; nothing of it is simulated."""
    (tmp_path / "plate.csv").write_text(PLATE)
    plate = table_of(tmp_path / "plate.csv")
    rows = readings(plate, recognise(plate, Decided()), Decided())
    design = PlateDesign("plate", niche(), in_series(rows), PRESETS["mm1s"], 0.3, 6, {})
    path = petab_export.write(tables_of(design, ("EC_dex", "wM")), tmp_path / "study")
    lint(path)
    conditions: dict[str, dict[str, str]] = {}
    for r in table(path.parent, "conditions.tsv"):
        conditions.setdefault(r["conditionId"], {})[r["targetId"]] = r["targetValue"]
    dishes: dict[str, dict[float, dict[str, str]]] = {}
    for r in table(path.parent, "experiments.tsv"):
        dishes.setdefault(r["experimentId"], {})[float(r["time"])] = conditions[r["conditionId"]]
    assert set(dishes) == {
        "vehicle",
        "dexamethasone_100nM",
        "dexamethasone_100nM__IL6_10",
        "vehicle__IL6_10",
        "ruxolitinib_200nM__IL6_10",
    }
    for name, periods in dishes.items():
        assert set(periods) == {-8640.0, 0.0}
        culture, treated = periods[-8640.0], periods[0.0]
        assert (float(culture["clamped"]), float(culture["frozen"])) == (1.0, 1.0)
        assert culture["wM"] == "share_wM/(share_w2 + share_wM + share_wX)"
        assert (float(treated["clamped"]), float(treated["frozen"])) == (0.0, 0.0)
        assert float(treated["IL6"]) == (10.0 if "IL6_10" in name else 0.0)
        assert float(treated.get("dex", 0)) == (100.0 if "dexamethasone" in name else 0.0)
        assert float(treated.get("rux", 0)) == (200.0 if "ruxolitinib" in name else 0.0)
    believed = {
        r["parameterId"]: (r["priorDistribution"], r["priorParameters"])
        for r in table(path.parent, "parameters.tsv")
    }
    assert believed["EC_dex"][0] == "log-normal"
    # gamma of the concentration 10 times each weight: a Dirichlet once they are divided by their sum
    shapes = {n: float(believed[f"share_{n}"][1].split(";")[0]) for n in ("wM", "wX", "w2")}
    assert shapes == pytest.approx({"wM": 6.5, "wX": 2.2, "w2": 1.3})
    assert {n.partition("_")[0] for n in believed} == {"EC", "share", "scale", "blank", "noise"}


@pytest.mark.slow  # the whole cell is compiled, and solved at a few points of the prior
def test_what_can_be_told_is_said_before_any_fit(made):
    assert set(made.freed.free) == {"IC_rux", "EC_dex"}
    assert {"IC_rux", "EC_dex"} <= set(made.knowable.narrowed)
    assert "What these data can tell, before any fit" in (made.folder / "README.md").read_text()


@pytest.mark.slow  # the same
def test_dishes_do_what_scipy_says_and_the_drug_decays(made, scipy_cell):
    """Half of ruxolitinib is gone after 12 h: the input is the dose, the decay is the network's."""
    study = load(made.folder)
    dishes = trajectories(study, study.nominal, rtol=1e-8, atol=1e-10)
    assert bool(np.all(np.asarray(dishes.ok)))
    seen = np.asarray(predict(study, study.nominal, dishes).value)
    values = {r["parameterId"]: float(r["nominalValue"]) for r in table(made.folder, "parameters.tsv")}
    n, p = scipy_cell.names.index("N"), scipy_cell.names.index("pS")
    given = [({}, 0.0), ({"dex": 100.0}, 0.0), ({"dex": 100.0}, 10.0), ({}, 10.0)]
    cells = [scipy_cell.dish(d, [1440.0], il6=i)[0, n] for d, i in given]
    alone, il6 = values["scale_viability_CTG_alone"], values["scale_viability_CTG_IL6_10"]
    signal, blank = values["scale_pSTAT3"], values["blank_pSTAT3"]
    bare = scipy_cell.dish({}, [30.0], il6=10.0)[:, p]
    blocked = scipy_cell.dish({"rux": 200.0}, [30.0, 240.0], il6=10.0)[:, p]
    expected = [
        *(alone * np.array(cells[:2])),
        *(il6 * np.array(cells[2:])),
        *(signal * (np.array([*bare, *blocked]) + blank)),
    ]
    found = {m.at: s for m, s in zip(study.tables.measurements, seen, strict=True)}
    assert len(found) == 7
    # the tolerance of both solvers, some hundred steps of them
    np.testing.assert_allclose(np.sort(list(found.values())), np.sort(expected), rtol=2e-5)


@pytest.mark.slow  # the same
def test_what_nothing_estimated_reaches_is_refused_and_nothing_is_written(tmp_path):
    assay = assay_called("pSTAT3")
    assert assay is not None
    rows = [WellReading("here:1", assay, 1.0, "a.u.", 30.0, (), 10.0, 0.0, False)]
    with pytest.raises(PlateError, match=r"here:1: pSTAT3 depends on nothing that is estimated"):
        of_readings(rows, tmp_path / "study", "here", (), Decided(), CellAtHand(estimate=("EC_dex",)))
    assert list(tmp_path.iterdir()) == []


def test_a_parameter_that_is_not_known_and_a_folder_that_is_there_are_refused(tmp_path):
    (tmp_path / "plate.csv").write_text(PLATE)
    with pytest.raises(PlateError, match="`estimate` EC_dx: is not known: did you mean 'EC_dex'"):
        new_study(tmp_path / "plate.csv", tmp_path / "study", cell=CellAtHand(estimate=("EC_dx",)))
    with pytest.raises(PlateError, match="is there already: name a new folder by `to`"):
        new_study(tmp_path / "plate.csv", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["plate.csv"]
