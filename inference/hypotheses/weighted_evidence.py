"""The evidence of some data under a combination of choices, from draws alone: weights of priors, scales taken
out, means with their errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]  ArviZ documents it, without __all__
from jaxtyping import Float
from scipy.special import logsumexp

from inference.hypotheses.all_at_once import Joint
from inference.hypotheses.bayes_factors import ALTERNATIVES
from inference.hypotheses.study_choices import Choice
from inference.likelihood.integrable import moves_of, why_no_shift
from inference.likelihood.integrated_out import measured_on_scale
from inference.likelihood.noise_models import FAMILIES
from inference.study.priors import Prior
from inference.study.study import Study, StudyError

BLOCKS = 32  # of draws, between which the Monte-Carlo error is taken
UNSOLVED = -1e30


@dataclass(frozen=True)
class Proposal:
    """Priors that are tried for one parameter, by name, and their equal mixture, from which it is drawn."""

    parameter: str
    priors: Mapping[str, Prior]

    def draw(self, rng: np.random.Generator, count: int) -> Float[np.ndarray, " draw"]:
        """Values from the mixture."""
        key = jax.random.PRNGKey(int(rng.integers(2**31)))
        each = [np.asarray(p.distribution().sample(key, (count,))) for p in self.priors.values()]
        return np.stack(each)[rng.integers(0, len(each), count), np.arange(count)]

    def log_weights(self, x: Float[np.ndarray, " draw"]) -> dict[str, Float[np.ndarray, " draw"]]:
        """ln of each prior's density over that of the mixture."""
        logs = {n: np.asarray(p.distribution().log_prob(jnp.asarray(x))) for n, p in self.priors.items()}
        mixture = logsumexp(np.stack(list(logs.values())), axis=0) - np.log(len(logs))
        return {n: v - mixture for n, v in logs.items()}


def proposals(joint: Joint, choices: Sequence[Choice]) -> dict[str, Proposal]:
    """What is drawn from a mixture of priors: every effect, and every parameter of a choice."""
    unknowns = {u.name: u for u in joint.study.unknowns}
    found = {}
    for effect in dict.fromkeys(e for own in joint.effects for e in own):
        u = unknowns[effect]
        kind = "share" if u.upper <= 1.0 else "fold"
        tried = {n: replace(p, lower=u.lower, upper=u.upper) for n, p in ALTERNATIVES[kind]}
        middle = jnp.asarray([0.1, 0.4, 0.8])
        own = u.prior.distribution().log_prob(middle)
        same = [n for n, p in tried.items() if np.allclose(p.distribution().log_prob(middle), own, atol=1e-6)]
        named = {same[0]: u.prior} if same else {"declared": u.prior}
        found[effect] = Proposal(effect, {**named, **{n: p for n, p in tried.items() if n not in same}})
    for c in choices:
        for parameter in c.options[0].priors:
            found[parameter] = Proposal(parameter, {o.name: o.priors[parameter] for o in c.options})
    return found


@dataclass(frozen=True)
class Instruments:
    """Scales and offsets of the agent's data: (row, shift) `design`, the priors, and where they are."""

    design: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    positions: np.ndarray
    on_log: np.ndarray
    measured: np.ndarray

    @staticmethod
    def of(study: Study) -> Instruments:
        """Those of a study; StudyError where the noise is not normal on its scale, or a value is beyond a
        limit.
        """
        for r in study.readouts:
            if FAMILIES[r.row.family][0] != "normal" or r.row.degrees is not None:
                raise StudyError(
                    f"{r.row.id}: its noise is not normal on its scale: choices cannot be combined"
                )
            if (study.measurements.censored[r.rows] != 0).any():
                raise StudyError(f"{r.row.id}: has values beyond a limit: choices cannot be combined")
        moves = moves_of(study)
        shifts = [i for i in range(len(study.names)) if why_no_shift(study, i, moves) is None]
        priors = [study.unknowns[i].prior for i in shifts]
        return Instruments(
            np.round(moves.location[0][:, shifts], 9),
            np.array([p.parameters[0] for p in priors]),
            np.array([p.parameters[1] for p in priors]),
            np.array(shifts, int),
            np.array([p.family == "log-normal" for p in priors], bool),
            measured_on_scale(study),
        )

    def log_evidence(
        self, theta: np.ndarray, seen: Mapping[str, np.ndarray], rows: np.ndarray
    ) -> Float[np.ndarray, "draw hypothesis"]:
        """ln of the density of these rows, their scales integrated out (on the scale of the noise)."""
        b = theta[:, self.positions]
        b = np.where(self.on_log, np.log(np.where(self.on_log, b, 1.0)), b)
        design = self.design[rows]
        centre = seen["location"][:, :, rows] + ((self.mean - b) @ design.T)[:, None]
        residual = self.measured[rows] - centre
        variance = seen["scale"][:, :, rows] ** 2
        covariance = variance[..., None] * np.eye(len(rows)) + (design * self.sd**2) @ design.T
        root = np.linalg.cholesky(covariance)
        z = np.linalg.solve(root, residual[..., None])[..., 0]
        log_det = np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(-1)
        found = -0.5 * (z**2).sum(-1) - log_det - 0.5 * len(rows) * np.log(2 * np.pi)
        return np.where(seen["ok"].astype(bool), found, UNSOLVED)


@dataclass(frozen=True)
class Mean:
    """ln of a weighted mean of likelihoods, what each block of draws adds to it, its Pareto shape (infinite
    where one draw has all the weight).
    """

    log: float
    relative: np.ndarray
    k: float

    @staticmethod
    def of(log_likelihood: Float[np.ndarray, " draw"], log_weight: Float[np.ndarray, " draw"]) -> Mean:
        """Weights are of one density over the one that was drawn from; their own mean is divided out."""
        log_x = log_likelihood + log_weight
        log = _log_sum(log_x) - _log_sum(log_weight)
        size = max(1, len(log_x) // BLOCKS)
        blocks = slice(0, len(log_x) // size * size)
        x, w = np.exp(log_x[blocks] - log_x.max()), np.exp(log_weight[blocks] - log_weight.max())
        per_block = x.reshape(-1, size).mean(1) / x.mean() - w.reshape(-1, size).mean(1) / w.mean()
        if np.ptp(log_x) < 1e-9:  # all draws alike: any mean is exact, and ArviZ finds no tail
            return Mean(log, per_block, -np.inf)
        falling = -np.maximum(log_x - log_x.max(), -700.0)  # ArviZ takes the negative itself
        _, k = array_stats.psislw(falling)
        shape = float(np.asarray(k))
        return Mean(log, per_block, np.inf if np.isnan(shape) else shape)  # one draw has all the weight


def error_of(relative: Float[np.ndarray, " block"]) -> float:
    """Standard error of a ln from what each block of draws adds to it."""
    return float(np.std(relative, ddof=1) / np.sqrt(len(relative)))


def _log_sum(x: np.ndarray) -> float:
    return float(x.max() + np.log(np.exp(x - x.max()).sum()))
