"""A panel as arrays: ends of ranges, pairs that were measured once, and what is known of the lines."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from inference.panel.panel_data import arrays, covariates, mutant
from inference.panel.panel_tables import COLUMNS, LINE_COLUMNS, PanelError, PanelTables

NAN = float("nan")


def tables(rows, ras=(1.0, 0.0)):
    lines = pd.DataFrame({"line": ["A", "B"], "ras": ras, "BCL2": [1.0, 3.0]}).reindex(
        columns=list(LINE_COLUMNS)
    )
    return PanelTables(pd.DataFrame(rows, columns=pd.Index(COLUMNS)), lines, ())


ROWS = [
    ("A", "trametinib", "one", 72.0, 1.0, 0.9, NAN, NAN, NAN),
    ("A", "trametinib", "one", 72.0, 10.0, 0.5, NAN, NAN, NAN),
    ("A", "trametinib", "two", 72.0, NAN, NAN, 5.0, 1.0, 100.0),
    ("B", "trametinib", "two", 72.0, NAN, NAN, 500.0, 1.0, 100.0),
    ("B", "bortezomib", "two", 72.0, NAN, NAN, 0.2, 1.0, 100.0),
]


def test_an_ic50_beyond_its_range_stands_at_the_end_and_says_the_side():
    data = arrays(tables(ROWS))
    assert data.dose.tolist() == [1.0, 10.0, 5.0, 100.0, 1.0]
    assert data.beyond.tolist() == [0, 0, 0, 1, -1]
    assert data.of_curve.tolist() == [0, 1]
    assert data.of_half.tolist() == [2, 3, 4]


def test_only_pairs_measured_more_than_once_have_a_residual_of_their_own():
    data = arrays(tables(ROWS))
    assert dict(zip(data.cells, data.sampled, strict=True)) == {
        ("A", "trametinib"): True,
        ("B", "trametinib"): False,
        ("B", "bortezomib"): False,
    }
    assert data.offsets == (("two", "trametinib"),)
    less = data.without(np.array([data.cells.index(("A", "trametinib"))]))
    assert len(less.line) == 2
    assert less.cells == data.cells


def test_a_covariate_that_is_the_same_for_all_is_refused():
    with pytest.raises(PanelError, match="ras is 1 for every line and can explain nothing"):
        arrays(tables(ROWS, ras=(1.0, 1.0)))


def test_one_line_is_no_panel():
    with pytest.raises(PanelError, match="give two or more"):
        arrays(tables(ROWS[:3]))


def test_bcl2_is_loaded_one_to_one_on_ln():
    found = covariates(tables(ROWS).lines.set_index("line"))
    assert found.amount == pytest.approx([-np.log(2), np.log(2)])  # log2 of 1 and 3 about their mean


def test_a_missing_genotype_is_told_by_pmek_as_bayes_has_it():
    ras = np.array([1.0, 1.0, 1.0, 0.0, 0.0, np.nan, np.nan])
    pmek = np.array([0.5, 0.9, 0.1, -0.6, -0.8, 0.4, np.nan])
    found = mutant(ras, pmek)
    # two groups with one unknown variance: Student's t with n - 2 degrees of freedom each (textbook)
    one, none = pmek[:3], pmek[3:5]
    sd = np.sqrt((3 * one.var() + 2 * none.var()) / 3)
    at = [
        stats.t.pdf(0.4, 3, g.mean(), sd * np.sqrt(1 + 1 / len(g))) * share
        for g, share in ((one, 4 / 7), (none, 3 / 7))
    ]
    assert found[5] == pytest.approx(at[0] / sum(at))
    assert found[6] == pytest.approx(4 / 7)  # nothing is known of it but that half of the others are mutant
