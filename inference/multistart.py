"""The best fit of a problem from many starts within its bounds, and in words where the searches ended.

A parameter is searched on the scale on which its prior is even (ln for log-uniform and its like), between its bounds.
The objective is the negative log posterior density on that scale; flat priors make it the negative log-likelihood, apart
from a constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from inference.batch import Batch, Report, minimise
from inference.parts import Split
from inference.posterior import Problem
from inference.profile import Profiles, waterfall
from inference.study import Study

ON_LOG = frozenset({"log-uniform", "log-normal", "log-laplace", "gamma", "exponential", "half-normal"})
CLOSE = 0.1  # two ends belong together if their objectives differ by less


@dataclass(frozen=True, eq=False)
class Search:
    """A problem on the scale of the search.

    Attributes:
        problem: log-likelihood and priors in own units.
        on_log: (parameter,) searched by its natural logarithm.
        bounds: (parameter, 2) on the scale of the search.
    """

    problem: Problem
    on_log: np.ndarray
    bounds: np.ndarray

    def own(self, x: Float[Array, "parameter"]) -> Float[Array, "parameter"]:
        """The scale of the search -> own units."""
        return jnp.where(self.on_log, jnp.exp(jnp.where(self.on_log, x, 0.0)), x)

    def objective(self, x: Float[Array, "parameter"]) -> Float[Array, ""]:
        """Negative log posterior density on the scale of the search; +inf where the network cannot be solved."""
        theta = self.own(x)
        terms, ok = self.problem.log_likelihood(theta)
        prior = jnp.sum(self.problem.log_prior(theta)) + jnp.sum(jnp.where(self.on_log, x, 0.0))
        return jnp.where(ok, -jnp.sum(terms) - prior, jnp.inf)

    def log_likelihood(self, x: Float[Array, "parameter"]) -> Float[Array, ""]:
        """Log-likelihood alone."""
        terms, ok = self.problem.log_likelihood(self.own(x))
        return jnp.where(ok, jnp.sum(terms), -jnp.inf)


def search_of(parts: Split, *, rtol: float, atol: float) -> Search:
    """The search of a study's best fit at these tolerances of the solver."""
    study: Study = parts.whole

    def log_likelihood(theta: Array) -> tuple[Array, Array]:
        terms, _, ok = parts.evaluate(theta, rtol=rtol, atol=atol)
        return terms, ok

    on_log = np.array([u.prior.family in ON_LOG and u.prior.lower >= 0 for u in study.unknowns])
    bounds = np.array([(u.prior.lower, u.prior.upper) for u in study.unknowns], float)
    with np.errstate(divide="ignore"):
        bounds[on_log] = np.log(bounds[on_log])
    return Search(Problem({u.name: u.prior.distribution() for u in study.unknowns}, log_likelihood), on_log, bounds)


def starts_of(search: Search, starts: int, seed: int, spread: float) -> np.ndarray:
    """Draws of the prior, pulled towards its median by `spread` (1: the prior itself), within the bounds."""
    theta = np.asarray(search.problem.sample_prior(jax.random.PRNGKey(seed), max(starts, 400)))
    x = np.where(search.on_log, np.log(np.maximum(theta, 1e-300)), theta)
    centre = np.median(x, axis=0)
    return np.clip(centre + spread * (x[:starts] - centre), *search.bounds.T)


def best_fits(
    search: Search, x0: np.ndarray, *, width: int, max_steps: int, tolerance: float, report: Report | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Ends (start, parameter) and objectives of all searches, best first."""
    batch = Batch(search.problem, width, search.objective)
    x, value = minimise(batch, x0, max_steps=max_steps, tolerance=tolerance, report=report, bounds=search.bounds)
    order = np.argsort(value, kind="stable")
    return x[order], value[order]


def table(search: Search, best: np.ndarray) -> pd.DataFrame:
    """A row a parameter of the best fit, in own units, and whether it lies at a bound."""
    at_bound = np.isclose(best[:, None], search.bounds, rtol=0, atol=1e-6).any(axis=1)
    return pd.DataFrame({"parameterId": search.problem.names, "value": np.asarray(search.own(jnp.asarray(best))), "at_bound": at_bound})


def in_words(x: np.ndarray, value: np.ndarray) -> str:
    """How many searches found the best, how far they lie apart, and how many failed."""
    found = waterfall(x, value, close=CLOSE)
    n, best, failed = len(value), found.attrs["found_best"], found.attrs["failed"]
    apart = float(found["spread"][0]) if best else 0.0
    said = f"{best} of {n} starts ended within {CLOSE:g} of one another at the best; the farthest lies {apart:.2g} from it"
    if best == 1:
        said += "; found once only: more --starts are needed before it can be called the best"
    elif apart > 1.0:
        said += "; equally good and far apart: some parameters are not determined"
    return said + (f"; {failed} failed" if failed else "")


def profile_table(search: Search, found: Profiles, ends: np.ndarray, level: float) -> pd.DataFrame:
    """A row a parameter: best value and interval in own units; empty where the profile never crosses the threshold."""
    middle = found.held.shape[1] // 2
    columns = np.stack([found.held[:, middle], *ends.T], axis=1)
    own = np.where(search.on_log[:, None] & np.isfinite(columns), np.exp(np.where(search.on_log[:, None], columns, 0.0)), columns)
    own = np.where(np.isfinite(columns), own, np.nan)
    return pd.DataFrame({
        "parameterId": search.problem.names, "best": own[:, 0], f"low_{100 * level:.0f}": own[:, 1], f"high_{100 * level:.0f}": own[:, 2],
        "identified": np.isfinite(ends).all(axis=1), "lower_found": found.value.min(axis=1) - found.value[:, middle]})
