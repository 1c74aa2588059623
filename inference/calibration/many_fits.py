"""Many small fits at once: one study, many data sets, every data set a lane of the same compiled programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from inference.likelihood.problem import Priors, Problem
from inference.runs.resumable import Report
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
