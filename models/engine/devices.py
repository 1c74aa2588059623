"""One batch of items on every device of this process, and several processes as one run."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array

from models.engine.derivative import Program, without_record
from models.engine.lane_states import Items, Tolerance
from models.engine.native.processor import cores

Found = tuple[Array, Array, Array, Array]  # observables at stops, attempts, reason by item; turns by device


def connect() -> tuple[int, int]:
    """(index, number) of this process; the tasks of a SLURM step (`srun`) are joined first.

    A batch script or an allocation alone names its tasks too, but nobody else has been started there: it is
    not waited for.
    """
    in_a_step = "SLURM_STEP_NODELIST" in os.environ and int(os.environ.get("SLURM_NTASKS", "1")) > 1
    if in_a_step and not jax.distributed.is_initialized():
        jax.distributed.initialize()
    return jax.process_index(), jax.process_count()


def mesh(devices: list[Any]) -> Mesh:
    """The devices as one axis of items."""
    return Mesh(np.array(devices), ("item",))


def on_devices(program: Program, devices: list[Any], items: Items, tolerance: Tolerance) -> Found:
    """Run items split evenly over the devices; each has its own queue and hears nothing of the others.

    The number of items must be a multiple of the number of devices.
    """
    by_item = NamedSharding(mesh(devices), PartitionSpec("item"))
    return _sharded(program, tuple(devices), jax.device_put(items, by_item), tolerance)


@partial(jax.jit, static_argnums=(0, 1))
def _sharded(program: Program, devices: tuple[Any, ...], items: Items, tolerance: Tolerance) -> Found:
    def one(items: Items, tolerance: Tolerance) -> Found:
        outcome = without_record(program, items, tolerance, 1 if len(devices) > 1 else cores())
        return outcome.values, outcome.steps, outcome.reason, jnp.reshape(outcome.turns, 1)

    split, whole = PartitionSpec("item"), PartitionSpec()
    return jax.shard_map(
        one, mesh=mesh(list(devices)), in_specs=(split, whole), out_specs=split, check_vma=False
    )(items, tolerance)
