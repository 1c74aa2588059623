"""Where a curve leaves half: against the algebra of a Hill curve."""

import numpy as np
import pytest

from inference.panel.panel_curves import GRID, HALF_LEAST, HALF_MOST, ln_half, thinned


def hill(middle):
    return 1 / (1 + np.exp(1.5 * (GRID - middle)))


@pytest.mark.parametrize("middle", [-2.0, 0.3, 5.0])
def test_the_dose_of_half_is_that_of_a_hill_curve(middle):
    # between two doses of the grid, 0.39 apart, a logistic curve is a line within 0.01 of ln dose
    assert float(ln_half(hill(middle)[None])[0]) == pytest.approx(middle, abs=0.02)


def test_a_curve_that_never_falls_or_never_begins_is_at_an_end():
    found = ln_half(np.stack([np.full(len(GRID), 0.8), np.full(len(GRID), 0.2)]))
    assert found.tolist() == [HALF_MOST, HALF_LEAST]


def test_draws_are_thinned_evenly():
    z = np.arange(24.0).reshape(2, 6, 2)
    assert thinned(z, 4)[:, 0].tolist() == [0, 6, 14, 22]
    assert len(thinned(z, 100)) == 12
