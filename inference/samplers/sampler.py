"""The samplers behind one call: the same arguments, the same draws, the same checkpoint files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import jax.numpy as jnp
import numpy as np

from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Problem
from inference.runs.console import Teller
from inference.runs.resumable import Seen
from inference.samplers import nuts
from inference.samplers.draws import Draws

Points = Callable[[int], np.ndarray]  # number -> unconstrained starting points (point, parameter)
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Length:
    """How long a sampler runs, in words that fit them all.

    Attributes:
        chains: chains; of SMC, islands.
        warmup: adapting transitions of each chain (SMC has none).
        draws: kept draws of each chain; of SMC, particles of an island.
        chunk: transitions between two checkpoints.
        target: acceptance probability aimed at.
        max_tree_depth: of NUTS.
    """

    chains: int
    warmup: int
    draws: int
    chunk: int
    target: float
    max_tree_depth: int


class Sampler(Protocol):
    """Draws of a problem, or None if `stop` ended the run; `batch` is the problem's compiled gradient, if
    there is one.
    """

    def __call__(
        self,
        problem: Problem,
        length: Length,
        seed: int,
        points: Points,
        covariance: np.ndarray,
        folder: Path,
        tell: Teller,
        stop: Stop,
        batch: Batch | None = None,
    ) -> Draws | None: ...


class SamplerError(ValueError):
    """A sampler that cannot run here: place, finding, remedy."""


def with_nuts(
    problem: Problem,
    length: Length,
    seed: int,
    points: Points,
    covariance: np.ndarray,
    folder: Path,
    tell: Teller,
    stop: Stop,
    batch: Batch | None = None,
) -> Draws | None:
    """NUTS: few long chains; the choice for a CPU."""
    plan = nuts.Plan(
        length.chains, length.warmup, length.draws, length.chunk, length.target, length.max_tree_depth
    )
    tell.say(
        f"Sampling: NUTS, {plan.chains} chains, {plan.warmup} warm-up and {plan.draws} kept draws each "
        "(the first draws include compilation) ..."
    )
    with tell.bar("draws", plan.warmup + plan.draws) as bar:
        diverged = 0

        def report(i: int, warming: bool, seen: Seen) -> None:
            nonlocal diverged
            diverged += 0 if warming else int(seen["diverging"].sum())
            steps = " ".join(f"{n:.0f}" for n in seen["num_steps"].mean(axis=1))
            bar.to(
                sum(n for _, n in plan.chunks[:i]),
                f"{'warm-up' if warming else 'sampling'}; steps a draw by chain {steps}; divergences "
                f"{diverged}",
            )

        return nuts.sample(
            problem,
            plan,
            seed,
            jnp.asarray(points(plan.chains)),
            covariance,
            folder,
            report,
            stop,
            batch=batch,
        )


def with_chees(
    problem: Problem,
    length: Length,
    seed: int,
    points: Points,
    covariance: np.ndarray,
    folder: Path,
    tell: Teller,
    stop: Stop,
    batch: Batch | None = None,
) -> Draws | None:
    """ChEES: many short chains in step; the choice for an accelerator."""
    _needs_blackjax("chees")
    from inference.samplers import chees

    superchains = max(k for k in range(1, 9) if length.chains % k == 0)
    plan = chees.Plan(
        length.chains, superchains, length.warmup, length.draws, length.chunk, min(length.target, 0.9)
    )
    tell.say(
        f"Sampling: ChEES, {plan.chains} chains from {superchains} points, {plan.warmup} warm-up and "
        f"{plan.draws} kept draws each "
        "(the first draws include compilation) ..."
    )
    with tell.bar("draws", plan.warmup + plan.draws) as bar:

        def report(i: int, warming: bool, seen: Seen) -> None:
            bar.to(
                sum(n for _, n in plan.chunks[:i]),
                f"{'warm-up' if warming else 'sampling'}; {seen['num_steps'].mean():.0f} steps of "
                f"{seen['step_size'].mean():.2g}, "
                f"{100 * np.nan_to_num(seen['accept_prob']).mean():.0f} % accepted, "
                f"{int(seen['diverging'].sum())} div",
            )

        return chees.sample(
            problem, plan, seed, jnp.asarray(points(superchains)), covariance, folder, report, stop
        )


def with_smc(
    problem: Problem,
    length: Length,
    seed: int,
    points: Points,
    covariance: np.ndarray,
    folder: Path,
    tell: Teller,
    stop: Stop,
    batch: Batch | None = None,
) -> Draws | None:
    """Tempered SMC: from the prior, needs no mode, finds several, and gives the evidence."""
    _needs_blackjax("smc")
    from inference.samplers import smc

    plan = smc.Plan(length.chains, length.draws, target=min(length.target, 0.8))
    tell.say(
        f"Sampling: tempered SMC, {plan.islands} islands of {plan.particles} particles (the first moves "
        f"include compilation) ..."
    )
    with tell.bar("power of the likelihood, %", 100) as bar:

        def report(i: int, seen: Seen) -> None:
            value, _ = smc.evidence(seen["log_evidence"])
            bar.to(
                round(100 * float(seen["power"])),
                f"{int(seen['moves'])} moves, {100 * float(seen['accept']):.0f} % accepted, "
                f"log evidence so far {value:.1f}",
            )

        return smc.sample(problem, plan, seed, folder, report, stop)


SAMPLERS: Mapping[str, Sampler] = {"nuts": with_nuts, "chees": with_chees, "smc": with_smc}
FROM_THE_PRIOR = frozenset({"smc"})  # these need no mode to begin


def require(name: str) -> None:
    """Raise `SamplerError` if there is no such sampler, or it cannot run here."""
    if name not in SAMPLERS:
        raise SamplerError(f"--sampler {name}: is not one of {', '.join(SAMPLERS)}")
    if name != "nuts":
        _needs_blackjax(name)


def _needs_blackjax(name: str) -> None:
    if find_spec("blackjax") is None:
        raise SamplerError(
            f"--sampler {name}: needs BlackJAX, which is not installed here: install blackjax or use "
            f"--sampler nuts"
        )
