"""Times at which a step must end: outputs and starts of periods, merged for each item of an ensemble."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Timeline(eqx.Module):
    """Stops of each item in order of time, the first one its first period's start, the last one +inf.

    Attributes:
        stops: min; slots that are not used are +inf.
        begins: index of the period that begins at the stop, or -1.
        period: index of the period that runs after the stop.
        slot: index of the stop that is each output time; the last slot for padding.
    """

    stops: Float[Array, "item stop"]
    begins: Int[Array, "item stop"]
    period: Int[Array, "item stop"]
    slot: Int[Array, "item time"]


def merge(starts: Float[Array, "item period"], times: Float[Array, "item time"]) -> Timeline:
    """Merge the starts of periods and the output times; equal times share one stop."""

    def one(starts: Float[Array, " period"], times: Float[Array, " time"]) -> tuple[Array, ...]:
        n, every = starts.shape[0], jnp.concatenate([starts, times, jnp.full(1, jnp.inf, times.dtype)])
        order = jnp.argsort(every, stable=True)
        ordered = every[order]
        fresh = jnp.concatenate([jnp.array([True]), ordered[1:] > ordered[:-1]])
        rank = jnp.zeros(every.shape, jnp.int32).at[order].set(jnp.cumsum(fresh, dtype=jnp.int32) - 1)
        rank = jnp.where(jnp.isfinite(every), rank, every.shape[0] - 1)
        stops = jnp.full(every.shape, jnp.inf, every.dtype).at[rank].set(every)
        opens = jnp.where(jnp.isfinite(starts), rank[:n], every.shape[0])
        begins = (
            jnp.full(every.shape, -1, jnp.int32).at[opens].set(jnp.arange(n, dtype=jnp.int32), mode="drop")
        )
        return stops, begins, jax.lax.cummax(begins), rank[n:-1]

    return Timeline(*jax.vmap(one)(starts, times))
