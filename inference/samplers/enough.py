"""Whether a run may end before its last draw: what its verdict will ask of the draws, asked while they are
drawn.

A run that ends at the first look that pleases ends when it looks better than it is. So looks are few (each
with a fifth more draws than the last), none is at fewer than `LEAST` draws a chain, and each asks for more
than the verdict does (`MARGIN`). What a look sees is a function of the draws alone: a run that was stopped
and gone on with ends where it would have ended.

Diagnostics are those of Vehtari et al. (Bayesian Analysis 2021), by NumPyro's functions: where draws are made
there need not be ArviZ, which judges them in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpyro.diagnostics import effective_sample_size, gelman_rubin

from inference.likelihood.problem import Problem
from inference.runs.resumable import Seen, State
from inference.runs.settings import Settings
from inference.samplers.draws import Report
from inference.samplers.nested_rhat import nested_rhat, normal_scores

# What a verdict asks: R-hat of every parameter below, bulk and tail ESS above; share of draws that diverged
# below; E-BFMI of every chain not below (Vehtari et al. 2021; Betancourt 2016; the share is our choice)
R_HAT, ESS, DIVERGENT, BFMI = 1.01, 400.0, 0.001, 0.3
# Kept draws of a chain at the first look; how many times as many at each further one; how much better than
# the verdict asks a run has to be in order to end there (our choice; tests/inference/samplers/test_enough.py
# shows what they are good for)
LEAST, MORE, MARGIN = 100, 1.2, 1.25
Draw = Float[np.ndarray, "chain draw parameter"]


def halves(x: Float[np.ndarray, "chain draw *rest"]) -> Float[np.ndarray, "half_chain half_draw *rest"]:
    """Both halves of every chain, as chains of their own; of an odd number of draws the middle one is left
    out.
    """
    half = x.shape[1] // 2
    return np.concatenate([x[:, :half], x[:, x.shape[1] - half :]])


def rhat(x: Float[np.ndarray, "chain draw"]) -> float:
    """The larger one of the R-hats of ranks and of ranks of the distances from the median.

    Example:
        >>> x = np.random.default_rng(0).standard_normal((4, 500))
        >>> bool(rhat(x) < 1.01 < rhat(x + np.arange(4)[:, None]))
        True
    """
    parts = halves(x)
    scores = np.stack([normal_scores(parts), normal_scores(np.abs(parts - np.median(parts)))], -1)
    return float(np.max(gelman_rubin(scores)))


def bulk(x: Float[np.ndarray, "chain draw"]) -> float:
    """Independent draws that these are worth for what is in the middle.

    Example:
        >>> x = np.random.default_rng(0).standard_normal((4, 500))
        >>> 1500 < bulk(x) < 2500
        True
    """
    return float(effective_sample_size(normal_scores(halves(x))))


def tail(x: Float[np.ndarray, "chain draw"]) -> float:
    """Independent draws that these are worth for the 5 % and 95 % quantiles, the fewer of the two."""
    ends = np.quantile(x, (0.05, 0.95))
    return float(np.min(effective_sample_size(halves(np.stack([x <= e for e in ends], -1).astype(float)))))


def bfmi(energy: Float[np.ndarray, "chain draw"]) -> float:
    """The lowest of the chains' energy fractions of missing information."""
    return float(np.min(np.mean(np.diff(energy, axis=1) ** 2, axis=1) / np.var(energy, axis=1)))


@dataclass(frozen=True)
class Enough:
    """When a run has drawn enough.

    Attributes:
        names: of the parameters.
        constrain: unconstrained numbers of all draws -> parameters in own units, of the same shape.
        superchains: groups of chains that began at one point; as many as chains where each had its own.
    """

    names: Sequence[str]
    constrain: Callable[[Draw], np.ndarray]
    superchains: int

    def seen(self, z: Draw, stats: Mapping[str, np.ndarray]) -> tuple[bool, str]:
        """Are these draws enough, and what was looked at, the worst of the parameters, in words.

        Args:
            z: unconstrained draws; `stats`: name -> (chain, draw), see `inference.samplers.draws.STATS`.
        """
        theta = np.asarray(self.constrain(z))
        chains, count = theta.shape[:2]
        each = {n: theta[:, :, k] for k, n in enumerate(self.names)}
        nested = self.superchains < chains
        disagree, name = _worst(
            {n: nested_rhat(x, self.superchains) if nested else rhat(x) for n, x in each.items()}
        )
        few, scarce = _worst({n: -bulk(x) for n, x in each.items()})
        fewer, scarcest = _worst({n: -tail(x) for n, x in each.items()})
        diverged, lowest = int(np.sum(stats["diverging"])), bfmi(stats["energy"])
        good = (
            chains > 1
            and disagree < 1 + (R_HAT - 1) / MARGIN
            and min(-few, -fewer) > MARGIN * ESS
            and diverged < max(DIVERGENT * chains * count, 1)
            and lowest >= BFMI
        )
        words = (
            f"{'nested ' * nested}R-hat {disagree:.4f} ({name}), bulk ESS {-few:.0f} ({scarce}), tail ESS "
            f"{-fewer:.0f} ({scarcest}), divergences {diverged}, E-BFMI {lowest:.2f}"
        )
        return bool(good), words


def _worst(values: Mapping[str, float]) -> tuple[float, str]:
    """The largest value and whose it is; what is no number is the worst."""
    name = max(values, key=lambda n: np.inf if np.isnan(values[n]) else values[n])
    return values[name], name


def enough_of(problem: Problem, settings: Settings, superchains: int) -> Enough | None:
    """When a run of this problem has drawn enough; None where all draws are asked for."""
    if not settings.until_enough:
        return None
    constrain = jax.jit(jax.vmap(jax.vmap(problem.priors.constrain)))
    return Enough(problem.names, lambda z: np.asarray(constrain(jnp.asarray(z))), superchains)


def kept_in_words(settings: Settings) -> str:
    """How many draws are kept of each chain."""
    return f"{'at most ' * settings.until_enough}{settings.draws} kept"


def looks(plan: Sequence[tuple[bool, int]]) -> frozenset[int]:
    """Numbers of chunks after which a run of this plan is looked at, its last one left out."""
    found, kept, at = set[int](), 0, float(LEAST)
    for i, (warming, length) in enumerate(plan[:-1], 1):
        kept += 0 if warming else length
        if kept >= at:
            found.add(i)
            at = kept * MORE
    return frozenset(found)


class Until:
    """What a run of chunks is told after each of them, and whether it is to end then.

    Attributes:
        identity: by which a folder knows that its run may have ended early.
        words: why it did, or that it did not.
    """

    def __init__(
        self, enough: Enough | None, plan: Sequence[tuple[bool, int]], report: Report | None
    ) -> None:
        self._enough, self._plan, self._report = enough, plan, report
        self._looks = frozenset() if enough is None else looks(plan)
        self._kept: list[Seen] = []
        self.identity = (
            {} if enough is None else {"until": [R_HAT, ESS, DIVERGENT, BFMI, LEAST, MORE, MARGIN]}
        )
        self.words = ""

    def told(self, done: int, seen: Seen) -> None:
        """A chunk is done, or found on disk."""
        warming = self._plan[done - 1][0]
        if not warming and self._enough is not None:
            self._kept.append({k: seen[k] for k in ("z", "diverging", "energy")})
        if self._report is not None:
            self._report(done, warming, seen)

    def finished(self, done: int, _: State) -> bool:
        """Is that all? Asked again of the same chunks, it gives the same answer."""
        if done == len(self._plan):
            self.words = "" if self._enough is None else "all were made: no look before the last found enough"
            return True
        if self._enough is None or done not in self._looks:
            return False
        together = {k: np.concatenate([s[k] for s in self._kept], axis=1) for k in self._kept[0]}
        good, found = self._enough.seen(together.pop("z"), together)
        kept, most = (sum(n for warming, n in p if not warming) for p in (self._plan[:done], self._plan))
        self.words = f"after {kept} of at most {most} kept draws a chain: {found}" if good else ""
        return good
