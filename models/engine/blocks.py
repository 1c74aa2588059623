"""Many rows through a program of a fixed width: what fills the last block up, goes over the blocks, says how
far it is, and joins what they gave.

A program is compiled for one number of rows; any other number would compile it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Int

Tell = Callable[[int, int], None]  # rows done, all of them


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


def in_blocks(function: Callable[[Block], Any], count: int, width: int, *, tell: Tell = silent) -> Any:
    """`function` of every block, joined along the first axis of every array of the tree that it returns.

    Args:
        function: a block to a tree of arrays with `width` rows; only the real ones are kept.
        count: rows in all, at least one.
        tell: is told after every block how many rows are done, and of how many.
    """
    found = []
    for part in blocks(count, width):
        found.append(part.kept(function(part)))
        tell(min((part.index + 1) * width, count), count)
    return jax.tree.map(lambda *parts: np.concatenate(parts), *found)
