"""Tempered sequential Monte Carlo by random walks: many posteriors at once, from values of the likelihood
alone.

The engine solves thousands of dishes in the time of a few gradients, so for a dozen unknowns the plainest
moves are the cheapest. Particles start from the prior; a power of the likelihood rises from 0 to 1, for each
problem as fast as the effective sample size allows (Del Moral, Doucet & Jasra 2006); after each rise
particles are resampled and walk by Metropolis steps. Each half of them takes steps shaped like the other
half: steps shaped like the cloud that moves would leave it too narrow. At power 1 they walk on until they
have forgotten where they were, so what is left of the start is measured and not assumed. The evidence of
every problem comes along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Bool, Float

from inference.likelihood.many_points import mesh_for
from inference.likelihood.problem import Priors
from inference.runs.resumable import Report, Seen, State
from inference.runs.run import Run
from models.engine import blocks

UNSOLVED = -1e30  # log-likelihood where the network cannot be solved: finite, so that the power 0 of it is 1
TARGET = 0.25  # share of steps taken: between what is best for one dimension (0.44) and for many (0.23)
JITTER = 0.5  # sd of ln of the length of a step, so that narrow and wide places are both crossed (our choice)
Points = Callable[
    [Float[Array, "point parameter"], Any], tuple[Float[Array, " point"], Float[Array, " point"]]
]
LogLikelihood = Callable[
    [Float[Array, " parameter"], Any], tuple[Float[Array, " measurement"], Bool[Array, ""]]
]


@dataclass(frozen=True)
class Walkers:
    """How many particles, and how long they walk.

    Attributes:
        particles: of each problem.
        moves: steps after each rise of the power, and in each piece of the walk at power 1.
        last: steps at power 1 of the problem that gets there last.
        width: points evaluated by one program.
        ess: share of the particles that must stay effective at each rise.
    """

    particles: int
    moves: int
    last: int
    width: int = 2048
    ess: float = 0.5


@dataclass(frozen=True)
class Tempered:
    """`z` (problem, particle, parameter) unconstrained, `log_likelihood` (problem, particle), `log_evidence`
    (problem,).

    Attributes:
        left: (problem,) largest correlation, over parameters, of particles with where they were when the walk
            at power 1
            began; `accepted`: share of its steps that were taken.
    """

    z: np.ndarray
    log_likelihood: np.ndarray
    log_evidence: np.ndarray
    left: np.ndarray
    accepted: np.ndarray


def rise(
    log_likelihood: Float[np.ndarray, "problem particle"], power: Float[np.ndarray, " problem"], ess: float
) -> np.ndarray:
    """(problem,) the highest power at which each problem keeps `ess` of its particles effective; 1 at
    most.
    """

    def share(p: np.ndarray) -> np.ndarray:
        log_w = (p - power)[:, None] * log_likelihood
        w = np.exp(log_w - log_w.max(1, keepdims=True))
        return w.sum(1) ** 2 / (w**2).sum(1) / w.shape[1]

    low, high = power.copy(), np.ones_like(power)
    done = share(high) >= ess
    for _ in range(60):
        middle = (low + high) / 2
        enough = share(middle) >= ess
        low, high = np.where(enough, middle, low), np.where(enough, high, middle)
    return np.where(done, 1.0, np.where(low > power, low, high))


def resampled(rng: np.random.Generator, log_w: Float[np.ndarray, "problem particle"]) -> np.ndarray:
    """(problem, particle) whom each new particle copies: systematic resampling, which copies no more than it
    must.
    """
    n = log_w.shape[1]
    w = np.exp(log_w - log_w.max(1, keepdims=True))
    ends = np.cumsum(w, axis=1) / w.sum(1, keepdims=True)
    at = (np.arange(n) + rng.random((len(w), 1))) / n
    return np.minimum((ends[:, None, :] < at[:, :, None]).sum(2), n - 1)


def points(priors: Priors, log_likelihood: LogLikelihood, width: int) -> Points:
    """The program that a walk asks again and again: log-likelihood and log prior density of `width` points.

    A point at which the network cannot be solved has the log-likelihood `UNSOLVED`.
    """
    spec = PartitionSpec("chain")

    def one(z: Array, own: Any) -> tuple[Array, Array]:
        terms, ok = log_likelihood(priors.constrain(z), own)
        value = jnp.sum(terms)
        return jnp.where(ok & jnp.isfinite(value), value, UNSOLVED), priors.log_density_unconstrained(z)

    many = jax.shard_map(jax.vmap(one), mesh=mesh_for(width), in_specs=spec, out_specs=spec, check_vma=False)
    return jax.jit(many)


class Particles(NamedTuple):
    """All problems between two rises of the power.

    Attributes:
        z, origin: (problem, particle, parameter) unconstrained, now and when the walk at power 1 began.
        like, prior: (problem, particle) log densities.
        power, log_evidence, log_step: (problem,).
        walked: steps at power 1.
    """

    z: np.ndarray
    like: np.ndarray
    prior: np.ndarray
    power: np.ndarray
    log_evidence: np.ndarray
    log_step: np.ndarray
    walked: np.ndarray
    origin: np.ndarray


@dataclass(frozen=True, eq=False)
class _Walks:
    """From rise to rise; `ask`: the program of one block of points, and `by` what asks it block by block."""

    priors: Priors
    plan: Walkers
    seed: int
    data: Any
    ask: Points
    by: Callable[..., Any]

    @property
    def problems(self) -> int:
        """How many posteriors."""
        return len(jax.tree.leaves(self.data)[0])

    def evaluate(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(problem, particle) log-likelihood and log prior at (problem, particle, parameter)."""
        problems, own, size = z.shape
        flat, of = z.reshape(-1, size), np.repeat(np.arange(problems), own)
        found = self.by(
            self.ask,
            lambda b: (flat[b.rows], jax.tree.map(lambda x: x[of[b.rows]], self.data)),
            len(flat),
            self.plan.width,
        )
        like, prior = (x.reshape(problems, own) for x in found)
        return like, np.where(np.isnan(prior), -np.inf, prior)

    def begin(self) -> Particles:
        """Draws of the prior."""
        n, size = self.problems, len(self.priors.names)
        drawn = jax.jit(
            lambda k: jax.vmap(self.priors.unconstrain)(self.priors.draw(k, n * self.plan.particles))
        )(jax.random.PRNGKey(self.seed))
        z = np.asarray(drawn).reshape(n, self.plan.particles, size)
        log_step = np.full(n, np.log(2.38 / np.sqrt(size)))
        return Particles(z, *self.evaluate(z), np.zeros(n), np.zeros(n), log_step, np.asarray(0), z)

    def advance(self, i: int, state: State) -> tuple[Particles, Seen]:
        """One rise, and the steps after it."""
        was = Particles(*(np.asarray(x) for x in state))
        rng = np.random.default_rng([self.seed, i])
        p = self.raised(was, rng)
        if was.power.min() < 1:
            p = p._replace(origin=p.z)
        taken = np.zeros(self.problems)
        for _ in range(self.plan.moves):
            p, moved = self.moved(p, rng)
            taken += moved / self.plan.moves
        if was.power.min() == 1:
            p = p._replace(walked=p.walked + self.plan.moves)
        left = correlation(p.origin, p.z)
        return p, {"power": p.power, "accepted": taken, "walked": p.walked, "left": left}

    def raised(self, p: Particles, rng: np.random.Generator) -> Particles:
        """Weighted by what the power has risen, and resampled."""
        power = rise(p.like, p.power, self.plan.ess)
        log_w = (power - p.power)[:, None] * p.like
        top = log_w.max(1)
        copied = np.where((power > p.power)[:, None], resampled(rng, log_w), np.arange(self.plan.particles))
        return p._replace(
            z=np.take_along_axis(p.z, copied[:, :, None], 1),
            like=np.take_along_axis(p.like, copied, 1),
            prior=np.take_along_axis(p.prior, copied, 1),
            power=power,
            log_evidence=p.log_evidence + top + np.log(np.exp(log_w - top[:, None]).mean(1)),
        )

    def moved(self, p: Particles, rng: np.random.Generator) -> tuple[Particles, np.ndarray]:
        """One step of each half, shaped like the other; and (problem,) the share of steps taken."""
        z, like, prior = p.z.copy(), p.like.copy(), p.prior.copy()
        halves = (np.arange(0, self.plan.particles, 2), np.arange(1, self.plan.particles, 2))
        moved = np.zeros(self.problems)
        for own, other in (halves, halves[::-1]):
            here = z[:, own]
            length = np.exp(p.log_step[:, None] + JITTER * rng.standard_normal(here.shape[:2]))
            new = here + length[..., None] * np.einsum(
                "fij,fnj->fni", spread(z[:, other]), rng.standard_normal(here.shape)
            )
            there, before = self.evaluate(new)
            gain = p.power[:, None] * (there - like[:, own]) + before - prior[:, own]
            yes = np.log(rng.random(there.shape)) < gain
            z[:, own] = np.where(yes[..., None], new, here)
            like[:, own] = np.where(yes, there, like[:, own])
            prior[:, own] = np.where(yes, before, prior[:, own])
            moved += yes.sum(1) / self.plan.particles
        log_step = p.log_step + 0.5 * (moved - TARGET)
        return p._replace(z=z, like=like, prior=prior, log_step=log_step), moved


def sample(
    priors: Priors,
    log_likelihood: LogLikelihood,
    data: Any,
    plan: Walkers,
    seed: int,
    run: Run,
    report: Report | None = None,
    belongs: Mapping[str, Any] | None = None,
    work: Points | None = None,
) -> Tempered | None:
    """Draws of the posterior of every problem, one file a rise of the power, going on from those
    that are there.

    Args:
        priors: the same for all problems.
        log_likelihood: (parameters, data of one problem) -> (terms, could it be solved?).
        data: arrays with a leading axis of problems.
        belongs: what the likelihood depends on; a folder made for something else is refused.
        work: `points` of these priors, this likelihood and the width of the plan, made in such a way that the
            executor of the run takes it; None: made and asked here.

    Returns:
        None if the work was stopped before it was done.
    """
    by = blocks.spread if work is None else run.spread
    walk = _Walks(priors, plan, seed, data, work or points(priors, log_likelihood, plan.width), by)
    identity = {
        "sampler": "tempered random walks, in halves",
        "plan": asdict(plan),
        "seed": seed,
        "parameters": list(priors.names),
        "problems": walk.problems,
        **(belongs or {}),
    }
    last: list[Particles] = []

    def finished(i: int, state: State) -> bool:
        last[:] = [Particles(*map(np.asarray, state))]
        return float(np.min(last[0].power)) == 1.0 and int(last[0].walked) >= plan.last

    seen = run.pieces(identity, walk.begin, finished, walk.advance, report)
    if seen is None:
        return None
    end = last[0]
    return Tempered(end.z, end.like, end.log_evidence, seen[-1]["left"], seen[-1]["accepted"])


def spread(
    z: Float[np.ndarray, "problem particle parameter"],
) -> Float[np.ndarray, "problem parameter parameter"]:
    """Cholesky factors of the covariance of each cloud; towards its diagonal where the particles are too few
    to tell it.
    """
    particles, size = z.shape[1:]
    centred = z - z.mean(1, keepdims=True)
    found = np.einsum("fni,fnj->fij", centred, centred) / max(particles - 1, 1)
    alone = max(0.0, 1.0 - (particles - 1) / (2 * size))
    diagonal = np.einsum("fii->fi", found)[:, :, None] * np.eye(size)
    return np.linalg.cholesky((1 - alone) * found + alone * diagonal + 1e-9 * np.eye(size))


def correlation(
    before: Float[np.ndarray, "problem particle parameter"],
    after: Float[np.ndarray, "problem particle parameter"],
) -> Float[np.ndarray, " problem"]:
    """(problem,) largest correlation, over parameters, of particles with where they were."""
    a, b = before - before.mean(1, keepdims=True), after - after.mean(1, keepdims=True)
    return np.max(np.abs((a * b).sum(1)) / np.sqrt((a**2).sum(1) * (b**2).sum(1) + 1e-300), axis=1)
