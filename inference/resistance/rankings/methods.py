"""The ways to rank: each knows where to simulate, what it makes of the answers, and how to say it.

Another one is another subclass of `RankingMethod` in the list, or an object of a caller's own wherever a name
is accepted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from inference.resistance.beliefs import Beliefs, joint, ln_per_normal, spread, strongest, whitened
from inference.resistance.rankings import sensitivity
from inference.resistance.rankings.sensitivity import Effects

RESAMPLES = 500
MORRIS_LEVELS, MORRIS_ENDS = 4, (0.055, 0.945)  # the 89 % interval: a quantile of 0 or 1 is no number
UNIT_ENDS = (1e-6, 1 - 1e-6)  # for the same reason, of a design that wants the whole belief


@dataclass(frozen=True)
class MethodWords:
    """How the numbers of a method are called.

    Attributes:
        effect: what an effect is, on an axis that has room.
        axis: the same where it has not.
        size: how large an effect is, without direction.
        by: behind "by", where rankings are listed.
        signed: whether an effect has a direction.
        point: what the dot of an interval is.
    """

    effect: str
    by: str
    axis: str = "effect"
    size: str = "size of the effects"
    signed: bool = False
    point: str = "estimate"


@dataclass(frozen=True)
class Simulated:
    """Answers at chosen parameters.

    Attributes:
        points: (row, factor) of the unit cube, for methods with a design.
        values: (row, factor), each in its own unit.
        output: (row,) NaN where a solve failed; `slope`: (row, factor) with respect to ln parameters.
    """

    beliefs: Beliefs
    points: np.ndarray
    values: np.ndarray
    output: np.ndarray
    slope: np.ndarray

    @property
    def good(self) -> np.ndarray:
        """(row,) whether it could be solved."""
        return np.isfinite(self.output)


@dataclass(frozen=True)
class RankingMethod(ABC):
    """One way to say which parameter matters most.

    Attributes:
        name: how it is asked for.
        words: how its numbers are called.
        draws: how many are taken where nothing else is asked.
        slopes: whether it needs derivatives; signed_slopes: whether its effects are these.
        independent: whether it holds for independent parameters alone, so that it cannot rank a fit.
        whitens: whether its design varies the own part of each parameter where a fit makes them hang
            together.
    """

    name: str
    words: ClassVar[MethodWords]
    draws: ClassVar[int]
    slopes: ClassVar[bool] = False
    signed_slopes: ClassVar[bool] = False
    independent: ClassVar[bool] = False
    whitens: ClassVar[bool] = False

    @property
    def rtol(self) -> float:
        """Of a step. Slopes need digits that variances and ranks of thousands of sets do not: a third fewer
        steps.
        """
        return 1e-5 if self.slopes else 1e-4

    @property
    def sets(self) -> int:
        """Handed to the engine at once."""
        return 256 if self.slopes else 8192

    @property
    def lanes(self) -> int:
        """Sets that step side by side. Few sets take twenty times the steps of the others, so a lane must
        find the next set waiting; with derivatives every step is recorded, which bounds their number.
        """
        return 32 if self.slopes else 512

    def refusal(self, draws: int) -> str | None:
        """Why it cannot take this number of draws, in words; None if it can."""
        return "at least 2 are needed" if draws < 2 else None

    def fewest(self, factors: int) -> int:
        """Draws that it needs at least for so many factors."""
        return 2

    def design(self, beliefs: Beliefs, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Points of the unit cube (none for plain draws) and values (row, factor), where to simulate."""
        return np.zeros((0, len(beliefs.names))), joint(beliefs, draws, seed)[0]

    @abstractmethod
    def effects(self, found: Simulated, seed: int) -> tuple[Effects, Effects]:
        """What the parameters do, and the same in a scale in which a pathway's members can be joined."""

    def pathway_design(self, beliefs: Beliefs, draws: int, seed: int) -> np.ndarray | None:
        """Values (row, factor) where to simulate once more for whole pathways; None if nothing is needed."""
        return None

    def pathway_effects(self, beliefs: Beliefs, joined: Effects, output: np.ndarray, seed: int) -> Effects:
        """What whole pathways do; `output` is that of `pathway_design`."""
        return sensitivity.by_group(joined, beliefs.pathway)


@final
class Elasticity(RankingMethod):
    """Exact slopes, averaged over the draws."""

    words = MethodWords(
        "elasticity (% change of the read-out per % change of the parameter), mean over draws",
        "elasticities",
        "elasticity",
        "mean size of the elasticities",
        signed=True,
        point="mean",
    )
    draws = 200
    slopes = True
    signed_slopes = True

    def effects(self, found: Simulated, seed: int) -> tuple[Effects, Effects]:
        names, slope = found.beliefs.names, found.slope[found.good]
        scale = spread(found.beliefs, found.values[found.good])
        more = {"swing": np.abs(slope).mean(0) * scale, "sd_ln": scale}
        return (
            sensitivity.over_draws(names, slope, self.words.effect, more),
            sensitivity.over_draws(names, slope * scale, "elasticity x sd of ln parameter"),
        )


@final
class Dgsm(RankingMethod):
    """Mean squares of slopes: an upper bound of the total Sobol index."""

    words = MethodWords("DGSM (upper bound of the total Sobol index)", "DGSM")
    draws = 500
    slopes = True
    independent = True

    def effects(self, found: Simulated, seed: int) -> tuple[Effects, Effects]:
        names, good = found.beliefs.names, found.good
        per_sd = found.slope[good] * ln_per_normal(found.beliefs, found.values[good])
        poincare = np.ones(len(names))
        return (
            sensitivity.dgsm_effects(names, per_sd, found.output[good], poincare, RESAMPLES, seed),
            sensitivity.over_draws(names, per_sd, "slope per prior sd"),
        )


@final
class Sobol(RankingMethod):
    """Shares of the variance. Indices of pathways do not follow from those of their members: they are
    simulated.
    """

    words = MethodWords(
        "total Sobol index (share of the variance that involves the parameter)", "Sobol indices"
    )
    draws = 256
    whitens = True

    def refusal(self, draws: int) -> str | None:
        if draws >= 2 and draws & (draws - 1):
            return f"a Sobol study takes a power of 2, for example {1 << draws.bit_length()}"
        return super().refusal(draws)

    def design(self, beliefs: Beliefs, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        points = sensitivity.sobol_design(len(beliefs.names), draws, seed)
        return points, whitened(beliefs, np.clip(points, *UNIT_ENDS))

    def effects(self, found: Simulated, seed: int) -> tuple[Effects, Effects]:
        single = sensitivity.sobol_effects(found.beliefs.names, found.output, RESAMPLES, seed)
        return single, single

    def pathway_design(self, beliefs: Beliefs, draws: int, seed: int) -> np.ndarray | None:
        points = sensitivity.sobol_design(len(beliefs.names), draws, seed, beliefs.pathway)
        return whitened(beliefs, np.clip(points, *UNIT_ENDS))

    def pathway_effects(self, beliefs: Beliefs, joined: Effects, output: np.ndarray, seed: int) -> Effects:
        return sensitivity.sobol_effects(beliefs.names, output, RESAMPLES, seed, beliefs.pathway)


@final
class Morris(RankingMethod):
    """One factor moved at a time: a screen."""

    words = MethodWords(
        "Morris mu* (mean size of the change from one end of the belief to the other)", "Morris screening"
    )
    draws = 40
    whitens = True

    def design(self, beliefs: Beliefs, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        points = sensitivity.morris_design(len(beliefs.names), draws, MORRIS_LEVELS, seed)
        return points, whitened(beliefs, MORRIS_ENDS[0] + (MORRIS_ENDS[1] - MORRIS_ENDS[0]) * points)

    def effects(self, found: Simulated, seed: int) -> tuple[Effects, Effects]:
        names = found.beliefs.names
        single = sensitivity.morris_effects(names, found.points, found.output, RESAMPLES, seed)
        return single, single


@final
class RankRegression(RankingMethod):
    """Regression of the rank of the read-out on the ranks of the parameters."""

    words = MethodWords(
        "standardised rank regression coefficient (SRRC)",
        "rank regression",
        "rank regression coefficient",
        "size of the rank regression coefficients",
        signed=True,
    )
    draws = 1024

    def fewest(self, factors: int) -> int:
        """A regression has as many unknowns as factors, and one."""
        return factors + 2

    def effects(self, found: Simulated, seed: int) -> tuple[Effects, Effects]:
        single = self.coefficients(found.beliefs.names, np.log(found.values), found.output, RESAMPLES, seed)
        return single, single

    @staticmethod
    def coefficients(
        names: Sequence[str], points: np.ndarray, output: np.ndarray, resamples: int, seed: int
    ) -> Effects:
        """The coefficients of any draws, (draw, factor), on any monotone scale."""
        return sensitivity.rank_regression_effects(names, points, output, resamples, seed)


ELASTICITY = Elasticity("elasticity")
RANK_REGRESSION = RankRegression("srrc")
METHODS: dict[str, RankingMethod] = {
    m.name: m for m in (ELASTICITY, Sobol("sobol"), Dgsm("dgsm"), Morris("morris"), RANK_REGRESSION)
}


def dependence(beliefs: Beliefs, method: RankingMethod) -> str:
    """What is said beside a ranking whose method varies parameters one by one although a fit makes them hang
    together; empty elsewhere.
    """
    if not (method.whitens and len(beliefs.posterior) > 1):
        return ""
    a, b, rho = strongest(beliefs)
    return (
        f"The fit makes parameters hang together (most: {a} and {b}, rank correlation {rho:+.2f}): what is "
        "varied is the own part of each, all draws stay where the fit is (whitened, Kessy, Lewin & Strimmer "
        "2018)"
    )
