"""How much each factor moves a scalar: exact local slopes averaged over draws, and global variance-based
measures.

Every method ends in `Effects`, so that rankings, tables and figures need not know which method it was.
Designs and variance estimators are SALib's, applied to outputs computed elsewhere; slopes come from
reverse-mode derivatives.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from SALib.analyze import sobol as salib_sobol
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample
from scipy.stats import rankdata

INTERVAL = 0.89  # equal-tailed


@dataclass(frozen=True)
class Effects:
    """What one method found for each factor.

    Attributes:
        factor: names.
        measure: what `effect` is, in words.
        effect: (factor,) point value, with a sign where the method has one.
        low, high: (factor,) ends of its 89 % interval.
        size: (replicate, factor) magnitudes; the order within a row is one ranking.
        replicates: what a row of `size` is: "draw" (one set of parameters that we may believe) or "resample"
            (a
            bootstrap of the simulations: Monte-Carlo doubt alone).
        more: further numbers, (factor,) each, by name.
    """

    factor: tuple[str, ...]
    measure: str
    effect: np.ndarray
    low: np.ndarray
    high: np.ndarray
    size: np.ndarray
    replicates: str
    more: Mapping[str, np.ndarray] = field(default_factory=dict)


def slopes(
    function: Callable[[Float[Array, "draw factor"]], Float[Array, " draw"]],
    points: Float[Array, "draw factor"],
) -> tuple[Float[Array, " draw"], Float[Array, "draw factor"]]:
    """Values and exact derivatives of a read-out at many points, in one reverse pass.

    Row i of the output may depend on row i of the input alone, as dishes beside each other do; the derivative
    of the sum is then the derivative of each. With ln parameters and a ln read-out, a slope is an elasticity:
    the per cent by which the read-out changes when the parameter changes by one per cent.
    """
    values, back = jax.vjp(function, points)
    return values, back(jnp.ones_like(values))[0]


def over_draws(
    factor: Sequence[str], slope: np.ndarray, measure: str, more: Mapping[str, np.ndarray] | None = None
) -> Effects:
    """Slopes (draw, factor) as effects: the mean with its interval over the draws, ranked by mean size."""
    low, high = np.quantile(slope, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    return Effects(tuple(factor), measure, slope.mean(0), low, high, np.abs(slope), "draw", more or {})


def sobol_design(
    factors: int, base: int, seed: int, groups: Sequence[str] | None = None
) -> Float[np.ndarray, "simulation factor"]:
    """Points of the unit cube for first-order and total indices: `base` x (factors + 2) rows, or x (groups +
    2).

    Saltelli's cross-sampling of a scrambled Sobol sequence; `base` is a power of 2. The rows of one base
    point follow each other, so that the first k x (factors + 2) rows are themselves a design.
    """
    return sobol_sample.sample(
        _problem([str(i) for i in range(factors)], groups), base, calc_second_order=False, seed=seed
    )


def sobol_effects(
    factor: Sequence[str], output: np.ndarray, resamples: int, seed: int, groups: Sequence[str] | None = None
) -> Effects:
    """Total Sobol indices with the first-order ones beside them, from outputs (simulation,) along
    `sobol_design`.

    A base point with any output that is not finite is left out as a whole. The total index is the share of
    the variance of the output that would remain if everything but this factor were known; intervals are
    bootstrapped.
    """
    names = list(dict.fromkeys(groups)) if groups is not None else list(factor)
    block = output.reshape(-1, len(names) + 2)
    block = block[np.isfinite(block).all(axis=1)]
    if len(block) < 2 or np.ptp(block) == 0:
        zero = np.zeros(len(names))
        return Effects(
            tuple(names),
            "total Sobol index",
            zero,
            zero,
            zero,
            np.zeros((resamples, len(names))),
            "resample",
            {"first": zero},
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = salib_sobol.analyze(
            _problem(list(factor), groups),
            block.ravel(),
            calc_second_order=False,
            num_resamples=resamples,
            conf_level=INTERVAL,
            keep_resamples=True,
            seed=seed + 1,
        )
    total, first = np.asarray(found["ST_conf_all"]), np.asarray(found["S1_conf_all"])
    tails = [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2]
    low, high = np.quantile(total, tails, axis=0)
    first_low, first_high = np.quantile(first, tails, axis=0)
    return Effects(
        tuple(names),
        "total Sobol index",
        np.asarray(found["ST"]),
        low,
        high,
        total,
        "resample",
        {"first": np.asarray(found["S1"]), "first_low": first_low, "first_high": first_high},
    )


def _problem(factor: list[str], groups: Sequence[str] | None) -> dict:
    problem: dict = {"num_vars": len(factor), "names": factor, "bounds": [[0.0, 1.0]] * len(factor)}
    return problem | ({"groups": list(groups)} if groups is not None else {})


def dgsm_effects(
    factor: Sequence[str],
    slope: np.ndarray,
    output: np.ndarray,
    poincare: np.ndarray,
    resamples: int,
    seed: int,
) -> Effects:
    """Derivative-based global sensitivity: an upper bound of the total Sobol index from slopes alone.

    nu = E[(df/dx)^2] and S_total <= C nu / Var f, with C the Poincaré constant of the factor's distribution
    (Sobol & Kucherenko 2009; Lamboni et al. 2013): 1 for a standard normal, ((b - a)/pi)^2 for a uniform on
    a..b.

    Args:
        slope: (draw, factor) derivatives with respect to the independent factors.
        output: (draw,).
        poincare: (factor,) constants C.
    """
    rng = np.random.default_rng(seed)
    pick = rng.integers(0, len(output), (resamples, len(output)))
    nu = (slope**2).mean(0)
    bound = poincare * nu / np.var(output)
    again = poincare * (slope**2)[pick].mean(1) / np.var(output[pick], axis=1)[:, None]
    low, high = np.quantile(again, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    return Effects(
        tuple(factor), "DGSM bound of the total Sobol index", bound, low, high, again, "resample", {"nu": nu}
    )


def morris_design(
    factors: int, trajectories: int, levels: int, seed: int
) -> Float[np.ndarray, "simulation factor"]:
    """Points of the unit cube: `trajectories` x (factors + 1) rows, one factor moved at a time. Ends 0 and 1
    occur.
    """
    return morris_sample.sample(
        _problem([str(i) for i in range(factors)], None), trajectories, num_levels=levels, seed=seed
    )


def morris_effects(
    factor: Sequence[str], points: np.ndarray, output: np.ndarray, resamples: int, seed: int
) -> Effects:
    """Elementary effects along Morris trajectories: mean size mu* (for screening), signed mean mu, spread
    sigma.

    A trajectory with an output that is not finite is left out.

    Args:
        points: (simulation, factor) as `morris_design` gave them.
        output: (simulation,).
    """
    n = len(factor)
    steps, values = points.reshape(-1, n + 1, n), output.reshape(-1, n + 1)
    good = np.isfinite(values).all(axis=1)
    steps, values = steps[good], values[good]
    moved = np.diff(steps, axis=1)
    which = np.abs(moved).argmax(axis=2)
    step = np.take_along_axis(moved, which[..., None], axis=2)[..., 0]
    elementary = np.zeros((len(values), n))
    np.put_along_axis(elementary, which, np.diff(values, axis=1) / step, axis=1)
    rng = np.random.default_rng(seed)
    again = np.abs(elementary)[rng.integers(0, len(elementary), (resamples, len(elementary)))].mean(1)
    mu_star = np.abs(elementary).mean(0)
    low, high = np.quantile(again, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    return Effects(
        tuple(factor),
        "mean size of the elementary effects (Morris mu*)",
        mu_star,
        low,
        high,
        again,
        "resample",
        {"mu": elementary.mean(0), "sigma": elementary.std(0, ddof=1)},
    )


def rank_regression_effects(
    factor: Sequence[str], points: np.ndarray, output: np.ndarray, resamples: int, seed: int
) -> Effects:
    """Standardised rank regression coefficients (SRRC): slopes of the rank of the output on the ranks of the
    factors.

    Between -1 and 1 for independent factors; `more["r2"]` says how much of the variance of the ranks the
    regression
    explains, the same number for every factor: where it is low, the coefficients say little.

    Args:
        points: (draw, factor), more draws than factors; a factor that does not vary gets 0.
        output: (draw,), finite where the draw counts.
    """
    good = np.isfinite(output)
    x, y = points[good], output[good]
    varies = np.ptp(x, axis=0) > 0
    if len(y) <= varies.sum() + 1:
        raise ValueError(
            f"srrc: {len(y)} draws for {varies.sum()} factors: the regression needs more draws than factors"
        )

    def fit(rows: np.ndarray) -> tuple[np.ndarray, float]:
        def standard(v: np.ndarray) -> np.ndarray:
            r = rankdata(v, axis=0)
            return (r - r.mean(0)) / np.maximum(r.std(0), 1e-300)

        a, b = standard(x[rows][:, varies]), standard(y[rows])
        # normal equations: standardised ranks are well conditioned, and hundreds of resamples are fitted
        beta = np.linalg.solve(a.T @ a + 1e-12 * len(b) * np.eye(a.shape[1]), a.T @ b)
        full = np.zeros(len(factor))
        full[varies] = beta
        return full, float(1 - np.mean((b - a @ beta) ** 2) / max(float(np.mean(b**2)), 1e-300))

    beta, r2 = fit(np.arange(len(y)))
    rng = np.random.default_rng(seed)
    again = np.stack([fit(rng.integers(0, len(y), len(y)))[0] for _ in range(resamples)])
    low, high = np.quantile(again, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    return Effects(
        tuple(factor),
        "standardised rank regression coefficient",
        beta,
        low,
        high,
        np.abs(again),
        "resample",
        {"r2": np.full(len(factor), r2)},
    )


def by_group(effects: Effects, group: Sequence[str]) -> Effects:
    """Sizes joined by group: the root of the sum of squares within each replicate (the length of the slope
    vector).

    For slopes scaled to one prior sd of independent factors this is the sd that the group alone causes, to
    first order. Sobol indices of groups do not follow from those of their members: use `groups` in the design
    instead.
    """
    names = list(dict.fromkeys(group))
    member = np.asarray([[g == n for g in group] for n in names], dtype=float)
    size = np.sqrt(effects.size**2 @ member.T)
    low, high = np.quantile(size, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
    return Effects(
        tuple(names),
        f"{effects.measure}, joined over the group",
        size.mean(0),
        low,
        high,
        size,
        effects.replicates,
    )
