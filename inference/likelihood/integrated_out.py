"""A study without the parameters of its instruments: scales, offsets, blanks and noises integrated out of the
likelihood.

Pure shifts in closed form: ln y = ln s + ln x + e with a log-normal prior on s, or y = o + x + e with a
normal prior on
o: the prediction moves by the same amount whatever the cell does. Blanks and noises by quadrature, where each
belongs to
one instrument (`inference.likelihood.quadrature`). All are drawn afterwards, given the cells. What is left to
the sampler is the
cell; the funnels between a noise and what it lets the cell do are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Array, Bool, Float

from inference.likelihood.closed_forms import Affine, draw, marginal_total
from inference.likelihood.integrable import (
    groups_of,
    instrument_of,
    moves_of,
    why_no_instrument,
    why_no_nodes,
    why_no_shift,
)
from inference.likelihood.likelihood import Prediction
from inference.likelihood.noise_models import FAMILIES, on_scale
from inference.likelihood.problem import Priors, Problem
from inference.likelihood.quadrature import (
    NONE,
    Axis,
    Instrument,
    at,
    draw_cell,
    draw_shift,
    log_likelihoods,
)
from inference.study.study import Study, StudyError

Dishes = Callable[[Float[Array, " unknown"]], Any]
Seen = Callable[
    [Float[Array, " unknown"], Any], tuple[Float[Array, " measurement"], Prediction, Bool[Array, ""]]
]


@dataclass(frozen=True, eq=False)
class Marginal:
    """A study whose `gone` parameters are integrated out.

    Attributes:
        dishes, seen: parameters -> what the cells do; parameters and that -> terms, prediction, whether all
            could be solved.
        kept: positions of the unknowns that are sampled.
        shifts: positions of those integrated in closed form; (shift,) `on_log`: it acts by its logarithm;
            `mean`, `sd` of
            the normal prior of the parameter or of its logarithm.
        design: (measurement, shift) how the location moves with it.
        instruments: those with a blank or a noise to integrate out.
        plain: (measurement,) moved by shifts alone.
        measured: (measurement,) values on the scale on which their noise is symmetric.
        jacobian: (measurement,) ln of the derivative of that scale's inverse: what a density of y has beyond
            one of ln y.
        problem: the posterior of the kept parameters; each instrument is one term of its likelihood.
    """

    study: Study
    dishes: Dishes
    seen: Seen
    kept: np.ndarray
    shifts: np.ndarray
    on_log: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    design: np.ndarray
    instruments: tuple[Instrument, ...]
    plain: np.ndarray
    measured: np.ndarray | Array
    jacobian: np.ndarray | Array
    problem: Problem

    @property
    def gone(self) -> np.ndarray:
        """Positions of all unknowns that are integrated out."""
        return np.setdiff1d(np.arange(len(self.study.names)), self.kept)

    def place(self, shift: int) -> int:
        """Where an unknown stands among the shifts."""
        return int(np.flatnonzero(self.shifts == shift)[0])

    def given(self, values: Float[Array, " measurement"], seen: Seen) -> Marginal:
        """The same with other measured values, which may be traced; `seen`: of those values."""
        measured = replace(
            self, seen=seen, measured=_on_scales(self.study, values), jacobian=_jacobian(self.study, values)
        )
        return replace(measured, problem=_posterior(measured))

    def complete(
        self, key: Array, theta: Float[Array, " kept"]
    ) -> tuple[Float[Array, " unknown"], Float[Array, ""]]:
        """All unknowns, the kept ones beside one draw of the others given them and the data; and the error of
        the quadrature.

        The error is the largest difference, over blanks and noises, between ln of the integral by the nodes
        of the likelihood and by the fine cells from which the draw is taken.
        """
        whole, errors = _whole(self, theta), [jnp.asarray(0.0)]
        dishes, own = self.dishes(whole), self.instruments
        bends, noises, shifts = (jax.random.split(k, len(own) + 1) for k in jax.random.split(key, 3))
        as_drawn = [NONE.value] * len(own)

        def drawn(axis: Axis, key: Array, by_node: Array, by_cell: Array) -> None:
            nonlocal whole
            if axis.unknown is not None:
                errors.append(jnp.abs(logsumexp(by_node) - logsumexp(by_cell)))
                whole = whole.at[axis.unknown].set(
                    at(self.study.unknowns[axis.unknown], draw_cell(key, by_cell))
                )

        sd = _scales(self, whole, dishes, [i.noise.value for i in own])
        off = _residuals(self, whole, dishes, [i.bend.value for i in own])
        fine = _residuals(self, whole, dishes, [i.bend.cell for i in own])
        for i, k, s, r, f in zip(own, bends[:-1], sd, off, fine, strict=True):
            drawn(
                i.bend,
                k,
                *(
                    logsumexp(_table(self, i, x, s) + w[:, None] + i.noise.log_weight, axis=1)
                    for x, w in ((r, i.bend.log_weight), (f, i.bend.log_mass))
                ),
            )
        off = _residuals(self, whole, dishes, as_drawn)
        fine = _scales(self, whole, dishes, [i.noise.cell for i in own])
        for i, k, r, s, f in zip(own, noises[:-1], off, sd, fine, strict=True):
            drawn(
                i.noise,
                k,
                *(_table(self, i, r, x)[0] + w for x, w in ((s, i.noise.log_weight), (f, i.noise.log_mass))),
            )
        sd = _scales(self, whole, dishes, as_drawn)
        for i, k, r, s in zip(own, shifts[:-1], off, sd, strict=True):
            if i.shift is not None:
                j = self.place(i.shift)
                b = self.mean[j] + draw_shift(k, r[0], s[0], jnp.asarray(self.design[i.rows, j]), self.sd[j])
                whole = whole.at[i.shift].set(jnp.exp(b) if self.on_log[j] else b)
        free = ~np.isin(self.shifts, [i.shift for i in own if i.shift is not None])
        if free.any():
            _, seen, _ = self.seen(_whole(self, theta), dishes)
            b = draw(
                shifts[-1],
                _affine(self, seen, free),
                jnp.asarray(self.mean[free]),
                jnp.asarray(self.sd[free]),
            )
            whole = whole.at[self.shifts[free]].set(jnp.where(self.on_log[free], jnp.exp(b), b))
        return whole, jnp.max(jnp.stack(errors))


def candidates(study: Study) -> tuple[str, ...]:
    """Unknowns that can be integrated out: pure shifts, and blanks and noises that no other instrument
    shares.
    """
    moves = moves_of(study)
    shifts = [i for i in range(len(study.names)) if why_no_shift(study, i, moves) is None]
    nodes = [i for i in range(len(study.names)) if i not in shifts and why_no_nodes(study, i, moves) is None]
    fit = [
        i
        for group in groups_of(moves, [*shifts, *nodes])
        if why_no_instrument(study, group, shifts, moves) is None
        for i in group
    ]
    return tuple(study.names[i] for i in sorted({*shifts, *fit}))


def marginal(study: Study, names: Sequence[str], dishes: Dishes, seen: Seen) -> Marginal:
    """Integrate `names` out.

    Args:
        dishes, seen: see `Marginal` (`parts.Split`).

    Raises:
        StudyError: a parameter that cannot be integrated out, and why.
    """
    moves = moves_of(study)
    gone = [study.names.index(n) for n in names]
    shifts = [i for i in gone if why_no_shift(study, i, moves) is None]
    for i in set(gone) - set(shifts):
        if reason := why_no_nodes(study, i, moves):
            raise _refused(study.names[i], reason)
    instruments = []
    for group in groups_of(moves, gone):
        if set(group) <= set(shifts):
            continue
        if reason := why_no_instrument(study, group, shifts, moves):
            raise _refused(study.names[min(set(group) - set(shifts))], reason)
        instruments.append(instrument_of(study, group, shifts, moves))
    priors = [study.unknowns[i].prior for i in shifts]
    design = np.round(moves.location[0][:, shifts], 9)
    in_instruments = np.concatenate([np.zeros(0, int), *(i.rows for i in instruments)])
    plain = design.any(axis=1) & ~np.isin(np.arange(len(design)), in_instruments)
    values = jnp.asarray(study.measurements.value)
    kept = np.setdiff1d(np.arange(len(study.names)), gone)
    own = {study.unknowns[i].name: study.unknowns[i].prior.distribution() for i in kept}
    found = Marginal(
        study,
        dishes,
        seen,
        kept,
        np.array(shifts, int),
        np.array([p.family == "log-normal" for p in priors], bool),
        np.array([p.parameters[0] for p in priors]),
        np.array([p.parameters[1] for p in priors]),
        design,
        tuple(instruments),
        plain,
        measured_on_scale(study),
        np.asarray(_jacobian(study, values)),
        Problem(Priors(own), lambda theta: (theta, jnp.asarray(True))),
    )
    return replace(found, problem=_posterior(found))


def _posterior(m: Marginal) -> Problem:
    """The posterior of the kept parameters, given what was measured."""
    rows = np.arange(len(m.design))
    in_instruments = np.concatenate([np.zeros(0, int), *(i.rows for i in m.instruments)])
    alone = ~m.plain & ~np.isin(rows, in_instruments)
    free = m.design[m.plain].any(axis=0)

    def log_likelihood(theta: Float[Array, " kept"]) -> tuple[Array, Array]:
        whole = _whole(m, theta)
        cells = m.dishes(whole)
        terms, predicted, ok = m.seen(whole, cells)
        found = [terms[alone]]
        if m.plain.any():
            total = marginal_total(
                _affine(m, predicted, free), jnp.asarray(m.mean[free]), jnp.asarray(m.sd[free])
            )
            found.append((total - m.jacobian[m.plain].sum())[None])
        off = _residuals(m, whole, cells, [i.bend.value for i in m.instruments])
        sd = _scales(m, whole, cells, [i.noise.value for i in m.instruments])
        found += [
            (
                logsumexp(_table(m, i, r, s) + i.bend.log_weight[:, None] + i.noise.log_weight)
                - m.jacobian[i.rows].sum()
            )[None]
            for i, r, s in zip(m.instruments, off, sd, strict=True)
        ]
        return jnp.concatenate(found), ok

    return Problem(m.problem.priors, log_likelihood)


def _refused(name: str, reason: str) -> StudyError:
    return StudyError(f"parameter {name}: cannot be integrated out: {reason}: keep it among the unknowns")


def _whole(m: Marginal, theta: Array) -> Array:
    """The kept parameters beside the others: shifts at the centre of their prior, the rest at their middle
    node.
    """
    whole = jnp.zeros(len(m.study.names)).at[m.kept].set(theta)
    for i in m.instruments:
        for parameter in (i.bend, i.noise):
            if parameter.unknown is not None:
                whole = whole.at[parameter.unknown].set(parameter.value[len(parameter.value) // 2])
    return whole.at[m.shifts].set(jnp.where(m.on_log, jnp.exp(m.mean), m.mean))


def _affine(m: Marginal, seen: Prediction, free: Bool[np.ndarray, " shift"]) -> Affine:
    """Plain measurements less predicted with these shifts at 0 (on their scale), where the noise is
    symmetric.
    """
    design = m.design[:, free]
    residual = (m.measured - seen.location + design @ m.mean[free])[m.plain]
    return Affine(residual, jnp.asarray(design[m.plain]), seen.scale[m.plain])  # pyright: ignore[reportArgumentType]  arrays of NumPy are taken as they are


def _variants(
    m: Marginal, whole: Array, dishes: Any, axes: Sequence[Axis], values: Sequence[np.ndarray]
) -> Prediction:
    """What is predicted with the parameter of each axis at its k-th value, all at once: (value,
    measurement).
    """
    most = max(map(len, values), default=1)
    points = jnp.broadcast_to(whole, (most, len(whole)))
    for a, v in zip(axes, values, strict=True):
        if a.unknown is not None and not np.isnan(v[0]):
            points = points.at[:, a.unknown].set(jnp.asarray(np.resize(v, most)))
    return jax.vmap(lambda theta: m.seen(theta, dishes)[1])(points)


def _residuals(
    m: Marginal, whole: Array, dishes: Any, values: Sequence[np.ndarray]
) -> list[Float[Array, "value row"]]:
    """Measured less predicted of each instrument, for these values of its blank (NaN: as it is in
    `whole`).
    """
    found = m.measured - _variants(m, whole, dishes, [i.bend for i in m.instruments], values).location
    return [found[: len(v), i.rows] for i, v in zip(m.instruments, values, strict=True)]  # pyright: ignore[reportReturnType]  arrays of NumPy are taken as they are


def _scales(
    m: Marginal, whole: Array, dishes: Any, values: Sequence[np.ndarray]
) -> list[Float[Array, "value row"]]:
    """Sd of the noise of each instrument, for these values of its noise (NaN: as it is in `whole`)."""
    found = _variants(m, whole, dishes, [i.noise for i in m.instruments], values).scale
    return [found[: len(v), i.rows] for i, v in zip(m.instruments, values, strict=True)]


def _table(
    m: Marginal, i: Instrument, residual: Float[Array, "bend row"], sd: Float[Array, "noise row"]
) -> Float[Array, "bend noise"]:
    if i.shift is None:
        return log_likelihoods(residual, sd, jnp.zeros(len(i.rows)), 1.0)
    j = m.place(i.shift)
    return log_likelihoods(residual, sd, jnp.asarray(m.design[i.rows, j]), m.sd[j])


def measured_on_scale(study: Study) -> Float[np.ndarray, " measurement"]:
    return np.asarray(_on_scales(study, jnp.asarray(study.measurements.value)))


def _on_scales(study: Study, values: Float[Array, " measurement"]) -> Float[Array, " measurement"]:
    found = jnp.zeros(len(study.measurements))
    for r in study.readouts:
        found = found.at[r.rows].set(on_scale(r.row.family, values[r.rows]))
    return found


def _jacobian(study: Study, values: Float[Array, " measurement"]) -> Float[Array, " measurement"]:
    """ln of (derivative of the measured value with respect to its logarithm): what a density of y has beyond
    one of ln y.
    """
    found = jnp.zeros(len(study.measurements))
    for r in study.readouts:
        base = FAMILIES[r.row.family][1]
        found = found.at[r.rows].set(jnp.log(values[r.rows] * base) if base else 0.0)
    return found
