"""Many chains that share one step size, one trajectory length and one metric: HMC for an accelerator.

All chains take the same number of leapfrog steps, so none waits for the deepest tree of another as with
vectorised NUTS. The trajectory length maximises ChEES (Hoffman, Radul & Sountsov, AISTATS 2021); kernel and
adaptation are BlackJAX's. Chains move in coordinates whitened by the spread of all of them, which is renewed
in the first half of the warm-up. Groups of chains (superchains) begin at one point each, so that nested R-hat
can tell whether the run has forgotten where it began although every chain is short (Margossian et al.,
Bayesian Analysis 2024).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, final

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Float

from inference.likelihood.many_points import Batch, mesh_for
from inference.likelihood.problem import Problem
from inference.runs.resumable import Seen, State
from inference.runs.run import Run
from inference.runs.settings import Settings, Sizes
from inference.samplers.draws import STATS, Draws, Report, chunks, joined
from inference.samplers.enough import Enough, Until, enough_of, kept_in_words
from inference.samplers.from_modes import modes_of
from inference.samplers.sampler import Sampler

# of the quasi-random sequence that jitters the trajectory length; it repeats after 2^16 transitions
BITS = 16
# acceptance probability aimed at, at most: 0.651 is optimal for a normal posterior, a curved one wants more
TARGET = 0.9
MOST_SUPERCHAINS = 8


def sample(
    problem: Problem,
    settings: Settings,
    z0: Float[Array, "superchain parameter"],
    covariance: np.ndarray,
    run: Run,
    report: Report | None = None,
    *,
    max_leapfrog: int = 255,
    enough: Enough | None = None,
) -> Draws | None:  # long: the parts of one kernel share its constants and compiled programs
    """Draw what the settings ask for, writing one file a chunk; goes on from the files that are there.

    Args:
        z0: unconstrained starting points, one a superchain, where the network can be solved.
        covariance: of the posterior, as the first metric.
        report: as in `nuts.sample`.
        max_leapfrog: longest trajectory, in steps.
        enough: as in `nuts.sample`.

    Returns:
        All draws, chains of one superchain side by side, or None if the run was stopped before.

    Raises:
        ValueError: the superchains do not divide the chains.
    """
    import blackjax.mcmc.dynamic_hmc as dynamic_hmc  # here: a run without them imports this module too
    import optax
    from blackjax.adaptation.chees_adaptation import base

    chains, superchains, plan = (
        settings.chains,
        len(z0),
        chunks(settings.warmup, settings.draws, settings.chunk),
    )
    if chains % superchains:
        raise ValueError(
            f"`chains` {chains}: {superchains} superchains do not divide them evenly: choose a multiple"
        )
    size = len(problem.names)
    spec = PartitionSpec("chain")
    mesh = mesh_for(chains)

    def jitter(i: Array) -> Array:
        return dynamic_hmc.halton_sequence(i, BITS)  # pyright: ignore[reportReturnType]  BlackJAX says float where it takes arrays

    kernel = dynamic_hmc.build_kernel(
        next_random_arg_fn=lambda i: i + 1,
        integration_steps_fn=lambda i, steps: jnp.clip(
            jnp.ceil(2 * jitter(i) * steps), 1, max_leapfrog
        ).astype(int),
    )
    climb = optax.adam(0.05, b1=0.0, b2=0.95)  # the article's settings
    adapt_init, adapt = base(
        lambda i: 2 * jitter(i), lambda i: i + 1, climb, settings.target, 0.5, max_leapfrog
    )

    def density(centre: Array, root: Array) -> Callable[[Array], Array]:
        return lambda w: -problem.potential(centre + root @ w)

    def whole() -> Any:
        """State as a tree: positions of the chains in whitened coordinates, adaptation, key, metric,
        moments.
        """
        centre, root = (
            jnp.mean(z0, axis=0),
            jnp.linalg.cholesky(jnp.asarray(covariance) + 1e-12 * jnp.eye(size)),
        )
        z = jnp.repeat(jnp.asarray(z0), chains // superchains, axis=0)
        w = jax.scipy.linalg.solve_triangular(root, (z - centre).T, lower=True).T
        value, gradient = jax.jit(jax.vmap(jax.value_and_grad(density(centre, root))))(w)
        adaptation = adapt_init(jnp.asarray(0), jnp.asarray(0.5 / size**0.25))
        return (
            w,
            value,
            gradient,
            adaptation,
            jax.random.PRNGKey(settings.seed),
            centre,
            root,
            z,
            jnp.zeros((size, size)),
            jnp.asarray(0.0),
        )

    @cache
    def tree() -> Any:
        return jax.tree.structure(jax.eval_shape(whole))

    @cache
    def program(length: int, warming: bool) -> Callable[[State], Any]:  # long: one compiled program
        def transitions(leaves: State) -> Any:  # long: one compiled program
            w, value, gradient, adaptation, key, centre, root, _, second, count = jax.tree.unflatten(
                tree(), leaves
            )
            log_density = density(centre, root)

            def step(carry: Any, _: None) -> Any:  # long: the body of its loop
                w, value, gradient, adaptation, key, second, count = carry
                key, own = jax.random.split(key)
                step_size = (
                    adaptation.step_size if warming else jnp.exp(adaptation.log_step_size_moving_average)
                )
                path = (
                    adaptation.trajectory_length
                    if warming
                    else jnp.exp(adaptation.log_trajectory_length_moving_average)
                )
                number = adaptation.random_generator_arg

                def one(
                    k: Array,
                    w: Array,
                    value: Array,
                    gradient: Array,
                    number: Array,
                    step_size: Array,
                    steps: Array,
                ) -> Any:
                    state = dynamic_hmc.DynamicHMCState(w, value, gradient, number)  # pyright: ignore[reportArgumentType]  BlackJAX says float where it takes arrays
                    return kernel(k, state, log_density, step_size, jnp.ones(size), (steps,))  # pyright: ignore[reportArgumentType]  BlackJAX says float where it takes arrays

                moved = jax.shard_map(
                    jax.vmap(one, in_axes=(0, 0, 0, 0, None, None, None)),
                    mesh=mesh,
                    check_vma=False,
                    in_specs=(spec, spec, spec, spec, PartitionSpec(), PartitionSpec(), PartitionSpec()),
                    out_specs=spec,
                )
                new, info = moved(
                    jax.random.split(own, chains),
                    w,
                    value,
                    gradient,
                    number,
                    step_size,
                    path / step_size,
                )
                if warming:
                    adaptation = adapt(
                        adaptation,
                        info.proposal.position,
                        info.proposal.momentum,
                        w,
                        info.acceptance_rate,
                        info.is_divergent,
                        jnp.ones(size),
                    )
                else:
                    adaptation = adaptation._replace(random_generator_arg=number + 1)
                z = centre + new.position @ root.T
                away = z - jnp.mean(z, axis=0)
                spread = (second + away.T @ away, count + chains - 1.0)
                seen = (
                    z,
                    -new.logdensity,
                    info.energy,
                    info.num_integration_steps,
                    info.acceptance_rate,
                    info.is_divergent,
                    jnp.broadcast_to(step_size, (chains,)),
                )
                return (new.position, new.logdensity, new.logdensity_grad, adaptation, key, *spread), seen

            carry, seen = jax.lax.scan(
                step, (w, value, gradient, adaptation, key, second, count), None, length=length
            )
            w, value, gradient, adaptation, key, second, count = carry
            state = (w, value, gradient, adaptation, key, centre, root, centre + w @ root.T, second, count)
            return jax.tree.leaves(state), jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), seen)

        return jax.jit(transitions)

    @jax.jit
    def renewed(leaves: State) -> list[Array]:
        """The same positions under the metric of the spread seen since the last renewal, shrunk a little."""
        _, value, gradient, adaptation, key, _, root, z, second, count = jax.tree.unflatten(tree(), leaves)
        shrink = count / (count + 5.0 * size)
        new_root = jnp.linalg.cholesky(shrink * second / count + (1 - shrink) * root @ root.T)
        new_centre = jnp.mean(z, axis=0)
        w = jax.scipy.linalg.solve_triangular(new_root, (z - new_centre).T, lower=True).T
        gradient = jax.scipy.linalg.solve_triangular(root, gradient.T, lower=True, trans=1).T @ new_root
        state = (
            w,
            value,
            gradient,
            adaptation,
            key,
            new_centre,
            new_root,
            z,
            jnp.zeros_like(second),
            jnp.zeros_like(count),
        )
        return jax.tree.leaves(state)

    def advance(i: int, state: State) -> tuple[State, Seen]:
        warming, length = plan[i]
        leaves = [jnp.asarray(x) for x in state]
        if renews(plan, settings.warmup, i):
            leaves = renewed(leaves)
        leaves, (z, *seen) = program(length, warming)(leaves)
        return leaves, {"z": np.asarray(z)} | {k: np.asarray(v) for k, v in zip(STATS, seen, strict=True)}

    sizes = {k: getattr(settings, k) for k in ("chains", "warmup", "draws", "chunk", "target")}
    until = Until(enough, plan, report)
    seen = run.pieces(
        {
            "sampler": "chees",
            "plan": {**sizes, "superchains": superchains, "max_leapfrog": max_leapfrog},
            "seed": settings.seed,
            "parameters": list(problem.names),
            **until.identity,
        },
        lambda: jax.tree.leaves(whole()),
        until.finished,
        advance,
        until.told,
    )
    return None if seen is None else joined(seen, plan, superchains, until.words)


def renews(plan: Sequence[tuple[bool, int]], warmup: int, i: int) -> bool:
    """Is the metric renewed before chunk `i`? In the first half of the warm-up, each time the chunks have
    doubled.
    """
    before = sum(n for _, n in plan[:i])
    return i > 0 and plan[i][0] and before <= warmup / 2 and (i & (i - 1)) == 0


@final
@dataclass(frozen=True)
class Chees(Sampler):
    """ChEES: many short chains in step, from a few points around the mode.

    Attributes:
        max_leapfrog: longest trajectory, in steps.
    """

    name: ClassVar[str] = "chees"
    words: ClassVar[str] = "ChEES: many short chains in step; the choice for an accelerator"
    full: ClassVar[Sizes] = Sizes(64, 150, 60)  # these sizes are our choice
    quick: ClassVar[Sizes] = Sizes(16, 10, 10)
    packages: ClassVar[tuple[tuple[str, str], ...]] = (("blackjax", "BlackJAX"),)
    max_leapfrog: int = 255

    def run(self, problem: Problem, settings: Settings, run: Run) -> Draws | None:
        """Modes first, then the chains from the normal approximation there."""
        self.require()
        batch = Batch(problem, settings.starts)
        modes = modes_of(problem, batch, settings, run)
        superchains = max(k for k in range(1, MOST_SUPERCHAINS + 1) if settings.chains % k == 0)
        points = modes.points(batch, superchains, settings.seed)
        run.say(
            f"Sampling: ChEES, {settings.chains} chains from {superchains} points, {settings.warmup} warm-up "
            f"and {kept_in_words(settings)} draws each (the first draws include compilation) ..."
        )
        plan = chunks(settings.warmup, settings.draws, settings.chunk)
        with run.bar("draws", settings.warmup + settings.draws, at_most=settings.until_enough) as bar:

            def report(i: int, warming: bool, seen: Seen) -> None:
                bar.to(
                    sum(n for _, n in plan[:i]),
                    f"{'warm-up' if warming else 'sampling'}; {seen['num_steps'].mean():.0f} steps of "
                    f"{seen['step_size'].mean():.2g}, "
                    f"{100 * np.nan_to_num(seen['accept_prob']).mean():.0f} % accepted, "
                    f"{int(seen['diverging'].sum())} div",
                )

            draws = sample(
                problem,
                replace(settings, target=min(settings.target, TARGET)),
                jnp.asarray(points),
                modes.covariance,
                run.within("chunks"),
                report,
                max_leapfrog=self.max_leapfrog,
                enough=enough_of(problem, settings, superchains),
            )
        found = {"mode_potentials": modes.potential, "mode_mass": modes.modes.mass}
        return None if draws is None else replace(draws, **found)
