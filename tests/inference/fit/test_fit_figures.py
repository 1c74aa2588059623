"""Figures of a fit: axes in the words and units of what was done, texts that neither overlap nor leave."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from inference.fit.fit_figures import predictive
from inference.fit.fit_files import labels_of
from inference.fit.measured_dishes import measured_dishes
from inference.runs import labelled_tree
from inference.study.loading import load


@pytest.fixture(scope="module")
def study():
    """The default study with one reading of estradiol."""
    return load("il6_feedback_estradiol", hypothesis="H1")


@pytest.fixture(scope="module")
def drawn(study):
    """Made-up draws around what was measured."""
    labels, rng = labels_of(study), np.random.default_rng(0)
    n, p = len(labels.value), len(labels.parameter)
    near = labels.value * np.exp(rng.normal(0, 0.1, (2, 20, n)))
    theta = np.exp(rng.normal(0, 1, (2, 20, p)))
    few = np.ones((4, n))
    sampled = labelled_tree.Sampled(
        theta, {}, near, theta, near, near, np.arange(20), np.ones((4, p)), few, few
    )
    return labelled_tree.tree(labels, sampled, {"seed": 1})


def test_levels_are_what_the_tables_say(study):
    """Ruxolitinib is given an hour before and decays from then on; IL-6 is left out where none was given."""
    level = measured_dishes(study)["level"]
    rate = study.network.parameter("k_rux").value
    assert float(level.sel(experiment="hep_il6_40_rux_100", target="rux")) == pytest.approx(
        100 * np.exp(-60 * rate), rel=1e-12
    )
    assert float(level.sel(experiment="hep_il6_80", target="IL6")) == 80
    assert float(level.sel(experiment="hep_il6_0", target="IL6")) == 0
    assert float(level.sel(experiment="osteoblast_tnf_e2", target="E2")) == 10
    assert np.isnan(level.sel(experiment="transfected", target="NF_T"))  # it is estimated


def test_doses_stand_on_a_log_axis_with_unit_and_zero(drawn):
    """Seven amounts of IL-6, 0 to 120 ng/mL, at their places; the panel has the study's own name."""
    fig = predictive(drawn)
    panel = next(ax for ax in fig.axes if ax.get_title() == "pSTAT3 blot, 20 min, IL-6 dose response")
    assert panel.get_xscale() == "log"
    assert panel.get_xlabel() == "IL6 (ng/mL)"
    assert [t.get_text() for t in panel.get_xticklabels()] == ["0", "5", "10", "20", "40", "80", "120"]
    assert list(panel.get_xticks()[1:]) == [5, 10, 20, 40, 80, 120]
    plt.close(fig)


def test_no_text_of_the_figure_is_cut_or_covered_by_another(drawn):
    """Boxes of titles, labels and ticks (not the turned ones: a box is more than its text) lie in the canvas
    and apart."""
    fig = predictive(drawn)
    fig.canvas.draw()
    canvas = fig.bbox
    for ax in fig.axes:
        if not ax.get_visible():
            continue
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        texts = [ax.title, ax.xaxis.label, ax.yaxis.label]
        texts += [t for t in ax.get_yticklabels() if low <= t.get_position()[1] <= high]
        texts += [
            t for t in ax.get_xticklabels() if left <= t.get_position()[0] <= right and not t.get_rotation()
        ]
        boxes = [t.get_window_extent() for t in texts if t.get_text()]
        assert len(boxes) > 3
        for box in boxes:
            inside = (canvas.x0 - 1 <= box.x0, box.x1 <= canvas.x1 + 1)
            assert all((*inside, canvas.y0 - 1 <= box.y0, box.y1 <= canvas.y1 + 1)), box
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    plt.close(fig)
