"""What the measurements say about a parameter vector: trajectories, predictions, log-likelihood."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from inference.likelihood.moving_starts import in_order, merged
from inference.likelihood.noise_models import log_density, log_share_above, log_share_below, on_scale
from inference.study.solved.watched import solve
from inference.study.study import Study
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule

MAX_STEPS = 3000  # of one dish; several times what the default study needs at its tightest
Tolerance = float | Float[Array, ""]


class Prediction(eqx.Module):
    """What a study predicts for each measurement: the value itself, and location and noise on the scale of
    the noise.
    """

    value: Float[Array, " measurement"]
    location: Float[Array, " measurement"]
    scale: Float[Array, " measurement"]


def lanes(study: Study, theta: Float[Array, " unknown"]) -> tuple[Float[Array, "lane parameter"], Schedule]:
    """Parameters and schedules of all dishes, differentiable in `theta` (linear scale, order of
    `study.unknowns`).
    """
    pool, where = study.pool(theta), study.lanes
    schedule = Schedule(
        jnp.asarray(where.starts), pool[where.inputs], jnp.asarray(where.keep), pool[where.add]
    )
    parameters = pool[where.parameters]
    if where.moving is not None and study.events is not None:
        schedule, _, _ = merged(where.moving, pool, theta, schedule)
    elif where.moving is not None:
        schedule = in_order(study.system, where.moving, pool, theta, parameters, schedule)
    return parameters, schedule


def solved(
    study: Study,
    theta: Float[Array, " unknown"],
    *,
    rtol: Tolerance,
    atol: Tolerance,
    max_steps: int,
    capacity: int | None = None,
) -> tuple[Trajectory, Bool[Array, " lane"]]:
    """All dishes of a study as the solver leaves them, and whether each found its steady states."""
    parameters, schedule = lanes(study, theta)
    return solve(study, parameters, schedule, rtol=rtol, atol=atol, max_steps=max_steps, capacity=capacity)


def trajectories(
    study: Study,
    theta: Float[Array, " unknown"],
    *,
    rtol: Tolerance,
    atol: Tolerance,
    capacity: int | None = None,
) -> Trajectory:
    """All dishes of a study at all times at which something was measured, with a leading lane axis; values
    are species.

    Args:
        capacity: turns that a derivative may record, see `simulate_lanes`; by default enough for every dish
            to take `MAX_STEPS`.
    """
    dishes, rest = solved(study, theta, rtol=rtol, atol=atol, max_steps=MAX_STEPS, capacity=capacity)
    return replace(dishes, ok=dishes.ok & rest)


def predict(study: Study, theta: Float[Array, " unknown"], dishes: Trajectory) -> Prediction:
    """Value, location and scale of the noise of every measurement, observable by observable."""
    m, pool, where = study.measurements, study.pool(theta), study.lanes
    n = len(m)
    value, location, scale = jnp.zeros(n), jnp.zeros(n), jnp.ones(n)
    for r in study.readouts:
        lane, slot, period = m.lane[r.rows], m.slot[r.rows], m.period[r.rows]
        y = dishes.values[lane, slot]
        args = jnp.concatenate([pool[where.parameters[lane]], pool[where.inputs[lane, period]]], axis=1)
        extra = pool[r.extra]
        seen, sd = r.function(jnp.asarray(m.time[r.rows]), tuple(y.T), tuple(args.T), tuple(extra.T))
        seen, sd = jnp.broadcast_to(seen, len(r.rows)), jnp.broadcast_to(sd, len(r.rows))
        value, scale = value.at[r.rows].set(seen), scale.at[r.rows].set(sd)
        location = location.at[r.rows].set(on_scale(r.row.family, seen))
    return Prediction(value, location, scale)


def terms(study: Study, theta: Float[Array, " unknown"], dishes: Trajectory) -> Float[Array, " measurement"]:
    """Log-likelihood of each measurement as PEtab defines it; censored ones by their probability."""
    p = predict(study, theta, dishes)
    return densities(study, p.location, p.scale)


def densities(
    study: Study,
    location: Float[Array, " measurement"],
    scale: Float[Array, " measurement"],
) -> Float[Array, " measurement"]:
    """Log density of each measurement around its predicted location; of censored ones, the log of their
    probability.
    """
    m = study.measurements
    total = jnp.zeros(len(m))
    for r in study.readouts:
        for sign, density in ((0, log_density), (-1, log_share_below), (1, log_share_above)):
            rows = r.rows[m.censored[r.rows] == sign]
            if rows.size:
                found = density(
                    r.row.family, r.row.degrees, jnp.asarray(m.value[rows]), location[rows], scale[rows]
                )
                total = total.at[rows].set(found)
    return total


def log_likelihood(
    study: Study,
    theta: Float[Array, " unknown"],
    *,
    rtol: Tolerance,
    atol: Tolerance,
) -> tuple[Float[Array, " measurement"], Bool[Array, ""]]:
    """Log-likelihood of each measurement, and whether all dishes could be solved and all terms are numbers.

    Where that is False the terms are finite and mean nothing.
    """
    dishes = trajectories(study, theta, rtol=rtol, atol=atol)
    found = terms(study, theta, dishes)
    good = jnp.isfinite(found)
    return jnp.where(good, found, 0.0), jnp.all(dishes.ok) & jnp.all(good)


def chi_squared(study: Study, prediction: Prediction) -> Float[Array, ""]:
    """Sum of squared residuals over the scale of the noise, censored measurements left out."""
    total = jnp.asarray(0.0)
    for r in study.readouts:
        rows = r.rows[study.measurements.censored[r.rows] == 0]
        z = on_scale(r.row.family, jnp.asarray(study.measurements.value[rows])) - prediction.location[rows]
        total = total + jnp.sum((z / prediction.scale[rows]) ** 2)
    return total


def log_prior(study: Study, theta: Float[Array, " unknown"]) -> Float[Array, ""]:
    """Log density of all priors at `theta`, each with respect to the parameter itself."""
    return jnp.sum(
        jnp.stack([u.prior.distribution().log_prob(x) for u, x in zip(study.unknowns, theta, strict=True)])
    )
