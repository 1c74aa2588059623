"""What must be decided before JAX is first used, where no command has decided it: a notebook, a program."""

from __future__ import annotations

import os
import sys

from models.engine.machine import cache_folder, prepare_jax

TOO_FEW = "in which stiff networks are not solved"
REMEDY = (
    "start anew and `import inference` before anything computes with JAX, "
    'or call jax.config.update("jax_enable_x64", True) first'
)


class StartedError(RuntimeError):
    """JAX has been started in a way that does not do: finding, remedy."""


def ready() -> None:
    """64-bit, a persistent compilation cache, one host device a core; what the user has set is kept.

    Raises:
        StartedError: JAX has computed in 32 bit already, or is told to by the environment.
    """
    if "jax" not in sys.modules:
        if os.environ.get("JAX_ENABLE_X64", "1").strip().lower() in ("0", "false", "off", "no"):
            raise StartedError(f"JAX_ENABLE_X64 asks for 32 bit, {TOO_FEW}: unset it")
        prepare_jax()
        return
    import jax

    if jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]  # made when JAX is imported
        return
    from jax._src import xla_bridge  # no public function says whether a device has been used

    if xla_bridge.backends_are_initialized():
        raise StartedError(f"JAX has been started in 32 bit, {TOO_FEW}: {REMEDY}")
    prepare_jax()
    jax.config.update("jax_enable_x64", True)
    kept = jax.config.jax_compilation_cache_dir  # pyright: ignore[reportAttributeAccessIssue]
    if kept is None and (folder := cache_folder()) is not None:
        jax.config.update("jax_compilation_cache_dir", str(folder))
