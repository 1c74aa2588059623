"""The best fit from many starts: trust regions (fides) over the cells' parameters, the instruments at their
best throughout.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import fides
import numpy as np

from inference.best_fit.hierarchical import Profiled
from inference.best_fit.leaps import leap
from inference.likelihood.many_points import Report, side_by_side

SIFTED = 10  # candidates evaluated for each search that begins
HOPPING = 0.85  # share of the evaluations that leaps may use
Ask = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]


def promising(profiled: Profiled, candidates: np.ndarray, starts: int) -> np.ndarray:
    """The `starts` best of the candidates, with the instruments at their best; unsolvable ones last."""
    value, x = profiled.values(candidates)
    return x[np.argsort(value, kind="stable")[:starts]]


def best_fits(
    profiled: Profiled,
    x0: np.ndarray,
    *,
    max_steps: int,
    tolerance: float,
    elsewhere: np.ndarray | None = None,
    seed: int = 0,
    enough: float = -np.inf,
    report: Report | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Ends (start, parameter) and objectives of all searches, best first; +inf where a start could not be
    solved.

    A search goes down, and while it has evaluations left it leaps out of its best point (`leap`) and goes
    down again; the last evaluations are for the best point.

    Args:
        x0: (start, parameter) on the scale of the search.
        max_steps: evaluations at most for each start.
        tolerance: a search ends when the objective falls by less.
        elsewhere: (draw, parameter) values that parameters may leap to; None: each search goes down once.
        seed: of the leaps.
        enough: all searches end once one has found an objective as low as this.
    """
    cells = profiled.layout.cells
    if not len(cells):
        value, x = profiled.values(x0)
        order = np.argsort(value, kind="stable")
        return x[order], value[order]
    shared = Shared(np.array(x0, float), np.array(x0, float), np.full(len(x0), np.inf))

    def answer(which: Sequence[int], z: np.ndarray) -> list[tuple[float, np.ndarray, np.ndarray]]:
        points = shared.now[list(which)]
        points[:, cells] = z
        value, x, gradient, information = profiled(points)
        for k, i in enumerate(which):
            shared.told(i, value[k], x[k])
        return [(float(v), g, h) for v, g, h in zip(value, gradient, information, strict=True)]

    def work(i: int, ask: Ask) -> None:
        counted = Counted(ask, max_steps, lambda: shared.lowest.min() <= enough)
        begin = x0[i, cells]
        hopping = max_steps if elsewhere is None else math.ceil(HOPPING * max_steps)
        rng = np.random.default_rng([seed, i])
        while True:
            _down(counted, begin, profiled.search.bounds[cells], hopping - counted.used, tolerance, "2D")
            if elsewhere is None or counted.used >= hopping:
                break
            shared.back(i)
            begin = leap(shared.ends[:, cells], shared.lowest, i, elsewhere[:, cells], rng)
        if np.isfinite(shared.lowest[i]):
            shared.back(i)
            left = max_steps - counted.used
            _down(counted, shared.ends[i, cells], profiled.search.bounds[cells], left, tolerance, "full")

    side_by_side(work, answer, len(x0), max_steps, report)
    order = np.argsort(shared.lowest, kind="stable")
    return shared.ends[order], shared.lowest[order]


@dataclass
class Shared:
    """What all searches know: where each is (`now`), its best point and objective. Written only between their
    questions, so that what one reads of another does not depend on the clock.
    """

    now: np.ndarray
    ends: np.ndarray
    lowest: np.ndarray

    def told(self, i: int, value: float, x: np.ndarray) -> None:
        """Search `i` found this; where it is no better the instruments begin from its best next time."""
        if value < self.lowest[i]:
            self.lowest[i], self.ends[i], self.now[i] = value, x, x

    def back(self, i: int) -> None:
        """To its best."""
        self.now[i] = self.ends[i]


class Counted:
    """Counts the questions of a search, and lets it ask no more than `most`, nor when all is `over`."""

    def __init__(self, ask: Ask, most: int, over: Callable[[], bool]) -> None:
        self.ask, self.most, self.used, self._over = ask, most, 0, over

    def __call__(self, z: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        if self._over():
            self.used = self.most
        if self.used >= self.most:
            raise RuntimeError("the evaluations of this search are used up")
        self.used += 1
        return self.ask(z)


def _down(
    ask: Counted, begin: np.ndarray, bounds: np.ndarray, steps: int, tolerance: float, subspace: str
) -> None:
    if steps < 1:
        return
    options = {
        "maxiter": steps,
        "fatol": tolerance,
        "frtol": 0.0,
        "gatol": 1e-8,
        "subspace_solver": subspace,
    }
    low, high = bounds.T
    try:
        fides.Optimizer(ask, high, low, verbose=logging.CRITICAL, options=options).minimize(begin)
    except (RuntimeError, np.linalg.LinAlgError):
        return  # its first point could not be solved, it went where nothing is a number, or asked enough
