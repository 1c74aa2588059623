"""A study with its scales, blanks and noises integrated out against quadrature over them by other rules."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate

from inference.likelihood.integrated_out import candidates, marginal
from inference.likelihood.likelihood import predict, terms, trajectories
from inference.study.loading import load
from inference.study.priors import Prior
from inference.study.study import StudyError, from_tables

SCALE, BLANK, NOISE, OTHER = "scale_pSTAT3_time", "blank_pSTAT3_time", "noise_pSTAT3_time", "noise_SOCS3"
DRAWS = 2000


@pytest.fixture(scope="module")
def study():
    """The reduced study with an instrument of every kind."""
    tables = load("feedback_reduced", lint=False).tables
    rows = [
        replace(
            p, estimate=True, prior=Prior("log-normal", (float(np.log(p.nominal)), 0.6), p.lower, p.upper)
        )
        if p.id in (BLANK, NOISE, OTHER)
        else p
        for p in tables.parameters
    ]
    return from_tables(replace(tables, parameters=tuple(rows)))


@pytest.fixture(scope="module")
def evaluate(study):
    """`dishes` and `seen`: the dishes of one parameter vector, solved once: read-outs alone move with a
    scale.
    """
    solved = jax.jit(lambda t: trajectories(study, t, rtol=1e-6, atol=1e-8))(jnp.asarray(study.nominal))

    def seen(theta, dishes):
        return terms(study, theta, dishes), predict(study, theta, dishes), jnp.all(dishes.ok)

    return (lambda theta: solved), seen


@pytest.fixture(scope="module")
def log_joint(study, evaluate):
    """Measurements and priors of some parameters, (point, named) of them at given values, the others
    nominal.
    """

    def run(names, values):
        where = np.array([study.names.index(n) for n in names])
        priors = [study.unknowns[i].prior.distribution() for i in where]

        def one(v):
            theta = jnp.asarray(study.nominal).at[where].set(v)
            found, _, _ = evaluate[1](theta, evaluate[0](theta))
            return found.sum() + sum(p.log_prob(x) for p, x in zip(priors, v, strict=True))

        return np.asarray(jax.jit(jax.vmap(one))(jnp.asarray(values)))

    return run


def test_the_scales_of_a_reduced_study_are_found_and_nothing_else():
    study = load("feedback_reduced", lint=False)
    assert candidates(study) == tuple(n for n in study.names if n.startswith("scale_"))
    assert SCALE in candidates(study)


def test_all_that_belongs_to_instruments_is_found(study):
    assert set(candidates(study)) == {SCALE, BLANK, NOISE, OTHER}


def test_the_marginal_likelihood_is_the_quadrature_over_the_scale(study, evaluate, log_joint):
    m = marginal(study, [SCALE], *evaluate)
    i = study.names.index(SCALE)
    centre, sd = study.unknowns[i].prior.parameters
    grid = np.linspace(centre - 4.9 * sd, centre + 4.9 * sd, 1501)
    found, ok = jax.jit(m.problem.log_likelihood)(jnp.asarray(np.delete(study.nominal, i)))
    assert bool(ok)
    assert float(found.sum()) == pytest.approx(
        _ln_integral(log_joint([SCALE], np.exp(grid)[:, None]) + grid, grid), abs=1e-4
    )
    assert SCALE not in m.problem.names


def test_blank_noise_and_scale_together_are_a_threefold_simpson_sum(study, evaluate, log_joint):
    names = [BLANK, NOISE, SCALE]
    m = marginal(study, [*names, OTHER], *evaluate)
    where = [study.names.index(n) for n in [*names, OTHER]]
    axes = [
        np.log(np.geomspace(study.unknowns[i].prior.lower, study.unknowns[i].prior.upper, 81))
        for i in where[:2]
    ]
    centre = np.log(study.nominal[where[2]])
    axes.append(np.linspace(centre - 2.5, centre + 2.5, 101))  # the scale is known to a few per cent
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    joint = np.concatenate([log_joint(names, np.exp(p)) + p.sum(1) for p in np.array_split(points, 81)])
    table = joint.reshape([len(a) for a in axes])
    top = table.max()
    inner = np.exp(table - top)
    for axis in reversed(axes):
        inner = integrate.simpson(inner, x=axis, axis=-1)
    i = where[3]  # the other instrument: its own integral in place of its terms at the nominal noise
    alone = study.measurements.observable == study.observables.index("SOCS3_protein")
    fixed = float(evaluate[1](jnp.asarray(study.nominal), evaluate[0](None))[0][alone].sum())
    grid = np.log(np.geomspace(study.unknowns[i].prior.lower, study.unknowns[i].prior.upper, 1501))
    rest = float(
        log_joint([OTHER], study.nominal[[i]][None])[0]
        - study.unknowns[i].prior.distribution().log_prob(study.nominal[i])
        - fixed
    )
    other = _ln_integral(log_joint([OTHER], np.exp(grid)[:, None]) + grid, grid) - rest
    truth = top + np.log(inner) - fixed + other
    found, ok = jax.jit(m.problem.log_likelihood)(jnp.asarray(np.delete(study.nominal, where)))
    assert bool(ok)
    assert float(found.sum()) == pytest.approx(
        float(truth), abs=2e-3
    )  # prior of the scale beyond its bounds: 5e-4


def test_completed_draws_have_the_conditional_of_the_scale(study, evaluate, log_joint):
    m = marginal(study, [SCALE], *evaluate)
    i = study.names.index(SCALE)
    rest = jnp.asarray(np.delete(study.nominal, i))
    whole, error = jax.jit(jax.vmap(lambda k: m.complete(k, rest)))(
        jax.random.split(jax.random.PRNGKey(0), DRAWS)
    )
    np.testing.assert_array_equal(np.delete(whole, i, axis=1), np.broadcast_to(rest, (DRAWS, len(rest))))
    assert float(error.max()) == 0.0  # nothing but closed forms
    _same_moments(np.log(np.asarray(whole)[:, i]), lambda b: log_joint([SCALE], np.exp(b)[:, None]) + b)


def test_completed_draws_have_the_joint_of_blank_and_noise(study, evaluate, log_joint):
    """Against the two-dimensional density on a grid, the scale held: each margin, and how the two move
    together.
    """
    names = [BLANK, NOISE]
    where = [study.names.index(n) for n in names]
    m = marginal(study, names, *evaluate)
    rest = jnp.asarray(np.delete(study.nominal, where))
    whole, error = jax.jit(jax.vmap(lambda k: m.complete(k, rest)))(
        jax.random.split(jax.random.PRNGKey(1), DRAWS)
    )
    assert 0 < float(error.max()) < 1e-3  # the nodes are few; what they miss is far below a hundredth
    drawn = np.log(np.asarray(whole)[:, where])
    axes = [
        np.log(np.geomspace(study.unknowns[i].prior.lower, study.unknowns[i].prior.upper, 121)) for i in where
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    table = (log_joint(names, np.exp(points)) + points.sum(1)).reshape(121, 121)
    weight = np.exp(table - table.max())
    for k, axis in enumerate(axes):
        _same_moments(drawn[:, k], lambda _, k=k: np.log(weight.sum(axis=1 - k) + 1e-300), grid=axis)
    mean = [np.average(a, weights=weight.sum(axis=1 - k)) for k, a in enumerate(axes)]
    together = np.sum(weight * np.outer(axes[0] - mean[0], axes[1] - mean[1])) / weight.sum()
    product = (drawn - mean).prod(axis=1)
    assert abs(product.mean() - together) < 4.5 * product.std() / np.sqrt(DRAWS)


def _ln_integral(values, grid):
    return values.max() + np.log(integrate.simpson(np.exp(values - values.max()), x=grid))


def _same_moments(drawn, log_density, grid=None):
    grid = np.linspace(drawn.min() - 1, drawn.max() + 1, 2001) if grid is None else grid
    values = log_density(grid)
    density = np.exp(values - values.max())
    mean = np.average(grid, weights=density)
    spread = np.sqrt(np.average((grid - mean) ** 2, weights=density))
    assert abs(drawn.mean() - mean) < 4.5 * spread / np.sqrt(DRAWS)
    assert drawn.std() == pytest.approx(
        spread, rel=0.1
    )  # 5 standard errors of a sd of so many draws, skewed ones too


@pytest.mark.parametrize(
    ("name", "why"), [("K_iS", "the cells depend on it"), ("k_SR", "the cells depend on it")]
)
def test_a_parameter_of_the_cell_is_refused_with_the_reason(study, evaluate, name, why):
    with pytest.raises(StudyError, match=why):
        marginal(study, [name], *evaluate)
