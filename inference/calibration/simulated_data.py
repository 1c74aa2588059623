"""A study as a family of problems: its own prior makes parameters, its own model and noise make data."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from inference.calibration.many_fits import Family
from inference.likelihood.likelihood import predict, terms, trajectories
from inference.likelihood.new_measurements import replicate
from inference.likelihood.problem import priors_of
from inference.likelihood.reduced_parts import Part, split
from inference.study.study import Study

Vector = Float[Array, " parameter"]
Data = Float[Array, " measurement"]


def with_values(study: Study, values: Data) -> Study:
    """The same study with other measured values (which may be traced)."""
    return replace(study, measurements=replace(study.measurements, value=values))


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
