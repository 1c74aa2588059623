"""Declared beliefs and PEtab's priors as NumPyro distributions, truncated where bounds say so."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpyro  # noqa: F401  (a part imported before the whole is missing from it afterwards)
import numpyro.distributions as dist
from jaxtyping import Array, Float
from numpyro.distributions import constraints
from numpyro.distributions.transforms import (
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    SigmoidTransform,
    biject_to,
)

from models.declare import Parameter

# family -> number of parameters; the meaning of the parameters is PEtab's, where PEtab has the family
FAMILIES = {
    "normal": 2,
    "log-normal": 2,
    "laplace": 2,
    "log-laplace": 2,
    "uniform": 2,
    "log-uniform": 2,
    "cauchy": 2,
    "chisquare": 1,
    "exponential": 1,
    "gamma": 2,
    "rayleigh": 1,
    "beta": 2,
    "half-normal": 1,
    "logit-normal": 2,
}
_ON_LOG = ("log-normal", "log-laplace", "log-uniform")


class LogInterval(constraints.Constraint):
    """Between two positive numbers, explored on the logarithm."""

    def __init__(self, lower: float, upper: float) -> None:
        self.lower_bound, self.upper_bound = lower, upper

    def __call__(self, x: Array) -> Array:
        return (x >= self.lower_bound) & (x <= self.upper_bound)

    def feasible_like(self, prototype: Array) -> Array:
        return jnp.broadcast_to(math.sqrt(self.lower_bound * self.upper_bound), jnp.shape(prototype))

    def tree_flatten(self) -> tuple[tuple, tuple]:
        return (self.lower_bound, self.upper_bound), (("lower_bound", "upper_bound"), {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogInterval) and (self.lower_bound, self.upper_bound) == (
            other.lower_bound,
            other.upper_bound,
        )

    def __hash__(self) -> int:
        return hash((self.lower_bound, self.upper_bound))


@biject_to.register(LogInterval)
def _onto_log_interval(c: LogInterval) -> ComposeTransform:
    low, high = math.log(c.lower_bound), math.log(c.upper_bound)
    affine = AffineTransform(low, high - low, domain=constraints.unit_interval)
    return ComposeTransform([SigmoidTransform(), affine, ExpTransform(constraints.interval(low, high))])


class Truncated(dist.Distribution):
    """A distribution cut at bounds and normalised again, as PEtab defines the prior of a bounded
    parameter.
    """

    def __init__(
        self, base: dist.Distribution, support: constraints.Constraint, low: float, high: float
    ) -> None:
        self.base, self._support, self.low, self.high = base, support, low, high
        super().__init__(batch_shape=(), event_shape=())
        below = base.cdf(jnp.asarray(low)) if math.isfinite(low) else 0.0
        above = base.cdf(jnp.asarray(high)) if math.isfinite(high) else 1.0
        self.below, self.mass = float(below), float(above - below)

    @property
    def support(self) -> constraints.Constraint:
        return self._support  # pyright: ignore[reportReturnType]  NumPyro's annotations are wider

    def log_prob(self, value: Float[Array, "..."]) -> Float[Array, "..."]:  # pyright: ignore[reportIncompatibleMethodOverride]  NumPyro passes it by position
        inside = (value >= self.low) & (value <= self.high)
        at = jnp.clip(value, self.low, self.high)  # a base asked outside its own support warns
        return jnp.where(inside, self.base.log_prob(at) - math.log(self.mass), -jnp.inf)

    def cdf(self, value: Float[Array, "..."]) -> Float[Array, "..."]:  # pyright: ignore[reportIncompatibleMethodOverride]  NumPyro passes it by position
        return jnp.clip((self.base.cdf(value) - self.below) / self.mass, 0.0, 1.0)

    def sample(self, key: Array, sample_shape: tuple[int, ...] = ()) -> Float[Array, "..."]:  # pyright: ignore[reportIncompatibleMethodOverride]  NumPyro passes it by position
        """Draws by bisection of the distribution function on the unconstrained scale."""
        u = jax.random.uniform(key, sample_shape)
        to = biject_to(self.support)

        def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
            middle = 0.5 * (ends[0] + ends[1])
            left = self.cdf(to(middle)) > u
            return jnp.where(left, ends[0], middle), jnp.where(left, middle, ends[1])

        ends = jax.lax.fori_loop(0, 80, halve, (jnp.full_like(u, -600.0), jnp.full_like(u, 600.0)))
        return to(0.5 * (ends[0] + ends[1]))


@dataclass(frozen=True)
class Prior:
    """A belief about one number: family, its parameters, and bounds outside which the number cannot lie.

    Parameters are PEtab's: normal(mean, sd), log-normal(mean, sd of ln), laplace and log-laplace(location,
    scale), uniform and log-uniform(lower, upper), cauchy(location, scale), chisquare(degrees),
    exponential(scale), gamma(shape, scale), rayleigh(scale); and beyond PEtab beta(a, b), half-normal(sd),
    logit-normal(mean, sd of the logit). Densities are with respect to the number itself.
    """

    family: str
    parameters: tuple[float, ...]
    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise ValueError(f"prior {self.family!r} is not one of {', '.join(FAMILIES)}: choose one of them")
        n = FAMILIES[self.family]
        if len(self.parameters) != n:
            raise ValueError(
                f"prior {self.family} takes {n} parameters, not {len(self.parameters)}: separate them by ';'"
            )

    def distribution(self) -> dist.Distribution:
        """The NumPyro distribution, on the scale of the parameter itself."""
        base, low, high = self._base()
        lower, upper = max(self.lower, low), min(self.upper, high)
        if not lower < upper:
            raise ValueError(
                f"prior {self.family} has no room between {lower:g} and {upper:g}: widen the bounds"
            )
        if (lower, upper) == (low, high):
            return base
        if self.family in _ON_LOG and lower > 0 and math.isfinite(upper):
            support: constraints.Constraint = LogInterval(lower, upper)
        elif math.isfinite(lower) and math.isfinite(upper):
            support = constraints.interval(lower, upper)
        else:
            support = (
                constraints.greater_than(lower) if math.isfinite(lower) else constraints.less_than(upper)
            )
        return Truncated(base, support, lower, upper)

    def _base(self) -> tuple[dist.Distribution, float, float]:
        """The distribution without bounds, and its own support."""
        p, inf = self.parameters, math.inf
        match self.family:
            case "normal":
                return dist.Normal(*p), -inf, inf
            case "log-normal":
                return dist.LogNormal(*p), 0.0, inf
            case "laplace":
                return dist.Laplace(*p), -inf, inf
            case "log-laplace":
                return dist.TransformedDistribution(dist.Laplace(*p), ExpTransform()), 0.0, inf
            case "uniform":
                return dist.Uniform(*p), p[0], p[1]
            case "log-uniform":
                return Truncated(dist.LogUniform(*p), LogInterval(*p), *p), p[0], p[1]
            case "cauchy":
                return dist.Cauchy(*p), -inf, inf
            case "chisquare":
                return dist.Chi2(p[0]), 0.0, inf
            case "exponential":
                return dist.Exponential(1.0 / p[0]), 0.0, inf
            case "gamma":
                return dist.Gamma(p[0], 1.0 / p[1]), 0.0, inf
            case "rayleigh":
                return dist.Weibull(p[0] * math.sqrt(2.0), 2.0), 0.0, inf
            case "beta":
                return dist.Beta(*p), 0.0, 1.0
            case "half-normal":
                return dist.HalfNormal(p[0]), 0.0, inf
            case _:
                return dist.TransformedDistribution(dist.Normal(*p), SigmoidTransform()), 0.0, 1.0


def declared(parameter: Parameter, lower: float = -math.inf, upper: float = math.inf) -> Prior | None:
    """The belief in a parameter's declaration as a prior; None where it is declared as never estimated."""
    family = parameter.belief.family(parameter.value)
    return None if family is None else Prior(*family, lower, upper)
