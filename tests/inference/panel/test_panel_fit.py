"""Made-up panels, whose truth is known: a run from end to end, and whether the truth comes back."""

from dataclasses import replace

import numpy as np
import pytest

from inference.panel import panel_fit, panel_tables
from inference.panel.panel_data import arrays
from inference.panel.panel_files import exchanged
from inference.panel.panel_layout import AXES, layout_of
from inference.panel.panel_ranking import holds_panel, line_of
from inference.panel.panel_tables import PanelError
from inference.panel.simulated_panel import came_back, filled

pytestmark = pytest.mark.slow  # every test needs a fit by NUTS, compilation included: minutes

SHORT = replace(panel_fit.QUICK, draws=10, search_steps=10, max_tree_depth=2, prior_draws=50)


def panel(tables, seed):
    z = 0.7 * np.random.default_rng(seed).standard_normal(layout_of(arrays(tables)).size)
    return filled(tables, z, seed), z


@pytest.fixture(scope="module")
def run(tmp_path_factory, made_up_tables):
    tables, _ = panel(made_up_tables(("A", "B", "C"), ("trametinib",), once=("navitoclax",)), 1)
    folder = tmp_path_factory.mktemp("panel") / "run"
    return panel_fit.fit_panel(tables, SHORT, to=folder), tables


def test_a_run_has_lines_and_drugs_as_dims_and_says_what_it_is(run):
    found, _ = run
    assert found.posterior["b_B"].dims == ("chain", "draw", "line")
    assert found.posterior["residual"].sel(drug="navitoclax").isnull().all()  # measured once a line
    assert found.posterior["residual"].sel(drug="trametinib").notnull().all()
    assert found.table().index.tolist() == ["A", "B", "C"]
    assert {f"{n}_high" for n in AXES} <= set(found.table().columns)
    assert set(found.held_out().index) >= {"mechanism", "drug mean", "line + drug", "rank-one"}
    assert found.explained()["residual_share"].between(0, 1).all()
    assert not found.verdict.usable
    assert "a quick run, not for use" in found.in_words
    assert "mechanism" in repr(found)
    assert "mechanism" in found._repr_html_()
    for name in ("lines", "curves"):
        assert (found.folder / "figures" / f"{name}.png").stat().st_size > 10_000


def test_the_same_call_opens_what_is_finished_and_another_is_refused(run):
    found, tables = run
    assert panel_fit.fit_panel(tables, SHORT, to=found.folder).folder == found.folder
    assert len(panel_tables.read(found.folder).measured) == len(tables.measured)
    with pytest.raises(ValueError, match="checkpoint"):
        panel_fit.fit_panel(tables, replace(SHORT, seed=2), to=found.folder)


def test_a_line_of_a_panel_is_a_kind_of_cell(run):
    found, _ = run
    assert holds_panel(found.folder)
    with pytest.raises(PanelError, match="its verdict is not ok"):
        line_of(found.folder, "B")
    of = line_of(found.folder, "b", ["trametinib"], force=True)
    assert of.source.mark.startswith("NOT FOR USE")
    assert of.source.run is not None
    after = of.source.run["posterior"].to_dataset()
    own = found.posterior.sel(line="B")
    assert np.allclose(after["b_B"], own["b_B"])
    shift = own["ln_potency"].sel(drug="trametinib") + own["residual"].sel(drug="trametinib")
    assert np.allclose(np.log(after["IC_tram"] / 1.3), shift, atol=0.6)  # 0.9 to 1.8 nM on MEK
    assert of.preset.parameters["o_RAS"] == pytest.approx(float(own["o_RAS"].median()))
    with pytest.raises(PanelError, match="`line` Z: is not one of A, B, C"):
        line_of(found.folder, "Z", force=True)


def test_the_metric_of_few_draws_is_near_their_variances():
    z = np.random.default_rng(0).standard_normal((4, 500, 3)) * [0.1, 1.0, 3.0]
    assert np.diag(panel_fit.metric(z)) == pytest.approx([0.01, 1.0, 9.0], rel=0.15)
    few = panel_fit.metric(z[:1, :4])
    assert np.all(np.linalg.eigvalsh(few) > 0)


def test_the_truth_lies_in_as_many_intervals_as_it_should(tmp_path, made_up_tables):
    inside = []
    drugs = ("trametinib", "bortezomib", "topotecan")
    for seed in range(3):
        tables, z = panel(made_up_tables(("A", "B", "C", "D", "E"), drugs, once=("navitoclax",)), seed)
        found = panel_fit.fit_panel(tables, replace(panel_fit.FULL, draws=250), to=tmp_path / str(seed))
        draws = found.tree["unknowns"].to_dataset()["z"]
        names = tuple(map(str, draws["unknown"].values))
        inside += came_back(names, z, draws.values)["inside"].tolist()
    # the truth is drawn with 0.7 of the prior's sd, so that intervals hold at least 89 % of it; unknowns of
    # one fit go together, hence five binomial errors
    assert np.mean(inside) > 0.89 - 5 * np.sqrt(0.89 * 0.11 / len(inside))


def test_potency_and_sensitivity_exchanged_cannot_be_told_apart(tmp_path, made_up_tables):
    # one proteasome inhibitor: half the potency with twice the stress leaves every low dose as it was, and
    # nothing else in this panel knows either
    tables, _ = panel(made_up_tables(("A", "B", "C", "D"), ("bortezomib",)), 5)
    found = panel_fit.fit_panel(tables, replace(panel_fit.FULL, draws=250), to=tmp_path / "run")
    pairs = {(a, b) for a, b, _ in exchanged(found.posterior)}
    assert ("potency of bortezomib", "s_BTZ") in pairs or ("potency of bortezomib", "mean b_B") in pairs
