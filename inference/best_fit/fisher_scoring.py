"""Modes by Fisher scoring, many data sets at once, from values of the predictions alone.

Normal errors on some scale (of y, ln y or log10 y) with location m(z) and sd s(z) have the Fisher information
J_m' J_m / s^2 + 2 J_l' J_l, l = ln s. The Jacobians are central differences: values are so cheap here that
they cost less than derivatives. The result is a mode and the normal approximation (Laplace) around it, not a
posterior: it is exact where the data are many, optimistic in ridges, and wrong where a parameter is bounded
from one side only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Bool, Float

from inference.likelihood.many_points import mesh_for
from inference.likelihood.problem import Priors
from inference.runs.resumable import Seen, State, StopAskedError, numbered, read_arrays
from inference.runs.run import Run
from inference.study.portable_work import PortableWork
from models.engine.blocks import spread

# parameters in their own units -> location and sd of every measurement on the scale of its error, and could
# it be solved?
Predict = Callable[
    [Float[Array, " parameter"]],
    tuple[Float[Array, " measurement"], Float[Array, " measurement"], Bool[Array, ""]],
]
STEP = 0.02  # of an unconstrained number: far above the solver's error, far below the width of any prior
TRIED = (1.0, 0.5, 0.2, 0.05)  # lengths of a step


@dataclass(frozen=True)
class Keep:
    """Where the steps of a search are kept, and what they belong to."""

    run: Run
    identity: Mapping[str, Any]


@dataclass(frozen=True)
class Modes:
    """Where the searches ended, unconstrained.

    Attributes:
        z: (fit, parameter); log_posterior: (fit,).
        information: (fit, parameter, parameter) of the data alone; covariance: its inverse with the prior's
            curvature.
        prior_sd: (parameter,) spread of each unconstrained number beforehand.
        gained: (fit,) what the last step still gained of the log posterior.
        location, scale: (fit, measurement) prediction at the mode.
    """

    z: np.ndarray
    log_posterior: np.ndarray
    information: np.ndarray
    covariance: np.ndarray
    prior_sd: np.ndarray
    gained: np.ndarray
    location: np.ndarray
    scale: np.ndarray

    def only(self, fit: int) -> Modes:
        """One of the fits, still with a leading axis."""
        k = slice(fit, fit + 1)
        return Modes(
            self.z[k],
            self.log_posterior[k],
            self.information[k],
            self.covariance[k],
            self.prior_sd,
            self.gained[k],
            self.location[k],
            self.scale[k],
        )

    @property
    def sd(self) -> np.ndarray:
        """(fit, parameter) of the normal approximation."""
        return np.sqrt(np.diagonal(self.covariance, axis1=1, axis2=2))


class Reached(NamedTuple):
    """Where all searches are.

    Attributes:
        z: (fit, parameter); value, gained, damping: (fit,), `gained` by the last step.
        ended: does no search gain any more?
        location, scale, solved: what is predicted there, and whether it could be solved.
    """

    z: np.ndarray
    value: np.ndarray
    gained: np.ndarray
    damping: np.ndarray
    ended: np.ndarray
    location: np.ndarray
    scale: np.ndarray
    solved: np.ndarray

    @property
    def seen(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Location, sd and whether solved, at each fit."""
        return self.location, self.scale, self.solved


# (point, parameter) -> location, sd and whether solved, at each point
Seer = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


class _Search:
    """Many searches side by side: what they share is computed once, and each program compiled once."""

    def __init__(self, priors: Priors, measured: np.ndarray, seen: Seer) -> None:
        self.measured, self.size, self.seen = measured, len(priors.names), seen
        self.log_prior = jax.jit(jax.vmap(priors.log_density_unconstrained))
        self.slope = jax.jit(jax.vmap(jax.grad(priors.log_density_unconstrained)))
        self.bend = jax.jit(jax.vmap(jax.hessian(priors.log_density_unconstrained)))
        drawn = jax.jit(jax.vmap(priors.unconstrain))(priors.draw(jax.random.PRNGKey(0), 2000))
        self.prior_sd = np.asarray(drawn).std(0)
        self.moves = np.concatenate([STEP * np.eye(self.size), -STEP * np.eye(self.size)])

    def posterior(self, z: np.ndarray, at: Sequence[np.ndarray], y: np.ndarray) -> np.ndarray:
        """(point,) log posterior of the measurements `y` (point, measurement)."""
        m, s, ok = at
        r = (y - m) / s
        value = -0.5 * (r**2).sum(1) - np.log(s).sum(1) + np.asarray(self.log_prior(jnp.asarray(z)))
        return np.where(ok & np.isfinite(value), value, -np.inf)

    def derivatives(self, at: Reached) -> tuple[np.ndarray, np.ndarray]:
        """Slope of the log likelihood (fit, parameter) and information (fit, parameter, parameter)."""
        m, s, ok = at.seen
        size = self.size
        m, s = np.where(ok[:, None], m, 0.0), np.where(ok[:, None], s, 1.0)
        beside = self.seen((at.z[:, None] + self.moves).reshape(-1, size))
        m_up, s_up, good = (x.reshape(len(at.z), 2 * size, *x.shape[1:]) for x in beside)
        # a start that cannot be solved follows the prior's slope
        both = (good[:, :size] & good[:, size:] & ok[:, None])[..., None]
        jm = np.where(both, (m_up[:, :size] - m_up[:, size:]) / (2 * STEP), 0.0) / s[:, None]
        jl = np.where(both, (np.log(s_up[:, :size]) - np.log(s_up[:, size:])) / (2 * STEP), 0.0)
        r = np.where(ok[:, None], (self.measured - m) / s, 0.0)
        gradient = np.einsum("fpm,fm->fp", jm, r) + np.einsum("fpm,fm->fp", jl, r**2 - 1)
        return gradient, np.einsum("fpm,fqm->fpq", jm, jm) + 2 * np.einsum("fpm,fqm->fpq", jl, jl)

    def curvature(self, z: np.ndarray) -> np.ndarray:
        """(fit, parameter, parameter) of the prior; at least what its spread says, where it bends the other
        way.
        """
        h = -np.asarray(self.bend(jnp.asarray(z)))
        floor = 0.1 * self.prior_sd**-2
        return np.stack([np.diag(np.maximum(np.diag(x), floor)) for x in h])

    def begin(self, z0: np.ndarray) -> Reached:
        """At the starting points."""
        z, fits = np.array(z0, float), len(z0)
        here = self.seen(z)
        value = self.posterior(z, here, self.measured)
        return Reached(z, value, np.full(fits, np.inf), np.full(fits, 1e-3), np.asarray(False), *here)

    def step(self, _: int, state: State) -> tuple[Reached, Seen]:
        """One step of every search, of the lengths in `TRIED` the one that gains most."""
        was = Reached(*state)
        fits, z, value = np.arange(len(was.z)), was.z, was.value
        gradient, information = self.derivatives(was)
        gradient = gradient + np.asarray(self.slope(jnp.asarray(z)))
        whole = information + self.curvature(z)
        damped = whole + was.damping[:, None, None] * np.stack([np.diag(np.diag(w)) for w in whole])
        move = np.linalg.solve(damped, gradient[..., None])[..., 0]
        # two prior sd at most
        move = move * np.minimum(1.0, 2.0 / np.maximum(np.abs(move / self.prior_sd).max(1), 1e-12))[:, None]
        trial = z[:, None] + np.array(TRIED)[None, :, None] * move[:, None]
        flat = trial.reshape(-1, self.size)
        at = self.seen(flat)
        tried = self.posterior(flat, at, np.repeat(self.measured, len(TRIED), 0)).reshape(len(fits), -1)
        best = tried.argmax(1)
        better = tried[fits, best] > value
        gained = np.where(better, tried[fits, best] - value, 0.0)
        of = fits * len(TRIED) + best
        here = (
            np.where(better.reshape(-1, *[1] * (x.ndim - 1)), y[of], x)
            for x, y in zip(was.seen, at, strict=True)
        )
        damping = np.clip(np.where(better, was.damping / 5, was.damping * 20), 1e-6, 1e4)
        ended = np.asarray((gained < 0.01).all() and (better.all() or damping.min() >= 1e2))
        z = np.where(better[:, None], trial[fits, best], z)
        value = np.where(better, tried[fits, best], value)
        return Reached(z, value, gained, damping, ended, *here), {"log_posterior": value}


def points_of(priors: Priors, predict: Predict, width: int) -> Callable[[Array], tuple[Array, Array, Array]]:
    """The program that a search asks again and again: what is predicted at `width` unconstrained points."""
    spec = PartitionSpec("chain")
    many = jax.vmap(lambda z: predict(priors.constrain(z)))
    return jax.jit(jax.shard_map(many, mesh=mesh_for(width), in_specs=spec, out_specs=spec, check_vma=False))


def search(
    priors: Priors,
    predict: Predict,
    measured: Float[np.ndarray, "fit measurement"],
    z0: Float[np.ndarray, "fit parameter"],
    *,
    steps: int,
    width: int,
    report: Callable[[int, np.ndarray], None] | None = None,
    keep: Keep | None = None,
    work: PortableWork | None = None,
) -> Modes | None:
    """The mode of every data set from its own starting point.

    Args:
        measured: values on the scale of their errors.
        steps: of the search, at most; it ends when none gains more than 0.01.
        width: points predicted by one program.
        report: called with the number of steps done and the log posterior of each fit.
        keep: where each step is kept, so that a stopped search goes on; None: nowhere.
        work: `points_of` of these priors, this prediction and width, made in such a way that the executor of
            `keep.run` takes it; None: made and asked here.

    Returns:
        The modes, or None if `keep.run` was stopped.
    """
    ask = work or points_of(priors, predict, width)
    by = spread if keep is None else keep.run.spread
    own = _Search(priors, measured, lambda z: by(ask, lambda b: (z[b.rows],), len(z), width))

    def finished(i: int, state: State) -> bool:
        return i >= steps or bool(Reached(*state).ended)

    if keep is None:
        end = own.begin(z0)
        for i in range(steps):
            end, said = own.step(i, end)
            if report is not None:
                report(i + 1, said["log_posterior"])
            if finished(i + 1, end):
                break
    else:
        told = None if report is None else lambda i, said: report(i, said["log_posterior"])
        if keep.run.pieces(keep.identity, lambda: own.begin(z0), finished, own.step, told) is None:
            return None
        last = read_arrays(numbered(keep.run.folder)[-1])
        end = Reached(*(last[f"state{k}"] for k in range(len(Reached._fields))))
    try:
        information = own.derivatives(end)[1]
    except StopAskedError:  # while others computed
        return None
    covariance = np.linalg.inv(information + own.curvature(end.z))
    return Modes(end.z, end.value, information, covariance, own.prior_sd, end.gained, end.location, end.scale)


def ridges(
    covariance: Float[np.ndarray, "parameter parameter"],
    names: tuple[str, ...],
    least: float = 0.6,
) -> list[tuple[str, str, float]]:
    """Pairs of parameters whose correlation is at least `least` in size, the strongest first."""
    sd = np.sqrt(np.diag(covariance))
    r = covariance / np.outer(sd, sd)
    pairs = [
        (names[i], names[j], float(r[i, j]))
        for i in range(len(names))
        for j in range(i)
        if abs(r[i, j]) >= least
    ]
    return sorted(pairs, key=lambda p: -abs(p[2]))
