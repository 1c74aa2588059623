"""The certificate sees an error of the solver, and sees none where there is none."""

import jax.numpy as jnp
import numpy as np
import pytest

from inference.fit.solver_certificate import NEGLIGIBLE, by_lsoda, certify, other_log_likelihood, weights
from inference.likelihood.likelihood import log_likelihood
from inference.study.loading import load
from models.declare import Parameter, Pathway, Reaction, Species, assumed, nothing
from models.engine.compile import compile_network
from models.engine.protocol import Period, Protocol, schedule
from models.network import assemble


@pytest.fixture(scope="module")
def study():
    return load("feedback_reduced", lint=False)


@pytest.fixture(scope="module")
def draws(study):
    return study.nominal * np.exp(0.05 * np.random.default_rng(0).standard_normal((6, len(study.unknowns))))


def test_lsoda_and_the_engine_give_one_log_likelihood(study):
    terms, ok = log_likelihood(study, jnp.asarray(study.nominal), rtol=1e-8, atol=1e-10)
    assert bool(ok)
    # both at 1e-8 relative; the log-likelihood multiplies that by residuals over noise, some hundreds in all
    assert other_log_likelihood(study, study.nominal, rtol=1e-8, atol=1e-10) == pytest.approx(
        float(terms.sum()), abs=1e-3
    )


def test_tight_tolerances_are_certified_and_coarse_ones_are_not(study, draws):
    fine = certify(study, draws, rtol=1e-6, atol=1e-8, other_draws=1, batch=6)
    assert fine.ok
    assert fine.largest < NEGLIGIBLE
    coarse = certify(study, draws, rtol=0.1, atol=1e-1, other_draws=0, batch=6)
    assert coarse.largest > 100 * fine.largest
    assert "100 times tighter" in fine.words()


class Decay(Pathway):
    A = Species("A", 2.0, "nM", "decays")
    k = Parameter("k", 0.5, "1/min", "decay", assumed("test"))
    fall = Reaction(A, nothing, k * A, "decay")


def test_jumps_and_periods_of_lsoda_follow_the_closed_form():
    system = compile_network(assemble("decay", Decay))
    plan = schedule(
        system, Protocol("dish", (Period(0.0), Period(1.0, add={"A": 1.0}), Period(3.0, put={"A": 5.0}))), {}
    )
    plan = type(plan)(*(np.asarray(a) for a in (plan.starts, plan.inputs, plan.keep, plan.add)))
    times = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, np.inf])
    found = by_lsoda(system, np.array([0.5]), plan, times, 1e-9, 1e-12)[:, 0]
    at1 = 2 * np.exp(-0.5) + 1
    np.testing.assert_allclose(
        found, [2, 2 * np.exp(-0.25), at1, at1 * np.exp(-0.5), 5, 5 * np.exp(-0.5), 0], rtol=1e-7
    )


def test_weights_that_are_all_one_are_fully_effective():
    assert weights(np.full(50, -3.0)) == (-np.inf, 1.0)


def test_heavy_weights_are_named_heavy():
    rng = np.random.default_rng(1)
    # weights of a Pareto tail with shape k = 1.5 have no mean
    k, effective = weights(1.5 * rng.exponential(size=4000))
    assert k > 1.0
    assert effective < 0.1
    k, effective = weights(0.1 * rng.standard_normal(4000))
    assert k < 0.5
    assert effective > 0.95
