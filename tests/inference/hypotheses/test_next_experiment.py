"""Information about a question against closed forms; candidates against what the specification calls
discriminating.
"""

import numpy as np
import pytest
from scipy import integrate, stats

from inference.hypotheses import information, next_experiment
from inference.resistance.beliefs import declared
from models.catalogue import HYPOTHESES, core


def test_information_about_a_label_is_that_of_two_normals() -> None:
    def entropy(y: float) -> float:
        p = 0.5 * stats.norm(-1, 1).pdf(y) + 0.5 * stats.norm(1, 1).pdf(y)
        return -p * np.log(p)

    exact = integrate.quad(entropy, -12, 12)[0] - 0.5 * np.log(2 * np.pi * np.e)
    rng = np.random.default_rng(1)
    y = np.stack([rng.normal(m, 1.0, (4000, 1)) for m in (-1, 1)])
    value, error = information.about_label(y)
    assert abs(value - exact) < 4 * error  # the normal approximation is the truth here


def test_labels_that_make_the_same_data_tell_nothing() -> None:
    y = np.tile(np.random.default_rng(2).normal(size=(1, 500, 6)), (3, 1, 1))
    value, error = information.about_label(y)
    assert abs(value) < 4 * error + 1e-9


def test_information_from_few_draws_is_not_overstated() -> None:
    values = [
        information.about_label(np.random.default_rng(s).normal(size=(3, 40, 10)))[0] for s in range(20)
    ]
    assert np.mean(values) < 0.02  # the truth is 0; what is fitted to noise must not come back as information


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_information_about_a_number_is_half_the_logarithm_of_the_ratio_of_variances(noise: float) -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(4000)
    nuisance = 5 * rng.standard_normal((4000, 1))  # an unknown scale that both arms share
    y = np.column_stack([x + noise * rng.standard_normal(4000), np.zeros(4000)]) + nuisance
    value, error = information.about_number(y, x)
    assert abs(value - 0.5 * np.log(1 + 1 / noise**2)) < 4 * error + 0.01


def test_an_answer_that_comes_in_the_order_of_a_sobol_sequence_is_no_information() -> None:
    x = stats.norm.ppf(stats.qmc.Sobol(3, scramble=True, rng=np.random.default_rng(6)).random(512))
    value, _ = information.about_number(np.random.default_rng(7).normal(size=(512, 4)), x[:, 1])
    assert (
        abs(value) < 0.05
    )  # a bound from 512 draws may fall short of the truth, 0, by what 8 fitted numbers cost


def test_a_curved_dependence_is_seen_too() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal(3000)
    y = np.column_stack([np.exp(0.5 * x), np.exp(-0.5 * x)]) + 0.05 * rng.standard_normal((3000, 2))
    value, _ = information.about_number(y, x)
    assert value > 1.5


@pytest.fixture(scope="module")
def bank() -> next_experiment.Bank:
    return next_experiment.simulate(tuple(HYPOTHESES), declared(core(), None), 160, 1)


def test_the_discriminating_experiment_of_the_specification_is_near_the_top(bank) -> None:
    found = next_experiment.rank(bank, "hypothesis", next_experiment.candidates(), 1)
    place = next(i for i, n in enumerate(found.names) if n.startswith("IkBa protein + IkBa mRNA; TNF 10"))
    # 160 cells: places of candidates that differ by less than their errors are left to chance
    assert place < 5
    assert found.bits[0] - found.bits[place] < 2 * np.hypot(found.error[0], found.error[place])
    elisa = found.names.index("IL-6 ELISA; TNF 10, 24 h; estradiol 0, 10 nM")
    assert found.bits[place] > found.bits[elisa]


def test_without_estradiol_nothing_is_learnt_about_hypotheses(bank) -> None:
    blind = [c for c in next_experiment.candidates() if c.estradiol == (0.0,)]
    found = next_experiment.rank(bank, "hypothesis", blind, 1)
    assert np.all(found.bits < 3 * found.error + 1e-9)


def test_a_feedback_is_told_by_its_own_pathway(bank) -> None:
    found = next_experiment.rank(bank, "k_mS", next_experiment.candidates(), 1)
    assert "SOCS3" in found.names[0]
    tnf = [b for n, b in zip(found.names, found.bits, strict=True) if "TNF" in n and "SOCS3" not in n]
    assert found.bits[0] > max(tnf)


def test_an_unknown_question_is_refused_with_those_that_are_known(bank) -> None:
    with pytest.raises(ValueError, match="is not one of hypothesis, "):
        next_experiment.rank(bank, "e_xyz", next_experiment.candidates()[:1], 1)


def test_every_candidate_has_its_own_name_and_can_be_simulated(bank) -> None:
    options = next_experiment.candidates()
    assert len({c.name for c in options}) == len(options)
    assert all(np.isfinite(next_experiment.data(bank, c, 1)).all() for c in options)
