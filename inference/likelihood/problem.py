"""What we believe and what we saw, as one NumPyro model and as a density on unconstrained numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jaxtyping import Array, Bool, Float
from numpyro.distributions.transforms import biject_to

from inference.study.study import Study

LogLikelihood = Callable[[Float[Array, " parameter"]], tuple[Float[Array, " measurement"], Bool[Array, ""]]]


@dataclass(frozen=True, eq=False)
class Priors:
    """What is believed of each parameter, and the unconstrained numbers that searches and samplers move.

    Attributes:
        by_name: parameter -> distribution, in the order of every parameter vector.

    Example:
        >>> import numpyro.distributions as dist
        >>> Priors({"k": dist.LogNormal(0.0, 1.0)}).names
        ('k',)
    """

    by_name: Mapping[str, dist.Distribution]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters, in the order of every parameter vector."""
        return tuple(self.by_name)

    def constrain(self, z: Float[Array, " parameter"]) -> Float[Array, " parameter"]:
        """Unconstrained numbers -> parameters in their own units."""
        return jnp.stack([biject_to(p.support)(x) for p, x in zip(self.by_name.values(), z, strict=True)])

    def unconstrain(self, theta: Float[Array, " parameter"]) -> Float[Array, " parameter"]:
        """Parameters -> unconstrained numbers; the inverse of `constrain`."""
        return jnp.stack(
            [biject_to(p.support).inv(x) for p, x in zip(self.by_name.values(), theta, strict=True)]
        )

    def log_density(self, theta: Float[Array, " parameter"]) -> Float[Array, " parameter"]:
        """Log density of each parameter at its own value."""
        return jnp.stack([p.log_prob(x) for p, x in zip(self.by_name.values(), theta, strict=True)])

    def log_density_unconstrained(self, z: Float[Array, " parameter"]) -> Float[Array, ""]:
        """Log density of all with respect to the unconstrained numbers: with the log-determinant of
        `constrain`.
        """
        total = jnp.asarray(0.0)
        for prior, x in zip(self.by_name.values(), z, strict=True):
            transform = biject_to(prior.support)
            y = transform(x)
            total = total + prior.log_prob(y) + transform.log_abs_det_jacobian(x, y)
        return total

    def draw(self, key: Array, draws: int) -> Float[Array, "draw parameter"]:
        """Parameter vectors from the priors, in their own units."""
        keys = jax.random.split(key, len(self.by_name))
        return jnp.stack(
            [p.sample(k, (draws,)) for p, k in zip(self.by_name.values(), keys, strict=True)], axis=-1
        )


@dataclass(frozen=True, eq=False)
class Problem:
    """What is believed beforehand, and the log-likelihood of each measurement given the parameters.

    `log_likelihood` returns (terms, ok): `ok` is False where the network could not be solved; such a point is
    no part of the posterior and is counted, never mended. `of` gives the same problem of other data, where
    there can be such: programs that are compiled once for all of them take the data as an argument.
    """

    priors: Priors
    log_likelihood: LogLikelihood
    of: Callable[[Any], Problem] | None = None

    def given(self, data: Any) -> Problem:
        """The problem of these data (arrays, which may be traced); itself, if it has its own alone."""
        return self if self.of is None or isinstance(data, tuple) else self.of(data)

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters, in the order of every parameter vector."""
        return self.priors.names

    def model(self) -> None:
        """The NumPyro model: one site a parameter, the measurements as a factor."""
        theta = jnp.stack([numpyro.sample(name, prior) for name, prior in self.priors.by_name.items()])
        terms, ok = self.log_likelihood(theta)
        numpyro.factor("measurements", jnp.where(ok, jnp.sum(terms), -jnp.inf))

    def potential(self, z: Float[Array, " parameter"]) -> Float[Array, ""]:
        """Negative log posterior density of the unconstrained numbers, +inf where the network cannot be
        solved.
        """
        terms, ok = self.log_likelihood(self.priors.constrain(z))
        return jnp.where(ok, -jnp.sum(terms) - self.priors.log_density_unconstrained(z), jnp.inf)


def priors_of(study: Study) -> Priors:
    """The declared priors of everything that a study leaves unknown."""
    return Priors({u.name: u.prior.distribution() for u in study.unknowns})
