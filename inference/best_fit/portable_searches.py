"""Searches for a best fit whose points others compute: what a worker makes of a study for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxtyping import Array

from inference.best_fit.hierarchical import Others, Profiled
from inference.best_fit.multistart import search_of
from inference.best_fit.profile_likelihood import Lanes, lanes_of
from inference.likelihood.reduced_parts import Split, split
from inference.runs.run import Run
from inference.study.portable_work import Recipe
from inference.study.study import Study


@dataclass(frozen=True)
class PointFacts:
    """What the points of a search are computed from, beside the study: tolerances of the solver, and `width`
    of them at once.
    """

    rtol: float
    atol: float
    width: int


@dataclass(frozen=True)
class ProfileFacts:
    """What profiles are followed by, beside the study: tolerances of the solver, then as in
    `inference.best_fit.profile_likelihood.profiles`.
    """

    rtol: float
    atol: float
    points: int
    reach: float
    max_steps: int
    tolerance: float

    @property
    def plan(self) -> dict[str, Any]:
        """What `profiles` is given of them."""
        names = ("points", "reach", "max_steps", "tolerance")
        return {n: getattr(self, n) for n in names}


def _profiled(study: Study, facts: PointFacts) -> Profiled:
    parts, rtol, atol = Split(study, split(study)), facts.rtol, facts.atol
    return Profiled(search_of(parts, rtol=rtol, atol=atol), parts, facts.width, rtol=rtol, atol=atol)


def _values(study: Study, facts: PointFacts) -> Callable[[Array], tuple[Array, ...]]:
    made = _profiled(study, facts)
    return made.compiled(made.value)


def _wholes(study: Study, facts: PointFacts) -> Callable[[Array], tuple[Array, ...]]:
    made = _profiled(study, facts)
    return made.compiled(made.whole)


def _lanes(study: Study, facts: ProfileFacts) -> Lanes:
    objective = search_of(Split(study, split(study)), rtol=facts.rtol, atol=facts.atol).objective
    return lanes_of(objective, **facts.plan)


VALUES = Recipe("points of a search, their objectives", PointFacts, _values)
WHOLES = Recipe("points of a search, with derivatives", PointFacts, _wholes)
PROFILES = Recipe("profiles of a best fit", ProfileFacts, _lanes)


def others_of(study: Study, facts: PointFacts, run: Run) -> Others | None:
    """Who computes the points of this study's searches, if the run has an executor; None: this process."""
    if run.executor is None:
        return None
    return Others(run, VALUES.work(study, facts), WHOLES.work(study, facts))
