"""Levels of a drug in many patients at once: linear compartments, solved exactly by the matrix exponential.

A dose enters a depot (or the first of a row of transit compartments) or, by vein, the centre at a constant
rate for the time of the infusion. x' = A x + r, and the integral of the central level is one more row of the
same system, so that the mean over an interval is exact too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.course.exponential import exponentials

Values = Float[np.ndarray, " patient"]
SAME = 1e-9  # h; two gaps of a timeline that differ by less are one


@dataclass(frozen=True)
class Compartments:
    """The constants of one drug in each patient.

    Attributes:
        absorption: rate into the centre, 1/h; of each of `transits` compartments before it.
        transits: compartments between the dose and the centre; one is a depot.
        available: share of a dose by mouth or under the skin that arrives.
        clearance: L/h. central: L.
        peripherals: (exchange in L/h, volume in L) of each further compartment.
    """

    absorption: Values
    transits: int
    available: Values
    clearance: Values
    central: Values
    peripherals: tuple[tuple[Values, Values], ...] = ()

    @property
    def patients(self) -> int:
        return len(self.clearance)

    @property
    def centre(self) -> int:
        """Row of the central compartment."""
        return self.transits

    def matrix(self) -> Float[np.ndarray, "patient row row"]:
        """A, with two rows more: the rate of an infusion, held, and the integral of the central level."""
        n = self.transits + 1 + len(self.peripherals)
        a = np.zeros((self.patients, n + 2, n + 2))
        for i in range(self.transits):
            a[:, i, i] = -self.absorption
            a[:, i + 1, i] = self.absorption
        c = self.centre
        a[:, c, c] = -self.clearance / self.central
        for k, (exchange, volume) in enumerate(self.peripherals, start=c + 1):
            a[:, c, c] -= exchange / self.central
            a[:, k, c] = exchange / self.central
            a[:, c, k] = exchange / volume
            a[:, k, k] = -exchange / volume
        a[:, c, n] = 1.0
        a[:, n + 1, c] = 1.0 / self.central
        return a


@dataclass(frozen=True)
class Entering:
    """One dose of each patient (mg) at an hour; `infused` h into a vein, or None by the depot."""

    hour: float
    amount: Values
    infused: float | None = None


def mean_levels(
    body: Compartments, doses: Sequence[Entering], edges: Float[np.ndarray, " edge"]
) -> Float[np.ndarray, "patient interval"]:
    """Mean level in the central compartment (mg/L) over each interval between the `edges` (h, ascending).

    Example:
        >>> one = np.ones(1)
        >>> body = Compartments(one, 1, one, 2 * one, 10 * one)
        >>> dose = Entering(0.0, 100 * one, infused=0.0)
        >>> round(float(mean_levels(body, [dose], np.array([0.0, 500.0])).sum() * 500), 3)  # dose / clearance
        50.0
    """
    _, area = _solved(body, doses, np.asarray(edges, float))
    return np.maximum(np.diff(area, axis=1) / np.diff(edges), 0.0)  # never below it by rounding


def levels(
    body: Compartments, doses: Sequence[Entering], hours: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "patient time"]:
    """Level in the central compartment (mg/L) at these hours (ascending); at a dose, just before it."""
    centre, _ = _solved(body, doses, np.asarray(hours, float))
    return centre / body.central[:, None]


def _solved(
    body: Compartments, doses: Sequence[Entering], hours: Float[np.ndarray, " time"]
) -> tuple[np.ndarray, np.ndarray]:
    """Amount in the centre and integral of its level at each of the hours."""
    matrix, known = body.matrix(), {}
    rows = matrix.shape[1]
    state = np.zeros((body.patients, rows))
    ends = [d.hour + d.infused for d in doses if d.infused]
    clock = np.unique(np.round(np.array([0.0, *hours, *(d.hour for d in doses), *ends]) / SAME)) * SAME
    asked = {round(h / SAME): i for i, h in enumerate(hours)}
    centre, area = np.zeros((body.patients, len(hours))), np.zeros((body.patients, len(hours)))
    starting = {}
    for d in doses:
        starting.setdefault(round(d.hour / SAME), []).append(d)
        if d.infused:
            starting.setdefault(round((d.hour + d.infused) / SAME), []).append(
                Entering(d.hour + d.infused, -d.amount / d.infused, infused=np.inf)
            )
    before = clock[0]
    for t in clock:
        gap = round((t - before) / SAME)
        if gap:
            if gap not in known:
                known[gap] = exponentials(matrix * (gap * SAME))
            state = np.einsum("pij,pj->pi", known[gap], state)
        before, key = t, round(t / SAME)
        if key in asked:
            centre[:, asked[key]], area[:, asked[key]] = state[:, body.centre], state[:, rows - 1]
        for d in starting.get(key, ()):
            if d.infused is None:
                state[:, 0] += body.available * d.amount
            elif d.infused == 0:
                state[:, body.centre] += d.amount
            else:
                state[:, rows - 2] += d.amount if d.infused == np.inf else d.amount / d.infused
    return centre, area
