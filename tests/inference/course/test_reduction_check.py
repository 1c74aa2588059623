"""The reduction against the whole simulation: the time to progression of twenty patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from inference.course.reduction_check import TOLD, reduction_error, worst
from inference.course.trials import TREATMENTS
from inference.course.virtual_patients import virtual_patients
from inference.runs.run import Run


@pytest.mark.slow  # three years of 120 whole cells, day by day
@pytest.mark.parametrize("seed", [4])
def test_time_to_progression_is_within_a_tenth_of_the_whole_simulation_in_twenty_patients(seed, tmp_path):
    table = reduction_error(virtual_patients(20, 5, seed), TREATMENTS["Vd"], Run(tmp_path, keeps=False))
    assert table is not None
    assert len(table) == 20
    assert np.isfinite(table["months_by_whole_simulation"]).sum() >= 10  # there is something to compare
    largest, alone = worst(table)
    assert largest <= TOLD, table
    assert alone == 0, table


def test_an_error_is_seen_where_there_is_one():
    found = worst(pd.DataFrame({"a": [10.0, 20.0, np.inf], "b": [8.0, 20.0, 12.0]}))
    assert found == (pytest.approx(0.25), 1)
