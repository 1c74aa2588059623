"""Tempered sequential Monte Carlo: thousands of particles from the prior to the posterior, and the evidence
on the way.

The likelihood enters by a power that rises from 0 to 1, each time as far as the weights allow. After
resampling,
BlackJAX's HMC moves every particle until the cloud has forgotten where it was (the number of moves is found
anew at
every temperature, after Buchholz, Chopin & Jacob, Bayesian Analysis 2021). Islands are independent runs that
share
temperatures and metric only: their agreement is a check, and their evidences give its error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, final

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Float

from inference.likelihood.many_points import mesh_for
from inference.likelihood.problem import Problem
from inference.runs.resumable import Report, Seen, State
from inference.runs.run import Run
from inference.runs.settings import Settings, Sizes
from inference.samplers.draws import STATS, Draws, evidence
from inference.samplers.sampler import Sampler

# acceptance probability aimed at, at most (our choice)
TARGET = 0.8
UNSOLVED = -1e30  # log-likelihood where the network cannot be solved: finite, so that the power 0 of it is 1


@final
@dataclass(frozen=True)
class TemperedSmc(Sampler):
    """Tempered SMC: as many islands as chains, of as many particles each as draws, from the prior.

    Attributes:
        ess: share of the particles that must stay effective at each step of the temperature.
        forget: the moves of a temperature end when no parameter correlates more than this with where it was.
        most_moves: end them after so many in any case (the largest correlation left is kept in the result).
        longest_move: most leapfrog steps of a move.
    """

    name: ClassVar[str] = "smc"
    words: ClassVar[str] = "tempered SMC: from the prior, needs no mode, finds several, gives the evidence"
    full: ClassVar[Sizes] = Sizes(16, 0, 128)  # these sizes are our choice
    quick: ClassVar[Sizes] = Sizes(4, 0, 32)
    packages: ClassVar[tuple[tuple[str, str], ...]] = (("blackjax", "BlackJAX"),)
    ess: float = 0.5
    forget: float = 0.15
    most_moves: int = 20
    longest_move: int = 31

    def run(self, problem: Problem, settings: Settings, run: Run) -> Draws | None:
        """Raise the likelihood from power 0 to 1."""
        self.require()
        run.say(
            f"Sampling: tempered SMC, {settings.chains} islands of {settings.draws} particles (the first "
            "moves include compilation) ..."
        )
        with run.bar("power of the likelihood, %", 100) as bar:

            def report(i: int, seen: Seen) -> None:
                value, _ = evidence(seen["log_evidence"])
                bar.to(
                    round(100 * float(seen["power"])),
                    f"{int(seen['moves'])} moves, {100 * float(seen['accept']):.0f} % accepted, "
                    f"log evidence so far {value:.1f}",
                )

            return sample(problem, settings, run.within("chunks"), report, self)


def next_power(log_likelihood: np.ndarray, power: float, ess: float) -> float:
    """The highest power at which the worst island (island, particle) keeps `ess` of its particles
    effective.
    """

    def share(p: float) -> float:
        log_w = (p - power) * log_likelihood
        w = np.exp(log_w - log_w.max(axis=1, keepdims=True))
        return float(np.min(w.sum(axis=1) ** 2 / (w**2).sum(axis=1)) / log_w.shape[1])

    if share(1.0) >= ess:
        return 1.0
    low, high = power, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) >= ess else (low, middle)
    return low if low > power else high


def sample(
    problem: Problem,
    settings: Settings,
    run: Run,
    report: Report | None = None,
    care: TemperedSmc = TemperedSmc(),  # frozen
) -> Draws | None:  # long: the parts of one kernel share its constants and compiled programs
    """Temper islands of particles, writing one file a temperature; goes on from the files that are there.

    Args:
        report: called after each temperature with `power`, `moves`, `correlation`, `accept`, `step_size` and
            the
            `log_evidence` (island,) so far.
        care: how carefully.

    Returns:
        The particles, islands as chains, with the log evidence of each island; None if the run was stopped.
    """
    import blackjax.mcmc.hmc as hmc  # here: a run without it imports this module too
    from blackjax.smc.resampling import systematic

    islands, particles, target = settings.chains, settings.draws, min(settings.target, TARGET)
    size, total = len(problem.names), islands * particles
    spec, same = PartitionSpec("chain"), PartitionSpec()
    mesh = mesh_for(total)

    def log_likelihood(z: Array) -> Array:
        terms, ok = problem.log_likelihood(problem.priors.constrain(z))
        value = jnp.sum(terms)
        return jnp.where(ok & jnp.isfinite(value), value, UNSOLVED)

    @jax.jit
    def evaluate(z: Float[Array, "particle parameter"]) -> tuple[Array, Array, Array, Array]:
        both = jax.vmap(
            lambda x: (
                *jax.value_and_grad(log_likelihood)(x),
                *jax.value_and_grad(problem.priors.log_density_unconstrained)(x),
            )
        )
        return jax.shard_map(both, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)(z)

    @cache
    def mover() -> Callable[..., Any]:
        kernel = hmc.build_kernel()

        def one(
            key: Array,
            z: Array,
            value: Array,
            gradient: Array,
            power: Array,
            root: Array,
            step_size: Array,
            steps: Array,
        ) -> Any:
            def density(w: Array) -> Array:
                at = root @ w
                return power * log_likelihood(at) + problem.priors.log_density_unconstrained(at)

            w = jax.scipy.linalg.solve_triangular(root, z, lower=True)
            state, info = kernel(
                key,
                hmc.HMCState(w, value, root.T @ gradient),  # pyright: ignore[reportArgumentType]  BlackJAX says float where it takes arrays
                density,
                step_size,  # pyright: ignore[reportArgumentType]  BlackJAX says float where it takes arrays
                jnp.ones(size),
                steps,  # pyright: ignore[reportArgumentType]  BlackJAX says float where it takes arrays
            )
            gradient = jax.scipy.linalg.solve_triangular(root, state.logdensity_grad, lower=True, trans=1)  # pyright: ignore[reportArgumentType]  BlackJAX says float where it takes arrays
            return (
                jnp.where(info.is_accepted, root @ state.position, z),  # pyright: ignore[reportOperatorIssue]  BlackJAX says float where it takes arrays
                state.logdensity,
                gradient,
                info.energy,
                info.acceptance_rate,
                info.is_divergent,
            )

        return jax.jit(
            jax.shard_map(
                jax.vmap(one, in_axes=(0, 0, 0, 0, None, None, None, None)),
                mesh=mesh,
                check_vma=False,
                in_specs=(spec, spec, spec, spec, same, same, same, same),
                out_specs=spec,
            )
        )

    def begin() -> State:
        key, own = jax.random.split(jax.random.PRNGKey(settings.seed))
        z = jax.jit(jax.vmap(problem.priors.unconstrain))(problem.priors.draw(own, total))
        return [key, np.asarray(0.0), np.zeros(islands), np.asarray(0.5 / size**0.25), z, *evaluate(z)]

    def advance(i: int, state: State) -> tuple[State, Seen]:
        key, power, log_evidence, step_size, z, like, like_slope, prior, prior_slope = state
        by_island = np.asarray(like).reshape(islands, particles)
        raised = next_power(by_island, float(power), care.ess)
        log_w = (raised - float(power)) * by_island
        top = log_w.max(axis=1)
        log_evidence = log_evidence + top + np.log(np.mean(np.exp(log_w - top[:, None]), axis=1))

        key, own = jax.random.split(jnp.asarray(key))
        keys = jax.random.split(own, islands)
        weights = jax.nn.softmax(jnp.asarray(log_w), axis=1)
        chosen = jax.vmap(lambda k, w: systematic(k, w, particles))(keys, weights)
        chosen = np.asarray(chosen + particles * jnp.arange(islands)[:, None]).ravel()
        z, like, like_slope, prior, prior_slope = (
            np.asarray(x)[chosen] for x in (z, like, like_slope, prior, prior_slope)
        )
        root = np.linalg.cholesky(np.cov(z, rowvar=False).reshape(size, size) + 1e-12 * np.eye(size))

        before, moves, correlation, shares = z, 0, 1.0, []
        value, slope, stats = raised * like + prior, raised * like_slope + prior_slope, ()
        while moves < care.most_moves and (moves < 2 or correlation > care.forget):
            key, own, jitter = jax.random.split(key, 3)
            path = np.pi / 2 * float(jax.random.uniform(jitter, minval=0.5, maxval=1.5))
            steps = int(np.clip(np.ceil(path / float(step_size)), 1, care.longest_move))
            z, value, slope, *stats = mover()(
                jax.random.split(own, total), z, value, slope, raised, root, step_size, steps
            )
            accept = np.nan_to_num(np.asarray(stats[1]))
            step_used, step_size = (
                step_size,
                np.asarray(step_size * np.exp(0.7 * (accept.mean() - target))),
            )
            moves, correlation = moves + 1, _largest_correlation(before, np.asarray(z))
            shares.append(accept.mean())
        z = np.asarray(z)
        state = [key, np.asarray(raised), log_evidence, step_size, z, *evaluate(jnp.asarray(z))]
        seen = {
            "power": np.asarray(raised),
            "log_evidence": log_evidence,
            "moves": np.asarray(moves),
            "step_size": step_size,
            "correlation": np.asarray(correlation),
            "accept": np.asarray(np.mean(shares)),
        }
        if raised == 1.0:
            last = (
                -np.asarray(value),
                stats[0],  # pyright: ignore[reportGeneralTypeIssues]  empty before the loop, which runs at least once
                np.full(total, steps),  # pyright: ignore[reportPossiblyUnboundVariable]  the loop before runs at least once
                stats[1],  # pyright: ignore[reportGeneralTypeIssues]  empty before the loop, which runs at least once
                stats[2],  # pyright: ignore[reportGeneralTypeIssues]  empty before the loop, which runs at least once
                np.full(total, step_used),  # pyright: ignore[reportPossiblyUnboundVariable]  the loop before runs at least once
            )
            seen |= {
                f"last_{k}": np.asarray(v).reshape(islands, particles)
                for k, v in zip(STATS, last, strict=True)
            }
            seen["last_z"] = z.reshape(islands, particles, size)
        return state, seen

    plan = {
        "islands": islands,
        "particles": particles,
        "ess": care.ess,
        "forget": care.forget,
        "most_moves": care.most_moves,
        "target": target,
        "longest": care.longest_move,
    }
    seen = run.pieces(
        {"sampler": "smc", "plan": plan, "seed": settings.seed, "parameters": list(problem.names)},
        begin,
        lambda _, state: float(state[1]) == 1.0,
        advance,
        report,
    )
    if seen is None:
        return None
    last = seen[-1]
    return Draws(last["last_z"], {k: last[f"last_{k}"] for k in STATS}, islands, last["log_evidence"])


def _largest_correlation(before: np.ndarray, after: np.ndarray) -> float:
    a, b = before - before.mean(0), after - after.mean(0)
    return float(np.max(np.abs(np.sum(a * b, 0)) / np.sqrt(np.sum(a * a, 0) * np.sum(b * b, 0) + 1e-300)))
