"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """How much a sampler draws: fields of `Settings`."""

    chains: int
    warmup: int
    draws: int


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do; two runs with equal settings, study and device give equal draws.

    `starts` searches for the mode, `search_steps` evaluations each; `prior_draws` draws of the prior are
    simulated for its predictive group. `sampler` is a name.

    Attributes:
        chains: chains; of tempered SMC, islands.
        warmup: adapting transitions of each chain (tempered SMC has none).
        draws: kept draws of each chain; of tempered SMC, particles of an island.
        chunk: transitions between two checkpoints.
        target: acceptance probability aimed at.
        max_tree_depth: of NUTS.
        until_enough: the run ends before its last draw where its draws are what a verdict asks for
            (`inference.samplers.enough`); `draws` are then the most.
    """

    chains: int
    warmup: int
    draws: int
    seed: int
    starts: int
    search_steps: int
    prior_draws: int
    rtol: float
    atol: float
    quick: bool
    chunk: int = 10
    target: float = 0.9
    max_tree_depth: int = 8
    sampler: str = "nuts"
    until_enough: bool = False


FULL = Settings(
    chains=16,
    warmup=80,
    draws=600,
    seed=1,
    starts=32,
    search_steps=300,
    prior_draws=400,
    rtol=3e-4,
    atol=1e-6,
    quick=False,
    target=0.9,
    max_tree_depth=6,
    until_enough=True,
)


QUICK = Settings(
    chains=16,
    warmup=10,
    draws=10,
    seed=1,
    starts=16,
    search_steps=40,
    prior_draws=48,
    rtol=3e-4,
    atol=1e-6,
    quick=True,
    target=0.85,
    max_tree_depth=5,
)
