"""Which nodes tell early from late relapse: rank correlations with the time to progression, and their ranks.

Patients, and the models that they are of, are drawn anew with random weights (Bayesian bootstrap, Rubin 1981)
on top of those of the trials, so that a rank's interval holds both spreads.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.stats import rankdata

REPEATS = 200


def weighted_correlation(
    x: Float[np.ndarray, " patient"], y: Float[np.ndarray, " patient"], weights: Float[np.ndarray, " patient"]
) -> float:
    """Pearson's correlation under weights; 0 where one of the two is constant.

    Example:
        >>> round(weighted_correlation(np.arange(4.0), np.arange(4.0) ** 2, np.ones(4)), 3)
        0.958
    """
    w = weights / weights.sum()
    a, b = x - w @ x, y - w @ y
    spread = np.sqrt((w @ a**2) * (w @ b**2))
    return float(w @ (a * b) / spread) if spread > 0 else 0.0


def early_or_late(
    nodes: Mapping[str, Float[np.ndarray, " patient"]],
    months: Float[np.ndarray, " patient"],
    weights: Float[np.ndarray, " patient"],
    model: np.ndarray,
    seed: int,
    repeats: int = REPEATS,
) -> pd.DataFrame:
    """A row a node, the one that tells most first.

    Args:
        months: to progression; infinite where there is none.
        model: of each patient.

    Returns:
        `correlation` of the ranks (above 0: more of it, later relapse) with its 89 % interval, and `rank`
        with its own.
    """
    rng = np.random.default_rng(seed)
    late = rankdata(months)
    ranked = {name: rankdata(x) for name, x in nodes.items()}
    found = np.zeros((repeats + 1, len(nodes)))
    for k in range(repeats + 1):
        drawn = np.ones(len(months)) if k == 0 else rng.exponential(size=len(months))
        of_models = np.ones(model.max() + 1) if k == 0 else rng.exponential(size=model.max() + 1)
        w = weights * drawn * of_models[model]
        found[k] = [weighted_correlation(x, late, w) for x in ranked.values()]
    place = np.array([rankdata(-np.abs(row), method="ordinal") for row in found])
    low, high = (np.quantile(found[1:], q, axis=0) for q in (0.055, 0.945))
    first, last = (np.quantile(place[1:], q, axis=0) for q in (0.055, 0.945))
    table = pd.DataFrame(
        {
            "node": list(nodes),
            "rank": place[0],
            "rank_low": first,
            "rank_high": last,
            "correlation": found[0],
            "low": low,
            "high": high,
        }
    )
    return table.sort_values("rank", ignore_index=True)
