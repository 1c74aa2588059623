"""The posterior's mode from many starts at once, and the normal approximation around it."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float, PyTree

from inference.likelihood.many_points import WALL, Batch, Report, minimise
from inference.likelihood.problem import Priors


def starting_points(
    priors: Priors, key: Array, starts: int, spread: float = 0.5
) -> Float[Array, "start parameter"]:
    """Draws of the prior pulled towards its centre by `spread` (1: the prior itself), unconstrained.

    A full draw of a wide prior often lies where every signal is saturated and the gradient is flat (our
    choice).
    """
    z = jax.vmap(priors.unconstrain)(priors.draw(key, max(starts, 200)))
    centre = jnp.median(z, axis=0)
    return centre + spread * (z[:starts] - centre).at[0].set(0.0)


def minimiser(  # long: closures over one solver, compiled once
    value: Callable[[Array, PyTree], Array],
    *,
    max_steps: int,
    tolerance: float,
    report: Report | None = None,
) -> Callable[
    [Float[Array, "lane parameter"], PyTree], tuple[Float[Array, "lane parameter"], Float[Array, " lane"]]
]:
    """BFGS (optimistix) from every starting point side by side, as a function that compiles once.

    Args:
        value: (point, arguments of the lane) -> number; +inf where there is none.
        max_steps: evaluations at most for each lane.
        tolerance: stop a lane when value and point change by less (absolute, and relative to themselves).

    Returns:
        (starting points, arguments with a leading lane axis) -> points and values where each ended, in their
        order.
    """
    solver = optx.BFGS(rtol=tolerance, atol=tolerance)
    tags: frozenset[object] = frozenset()

    def objective(z: Array, args: PyTree) -> tuple[Array, None]:
        # a finite wall where the network cannot be solved, so that the line search steps back; it is no
        # result
        found = value(z, args)
        return jnp.where(jnp.isfinite(found), found, WALL), None

    shape = jax.ShapeDtypeStruct((), jnp.float64)

    def init(z: Array, args: PyTree) -> PyTree:
        return solver.init(objective, z, args, {}, shape, None, tags)

    @eqx.filter_jit
    def advance(z: Array, args: PyTree, state: PyTree) -> tuple[Array, PyTree, Array, Array]:
        dynamic, static = eqx.partition(state, eqx.is_array)

        def one(z: Array, args: PyTree, arrays: PyTree) -> tuple[Array, PyTree, Array]:
            whole = eqx.combine(arrays, static)
            done, _ = solver.terminate(objective, z, args, {}, whole, tags)
            z2, new, _ = solver.step(objective, z, args, {}, whole, tags)
            kept = jax.tree.map(lambda a, b: jnp.where(done, a, b), arrays, eqx.filter(new, eqx.is_array))
            return jnp.where(done, z, z2), kept, done

        z, arrays, done = jax.vmap(one)(z, args, dynamic)
        state = eqx.combine(arrays, static)
        return z, state, done, state.f_info.f

    final = jax.jit(jax.vmap(value))

    def run(
        z: Float[Array, "lane parameter"], args: PyTree
    ) -> tuple[Float[Array, "lane parameter"], Float[Array, " lane"]]:
        state = eqx.filter_vmap(init)(z, args)
        for i in range(max_steps):
            z, state, done, values = advance(z, args, state)
            if report is not None:
                report(i + 1, max_steps, float(jnp.min(values)))
            if bool(jnp.all(done)):
                break
        return z, final(z, args)

    return run


def search(
    batch: Batch,
    z0: Float[Array, "start parameter"],
    *,
    max_steps: int,
    tolerance: float,
    report: Report | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The mode from every start side by side; returns points and potentials, best first. Arguments as in
    `batch.minimise`.
    """
    z, potential = minimise(batch, np.asarray(z0), max_steps=max_steps, tolerance=tolerance, report=report)
    order = np.argsort(potential)
    return z[order], potential[order]


def laplace(batch: Batch, z: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Inverse Hessian of the potential at `z` (central differences of the exact gradient, all at once).

    Directions in which the density does not fall get the prior's scale (1) at most: eigenvalues of the
    Hessian below 1/4 are raised to it (our choice; the result only starts the adaptation of the mass matrix).
    """
    n = len(z)
    g = batch(np.concatenate([z + step * np.eye(n), z - step * np.eye(n)]))[1]
    hessian = (g[:n] - g[n:]) / (2 * step)
    hessian = (hessian + hessian.T) / 2
    if not np.all(np.isfinite(hessian)):
        return np.eye(n) * 0.01
    values, vectors = np.linalg.eigh(hessian)
    return (vectors / np.maximum(values, 0.25)) @ vectors.T
