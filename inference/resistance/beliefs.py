"""What may be believed about the parameters of one kind of cell: declared priors, or a fit carried over to
it.

A fitted run speaks about the parameters it shares with the cell by name; everything else keeps its declared
prior. Points of the unit cube become parameter values through the quantiles of each marginal, so that the
designs of global methods work for both; `joint` keeps the correlations that the fit found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from scipy import special, stats

from inference.fit.verdict import NOT_INFORMED, told_about
from models.catalogue import EFFECTS
from models.declare import Belief
from models.network import Network

PRIOR_ONLY = "prior only"
NOT_FITTED = "not in the fit"


def told_by_data(informed: str) -> bool:
    """Whether the words of `Beliefs.informed` say that measurements told anything about a parameter."""
    return informed not in (NOT_INFORMED, PRIOR_ONLY, NOT_FITTED)


@dataclass(frozen=True)
class Beliefs:
    """Marginals of the parameters that are not known, in the order of `names`; values in each parameter's own
    unit.

    Attributes:
        names: parameters; all others stay at the network's nominal values.
        centre: nominal value each; `belief`: its declared prior.
        pathway: table that declares each.
        posterior: joint draws (draw,) of those that a run has fitted; empty for priors alone.
        informed: what the data told about each, in words.
        shares: groups of indices whose values are divided by their sum before use (weights that add up to 1).
    """

    names: tuple[str, ...]
    centre: np.ndarray
    belief: tuple[Belief, ...]
    pathway: tuple[str, ...]
    posterior: Mapping[str, np.ndarray] = field(default_factory=dict)
    informed: tuple[str, ...] = ()
    shares: tuple[tuple[int, ...], ...] = ()


def declared(network: Network, hypothesis_effect: str | None, only: Sequence[str] | None = None) -> Beliefs:
    """The declared priors of a network.

    Args:
        hypothesis_effect: the one estradiol effect that is free, or None; the others stay 0.
        only: take these parameters alone; default all that are not fixed.
    """
    where = dict(network.pathway_of)
    kept = [
        p
        for p in network.parameters
        if _free(p.belief, p.value, p.name, hypothesis_effect) and (only is None or p.name in only)
    ]
    names = tuple(p.name for p in kept)
    group = tuple(i for i, p in enumerate(kept) if p.belief.shared)
    return Beliefs(
        names,
        np.array([p.value for p in kept]),
        tuple(p.belief for p in kept),
        tuple(where[n] for n in names),
        informed=(PRIOR_ONLY,) * len(names),
        shares=(group,) if len(group) > 1 else (),
    )


def _free(belief: Belief, value: float, name: str, effect: str | None) -> bool:
    if name in EFFECTS:
        return name == effect
    return belief.possible(value)


def carried(
    prior: Beliefs, run: xr.DataTree, own: Collection[str], transfer: float = 0.0, seed: int = 0
) -> Beliefs:
    """The posterior of a run where it speaks about the same parameters, the declared prior elsewhere.

    Parameters of the run that the cell does not share (scales, noise, those of another kind of cell) are
    dropped.

    Args:
        own: parameters that the preset of this cell sets: what another cell says about them is not carried
            over.
        transfer: sd by which a parameter of the cells that were measured may differ from that of this cell,
            on its ln, or on its logit where it is a share; 0 takes them for the same cell. Independent
            between parameters: kinetics that vary together between kinds of cell are not known.
        seed: of these differences.

    Raises:
        ValueError: `transfer` is negative.
    """
    if transfer < 0:
        raise ValueError(f"`transfer` {transfer:g}: is negative: give an sd of ln")
    posterior, rng = run["posterior"].to_dataset(), np.random.default_rng([seed, 41])
    shared = [n for n in prior.names if n in posterior.data_vars and n not in own]
    told = {n: told_about(run, n) for n in shared}
    kinds = dict(zip(prior.names, (b.kind for b in prior.belief), strict=True))
    drawn = {n: _moved(posterior[n].values.ravel(), kinds[n], transfer, rng) for n in shared}
    return Beliefs(
        prior.names,
        prior.centre,
        prior.belief,
        prior.pathway,
        drawn,
        tuple(told.get(n, NOT_FITTED) for n in prior.names),
        prior.shares,
    )


def _moved(values: np.ndarray, kind: str, sd: float, rng: np.random.Generator) -> np.ndarray:
    """Values with a normal difference of this sd on their logit (shares) or ln."""
    if sd == 0:
        return values
    step = sd * rng.standard_normal(len(values))
    if kind in ("beta", "logit_normal"):
        return special.expit(special.logit(np.clip(values, 1e-9, 1 - 1e-9)) + step)
    return values * np.exp(step)


def joint(beliefs: Beliefs, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Joint draws: (values (draw, parameter), unit cube coordinates (draw, parameter) of those under their
    prior).

    Rows of the posterior stay together; priors are sampled by a scrambled Sobol sequence.
    """
    sampler = stats.qmc.Sobol(len(beliefs.names), scramble=True, rng=np.random.default_rng(seed))
    u = np.clip(sampler.random(1 << max(draws - 1, 1).bit_length())[:draws], 1e-9, 1 - 1e-9)
    values = at(beliefs, u)
    if beliefs.posterior:
        length = len(next(iter(beliefs.posterior.values())))
        rng = np.random.default_rng(seed + 1)
        rows = rng.permutation(length)[:draws] if draws <= length else rng.integers(0, length, draws)
        for n, sample in beliefs.posterior.items():
            values[:, beliefs.names.index(n)] = sample[rows]
    return values, u


def at(beliefs: Beliefs, u: np.ndarray) -> np.ndarray:
    """Values (row, parameter) at quantiles `u` (row, parameter) of the marginals; correlations are left
    out.
    """
    columns = []
    for i, name in enumerate(beliefs.names):
        sample = beliefs.posterior.get(name)
        columns.append(
            np.quantile(sample, u[:, i])
            if sample is not None
            else beliefs.belief[i].quantile(u[:, i], float(beliefs.centre[i]))
        )
    return np.maximum(np.stack(columns, axis=1), 1e-12)  # the logarithm of an effect at 0 must exist


def _scores(beliefs: Beliefs) -> np.ndarray:
    """Correlation (fitted, fitted) of the normal scores of what a run has fitted."""
    drawn = np.stack([np.asarray(v) for v in beliefs.posterior.values()], axis=1)
    z = stats.norm.ppf(stats.rankdata(drawn, axis=0) / (len(drawn) + 1))
    return np.corrcoef(z, rowvar=False).reshape(drawn.shape[1], drawn.shape[1])


def strongest(beliefs: Beliefs) -> tuple[str, str, float]:
    """The two fitted parameters that hang together most, and the correlation of their normal scores; at least
    two are fitted.
    """
    r, names = _scores(beliefs), list(beliefs.posterior)
    np.fill_diagonal(r, 0.0)
    i, j = np.unravel_index(int(np.abs(r).argmax()), r.shape)
    return names[min(i, j)], names[max(i, j)], float(r[i, j])


def whitened(beliefs: Beliefs, u: np.ndarray) -> np.ndarray:
    """As `at`, but for fitted parameters the columns of `u` are independent *own parts* of these, and the
    values have the correlations that the fit found (a Gaussian copula of its normal scores).

    The own parts are the symmetric (ZCA) whitening of the scores: of all sets of independent numbers that
    make the same scores, the one closest to the parameters themselves (Kessy, Lewin & Strimmer, The American
    Statistician 2018). For a linear answer b'x their Sobol indices are the squared components of R^(1/2) b
    over b'R b (the CAR scores of Zuber & Strimmer 2011), which add up to 1.
    """
    if len(beliefs.posterior) < 2:
        return at(beliefs, u)
    where = [beliefs.names.index(n) for n in beliefs.posterior]
    values, vectors = np.linalg.eigh(_scores(beliefs))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    moved = u.copy()
    moved[:, where] = np.clip(stats.norm.cdf(stats.norm.ppf(u[:, where]) @ root), 1e-9, 1 - 1e-9)
    return at(beliefs, moved)


def spread(beliefs: Beliefs, values: np.ndarray) -> np.ndarray:
    """Standard deviation of the ln of each parameter over draws (draw, parameter): how far it may move."""
    return np.log(values).std(axis=0, ddof=1)


def ln_per_normal(beliefs: Beliefs, values: np.ndarray) -> np.ndarray:
    """d ln(value) / d z (draw, parameter) where z is the standard normal of the same quantile: the scale of
    one prior sd.

    Closed forms for declared priors (density of z over density of ln value); for fitted ones the sd of ln
    over the draws, exact if that is normal.
    """
    out = np.empty_like(values)
    sd = spread(beliefs, values)
    for i, (name, belief) in enumerate(zip(beliefs.names, beliefs.belief, strict=True)):
        fitted = name in beliefs.posterior
        out[:, i] = sd[i] if fitted else belief.ln_per_normal(values[:, i], float(beliefs.centre[i]))
    return out
