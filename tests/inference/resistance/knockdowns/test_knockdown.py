"""Virtual knock-downs: algebra of combinations, a cell whose answer is known, and the files of a scan."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from inference.resistance.believed_from import SourceError, prior_source
from inference.resistance.knockdowns import (
    knockdown,
    knockdown_figures,
    knockdown_files,
    knockdown_scan,
    knockdown_tables,
)
from inference.resistance.knockdowns.knockdown import _labelled, loewe_index, lost_share, scales
from inference.resistance.knockdowns.knockdown_nodes import LEVELS, NODES, PATHS
from inference.resistance.questions import Question
from inference.runs.console import Teller
from models import catalogue


def test_every_node_and_path_names_parameters_of_the_cell():
    known = {p.name for p in catalogue.niche().parameters}
    for names in (*(n.parameters for n in NODES.values()), *(names for names, _ in PATHS.values())):
        assert set(names) <= known


def test_knock_downs_scale_their_parameters_and_pairs_multiply():
    factors = scales(
        ["a", "b", "c"], [[], [(("a", "b"), 0.5)], [(("a", "b"), 0.5), (("b", "elsewhere"), 0.1)]]
    )
    assert np.allclose(factors, [[1, 1, 1], [0.5, 0.5, 1], [0.5, 0.05, 1]])


def test_a_drug_combined_with_itself_is_loewe_additive():
    dose = np.array([0.25, 1.0, 3.0, 9.0, 27.0])
    curve = -np.log1p(dose)
    # interpolation on ln dose between grid points costs at most a few per cent; at a grid point it is exact
    assert loewe_index(dose, curve, curve, 1.5, float(-np.log1p(3.0))) == pytest.approx(1.0, rel=1e-9)
    assert loewe_index(dose, curve, curve, 1.0, float(-np.log1p(3.0))) == pytest.approx(2 / 3, rel=1e-9)
    assert np.isnan(loewe_index(dose, curve, curve, 1.0, 0.1))
    assert np.isnan(loewe_index(dose, 0 * curve, 0 * curve, 1.0, -0.5))


def test_bliss_is_zero_for_two_independent_knock_downs():
    levels = [0.5, 0.9]
    a, b, drug_kills = np.array([-0.2, -0.6]), np.array([-0.1, -0.3]), -1.0
    vehicle = np.zeros(6)
    treated = drug_kills + np.concatenate([[0.0], a, b, [a[0] + b[0]]])
    found = _labelled(np.stack([treated, vehicle], axis=-1)[None], ["A", "B"], levels, [(0, 1)], 0.5)
    assert found["bliss"].sel(node="A", partner="B").item() == pytest.approx(0.0, abs=1e-12)
    assert found["reference"].item() == drug_kills
    assert np.allclose(found["ln_survival"].sel(node="B").values, b)
    assert np.allclose(found["ln_toxicity"], 0)
    assert set(LEVELS) == set(levels)


def test_the_share_lost_by_a_cut_is_one_minus_the_ratio_of_mean_protections():
    protection = xr.DataArray(
        [[1.0, 0.5, 1.0], [3.0, 0.5, 3.0], [np.nan, 0.0, 0.0]],
        dims=("draw", "cut"),
        coords={"cut": ["none", "Akt", "ERK"]},
    )
    found = lost_share(protection, resamples=200, seed=1)
    assert found["share"].sel(path="Akt").item() == pytest.approx(1 - 0.5 / 2)
    assert found["share"].sel(path="ERK").item() == pytest.approx(0.0)
    assert found["low"].sel(path="Akt").item() == pytest.approx(0.5)  # both resamples the weak draw
    assert found["high"].sel(path="ERK").item() == pytest.approx(0.0)


@pytest.fixture
def akt_protects(monkeypatch):
    """Cells that die by the drug as far as Akt is inhibited, and in no other way."""

    def survivors(what, beliefs, ln_values, scale, *, rtol, atol, report=lambda done, total: None):
        akt = scale[:, what.system.parameters.index("k_Akt")]
        drug = np.arange(what.treatments.starts.shape[0]) % 2 == 0  # every second dish is the vehicle
        return np.broadcast_to(
            -2.0 * (1 - akt)[:, None] * drug, (len(ln_values), len(scale), len(drug))
        ).copy()

    monkeypatch.setattr(knockdown, "survivors", survivors)


def test_a_scan_finds_the_node_that_protects_and_leaves_its_files(akt_protects, tmp_path):
    question, source = Question("viability", {"dexamethasone": 300}, "niche"), prior_source("H1")
    found = knockdown_files.scan(question, source, draws=3, to=tmp_path, tell=Teller())
    assert found.nodes().index[0] == ("Akt", 0.9)
    assert found.nodes().loc[("Akt", 0.9), "resensitised"].item() == pytest.approx(-2.0 * 0.9)
    assert found.nodes().loc[("JAK", 0.9), "resensitised"].item() == 0
    assert "Akt" in found.pairs().index[0]
    assert list(found.paths().index) == list(PATHS)
    assert knockdown_tables.node_table(found.dataset).equals(found.nodes())
    held = knockdown_scan.KnockdownScan.load(tmp_path)
    assert held.nodes().equals(found.nodes())
    assert pd.read_csv(tmp_path / "nodes.csv")["node"][0] == "Akt"
    for name in ("nodes", "pairs", "paths"):
        assert (tmp_path / "figures" / f"{name}.png").stat().st_size > 10_000
    assert "Akt" in repr(found)
    assert "Akt" in found._repr_html_()
    with pytest.raises(SourceError, match="choose another `out`"):
        knockdown_files.make(question, source, 3, 1, 0.5, tmp_path, Teller())


def test_a_level_that_is_not_scanned_is_refused():
    question = Question("viability", {"dexamethasone": 300})
    with pytest.raises(SourceError, match=r"`pair_level` 0\.7: is not one of 0\.5, 0\.9"):
        knockdown_files.scan(question, prior_source("H1"), pair_level=0.7, tell=Teller())


def test_figures_name_the_nodes_in_words(akt_protects):
    question = Question("viability", {"dexamethasone": 300}, "niche")
    found = knockdown_files.scan(question, prior_source("H1"), draws=2, tell=Teller())
    figure = knockdown_figures.nodes_figure(found.tree)
    assert "phosphorylation of Akt  [Akt]" in {t.get_text() for t in figure.axes[0].get_yticklabels()}
