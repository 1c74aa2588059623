"""Exponentials of many matrices are SciPy's of each."""

import numpy as np
import pytest
from scipy.linalg import expm

from models.course.exponential import exponentials


@pytest.mark.parametrize("size", [1e-3, 1.0, 50.0])
def test_every_matrix_has_the_exponential_that_scipy_gives_it(size):
    rng = np.random.default_rng(7)
    rates = rng.uniform(0, size, (3, 5, 4, 4))
    matrices = rates - np.eye(4) * (rates.sum(-2)[..., None, :] + rates.diagonal(0, -2, -1)[..., None, :])
    truth = np.array([[expm(m) for m in row] for row in matrices])
    assert exponentials(matrices) == pytest.approx(truth, rel=1e-9, abs=1e-12)
