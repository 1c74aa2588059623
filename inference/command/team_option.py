"""The option --on: who computes independent fits, if not this process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from inference.command.start import fail

if TYPE_CHECKING:
    from inference.runs.console import Teller

DASK = "dask:"


def require_dask(place: str) -> None:
    """Refuse where dask.distributed is not installed."""
    if find_spec("distributed") is None:
        raise fail(f"{place}: needs dask.distributed, which is not here: pip install 'gp130[cluster]'")


def _checked(text: str | None) -> str | None:
    if text is None:
        return None
    if not text.startswith(DASK) or not text.removeprefix(DASK):
        raise fail(f"--on {text}: write dask:tcp://HOST:PORT, or dask:FILE with the file of a scheduler")
    require_dask("--on")
    return text


On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="dask:SCHEDULER",
        help="who computes: the workers (gp130 worker) of a dask scheduler, by its address or its file; "
        "default: this process",
        callback=_checked,
    ),
]


@contextmanager
def computing(on: str | None, tell: Teller) -> Iterator[Executor | None]:
    """Who computes, for as long as the block lasts; None: this process."""
    if on is None:
        yield None
        return
    from inference.cluster.team import team

    with team(on.removeprefix(DASK), tell.say) as executor:
        yield executor
