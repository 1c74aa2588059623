"""Which unknowns of instruments can be integrated out, and why another cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool
from scipy.stats import norm

from inference.likelihood.likelihood import lanes, predict
from inference.likelihood.noise_models import FAMILIES
from inference.likelihood.quadrature import (
    BEND_NODES,
    NONE,
    Instrument,
    axis,
    noise_nodes,
)
from inference.study.study import Study
from models.engine.one_dish import Trajectory

OUTSIDE = 1e-3  # prior probability beyond the bounds that is given up (our choice)


@dataclass(frozen=True, eq=False)
class Moves:
    """How predictions move with each unknown, or its logarithm, at three made-up states of the dishes.

    `location`, `scale`: (state, measurement, unknown) slopes; (unknown,) `cells`: the cells depend on it;
    `bends`: its
    slope depends on the state, or on the other parameters.
    """

    location: np.ndarray
    scale: np.ndarray
    cells: np.ndarray
    bends: np.ndarray

    def rows(self, i: int) -> np.ndarray:
        """(measurement,) whether unknown `i` reaches it."""
        return np.any((self.location[:, :, i] != 0) | (self.scale[:, :, i] != 0), axis=0)


@lru_cache(4)  # a study is asked twice: what can be integrated out, and to do it
def moves_of(study: Study) -> Moves:
    on_log = jnp.asarray(
        [
            u.prior.family == "log-normal" or (u.prior.lower >= 0 and u.prior.family != "normal")
            for u in study.unknowns
        ]
    )
    n = len(study.times)

    def seen(b: Array, species: Array) -> tuple[Array, Array, Array]:
        theta = jnp.where(on_log, jnp.exp(b), b)
        p = predict(
            study, theta, Trajectory(species, jnp.ones(n, bool), jnp.zeros(n, int), jnp.zeros(n, int))
        )
        parameters, schedule = lanes(study, theta)
        return (
            p.location,
            p.scale,
            jnp.concatenate([jnp.ravel(x) for x in (parameters, schedule.inputs, schedule.add)]),
        )

    slopes = jax.jit(jax.jacfwd(seen))
    rng = np.random.default_rng(0)
    found = [
        [
            np.asarray(x)
            for x in slopes(
                jnp.asarray(0.3 * rng.standard_normal(len(study.names))),
                jnp.asarray(np.exp(rng.standard_normal((*study.times.shape, len(study.system.species))))),
            )
        ]
        for _ in range(3)
    ]
    location, scale, cells = (np.stack(x) for x in zip(*found, strict=True))
    return Moves(
        location,
        scale,
        np.any(cells != 0, axis=(0, 1)),
        np.any(np.abs(location - location[:1]) > 1e-9, axis=(0, 1)),
    )


def why_no_shift(study: Study, i: int, moves: Moves) -> str | None:
    """Why unknown `i` cannot be integrated out in closed form, in words."""
    prior, move = study.unknowns[i].prior, moves.location[0][:, i]
    if prior.family not in ("log-normal", "normal"):
        return f"its prior is {prior.family}, not normal or log-normal"
    on_log = prior.family == "log-normal"
    mean, sd = prior.parameters
    low, high = (np.log(max(x, 1e-300)) if on_log else x for x in (prior.lower, prior.upper))
    if norm.cdf((low - mean) / sd) + norm.sf((high - mean) / sd) > OUTSIDE:
        return "its bounds cut more than a thousandth off its prior"
    for found, words in (
        (moves.cells[i], "the cells depend on it"),
        (moves.scale[:, :, i].any(), "the noise depends on it"),
        (moves.bends[i], "predictions do not shift by it alone"),
    ):
        if found:
            return words
    if not move.any():
        return "no measurement depends on it"
    for r in study.readouts:
        if (move[r.rows] != 0).any() and (FAMILIES[r.row.family][1] != 0.0) != on_log:
            return f"the noise of {r.row.id} is symmetric on another scale than the prior"
    return _why_not_normal(study, move != 0)


def why_no_nodes(study: Study, i: int, moves: Moves) -> str | None:
    """Why unknown `i` cannot be integrated out by quadrature, in words."""
    prior = study.unknowns[i].prior
    if moves.cells[i]:
        return "the cells depend on it"
    if not (np.isfinite(prior.lower) and np.isfinite(prior.upper)):
        return "it has no bounds"
    if not moves.rows(i).any():
        return "no measurement depends on it"
    if moves.location[:, :, i].any() and moves.scale[:, :, i].any():
        return "location and noise both depend on it"
    return _why_not_normal(study, moves.rows(i))


def _why_not_normal(study: Study, rows: Bool[np.ndarray, " measurement"]) -> str | None:
    for r in study.readouts:
        if rows[r.rows].any() and (FAMILIES[r.row.family][0] != "normal" or r.row.degrees is not None):
            return f"the noise of {r.row.id} is not normal"
        if (rows[r.rows] & (study.measurements.censored[r.rows] != 0)).any():
            return f"{r.row.id} has measurements beyond a limit of detection"
    return None


def groups_of(moves: Moves, unknowns: Sequence[int]) -> list[list[int]]:
    """The unknowns in groups that share no measurement."""
    groups: list[tuple[list[int], np.ndarray]] = []
    for i in unknowns:
        rows = moves.rows(i)
        near = [g for g in groups if (g[1] & rows).any()]
        groups = [g for g in groups if g not in near]
        groups.append(([*(j for g in near for j in g[0]), i], np.any([rows, *(g[1] for g in near)], axis=0)))
    return [g[0] for g in groups]


def why_no_instrument(study: Study, group: Sequence[int], shifts: Sequence[int], moves: Moves) -> str | None:
    """Why a group of unknowns is no instrument with one shift, one blank and one noise at most."""
    kinds = {
        "scale or offset": [i for i in group if i in shifts],
        "blank": [i for i in group if i not in shifts and moves.location[:, :, i].any()],
        "noise": [i for i in group if moves.scale[:, :, i].any()],
    }
    for kind, members in kinds.items():
        if len(members) > 1:
            return (
                f"its measurements have more than one {kind} ({', '.join(study.names[i] for i in members)})"
            )
    return None


def instrument_of(study: Study, group: Sequence[int], shifts: Sequence[int], moves: Moves) -> Instrument:
    rows = np.flatnonzero(np.any([moves.rows(i) for i in group], axis=0))
    shift = next((i for i in group if i in shifts), None)
    bend = next(
        (
            axis(i, study.unknowns[i], BEND_NODES)
            for i in group
            if i != shift and moves.location[:, :, i].any()
        ),
        NONE,
    )
    noise = next(
        (
            axis(i, study.unknowns[i], noise_nodes(study.unknowns[i], len(rows)))
            for i in group
            if moves.scale[:, :, i].any()
        ),
        NONE,
    )
    return Instrument(rows, shift, bend, noise)
