"""A study as a family of problems: its own prior makes parameters, its own model and noise make data."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from inference.likelihood import log_likelihood, predict, trajectories
from inference.many import Family
from inference.replicate import replicate
from inference.study import Study

Vector = Float[Array, "parameter"]
Data = Float[Array, "measurement"]


def with_values(study: Study, values: Data) -> Study:
    """The same study with other measured values (which may be traced)."""
    return replace(study, measurements=replace(study.measurements, value=values))


def family(study: Study, *, rtol: float, atol: float, wrong_noise: float = 1.0) -> Family:
    """All data sets that the study's prior and model can make, each with the posterior that the study would give it.

    Args:
        rtol, atol: of the solver.
        wrong_noise: the analyst believes in noise this many times as large as it is; other than 1 it makes the
            likelihood wrong on purpose.
    """

    def simulate(theta: Vector, key: Array) -> tuple[Data, Bool[Array, ""]]:
        dishes = trajectories(study, theta, rtol=rtol, atol=atol)
        prediction = predict(study, theta, dishes)
        prediction = replace(prediction, scale=prediction.scale / wrong_noise)
        return replicate(study, prediction, key), jnp.all(dishes.ok)

    def believed(theta: Vector, data: Data) -> tuple[Data, Bool[Array, ""]]:
        return log_likelihood(with_values(study, data), theta, rtol=rtol, atol=atol)

    return Family({u.name: u.prior.distribution() for u in study.unknowns}, simulate, believed)
