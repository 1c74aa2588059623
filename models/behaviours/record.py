"""The words of a behaviour: what is done, what must come out, within which band, and who measured it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float

from models.engine.protocol import Protocol

Tuning = Literal["tuned", "borrowed", "not tuned", "arithmetic"]


@dataclass(frozen=True)
class WatchedDish:
    """One dish of a behaviour: its protocol and the times (min) at which it is looked at."""

    protocol: Protocol
    times: Float[np.ndarray, " time"]


@dataclass(frozen=True)
class Trace:
    """What came out of a dish: every species by name over time, whether the solve succeeded, and the numbers
    of its cell, by name.
    """

    times: Float[np.ndarray, " time"]
    values: Mapping[str, Float[np.ndarray, " time"]]
    ok: bool = True
    numbers: Mapping[str, float] = field(default_factory=dict)

    def __getitem__(self, species: str) -> Float[np.ndarray, " time"]:
        return self.values[species]

    def at(self, species: str, minute: float) -> float:
        """Value at one of the times asked for."""
        i = int(np.argmin(np.abs(self.times - minute)))
        if abs(self.times[i] - minute) > 1e-9:
            raise KeyError(f"{species} at {minute} min: not among the times of this dish")
        return float(self.values[species][i])


@dataclass(frozen=True)
class Check:
    """A number and the band it must lie in, ends included."""

    what: str
    value: float
    low: float = -np.inf
    high: float = np.inf

    @property
    def met(self) -> bool:
        return bool(self.low <= self.value <= self.high)

    @property
    def band(self) -> str:
        if self.low == -np.inf:
            return f"<= {self.high:g}"
        return f">= {self.low:g}" if self.high == np.inf else f"{self.low:g} to {self.high:g}"


Measure = Callable[[Mapping[str, Trace]], tuple[Check, ...]]


@dataclass(frozen=True)
class Behaviour:
    """Something the model must do: protocol and evidence in words, dishes as data, and the checks on their
    traces.

    `tuning` says how much it proves: `tuned` = parameters were adjusted to hit it, `borrowed` = it follows
    from published parameters, `not tuned` = it came out, `arithmetic` = a property of the mathematics.
    `parts` are those of the network that it needs; `foretold`: its bands were written down before the model
    could show it.
    """

    id: str
    protocol: str
    evidence: str
    tuning: Tuning
    plans: tuple[WatchedDish, ...]
    measure: Measure = field(compare=False)
    parts: tuple[str, ...] = ()
    foretold: bool = False

    @property
    def proof(self) -> str:
        """How much it proves, in words."""
        return f"{self.tuning}; bands written before" if self.foretold else self.tuning

    def failure(self, check: Check) -> str:
        """One line that says what was done, what came out, what should have, and who says so."""
        return (
            f"{self.id}: {self.protocol}: {check.what} = {check.value:.4g}, band {check.band}; "
            f"{self.evidence}"
        )


def peak(trace: Trace, species: str) -> tuple[float, float]:
    """Time and height of the highest value."""
    i = int(np.argmax(trace[species]))
    return float(trace.times[i]), float(trace[species][i])


def peaks(trace: Trace, species: str) -> list[tuple[float, float]]:
    """Times and heights of the inner local maxima."""
    v = trace[species]
    inner = np.flatnonzero((v[1:-1] > v[:-2]) & (v[1:-1] >= v[2:])) + 1
    return [(float(trace.times[i]), float(v[i])) for i in inner]


def crossing(x: Float[np.ndarray, " point"], y: Float[np.ndarray, " point"], level: float) -> float:
    """First x at which y passes `level`, by straight lines between points; NaN if it does not."""
    side = np.sign(y - level)
    hits = np.flatnonzero(side[:-1] * side[1:] <= 0)
    if not len(hits):
        return float("nan")
    i = int(hits[0])
    return float(x[i] + (level - y[i]) / (y[i + 1] - y[i]) * (x[i + 1] - x[i]))


def minutes(end: float, step: float = 1.0) -> Float[np.ndarray, " time"]:
    """0 to `end` min, both included."""
    return np.linspace(0.0, end, round(end / step) + 1)


def hours(*at: float) -> Float[np.ndarray, " time"]:
    """0 and these hours, in min."""
    return np.array([0.0, *(60.0 * h for h in at)])
