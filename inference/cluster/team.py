"""Who asks others to compute: an executor of `concurrent.futures` over dask.distributed.

A worker that is lost has its block done again by another; dask sees to that. What travels is data,
interpreted by the worker's own code; but dask's own protocol lets whoever reaches a scheduler run anything on
its workers, so scheduler and workers belong on a network that is trusted.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from typing import Any

import jax
from distributed import Client
from distributed.scheduler import KilledWorker

from inference.cluster.answering import AGAIN, ENGINE, address_of, answer, facts, from_bytes, to_bytes
from inference.cluster.same import TeamError, differing, made_with, processor
from inference.study.portable_work import PortableWork
from models.engine.native.choice import engine

CONNECT = 20.0  # seconds in which a scheduler must answer
ANOTHER = "what is finished is kept, and the same request to another one goes on"
LOST = "every worker that tried it was lost (no memory left there?)"


class Team(Executor):
    """Portable work, done by whoever is there."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self._inner, self._address = client, client.get_executor(pure=False), address
        self._made_with, self._host_devices = {**made_with(), ENGINE: engine()}, len(jax.devices())

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Ask for `fn` of these arrays.

        Args:
            fn: a `PortableWork`: nothing else can be said as data.
        """
        if not isinstance(fn, PortableWork) or kwargs:
            raise TypeError(f"{fn}: is no portable work with arrays alone")
        asked = self._inner.submit(answer, self._made_with, self._host_devices, fn.said, to_bytes(args))
        given: Future[Any] = Future()
        given.add_done_callback(lambda mine: asked.cancel() if mine.cancelled() else None)
        asked.add_done_callback(lambda done: self._hand_on(done, given))
        return given

    def _hand_on(self, done: Future[bytes], given: Future[Any]) -> None:
        if not given.set_running_or_notify_cancel():
            return
        try:
            given.set_result(from_bytes(done.result()))
        except CancelledError:
            given.set_exception(TeamError(f"{self._address}: its scheduler is gone: {ANOTHER}"))
        except KilledWorker:
            given.set_exception(TeamError(f"{self._address}: a block could not be computed: {LOST}"))
        except Exception as error:
            given.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ask no more."""
        self._inner.shutdown(wait and not cancel_futures)


@contextmanager
def team(scheduler: str, say: Callable[[str], None]) -> Iterator[Team]:
    """Those who compute for this scheduler, for as long as the block lasts.

    Args:
        scheduler: its address, or the path of the file that it writes about itself.
        say: is told who is there.

    Raises:
        TeamError: no scheduler answers, or a worker has other versions than we have.
    """
    address = address_of(scheduler, patience=0.0)
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        first = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise TeamError(f"{address}: no scheduler answers there ({first[:120]}): is it running?") from None
    try:
        say(_who(client, address))
        with Team(client, address) as executor:
            try:
                yield executor
            except BaseException:
                executor.shutdown(cancel_futures=True)
                raise
    finally:
        client.close(timeout=5)


def _who(client: Client, address: str) -> str:
    """Who computes, in words."""
    kinds: Counter[str] = Counter()
    found: Any = client.run(facts)
    for place, theirs in found.items():
        kinds[theirs.pop("processor")] += 1
        if wrong := differing(made_with(), theirs):
            raise TeamError(f"{address}: its worker at {place} has {wrong}: {AGAIN}")
    if not kinds:
        return f"Waiting for workers at {address}: start them with gp130 worker {address}"
    said = ", ".join(f"{n} of {kind}" for kind, n in sorted(kinds.items()))
    other = any(kind != processor() for kind in kinds)
    return f"{kinds.total()} workers at {address}: {said}" + (
        f"; here is {processor()}: the last digits may differ from a run here alone" if other else ""
    )
