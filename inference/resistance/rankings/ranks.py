"""Ranks with their doubt: how sure is it that one factor matters more than another?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import xarray as xr

from inference.resistance.rankings.sensitivity import INTERVAL, Effects


def ranks(size: np.ndarray) -> np.ndarray:
    """Rank (1 = largest) of each column within each row of `size` (replicate, factor); ties by order of the
    columns.
    """
    order = np.argsort(-size, axis=1, kind="stable")
    out = np.empty_like(order)
    np.put_along_axis(out, order, np.broadcast_to(np.arange(1, size.shape[1] + 1), size.shape), axis=1)
    return out


def rank(effects: Effects) -> xr.Dataset:
    """The ranking by mean size, labelled, with what the replicates say about it.

    Variables along `factor`: effect, low, high (89 %), size (mean over the replicates), rank, rank_low,
    rank_high (89 % of the ranks within single replicates), those in `effects.more`; `p_top` (factor, k):
    probability of a rank of k or better; `p_larger` (factor, other): probability that the first is larger
    than the second, ties half.
    """
    within = ranks(effects.size)
    mean = effects.size.mean(0)
    n = len(effects.factor)
    low, high = np.quantile(within, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0, method="inverted_cdf")
    k = np.arange(1, n + 1)
    top = np.stack([(within <= j).mean(0) for j in k], axis=1)
    larger = np.stack([effects.size[:, [i]] > effects.size for i in range(n)]).mean(1)
    equal = np.stack([effects.size[:, [i]] == effects.size for i in range(n)]).mean(1)
    variables = {
        "effect": effects.effect,
        "low": effects.low,
        "high": effects.high,
        "size": mean,
        "rank": ranks(mean[None])[0],
        "rank_low": low,
        "rank_high": high,
        **effects.more,
    }
    return xr.Dataset(
        {name: ("factor", np.asarray(v)) for name, v in variables.items()}
        | {"p_top": (("factor", "k"), top), "p_larger": (("factor", "other"), larger + equal / 2)},
        coords={"factor": list(effects.factor), "other": list(effects.factor), "k": k},
        attrs={
            "measure": effects.measure,
            "replicates": effects.replicates,
            "replicate_count": len(effects.size),
            "interval": INTERVAL,
        },
    )


def without(table: xr.Dataset, effects: Effects, own: Collection[str]) -> xr.Dataset:
    """The ranking with a second one beside it that leaves `own` out: `own` (factor,), and `rank_rest`,
    `rank_rest_low`, `rank_rest_high`, `p_three_rest` (probability of being among the first three), NaN for
    those that are left out.
    """
    out = np.array([n in own for n in effects.factor])
    others = effects.size[:, ~out]
    within, columns = ranks(others), np.full((4, len(out)), np.nan)
    tails = [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2]
    columns[:, ~out] = [
        ranks(others.mean(0)[None])[0],
        *np.quantile(within, tails, axis=0, method="inverted_cdf"),
        (within <= 3).mean(0),
    ]
    names = ("rank_rest", "rank_rest_low", "rank_rest_high", "p_three_rest")
    more = {n: ("factor", c) for n, c in zip(names, columns, strict=True)}
    return table.assign({"own": ("factor", out)} | more)


def stability(effects: Effects, counts: Sequence[int], top: int, resamples: int, seed: int) -> xr.Dataset:
    """Would fewer draws have given the same ranking? By bootstrap of the replicates at several counts.

    `overlap` (count,): mean share of the `top` factors that a ranking from `count` replicates shares with
    that from all; `rank_low`, `rank_high` (count, factor): 89 % interval of the rank by mean size,
    Monte-Carlo doubt alone.
    """
    rng = np.random.default_rng(seed)
    top = min(top, len(effects.factor))
    best = set(np.argsort(-effects.size.mean(0), kind="stable")[:top])
    overlap, low, high = [], [], []
    for count in counts:
        again = ranks(
            np.stack(
                [effects.size[rng.integers(0, len(effects.size), count)].mean(0) for _ in range(resamples)]
            )
        )
        overlap.append(np.mean([len(best & set(np.flatnonzero(r <= top))) / top for r in again]))
        lo, hi = np.quantile(again, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0, method="inverted_cdf")
        low.append(lo)
        high.append(hi)
    return xr.Dataset(
        {
            "overlap": ("count", np.asarray(overlap)),
            "stable_low": (("count", "factor"), np.stack(low)),
            "stable_high": (("count", "factor"), np.stack(high)),
        },
        coords={"count": list(counts), "factor": list(effects.factor)},
        attrs={"top": top},
    )
