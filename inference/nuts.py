"""NUTS driven step by step, so that a run shows its progress, survives a kill and goes on bit for bit.

NumPyro's kernel does the sampling; chains are vectorised and spread over the devices. The plan of chunks follows from
the numbers of draws alone, so that a resumed run repeats the same programs on the same states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Float
from numpyro.infer import NUTS

from inference.batch import Batch
from inference.checkpoint import Seen, State, drive
from inference.draws import STATS, Draws, Report, chunks, joined, mesh_for
from inference.posterior import Problem


@dataclass(frozen=True)
class Plan:
    """How many chains, how long, and how carefully.

    `chunk` transitions run between two checkpoints. `target` is the acceptance probability aimed at.
    """

    chains: int
    warmup: int
    draws: int
    chunk: int = 10
    target: float = 0.9
    max_tree_depth: int = 8

    @property
    def chunks(self) -> tuple[tuple[bool, int], ...]:
        """(still warming up, transitions) of each chunk."""
        return chunks(self.warmup, self.draws, self.chunk)


def sample(
    problem: Problem, plan: Plan, seed: int, z0: Float[Array, "chain parameter"], covariance: np.ndarray,
    folder: Path, report: Report | None = None, stop: Callable[[], bool] | None = None, *, batch: Batch | None = None,
) -> Draws | None:
    """Run the plan, writing one file a chunk into `folder`; goes on from the files that are there.

    Args:
        z0: unconstrained starting points, where the network can be solved.
        covariance: of the posterior, whose inverse is the dense mass matrix. It is kept: estimated anew from the few draws of
            a short warm-up of one chain, it is worse than the curvature at the mode.
        report: called after each chunk, also for those found on disk.
        stop: asked before each chunk; True ends the run cleanly.
        batch: the problem's compiled gradient, if there is one already.

    Returns:
        All draws, or None if `stop` ended the run before the plan was done.
    """

    def sampler(potential: Callable[[Array], Array]) -> NUTS:
        return NUTS(potential_fn=potential, dense_mass=True, inverse_mass_matrix=jnp.asarray(covariance), adapt_mass_matrix=False,
                    target_accept_prob=plan.target, max_tree_depth=plan.max_tree_depth, step_size=0.5)

    kernel, batch = sampler(problem.potential), batch or Batch(problem, plan.chains)
    spec = PartitionSpec("chain")

    @cache
    def initial() -> tuple[list[Array], Any]:
        keys, z = jax.random.split(jax.random.PRNGKey(seed), plan.chains), jnp.asarray(z0)
        # the gradient at the start comes from `batch`: the kernel's own start would compile the whole network once more
        jax.eval_shape(lambda keys, z: kernel.init(keys, plan.warmup, z, (), {}), keys, z)
        state = sampler(lambda z: 0.5 * jnp.sum(z**2)).init(keys, plan.warmup, z, (), {})
        potential, gradient = (jnp.asarray(x) for x in batch(np.asarray(z0)))
        leaves, tree = jax.tree.flatten(state._replace(potential_energy=potential, z_grad=gradient))
        each = [leaf.ndim > 0 and leaf.shape[0] == plan.chains for leaf in leaves]
        return [x if ok else jnp.broadcast_to(x, (plan.chains, *x.shape)) for x, ok in zip(leaves, each, strict=True)], tree

    @cache
    def program(length: int) -> Callable[[State], Any]:
        tree = initial()[1]

        def transitions(leaves: State) -> tuple[list[Array], Any]:
            def step(s: Any, _: None) -> tuple[Any, Any]:
                s = kernel.sample(s, (), {})
                return s, (s.z, (s.potential_energy, s.energy, s.num_steps, s.accept_prob, s.diverging, s.adapt_state.step_size))

            state, seen = jax.lax.scan(step, jax.tree.unflatten(tree, leaves), None, length=length)
            return jax.tree.leaves(state), jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), seen)

        return jax.jit(jax.shard_map(transitions, mesh=mesh_for(plan.chains), in_specs=spec, out_specs=spec, check_vma=False))

    def advance(i: int, state: State) -> tuple[State, Seen]:
        leaves, (z, seen) = program(plan.chunks[i][1])([jnp.asarray(x) for x in state])
        return leaves, {"z": np.asarray(z)} | {k: np.asarray(v) for k, v in zip(STATS, seen, strict=True)}

    seen = drive(
        folder, {"sampler": "nuts", "plan": asdict(plan), "seed": seed, "parameters": list(problem.names)},
        lambda: initial()[0], lambda i, _: i == len(plan.chunks), advance,
        None if report is None else lambda i, found: report(i, plan.chunks[i - 1][0], found), stop)
    return None if seen is None else joined(seen, plan.chunks, plan.chains)
