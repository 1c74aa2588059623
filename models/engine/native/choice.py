"""Whether trajectories go through a kernel of our own or through XLA, and what that engine is called."""

from __future__ import annotations

import hashlib
import logging
import os
from functools import lru_cache
from importlib import resources

import jax

from models.engine.compile import System
from models.engine.lane_states import Observe
from models.engine.native import compiler, processor
from models.engine.native.assignments import NotNativeError
from models.engine.native.kernel import Kernel, kernel
from models.engine.solver.tableau import Tableau

SWITCH = "GP130_NATIVE"  # 0: XLA whatever else
XLA = "xla"


def allowed() -> bool:
    """Whether there is a kernel to be thought of at all: on processors, unless the environment says no."""
    return os.environ.get(SWITCH, "") != "0" and jax.default_backend() == "cpu"


def chosen(
    system: System, tableau: Tableau, observe: Observe, by: tuple[int, ...] | None = None
) -> Kernel | None:
    """The kernel of a network; None where XLA does the work, and then one line said why.

    Args:
        by: positions of the args by which it has a gradient; None for values alone.
    """
    return _kernel_or_none(system, tableau, observe, by) if allowed() else None


@lru_cache(maxsize=64)
def _kernel_or_none(
    system: System, tableau: Tableau, observe: Observe, by: tuple[int, ...] | None
) -> Kernel | None:
    try:
        return kernel(system, tableau, observe, by)
    except NotNativeError as error:
        _say(str(error))
        return None


@lru_cache(maxsize=64)
def _say(reason: str) -> None:
    """Once a reason."""
    line = f"the native kernel: {reason}; the slower engine, that of XLA, does the same"
    logging.getLogger("models").warning(line)


def engine() -> str:
    """Name of the engine, its vector width and the hash of all from which kernels are made: runs of two
    engines differ in the last digits.
    """
    if not allowed():
        return XLA
    try:
        return f"native, {processor.vector_width()} lanes, {_recipe()}"
    except NotNativeError:
        return XLA


@lru_cache(maxsize=1)
def _recipe() -> str:
    """Of what makes a kernel of a network: generator, templates, compiler and processor."""
    parts = [compiler.version(), processor.identity()]
    folder = resources.files("models.engine.native")
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith((".py", ".hpp")):
            parts.append(entry.read_text("utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
