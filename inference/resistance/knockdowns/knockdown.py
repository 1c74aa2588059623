"""Virtual knock-downs: which node, or pair, would make the drug kill again, and through which path IL-6
protects.

A knock-down scales the parameters through which a node acts, from the start of the treatment on, as an
inhibitor given with the drug would; the pre-culture is untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from inference.resistance.beliefs import Beliefs, joint
from inference.resistance.conditions import ALONE, WITH_IL6
from inference.resistance.dish_plans import (
    DishPlan,
    culture,
    dishes_per_set,
    parameters,
    plan,
    treat,
    treatment,
)
from inference.resistance.knockdowns.knockdown_nodes import LEVELS, NODES, PATHS
from inference.resistance.questions import Question
from inference.resistance.rankings.sensitivity import INTERVAL
from inference.resistance.resistance_readouts import VIABILITY
from models.engine.blocks import Block, Tell, in_blocks, silent

RESAMPLES = 1000  # of the share of each path
WIDTH = 1024  # dishes handed to the engine at once (our choice)
# inhibitor in units of its half effect: activity left 1 / (1 + d); 1 and 9 are 50 and 90 %
GRID = (0.25, 1.0, 3.0, 9.0, 27.0, 81.0)


def survivors(
    what: DishPlan,
    beliefs: Beliefs,
    ln_values: np.ndarray,
    scale: np.ndarray,
    *,
    rtol: float,
    atol: float,
    report: Tell = silent,
) -> np.ndarray:
    """ln cells at the end (draw, variant, dish); NaN where a solve failed.

    One pre-culture a draw, from which all variants and dishes of it go on, `WIDTH` lanes at a time.

    Args:
        ln_values: (draw, factor); scale: (variant, parameter) factors on the full parameter vectors during
            the treatment.
        report: (simulations done, all).
    """
    full = np.asarray(parameters(what, beliefs.names, beliefs.shares, jnp.asarray(ln_values)))
    draws, variants, dishes = len(full), len(scale), dishes_per_set(what)
    state, fine = in_blocks(
        lambda part: culture(what, jnp.asarray(full[part.rows]), rtol=rtol, atol=atol), draws, WIDTH
    )
    d, v = (i.ravel() for i in np.indices((draws, variants)))

    def of(part: Block, dish: int) -> np.ndarray:
        rows = part.rows
        start = jnp.asarray(state[d[rows]]), jnp.asarray(fine[d[rows]])
        y, ok = treat(what, dish, jnp.asarray(full[d[rows]] * scale[v[rows]]), start, rtol=rtol, atol=atol)
        return np.where(ok, np.log(np.where(ok, y[:, -1, 0], 1.0)), np.nan)

    cells = []
    for k in range(dishes):

        def tell(done: int, each: int, before: int = k) -> None:
            report(before * each + done, dishes * each)

        cells.append(in_blocks(partial(of, dish=k), len(d), WIDTH, tell=tell))
    return np.stack(cells, axis=-1).reshape(draws, variants, dishes)


def scales(
    system_parameters: Sequence[str], variants: Sequence[Sequence[tuple[tuple[str, ...], float]]]
) -> np.ndarray:
    """Factors (variant, parameter): each variant is a list of (parameters, activity left)."""
    out = np.ones((len(variants), len(system_parameters)))
    for row, parts in zip(out, variants, strict=True):
        for names, left in parts:
            for n in names:
                if n in system_parameters:
                    row[system_parameters.index(n)] *= left
    return out


def knocked_down(
    question: Question,
    beliefs: Beliefs,
    draws: int,
    seed: int,
    pair_level: float,
    *,
    rtol: float,
    atol: float,
    report: Tell = silent,
) -> xr.Dataset:
    """Every node at several strengths and every pair at one, over draws of the parameters.

    Args:
        question: drugs, condition and preset; its read-out is replaced by ln viability.
        pair_level: share of activity taken away from both members of a pair.

    Returns:
        Along `draw`, with `node` and `level` (share taken away): `ln_viability` (with over without drug, both
        knocked down), `ln_survival` (with drug, knocked down over not), `ln_toxicity` (without drug, knocked
        down over not). The same with the prefix `pair_` along `node` and `partner` (NaN on and below the
        diagonal), and `reference` ln_viability without any knock-down. `bliss`: ln survival of the pair less
        the sum of its members' (below 0: more than the sum). `loewe`: combination index of the pair, doses
        d_a/D_a + d_b/D_b for the same survival (below 1: more than additive; NaN where neither alone gets
        there, or the pair does not lower survival).
    """
    what = plan(replace(question, readout=VIABILITY), lanes=256)
    names = [n for n in NODES.values() if any(p in what.system.parameters for p in n.parameters)]
    levels = sorted({*(1 - 1 / (1 + d) for d in GRID), *LEVELS, pair_level})
    pairs = list(combinations(range(len(names)), 2))
    variants = [[]] + [[(n.parameters, 1 - level)] for n in names for level in levels]
    variants += [
        [(names[a].parameters, 1 - pair_level), (names[b].parameters, 1 - pair_level)] for a, b in pairs
    ]
    values, _ = joint(beliefs, draws, seed)
    scale = scales(what.system.parameters, variants)
    cells = survivors(what, beliefs, np.log(values), scale, rtol=rtol, atol=atol, report=report)
    return _labelled(cells, [n.name for n in names], levels, pairs, pair_level)


def _labelled(
    cells: np.ndarray, names: list[str], levels: list[float], pairs: list[tuple[int, int]], pair_level: float
) -> xr.Dataset:
    """ln cells (draw, variant, [drug, vehicle]) as the dataset of `knocked_down`."""
    n, k = len(names), len(levels)
    none, single, double = (
        cells[:, :1],
        cells[:, 1 : 1 + n * k].reshape(len(cells), n, k, 2),
        cells[:, 1 + n * k :],
    )

    def pair(values: np.ndarray) -> np.ndarray:
        out = np.full((len(cells), n, n), np.nan)
        for (a, b), column in zip(pairs, values.T, strict=True):
            out[:, a, b] = column
        return out

    survival = single[..., 0] - none[:, :, None, 0]
    at = levels.index(pair_level)
    pair_survival = double[..., 0] - none[..., 0]
    first, second = (np.array([p[i] for p in pairs]) for i in (0, 1))
    bliss = pair_survival - survival[:, first, at] - survival[:, second, at]
    dose = np.array(levels) / (1 - np.array(levels))
    index = np.stack(
        [
            [
                loewe_index(dose, survival[d, a], survival[d, b], dose[at], pair_survival[d, i])
                for i, (a, b) in enumerate(pairs)
            ]
            for d in range(len(cells))
        ]
    )
    along, across = ("draw", "node", "level"), ("draw", "node", "partner")
    return xr.Dataset(
        {
            "reference": ("draw", none[:, 0, 0] - none[:, 0, 1]),
            "ln_viability": (along, single[..., 0] - single[..., 1]),
            "ln_survival": (along, survival),
            "ln_toxicity": (along, single[..., 1] - none[:, :, None, 1]),
            "pair_ln_viability": (across, pair(double[..., 0] - double[..., 1])),
            "pair_ln_survival": (across, pair(pair_survival)),
            "pair_ln_toxicity": (across, pair(double[..., 1] - none[..., 1])),
            "bliss": (across, pair(bliss)),
            "loewe": (across, pair(index)),
        },
        coords={"node": names, "partner": names, "level": levels},
        attrs={"pair_level": pair_level},
    )


def loewe_index(dose: np.ndarray, a: np.ndarray, b: np.ndarray, given: float, effect: float) -> float:
    """Loewe combination index of two inhibitors, `given` of each, that together reach `effect` (ln survival).

    Args:
        dose: increasing, in units of each half effect; `a`, `b`: ln survival of each alone at these doses.

    The dose of each alone with the same effect is interpolated on ln dose; one that never gets there counts
    as infinite. NaN where the pair does not lower survival or no one alone gets there.
    """
    if not effect < 0:
        return np.nan
    terms = []
    for curve in (a, b):
        beyond = np.flatnonzero(curve <= effect)
        if not len(beyond):
            continue
        i = int(beyond[0])
        if i == 0:
            terms.append(given / (dose[0] * effect / curve[0]))  # linear from no dose, no effect
        else:
            share = (effect - curve[i - 1]) / (curve[i] - curve[i - 1])
            terms.append(given / np.exp(np.log(dose[i - 1]) + share * np.log(dose[i] / dose[i - 1])))
    return float(sum(terms)) if terms else np.nan


def path_shares(
    question: Question, beliefs: Beliefs, draws: int, seed: int, *, rtol: float, atol: float
) -> xr.Dataset:
    """How much of IL-6's protection goes when one path is cut.

    Returns:
        `protection` (draw, cut): ln viability under the drug with IL-6 less that without, both with the path
        cut; the first cut is none.
    """
    there = plan(replace(question, readout=VIABILITY, condition=WITH_IL6), lanes=256)
    rest = treatment(there.system, replace(question, readout=VIABILITY, condition=ALONE))
    what = eqx.tree_at(
        lambda p: p.treatments,
        there,
        jax.tree.map(lambda a, b: jnp.concatenate([a, b]), there.treatments, rest),
    )
    cuts = [[], *[[(names, 0.0)] for names, _ in PATHS.values()]]
    values, _ = joint(beliefs, draws, seed)
    cells = survivors(
        what, beliefs, np.log(values), scales(what.system.parameters, cuts), rtol=rtol, atol=atol
    )
    viability = cells[..., 0::2] - cells[..., 1::2]
    protection = viability[..., 0] - viability[..., 1]
    return xr.Dataset({"protection": (("draw", "cut"), protection)}, coords={"cut": ["none", *PATHS]})


def lost_share(protection: xr.DataArray, resamples: int, seed: int) -> xr.Dataset:
    """Share of the mean protection that goes with each cut, and its 89 % bootstrap interval over the draws.

    1 - mean protection with the path cut / mean protection: pooled, because cells that survive anyhow have no
    protection to lose and a ratio of their own means nothing. Shares need not add up to 1: paths meet again
    downstream.
    """
    values = protection.dropna("draw").transpose("draw", "cut").values
    rng = np.random.default_rng(seed)
    again = values[rng.integers(0, len(values), (resamples, len(values)))].mean(1)
    low, high = np.quantile(1 - again[:, 1:] / again[:, :1], [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    mean = values.mean(0)
    return xr.Dataset(
        {"share": ("path", 1 - mean[1:] / mean[0]), "low": ("path", low), "high": ("path", high)},
        coords={"path": protection["cut"].values[1:]},
    )


def interval(values: xr.DataArray, dim: str = "draw") -> xr.Dataset:
    """Median and 89 % interval over the draws, failed ones left out."""
    q = values.quantile([0.5, (1 - INTERVAL) / 2, (1 + INTERVAL) / 2], dim=dim, skipna=True)
    return xr.Dataset(
        {name: q.isel(quantile=i, drop=True) for i, name in enumerate(("median", "low", "high"))}
    )
