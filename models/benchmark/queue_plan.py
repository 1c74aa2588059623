"""What the plan of lanes makes of an ensemble on an accelerator: predicted from the steps of its items, for a
machine that need not be here.

A turn steps all lanes; it takes as long as its kernels take to be launched, or as its bytes take to be moved,
whichever is longer. The queue is followed turn by turn: a lane that is free takes the next item, and where
few lanes are left the others are dropped, as in `models.engine.work_queue`.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.engine.derivative import MOST_LANES
from models.engine.ensemble import CHUNK_OF_ACCELERATORS
from models.engine.work_queue import narrowed


@dataclass(frozen=True)
class Accelerator:
    """What a turn costs. The defaults are those of an H100: kernels and bytes of the niche's loop as compiled
    for it (float64), time of a launch, of the host a turn, and bandwidth as assumed (our choice).
    """

    kernels: int = 103
    launch: float = 2e-6  # s
    host: float = 15e-6  # s
    bytes_a_lane: float = 88.8e3
    bandwidth: float = 3e12  # bytes a second

    def turn(self, lanes: int) -> float:
        """Seconds of a turn.

        Example:
            >>> Accelerator().turn(64) == Accelerator().turn(4096) < Accelerator().turn(65_536)
            True
        """
        return self.host + max(self.kernels * self.launch, lanes * self.bytes_a_lane / self.bandwidth)


def lanes_end(steps: Float[np.ndarray, " item"], lanes: int) -> Float[np.ndarray, " lane"]:
    """After how many turns each lane has no item left, in ascending order.

    Example:
        >>> lanes_end(np.array([3.0, 1.0, 1.0, 5.0]), 2)
        array([3., 7.])
    """
    first = [float(s) for s in steps[:lanes]]
    heapq.heapify(first)
    for s in steps[lanes:]:
        heapq.heapreplace(first, first[0] + float(s))
    return np.sort(first)


def predicted(
    steps: Float[np.ndarray, " item"], lanes: int, device: Accelerator | None = None
) -> tuple[float, float]:
    """(seconds, share of the steps of all lanes that an item needed).

    Args:
        steps: attempts of each item, in the order of the queue.
    """
    own = Accelerator() if device is None else device
    ends, few = lanes_end(steps, lanes), narrowed(lanes)
    last = ends[-1]
    left = last if few is None or few >= len(ends) else ends[-few - 1]
    narrow = few or lanes
    seconds = left * own.turn(lanes) + (last - left) * own.turn(narrow)
    return seconds, float(np.sum(steps)) / (left * lanes + (last - left) * narrow)


def on_a_gpu(steps: Float[np.ndarray, " item"]) -> dict[str, float]:
    """Share of useful work of a whole chunk of such items by the plan of an accelerator, as predicted."""
    return {"plan_useful_work_gpu": predicted(np.resize(steps, CHUNK_OF_ACCELERATORS), MOST_LANES)[1]}
