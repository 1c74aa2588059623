"""Many small fits at once: one study, many data sets, every data set a lane of the same compiled programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]  # its documented door
from jaxtyping import Array, Bool, Float
from numpyro.infer import NUTS

from inference.likelihood.many_points import WALL
from inference.likelihood.problem import Priors, Problem
from inference.runs.resumable import Report, Seen
from inference.runs.run import Run
from inference.samplers import random_walk_smc

# a walk is poor above this correlation with its start, or below this share of steps taken (our choice)
LEFT, FEW = 0.5, 0.05


@dataclass(frozen=True, eq=False)
class Family:
    """Posteriors that differ in their data alone.

    Attributes:
        priors: the same for all.
        simulate: (parameters, key) -> (data (measurement,), could the network be solved?): how data really
            arise.
        log_likelihood: (parameters, data) -> (terms (measurement,), ok): what the analyst believes.
        identity: what the data and the beliefs depend on, so that work on another family is not gone on with.
    """

    priors: Priors
    simulate: Callable[
        [Float[Array, " parameter"], Array], tuple[Float[Array, " measurement"], Bool[Array, ""]]
    ]
    log_likelihood: Callable[
        [Float[Array, " parameter"], Float[Array, " measurement"]],
        tuple[Float[Array, " measurement"], Bool[Array, ""]],
    ]
    identity: Mapping[str, Any] = field(default_factory=dict)

    def problem(self, data: Float[Array, " measurement"]) -> Problem:
        """The posterior of one data set."""
        return Problem(self.priors, lambda theta: self.log_likelihood(theta, data))


@dataclass(frozen=True)
class NutsLengths:
    """How each data set is fitted: a search from `starts` draws of the prior, then NUTS with the metric found
    there.

    `draws` are kept of `draws * thin` after `warmup`. All data sets of a batch wait for the one with the
    deepest tree, so `max_tree_depth` is low.
    """

    fits: int
    batch: int
    draws: int
    thin: int = 2
    warmup: int = 30
    starts: int = 2
    search_steps: int = 60
    target: float = 0.8
    max_tree_depth: int = 5


@dataclass(frozen=True)
class Fits:
    """Truths and draws, unconstrained.

    Attributes:
        truth: (fit, parameter).
        z: (fit, draw, parameter).
        truth_log_likelihood, log_likelihood: (fit,) and (fit, draw), of both.
        poor: (fit,) whose draws are too dependent, that diverged, or that could not be done.
    """

    truth: np.ndarray
    z: np.ndarray
    truth_log_likelihood: np.ndarray
    log_likelihood: np.ndarray
    poor: np.ndarray


def one_batch(family: Family, plan: NutsLengths, seed: int) -> Callable[[Any], Seen]:
    """The function that draws truths and data and fits each data set, for the batch of a number: what it
    gives depends on nothing but these. Its programs are compiled once for all batches.

    A truth at which the network cannot be solved is drawn again (the prior is then the prior given that it
    can be). Neither start nor metric knows the truth.
    """
    root, priors = jax.random.PRNGKey(seed), family.priors
    solver = optx.BFGS(rtol=1e-5, atol=1e-5)

    def potential(z: Array, data: Array) -> Array:
        return family.problem(data).potential(z)

    def walled(z: Array, data: Array) -> Array:
        # a finite wall where the network cannot be solved, so that the line search steps back
        value = potential(z, data)
        return jnp.where(jnp.isfinite(value), value, WALL)

    @jax.jit
    def searched(z0: Array, data: Array) -> tuple[Array, Array]:
        def one(z: Array, d: Array) -> tuple[Array, Array]:
            best = optx.minimise(walled, solver, z, args=d, max_steps=plan.search_steps, throw=False).value
            return best, walled(best, d)

        return jax.vmap(one)(z0, data)

    @jax.jit
    def densities(z: Array, data: Array) -> tuple[Array, Array]:
        prior = jax.vmap(jax.vmap(priors.log_density_unconstrained))(z)
        return prior, jax.vmap(potential)(z[:, 0], data)

    slope = jax.jit(lambda z, data: jax.vmap(jax.grad(potential))(z, data))
    truths, sampled = _truths(family, plan), _chains(potential, plan)

    def batch(number: Any) -> Seen:
        draw_truth, around, walk_key = jax.random.split(jax.random.fold_in(root, int(number)), 3)
        truth, data, z0, good = truths(draw_truth)
        ends = [searched(z, data) for z in z0]
        best = jnp.argmin(jnp.stack([v for _, v in ends]), 0)[None, :, None]
        mode = jnp.take_along_axis(jnp.stack([z for z, _ in ends]), best, 0)[0]
        covariance = _metric(slope, mode, data)
        noise = np.asarray(jax.random.normal(around, mode.shape))
        begin = mode + np.einsum("fij,fj->fi", np.linalg.cholesky(covariance), noise)
        begin = jnp.where(jnp.isfinite(jax.vmap(walled)(begin, data) + 0.0)[:, None], begin, mode)
        drawn = sampled(walk_key, begin, data, jnp.asarray(covariance))
        z, energy, diverging = (np.asarray(x)[:, plan.warmup :] for x in drawn)
        log_prior, _ = densities(jnp.asarray(z), data)
        at_truth, energy_truth = densities(truth[:, None], data)
        ess = _effective(z)
        poor = (np.nan_to_num(ess).min(1) < 0.4 * plan.draws) | (diverging.mean(1) > 0.02) | ~np.asarray(good)
        return {
            "truth": np.asarray(truth),
            "z": z[:, :: plan.thin],
            "truth_log_likelihood": -np.asarray(energy_truth) - np.asarray(at_truth)[:, 0],
            "log_likelihood": (-energy - np.asarray(log_prior))[:, :: plan.thin],
            "poor": poor,
            "ess": ess,
        }

    return batch


def _effective(z: np.ndarray) -> np.ndarray:
    """(fit, parameter) effective sample size of draws (fit, draw, parameter)."""
    return np.stack(
        [
            [array_stats.ess(z[f, :, p][None], chain_axis=0, draw_axis=1) for p in range(z.shape[2])]
            for f in range(len(z))
        ]
    )


def _truths(family: Family, plan: NutsLengths) -> Callable[[Array], tuple[Array, Array, Array, Array]]:
    """The program that draws truths and data: truth, data, starts of the searches, could it be solved?"""
    priors = family.priors

    @jax.jit
    def truths(key: Array) -> tuple[Array, Array, Array, Array]:
        own, noise, other = jax.random.split(key, 3)
        theta = priors.draw(own, 2 * plan.batch)
        data, ok = jax.vmap(family.simulate)(theta, jax.random.split(noise, 2 * plan.batch))
        good = ok & jnp.all(jnp.isfinite(data), axis=1)
        first = jnp.argsort(~good, stable=True)[: plan.batch]
        z0 = jax.vmap(priors.unconstrain)(priors.draw(other, plan.batch * plan.starts))
        centre = jnp.median(z0, axis=0)
        z0 = centre + 0.5 * (z0 - centre)  # a full draw of a wide prior often lies where the gradient is flat
        return (
            jax.vmap(priors.unconstrain)(theta[first]),
            data[first],
            z0.reshape(plan.starts, plan.batch, -1),
            good[first],
        )

    return truths


def _metric(slope: Callable[[Array, Array], Array], z: Array, data: Array) -> np.ndarray:
    """Inverse Hessian at each mode; what the data leave free gets the prior's spread at most."""
    n, step = z.shape[1], 1e-3
    columns = [(slope(z + step * e, data) - slope(z - step * e, data)) / (2 * step) for e in jnp.eye(n)]
    hessian = np.nan_to_num(np.stack([np.asarray(c) for c in columns], axis=1))
    values, vectors = np.linalg.eigh((hessian + hessian.swapaxes(1, 2)) / 2)
    return np.einsum("fij,fj,fkj->fik", vectors, 1 / np.clip(values, 0.25, 1e8), vectors)


def _chains(
    potential: Callable[[Array, Array], Array], plan: NutsLengths
) -> Callable[[Array, Array, Array, Array], tuple[Array, Array, Array]]:
    """The program that draws a chain for each data set: positions, energies, which diverged."""

    def kernel(data: Array, covariance: Array) -> NUTS:
        return NUTS(
            potential_fn=lambda z: potential(z, data),
            dense_mass=True,
            inverse_mass_matrix=covariance,
            adapt_mass_matrix=False,
            adapt_step_size=False,
            max_tree_depth=plan.max_tree_depth,
            step_size=0.9 / covariance.shape[0] ** 0.25,
        )

    def one(key: Array, z: Array, data: Array, covariance: Array) -> tuple[Array, Array, Array]:
        own = kernel(data, covariance)
        state = own.init(key, 0, z, (), {})

        def step(carry: Any, i: Array) -> tuple[Any, tuple[Array, Array, Array]]:
            s, log_size, mean = carry
            warming = i < plan.warmup
            size = jnp.exp(jnp.where(warming, log_size, mean))
            s = own.sample(s._replace(adapt_state=s.adapt_state._replace(step_size=size)), (), {})
            gain = 2.0 * (i + 1.0) ** -0.6  # Robbins-Monro; the second half of the warm-up is averaged
            log_size = jnp.where(warming, log_size + gain * (s.accept_prob - plan.target), log_size)
            late = jnp.maximum(i - plan.warmup // 2, 0) + 1.0
            mean = jnp.where(warming, mean + (log_size - mean) / late, mean)
            return (s, log_size, mean), (s.z, s.potential_energy, s.diverging)

        log_size = jnp.log(state.adapt_state.step_size)
        return jax.lax.scan(
            step, (state, log_size, log_size), jnp.arange(plan.warmup + plan.draws * plan.thin)
        )[1]

    @jax.jit
    def sampled(key: Array, z0: Array, data: Array, covariance: Array) -> tuple[Array, Array, Array]:
        return jax.vmap(one)(jax.random.split(key, len(z0)), z0, data, covariance)

    return sampled


def fit(
    family: Family,
    plan: NutsLengths,
    seed: int,
    run: Run,
    report: Report | None = None,
    work: Callable[[Any], Seen] | None = None,
) -> Fits | None:
    """Draw truths and data, and fit each data set by NUTS; one file a batch, going on from those that are
    there.

    Args:
        work: `one_batch` of the same, made in such a way that the executor of the run takes it; None: made
            here, and run without the executor.

    Returns:
        None if the work was stopped.
    """
    identity = {
        "what": "many fits",
        "plan": asdict(plan),
        "seed": seed,
        "parameters": list(family.priors.names),
        **family.identity,
    }
    here = replace(run, executor=None) if work is None else run
    seen = here.apart(identity, work or one_batch(family, plan, seed), -(-plan.fits // plan.batch), report)
    if seen is None:
        return None
    return Fits(**{f.name: np.concatenate([s[f.name] for s in seen])[: plan.fits] for f in fields(Fits)})


def invented(family: Family, fits: int, seed: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Truths (fit, parameter), unconstrained, from the prior, and the data (fit, measurement) that each
    makes.

    Truths at which the network cannot be solved are left out (the prior is then the prior given that it can
    be).
    """
    priors = family.priors

    @jax.jit
    def block(key: Array) -> tuple[Array, Array, Array]:
        own, noise = jax.random.split(key)
        theta = priors.draw(own, width)
        data, ok = jax.vmap(family.simulate)(theta, jax.random.split(noise, width))
        return jax.vmap(priors.unconstrain)(theta), data, ok & jnp.all(jnp.isfinite(data), axis=1)

    found: list[tuple[np.ndarray, np.ndarray]] = []
    for i in range(20 + 4 * fits // width):
        truth, data, good = (np.asarray(x) for x in block(jax.random.fold_in(jax.random.PRNGKey(seed), i)))
        found.append((truth[good], data[good]))
        if sum(len(t) for t, _ in found) >= fits:
            truths, datas = (np.concatenate(x)[:fits] for x in zip(*found, strict=True))
            return truths, datas
    raise RuntimeError(
        "the network can hardly be solved anywhere in the prior: check units and bounds in parameters.tsv"
    )


def walk(
    family: Family,
    fits: int,
    plan: random_walk_smc.Walkers,
    seed: int,
    run: Run,
    report: Report | None = None,
    work: random_walk_smc.Points | None = None,
) -> Fits | None:
    """Draw truths and data, and fit all data sets side by side by tempered random walks; goes on from
    what is there.

    A fit is poor if its particles still remember where their last walk began, or hardly move. None if the
    work was stopped.

    Args:
        work: `random_walk_smc.points` of the family, made in such a way that the executor of the run takes
            it; None: made here.
    """
    truth, data = invented(family, fits, seed, min(plan.width, 256))
    found = random_walk_smc.sample(
        family.priors, family.log_likelihood, data, plan, seed, run, report, family.identity, work
    )
    if found is None:
        return None
    priors = family.priors
    terms, _ = jax.jit(jax.vmap(family.log_likelihood))(
        jax.vmap(priors.constrain)(jnp.asarray(truth)), jnp.asarray(data)
    )
    return Fits(
        truth=truth,
        z=found.z,
        truth_log_likelihood=np.asarray(terms).sum(1),
        log_likelihood=found.log_likelihood,
        poor=(found.left > LEFT) | (found.accepted < FEW),
    )
