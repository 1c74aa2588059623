"""Who computes for others: takes work that its own code knows, and gives arrays back.

It loads JAX when the first work comes, because who asks decides the number of host devices: a block is spread
over them, and a program of another width rounds its last digits in another way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from inference.cluster.same import TeamError, differing, made_with, processor
from models.engine.machine import prepare_jax

PATIENCE = 60.0  # seconds in which a scheduler must have appeared
WORKS = 8  # functions that a worker keeps, each with its compiled programs
ENGINE = "engine"  # among what is said by who asks; it is known once JAX is loaded
AGAIN = "start it anew from the checkout of whoever asks"


def address_of(scheduler: str, patience: float = PATIENCE) -> str:
    """The address of a scheduler, which may be the path of the file that it writes about itself.

    Raises:
        TeamError: no such file appears, or it says no address.
    """
    if "://" in scheduler:
        return scheduler
    path, until = Path(scheduler), time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(found, dict) and isinstance(found.get("address"), str):
                return found["address"]
        if time.monotonic() > until:
            raise TeamError(
                f"{scheduler}: is no address (tcp://HOST:PORT) and no file in which a scheduler says "
                "its own: start a dask scheduler that writes it"
            )
        time.sleep(0.1)


def serve(scheduler: str, patience: float = PATIENCE) -> None:
    """Compute for whoever asks this scheduler, one block at a time, until it ends or a request to end comes.

    Raises:
        TeamError: there is no scheduler.
    """
    asyncio.run(_serve(address_of(scheduler, patience), patience))


async def _serve(address: str, patience: float) -> None:
    from distributed import Worker

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    # memory is JAX's own affair: a worker that is paused because of it would never go on
    worker = Worker(address, nthreads=1, memory_limit=0, death_timeout=patience, dashboard=False)
    try:
        await worker
    except (OSError, TimeoutError) as error:
        first = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise TeamError(f"{address}: no scheduler answers there ({first[:120]}): is it running?") from None
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    gone = asyncio.create_task(worker.finished())
    asked = asyncio.create_task(ending.wait())
    await asyncio.wait((gone, asked), return_when=asyncio.FIRST_COMPLETED)
    if not gone.done():  # what it was computing is done again by another
        await worker.close(timeout=5, executor_wait=False, reason="asked to end")
    asked.cancel()


def facts() -> dict[str, str]:
    """What a worker is made with, and its processor; asked before work is sent."""
    return {**made_with(), "processor": processor()}


def answer(asked_with: Mapping[str, str], host_devices: int, said: bytes, arrays: bytes) -> bytes:
    """Arrays for arrays: what a worker does.

    Args:
        asked_with: `made_with` of who asks, and its engine.
        host_devices: over how many a block is spread there.
        said: the work (`inference.study.portable_work`).
        arrays: what it is given, as `to_bytes` makes it.

    Raises:
        TeamError: this process is made with something else, or has other devices.
    """
    theirs = dict(asked_with)
    wanted = theirs.pop(ENGINE, "")
    if wrong := differing(theirs, made_with()):
        raise TeamError(f"a worker on {_host()}: has {wrong}: {AGAIN}")
    if "jax" not in sys.modules:
        prepare_jax(cores=host_devices)
    import jax

    devices = jax.devices()
    if devices[0].platform == "cpu" and len(devices) != host_devices:
        raise TeamError(
            f"a worker on {_host()}: has {len(devices)} host devices where {host_devices} are asked for: "
            "start it anew without XLA_FLAGS"
        )
    from models.engine.native.choice import SWITCH, engine

    if devices[0].platform == "cpu" and wanted and wanted != engine():
        raise TeamError(
            f"a worker on {_host()}: has the engine '{engine()}' where '{wanted}' is asked for, and its last "
            f"digits would differ: use workers of the same kind, or set {SWITCH}=0 for them and here"
        )
    return to_bytes(_work(said)(*from_bytes(arrays)))


@lru_cache(maxsize=WORKS)
def _work(said: bytes) -> Any:
    from inference.cluster.recipes import RECIPES
    from inference.study.portable_work import understood

    return understood(said, RECIPES)


def _host() -> str:
    import socket

    return socket.gethostname()


def to_bytes(arrays: Any) -> bytes:
    """A tuple of arrays, or a record of named ones, as bytes that hold nothing else."""
    import numpy as np

    from inference.runs.resumable import packed

    named = arrays if isinstance(arrays, Mapping) else {str(i): x for i, x in enumerate(arrays)}
    return packed({k: np.asarray(v) for k, v in named.items()})


def from_bytes(content: bytes) -> Any:
    """What `to_bytes` was given.

    Raises:
        DamagedFileError: a part is missing, or a bit has changed.
    """
    from inference.runs.resumable import unpacked

    named = unpacked(content, "arrays from another machine", "ask again")
    return tuple(named[str(i)] for i in range(len(named))) if "0" in named else named
