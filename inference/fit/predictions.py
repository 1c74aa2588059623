"""From the draws of a sampler to all that a run keeps: every parameter, its likelihood, simulated
measurements.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from inference.fit.drawn import Drawn
from inference.likelihood.integrated_out import Marginal
from inference.likelihood.new_measurements import replicate
from inference.likelihood.reduced_parts import Split
from inference.likelihood.study_posterior import problem_of
from inference.runs.run import Run
from inference.runs.settings import Settings
from inference.samplers.draws import Draws
from models.engine.blocks import Block

BATCH = 32  # parameter sets simulated at once when predictions are made
LEAST_PRIOR = 4000  # draws of the prior that are kept at least; so many cost nothing


@dataclass(frozen=True)
class Predicted:
    """Of each parameter set: log-likelihood, noise-free and new measurements, could it be solved?"""

    log_likelihood: np.ndarray
    expected: np.ndarray
    replicated: np.ndarray
    ok: np.ndarray


def predicted(
    parts: Split,
    settings: Settings,
    theta: Float[np.ndarray, "set parameter"],
    key: Array,
    run: Run,
    title: str,
) -> Predicted:
    """Every measurement of the study at each parameter set."""

    @jax.jit
    @jax.vmap
    def many(theta: Array, key: Array) -> tuple[Array, ...]:
        found, prediction, ok = parts.evaluate(theta, rtol=settings.rtol, atol=settings.atol)
        return found, prediction.value, replicate(parts.whole, prediction, key), ok

    keys = jax.random.split(key, len(theta))
    return Predicted(*run.in_blocks(lambda b: many(*_block(b, theta, keys)), len(theta), BATCH, title))


def completed(
    sampled: Marginal, theta: Float[np.ndarray, "set parameter"], key: Array, run: Run
) -> tuple[np.ndarray, np.ndarray]:
    """All parameters, those that were integrated out drawn again, and the error of each quadrature."""
    if not len(sampled.gone):
        return theta, np.zeros(len(theta))
    whole = jax.jit(jax.vmap(lambda theta, key: sampled.complete(key, theta)))
    keys = jax.random.split(key, len(theta))
    return run.in_blocks(lambda b: whole(*_block(b, theta, keys)), len(theta), BATCH, "instruments")


def _block(block: Block, theta: np.ndarray, keys: Array) -> tuple[Array, Array]:
    return jnp.asarray(theta[block.rows]), keys[block.rows]


def all_drawn(parts: Split, sampled: Marginal, settings: Settings, draws: Draws, run: Run) -> Drawn:
    """All parameters and the log-likelihood of every draw, and simulated measurements of them and of the
    prior.
    """
    theta = np.asarray(jax.jit(jax.vmap(jax.vmap(sampled.problem.priors.constrain)))(jnp.asarray(draws.z)))
    chains, number, size = theta.shape
    problem = problem_of(parts, rtol=settings.rtol, atol=settings.atol)
    kept = np.arange(number)  # all, so that leave-one-out of ArviZ finds a prediction beside each likelihood
    key_prior, key_new, key_new_prior = jax.random.split(jax.random.PRNGKey(settings.seed + 1), 3)
    flat, quadrature = completed(sampled, theta.reshape(-1, size), jax.random.fold_in(key_new, 1), run)
    posterior = predicted(parts, settings, flat, key_new, run, "posterior")
    prior_theta = np.asarray(problem.priors.draw(key_prior, max(settings.prior_draws, LEAST_PRIOR)))
    prior = predicted(parts, settings, prior_theta[: settings.prior_draws], key_new_prior, run, "prior")
    log_prior = np.asarray(jax.jit(jax.vmap(problem.priors.log_density))(jnp.asarray(flat)))
    shape = (chains, number, -1)
    return Drawn(
        theta=flat.reshape(shape),
        log_likelihood=posterior.log_likelihood.reshape(shape),
        log_prior=log_prior.reshape(shape),
        expected=posterior.expected.reshape(shape)[:, kept],
        replicated=posterior.replicated.reshape(shape)[:, kept],
        kept=kept,
        prior_theta=prior_theta,
        prior_expected=np.where(prior.ok[:, None], prior.expected, np.nan),
        prior_replicated=np.where(prior.ok[:, None], prior.replicated, np.nan),
        ok=posterior.ok.reshape(chains, number),
        prior_ok=prior.ok,
        mode_potentials=draws.mode_potentials,
        mode_mass=draws.mode_mass,
        superchains=draws.superchains,
        log_evidence=draws.log_evidence,
        stats=dict(draws.stats) | {"quadrature_error": quadrature.reshape(chains, number)},
    )
