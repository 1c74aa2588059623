"""Many rows through a program of a fixed width: what fills the last block up, goes over the blocks, says how
far it is, and joins what they gave.

A program is compiled for one number of rows; any other number would compile it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Int

Tell = Callable[[int, int], None]  # rows done, all of them
LOOK = 0.5  # seconds between two looks at whether somebody has asked to stop, while others compute


@dataclass(frozen=True, eq=False)
class Block:
    """Some of the rows.

    Attributes:
        index: number of the block.
        rows: positions among all rows; where rows run out, those of the block once more.
        real: which of them count; the others only fill the width.
    """

    index: int
    rows: Int[np.ndarray, " width"]
    real: Bool[np.ndarray, " width"]

    @property
    def count(self) -> int:
        """How many count."""
        return int(self.real.sum())

    def of(self, table: Any) -> Any:
        """These rows of every array of a tree, those that fill included."""
        return jax.tree.map(lambda x: x[self.rows], table)

    def kept(self, found: Any) -> Any:
        """What a block gave, without the rows that filled it, in NumPy arrays."""
        return jax.tree.map(lambda x: np.asarray(x)[: self.count], found)


def silent(done: int, every: int) -> None:
    """Tells nobody how far it is."""


def block(index: int, count: int, width: int) -> Block:
    """The block of this number, when `count` rows go `width` at a time."""
    rows = np.arange(index * width, min((index + 1) * width, count))
    return Block(index, np.resize(rows, width), np.arange(width) < len(rows))


def blocks(count: int, width: int) -> Iterator[Block]:
    """All blocks, in order."""
    for index in range(-(-count // width)):
        yield block(index, count, width)


def nothing() -> None:
    """Looks at nothing."""


def in_blocks(function: Callable[[Block], Any], count: int, width: int, *, tell: Tell = silent) -> Any:
    """`function` of every block, joined along the first axis of every array of the tree that it returns.

    Args:
        function: a block to a tree of arrays with `width` rows; only the real ones are kept.
        count: rows in all, at least one.
        tell: is told after every block how many rows are done, and of how many.
    """
    return spread(function, lambda part: (part,), count, width, tell=tell)


def spread(
    work: Callable[..., Any],
    given: Callable[[Block], tuple[Any, ...]],
    count: int,
    width: int,
    *,
    tell: Tell = silent,
    executor: Executor | None = None,
    look: Callable[[], None] = nothing,
) -> Any:
    """`work` of what is given to each block, joined as `in_blocks` does: here, one block after the other, or
    all of them by an executor, in whatever order it likes. The result is the same.

    Args:
        work: arrays of `width` rows to a tree of such arrays.
        given: what `work` is given for a block.
        executor: of `concurrent.futures`; None: this process.
        look: is called while others compute, twice a second; what it raises ends the work.
    """
    parts, found = list(blocks(count, width)), {}
    if executor is None:
        for part in parts:
            found[part.index] = part.kept(work(*given(part)))
            tell(min((part.index + 1) * width, count), count)
    else:
        asked = {executor.submit(work, *given(part)): part for part in parts}
        left, done = set(asked), 0
        try:
            while left:
                ended, left = wait(left, timeout=LOOK, return_when=FIRST_COMPLETED)
                for future in ended:
                    part = asked[future]
                    found[part.index] = part.kept(future.result())
                    done += part.count
                    tell(done, count)
                look()
        finally:
            for future in left:
                future.cancel()
    return jax.tree.map(lambda *parts: np.concatenate(parts), *(found[part.index] for part in parts))
