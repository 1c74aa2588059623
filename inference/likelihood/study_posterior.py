"""The posterior of a study: as its tables declare it, and without what can be integrated out."""

from __future__ import annotations

from dataclasses import replace

import jax

from inference.likelihood.integrated_out import Marginal, candidates, marginal
from inference.likelihood.problem import Problem, priors_of
from inference.likelihood.reduced_parts import Split
from models.engine.one_dish import Trajectory


def problem_of(parts: Split, *, rtol: float, atol: float) -> Problem:
    """Everything that is estimated in the study, at these tolerances of the solver."""

    def log_likelihood(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        found, _, ok = parts.evaluate(theta, rtol=rtol, atol=atol)
        return found, ok

    return Problem(priors_of(parts.whole), log_likelihood)


def reduced(parts: Split, *, rtol: float, atol: float) -> Marginal:
    """The posterior that is sampled: scales, offsets, blanks and noises of instruments are integrated out and
    drawn afterwards.
    """

    def dishes(theta: jax.Array) -> tuple[Trajectory, ...]:
        return parts.dishes(theta, rtol=rtol, atol=atol)

    def of(values: jax.Array) -> Problem:
        return found.given(values, parts.given(values).seen).problem

    found = marginal(parts.whole, candidates(parts.whole), dishes, parts.seen)
    return replace(found, problem=replace(found.problem, of=of))
