"""Each kind of belief against SciPy and against itself: density, quantiles, transform and draws agree."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import ndtr

from models.belief_kinds import Belief
from models.declare import beta, dirichlet, fixed, half_normal, log_normal, logit_normal

# (belief, centre, median by SciPy): the last two do not care where the centre is
KINDS = [
    (log_normal(0.5), 2.0, 2.0),
    (logit_normal(1.0), 0.9, 0.9),
    (dirichlet(10.0), 0.6, stats.gamma(6.0).median()),
    (beta(1, 2), 0.0, stats.beta(1, 2).median()),
    (half_normal(2.0), 0.0, 2.0 * stats.norm.ppf(0.75)),
]


@pytest.mark.parametrize(("belief", "centre", "median"), KINDS)
def test_half_of_a_belief_lies_below_its_median(belief: Belief, centre, median):
    assert belief.possible(centre)
    assert belief.quantile(np.array([0.5]), centre)[0] == pytest.approx(median, rel=1e-12)
    assert belief.quantile(np.array([0.5]), 1.5 * median)[0] != pytest.approx(median) or centre == 0.0


@pytest.mark.parametrize(("belief", "centre", "median"), KINDS)
def test_the_density_integrates_to_the_quantiles(belief: Belief, centre, median):
    ends = belief.quantile(np.array([0.2, 0.7]), centre)
    assert quad(lambda v: belief.density(v, centre), *ends)[0] == pytest.approx(0.5, rel=1e-8)


@pytest.mark.parametrize(("belief", "centre", "median"), KINDS)
def test_the_scale_of_a_sd_is_the_derivative_of_the_quantile(belief: Belief, centre, median):
    z, h = 0.4, 1e-5
    ends = np.log(belief.quantile(ndtr(np.array([z - h, z + h])), centre))
    slope = belief.ln_per_normal(belief.quantile(ndtr(np.array([z])), centre), centre)[0]
    # central difference: truncation h^2, rounding of the distribution function 1e-16/h
    assert slope == pytest.approx(np.diff(ends)[0] / (2 * h), rel=1e-6)


@pytest.mark.parametrize(("belief", "centre", "median"), KINDS[:2])
def test_the_transform_from_a_normal_gives_the_quantile(belief: Belief, centre, median):
    z = np.array([-2.0, 0.3, 5.0])
    assert np.exp(belief.ln_of_normal(z, centre, np)) == pytest.approx(belief.quantile(ndtr(z), centre))


@pytest.mark.parametrize(("belief", "centre", "median"), KINDS)
def test_draws_follow_the_quantiles(belief: Belief, centre, median):
    rng = np.random.default_rng(11)
    drawn = belief.draw(centre, rng.standard_normal(4000), rng)
    # each share has a binomial error of sqrt(u (1 - u) / 4000); five of them
    for u in (0.1, 0.5, 0.9):
        below = np.mean(drawn < belief.quantile(np.array([u]), centre))
        assert abs(below - u) < 5 * np.sqrt(u * (1 - u) / 4000)


@pytest.mark.parametrize("belief", [*(k[0] for k in KINDS), fixed])
def test_a_belief_comes_back_from_its_record(belief: Belief):
    assert belief.record().belief() == belief


def test_what_is_fixed_has_no_distribution():
    assert not fixed.possible(1.0)
    with pytest.raises(ValueError, match="fixed"):
        fixed.quantile(np.array([0.5]), 1.0)


def test_a_share_cannot_scatter_around_nothing_and_an_effect_can():
    assert not log_normal(1.0).possible(0.0)
    assert not logit_normal().possible(1.0)
    assert half_normal(0.3).possible(0.0)


def test_tables_are_read_without_an_array_library():
    code = "import sys; sys.modules.update(numpy=None, scipy=None, jax=None); import models.catalogue as c; "
    code += "n = c.niche(); print(n.parameter('wM').belief.words(0.65))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "Dirichlet, 6.5"
