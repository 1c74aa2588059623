"""How strong a feedback is: by knocking it out, and by opening the autocrine loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import ArrayLike, Float

from models.catalogue import PRESETS, Preset
from models.dish import dish
from models.engine.protocol import Period, Protocol
from models.network import Network


@dataclass(frozen=True)
class Knockout:
    """A feedback, what removes it, and the read-out that tells its strength (with over without)."""

    name: str
    parameters: Mapping[str, float]
    stimulus: Mapping[str, float]
    il6: float
    species: str
    minutes: float
    of_peak: bool
    meaning: str


KNOCKOUTS: dict[str, Knockout] = {
    k.name: k
    for k in (
        Knockout(
            "SOCS3",
            {"k_mS": 0.0, "k_mS0": 0.0},
            {},
            10.0,
            "pS",
            120.0,
            True,
            "pSTAT3 at 120 min over its peak, IL-6 10 ng/mL",
        ),
        Knockout(
            "IkBa",
            {"c1a": 0.0, "c0a": 9.05e-4},
            {"TNF": 10.0},
            0.0,
            "NFn",
            120.0,
            True,
            "nuclear NF-kB at 120 min over its peak, TNF 10 ng/mL; c0a keeps the resting level (c3a times "
            "resting mRNA)",
        ),
        Knockout("autocrine", {"g_auto": 0.0}, {}, 0.0, "IL6", 2880.0, False, "IL-6 after 48 h"),
    )
}


def knockout_dishes(
    network: Network, knockout: Knockout, preset: Preset = PRESETS["mm1s"]
) -> tuple[Protocol, Protocol]:
    """The dish with the feedback and the one without."""
    made = [
        dish(
            network,
            f"{knockout.name}_{name}",
            preset=preset,
            il6=knockout.il6,
            inputs=knockout.stimulus,
            parameters=p,
        )
        for name, p in (("on", {}), ("off", knockout.parameters))
    ]
    return made[0], made[1]


def knockout_value(
    knockout: Knockout, times: Float[ArrayLike, " time"], values: Float[ArrayLike, " time"]
) -> float:
    """The read-out of one dish from the course of its species; `times` in min must reach
    `knockout.minutes`.
    """
    t, v = np.asarray(times), np.asarray(values)
    late = float(np.interp(knockout.minutes, t, v))
    return late / float(v[t <= knockout.minutes].max()) if knockout.of_peak else late


def loop_dishes(
    levels: Sequence[float], preset: Preset = PRESETS["mm1s"], minutes: float = 28800.0
) -> tuple[Protocol, ...]:
    """The autocrine loop opened: IL-6 held at each level (ng/mL) until the cell has settled, density kept;
    ends at t = 0.
    """
    held = {"frozen": 1.0, "clamped": 1.0}
    return tuple(
        Protocol(f"loop_{q:g}", (Period(-minutes, held, {"IL6": q}), Period(0.0)), dict(preset.parameters))
        for q in levels
    )


def loop_gain(
    levels: Float[ArrayLike, " level"], mIL6: Float[ArrayLike, " level"]
) -> Float[np.ndarray, " level-1"]:
    """Gain d ln(mIL6) / d ln(IL-6) between neighbouring levels (above 0); a switch needs more than 1."""
    return np.diff(np.log(np.asarray(mIL6))) / np.diff(np.log(np.asarray(levels)))
