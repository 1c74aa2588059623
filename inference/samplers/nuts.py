"""NUTS driven step by step, so that a run shows its progress, survives a kill and goes on bit for bit.

NumPyro's kernel does the sampling; chains are vectorised and spread over the devices. The plan of chunks
follows from the numbers of draws alone, so that a resumed run repeats the same programs on the same states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, final

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Float
from numpyro.infer import NUTS
from numpyro.infer.hmc_util import build_adaptation_schedule

from inference.likelihood.many_points import Batch, mesh_for
from inference.likelihood.problem import Problem
from inference.runs.console import Bar
from inference.runs.resumable import Seen, State
from inference.runs.run import Run
from inference.runs.settings import FULL, QUICK, Settings, Sizes
from inference.samplers.draws import STATS, Draws, Report, chunks, joined
from inference.samplers.enough import Enough, Until, enough_of, kept_in_words
from inference.samplers.from_modes import modes_of
from inference.samplers.sampler import Sampler

# of the state in a checkpoint: the kernel's leaves, then the draws from which a covariance will be estimated
LAYOUT = 2
ENOUGH = 10  # draws a parameter from which a covariance is estimated (our choice)


def pooled(z: Float[np.ndarray, "chain draw parameter"], covariance: np.ndarray) -> np.ndarray:
    """The covariance of all draws together, drawn towards what was believed before as if that came from
    `ENOUGH` draws a parameter.
    """
    n, size = z.shape[0] * z.shape[1], z.shape[2]
    return (n * np.cov(z.reshape(n, size), rowvar=False).reshape(size, size) + ENOUGH * size * covariance) / (
        n + ENOUGH * size
    )


def _common(step: Float[Array, " chain"]) -> Float[Array, " chain"]:
    return jnp.full_like(step, jnp.exp(jnp.mean(jnp.log(step))))


def sample(
    problem: Problem,
    settings: Settings,
    z0: Float[Array, "chain parameter"],
    covariance: np.ndarray,
    run: Run,
    report: Report | None = None,
    *,
    batch: Batch | None = None,
    enough: Enough | None = None,
    data: Any = (),
    programs: dict[int, Callable[[State, Any], Any]] | None = None,
) -> Draws | None:  # long: the parts of one kernel share its constants and compiled programs
    """Draw what the settings ask for, writing one file a chunk; goes on from the files that are there.

    Args:
        z0: unconstrained starting points, where the network can be solved.
        covariance: of the posterior as far as it is known (say the inverse curvature at the mode); its
            inverse is the dense mass matrix of the first half of the warm-up. Then that of all chains
            together takes its place (`pooled`): one chain alone has too few draws. Where the middle of the
            warm-up is no end of a chunk, or has too few draws, it stays.
        report: called after each chunk, also for those found on disk.
        batch: the problem's compiled gradient, if there is one already.
        enough: ends the run before its last draw; without it, all draws are made.
        data: of the problem, in place of its own (`Problem.given`).
        programs: compiled for the same problem and settings (but for the seed) with other data; what is
            missing is added. None: made anew.

    Returns:
        All draws, or None if the run was stopped before.
    """
    plan = chunks(settings.warmup, settings.draws, settings.chunk)

    def sampler(potential: Callable[[Array], Array], covariance: np.ndarray = covariance) -> NUTS:
        return NUTS(
            potential_fn=potential,
            dense_mass=True,
            inverse_mass_matrix=jnp.asarray(covariance),
            adapt_mass_matrix=False,
            target_accept_prob=settings.target,
            max_tree_depth=settings.max_tree_depth,
            step_size=0.5,
        )

    batch, programs = (
        batch or Batch(problem, settings.chains).given(data),
        {} if programs is None else programs,
    )
    spec = PartitionSpec("chain")

    def fresh(covariance: np.ndarray) -> Any:
        """The state of all chains at the start, in a network of no cost."""
        keys, z = jax.random.split(jax.random.PRNGKey(settings.seed), settings.chains), jnp.asarray(z0)
        return sampler(lambda z: 0.5 * jnp.sum(z**2), covariance).init(keys, settings.warmup, z, (), {})

    def by_chain(state: Any) -> tuple[list[Array], Any]:
        leaves, tree = jax.tree.flatten(state)
        each = [leaf.ndim > 0 and leaf.shape[0] == settings.chains for leaf in leaves]
        return [
            x if ok else jnp.broadcast_to(x, (settings.chains, *x.shape))
            for x, ok in zip(leaves, each, strict=True)
        ], tree

    @cache
    def initial() -> tuple[list[Array], Any]:
        # the gradient at the start comes from `batch`: the kernel's own start would compile the whole network
        # once more
        potential, gradient = (jnp.asarray(x) for x in batch(np.asarray(z0)))
        return by_chain(fresh(covariance)._replace(potential_energy=potential, z_grad=gradient))

    def begin() -> State:
        return [*initial()[0], np.zeros((settings.chains, 0, len(problem.names)))]

    def program(length: int) -> Callable[[State, Any], Any]:
        if length in programs:
            return programs[length]
        tree = initial()[1]

        def transitions(leaves: State, data: Any) -> tuple[list[Array], Any]:
            kernel = sampler(problem.given(data).potential)
            keys = jax.random.split(jax.random.PRNGKey(0), settings.chains)
            # a kernel has to be started once before it can go on; nothing of that is computed
            jax.eval_shape(
                lambda keys, z: kernel.init(keys, settings.warmup, z, (), {}), keys, jnp.zeros(np.shape(z0))
            )

            def step(s: Any, _: None) -> tuple[Any, Any]:
                s = kernel.sample(s, (), {})
                return s, (
                    s.z,
                    (
                        s.potential_energy,
                        s.energy,
                        s.num_steps,
                        s.accept_prob,
                        s.diverging,
                        s.adapt_state.step_size,
                    ),
                )

            state, seen = jax.lax.scan(step, jax.tree.unflatten(tree, leaves), None, length=length)
            return jax.tree.leaves(state), jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), seen)

        programs[length] = jax.jit(
            jax.shard_map(
                transitions,
                mesh=mesh_for(settings.chains),
                in_specs=(spec, PartitionSpec()),
                out_specs=spec,
                check_vma=False,
            )
        )
        return programs[length]

    def adapted(leaves: State, z: np.ndarray) -> State:
        """The chains with the covariance of all of them, their search for a step size begun anew."""
        tree = initial()[1]
        state, other = (
            jax.tree.unflatten(tree, leaves),
            jax.tree.unflatten(tree, by_chain(fresh(pooled(z, covariance)))[0]),
        )
        old, new = state.adapt_state, other.adapt_state
        search = (
            jnp.zeros_like(old.ss_state[0]),
            *(jnp.zeros_like(x) for x in old.ss_state[1:4]),
            jnp.log(10 * _common(old.step_size)),
        )
        last = jnp.full_like(
            old.window_idx, len(build_adaptation_schedule(settings.warmup)) - 1
        )  # NumPyro begins no further search
        return jax.tree.leaves(
            state._replace(
                adapt_state=new._replace(
                    step_size=_common(old.step_size), ss_state=search, window_idx=last, rng_key=old.rng_key
                )
            )
        )

    def settled(leaves: State) -> State:
        """The chains with one step size, the geometric mean of those that they found: all have the same
        target and metric.
        """
        state = jax.tree.unflatten(initial()[1], leaves)
        return jax.tree.leaves(
            state._replace(
                adapt_state=state.adapt_state._replace(step_size=_common(state.adapt_state.step_size))
            )
        )

    def advance(i: int, state: State) -> tuple[State, Seen]:
        *leaves, history = (
            np.asarray(x) for x in state
        )  # off the devices: where they lie is part of what a program is compiled for
        done = sum(n for _, n in plan[:i])
        if (
            0 < done == settings.warmup // 2
            and history.shape[0] * history.shape[1] >= ENOUGH * history.shape[2]
        ):
            leaves = adapted(leaves, history)
        if 0 < done == settings.warmup:
            leaves = settled(leaves)
        leaves, (z, seen) = program(plan[i][1])([np.asarray(x) for x in leaves], data)
        recent = z if settings.warmup // 6 <= done < settings.warmup // 2 else z[:, :0]
        history = np.concatenate([history, recent], axis=1) if done < settings.warmup // 2 else z[:, :0]
        return [*leaves, history], {"z": np.asarray(z)} | {
            k: np.asarray(v) for k, v in zip(STATS, seen, strict=True)
        }

    sizes = ("chains", "warmup", "draws", "chunk", "target", "max_tree_depth")
    until = Until(enough, plan, report)
    seen = run.pieces(
        {
            "sampler": "nuts",
            "layout": LAYOUT,
            "plan": {k: getattr(settings, k) for k in sizes},
            "seed": settings.seed,
            "parameters": list(problem.names),
            **until.identity,
        },
        begin,
        until.finished,
        advance,
        until.told,
    )
    return None if seen is None else joined(seen, plan, settings.chains, until.words)


def told_on(bar: Bar, settings: Settings) -> Report:
    """What a sampling tells after each chunk: how far it is, steps a draw by chain, divergences so far.

    Args:
        bar: counts draws, those of the warm-up too.
    """
    plan, diverged = chunks(settings.warmup, settings.draws, settings.chunk), 0

    def report(i: int, warming: bool, seen: Seen) -> None:
        nonlocal diverged
        diverged += 0 if warming else int(seen["diverging"].sum())
        steps = " ".join(f"{n:.0f}" for n in seen["num_steps"].mean(axis=1))
        bar.to(
            sum(n for _, n in plan[:i]),
            f"{'warm-up' if warming else 'sampling'}; steps a draw by chain {steps}; divergences {diverged}",
        )

    return report


@final
@dataclass(frozen=True)
class Nuts(Sampler):
    """NUTS: few long chains, each from its own point around the mode."""

    name: ClassVar[str] = "nuts"
    words: ClassVar[str] = "NUTS: few long chains; the choice for a CPU"
    full: ClassVar[Sizes] = Sizes(FULL.chains, FULL.warmup, FULL.draws)
    quick: ClassVar[Sizes] = Sizes(QUICK.chains, QUICK.warmup, QUICK.draws)

    def longest(self, settings: Settings) -> int | None:
        """A tree of the greatest depth."""
        return 2**settings.max_tree_depth - 1

    def run(self, problem: Problem, settings: Settings, run: Run) -> Draws | None:
        """Modes first, then the chains from the normal approximation there."""
        batch = Batch(problem, settings.chains)
        modes = modes_of(problem, batch, settings, run)
        points = modes.points(batch, settings.chains, settings.seed)
        run.say(
            f"Sampling: NUTS, {settings.chains} chains, {settings.warmup} warm-up and "
            f"{kept_in_words(settings)} draws each (the first draws include compilation) ..."
        )
        with run.bar("draws", settings.warmup + settings.draws, at_most=settings.until_enough) as bar:
            own = run.within("chunks")
            draws = sample(
                *(problem, settings, jnp.asarray(points), modes.covariance, own, told_on(bar, settings)),
                batch=batch,
                enough=enough_of(problem, settings, settings.chains),
            )
        found = {"mode_potentials": modes.potential, "mode_mass": modes.modes.mass}
        return None if draws is None else replace(draws, **found)
