"""The best fit of a problem from many starts within its bounds, and in words where the searches ended.

A parameter is searched by its logarithm where its prior is about the logarithm (log-uniform and its like) or
its table declares a logarithmic scale, between its bounds. The objective is the negative log posterior, that
of each prior with respect to what it is about; flat priors make it the negative log-likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from inference.best_fit.profile_likelihood import Profiles, waterfall
from inference.likelihood.problem import Problem
from inference.likelihood.reduced_parts import Split
from inference.likelihood.study_posterior import problem_of
from inference.study.study import Study, Unknown

ON_LOG = frozenset({"log-uniform", "log-normal", "log-laplace", "gamma", "exponential", "half-normal"})
CLOSE = 0.1  # two ends belong together if their objectives differ by less


@dataclass(frozen=True, eq=False)
class Search:
    """A problem on the scale of the search.

    Attributes:
        problem: log-likelihood and priors in own units.
        on_log: (parameter,) searched by its natural logarithm.
        bounds: (parameter, 2) on the scale of the search.
        flat: (parameter,) the prior has the same density everywhere within the bounds.
        about_log: (parameter,) the prior is one of the logarithm.
    """

    problem: Problem
    on_log: np.ndarray
    bounds: np.ndarray
    flat: np.ndarray
    about_log: np.ndarray

    def own(self, x: Float[Array, " parameter"]) -> Float[Array, " parameter"]:
        """The scale of the search -> own units."""
        return jnp.where(self.on_log, jnp.exp(jnp.where(self.on_log, x, 0.0)), x)

    def log_prior(self, x: Float[Array, " parameter"]) -> Float[Array, ""]:
        """Log density of each prior with respect to what it is about, within the bounds; flat ones are left
        out.
        """
        theta, total = self.own(x), jnp.asarray(0.0)
        for i in np.flatnonzero(~self.flat):
            density = self.problem.priors.by_name[self.problem.names[i]].log_prob(theta[i])
            total = total + density + (x[i] if self.about_log[i] else 0.0)
        return total

    def objective(self, x: Float[Array, " parameter"]) -> Float[Array, ""]:
        """Negative log-likelihood less `log_prior`; +inf where the network cannot be solved."""
        terms, ok = self.problem.log_likelihood(self.own(x))
        return jnp.where(ok, -jnp.sum(terms) - self.log_prior(x), jnp.inf)

    def log_likelihood(self, x: Float[Array, " parameter"]) -> Float[Array, ""]:
        """Log-likelihood alone."""
        terms, ok = self.problem.log_likelihood(self.own(x))
        return jnp.where(ok, jnp.sum(terms), -jnp.inf)


def search_of(parts: Split, *, rtol: float, atol: float) -> Search:
    """The search of a study's best fit at these tolerances of the solver."""
    study: Study = parts.whole
    scales = {p.id: p.scale for p in study.tables.parameters}
    bounds = np.array([_bounds(u) for u in study.unknowns], float).reshape(-1, 2)
    about_log = np.array([u.prior.family in ON_LOG for u in study.unknowns], bool)
    declared = np.array([scales[u.name] != "lin" for u in study.unknowns], bool)
    on_log = about_log | declared & (bounds[:, 0] > 0)
    flat = np.array([u.prior.family.endswith("uniform") for u in study.unknowns], bool)
    with np.errstate(divide="ignore"):
        bounds[on_log] = np.log(np.maximum(bounds[on_log], 0.0))
    return Search(problem_of(parts, rtol=rtol, atol=atol), on_log, bounds, flat, about_log)


def _bounds(u: Unknown) -> tuple[float, float]:
    """Between which a parameter is searched: an even density ends at its own ends, which may lie within the
    bounds.
    """
    if not u.prior.family.endswith("uniform"):
        return u.lower, u.upper
    low, high = u.prior.parameters
    return min(max(u.lower, low), high), max(min(u.upper, high), low)


def candidates_of(search: Search, count: int, seed: int, spread: float) -> np.ndarray:
    """Draws of the prior, each pulled towards its median by a share of its own, even between 0 and `spread`
    (1: the prior itself), within the bounds.

    Where bounds are a formality of 25 decades nearly all of the prior is hopeless; where they are narrow none
    of it is (our choice covers both).
    """
    key, pull = jax.random.split(jax.random.PRNGKey(seed))
    x = draws_of(search, max(count, 400), key)
    centre = np.median(x, axis=0)
    share = spread * np.asarray(jax.random.uniform(pull, (count, 1)))
    return np.clip(centre + share * (x[:count] - centre), *search.bounds.T)


def draws_of(search: Search, count: int, key: Array) -> Float[np.ndarray, "draw parameter"]:
    """Draws of the prior on the scale of the search, within the bounds."""
    theta = np.asarray(search.problem.priors.draw(key, count))
    x = np.where(search.on_log, np.log(np.maximum(theta, 1e-300)), theta)
    return np.clip(x, *search.bounds.T)


def table(search: Search, best: np.ndarray) -> pd.DataFrame:
    """A row a parameter of the best fit, in own units, and whether it lies at a bound."""
    at_bound = np.isclose(best[:, None], search.bounds, rtol=0, atol=1e-6).any(axis=1)
    return pd.DataFrame(
        {
            "parameterId": search.problem.names,
            "value": np.asarray(search.own(jnp.asarray(best))),
            "at_bound": at_bound,
        }
    )


def in_words(x: np.ndarray, value: np.ndarray) -> str:
    """How many searches found the best, how far they lie apart, and how many failed."""
    found = waterfall(x, value, close=CLOSE)
    n, best, failed = len(value), found.attrs["found_best"], found.attrs["failed"]
    apart = float(found["spread"][0]) if best else 0.0
    said = (
        f"{best} of {n} starts ended within {CLOSE:g} of one another at the best; the farthest lies "
        f"{apart:.2g} from it"
    )
    if best == 1:
        said += "; found once only: more `starts` are needed before it can be called the best"
    elif apart > 1.0:
        said += "; equally good and far apart: some parameters are not determined"
    return said + (f"; {failed} failed" if failed else "")


def profile_table(search: Search, found: Profiles, ends: np.ndarray, level: float) -> pd.DataFrame:
    """A row a parameter: best value and interval in own units; empty where the profile never crosses the
    threshold.
    """
    middle = found.held.shape[1] // 2
    columns = np.stack([found.held[:, middle], *ends.T], axis=1)
    own = np.where(
        search.on_log[:, None] & np.isfinite(columns),
        np.exp(np.where(search.on_log[:, None], columns, 0.0)),
        columns,
    )
    own = np.where(np.isfinite(columns), own, np.nan)
    return pd.DataFrame(
        {
            "parameterId": search.problem.names,
            "best": own[:, 0],
            f"low_{100 * level:.0f}": own[:, 1],
            f"high_{100 * level:.0f}": own[:, 2],
            "identified": np.isfinite(ends).all(axis=1),
            "lower_found": found.value.min(axis=1) - found.value[:, middle],
        }
    )
