"""Months of tumour burden from a few simulated cycles: the reduction, and what a clinic measures of it.

Each clone's growth and death within each day of the first three cycles of a phase, at two densities, come
from the whole network (`patient_cell`); later cycles are taken to be like the third. Between the densities
they go with N/(N + K), as the signals that depend on density do. The sum of the clones is the density of all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.course.regimen import Phase, Regimen

DENSE, SPARSE = 1.0, 1e-4  # 1e6/mL of the model: at diagnosis, and with hardly a cell left
HALF = 0.5  # 1e6/mL at half of what depends on density (K_STN, K_RLN, K_OB of the niche)
ALIKE = 3  # cycles of a phase that are simulated; the others are like the last of them
LOWEST = 1e-14  # of the burden at diagnosis: less than a cell, the clone is gone


def simulated_part(regimen: Regimen) -> Regimen:
    """The regimen with no phase longer than the cycles that are simulated."""
    phases = tuple(Phase(f.length, min(ALIKE, f.cycles or ALIKE), f.prescriptions) for f in regimen.phases)
    return Regimen(regimen.words, phases)


def days_of(regimen: Regimen) -> int:
    """Days of a regimen all of whose phases end."""
    return sum(f.length * (f.cycles or 0) for f in regimen.phases)


def day_of_each(regimen: Regimen, days: int) -> np.ndarray:
    """For each day of the course, the day of the simulated part that it is like; -1 after the last cycle.

    Example:
        >>> from models.course.regimen_words import read_regimen
        >>> day_of_each(read_regimen("dexamethasone 20 mg d1 q2d x4"), 10).tolist()
        [0, 1, 2, 3, 4, 5, 4, 5, -1, -1]
    """
    like: list[int] = []
    begin = 0
    for phase in regimen.phases:
        done = 0
        kept = min(ALIKE, phase.cycles or ALIKE)
        while len(like) < days and (phase.cycles is None or done < phase.cycles):
            first = begin + min(done, kept - 1) * phase.length
            like += range(first, first + phase.length)
            done += 1
        begin += kept * phase.length
    return np.array(like[:days] + [-1] * (days - len(like)))


@dataclass(frozen=True)
class DailyRates:
    """A day's growth, death (ln of the cells) and osteoclasts of each clone at the two densities, the sparse
    first.

    The last day of the axis is one without drugs.
    """

    grown: Float[np.ndarray, "density patient clone day"]
    killed: Float[np.ndarray, "density patient clone day"]
    osteoclasts: Float[np.ndarray, "density patient clone day"]


@dataclass(frozen=True)
class Clocks:
    """How much slower a patient's tumour grows and dies than a dish, and the density that it can reach.

    `grow` and `die` multiply growth and death of the dish; `most` is `Nmax`, 1e6/mL.
    """

    grow: Float[np.ndarray, " patient"]
    die: Float[np.ndarray, " patient"]
    most: Float[np.ndarray, " patient"]


@dataclass(frozen=True)
class BoneTurnover:
    """Bone remodelled, % a day, and how much the densest tumour suppresses its building (`a_OB`)."""

    rate: Float[np.ndarray, " patient"]
    suppression: Float[np.ndarray, " patient"]


@dataclass(frozen=True)
class Course:
    """Cells of each clone over their sum at diagnosis, and bone (%), at the start of each day."""

    cells: Float[np.ndarray, "day patient clone"]
    bone: Float[np.ndarray, "day patient"]

    @property
    def burden(self) -> Float[np.ndarray, "day patient"]:
        """All cells over those at diagnosis."""
        return self.cells.sum(-1)


def between(density: Float[np.ndarray, " patient"]) -> Float[np.ndarray, " patient"]:
    """Where a density lies between the two simulated ones: 0 at the sparse, 1 at the dense one."""
    h = lambda n: n / (n + HALF)  # noqa: E731
    return (h(density) - h(SPARSE)) / (h(DENSE) - h(SPARSE))


def grow_to_double(
    rates: DailyRates, shares: Float[np.ndarray, "patient clone"], die: Float[np.ndarray, " patient"],
    doubling: Float[np.ndarray, " patient"], most: Float[np.ndarray, " patient"],
) -> Clocks:  # fmt: skip
    """The clocks with which the untreated tumour doubles in so many days at diagnosis.

    Args:
        shares: of each clone before treatment. die: the clock of death.
    """
    grown = (shares * rates.grown[1, :, :, -1]).sum(-1)
    killed = (shares * rates.killed[1, :, :, -1]).sum(-1)
    return Clocks((np.log(2) / doubling + die * killed) / grown, die, most)


def burden(
    rates: DailyRates,
    like: np.ndarray,
    shares: Float[np.ndarray, "patient clone"],
    clocks: Clocks,
    bone: BoneTurnover,
    contact: float = 1.0,
) -> Course:
    """The course of every patient, day by day, by the reduction.

    Args:
        like: for each day, the day of `rates` that it is like (`day_of_each`); -1 without drugs.
    """
    room = 1 - np.array([SPARSE, DENSE])[:, None, None, None] / clocks.most[None, :, None, None]
    per_room = rates.grown / room
    ln, z = np.log(shares), np.full(len(shares), 100.0)
    cells, bones = [], []
    for day in like:
        now = np.exp(ln)
        cells.append(now)
        bones.append(z)
        density = DENSE * now.sum(-1)
        w = between(density)[:, None]
        at = lambda x, day=day, w=w: (1 - w) * x[0, :, :, day] + w * x[1, :, :, day]  # noqa: E731
        left = (1 - density / clocks.most)[:, None]
        ln = ln + clocks.grow[:, None] * at(per_room) * left - clocks.die[:, None] * at(rates.killed)
        ln = np.where(ln < np.log(LOWEST), -np.inf, ln)
        part = now / np.maximum(now.sum(-1, keepdims=True), 1e-300)
        active = (part * at(rates.osteoclasts)).sum(-1)
        active = np.where(now.sum(-1) > 0, active, rates.osteoclasts[0, :, 0, -1])
        built = 1 / (1 + bone.suppression * contact * density / (density + HALF))
        z = z + bone.rate * (built - active * z / 100)
    return Course(np.array(cells), np.array(bones))
