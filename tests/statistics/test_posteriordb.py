"""Each sampler recovers two published ODE posteriors within Monte-Carlo error (10 x 1,000 reference draws of
Stan).
"""

from dataclasses import replace

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from inference.best_fit.modes import laplace, search, starting_points
from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Problem
from inference.runs.run import Run
from inference.runs.settings import FULL
from inference.samplers import chees, nuts, smc
from inference.samplers.draws import Draws
from inference.samplers.nested_rhat import largest_by_chance, nested_rhat, normal_scores

STATISTICS = {
    "mean": (np.mean, {"method": "mean"}),
    "sd": (np.std, {"method": "sd"}),
    **{
        f"{100 * q:.0f} % quantile": (lambda x, q=q: np.quantile(x, q), {"method": "quantile", "prob": q})
        for q in (0.05, 0.5, 0.95)
    },
}
# under the hypothesis each difference is a standard normal; 4 over the 60 comparisons of one sampler: false
# alarm in 250 runs with another seed; the seeds are literals
LARGEST = 4.0


@pytest.fixture(scope="module")
def modes() -> dict:
    return {}


def start(problem: Problem, points: int, known: dict) -> tuple[np.ndarray, np.ndarray]:
    """Points around the mode, and the covariance there, found as a fit finds them."""
    if problem not in known:
        z, potential = search(
            Batch(problem, 8),
            starting_points(problem.priors, jax.random.PRNGKey(0), 8, 0.3),
            max_steps=80,
            tolerance=1e-4,
        )
        assert np.isfinite(potential[0])
        known[problem] = z[0], laplace(Batch(problem, 8), z[0])
    mode, covariance = known[problem]
    noise = np.random.default_rng(1).standard_normal((points, len(mode)))
    return mode + 0.5 * noise @ np.linalg.cholesky(covariance).T, covariance


def by_nuts(problem, folder, known, chains, warmup, draws):
    z0, covariance = start(problem, chains, known)
    longest = max(draws, warmup)
    settings = replace(
        FULL, chains=chains, warmup=warmup, draws=draws, chunk=longest, target=0.95, max_tree_depth=8
    )
    return nuts.sample(problem, settings, jnp.asarray(z0), covariance, Run(folder))


def by_chees(problem, folder, known, chains, warmup, draws):
    z0, covariance = start(problem, 8, known)
    settings = replace(FULL, chains=chains, warmup=warmup, draws=draws, chunk=50, target=0.8)
    return chees.sample(problem, settings, jnp.asarray(z0), covariance, Run(folder))


def by_smc(problem, folder, known, islands, particles, moves):
    care = smc.TemperedSmc(most_moves=moves)
    return smc.sample(problem, replace(FULL, chains=islands, draws=particles), Run(folder), care=care)


def differences(problem: Problem, drawn: Draws, reference: np.ndarray) -> dict[tuple[str, str], float]:
    """(parameter, statistic) -> difference over its own Monte-Carlo error, on ln because K_m and V_m have no
    mean.
    """
    ours = np.log(np.asarray(jax.jit(jax.vmap(jax.vmap(problem.priors.constrain)))(jnp.asarray(drawn.z))))
    theirs = np.log(reference)
    found = {}
    for i, name in enumerate(problem.names):
        for label, (statistic, how) in STATISTICS.items():
            error = np.hypot(az.mcse(ours[..., i], **how), az.mcse(theirs[..., i], **how))
            found[name, label] = float((statistic(ours[..., i]) - statistic(theirs[..., i])) / error)
    return found


@pytest.mark.parametrize(
    "posterior, sampler, size",
    [
        pytest.param("hares", by_nuts, (4, 150, 200), id="NUTS-hares"),
        pytest.param("compartment", by_chees, (64, 100, 40), id="ChEES-compartment"),
        pytest.param("compartment", by_smc, (8, 96, 15), id="SMC-compartment"),
        pytest.param("compartment", by_nuts, (8, 400, 800), id="NUTS-compartment", marks=pytest.mark.slow),
        pytest.param("hares", by_chees, (128, 300, 150), id="ChEES-hares", marks=pytest.mark.slow),
        pytest.param("hares", by_smc, (16, 256, 40), id="SMC-hares", marks=pytest.mark.slow),
        pytest.param(
            "compartment", by_smc, (16, 512, 40), id="SMC-compartment-thousands", marks=pytest.mark.slow
        ),
    ],
)
def test_a_sampler_recovers_a_published_posterior(posterior, sampler, size, request, modes, tmp_path):
    published = request.getfixturevalue(posterior)
    drawn = sampler(published.problem, tmp_path, modes, *size)
    found = differences(published.problem, drawn, published.draws)
    worst = max(found, key=lambda k: abs(found[k]))
    assert abs(found[worst]) < LARGEST, f"{worst}: {found[worst]:.1f} Monte-Carlo errors away; all: {found}"
    for x in np.moveaxis(drawn.z, -1, 0):
        groups = normal_scores(x).reshape(drawn.superchains, -1, x.shape[1])
        effective = 1 / np.mean([1 / az.ess(g, method="mean") for g in groups])
        assert nested_rhat(x, drawn.superchains) < largest_by_chance(effective, drawn.superchains, 1e-4)


def test_the_reference_draws_have_the_moments_their_authors_print(hares, compartment):
    # means (sd) printed with the posteriors; half a unit of the last digit
    np.testing.assert_allclose(hares.draws.mean((0, 1))[:4], [0.547, 0.0277, 0.800, 0.0241], atol=6e-4)
    np.testing.assert_allclose(compartment.draws[..., 0].mean(), 0.761, atol=6e-4)


def test_gradients_of_the_published_posteriors_agree_with_differences(hares, compartment):
    for published in (hares, compartment):
        z = published.problem.priors.unconstrain(jnp.asarray(np.median(published.draws, axis=(0, 1))))
        step = 1e-3 * np.eye(len(z))
        value, slope = jax.jit(jax.vmap(jax.value_and_grad(published.problem.potential)))(
            jnp.concatenate([z + step, z - step, z[None]])
        )
        apart = (value[: len(z)] - value[len(z) : -1]) / 2e-3
        # tolerance 1e-6 of the solver over the step 2e-3, times the curvature of ln
        np.testing.assert_allclose(slope[-1], apart, rtol=2e-3, atol=2e-2)
