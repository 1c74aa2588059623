"""Likelihoods and gradients of whole problems in AMICI, where it is installed: other people's, and the
default study as we export it.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from inference.likelihood.likelihood import log_likelihood
from inference.study.loading import load
from inference.study.petab import petab_export

pytestmark = pytest.mark.slow


@cache
def ours(study):
    """(theta, rtol) -> log-likelihood and whether it was solved, gradient."""

    def total(theta, rtol):
        found, ok = log_likelihood(study, theta, rtol=rtol, atol=1e-3 * rtol)
        return jnp.sum(found), ok

    return jax.jit(jax.value_and_grad(total, has_aux=True))


def agree(study, theta, theirs, rtol):
    (value, ok), slopes = ours(study)(jnp.asarray(theta), rtol)
    assert bool(ok)
    expected, gradient = theirs(dict(zip(study.names, map(float, theta), strict=True)))
    assert float(value) == pytest.approx(expected, rel=1e-6)
    assert set(gradient) == set(study.names)
    # Slopes of exact discrete maps on one side, of sensitivity equations on the other; 1e-4 is what is asked
    # for.
    np.testing.assert_allclose(slopes, [gradient[n] for n in study.names], rtol=1e-4, atol=1e-4)


def test_boehm_at_the_nominal_values_and_at_the_eleven_reference_vectors(data, likelihood_in_amici):
    path = data / "petab" / "Boehm_JProteomeRes2014" / "Boehm_JProteomeRes2014.yaml"
    study, theirs = load(path), likelihood_in_amici(path)
    points = pd.read_csv(data / "petab" / "Boehm_pyPESTO_reference" / "Boehm_Parameters_PyPesto.csv")
    agree(study, study.nominal, theirs, 1e-10)
    for i in range(len(points)):
        agree(study, 10.0 ** points.loc[i, list(study.names)].to_numpy(float), theirs, 1e-10)


def test_raia_at_the_nominal_values(data, likelihood_in_amici):
    path = data / "petab" / "Raia_CancerResearch2011" / "Raia_CancerResearch2011.yaml"
    study = load(path)
    agree(study, study.nominal, likelihood_in_amici(path), 1e-10)


def test_the_default_study_exported_as_petab(likelihood_in_amici, tmp_path):
    """26 dishes with their pre-culture, 41 unknowns: feedbacks, estradiol, scales, blanks and noise."""
    study = load("il6_feedback_estradiol", lint=False)
    agree(
        study, study.nominal, likelihood_in_amici(petab_export.write(study.tables, tmp_path / "petab")), 1e-8
    )
