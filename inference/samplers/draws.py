"""What every sampler leaves: draws of the posterior, statistics of how they were made, the evidence where it
is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from inference.runs.resumable import Seen

STATS = ("potential_energy", "energy", "num_steps", "accept_prob", "diverging", "step_size")


@dataclass(frozen=True)
class Draws:
    """`z` (chain, draw, parameter) unconstrained; `stats` name -> (chain, draw).

    Attributes:
        superchains: groups of chains that began at one point each; as many as chains if each had its own.
        log_evidence: one independent estimate of ln p(data) each; empty where the sampler gives none.
        mode_potentials: where the searches for the mode ended, best first; empty where there was none.
        mode_mass: share of the posterior at each mode that was told apart, by its normal approximation.
        ended: in words, why there are so many draws; empty where all that were asked for were made.
    """

    z: np.ndarray
    stats: dict[str, np.ndarray]
    superchains: int
    log_evidence: np.ndarray = field(default_factory=lambda: np.zeros(0))
    mode_potentials: np.ndarray = field(default_factory=lambda: np.zeros(0))
    mode_mass: np.ndarray = field(default_factory=lambda: np.zeros(0))
    ended: str = ""


Report = Callable[[int, bool, Seen], None]  # chunks done, warming up, stats of the chunk (chain, draw)


def chunks(warmup: int, draws: int, chunk: int) -> tuple[tuple[bool, int], ...]:
    """(still warming up, transitions) of each chunk of a run."""

    def split(n: int) -> list[int]:
        return [chunk] * (n // chunk) + ([n % chunk] if n % chunk else [])

    return tuple((True, k) for k in split(warmup)) + tuple((False, k) for k in split(draws))


def joined(
    seen: Sequence[Seen], plan: Sequence[tuple[bool, int]], superchains: int, ended: str = ""
) -> Draws:
    """The draws after warm-up of all chunks that were made, one after the other."""
    kept = [s for s, (warming, _) in zip(seen, plan, strict=False) if not warming]
    arrays = {k: np.concatenate([s[k] for s in kept], axis=1) for k in ("z", *STATS)}
    return Draws(arrays.pop("z"), arrays, superchains, ended=ended)


def evidence(log_evidence: np.ndarray) -> tuple[float, float]:
    """ln of the mean of independent estimates of the evidence, and the standard error of that logarithm from
    their spread.
    """
    top = log_evidence.max()
    share = np.exp(log_evidence - top)
    error = np.std(share, ddof=1) / np.sqrt(len(share)) / np.mean(share) if len(share) > 1 else np.inf
    return float(top + np.log(np.mean(share))), float(error)
