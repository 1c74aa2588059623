"""Published statements that exclude each other, as what they free and what they hold: seven of estradiol, two
of bortezomib.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.catalogue import BORTEZOMIB, EFFECTS, HYPOTHESES


@dataclass(frozen=True)
class Reading:
    """One statement: the parameters it frees, and at which values it holds those that others free (0 where
    not named).
    """

    name: str
    sentence: str
    free: tuple[str, ...]
    held: Mapping[str, float]


@dataclass(frozen=True)
class RivalReadings:
    """Statements about one agent, of which one is right; the first is that against which the others are
    weighed.

    Attributes:
        input: of the network, that the agent is; word: its name in a sentence; title: of reports.
        dose: nM at which the fingerprints of the statements are shown; before: from the pre-culture on,
            rather than from 0.
        against: the first statement in a sentence; present: what all others say, or "" where that is no
            statement.
    """

    input: str
    word: str
    title: str
    dose: float
    before: bool
    against: str
    present: str
    readings: tuple[Reading, ...]

    @property
    def effects(self) -> tuple[str, ...]:
        """Everything that some statement frees."""
        return tuple(dict.fromkeys(n for r in self.readings for n in r.free))

    def sentence(self, name: str) -> str:
        """What a statement says."""
        return next(r.sentence for r in self.readings if r.name == name)


ESTRADIOL = RivalReadings(
    "E2",
    "estradiol",
    "Estradiol hypotheses",
    10.0,
    True,
    "no effect (H0)",
    "estradiol acts on the cell at all",
    tuple(
        Reading(h.name, h.sentence, (h.free,) if h.free else (), dict.fromkeys(EFFECTS, 0.0))
        for h in HYPOTHESES.values()
    ),
)
TWO_VARIANTS = RivalReadings(
    "btz",
    "bortezomib",
    "Bortezomib's action on NF-kB",
    20.0,
    False,
    "saving IkBa (A)",
    "",
    tuple(Reading(v.name, v.sentence, tuple(v.beliefs), dict(v.parameters)) for v in BORTEZOMIB.values()),
)
