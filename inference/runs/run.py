"""One piece of long work: where it is kept, who is told how far it is, and whether it is to end early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from inference.runs import resumable
from inference.runs.console import Bar, Teller
from inference.runs.resumable import Report, Seen, State
from models.engine.blocks import Block, blocks, in_blocks


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
    """

    folder: Path
    teller: Teller = field(default_factory=_quiet)
    stop: Callable[[], bool] = never
    keeps: bool = True

    def within(self, name: str) -> Run:
        """A part of this work, in a folder of its own below."""
        return replace(self, folder=self.folder / name)

    def say(self, text: str) -> None:
        """One line for the reader."""
        self.teller.say(text)

    def bar(self, title: str, total: int) -> AbstractContextManager[Bar]:
        """A stage with a known number of steps."""
        return self.teller.bar(title, total)

    def stopped(self) -> bool:
        """Is the work to end before the next piece?"""
        return self.stop()

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
        """`function` of `count` rows, `width` at a time, under a bar (see `models.engine.blocks`)."""
        with self.bar(title, count) as bar:
            return in_blocks(function, count, width, tell=lambda done, _: bar.to(done))

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
