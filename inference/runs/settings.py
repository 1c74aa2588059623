"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do; two runs with equal settings, study and device give equal draws.

    `starts` searches for the mode, `search_steps` evaluations each; `predicted` posterior draws a chain are
    simulated for the predictive groups, `prior_draws` of the prior. `sampler` is a name of
    `samplers.SAMPLERS`.
    """

    chains: int
    warmup: int
    draws: int
    seed: int
    starts: int
    search_steps: int
    predicted: int
    prior_draws: int
    rtol: float
    atol: float
    quick: bool
    chunk: int = 10
    target: float = 0.9
    max_tree_depth: int = 8
    sampler: str = "nuts"


FULL = Settings(
    chains=16,
    warmup=80,
    draws=600,
    seed=1,
    starts=32,
    search_steps=300,
    predicted=50,
    prior_draws=400,
    rtol=3e-4,
    atol=1e-6,
    quick=False,
    target=0.9,
    max_tree_depth=6,
)


QUICK = Settings(
    chains=16,
    warmup=10,
    draws=10,
    seed=1,
    starts=16,
    search_steps=40,
    predicted=5,
    prior_draws=48,
    rtol=3e-4,
    atol=1e-6,
    quick=True,
    target=0.85,
    max_tree_depth=5,
)


def sized_for(settings: Settings, sampler: str) -> Settings:
    """The same run by another sampler, as long as that one needs to be (our choice): ChEES has many short
    chains that go on side by side; SMC has islands (chains) of particles (draws) and no warm-up."""
    sizes = {
        "chees": (16, 10, 10) if settings.quick else (64, 150, 60),
        "smc": (4, 0, 32) if settings.quick else (16, 0, 128),
    }
    if sampler not in sizes:
        return replace(settings, sampler=sampler)
    chains, warmup, draws = sizes[sampler]
    return replace(settings, sampler=sampler, chains=chains, warmup=warmup, draws=draws)
