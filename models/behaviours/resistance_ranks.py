"""Behaviour B31: which parameters rank high for resistance, in a Sobol ensemble around the nominal cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.stats import norm, qmc, rankdata

from models.behaviours.solve import LANES, TIMES, lanes_of
from models.catalogue import niche
from models.dish import dish
from models.engine.compile import compile_network
from models.engine.lanes import simulate_lanes

MEMBERS = LANES  # 256, as published
SPREAD, SPREAD_STEEPNESS = 0.4, 0.15  # sd of ln
# Fifty parameters of the survival, stromal and signalling blocks; the published ranking does not list its own
# fifty.
VARIED = (
    "g_auto",
    "s_BMSC",
    "s_BMA",
    "a_ST",
    "k_d6",
    "K_L",
    "k_aL",
    "k_dR",
    "k_SR",
    "k_S",
    "k_dS",
    "K_iS",
    "k_mS",
    "w_AL",
    "k_dAkt",
    "w_EL",
    "ras",
    "K_fE",
    "k1",
    "k2",
    "a3",
    "b_const",
    "w_NST",
    "c1a",
    "c1",
    "i1",
    "K_N6",
    "d_mM",
    "b_mM",
    "w_mMS",
    "K_mMS",
    "d_M",
    "w_Mst",
    "b_X",
    "w_XS",
    "w_XN",
    "b_2",
    "b_B",
    "w_BA",
    "w_BE",
    "s_BTZ",
    "s_DEX",
    "K_DA",
    "wM",
    "wX",
    "w2",
    "n_x",
    "dl",
    "mu",
    "K_s63",
)
NICHE = {"BMSC": 0.1, "BMA": 0.1, "contact": 1.0}
TREATED = {
    "bortezomib 4 nM": {"btz": 4.0},
    "dexamethasone 300 nM": {"dex": 300.0},
    "S63845 30 nM": {"s63": 30.0},
}
TWO_DAYS = 2880.0

# Published standardised rank regression coefficients on viability at 48 h (and IL-6, last) of such an
# ensemble.
PUBLISHED: dict[str, dict[str, float]] = {
    "bortezomib 4 nM, alone": {
        "s_BTZ": -0.53,
        "wM": 0.45,
        "dl": -0.29,
        "b_mM": 0.29,
        "b_B": -0.21,
        "w_mMS": 0.18,
    },
    "bortezomib 4 nM, niche": {"wM": 0.52, "s_BTZ": -0.51, "b_B": -0.29, "b_mM": 0.26, "w_mMS": 0.24},
    "dexamethasone 300 nM, alone": {"wM": 0.34, "K_DA": -0.33, "s_DEX": -0.31, "k_dAkt": -0.28, "b_B": -0.23},
    "dexamethasone 300 nM, niche": {
        "wM": 0.36,
        "K_DA": -0.36,
        "b_B": -0.33,
        "k_dAkt": -0.31,
        "s_DEX": -0.23,
        "w_AL": 0.17,
    },
    "S63845 30 nM, alone": {"b_B": -0.65, "wX": 0.23, "dl": -0.21, "wM": 0.20},
    "S63845 30 nM, niche": {"b_B": -0.69, "wX": 0.27, "wM": 0.24, "dl": -0.17, "w2": 0.16},
    "IL-6, niche": {"s_BMSC": 0.64, "a_ST": 0.56, "mu": 0.21, "g_auto": 0.16, "K_N6": -0.16, "c1a": -0.13},
}


@dataclass(frozen=True)
class RankingSpecified:
    """Rank regression coefficients of every varied parameter for each read-out, the read-outs, and how many
    solves failed.
    """

    coefficients: Mapping[str, Mapping[str, float]]
    values: Mapping[str, Float[np.ndarray, " member"]]
    failed: int


def members(count: int = MEMBERS, seed: int = 31) -> Float[np.ndarray, "member parameter"]:
    """Factors on the varied parameters: a scrambled Sobol sequence as log-normal spreads."""
    points = qmc.Sobol(len(VARIED), scramble=True, rng=np.random.default_rng(seed)).random(count)
    sd = np.array([SPREAD_STEEPNESS if name == "n_x" else SPREAD for name in VARIED])
    return np.exp(sd * norm.ppf(points))


def rank_regression(
    x: Float[np.ndarray, "member parameter"], y: Float[np.ndarray, " member"]
) -> Float[np.ndarray, " parameter"]:
    """Standardised coefficients of the least-squares fit of the ranks of `y` to the ranks of `x`."""

    def standard(v: Float[np.ndarray, " member *more"]) -> Float[np.ndarray, " member *more"]:
        return (v - v.mean(0)) / v.std(0)

    return np.linalg.lstsq(standard(rankdata(x, axis=0)), standard(rankdata(y)), rcond=None)[0]


def rank(*, rtol: float = 1e-4, atol: float = 1e-7, seed: int = 31) -> RankingSpecified:
    """Simulate every member under every treatment, alone and in the niche, and rank the parameters."""
    network = niche()
    system = compile_network(network)
    factors = members(seed=seed)
    dishes = {
        f"{drug}, {place}": dish(network, f"{drug}, {place}", inputs={**held, **given})
        for place, held in (("alone", {}), ("niche", NICHE))
        for drug, given in {"vehicle": {}, **TREATED}.items()
    }
    parameters, schedules = lanes_of(system, list(dishes.values()))
    columns = np.array([system.parameters.index(n) for n in VARIED])
    # As many lanes and times as the dishes of the other behaviours have: the same compiled program serves.
    times = jnp.full((MEMBERS, TIMES), jnp.inf).at[:, 0].set(TWO_DAYS)
    cells, il6, failed = {}, {}, 0
    for i, name in enumerate(dishes):
        plan = jax.tree.map(lambda x, i=i: jnp.repeat(x[i : i + 1], MEMBERS, 0), schedules)
        every = jnp.repeat(parameters[i : i + 1], MEMBERS, 0).at[:, columns].multiply(factors)
        out = simulate_lanes(system, every, plan, times, rtol=rtol, atol=atol, max_steps=50_000)
        cells[name], il6[name] = (np.asarray(out.values[:, 0, system.species.index(s)]) for s in ("N", "IL6"))
        failed += int((~np.asarray(out.ok)).sum())
    found = {
        f"{drug}, {at}": np.log(cells[f"{drug}, {at}"] / cells[f"vehicle, {at}"])
        for at in ("alone", "niche")
        for drug in TREATED
    }
    found["IL-6, niche"] = np.log(il6["vehicle, niche"])
    table: dict[str, dict[str, float]] = {
        k: dict(zip(VARIED, rank_regression(factors, y).tolist(), strict=True)) for k, y in found.items()
    }
    return RankingSpecified(table, found, failed)
