"""What JAX must know before it is imported: device, precision, cores, where compiled programs are kept.
Imports no array library.
"""

from __future__ import annotations

import logging
import os
import pathlib

DEVICES = {"auto": None, "cpu": "cpu", "gpu": "cuda"}
# Unrolling gains the loops of the engine nothing at run and costs a third of the time to compile them.
CPU_OPTIONS = "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling"

NOT_KEPT = (
    "Programs are compiled anew each time, because no folder can be written to keep them in: "
    "set XDG_CACHE_HOME, or JAX_COMPILATION_CACHE_DIR"
)
CACHE = "JAX_COMPILATION_CACHE_DIR"


def cache_folder() -> pathlib.Path | None:
    """Compiled programs of all checkouts of a user: $XDG_CACHE_HOME/gp130/jax, by default under ~/.cache;
    None where that cannot be written: then everything is compiled anew, which costs time and nothing else.
    """
    try:
        home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        folder = pathlib.Path(home) / "gp130" / "jax"
        if not folder.is_absolute():
            return None
        return folder if _takes_files(folder) else None
    except RuntimeError:  # no home
        return None


def _takes_files(folder: pathlib.Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _keep_programs() -> None:
    """Say to JAX where compiled programs are kept; what the environment says is kept, if it can be."""
    asked = os.environ.get(CACHE)
    if asked and ("://" in asked or _takes_files(pathlib.Path(asked))):
        return
    if (folder := cache_folder()) is not None and not asked:
        os.environ[CACHE] = str(folder)
        return
    os.environ.pop(CACHE, None)
    logging.getLogger("models").warning(NOT_KEPT)


class DeviceError(ValueError):
    """A device that is not here: place, finding, remedy."""


def prepare_jax(device: str = "auto", *, cores: int | None = None) -> None:
    """64-bit, one host device a core (at most four, or `cores`), a persistent compilation cache. Call before
    importing JAX, which is imported here where an accelerator is asked for, to see whether there is one.

    Args:
        device: `auto`, `cpu` or `gpu`.
        cores: host devices to make; None for one a core. What the environment says already is kept.

    Raises:
        DeviceError: `device`, or JAX_PLATFORMS, asks for something that is not here.
    """
    choose_device(device)
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_backend_extra_options" not in flags:
        flags = os.environ["XLA_FLAGS"] = f"{flags} {CPU_OPTIONS}".strip()
    if "xla_force_host_platform_device_count" not in flags:
        os.environ["XLA_FLAGS"] = (
            f"{flags} --xla_force_host_platform_device_count={cores or min(here, 4)}".strip()
        )
    os.environ.setdefault("JAX_ENABLE_X64", "1")
    _keep_programs()
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.5")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    require_device(device)


def choose_device(device: str) -> None:
    """Say which kind of device JAX is to use, once it is imported: `auto`, `cpu` or `gpu`."""
    if DEVICES[device]:
        os.environ["JAX_PLATFORMS"] = str(DEVICES[device])


def require_device(device: str) -> None:
    """Load JAX now, where something other than the processor is asked for."""
    asked = os.environ.get("JAX_PLATFORMS", "")
    if asked in ("", "cpu"):
        return
    import jax

    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # JAX has no class of its own for it
        first = next(iter(str(error).splitlines()), "") or "JAX finds none"
        place = "JAX_PLATFORMS=" + asked if DEVICES[device] is None else f"`device` {device}"
        remedy = "unset it" if DEVICES[device] is None else "choose auto or cpu"
        raise DeviceError(
            f"{place}: no such device is here ({first[:200]}): {remedy}, or go where there is one"
        ) from None
