"""The best fit from many starts: trust regions (fides) over the cells' parameters, the instruments at their
best throughout.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import fides
import numpy as np

from inference.best_fit.hierarchical import Profiled
from inference.likelihood.many_points import Report, side_by_side

SIFTED = 10  # candidates evaluated for each search that begins


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
    report: Report | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Ends (start, parameter) and objectives of all searches, best first; +inf where a start could not be
    solved.

    Args:
        x0: (start, parameter) on the scale of the search.
        max_steps: evaluations at most for each start.
        tolerance: a search ends when the objective falls by less.
    """
    cells = profiled.layout.cells
    if not len(cells):
        value, x = profiled.values(x0)
        order = np.argsort(value, kind="stable")
        return x[order], value[order]
    low, high = profiled.search.bounds[cells].T
    now, ends, lowest = np.array(x0, float), np.array(x0, float), np.full(len(x0), np.inf)
    options = {
        "maxiter": max_steps,
        "fatol": tolerance,
        "frtol": 0.0,
        "gatol": 1e-8,
        "subspace_solver": "full",
    }

    def answer(which: Sequence[int], z: np.ndarray) -> list[tuple[float, np.ndarray, np.ndarray]]:
        points = now[list(which)]
        points[:, cells] = z
        value, x, gradient, information = profiled(points)
        for k, i in enumerate(which):
            if value[k] < lowest[i]:
                lowest[i], ends[i], now[i] = value[k], x[k], x[k]
        return [(float(v), g, h) for v, g, h in zip(value, gradient, information, strict=True)]

    def work(i: int, ask: Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]) -> None:
        search = fides.Optimizer(ask, high, low, verbose=logging.CRITICAL, options=options)
        try:
            search.minimize(x0[i, cells])
        except (
            RuntimeError,
            np.linalg.LinAlgError,
        ):  # its first point could not be solved, or it went where nothing is a number
            return

    side_by_side(work, answer, len(x0), max_steps, report)
    order = np.argsort(lowest, kind="stable")
    return ends[order], lowest[order]
