"""A study with its scales integrated out against quadrature over them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from inference.likelihood import predict, terms, trajectories
from inference.marginal import candidates, marginal
from inference.study import StudyError, load

SCALE = "scale_pSTAT3_time"


@pytest.fixture(scope="module")
def study():
    return load("feedback_reduced", lint=False)


@pytest.fixture(scope="module")
def evaluate(study):
    """The dishes of one parameter vector, solved once: read-outs alone move with a scale."""
    dishes = jax.jit(lambda t: trajectories(study, t, rtol=1e-6, atol=1e-8))(jnp.asarray(study.nominal))

    def evaluate(theta):
        return terms(study, theta, dishes), predict(study, theta, dishes), jnp.all(dishes.ok)

    return evaluate


def test_the_scales_of_the_study_are_found_and_nothing_else(study):
    assert candidates(study) == tuple(n for n in study.names if n.startswith("scale_"))
    assert SCALE in candidates(study)


def test_the_marginal_likelihood_is_the_quadrature_over_the_scale(study, evaluate):
    m = marginal(study, [SCALE], evaluate)
    i = study.names.index(SCALE)
    prior = study.unknowns[i].prior
    centre, sd = prior.parameters

    @jax.jit
    def log_joint(ln_s):
        found, _, _ = evaluate(jnp.asarray(study.nominal).at[i].set(jnp.exp(ln_s)))
        return found.sum() - 0.5 * ((ln_s - centre) / sd) ** 2 - jnp.log(sd * jnp.sqrt(2 * jnp.pi))

    grid = np.linspace(centre - 8 * sd, centre + 8 * sd, 1501)
    values = np.asarray(jax.vmap(log_joint)(jnp.asarray(grid)))
    top = values.max()
    truth = top + np.log(integrate.simpson(np.exp(values - top), x=grid))
    found, ok = jax.jit(m.problem.log_likelihood)(jnp.asarray(np.delete(study.nominal, i)))
    assert bool(ok)
    assert float(found.sum()) == pytest.approx(truth, abs=1e-6)
    assert SCALE not in m.problem.names


def test_completed_draws_have_the_conditional_of_the_scale(study, evaluate):
    m = marginal(study, [SCALE], evaluate)
    i = study.names.index(SCALE)
    rest = jnp.asarray(np.delete(study.nominal, i))
    whole = np.asarray(jax.jit(jax.vmap(lambda k: m.complete(k, rest)))(jax.random.split(jax.random.PRNGKey(0), 4000)))
    np.testing.assert_array_equal(np.delete(whole, i, axis=1), np.broadcast_to(rest, (4000, len(rest))))
    centre, sd = study.unknowns[i].prior.parameters
    log_joint = jax.jit(jax.vmap(lambda b: evaluate(jnp.asarray(study.nominal).at[i].set(jnp.exp(b)))[0].sum()
                                 - 0.5 * ((b - centre) / sd) ** 2))
    grid = np.linspace(np.log(whole[:, i]).min() - 1, np.log(whole[:, i]).max() + 1, 2001)
    density = np.exp(np.asarray(log_joint(jnp.asarray(grid))) - np.asarray(log_joint(jnp.asarray(grid))).max())
    mean = np.average(grid, weights=density)
    spread = np.sqrt(np.average((grid - mean) ** 2, weights=density))
    assert abs(np.log(whole[:, i]).mean() - mean) < 4.5 * spread / np.sqrt(4000)
    assert np.log(whole[:, i]).std() == pytest.approx(spread, rel=0.06)  # 5 standard errors of a sd of 4,000


def test_a_parameter_of_the_cell_is_refused_with_the_reason(study, evaluate):
    with pytest.raises(StudyError, match="the cells depend on it"):
        marginal(study, ["K_iS"], evaluate)
