"""M-protein, depth and progression where they are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from models.course.response import LEAST, MONTH, Protein, m_protein, outcome


def test_m_protein_of_a_tumour_that_is_gone_falls_with_its_half_life():
    burden = np.concatenate([np.ones((1, 2)), np.zeros((60, 2))])
    protein = Protein(np.array([30.0, 50.0]), np.array([20.0, 6.0]))
    level = m_protein(burden, protein)
    for p in range(2):
        assert level[21, p] / level[1, p] == pytest.approx(0.5 ** (20 / protein.half_life[p]))


def test_m_protein_of_a_tumour_that_grows_follows_it_behind():
    rate, k = 0.01, np.log(2) / 20
    days = np.arange(400)
    level = m_protein(np.exp(rate * days)[:, None], Protein(np.ones(1), np.array([20.0])))[:, 0]
    truth = k / (k + rate) * np.exp(rate * days) + rate / (k + rate) * np.exp(-k * days)
    assert level == pytest.approx(truth, rel=1e-5)  # straight lines within a day


def test_progression_is_when_the_protein_has_risen_by_a_quarter_and_by_5_g_per_l():
    days = np.arange(900)
    fall, rise = np.exp(-0.02 * days[:300]), np.exp(-6.0 + 0.02 * (days[300:] - 300))
    burden = np.concatenate([fall, rise])[:, None].repeat(2, 1)
    protein = Protein(np.array([30.0, 3000.0]), np.array([1e-3, 1e-3]))  # it follows the cells at once
    found = outcome(burden, protein)
    lowest = np.exp(-6.0)
    by_size = 300 + np.log((lowest + LEAST / 30) / lowest) / 0.02
    by_quarter = 300 + np.log(max(1.25 * lowest, lowest + LEAST / 3000) / lowest) / 0.02
    # interpolated between two days
    assert found.progressed * MONTH == pytest.approx([by_size, by_quarter], abs=0.6)
    assert found.left == pytest.approx(lowest, rel=0.05)
    assert list(found.complete) == [True, False]


def test_a_tumour_that_only_shrinks_has_not_progressed():
    burden = np.exp(-0.01 * np.arange(500))[:, None]
    found = outcome(burden, Protein(np.array([30.0]), np.array([20.0])))
    assert np.isinf(found.progressed[0])
    assert found.residual[0] == pytest.approx(np.exp(-4.99))
