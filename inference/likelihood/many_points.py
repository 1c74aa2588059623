"""Value and gradient of the potential at many points through one compiled program of fixed width, spread over
the devices.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jax.sharding import AxisType, PartitionSpec
from jaxtyping import Array

from inference.likelihood.problem import Problem
from models.engine.blocks import Block, in_blocks

# what a search sees where the network cannot be solved: above every value, or it would end there; never a
# result
WALL = 1e300
# once it met a good point, it sees a rise of so many times what the slope promises: it steps back to a
# twentieth
STEEP = 10.0
Report = Callable[
    [int, int, float], None
]  # evaluations of the longest search, evaluations at most, best potential so far


class Batch:
    """(point, parameter) -> potentials and gradients; any number of points, `width` at a time.

    `objective` takes the place of the problem's potential, if it is given.
    """

    def __init__(
        self, problem: Problem, width: int, objective: Callable[[Array], Array] | None = None
    ) -> None:
        self.width = width
        self._data: Any = ()

        def one(z: Array, data: Any) -> Array:
            return (objective or problem.given(data).potential)(z)

        many = jax.vmap(jax.value_and_grad(one), in_axes=(0, None))
        spec = PartitionSpec("chain")
        mesh = mesh_for(width)
        self._compiled = jax.jit(
            jax.shard_map(many, mesh=mesh, in_specs=(spec, PartitionSpec()), out_specs=spec, check_vma=False)
        )

    def given(self, data: Any) -> Batch:
        """The same compiled program for the problem of other data (`Problem.given`)."""
        other = copy(self)
        other._data = data
        return other

    def __call__(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        def block(b: Block) -> Any:
            return self._compiled(jnp.asarray(points[b.rows]), self._data)

        return in_blocks(block, len(points), self.width)


def minimise(
    batch: Batch,
    z0: np.ndarray,
    *,
    max_steps: int,
    tolerance: float,
    report: Report | None = None,
    bounds: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """L-BFGS-B (SciPy) from every start at once.

    Args:
        z0: (start, parameter), unconstrained.
        max_steps: evaluations at most for each start.
        tolerance: a search stops when the potential falls by less, relative to itself, and the gradient is as
            small.
        bounds: (parameter, 2) of the search, if there are any.

    Returns:
        The lowest points that the searches met and their potentials, in the order of the starts; +inf where
        none could be solved.
    """
    points, potentials = np.array(z0, float), np.full(len(z0), np.inf)

    def work(i: int, ask: Callable[[np.ndarray], tuple[float, np.ndarray]]) -> None:
        lowest, slope = np.inf, np.zeros_like(points[i])

        def objective(z: np.ndarray) -> tuple[float, np.ndarray]:
            nonlocal lowest, slope
            value, gradient = ask(np.array(z))
            if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
                return (
                    WALL if np.isinf(lowest) else lowest + 1 + STEEP * abs(slope @ (z - points[i]))
                ), np.zeros_like(z)
            if value < lowest:
                lowest, slope, points[i] = value, gradient, z
            return value, gradient

        options = {
            "maxfun": max_steps,
            "maxiter": max_steps,
            "ftol": tolerance,
            "gtol": tolerance,
            "maxcor": 20,
        }
        scipy.optimize.minimize(objective, z0[i], jac=True, method="L-BFGS-B", options=options, bounds=bounds)
        potentials[i] = lowest

    def answer(_: Sequence[int], z: np.ndarray) -> list[tuple[float, np.ndarray]]:
        values, gradients = batch(z)
        return [(float(v), g) for v, g in zip(values, gradients, strict=True)]

    side_by_side(work, answer, len(z0), max_steps, report)
    return points, potentials


def side_by_side[Answer: tuple](
    work: Callable[[int, Callable[[np.ndarray], Answer]], None],
    answer: Callable[[Sequence[int], np.ndarray], Sequence[Answer]],
    searches: int,
    max_steps: int,
    report: Report | None,
) -> None:
    """Runs searches that each ask for one point after the other, all of them at once: each has a thread that
    waits while its point is evaluated with the others'.

    Args:
        work: (search, ask) runs a search; `ask(point)` gives what `answer` found there.
        answer: (searches, their points (point, parameter)) -> one tuple each, the objective first.
        max_steps: what `report` is told as the most evaluations.

    Raises:
        Whatever `work` raised, once the others are done; whatever `answer` and `report` raise, at once.
    """
    asked: queue.Queue[tuple[int, np.ndarray | None]] = queue.Queue()
    answers: list[queue.Queue[Answer | None]] = [queue.Queue() for _ in range(searches)]
    failed: list[Exception] = []

    def run(i: int) -> None:
        def ask(z: np.ndarray) -> Answer:
            asked.put((i, z))
            given = answers[i].get()
            if given is None:
                raise RuntimeError("the searches have been given up")
            return given

        try:
            work(i, ask)
        except Exception as error:  # a thread that died would be waited for without end
            failed.append(error)
        finally:
            asked.put((i, None))

    for i in range(searches):
        threading.Thread(target=run, args=(i,), daemon=True).start()
    try:
        _answered(asked, answers, answer, max_steps, report)
    finally:
        for each in answers:  # whoever still waits for an answer, because this ended early, ends too
            each.put(None)
    if failed:
        raise failed[0]


def _answered[Answer: tuple](
    asked: queue.Queue[tuple[int, np.ndarray | None]],
    answers: Sequence[queue.Queue[Answer | None]],
    answer: Callable[[Sequence[int], np.ndarray], Sequence[Answer]],
    max_steps: int,
    report: Report | None,
) -> None:
    """Answers all questions of the searches, those that are open at once together, until each has ended."""
    searches = len(answers)
    running, waiting = set(range(searches)), list[tuple[int, np.ndarray]]()
    counts, best = np.zeros(searches, int), np.inf
    while running:
        i, z = asked.get()
        if z is None:
            running.discard(i)
        else:
            waiting.append((i, z))
        if waiting and len(waiting) == len(
            running
        ):  # all of them, in order: threads must not decide who is computed beside whom
            waiting.sort(key=lambda question: question[0])
            found = answer([k for k, _ in waiting], np.stack([z for _, z in waiting]))
            for (k, _), given in zip(waiting, found, strict=True):
                counts[k] += 1
                answers[k].put(given)
                best = min(best, given[0]) if np.isfinite(given[0]) else best
            waiting = []
            if report is not None:
                report(int(counts.max()), max_steps, best)


def mesh_for(chains: int) -> jax.sharding.Mesh:
    """As many devices as divide the chains evenly."""
    devices = jax.devices()
    n = max(k for k in range(1, len(devices) + 1) if chains % k == 0)
    return jax.make_mesh((n,), ("chain",), axis_types=(AxisType.Auto,), devices=devices[:n])
