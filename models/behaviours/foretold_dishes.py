"""Words that behaviours written down beforehand share: dishes in series, viabilities, bands from the list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from models.behaviours.foretold import FORETOLD
from models.behaviours.foretold_of_cells import FORETOLD_OF_CELLS
from models.behaviours.record import Behaviour, Check, Trace, Tuning, WatchedDish, crossing, hours
from models.catalogue import niche
from models.dish import dish

Traces = Mapping[str, Trace]
Doses = Sequence[float] | np.ndarray
WRITTEN_BEFORE = {**FORETOLD, **FORETOLD_OF_CELLS}


def foretold(
    id: str,
    tuning: Tuning,
    plans: Sequence[WatchedDish],
    values: Callable[[Traces], Sequence[float]],
    parts: tuple[str, ...] = (),
) -> Behaviour:
    """The behaviour of that id: its words and bands are those of the list, `values` come in their order."""
    said = WRITTEN_BEFORE[id]

    def measure(t: Traces) -> tuple[Check, ...]:
        found = zip(said.bands, values(t), strict=True)
        return tuple(Check(b.what, float(v), b.low, b.high) for b, v in found)

    return Behaviour(id, said.protocol, said.evidence, tuning, tuple(plans), measure, parts, True)


def watched(name: str, at: np.ndarray, parts: tuple[str, ...] = (), **more: Any) -> WatchedDish:
    """A dish of the niche with these parts, looked at `at` (min)."""
    return WatchedDish(dish(niche(False, parts), name, **more), at)


def series(
    name: str,
    drug: str,
    doses: Doses,
    after: float,
    parts: tuple[str, ...] = (),
    beside: Mapping[str, float] | None = None,
    **more: Any,
) -> tuple[WatchedDish, ...]:
    """Vehicle and each dose (nM) of the drug, looked at after so many hours; `beside` is in all of them."""
    return tuple(
        watched(f"{name} {d:.4g}", hours(after), parts, inputs={**(beside or {}), drug: float(d)}, **more)
        for d in (0.0, *doses)
    )


def left(t: Traces, name: str, dose: float, vehicle: str | None = None) -> float:
    """Viability at the end of a dish of a series: cells over those of its vehicle."""
    return float(t[f"{name} {dose:.4g}"]["N"][-1] / t[vehicle or f"{name} 0"]["N"][-1])


def dose_for(t: Traces, name: str, doses: Doses, level: float = 0.5) -> float:
    """Dose (nM) at which the viability falls to `level`; NaN if it does not."""
    x = np.log(np.asarray(doses, dtype=float))
    return float(np.exp(crossing(x, np.array([left(t, name, d) for d in doses]), level)))


def over(t: Traces, species: str, minute: float, one: str, other: str) -> float:
    """Level of a species in one dish over that in another, at `minute`."""
    return t[one].at(species, minute) / t[other].at(species, minute)
