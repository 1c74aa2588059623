"""The unknowns of a panel: a place and a name each, and quantiles that SciPy has too."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from inference.panel.panel_data import arrays
from inference.panel.panel_layout import half_normal, layout_of, log_normal


def test_every_unknown_has_a_place_and_a_name(made_up_tables):
    layout = layout_of(arrays(made_up_tables(("A", "B", "C"), ("trametinib",), once=("bortezomib",))))
    assert len(set(layout.names)) == len(layout.names) == layout.size
    parts = layout.split(jnp.arange(layout.size))
    assert np.concatenate([np.ravel(p) for p in parts.values()]).tolist() == list(range(layout.size))
    assert parts["own"].shape == (4, 3)
    assert parts["residual"].shape == (3,)  # of trametinib alone: bortezomib was seen once a line
    assert "own b_B C" in layout.names


@pytest.mark.parametrize("z", [-8.0, -1.0, 0.0, 1.5, 8.0])
def test_a_half_normal_quantile_is_that_of_scipy(z):
    # ndtri is good to some 1e-13 of itself; SciPy's own loses digits far in the upper tail: by survival there
    expected = stats.halfnorm.isf(stats.norm.sf(z), scale=0.4)
    assert float(half_normal(jnp.asarray(z), 0.4)) == pytest.approx(expected, rel=1e-9)


def test_a_log_normal_quantile_is_that_of_scipy():
    expected = stats.lognorm.ppf(stats.norm.cdf(0.7), 0.5, scale=3.0)
    assert float(log_normal(jnp.asarray(0.7), 3.0, 0.5)) == pytest.approx(expected, rel=1e-12)
