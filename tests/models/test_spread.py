"""Parameter sets drawn from the tables: their distributions against closed forms, within five of their own
standard errors.
"""

import numpy as np
import pytest

from models.catalogue import EFFECTS, HYPOTHESES, niche, with_parameters
from models.spread import by_width, from_prior, varied

COUNT = 4000
NAMES = [p.name for p in niche().parameters]
SETS = from_prior(niche(), COUNT, seed=5)


def column(name, sets=SETS):
    return sets[:, NAMES.index(name)]


@pytest.mark.parametrize("name, sd", [("k_S", 0.3), ("g_auto", 1.2), ("K_iS", 0.8)])
def test_log_normal_beliefs_have_their_median_and_width(name, sd):
    nominal = next(p.value for p in niche().parameters if p.name == name)
    log = np.log(column(name) / nominal)
    assert abs(log.mean()) < 5 * sd / np.sqrt(COUNT)
    assert abs(log.std() - sd) < 5 * sd / np.sqrt(2 * COUNT)


def test_logit_normal_beliefs_stay_within_shares_around_their_nominal_value():
    share = column("rho_M")
    assert share.min() > 0
    assert share.max() < 1
    logit = np.log(share / (1 - share))
    assert abs(logit.mean() - np.log(9)) < 5 / np.sqrt(COUNT)  # nominal 0.9


def test_the_weights_of_the_capacity_are_drawn_together():
    weights = np.stack([column(n) for n in ("wM", "wX", "w2")], 1)
    assert weights.sum(1) == pytest.approx(np.ones(COUNT))
    # Dirichlet(6.5, 2.2, 1.3): mean a / 10, variance m (1 - m) / 11.
    mean = np.array([0.65, 0.22, 0.13])
    assert np.abs(weights.mean(0) - mean).max() < 5 * np.sqrt((mean * (1 - mean) / 11).max() / COUNT)


def test_the_beta_belief_of_the_bone_effect_has_its_mean():
    assert abs(column("e_bone").mean() - 1 / 3) < 5 * np.sqrt(1 / 18 / COUNT)  # Beta(1, 2): variance 1/18


def test_fixed_numbers_hypotheses_and_held_ones_do_not_move():
    network = with_parameters(niche(), HYPOTHESES["H1"].parameters)
    sets = from_prior(network, 10, 1, held=("k_S",))
    for name in (*EFFECTS, "rho_I", "om_btz", "NF_T", "k_S"):
        nominal = next(p.value for p in network.parameters if p.name == name)
        assert (sets[:, NAMES.index(name)] == nominal).all()
    assert column("e_deg", sets)[0] == 0.8


def test_one_width_for_all_keeps_shares_below_one():
    sets = by_width(niche(), 500, 1.0, seed=2)
    assert column("e_CH", sets).min() > 0
    assert column("e_CH", sets).max() < 1
    moved = {n for n in NAMES if np.ptp(column(n, sets)) > 0}
    assert moved == {p.name for p in varied(niche()) if p.value != 0}


def test_the_same_seed_gives_the_same_sets():
    np.testing.assert_array_equal(SETS[:5], from_prior(niche(), COUNT, seed=5)[:5])
