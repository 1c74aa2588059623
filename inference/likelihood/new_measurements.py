"""New measurements as the noise model would make them, for predictive checks and simulated data."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from inference.likelihood.likelihood import Prediction
from inference.likelihood.noise_models import FAMILIES
from inference.study.study import Study


def replicate(study: Study, prediction: Prediction, key: Array) -> Float[Array, " measurement"]:
    """One new measurement for each of the study, in the unit of the data; detection limits are not
    applied.
    """
    value = jnp.zeros(len(study.measurements))
    for r, k in zip(study.readouts, jax.random.split(key, len(study.readouts)), strict=True):
        shape, base = FAMILIES[r.row.family]
        size = (len(r.rows),)
        if r.row.degrees is not None:
            z = jax.random.t(k, r.row.degrees, size)
        else:
            z = jax.random.laplace(k, size) if shape == "laplace" else jax.random.normal(k, size)
        at = prediction.location[r.rows] + prediction.scale[r.rows] * z
        value = value.at[r.rows].set(jnp.exp(at * base) if base else at)
    return value
