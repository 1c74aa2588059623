"""Two comparisons of rankings: before against after the data, and slopes against a regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from inference.resistance.rankings.ranks import ranks
from inference.resistance.rankings.sensitivity import INTERVAL, Effects, rank_regression_effects

RESAMPLES = 400
TOGETHER = 0.5  # rank correlation above which a regression hardly tells two parameters apart (our choice)
TURNS = 0.05  # share of the draws with the other sign above which an effect turns (our choice)
NEGLIGIBLE = 0.02  # of the sd of the answer: a factor that moves it by less matters neither way (our choice)
ENOUGH = 1.5  # draws a factor, below which a regression is not asked (our choice)


def changed(before: Effects, after: Effects, seed: int) -> dict[str, np.ndarray]:
    """Ranks before the data, and by how many places each factor moved up since, with the 89 % interval of
    that over resamples of the replicates of both (Monte-Carlo doubt alone).

    Returns:
        prior_rank, rank_change, rank_change_low, rank_change_high, (factor,) each.

    Raises:
        ValueError: the two are of different factors.
    """
    if before.factor != after.factor:
        raise ValueError("two rankings: are of different factors: rank the same cell before and after")
    rng = np.random.default_rng(seed)

    def again(effects: Effects) -> np.ndarray:
        size, n = effects.size, len(effects.size)
        if effects.replicates == "resample":  # each is a ranking from resampled simulations already
            return ranks(size[rng.integers(0, n, RESAMPLES)])
        return ranks(np.stack([size[rng.integers(0, n, n)].mean(0) for _ in range(RESAMPLES)]))

    first, then = (ranks(e.size.mean(0)[None])[0] for e in (before, after))
    moved = again(before) - again(after)
    low, high = np.quantile(moved, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0, method="inverted_cdf")
    return {
        "prior_rank": first,
        "rank_change": first - then,
        "rank_change_low": low,
        "rank_change_high": high,
    }


def disagreements(
    factor: Sequence[str], values: np.ndarray, output: np.ndarray, slope: np.ndarray, seed: int
) -> list[str]:
    """Factors for which the exact slopes and a rank regression of the same draws both are sure of a sign and
    of different ones, each with what explains it.

    Args:
        values: (draw, factor); output: (draw,), NaN where it could not be solved; slope: (draw, factor).
    """
    good = np.isfinite(output)
    values, output, slope = values[good], output[good], slope[good]
    if len(output) < ENOUGH * len(factor) + 2:
        return []
    regression = rank_regression_effects(factor, np.log(values), output, 200, seed)
    low, high = np.quantile(slope, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    exact = (low > 0).astype(int) - (high < 0).astype(int)
    fitted = (regression.low > 0).astype(int) - (regression.high < 0).astype(int)
    rank = rankdata(values, axis=0)
    rank = (rank - rank.mean(0)) / np.maximum(rank.std(0), 1e-300)
    correlation = rank.T @ rank / len(rank)
    np.fill_diagonal(correlation, 0.0)
    turned = np.minimum((slope > 0).mean(0), (slope < 0).mean(0))
    found = []
    reach = np.abs(slope).mean(0) * np.log(values).std(0)
    matters = reach > NEGLIGIBLE * output.std()
    for i in map(int, np.flatnonzero((exact * fitted < 0) & matters)):
        partner = int(np.argmax(np.abs(correlation[i])))
        if abs(correlation[i, partner]) > TOGETHER:
            why = (
                f"it goes together with {factor[partner]} (rank correlation {correlation[i, partner]:+.2f}), "
                "and the regression hardly tells them apart"
            )
        elif turned[i] > TURNS:
            why = f"its effect turns: in {100 * turned[i]:.0f} % of the draws it has the other sign"
        else:
            share = 100 * float(regression.more["r2"][0])
            why = f"the regression is a straight line through ranks, which explains {share:.0f} % of them"
        found.append(
            f"{factor[i]}: slopes say {'more' if exact[i] > 0 else 'less'}, a rank regression "
            f"{'more' if fitted[i] > 0 else 'less'}; the slopes are exact at every draw; {why}"
        )
    return found
