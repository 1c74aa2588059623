"""How measurements move with each unknown, in units of their noise, at random points of the prior."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from inference.likelihood.likelihood import predict, trajectories
from inference.likelihood.problem import priors_of
from inference.study.study import Study, StudyError
from models.engine.blocks import in_blocks

STEP = 0.02  # of ln of an unknown: central differences are then right to some 1e-4 of the slope
WIDTH = 32  # points that one program solves
TRIED = 8  # draws of the prior for each point that is wanted, where many cannot be solved


@dataclass(frozen=True)
class SensitivityMatrix:
    """Slopes with respect to ln of each unknown, at points drawn from the prior.

    Attributes:
        names: unknowns.
        points: (point, unknown) where.
        location: (point, measurement, unknown) of the predicted location, over the sd of the noise.
        noise: (point, measurement, unknown) of ln of that sd.
        prior_sd: (unknown,) sd of ln of each beforehand.
    """

    names: tuple[str, ...]
    points: Float[np.ndarray, "point unknown"]
    location: Float[np.ndarray, "point measurement unknown"]
    noise: Float[np.ndarray, "point measurement unknown"]
    prior_sd: Float[np.ndarray, " unknown"]

    def whole(self) -> Float[np.ndarray, "point row unknown"]:
        """Slopes of all locations and noises for one prior sd each; with its transpose it is the information
        of normal errors, in units of the prior.
        """
        return np.concatenate([self.location, np.sqrt(2.0) * self.noise], axis=1) * self.prior_sd

    def only(self, names: Collection[str]) -> SensitivityMatrix:
        """The same of some unknowns, the others being held."""
        k = [i for i, n in enumerate(self.names) if n in names]
        return SensitivityMatrix(
            tuple(self.names[i] for i in k),
            self.points[:, k],
            self.location[..., k],
            self.noise[..., k],
            self.prior_sd[k],
        )


def sensitivity_matrix(
    study: Study, points: int, seed: int, *, rtol: float, atol: float
) -> SensitivityMatrix:
    """The slopes of all measurements at random points of the prior.

    Args:
        points: how many; those at which a dish cannot be solved are drawn again.
        rtol, atol: of the solver; the differences divide its errors by 0.04.

    Raises:
        StudyError: hardly any point of the prior can be solved, or an unknown may be negative.
    """
    negative = [u.name for u in study.unknowns if u.prior.family in ("normal", "laplace", "cauchy")]
    if negative:
        raise StudyError(
            f"{negative[0]}: may be negative, so that it has no logarithm to move: give it another prior"
        )
    priors = priors_of(study)
    size = len(study.names)

    def seen(theta: Array) -> tuple[Array, Array, Bool[Array, ""]]:
        dishes = trajectories(study, theta, rtol=rtol, atol=atol)
        p = predict(study, theta, dishes)
        return p.location, jnp.log(p.scale), jnp.all(dishes.ok) & jnp.all(jnp.isfinite(p.location))

    many = jax.jit(jax.vmap(seen))
    drawn = np.asarray(priors.draw(jax.random.PRNGKey(seed), TRIED * points))
    spread = np.asarray(priors.draw(jax.random.PRNGKey(seed + 1), 4000))
    moves = np.concatenate([STEP * np.eye(size), -STEP * np.eye(size), np.zeros((1, size))])
    kept, location, noise = [], [], []
    for theta in drawn:
        at = theta * np.exp(moves)
        m, ln_sd, ok = in_blocks(lambda b, at=at: many(jnp.asarray(at[b.rows])), len(at), WIDTH)
        if not np.all(ok):
            continue
        sd = np.exp(ln_sd[-1])
        kept.append(theta)
        location.append((m[:size] - m[size:-1]).T / (2 * STEP) / sd[:, None])
        noise.append((ln_sd[:size] - ln_sd[size:-1]).T / (2 * STEP))
        if len(kept) == points:
            break
    if len(kept) < points:
        raise StudyError(
            f"{study.id}: only {len(kept)} of {len(drawn)} points of the prior can be solved: "
            f"check units and bounds in parameters.tsv"
        )
    return SensitivityMatrix(
        study.names,
        np.stack(kept),
        np.stack(location),
        np.stack(noise),
        np.log(np.maximum(spread, 1e-300)).std(0),
    )
