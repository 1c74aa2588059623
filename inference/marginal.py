"""A study without the parameters of its instruments: pure scales (or offsets) integrated out of the likelihood exactly.

ln y = ln s + ln x + e with a log-normal prior on s, or y = o + x + e with a normal prior on o: the prediction moves by
the same amount whatever the cell does, so the parameter can be integrated out at every point and drawn afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from scipy.stats import norm

from inference.likelihood import Prediction, lanes, predict
from inference.noise import FAMILIES, on_scale
from inference.nuisance import Affine, draw, marginal_total
from inference.posterior import Problem
from inference.study import Study, StudyError
from models.simulate import Trajectory

Evaluate = Callable[[Float[Array, "unknown"]], tuple[Float[Array, "measurement"], Prediction, Bool[Array, ""]]]
OUTSIDE = 1e-3  # prior probability beyond the bounds that is given up (our choice)


@dataclass(frozen=True, eq=False)
class Marginal:
    """A study whose `gone` parameters are integrated out.

    Attributes:
        kept, gone: positions of the unknowns.
        on_log: (gone,) the parameter acts by its logarithm.
        mean, sd: (gone,) of the normal prior of the parameter, or of its logarithm.
        design: (measurement, gone) how the location moves with it.
        measured: (measurement,) values on the scale on which their noise is symmetric.
        problem: the posterior of the kept parameters; the measurements that depend on the others are one term of its likelihood.
    """

    study: Study
    evaluate: Evaluate
    kept: np.ndarray
    gone: np.ndarray
    on_log: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    design: np.ndarray
    measured: np.ndarray
    problem: Problem

    def complete(self, key: Array, theta: Float[Array, "kept"]) -> Float[Array, "unknown"]:
        """All unknowns: the kept ones beside one draw of the others given them and the data."""
        whole = _whole(self, theta)
        _, seen, _ = self.evaluate(whole)
        b = draw(key, _affine(self, seen, self.design.any(axis=1)), jnp.asarray(self.mean), jnp.asarray(self.sd))
        return whole.at[self.gone].set(jnp.where(self.on_log, jnp.exp(b), b))


def candidates(study: Study) -> tuple[str, ...]:
    """Unknowns that can be integrated out."""
    shifts = _shifts(study)
    return tuple(name for i, name in enumerate(study.names) if _why_not(study, i, shifts) is None)


def marginal(study: Study, names: Sequence[str], evaluate: Evaluate) -> Marginal:
    """Integrate `names` out.

    Args:
        evaluate: parameter vector -> terms, prediction and whether all dishes could be solved (`parts.Split.evaluate`).

    Raises:
        StudyError: a parameter that cannot be integrated out, and why.
    """
    shifts = _shifts(study)
    for name in names:
        if reason := _why_not(study, study.names.index(name), shifts):
            raise StudyError(f"parameter {name}: cannot be integrated out: {reason}: keep it among the unknowns")
    gone = np.array([study.names.index(n) for n in names], int)
    kept = np.setdiff1d(np.arange(len(study.names)), gone)
    priors = [study.unknowns[i].prior for i in gone]
    on_log = np.array([p.family == "log-normal" for p in priors], bool)
    design = shifts.design[:, gone]
    touched = design.any(axis=1)
    jacobian = float(_jacobian(study)[touched].sum())

    def log_likelihood(theta: Float[Array, "kept"]) -> tuple[Array, Array]:
        terms, seen, ok = evaluate(_whole(self, theta))
        if not touched.any():
            return terms, ok
        closed = marginal_total(_affine(self, seen, touched), jnp.asarray(self.mean), jnp.asarray(self.sd)) - jacobian
        return jnp.concatenate([terms[~touched], closed[None]]), ok

    own = {study.unknowns[i].name: study.unknowns[i].prior.distribution() for i in kept}
    self = Marginal(study, evaluate, kept, gone, on_log, np.array([p.parameters[0] for p in priors]),
                    np.array([p.parameters[1] for p in priors]), design, _measured(study), Problem(own, log_likelihood))
    return self


def _whole(m: Marginal, theta: Array) -> Array:
    """The kept parameters beside the others at the centre of their prior."""
    whole = jnp.zeros(len(m.study.names)).at[m.kept].set(theta)
    return whole.at[m.gone].set(jnp.where(m.on_log, jnp.exp(m.mean), m.mean))


def _affine(m: Marginal, seen: Prediction, rows: Bool[np.ndarray, "measurement"]) -> Affine:
    """Measured minus predicted with the parameters at 0 (on their scale), where the noise is symmetric, of these rows."""
    residual = (m.measured - seen.location + m.design @ m.mean)[rows]
    return Affine(residual, jnp.asarray(m.design[rows]), seen.scale[rows])


def _measured(study: Study) -> Float[np.ndarray, "measurement"]:
    found = np.zeros(len(study.measurements))
    for r in study.readouts:
        found[r.rows] = np.asarray(on_scale(r.row.family, jnp.asarray(study.measurements.value[r.rows])))
    return found


def _jacobian(study: Study) -> Float[np.ndarray, "measurement"]:
    """ln of (derivative of the measured value with respect to its logarithm): what a density of y has beyond one of ln y."""
    found = np.zeros(len(study.measurements))
    for r in study.readouts:
        base = FAMILIES[r.row.family][1]
        found[r.rows] = np.log(study.measurements.value[r.rows] * base) if base else 0.0
    return found


@dataclass(frozen=True, eq=False)
class _Shifts:
    """How predictions move with each unknown, or its logarithm: `design` (measurement, unknown); what else it moves."""

    design: np.ndarray
    cells: np.ndarray
    noise: np.ndarray
    bends: np.ndarray


def _shifts(study: Study) -> _Shifts:
    """Derivatives at three made-up states of the dishes; a pure shift has the same derivative at all of them."""
    on_log = jnp.asarray([u.prior.family == "log-normal" for u in study.unknowns])
    n = len(study.times)

    def seen(b: Array, species: Array) -> tuple[Array, Array, Array]:
        theta = jnp.where(on_log, jnp.exp(b), b)
        p = predict(study, theta, Trajectory(species, jnp.ones(n, bool), jnp.zeros(n, int), jnp.zeros(n, int)))
        parameters, schedule = lanes(study, theta)
        return p.location, p.scale, jnp.concatenate([jnp.ravel(x) for x in (parameters, schedule.inputs, schedule.add)])

    slopes = jax.jit(jax.jacfwd(seen))
    rng = np.random.default_rng(0)
    found = [[np.asarray(x) for x in slopes(jnp.asarray(0.3 * rng.standard_normal(len(study.names))),
                                            jnp.asarray(np.exp(rng.standard_normal((*study.times.shape, len(study.system.species))))))]
             for _ in range(3)]
    location, scale, cells = (np.stack(x) for x in zip(*found, strict=True))
    return _Shifts(np.round(location[0], 9), np.any(cells != 0, axis=(0, 1)), np.any(scale != 0, axis=(0, 1)),
                   np.any(np.abs(location - location[:1]) > 1e-9, axis=(0, 1)))


def _why_not(study: Study, i: int, shifts: _Shifts) -> str | None:
    """Why unknown `i` cannot be integrated out, in words."""
    prior, move = study.unknowns[i].prior, shifts.design[:, i]
    if prior.family not in ("log-normal", "normal"):
        return f"its prior is {prior.family}, not normal or log-normal"
    on_log = prior.family == "log-normal"
    mean, sd = prior.parameters
    low, high = (np.log(max(x, 1e-300)) if on_log else x for x in (prior.lower, prior.upper))
    if norm.cdf((low - mean) / sd) + norm.sf((high - mean) / sd) > OUTSIDE:
        return "its bounds cut more than a thousandth off its prior"
    for found, words in ((shifts.cells, "the cells depend on it"), (shifts.noise, "the noise depends on it"),
                         (shifts.bends, "predictions do not shift by it alone")):
        if found[i]:
            return words
    if not move.any():
        return "no measurement depends on it"
    for r in study.readouts:
        rows = move[r.rows] != 0
        if rows.any() and (FAMILIES[r.row.family][0] != "normal" or r.row.degrees is not None):
            return f"the noise of {r.row.id} is not normal"
        if rows.any() and (FAMILIES[r.row.family][1] != 0.0) != on_log:
            return f"the noise of {r.row.id} is symmetric on another scale than the prior"
        if (rows & (study.measurements.censored[r.rows] != 0)).any():
            return f"{r.row.id} has measurements beyond a limit of detection"
    return None
