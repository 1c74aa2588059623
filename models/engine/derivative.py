"""The observables of an ensemble as a differentiable function that can be mapped: batch axes become more
items.

The linear map from a change of the items to a change of the observables is a primitive of its own, whose
transpose is the adjoint run; so `jax.jvp`, `jax.vjp`, `jax.grad`, and `jax.vmap` around any of them, all
replay one recorded run. The tapes of mapped records, one behind the other, are the tape of the batch, so that
mapping moves no data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.custom_batching import custom_vmap
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array

from models.engine.compile import System
from models.engine.lane_states import (
    Items,
    LanePlan,
    Observe,
    Outcome,
    Record,
    TapeSize,
    Tolerance,
    columns_kept,
)
from models.engine.native.choice import chosen
from models.engine.native.gradient import RunAgain, adjoint_of, tangent_of
from models.engine.native.kernel import Kernel
from models.engine.native.processor import cores
from models.engine.replay import Sensitive, adjoint, tangent
from models.engine.solver.tableau import Tableau
from models.engine.timeline import Timeline
from models.engine.work_queue import BLOCK, COMPLETE, run

Arrays = tuple[Array, Array, Array, Array]  # parameters, inputs, keep, add


@dataclass(frozen=True)
class Program:
    """What a caller decides before tracing; the lanes follow from the number of items.

    `lanes`, `capacity` (turns of the loop kept for a derivative): None lets problem and device decide.
    """

    system: System
    tableau: Tableau
    observe: Observe
    max_steps: int
    wanted: tuple[int, ...]
    lanes: int | None = None
    capacity: int | None = None

    def plan(self, items: int) -> LanePlan:
        """The plan for this many items."""
        width = choose_lanes(items) if self.lanes is None else BLOCK * -(-self.lanes // BLOCK)
        crowd = 1 if width >= items else max(1, width // 32)
        return LanePlan(self.system, self.tableau, self.observe, width, self.max_steps, crowd, self.wanted)

    def kernel(self, dtype: Any, *, gradient: bool = False) -> Kernel | None:
        """The kernel that runs it; None where XLA does: it alone has a chosen number of lanes, and 32 bits. A
        `capacity` is one of its records; tapes of a kernel are as long as what they hold.
        """
        if self.lanes is not None or dtype != jnp.float64:
            return None
        return chosen(self.system, self.tableau, self.observe, self.wanted if gradient else None)

    def room(self, items: int) -> TapeSize:
        """What is recorded for a derivative: room for `max_steps` of every item where memory allows."""
        plan = self.plan(items)
        kept = columns_kept(plan, items)
        most = RECORD_BYTES // (8 * (len(self.system.species) + 2) * kept)
        turns = self.capacity or max(1000, min(-(-items // plan.lanes) * (self.max_steps + 100), most))
        return TapeSize(kept * turns, turns)


UNEQUAL = "simulate_lanes: the tolerances differ along a mapped axis: use one rtol and atol for all lanes"
RECORD_BYTES = 256 * 2**20
MOST_LANES = 8192  # of an accelerator: beyond, memory sets the time of a turn


def choose_lanes(items: int) -> int:
    """Trajectories that step side by side on this device.

    Always whole blocks, so that every lane is computed by the same vector instructions, whoever its
    neighbours are; on the CPU one block is as much as the caches take, and two cost a trajectory up to half
    as much again. Elsewhere half of the items, `MOST_LANES` at most (see `models.benchmark.queue_plan`).
    """
    if jax.default_backend() == "cpu":
        return BLOCK
    return min(BLOCK * -(-items // (2 * BLOCK)), MOST_LANES)


def over_items(function: Callable[..., tuple[Any, Any]]) -> Callable[..., tuple[Any, Any]]:
    """(items, shared) -> (by item, whole): axes of `vmap` become more items, `whole` is not mapped."""
    batched = custom_vmap(function)

    @batched.def_vmap
    def rule(size: int, in_batched: Any, items: Any, shared: Any) -> Any:
        if any(jax.tree.leaves(in_batched[1])):
            raise ValueError(UNEQUAL)
        out, whole = batched(
            jax.tree.map(lambda x, mapped: _flatten(size, x, mapped), items, in_batched[0]), shared
        )
        lanes = jax.tree.map(lambda x: x.reshape(size, x.shape[0] // size, *x.shape[1:]), out)
        return (lanes, whole), (jax.tree.map(lambda _: True, out), jax.tree.map(lambda _: False, whole))

    return batched


def _flatten(size: int, x: Array, mapped: bool) -> Array:
    x = x if mapped else jnp.broadcast_to(x, (size, *x.shape))
    return x.reshape(size * x.shape[1], *x.shape[2:])


def without_record(program: Program, items: Items, tolerance: Tolerance, threads: int) -> Outcome:
    """Run items through the kernel of the network where there is one, else through XLA."""
    kernel = program.kernel(items.parameters.dtype)
    if kernel is None:
        return run(program.plan(items.parameters.shape[0]), items, tolerance, None)[0]
    initial = jnp.asarray(program.system.initial)
    return Outcome(*kernel.trajectories(items, initial, tolerance, program.max_steps, threads))


@lru_cache(maxsize=256)
def _plain(program: Program) -> Callable[..., Any]:
    def forward(items: Items, tolerance: Tolerance) -> tuple[Any, Any]:
        outcome = without_record(program, items, tolerance, cores())
        return _by_item(outcome), outcome.turns

    return over_items(forward)


def _by_item(outcome: Outcome) -> tuple[Array, Array, Array]:
    return outcome.values, outcome.steps, outcome.reason


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def observables(
    program: Program, arrays: Arrays, timeline: Timeline, tolerance: Tolerance
) -> tuple[Array, Array, Array, Array]:
    """Observables at the stops (item, stop, observable), attempts and reason of each item, turns of the
    loop.
    """
    by_item, turns = _plain(program)(Items(*arrays, timeline), tolerance)
    return (*by_item, turns)


@observables.defjvp
def _observables_jvp(
    program: Program, primals: tuple[Arrays, Timeline, Tolerance], tangents: Any
) -> tuple[Any, Any]:
    arrays, timeline, tolerance = primals
    items = Items(*arrays, timeline)
    n = timeline.stops.shape[0]
    if program.kernel(items.parameters.dtype, gradient=True) is not None:
        (values, *rest), turns = _plain(program)(items, tolerance)
        residual, tree = jax.tree.flatten(RunAgain(items, tolerance))
        (moved,) = native_tangent_p.bind(
            *tangents[0], *residual, program=program, tree=tree, directions=False
        )
        return (values, *rest, turns), (moved, *_nothing(*rest, turns))
    operands, tree = jax.tree.flatten((items, tolerance))
    leaves = record_p.bind(*operands, program=program, tree=tree, room=program.room(n))
    found: Recorded = jax.tree.unflatten(RECORDED, leaves)
    residual, tree = jax.tree.flatten(Residual(items, found.reason == COMPLETE, found.record))
    (moved,) = tangent_p.bind(*tangents[0], *residual, program=program, tree=tree, directions=False)
    rest = (found.steps, found.reason, found.turns)
    return (found.values, *rest), (moved, *_nothing(*rest))


def _nothing(*whole: Array) -> tuple[Any, ...]:
    """Tangents of whole numbers."""
    return tuple(np.zeros(x.shape, jax.dtypes.float0) for x in whole)


class Recorded(NamedTuple):
    """What a recorded run leaves; `turns` and the services of the record belong to the whole batch."""

    values: Any
    steps: Any
    reason: Any
    turns: Any
    record: Any


class Residual(NamedTuple):
    """What a derivative needs of a recorded run."""

    items: Any
    ok: Any
    record: Any


def _record_of_names() -> Any:
    """A record that holds its own field names, from which positions among leaves are read off."""
    fields = {f.name: f.name for f in dataclasses.fields(Record)}
    return Record(**fields)  # pyright: ignore[reportArgumentType]  # names in the place of arrays


NAMED = Recorded("values", "steps", "reason", "turns", _record_of_names())
RECORDED = jax.tree.structure(NAMED)
OF_THE_BATCH = {"turns", "services"}  # what has no axis of items


def _run_recorded(*operands: Array, program: Program, tree: Any, room: TapeSize) -> list[Array]:
    items, tolerance = jax.tree.unflatten(tree, operands)
    outcome, record = run(program.plan(items.parameters.shape[0]), items, tolerance, room)
    found = Recorded(outcome.values, outcome.steps, outcome.reason, outcome.turns, record)
    return jax.tree.leaves(found)


record_p = Primitive("recorded_ensemble")
record_p.multiple_results = True
record_p.def_impl(jax.jit(_run_recorded, static_argnames=("program", "tree", "room")))
mlir.register_lowering(record_p, mlir.lower_fun(_run_recorded, multiple_results=True))


@record_p.def_abstract_eval
def _recorded_shapes(*operands: Any, **static: Any) -> list[Any]:
    shapes = jax.eval_shape(
        partial(_run_recorded, **static), *(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in operands)
    )
    return [ShapedArray(x.shape, x.dtype) for x in shapes]


def _batch_recorded(operands: Any, axes: Any, *, program: Program, tree: Any, room: TapeSize) -> Any:
    items, tolerance = jax.tree.unflatten(
        tree, [x if a is None else jnp.moveaxis(x, a, 0) for x, a in zip(operands, axes, strict=True)]
    )
    in_items, in_tolerance = jax.tree.unflatten(tree, [a is not None for a in axes])
    if any(jax.tree.leaves(in_tolerance)):
        raise ValueError(UNEQUAL)
    size = next(
        x.shape[0] for x, m in zip(jax.tree.leaves(items), jax.tree.leaves(in_items), strict=True) if m
    )
    flat = jax.tree.map(lambda x, mapped: _flatten(size, x, mapped), items, in_items)
    more = TapeSize(size * room.slots, size * room.services)
    out = record_p.bind(*jax.tree.leaves((flat, tolerance)), program=program, tree=tree, room=more)
    at = [None if name in OF_THE_BATCH else 0 for name in jax.tree.leaves(NAMED)]
    return [
        x if a is None else x.reshape(size, x.shape[0] // size, *x.shape[1:])
        for x, a in zip(out, at, strict=True)
    ], at


batching.primitive_batchers[record_p] = _batch_recorded


CHANGE = jax.tree.structure(Sensitive(0, 0, 0, 0))  # pyright: ignore[reportArgumentType]  # any four leaves


def _run_tangent(*operands: Array, program: Program, tree: Any, directions: bool) -> list[Array]:
    change: Sensitive = jax.tree.unflatten(CHANGE, operands[: CHANGE.num_leaves])
    of: Residual = jax.tree.unflatten(tree, operands[CHANGE.num_leaves :])
    plan = program.plan(of.items.parameters.shape[0])

    def one(change: Sensitive) -> Array:
        return tangent(plan, of.items, of.record, of.ok, change)

    return [jax.vmap(one)(change) if directions else one(change)]


def _run_adjoint(*operands: Array, program: Program, tree: Any, directions: bool) -> list[Array]:
    cotangent, *rest = operands
    of: Residual = jax.tree.unflatten(tree, rest)
    plan = program.plan(of.items.parameters.shape[0])

    def one(cotangent: Array) -> Sensitive:
        return adjoint(plan, of.items, of.record, of.ok, cotangent)

    return jax.tree.leaves(jax.vmap(one)(cotangent) if directions else one(cotangent))


def _run_native_tangent(*operands: Array, program: Program, tree: Any, directions: bool) -> list[Array]:
    change: Sensitive = jax.tree.unflatten(CHANGE, operands[: CHANGE.num_leaves])
    of: RunAgain = jax.tree.unflatten(tree, operands[CHANGE.num_leaves :])
    return [tangent_of(program, of, change, directions)]


def _run_native_adjoint(*operands: Array, program: Program, tree: Any, directions: bool) -> list[Array]:
    cotangent, *rest = operands
    return list(adjoint_of(program, jax.tree.unflatten(tree, rest), cotangent, directions))


tangent_p = Primitive("tangent_of_ensemble")
adjoint_p = Primitive("adjoint_of_ensemble")
native_tangent_p = Primitive("native_tangent_of_ensemble")
native_adjoint_p = Primitive("native_adjoint_of_ensemble")


def _of_the_batch(at: Residual | RunAgain) -> list[int]:
    """Positions of the operands that have no axis of items."""
    return jax.tree.leaves(at.tolerance) if isinstance(at, RunAgain) else [at.record.services]


def _unmapped(x: Array, at: Residual | RunAgain) -> Array:
    """Such an operand under a map: services are of the whole batch; a branch copied tolerances (else NaN)."""
    first = x.reshape(-1)[0]
    return jnp.where(jnp.all(x == first), first, jnp.nan) if isinstance(at, RunAgain) else first


def _define(primitive: Primitive, body: Callable[..., list[Array]], linear: int, forwards: bool) -> None:
    primitive.multiple_results = True
    primitive.def_impl(jax.jit(body, static_argnames=("program", "tree", "directions")))

    @primitive.def_abstract_eval
    def shapes(*operands: Any, program: Program, tree: Any, directions: bool) -> list[Any]:
        items = jax.tree.unflatten(tree, operands[linear:]).items
        lead = operands[0].shape[:1] if directions else ()
        n, stops = items.timeline.stops.shape
        seen = len(
            jax.eval_shape(lambda: program.observe(0.0, program.system.initial, program.system.nominal))
        )
        arrays = (items.parameters, items.inputs, items.keep, items.add)
        found = [(n, stops, seen)] if forwards else [a.shape for a in arrays]
        return [ShapedArray((*lead, *shape), operands[0].dtype) for shape in found]

    mlir.register_lowering(primitive, mlir.lower_fun(body, multiple_results=True))

    def batch(operands: Any, axes: Any, *, program: Program, tree: Any, directions: bool) -> Any:
        size = next(x.shape[a] for x, a in zip(operands, axes, strict=True) if a is not None)
        front = [x if a is None else jnp.moveaxis(x, a, 0) for x, a in zip(operands, axes, strict=True)]
        mapped = [a is not None for a in axes]
        fixed_at = jax.tree.unflatten(tree, range(linear, len(operands)))
        whole = _of_the_batch(fixed_at)
        for i in whole:
            front[i], mapped[i] = _unmapped(front[i], fixed_at) if mapped[i] else front[i], False
        loose, fixed = front[:linear], front[linear:]
        loose = [
            x if m else jnp.broadcast_to(x, (size, *x.shape))
            for x, m in zip(loose, mapped[:linear], strict=True)
        ]
        if any(mapped[linear:]):
            fixed = [
                x if i in whole else _flatten(size, x, m)
                for i, (x, m) in enumerate(zip(fixed, mapped[linear:], strict=True), linear)
            ]
            if directions:  # (mapped, direction, item, ...) -> (direction, mapped x item, ...)
                loose = [jnp.swapaxes(x, 0, 1) for x in loose]
                loose = [x.reshape(x.shape[0], size * x.shape[2], *x.shape[3:]) for x in loose]
            else:
                loose = [x.reshape(size * x.shape[1], *x.shape[2:]) for x in loose]
            out = primitive.bind(*loose, *fixed, program=program, tree=tree, directions=directions)
            at = 1 if directions else 0
            return [x.reshape(*x.shape[:at], size, x.shape[at] // size, *x.shape[at + 1 :]) for x in out], [
                at
            ] * len(out)
        if directions:
            loose = [x.reshape(size * x.shape[1], *x.shape[2:]) for x in loose]
        out = primitive.bind(*loose, *fixed, program=program, tree=tree, directions=True)
        return [x.reshape(size, x.shape[0] // size, *x.shape[1:]) if directions else x for x in out], [
            0
        ] * len(out)

    batching.primitive_batchers[primitive] = batch


def _transposes(forwards: Primitive, backwards: Primitive) -> None:
    """Each is the transpose of the other."""

    def of_tangent(cotangents: Any, *operands: Any, **static: Any) -> list[Any]:
        (cotangent,) = cotangents
        if isinstance(cotangent, ad.Zero):
            return [ad.Zero(x.aval) if ad.is_undefined_primal(x) else None for x in operands]
        change, fixed = operands[: CHANGE.num_leaves], operands[CHANGE.num_leaves :]
        found = backwards.bind(cotangent, *fixed, **static)
        slopes = [g if ad.is_undefined_primal(x) else None for g, x in zip(found, change, strict=True)]
        return [*slopes, *[None] * len(fixed)]

    def of_adjoint(cotangents: Any, *operands: Any, **static: Any) -> list[Any]:
        _, *fixed = operands
        found = forwards.bind(*(ad.instantiate_zeros(c) for c in cotangents), *fixed, **static)
        return [*found, *[None] * len(fixed)]

    ad.primitive_transposes[forwards] = of_tangent
    ad.primitive_transposes[backwards] = of_adjoint


_define(tangent_p, _run_tangent, CHANGE.num_leaves, True)
_define(adjoint_p, _run_adjoint, 1, False)
_transposes(tangent_p, adjoint_p)
_define(native_tangent_p, _run_native_tangent, CHANGE.num_leaves, True)
_define(native_adjoint_p, _run_native_adjoint, 1, False)
_transposes(native_tangent_p, native_adjoint_p)

__all__ = ["Program", "Record", "choose_lanes", "observables"]
