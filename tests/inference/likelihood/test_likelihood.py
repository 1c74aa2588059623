"""Densities against SciPy and PEtab, and the likelihood of a study written a second time by hand."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpyro.distributions.transforms import biject_to
from petab.v2 import Parameter
from scipy import stats

from inference.likelihood import noise_models
from inference.likelihood.likelihood import (
    chi_squared,
    log_likelihood,
    log_prior,
    predict,
    terms,
    trajectories,
)
from inference.study.loading import load
from inference.study.priors import Prior, declared
from models import declare as d

Y = np.array([0.3, 1.0, 2.5])
F, SD = np.array([0.4, 1.3, 1.1]), np.array([0.2, 0.5, 0.3])


def reference(family: str, degrees: float | None):
    """(log density, log distribution function) of `Y` around median `F`, by SciPy."""
    base = {"": None, "log": 1.0, "log10": math.log(10)}[family.split("-")[0] if "-" in family else ""]
    on = (lambda x: x) if base is None else (lambda x: np.log(x) / base)
    law = (
        stats.t(degrees, on(F), SD)
        if degrees
        else (stats.laplace if "laplace" in family else stats.norm)(on(F), SD)
    )
    return (
        law.logpdf(on(Y)) - (0.0 if base is None else np.log(Y * base)),
        law.logcdf(on(Y)),
        law.logsf(on(Y)),
    )


@pytest.mark.parametrize(
    "family, degrees", [*((f, None) for f in noise_models.FAMILIES), ("normal", 4.0), ("log-normal", 3.0)]
)
def test_noise_is_as_scipy_has_it(family, degrees):
    location = noise_models.on_scale(family, jnp.asarray(F))
    args = (family, degrees, jnp.asarray(Y), location, jnp.asarray(SD))
    density, below, above = reference(family, degrees)
    np.testing.assert_allclose(noise_models.log_density(*args), density, rtol=1e-12)
    np.testing.assert_allclose(noise_models.log_share_below(*args), below, rtol=1e-9)
    np.testing.assert_allclose(noise_models.log_share_above(*args), above, rtol=1e-9)


def test_a_censored_term_far_in_the_tail_has_a_slope():
    slope = jax.grad(
        lambda m: noise_models.log_share_below("normal", None, jnp.asarray(0.0), m, jnp.asarray(0.01))
    )(1.0)
    assert slope == pytest.approx(-100 / 0.01, rel=1e-3)  # asymptotics of the normal tail: -z/sd


PETAB = [
    ("normal", (0.5, 0.4), 0.0, 1.0),
    ("log-normal", (-0.5, 0.7), 0.1, 3.0),
    ("laplace", (0.5, 0.2), 0.0, 2.0),
    ("log-laplace", (-0.2, 0.3), 0.2, 3.0),
    ("uniform", (0.0, 2.0), 0.5, 5.0),
    ("log-uniform", (0.01, 10.0), 0.1, 2.0),
    ("cauchy", (0.3, 0.5), 0.0, 4.0),
    ("chisquare", (3.0,), 0.1, 9.0),
    ("exponential", (1.5,), 0.0, 5.0),
    ("gamma", (2.0, 0.7), 0.1, 6.0),
    ("rayleigh", (0.8,), 0.1, 3.0),
]


@pytest.mark.parametrize("family, parameters, lower, upper", PETAB, ids=[p[0] for p in PETAB])
def test_truncated_priors_are_as_petab_has_them(family, parameters, lower, upper):
    row = Parameter(
        id="p",
        lb=lower,
        ub=upper,
        nominal_value=1.0,
        estimate=True,
        prior_distribution=family,
        prior_parameters=list(parameters),
    )
    ours, theirs = Prior(family, parameters, lower, upper).distribution(), row.prior_dist
    x = np.linspace(max(lower, 0.5) + 0.01, min(upper, 1.9) - 0.01, 5)
    if (
        family.startswith("log-") and family != "log-uniform"
    ):  # petab takes the bounds of these on the log scale: normalise ourselves
        law = (stats.norm if "normal" in family else stats.laplace)(*parameters)
        mass = law.cdf(np.log(upper)) - law.cdf(np.log(lower))
        expected = law.logpdf(np.log(x)) - np.log(x) - np.log(mass)
    else:
        expected = np.log(theirs.pdf(x))
    np.testing.assert_allclose(ours.log_prob(jnp.asarray(x)), expected, rtol=1e-6)
    assert ours.log_prob(jnp.asarray(upper * 1.01)) == -np.inf


OWN = [
    (Prior("beta", (1.0, 2.0), 0.0, 1.0), stats.beta(1, 2)),
    (Prior("half-normal", (2.0,)), stats.halfnorm(0, 2)),
    (Prior("log-normal", (0.3, 0.5)), stats.lognorm(0.5, scale=math.exp(0.3))),
]


@pytest.mark.parametrize("prior, law", OWN, ids=[p.family for p, _ in OWN])
def test_other_priors_are_as_scipy_has_them(prior, law):
    x = np.array([0.1, 0.4, 0.9])
    np.testing.assert_allclose(prior.distribution().log_prob(jnp.asarray(x)), law.logpdf(x), rtol=1e-10)


CUT = [
    Prior("log-normal", (0.0, 1.0), 0.5, 4.0),
    Prior("normal", (0.0, 1.0), 0.0),
    Prior("gamma", (2.0, 1.0), 0.1, 3.0),
]


@pytest.mark.parametrize("prior", CUT, ids=lambda p: p.family)
def test_draws_of_a_truncated_prior_follow_it_and_survive_the_change_of_scale(prior):
    law = prior.distribution()
    x = law.sample(jax.random.key(3), (2000,))
    assert float(x.min()) >= prior.lower
    assert float(x.max()) <= prior.upper
    # Kolmogorov-Smirnov against the distribution's own function: uniform if draws and density agree
    assert stats.kstest(np.asarray(law.cdf(x)), "uniform").pvalue > 1e-3
    to = biject_to(law.support)
    np.testing.assert_allclose(to(to.inv(x)), x, rtol=1e-9)


def test_a_declared_belief_becomes_the_prior():
    k = d.Parameter("k", 0.3, "1/min", "a rate", d.assumed("test"), belief=d.log_normal(0.7))
    assert declared(k) == Prior("log-normal", (math.log(0.3), 0.7))
    share = d.Parameter("e", 0.2, "0-1", "a share", d.assumed("test"), belief=d.beta(1, 2))
    assert declared(share, 0.0, 1.0) == Prior("beta", (1.0, 2.0), 0.0, 1.0)
    assert declared(d.Parameter("f", 1.0, "-", "fixed", d.assumed("test"))) is None


def test_the_log_likelihood_is_the_sum_written_by_hand():
    """The default study: scale x (state + blank) with errors on ln, normal ones for the mass spectrometry."""
    study = load("il6_feedback_estradiol", lint=False)
    theta = jnp.asarray(study.nominal)
    at = dict(zip(study.names, study.nominal, strict=True))

    @jax.jit
    def at_once(theta):
        dishes = trajectories(study, theta, rtol=1e-6, atol=1e-9)
        return dishes, terms(study, theta, dishes), chi_squared(study, predict(study, theta, dishes))

    dishes, found, chi2 = at_once(theta)
    assert bool(dishes.ok.all())
    m, y = study.measurements, np.asarray(dishes.values)
    species = {s: i for i, s in enumerate(study.system.species)}
    by_hand = np.zeros(len(m))
    for i, row in enumerate(study.tables.measurements):
        state = y[m.lane[i], m.slot[i]]
        if row.observable == "pSTAT3_blot_time":
            median = at["scale_pSTAT3_time"] * (state[species["pS"]] + at["blank_pSTAT3_time"])
            by_hand[i] = stats.lognorm(at["noise_pSTAT3_time"], scale=median).logpdf(row.value)
        elif row.observable == "pSTAT3_degree":
            by_hand[i] = stats.norm(state[species["pS"]], at["noise_degree"]).logpdf(row.value)
        elif row.observable == "NFkB_nuclear":
            total = study.network.parameter("NF_T").value
            by_hand[i] = stats.lognorm(float(row.overrides[0]), scale=state[species["NFn"]] / total).logpdf(
                row.value
            )
        else:
            by_hand[i] = np.nan
    chosen = ~np.isnan(by_hand)
    assert chosen.sum() > 35
    np.testing.assert_allclose(np.asarray(found)[chosen], by_hand[chosen], rtol=1e-9)
    whole, ok = jax.jit(lambda x: log_likelihood(study, x, rtol=1e-6, atol=1e-9))(theta)
    assert bool(ok)
    np.testing.assert_allclose(whole, found, rtol=1e-9)
    assert float(chi2) > 0
    expected = sum(
        float(u.prior.distribution().log_prob(x)) for u, x in zip(study.unknowns, study.nominal, strict=True)
    )
    assert float(log_prior(study, theta)) == pytest.approx(expected)
