"""A study as a family of problems: its own prior makes parameters, its own model and noise make data."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from inference.calibration.many_fits import Family, Fits, walk
from inference.likelihood.likelihood import predict, terms, trajectories
from inference.likelihood.new_measurements import replicate
from inference.likelihood.problem import priors_of
from inference.likelihood.reduced_parts import Part, split, with_values
from inference.runs.resumable import Report
from inference.runs.run import Run
from inference.samplers import random_walk_smc
from inference.study.portable_work import Recipe
from inference.study.study import Study

Vector = Float[Array, " parameter"]
Data = Float[Array, " measurement"]


def family(study: Study, *, rtol: float, atol: float, wrong_noise: float = 1.0) -> Family:
    """All data sets that the study's prior and model can make, each with the posterior that the study would
    give it.

    Args:
        rtol, atol: of the solver.
        wrong_noise: the analyst believes in noise this many times as large as it is; other than 1 it makes
            the
            likelihood wrong on purpose.
    """
    parts: tuple[Part, ...] = split(study)

    def simulate(theta: Vector, key: Array) -> tuple[Data, Bool[Array, ""]]:
        values, ok = jnp.zeros(len(study.measurements)), jnp.asarray(True)
        for i, part in enumerate(parts):
            dishes = trajectories(part.study, theta, rtol=rtol, atol=atol)
            prediction = predict(part.study, theta, dishes)
            prediction = replace(prediction, scale=prediction.scale / wrong_noise)
            values = values.at[part.rows].set(replicate(part.study, prediction, jax.random.fold_in(key, i)))
            ok = ok & jnp.all(dishes.ok)
        return values, ok

    def believed(theta: Vector, data: Data) -> tuple[Data, Bool[Array, ""]]:
        total, ok = jnp.zeros(len(study.measurements)), jnp.asarray(True)
        for part in parts:
            dishes = trajectories(part.study, theta, rtol=rtol, atol=atol)
            found = terms(with_values(part.study, data[part.rows]), theta, dishes)
            good = jnp.isfinite(found)
            total = total.at[part.rows].set(jnp.where(good, found, 0.0))
            ok = ok & jnp.all(dishes.ok) & jnp.all(good)
        return total, ok

    return Family(
        priors_of(study),
        simulate,
        believed,
        {"study": study.fingerprint, "rtol": rtol, "atol": atol, "wrong_noise": wrong_noise},
    )


@dataclass(frozen=True)
class HowSolved:
    """The arguments of `family`."""

    rtol: float
    atol: float
    wrong_noise: float

    def family(self, study: Study) -> Family:
        """The family of a study."""
        return family(study, rtol=self.rtol, atol=self.atol, wrong_noise=self.wrong_noise)


@dataclass(frozen=True)
class WalkFacts:
    """What the points of a walk are computed from, beside the study: `width` of them at once."""

    solved: HowSolved
    width: int


def _points(study: Study, facts: WalkFacts) -> random_walk_smc.Points:
    made = facts.solved.family(study)
    return random_walk_smc.points(made.priors, made.log_likelihood, facts.width)


WALKS = Recipe("points of a calibration by walks", WalkFacts, _points)


def by_walks(
    study: Study,
    solved: HowSolved,
    fits: int,
    plan: random_walk_smc.Walkers,
    seed: int,
    run: Run,
    report: Report | None = None,
) -> Fits | None:
    """`many_fits.walk` of the study's family, its points by the executor of the run."""
    work = WALKS.work(study, WalkFacts(solved, plan.width))
    return walk(solved.family(study), fits, plan, seed, run.within("walks"), report, work)
