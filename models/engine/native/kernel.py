"""Kernels of a network: their source, the library, and the call inside a traced program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import jax
import jax.numpy as jnp
from jaxtyping import Array

from models.engine.compile import System
from models.engine.lane_states import Items, Observe, Tolerance
from models.engine.native import compiler, processor
from models.engine.native.programs import (
    ScalarProgram,
    beginning,
    constants,
    following,
    observables,
    step,
)
from models.engine.native.source_text import function, template
from models.engine.native.transposed import (
    affected,
    bent_transposed,
    constants_transposed,
    factors_of,
    observables_transposed,
    stage_of,
    stage_transposed,
    tables,
)
from models.engine.solver.tableau import Tableau
from models.engine.work_queue import REFUSALS

IN, OUT = "const v* __restrict ", "v* __restrict "
SIGNATURES = {
    "constants_of": f"{IN}args, {OUT}c",
    "observe": f"v t, {IN}y, {IN}args, {OUT}seen",
    "beginning": f"v t, {IN}y, {IN}c, v rtol, {IN}atol, v* size",
    "following": "v h, v error, v* after",
    "step": f"v t, v h, {IN}y, {IN}c, v rtol, {IN}atol, {OUT}after, v* error",
    "observe_transposed": f"v t, {IN}y, {IN}args, {IN}bar, {OUT}kick, {OUT}slopes",
    "constants_transposed": f"{IN}args, {IN}bar, {OUT}slopes",
    "factors_of": f"v t, v h, {IN}y, {IN}c, {OUT}A, {OUT}drift",
    "stage_of": f"v t, {IN}y, {IN}push, {IN}c, {IN}A, {OUT}u",
    "stage_back": f"v t, {IN}y, {IN}c, {IN}A, {IN}gained, {OUT}w, {OUT}g, {OUT}slopes",
    "bent_back": f"v t, {IN}y, {IN}c, {IN}entry, {IN}drift, {OUT}back, {OUT}slopes",
}


@dataclass(frozen=True)
class Kernel:
    """A library that is loaded, and known to XLA by its key.

    Attributes:
        width: lanes of a vector.
        key: hash of text, compiler and processor.
        observed: how many observables.
    """

    width: int
    key: str
    observed: int

    def trajectories(
        self, items: Items, initial: Array, tolerance: Tolerance, max_steps: int, threads: int
    ) -> tuple[Array, Array, Array, Array]:
        """Observables at the stops, attempts and reason of each item, turns of all lanes."""
        values, steps, reason, turns = self._call(items, initial, tolerance, max_steps, threads, ())
        return values, steps, reason, turns[0]

    def gradient(
        self,
        items: Items,
        initial: Array,
        tolerance: Tolerance,
        max_steps: int,
        threads: int,
        cotangent: Array,
    ) -> tuple[Array, Array, Array, Array]:
        """Derivatives of sum(cotangent * observables) by the four arrays of the items, in their order; of a
        kernel with a gradient.
        """
        by = tuple(
            jax.ShapeDtypeStruct(x.shape, x.dtype)
            for x in (items.parameters, items.inputs, items.keep, items.add)
        )
        found = self._call(items, initial, tolerance, max_steps, threads, by, cotangent)
        return found[4], found[5], found[6], found[7]

    def _call(
        self,
        items: Items,
        initial: Array,
        tolerance: Tolerance,
        max_steps: int,
        threads: int,
        more: Sequence[jax.ShapeDtypeStruct],
        *last: Array,
    ) -> Sequence[Array]:
        n, stops = items.timeline.stops.shape
        whole = jax.ShapeDtypeStruct((n,), jnp.int32)
        shapes = (
            jax.ShapeDtypeStruct((n, stops, self.observed), jnp.float64),
            *(whole, whole, jax.ShapeDtypeStruct((1,), jnp.int32), *more),
        )
        line = items.timeline
        return jax.ffi.ffi_call(f"gp130_{self.key}", shapes)(
            *(items.parameters, items.inputs, items.keep, items.add, line.stops, line.begins, initial),
            *(tolerance.rtol, tolerance.atol, jnp.asarray([max_steps, threads], jnp.int32), *last),
        )


@lru_cache(maxsize=64)
def kernel(
    system: System, tableau: Tableau, observe: Observe, wanted: tuple[int, ...] | None = None
) -> Kernel:
    """The kernel of a network, made or taken from the cache, and known to XLA from here on.

    Args:
        wanted: positions of the args by which a gradient is taken; None for values alone.

    Raises:
        NotNativeError: there is none for this network, or none on this machine.
    """
    width = processor.vector_width()
    text, observed = source(system, tableau, observe, width, wanted)
    return Kernel(width, _registered(text), observed)


@cache
def _registered(text: str) -> str:
    """Key of a kernel that XLA knows by it from here on; XLA takes a name once."""
    key, made = compiler.library(text)
    jax.ffi.register_ffi_target(f"gp130_{key}", jax.ffi.pycapsule(made.trajectories), platform="cpu")
    return key


def sizes(system: System, observed: int, width: int, wanted: tuple[int, ...] | None) -> str:
    """What the text is told of a network."""
    known = {
        "W": width,
        "SPECIES": len(system.species),
        "PARAMETERS": len(system.parameters),
        "INPUTS": len(system.inputs),
        "CONSTANTS": len(system.uses),
        "OBSERVED": observed,
        "REFUSALS": REFUSALS,
        "WITH_GRADIENT": int(wanted is not None),
        "WANTED": len(wanted or ()),
        "WANTED_ARGS": ", ".join(map(str, wanted or ())),
        "AFFECTED": len(affected(system, wanted or ())),
    }
    return "".join(f"#define {name} {value}\n" for name, value in known.items())


def source(
    system: System, tableau: Tableau, observe: Observe, width: int, wanted: tuple[int, ...] | None = None
) -> tuple[str, int]:
    """The text of a kernel, and how many observables it has."""
    seen = observables(system, observe)
    programs: dict[str, ScalarProgram] = {
        "constants_of": constants(system),
        "observe": seen,
        "beginning": beginning(system),
        "following": following(tableau),
        "step": step(system, tableau),
    }
    if wanted is not None:
        programs |= {
            "observe_transposed": observables_transposed(system, observe, wanted, len(seen.results)),
            "constants_transposed": constants_transposed(system, wanted),
            "factors_of": factors_of(system, tableau),
            "stage_of": stage_of(system),
            "stage_back": stage_transposed(system, wanted),
            "bent_back": bent_transposed(system, wanted),
        }
    functions = [function(name, SIGNATURES[name], program) for name, program in programs.items()]
    parts = [
        sizes(system, len(seen.results), width, wanted),
        template("vectors.hpp"),
        *functions,
        "" if wanted is None else tables(system, tableau, wanted),
        *map(template, ("tape.hpp", "queue.hpp", "step_back.hpp", "gradient.hpp", "handler.hpp")),
    ]
    return "\n".join(parts), len(seen.results)
