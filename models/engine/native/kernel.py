"""A kernel of a network: its source, the library, and the call inside a traced program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import jax
import jax.numpy as jnp
from jaxtyping import Array

from models.engine.compile import System
from models.engine.lane_states import Items, Observe, Tolerance
from models.engine.native import compiler, processor
from models.engine.native.programs import beginning, constants, following, observables, step
from models.engine.native.source_text import function, template
from models.engine.solver.tableau import Tableau
from models.engine.work_queue import REFUSALS

SIGNATURES = {
    "constants_of": "const v* __restrict args, v* __restrict c",
    "observe": "v t, const v* __restrict y, const v* __restrict args, v* __restrict seen",
    "beginning": "v t, const v* __restrict y, const v* __restrict c, v rtol, const v* __restrict atol, "
    "v* size",
    "following": "v h, v error, v* after",
    "step": "v t, v h, const v* __restrict y, const v* __restrict c, v rtol, const v* __restrict atol, "
    "v* __restrict after, v* error",
}


@dataclass(frozen=True)
class Kernel:
    """A library that is loaded, its functions known to XLA.

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
        n, stops = items.timeline.stops.shape
        whole = jax.ShapeDtypeStruct((n,), jnp.int32)
        shapes = (
            jax.ShapeDtypeStruct((n, stops, self.observed), jnp.float64),
            *(whole, whole),
            jax.ShapeDtypeStruct((1,), jnp.int32),
        )
        values, steps, reason, turns = jax.ffi.ffi_call(f"gp130_{self.key}", shapes)(
            *(
                items.parameters,
                items.inputs,
                items.keep,
                items.add,
                items.timeline.stops,
                items.timeline.begins,
            ),
            *(initial, tolerance.rtol, tolerance.atol, jnp.asarray([max_steps, threads], jnp.int32)),
        )
        return values, steps, reason, turns[0]


@lru_cache(maxsize=64)
def kernel(system: System, tableau: Tableau, observe: Observe) -> Kernel:
    """The kernel of a network, made or taken from the cache, and known to XLA from here on.

    Raises:
        NotNativeError: there is none for this network, or none on this machine.
    """
    width = processor.vector_width()
    text, observed = source(system, tableau, observe, width)
    return Kernel(width, _registered(text), observed)


@cache
def _registered(text: str) -> str:
    """Key of a kernel that XLA knows by it from here on; XLA takes a name once."""
    key, made = compiler.library(text)
    jax.ffi.register_ffi_target(f"gp130_{key}", jax.ffi.pycapsule(made.trajectories), platform="cpu")
    return key


def sizes(system: System, observed: int, width: int) -> str:
    """What the text is told of a network."""
    known = {
        "W": width,
        "SPECIES": len(system.species),
        "PARAMETERS": len(system.parameters),
        "INPUTS": len(system.inputs),
        "CONSTANTS": len(system.uses),
        "OBSERVED": observed,
        "REFUSALS": REFUSALS,
    }
    return "".join(f"#define {name} {value}\n" for name, value in known.items())


def source(system: System, tableau: Tableau, observe: Observe, width: int) -> tuple[str, int]:
    """The text of a kernel, and how many observables it has."""
    seen = observables(system, observe)
    programs = {
        "constants_of": constants(system),
        "observe": seen,
        "beginning": beginning(system),
        "following": following(tableau),
        "step": step(system, tableau),
    }
    functions = [function(name, SIGNATURES[name], program) for name, program in programs.items()]
    text = "\n".join(
        [
            sizes(system, len(seen.results), width),
            template("vectors.hpp"),
            *functions,
            "#define AT_STOP(lanes, l, place)\n#define ON_TAPE(lanes, good, tried)\n",
            template("queue.hpp"),
            template("handler.hpp"),
        ]
    )
    return text, len(seen.results)
