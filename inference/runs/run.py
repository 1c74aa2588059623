"""One piece of long work: where it is kept, who is told how far it is, and whether it is to end early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from inference.runs import resumable
from inference.runs.console import Bar, Teller
from inference.runs.resumable import Report, Seen, State, StopAskedError
from models.engine.blocks import LOOK, Block, Tell, blocks, in_blocks, silent, spread


def never() -> bool:
    """Nobody asks to stop."""
    return False


def _quiet() -> Teller:
    return Teller(Console(quiet=True))


@dataclass(frozen=True)
class Run:
    """What every long piece of work is given, and what it does with it.

    Attributes:
        folder: of its files.
        keeps: whether anything is written there; if not, nothing is read there either.
        teller: says what happens; nothing is said if it is not given.
        stop: has somebody asked to end? It is asked between pieces.
        executor: of `concurrent.futures`, computes blocks and independent pieces; None: this process does.
            Files are written here, whoever computes.
    """

    folder: Path
    teller: Teller = field(default_factory=_quiet)
    stop: Callable[[], bool] = never
    keeps: bool = True
    executor: Executor | None = None

    def within(self, name: str) -> Run:
        """A part of this work, in a folder of its own below."""
        return replace(self, folder=self.folder / name)

    def say(self, text: str) -> None:
        """One line for the reader."""
        self.teller.say(text)

    def bar(self, title: str, total: int, *, at_most: bool = False) -> AbstractContextManager[Bar]:
        """A stage with a known number of steps, or of so many at most."""
        return self.teller.bar(title, total, at_most=at_most)

    def stopped(self) -> bool:
        """Is the work to end before the next piece?"""
        return self.stop()

    def look(self) -> None:
        """Give up a piece in progress, if somebody has asked to end.

        Raises:
            StopAskedError: somebody has.
        """
        if self.stop():
            raise StopAskedError(f"{self.folder}: was asked to stop")

    def read(self, name: str) -> dict[str, np.ndarray] | None:
        """The arrays of the file `name`; None if there is none.

        Raises:
            DamagedFileError: it is not what was written.
        """
        path = self.folder / name
        return resumable.read_arrays(path) if self.keeps and path.exists() else None

    def write(self, name: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep named arrays in the file `name`, whole or not at all."""
        if self.keeps:
            resumable.write_arrays(self.folder / name, arrays)

    def belongs_to(self, identity: Mapping[str, Any]) -> None:
        """Write what this folder holds, or raise `CheckpointError` if it holds something else."""
        resumable.identify(self.folder, identity)

    def pieces(
        self,
        identity: Mapping[str, Any],
        begin: Callable[[], State],
        finished: Callable[[int, State], bool],
        advance: Callable[[int, State], tuple[State, Seen]],
        report: Report | None = None,
    ) -> list[Seen] | None:
        """Work in pieces, one file each in the folder, going on from those that are there (`drive`); None if
        it was stopped.
        """
        return resumable.drive(self.folder, identity, begin, finished, advance, report, self.stop)

    def in_blocks(self, function: Callable[[Block], Any], count: int, width: int, title: str) -> Any:
        """`function` of `count` rows, `width` at a time, under a bar (see `models.engine.blocks`).

        Raises:
            StopAskedError: somebody has asked to end before the last block.
        """
        with self.bar(title, count) as bar:

            def tell(done: int, _: int) -> None:
                bar.to(done)
                if done < count:
                    self.look()

            return in_blocks(function, count, width, tell=tell)

    def kept_blocks(
        self,
        function: Callable[[Block], Mapping[str, Any]],
        count: int,
        width: int,
        told: Callable[[int, Mapping[str, np.ndarray]], None],
    ) -> dict[str, np.ndarray] | None:
        """As `models.engine.blocks.in_blocks` for named arrays, each block in a file of its own; goes on from
        those that are there, and gives None if it was stopped.

        Args:
            told: called after every block, of before too, with the rows done and what that block gave.
        """
        found = []
        for part in blocks(count, width):
            name = f"{part.index:06d}.npz"
            if (piece := self.read(name)) is None:
                if self.stopped():
                    return None
                piece = part.kept(dict(function(part)))
                self.write(name, piece)
            found.append(piece)
            told(min((part.index + 1) * width, count), piece)
        return {n: np.concatenate([p[n] for p in found]) for n in found[0]}

    def spread(
        self,
        work: Callable[..., Any],
        given: Callable[[Block], tuple[Any, ...]],
        count: int,
        width: int,
        *,
        tell: Tell = silent,
    ) -> Any:
        """`work` of what is given to each block, by the executor of this run (see `models.engine.blocks`).

        Raises:
            StopAskedError: somebody has asked to end while others computed.
        """
        return spread(work, given, count, width, tell=tell, executor=self.executor, look=self.look)

    def apart(
        self,
        identity: Mapping[str, Any],
        work: Callable[[Any], Seen],
        count: int,
        report: Report | None = None,
    ) -> list[Seen] | None:
        """As `pieces`, for `count` pieces that need nothing of each other: the executor of this run does many
        at once, and they are kept here in their order.

        Args:
            work: (number of the piece, as an array) -> what it produces.
        """
        asked: dict[int, Future[Seen]] = {}

        def advance(i: int, _: State) -> tuple[State, Seen]:
            if self.executor is None:
                return [np.asarray(i + 1)], work(np.asarray(i))
            if not asked:
                asked.update({k: self.executor.submit(work, np.asarray(k)) for k in range(i, count)})
            while wait([asked[i]], timeout=LOOK).not_done:
                self.look()
            return [np.asarray(i + 1)], asked.pop(i).result()

        try:
            return self.pieces(identity, lambda: [np.asarray(0)], lambda i, _: i == count, advance, report)
        finally:
            for future in asked.values():
                future.cancel()
