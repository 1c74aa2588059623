"""The posterior of a run as the prior of a plate."""

import numpy as np
import pytest

from inference.datasets.plates.plate_priors import from_run
from inference.runs import labelled_tree
from inference.study.problem_tables import StudyError
from models.catalogue import niche


def test_a_posterior_becomes_log_normal_priors_with_the_moments_of_its_draws(a_run, tmp_path):
    run = labelled_tree.load_run(a_run(tmp_path / "run", False) / "posterior.nc")
    priors, _ = from_run(run, niche())
    assert set(priors) == {"k_SR", "K_iS", "e_deg"}  # the noise of a blot belongs to that blot
    for name, prior in priors.items():
        ln = np.log(run["posterior"][name].values.ravel())
        np.testing.assert_allclose(prior.parameters, (ln.mean(), ln.std(ddof=1)))
        assert prior.lower < np.exp(ln.min())
    assert priors["e_deg"].upper <= 1.0  # a share


def test_correlations_that_independent_priors_lose_are_told(a_run, tmp_path):
    run = labelled_tree.load_run(a_run(tmp_path / "run", False) / "posterior.nc")
    ln = np.log(run["posterior"]["k_SR"].values)
    run["posterior"]["K_iS"].values[:] = np.exp(-2 * ln)  # a ridge k_SR^2 K_iS
    _, lost = from_run(run, niche())
    assert lost[0] in ("k_SR and K_iS (-1.00)", "K_iS and k_SR (-1.00)")


def test_what_the_kind_of_cell_sets_is_not_carried_over(a_run, tmp_path):
    run = labelled_tree.load_run(a_run(tmp_path / "run", False) / "posterior.nc")
    assert set(from_run(run, niche(), own={"k_SR"})[0]) == {"K_iS", "e_deg"}
    with pytest.raises(StudyError, match="has no parameter of the whole cell"):
        from_run(run, niche(), own={"k_SR", "K_iS", "e_deg"})
