"""A grid on the engine: a drug with itself is additive, and what is read is what a plate of wells gives."""

import numpy as np
import pytest

from inference.resistance.believed_from import SourceError, prior_source
from inference.resistance.combinations import combination_files, surface
from inference.resistance.combinations.bench import RTOL, bench
from inference.resistance.conditions import ALONE
from inference.resistance.questions import QuestionError
from inference.resistance.simulated_plate import Well, viability
from inference.resistance.simulated_plate import simulate as simulate_plate
from inference.runs.run import Run
from models.drugs import drug

PRIOR = prior_source("H0")
BORTEZOMIB, VENETOCLAX = drug("bortezomib"), drug("venetoclax")


@pytest.fixture(scope="module")
def itself(tmp_path_factory):
    asked = surface.pair((BORTEZOMIB, (1.0, 20.0)), (BORTEZOMIB, (2.0, 15.0)), "alone", "mm1s", 3)
    run = Run(tmp_path_factory.mktemp("pieces"), keeps=False)
    return surface.surface(asked, PRIOR, 2, 1, run)


def test_a_drug_with_itself_is_additive_to_the_tolerance_of_the_solver(itself):
    falling = np.isfinite(itself["loewe"].values)
    index = itself["index"].values[falling & (itself["left"].values < 0.9) & (itself["left"].values > 0.1)]
    assert len(index) >= 2
    # a relative error of the solver in what is left, over the elasticity of a curve that falls (above 0.1)
    np.testing.assert_allclose(index, 1, atol=100 * RTOL)
    # not by roots, but through a table of doses 1.4-fold apart, over which a steep curve falls by a third
    assert np.nanmax(np.abs(itself["loewe"].values)) < 0.05


def test_a_lane_is_the_well_of_a_plate():
    made = bench((BORTEZOMIB, VENETOCLAX), PRIOR, ALONE, "mm1s", 2, 3)
    draws = np.arange(2)
    start = made.cultures(draws)
    doses = np.array([[0.0, 0.0], [4.0, 300.0]] * 2)
    cells = made.cells(start, draws, np.array([0, 0, 1, 1]), doses).reshape(2, 2)
    from inference.resistance.beliefs import joint
    from inference.resistance.believed_from import believed

    known = believed(PRIOR, "mm1s", made.plate.what.system.network, None)
    values, _ = joint(known, 2, 3)
    wells = [Well(), Well(((BORTEZOMIB, 4.0), (VENETOCLAX, 300.0)))]
    seen, ok = simulate_plate(made.plate, known, values, wells, rtol=1e-6, atol=1e-9)
    assert ok.all()
    found = viability(made.plate, seen, wells)[:, 0, 1]
    np.testing.assert_allclose(cells[:, 1] / cells[:, 0], found, rtol=1e-4)


def test_tables_and_figures_say_what_they_rest_on(itself, tmp_path):
    found = combination_files.Combination(itself)
    places = combination_files.write(found, tmp_path / "c")
    names = ["combination.nc", "scores.csv", "grid.csv", "surface.png", "isobologram.png"]
    assert [p.name for p in places] == names
    for table in (found.table(), found.grid()):
        assert table["note"].str.contains("rests on the prior; not for clinical use").all()
    for figure in found.figures().values():
        assert "not for clinical use" in figure.get_suptitle()
        assert "the prior" in figure.get_suptitle()
    assert "(nM)" in found.figures()["surface"].axes[0].get_xlabel()
    assert found.figures()["surface"].axes[0].get_xscale() == "log"


def test_what_makes_no_grid_is_refused(tmp_path):
    with pytest.raises(QuestionError, match="`steps` 2"):
        surface.pair((BORTEZOMIB, None), (VENETOCLAX, None), "alone", "mm1s", 2)
    with pytest.raises(QuestionError, match="no range of doses"):
        surface.pair((BORTEZOMIB, (4.0, 4.0)), (VENETOCLAX, None), "alone", "mm1s")
    run = Run(tmp_path, keeps=False)
    with pytest.raises(SourceError, match="one drug is no combination"):
        combination_files.combined([(BORTEZOMIB, None)], PRIOR, run)
    with pytest.raises(SourceError, match="leave the ranges out"):
        combination_files.combined(
            [(BORTEZOMIB, (1.0, 2.0)), (VENETOCLAX, None), (drug("dex"), None)], PRIOR, run
        )
