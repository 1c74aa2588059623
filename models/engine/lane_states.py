"""What lies in memory while a work queue runs: what is asked for, the state of the lanes, what came out, and
the tapes from which a derivative replays the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from models.engine.compile import System
from models.engine.solver.sparse_lu import Scalars
from models.engine.solver.stages_over_lanes import Stages
from models.engine.solver.tableau import Tableau
from models.engine.timeline import Timeline

Observe = Callable[[Any, Scalars, Scalars], Scalars]


@dataclass(frozen=True)
class LanePlan:
    """What is decided before a run is traced.

    Attributes:
        observe: (t, y, args) -> observables.
        lanes: trajectories that step side by side.
        max_steps: attempts after which a trajectory is given up.
        crowd: lanes at a stop that must have gathered before they are served.
        wanted: positions in `args` for which derivatives are taken.
    """

    system: System
    tableau: Tableau
    observe: Observe
    lanes: int
    max_steps: int
    crowd: int
    wanted: tuple[int, ...]


class Items(eqx.Module):
    """The trajectories asked for; units as in `Schedule`."""

    parameters: Float[Array, "item parameter"]
    inputs: Float[Array, "item period input"]
    keep: Float[Array, "item period species"]
    add: Float[Array, "item period species"]
    timeline: Timeline


class Tolerance(eqx.Module):
    """Relative, and absolute by species in its unit."""

    rtol: Float[Array, ""]
    atol: Float[Array, " species"]


class Record(eqx.Module):
    """What replay needs: the tape of every turn, and what the lanes were given at each service.

    Tapes are one-dimensional, so that under `vmap` the tapes of mapped runs, one behind the other, are the
    tape of the one
    run that they become. Turn i fills `rows x columns` numbers from i * rows * columns on, a column for every
    lane that
    ever works; a refused or idle step has size 0. Service j came after turn `ends[j]`; `item` and `served`
    hold, for each
    column, the item it worked on before that service and the stop that it had reached, or -1.
    `before` and `after`: state at each stop before and after its jump.
    """

    steps: Float[Array, " tape"]  # rows: t, h, then the species
    item: Int[Array, " slot"]
    served: Int[Array, " slot"]
    ends: Int[Array, " service"]
    services: Int[Array, ""]
    before: Float[Array, "item stop species"]
    after: Float[Array, "item stop species"]


class Outcome(eqx.Module):
    """Observables at each stop, attempts and reason of each item, and turns of the loop."""

    values: Float[Array, "item stop observable"]
    steps: Int[Array, " item"]
    reason: Int[Array, " item"]
    turns: Int[Array, ""]


class LaneStates(eqx.Module):
    """State of the lanes; `item` = number of items where a lane has nothing to do.

    `stale`: the constants do not belong to the args any more. `room`: for the stages of a step.
    """

    t: Float[Array, " lane"]
    y: Float[Array, "species lane"]
    h: Float[Array, " lane"]
    args: Float[Array, "args lane"]
    constants: Float[Array, "constant lane"]
    stale: Bool[Array, ""]
    room: Stages
    item: Int[Array, " lane"]
    stop: Float[Array, " lane"]
    k: Int[Array, " lane"]
    steps: Int[Array, " lane"]
    refused: Int[Array, " lane"]
    verdict: Int[Array, " lane"]
    fresh: Bool[Array, " lane"]
    waiting: Bool[Array, " lane"]
    queue: Int[Array, ""]
    turn: Int[Array, ""]


def columns(rows: Float[Array, "lane n"]) -> Scalars:
    """The columns of a table as separate arrays."""
    return tuple(rows[:, i] for i in range(rows.shape[1]))


def starting_state(plan: LanePlan, items: Items) -> Float[Array, "item species"]:
    """State after the first period has begun."""
    return items.keep[:, 0] * jnp.asarray(plan.system.initial, items.keep.dtype) + items.add[:, 0]


@dataclass(frozen=True)
class TapeSize:
    """What a record has room for: turns of the loop times columns, and services."""

    slots: int
    services: int


def columns_kept(plan: LanePlan, items: int) -> int:
    """LaneStates that ever work."""
    return min(plan.lanes, items)


def write(tape: Array, turn: Any, lines: Array, columns: int) -> Array:
    """The tape with the first columns of `lines` (..., lane) as its piece number `turn`."""
    piece = lines[..., :columns].reshape(-1).astype(tape.dtype)
    return lax.dynamic_update_slice(tape, piece, (turn * piece.size,))


def read(tape: Array, turn: Any, rows: int, columns: int, lanes: int, filling: float = 0) -> Array:
    """Piece number `turn` of a tape, (row, lane), filled up to all lanes."""
    piece = lax.dynamic_slice(tape, (turn * (rows * columns),), (rows * columns,)).reshape(rows, columns)
    return (
        piece if columns == lanes else jnp.pad(piece, ((0, 0), (0, lanes - columns)), constant_values=filling)
    )


def blank(plan: LanePlan, items: Items, room: TapeSize) -> Record:
    """An empty record."""
    n, stops = items.timeline.stops.shape
    first = starting_state(plan, items)
    states = jnp.zeros((n, stops, first.shape[1]), first.dtype).at[:, 0].set(first)
    code, ends = jnp.zeros(room.slots, jnp.int32), jnp.zeros(room.services, jnp.int32)
    tape = jnp.zeros(room.slots * (first.shape[1] + 2), first.dtype)
    return Record(
        steps=tape,
        item=code,
        served=code,
        ends=ends,
        services=jnp.asarray(0, jnp.int32),
        before=states,
        after=states,
    )
