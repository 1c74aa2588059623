"""What JAX must know before it is imported: device, precision, cores, where compiled programs are kept.
Imports no array library.
"""

from __future__ import annotations

import os
import pathlib

DEVICES = {"auto": None, "cpu": "cpu", "gpu": "cuda"}
# Unrolling gains the loops of the engine nothing at run and costs a third of the time to compile them.
CPU_OPTIONS = "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling"


def cache_folder() -> pathlib.Path | None:
    """Compiled programs of all checkouts of a user: $XDG_CACHE_HOME/gp130/jax, by default under ~/.cache;
    None where that cannot be written: then everything is compiled anew, which costs time and nothing else.
    """
    try:
        home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        folder = pathlib.Path(home) / "gp130" / "jax"
        if not folder.is_absolute():
            return None
        folder.mkdir(parents=True, exist_ok=True)
        return folder if os.access(folder, os.W_OK | os.X_OK) else None
    except (OSError, RuntimeError):  # no home, or one that takes nothing
        return None


def prepare_jax(device: str = "auto", *, cores: int | None = None) -> None:
    """64-bit, one host device a core (at most four, or `cores`), a persistent compilation cache. Call before
    importing JAX.

    Args:
        device: `auto`, `cpu` or `gpu`.
        cores: host devices to make; None for one a core. What the environment says already is kept.
    """
    if DEVICES[device]:
        os.environ["JAX_PLATFORMS"] = str(DEVICES[device])
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        flags = os.environ["XLA_FLAGS"] = f"{flags} {CPU_OPTIONS}".strip()
    if "xla_force_host_platform_device_count" not in flags:
        os.environ["XLA_FLAGS"] = (
            f"{flags} --xla_force_host_platform_device_count={cores or min(here, 4)}".strip()
        )
    os.environ.setdefault("JAX_ENABLE_X64", "1")
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ and (folder := cache_folder()) is not None:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder)
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
