"""NUTS driven step by step, so that a run shows its progress, survives a kill and goes on bit for bit.

NumPyro's kernel does the sampling; chains are vectorised and spread over the devices. The plan of chunks follows from
the numbers of draws alone, so that a resumed run repeats the same programs on the same states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, PartitionSpec
from jaxtyping import Array, Float
from numpyro.infer import NUTS

from inference.checkpoint import numbered, read_arrays, write_arrays
from inference.posterior import Problem

STATS = ("potential_energy", "energy", "num_steps", "accept_prob", "diverging", "step_size")


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
        def split(n: int) -> list[int]:
            return [self.chunk] * (n // self.chunk) + ([n % self.chunk] if n % self.chunk else [])

        return tuple((True, k) for k in split(self.warmup)) + tuple((False, k) for k in split(self.draws))


@dataclass(frozen=True)
class Draws:
    """What a sampler leaves: `z` (chain, draw, parameter) unconstrained; `stats` name -> (chain, draw)."""

    z: np.ndarray
    stats: dict[str, np.ndarray]


Report = Callable[[int, bool, dict[str, np.ndarray]], None]  # chunks done, warming up, stats of the chunk (chain, draw)


def mesh_for(chains: int) -> jax.sharding.Mesh:
    """As many devices as divide the chains evenly."""
    devices = jax.devices()
    n = max(k for k in range(1, len(devices) + 1) if chains % k == 0)
    return jax.make_mesh((n,), ("chain",), axis_types=(AxisType.Auto,), devices=devices[:n])


def sample(
    problem: Problem, plan: Plan, seed: int, z0: Float[Array, "chain parameter"], covariance: np.ndarray,
    folder: Path, report: Report | None = None, stop: Callable[[], bool] | None = None,
) -> Draws | None:
    """Run the plan, writing one file a chunk into `folder`; goes on from the files that are there.

    Args:
        z0: unconstrained starting points, where the network can be solved.
        covariance: of the posterior, to start the mass matrix from.
        report: called after each chunk, also for those found on disk.
        stop: asked before each chunk; True ends the run cleanly.

    Returns:
        All draws, or None if `stop` ended the run before the plan was done.
    """
    kernel = NUTS(
        potential_fn=problem.potential, dense_mass=True, inverse_mass_matrix=jnp.asarray(covariance),
        target_accept_prob=plan.target, max_tree_depth=plan.max_tree_depth, step_size=0.5,
    )
    keys = jax.random.split(jax.random.PRNGKey(seed), plan.chains)
    mesh = mesh_for(plan.chains)
    state = kernel.init(keys, plan.warmup, jnp.asarray(z0), (), {})
    leaves, tree = jax.tree.flatten(state)
    on_chains = [leaf.ndim > 0 and leaf.shape[0] == plan.chains for leaf in leaves]
    if not all(on_chains):
        leaves = [leaf if ok else jnp.broadcast_to(leaf, (plan.chains, *leaf.shape)) for leaf, ok in zip(leaves, on_chains, strict=True)]
    spec = PartitionSpec("chain")

    def run(length: int) -> Callable[[list[Array]], Any]:
        def transitions(leaves: list[Array]) -> tuple[list[Array], Any]:
            def step(s: Any, _: None) -> tuple[Any, Any]:
                s = kernel.sample(s, (), {})
                return s, (s.z, (s.potential_energy, s.energy, s.num_steps, s.accept_prob, s.diverging, s.adapt_state.step_size))

            state, seen = jax.lax.scan(step, jax.tree.unflatten(tree, leaves), None, length=length)
            return jax.tree.leaves(state), jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), seen)

        return jax.jit(jax.shard_map(transitions, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False))

    programs: dict[int, Callable[[list[Array]], Any]] = {}
    done = numbered(folder)
    kept: list[dict[str, np.ndarray]] = []
    for i, (warming, length) in enumerate(plan.chunks):
        if i < len(done):
            found = read_arrays(done[i])
            if i + 1 == len(done):
                leaves = [jnp.asarray(found[f"state{k}"]) for k in range(len(leaves))]
        else:
            if stop is not None and stop():
                return None
            if length not in programs:
                programs[length] = run(length)
            leaves, (z, seen) = programs[length](leaves)
            found = {"z": np.asarray(z)} | {k: np.asarray(v) for k, v in zip(STATS, seen, strict=True)}
            write_arrays(folder / f"{i:06d}.npz", found | {f"state{k}": np.asarray(v) for k, v in enumerate(leaves)})
        found = {k: v for k, v in found.items() if not k.startswith("state")}
        if not warming:
            kept.append(found)
        if report is not None:
            report(i + 1, warming, found)
    joined = {k: np.concatenate([c[k] for c in kept], axis=1) for k in ("z", *STATS)}
    return Draws(joined.pop("z"), joined)
