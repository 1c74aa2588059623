"""The posterior's mode from many starts at once, and the normal approximation around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float

from inference.posterior import Problem

Report = Callable[[int, int, float], None]  # steps done, steps at most, best potential so far


@dataclass(frozen=True)
class Mode:
    """Where the searches ended.

    Attributes:
        z: (start, parameter), unconstrained, best first.
        potential: (start,), negative log posterior density.
        covariance: (parameter, parameter), inverse Hessian at the best point, made positive definite.
    """

    z: np.ndarray
    potential: np.ndarray
    covariance: np.ndarray


def starting_points(problem: Problem, key: Array, starts: int, spread: float = 0.5) -> Float[Array, "start parameter"]:
    """Draws of the prior pulled towards its centre by `spread` (1: the prior itself), unconstrained.

    A full draw of a wide prior often lies where every signal is saturated and the gradient is flat (our choice).
    """
    z = jax.vmap(problem.unconstrain)(problem.sample_prior(key, max(starts, 200)))
    centre = jnp.median(z, axis=0)
    return centre + spread * (z[:starts] - centre).at[0].set(0.0)


def search(
    problem: Problem, z0: Float[Array, "start parameter"], *, max_steps: int, tolerance: float, report: Report | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """BFGS (optimistix) from every start side by side; returns points and potentials, best first.

    Args:
        z0: unconstrained starting points.
        max_steps: evaluations at most for each start.
        tolerance: stop a start when potential and point change by less (absolute, and relative to themselves).
    """
    solver = optx.BFGS(rtol=tolerance, atol=tolerance)
    tags: frozenset[object] = frozenset()

    def objective(z: Array, args: None) -> tuple[Array, None]:
        # a finite wall where the network cannot be solved, so that the line search steps back; it is no result
        value = problem.potential(z)
        return jnp.where(jnp.isfinite(value), value, 1e10), None

    shape = jax.ShapeDtypeStruct((), jnp.float64)

    def init(z: Array) -> object:
        return solver.init(objective, z, None, {}, shape, None, tags)

    dynamic, static = eqx.partition(eqx.filter_vmap(init)(z0), eqx.is_array)

    @eqx.filter_jit
    def advance(z: Array, state: object) -> tuple[Array, object, Array, Array]:
        def one(z: Array, state: object) -> tuple[Array, object, Array]:
            whole = eqx.combine(state, static)
            done, _ = solver.terminate(objective, z, None, {}, whole, tags)
            z2, new, _ = solver.step(objective, z, None, {}, whole, tags)
            new_arrays = eqx.filter(new, eqx.is_array)
            z3 = jnp.where(done, z, z2)
            return z3, jax.tree.map(lambda a, b: jnp.where(done, a, b), state, new_arrays), done

        z, state, done = jax.vmap(one)(z, state)
        return z, state, done, eqx.combine(state, static).f_info.f

    z, state = z0, dynamic
    for i in range(max_steps):
        z, state, done, values = advance(z, state)
        if report is not None:
            report(i + 1, max_steps, float(jnp.min(values)))
        if bool(jnp.all(done)):
            break
    potential = np.asarray(jax.jit(jax.vmap(problem.potential))(z))
    order = np.argsort(np.where(np.isfinite(potential), potential, np.inf))
    return np.asarray(z)[order], potential[order]


def laplace(problem: Problem, z: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Inverse Hessian of the potential at `z` (central differences of the exact gradient, all at once).

    Directions in which the density does not fall get the prior's scale (1) at most: eigenvalues of the Hessian below
    1/4 are raised to it (our choice; the result only starts the adaptation of the mass matrix).
    """
    n = len(z)
    gradient = jax.jit(jax.vmap(jax.grad(problem.potential)))
    points = np.concatenate([z + step * np.eye(n), z - step * np.eye(n)])
    g = np.asarray(gradient(jnp.asarray(points)))
    hessian = (g[:n] - g[n:]) / (2 * step)
    hessian = (hessian + hessian.T) / 2
    if not np.all(np.isfinite(hessian)):
        return np.eye(n) * 0.01
    values, vectors = np.linalg.eigh(hessian)
    return (vectors / np.maximum(values, 0.25)) @ vectors.T
