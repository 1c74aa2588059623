"""The objective of a best fit as the cells alone see it: what belongs to the instruments is optimised away at
every point.

Parameters that no dish depends on (scales, offsets, noises) are cheap: once the dishes are simulated, their
best values follow from a few damped Newton steps without another simulation (hierarchical optimisation; Loos
et al., Bioinformatics 2018). A search then moves in the cells' parameters alone, with the Fisher information
in place of the Hessian (never indefinite, and close to it where the fit is good) and the instruments' share
taken out of it (Schur complement).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Bool, Float

from inference.best_fit.multistart import Search
from inference.likelihood.likelihood import densities, lanes, predict
from inference.likelihood.many_points import mesh_for
from inference.likelihood.noise_models import FAMILIES
from inference.likelihood.reduced_parts import Split
from inference.runs.run import Run
from inference.study.portable_work import PortableWork
from inference.study.study import Study
from models.engine.blocks import in_blocks
from models.engine.one_dish import Trajectory

# Search of the instruments: steps at most; the longest of them in one parameter; relative gain at which it
# ends; information that damping grants to what nothing depends on at present (a noise far below another one)
TURNS, LONGEST, DONE, FLOOR = 100, 2.0, 1e-10, 1e-3
Values = tuple[Float[Array, "lane time species"], ...]


@dataclass(frozen=True, eq=False)
class ParameterRoles:
    """Which parameter acts where.

    Attributes:
        cells, instruments: positions of the parameters that some dish depends on, and of the others.
        which: (colour, measurement) the instrument's parameter on which a measurement depends; their number
            where there is
            none. Those of one colour touch different measurements, so that one derivative serves them all.
        colour: (instrument,).
        weights: (2, measurement) Fisher information of location / scale and of ln scale.
    """

    cells: np.ndarray
    instruments: np.ndarray
    which: np.ndarray
    colour: np.ndarray
    weights: np.ndarray


class Local(NamedTuple):
    """What is known at one point: `value` of the objective; by measurement, `slopes` (2, measurement) of the
    log density along location / scale and along ln scale, and the same two along directions, `moves` (2,
    direction, measurement)."""

    value: Array
    slopes: Array
    moves: Array


def lay_out(search: Search, parts: Split) -> ParameterRoles:
    """Found by what a NaN in the place of a parameter spoils (it may spoil too much, never too little)."""
    n = len(search.problem.names)
    middle = np.clip(np.zeros(n), *search.bounds.T)
    spoilt = jax.vmap(search.own)(jnp.where(jnp.eye(n, dtype=bool), jnp.nan, jnp.asarray(middle)))

    def of_dishes(theta: Array) -> Array:
        leaves = jax.tree.leaves([lanes(p.study, theta) for p in parts.parts])
        return jnp.any(jnp.stack([jnp.any(jnp.isnan(x)) for x in leaves]))

    def of_readouts(theta: Array) -> Array:
        shapes = [(*p.study.times.shape, len(p.study.system.species)) for p in parts.parts]
        return jnp.any(jnp.isnan(jnp.stack(_seen(parts, theta, tuple(jnp.ones(s) for s in shapes)))), 0)

    cells = np.asarray(jax.vmap(of_dishes)(spoilt))
    touched = np.asarray(jax.jit(jax.vmap(of_readouts))(spoilt))[~cells]
    colour = _colours(touched)
    which = np.full((int(colour.max(initial=-1)) + 1, touched.shape[1]), len(touched))
    for i, c in enumerate(colour):
        which[c, touched[i]] = i
    return ParameterRoles(np.flatnonzero(cells), np.flatnonzero(~cells), which, colour, _weights(parts.whole))


def _seen(parts: Split, theta: Float[Array, " parameter"], values: Values) -> tuple[Array, Array]:
    """Location and scale of every measurement."""
    n = len(parts.whole.measurements)
    location, scale = jnp.zeros(n), jnp.ones(n)
    for part, v in zip(parts.parts, values, strict=True):
        lane = v.shape[0]
        seen = predict(
            part.study, theta, Trajectory(v, jnp.ones(lane, bool), jnp.zeros(lane, int), jnp.zeros(lane, int))
        )
        location, scale = location.at[part.rows].set(seen.location), scale.at[part.rows].set(seen.scale)
    return location, scale


def _colours(touched: Bool[np.ndarray, "instrument measurement"]) -> np.ndarray:
    """Greedily: each takes the first colour none of whose others shares a measurement with it."""
    taken: list[np.ndarray] = []
    colour = np.zeros(len(touched), int)
    for i in np.argsort(-touched.sum(1), kind="stable"):
        free = next((c for c, t in enumerate(taken) if not (t & touched[i]).any()), len(taken))
        if free == len(taken):
            taken.append(np.zeros(touched.shape[1], bool))
        taken[free] |= touched[i]
        colour[i] = free
    return colour


def _weights(study: Study) -> np.ndarray:
    """Fisher information of each measurement on location / scale and on ln scale.

    Normal 1 and 2, Laplace 1 and 1, Student-t with d degrees (d + 1) / (d + 3) and 2 d / (d + 3). A censored
    measurement counts as a full one: it says less, so that steps are too short rather than too long.
    """
    found = np.ones((2, len(study.measurements)))
    for r in study.readouts:
        d = r.row.degrees
        if d is not None:
            found[:, r.rows] = np.array([[(d + 1) / (d + 3)], [2 * d / (d + 3)]])
        else:
            found[1, r.rows] = 2.0 if FAMILIES[r.row.family][0] == "normal" else 1.0
    return found


@dataclass(frozen=True)
class Others:
    """Who computes the points of a search, if not this process: the executor of `run` is asked for the
    programs `value` and `whole` (`inference.best_fit.portable_searches`).
    """

    run: Run
    value: PortableWork
    whole: PortableWork


class Profiled:
    """Objective, gradient and information of the cells' parameters at many points, through programs of fixed
    width.

    Points are whole (every parameter, on the scale of the search); the instruments' part is where their
    search begins, and comes back as where it ended.
    """

    def __init__(
        self,
        search: Search,
        parts: Split,
        width: int,
        *,
        rtol: float,
        atol: float,
        others: Others | None = None,
    ) -> None:
        self.search, self.parts, self.width = search, parts, width
        self.layout = lay_out(search, parts)
        self._rtol, self._atol, self._others = rtol, atol, others
        self._value, self._whole = self.compiled(self.value), self.compiled(self.whole)

    def compiled(self, function: Callable[..., tuple[Array, ...]]) -> Callable[[Array], tuple[Array, ...]]:
        """`value` or `whole` of `width` points."""
        spec = PartitionSpec("chain")
        return jax.jit(
            jax.shard_map(
                jax.vmap(function), mesh=mesh_for(self.width), in_specs=spec, out_specs=spec, check_vma=False
            )
        )

    def values(self, points: np.ndarray) -> tuple[np.ndarray, ...]:
        """Objectives (point,), +inf where unsolvable, and the points with the instruments' best values
        (point, parameter).
        """
        if self._others is not None:
            return self._others.run.spread(
                self._others.value, lambda part: (points[part.rows],), len(points), self.width
            )
        return self._blocks(self._value, points)

    def __call__(self, points: np.ndarray) -> tuple[np.ndarray, ...]:
        """As `values`, then gradients (point, cell) and information (point, cell, cell)."""
        if self._others is not None:
            return self._others.run.spread(
                self._others.whole, lambda part: (points[part.rows],), len(points), self.width
            )
        return self._blocks(self._whole, points)

    def _blocks(
        self, program: Callable[[Array], tuple[Array, ...]], points: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        return in_blocks(lambda part: program(jnp.asarray(points[part.rows])), len(points), self.width)

    def value(self, x: Float[Array, " parameter"]) -> tuple[Float[Array, ""], Float[Array, " parameter"]]:
        """Objective and point once the instruments are at their best."""
        values, solved = self._dishes(x)
        x, here = self._settled(x, values)
        return jnp.where(solved, here.value, jnp.inf), x

    def whole(self, x: Float[Array, " parameter"]) -> tuple[Array, Array, Array, Array]:
        """Objective, point, gradient and information."""
        cells, own = self.layout.cells, self.layout

        def simulated(c: Array) -> tuple[Values, Array]:
            return self._dishes(x.at[cells].set(c))

        def moved(direction: Array) -> tuple[Values, Values, Array]:
            return jax.jvp(simulated, (x[cells],), (direction,), has_aux=True)

        values, tangents, solved = jax.vmap(moved, out_axes=(None, 0, None))(jnp.eye(len(cells)))
        x, here = self._settled(x, values)
        directions = jnp.zeros((len(cells), len(x))).at[jnp.arange(len(cells)), cells].set(1.0)
        moves = self._local(x, values, directions, tangents).moves
        gradient, information = self._prior_slopes(x, cells)
        gradient = gradient - jnp.einsum("km,kdm->d", here.slopes, moves)
        information = information + jnp.einsum("km,kdm,kem->de", own.weights, moves, moves)
        if len(own.instruments):
            below, block = self._of_instruments(x, here)
            cross = self._gathered(jnp.einsum("km,kcm,kdm->cmd", own.weights, here.moves, moves))
            free = self._free(x[own.instruments], below)
            follow = _solve(block, cross, free)
            gradient = gradient - follow.T @ jnp.where(free, below, 0.0)
            information = information - cross.T @ follow
        return jnp.where(solved, here.value, jnp.inf), x, gradient, (information + information.T) / 2

    def _dishes(self, x: Float[Array, " parameter"]) -> tuple[Values, Bool[Array, ""]]:
        dishes = self.parts.dishes(self.search.own(x), rtol=self._rtol, atol=self._atol)
        return tuple(d.values for d in dishes), jnp.all(jnp.stack([jnp.all(d.ok) for d in dishes]))

    def _local(self, x: Array, values: Values, directions: Array, tangents: Values) -> Local:
        def seen(x: Array, values: Values) -> tuple[Array, Array]:
            location, scale = _seen(self.parts, self.search.own(x), values)
            return location, jnp.log(scale)

        def one(direction: Array, tangent: Values) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
            return jax.jvp(seen, (x, values), (direction, tangent))

        (location, log_scale), (d_location, d_log_scale) = jax.vmap(one, out_axes=((None, None), 0))(
            directions, tangents
        )
        scale, one_each = jnp.exp(log_scale), jnp.ones(len(location))

        def density(relative: Array, log_factor: Array) -> Array:
            return densities(self.parts.whole, location + relative * scale, scale * jnp.exp(log_factor))

        still = (
            jnp.zeros(len(location)),
        ) * 2  # the density of a measurement depends on its own two numbers alone
        terms, along_location = jax.jvp(density, still, (one_each, still[1]))
        along_scale = jax.jvp(density, still, (still[0], one_each))[1]
        value = -jnp.sum(terms) - self.search.log_prior(x)
        good = jnp.all(jnp.isfinite(terms)) & jnp.isfinite(value)
        return Local(
            jnp.where(good, value, jnp.inf),
            jnp.stack([along_location, along_scale]),
            jnp.stack([d_location / scale, d_log_scale]),
        )

    def _prior_slopes(self, x: Array, which: np.ndarray) -> tuple[Array, Array]:
        """Gradient and diagonal information of the negative log prior: each parameter has its own."""
        slope, bend = jax.jvp(jax.grad(self.search.log_prior), (x,), (jnp.ones(len(x)),))
        return -slope[which], jnp.diag(jnp.maximum(-bend[which], 0.0))

    def _gathered(self, by_colour: Float[Array, "colour measurement ..."]) -> Float[Array, "instrument ..."]:
        """Sums over the measurements that each instrument's parameter touches."""
        own = self.layout
        shape = (len(own.instruments) + 1, *by_colour.shape[2:])
        return jnp.zeros(shape).at[own.which].add(by_colour)[:-1]

    def _of_instruments(self, x: Array, here: Local) -> tuple[Array, Array]:
        """Gradient and information of the objective."""
        own = self.layout
        gradient, information = self._prior_slopes(x, own.instruments)
        gradient = gradient - self._gathered(jnp.einsum("km,kcm->cm", here.slopes, here.moves))
        pairs = jnp.einsum("km,kcm,kdm->cdm", own.weights, here.moves, here.moves)
        n = len(own.instruments) + 1
        rows, columns = np.broadcast_arrays(own.which[:, None], own.which[None])
        return gradient, information + jnp.zeros((n, n)).at[rows, columns].add(pairs)[:-1, :-1]

    def _free(self, s: Array, gradient: Array) -> Bool[Array, " instrument"]:
        """Not at a bound that the objective pushes against."""
        low, high = self.search.bounds[self.layout.instruments].T
        return ~((s <= low) & (gradient > 0) | (s >= high) & (gradient < 0))

    def _settled(self, x: Float[Array, " parameter"], values: Values) -> tuple[Array, Local]:
        """The point with the instruments' best values (Levenberg's damping, within the bounds), and what is
        known there.
        """
        own = self.layout
        low, high = self.search.bounds[own.instruments].T
        seeds = np.zeros((len(own.which) or 1, len(x)))
        seeds[own.colour, own.instruments] = 1.0
        still = tuple(jnp.zeros((len(seeds), *v.shape)) for v in values)

        def at(s: Array) -> Local:
            return self._local(x.at[own.instruments].set(s), values, jnp.asarray(seeds), still)

        if not len(own.instruments):
            return x, at(x[own.instruments])

        def again(state: tuple) -> Array:
            return ~state[-1] & (state[-2] < TURNS)

        def turn(state: tuple) -> tuple:
            s, here, damping, turns, _ = state
            gradient, information = self._of_instruments(x.at[own.instruments].set(s), here)
            free = self._free(s, gradient)
            damped = information + damping * jnp.diag(jnp.diag(information) + FLOOR)
            step = jnp.clip(-_solve(damped, gradient, free), -LONGEST, LONGEST)
            tried = jnp.where(
                turns == 0, s, jnp.clip(s + step, low, high)
            )  # the first turn looks where it stands
            new = at(tried)
            better = new.value <= here.value
            small = better & (here.value - new.value <= DONE * (1 + jnp.abs(here.value))) & (damping < 1e-2)
            end = (turns > 0) & (small | (damping > 1e8))
            s, here = jax.tree.map(lambda a, b: jnp.where(better, a, b), (tried, new), (s, here))
            return s, here, jnp.where(better, jnp.maximum(damping / 5, 1e-9), damping * 10), turns + 1, end

        m = len(self.parts.whole.measurements)
        unknown = Local(jnp.asarray(jnp.inf), jnp.zeros((2, m)), jnp.zeros((2, len(seeds), m)))
        start = jnp.clip(x[own.instruments], low, high)
        s, here, *_ = jax.lax.while_loop(
            again, turn, (start, unknown, jnp.asarray(0.1), jnp.asarray(0), jnp.asarray(False))
        )
        return x.at[own.instruments].set(s), here


def _solve(matrix: Array, right: Array, free: Array) -> Array:
    """matrix^-1 right among those that are free; 0 for the others, and for what nothing depends on."""
    n, shape = len(free), (len(free), *[1] * (right.ndim - 1))
    scale = jnp.sqrt(jnp.where(jnp.diag(matrix) > 0, jnp.diag(matrix), 1.0))
    both = free[:, None] & free[None, :]
    scaled = jnp.where(both, matrix / scale[:, None] / scale[None, :], 0.0) + jnp.diag(
        jnp.where(free, 1e-12, 1.0)
    )
    return jnp.linalg.solve(
        scaled, jnp.where(free.reshape(shape), right, 0.0) / scale.reshape(shape)
    ) / scale.reshape(n, *shape[1:])
