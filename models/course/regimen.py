"""A regimen as facts: which drug, how much, on which days of which cycles, phase after phase."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

DAY = 24.0  # h


@dataclass(frozen=True)
class Prescribable:
    """What the reader must know of a drug: its routes, the usual one first, and the largest dose in mg."""

    name: str
    routes: tuple[str, ...]
    largest: float


@dataclass(frozen=True)
class Prescription:
    """One drug within a phase.

    Attributes:
        drug: its own name.
        amount: of each dose, in `unit`: mg, mg/m2 or mg/kg.
        route: po, sc or iv.
        days: of the phase's cycle on which it is given, the first is 1.
        a_day: doses on such a day, evenly apart.
    """

    drug: str
    amount: float
    unit: str
    route: str
    days: tuple[int, ...]
    a_day: int = 1


@dataclass(frozen=True)
class Phase:
    """Cycles of `length` days, all alike; `cycles` None: until the end."""

    length: int
    cycles: int | None
    prescriptions: tuple[Prescription, ...]


@dataclass(frozen=True)
class DoseGiven:
    """One dose: the hour since the start of the regimen, and how much of what, by which route."""

    drug: str
    hour: float
    amount: float
    unit: str
    route: str


@dataclass(frozen=True)
class Regimen:
    """Phases in their order, and the words that they were read from."""

    words: str
    phases: tuple[Phase, ...]

    @property
    def drugs(self) -> tuple[str, ...]:
        """Every drug, in the order in which it is named."""
        return tuple(dict.fromkeys(p.drug for f in self.phases for p in f.prescriptions))

    def cycles(self, days: float) -> Iterator[tuple[float, Phase]]:
        """Every cycle that begins before so many days: its first day, counted from 0, and its phase."""
        start = 0.0
        for phase in self.phases:
            done = 0
            while start < days and (phase.cycles is None or done < phase.cycles):
                yield start, phase
                start, done = start + phase.length, done + 1

    def doses(self, days: float) -> tuple[DoseGiven, ...]:
        """Every dose before the end of so many days, in order of time.

        Example:
            >>> from models.course.regimen_words import read_regimen
            >>> vd = read_regimen("bortezomib 1.3 mg/m2 d1,4,8,11 q21d x8")
            >>> [d.hour / 24 for d in vd.doses(25)]
            [0.0, 3.0, 7.0, 10.0, 21.0, 24.0]
        """
        given = [d for start, phase in self.cycles(days) for d in one_cycle(phase, start * DAY)]
        return tuple(sorted((d for d in given if d.hour < days * DAY), key=lambda d: d.hour))


def one_cycle(phase: Phase, start: float = 0.0) -> list[DoseGiven]:
    """The doses of one cycle that begins at the hour `start`."""
    return [
        DoseGiven(p.drug, start + (day - 1) * DAY + k * DAY / p.a_day, p.amount, p.unit, p.route)
        for p in phase.prescriptions
        for day in p.days
        for k in range(p.a_day)
    ]
