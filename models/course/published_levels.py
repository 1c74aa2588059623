"""What was published of levels and of inhibition in blood, beside what the compartments give.

Bands are the published number with the spread between patients, or as wide as its words are vague.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.course.compartments import Entering, levels, mean_levels
from models.course.exposure import compartments, in_medium, plasma, typical_body
from models.course.patient_drugs import DRUGS_IN_PATIENTS
from models.course.proteasome import occupied
from models.course.regimen_words import read_regimen

Use = Literal["tuned", "not tuned"]


@dataclass(frozen=True)
class Level:
    """A published number, its band, and what the typical patient shows; `use`: whether it was tuned to."""

    what: str
    value: float
    low: float
    high: float
    use: Use
    citation: str

    @property
    def met(self) -> bool:
        return bool(self.low <= self.value <= self.high)


def peak_and_area(words: str, days: float = 1.0, course: float | None = None) -> tuple[float, float]:
    """Peak (ng/mL) and AUC (ng h/mL) of the one drug of a regimen over its last `days`."""
    regimen = read_regimen(words)
    drug, end = DRUGS_IN_PATIENTS[regimen.drugs[0]], course or days
    body = typical_body()
    whole = {"mg": 1.0, "mg/m2": float(body.surface[0]), "mg/kg": float(body.weight[0])}
    given = [
        Entering(d.hour, np.array([d.amount * whole[d.unit]]), drug.infused if d.route == "iv" else None)
        for d in regimen.doses(end)
    ]
    at = np.arange(24 * (end - days) + 2 / 60, 24 * end + 0.01, 1 / 60)  # blood is taken after 2 min
    model = compartments(drug, body)
    area = mean_levels(model, given, 24 * np.array([end - days, end])) * 24 * days
    return 1e3 * float(levels(model, given, at).max()), 1e3 * float(area[0, 0])


def inhibition(words: str, hours: np.ndarray) -> np.ndarray:
    """Share of the proteasome inhibited in the typical patient at these hours after the first dose."""
    doses, body = read_regimen(words).doses(30), typical_body()
    fine = np.concatenate([np.arange(0.0, 12.0, 0.1), np.arange(12.0, hours[-1] + 1, 1.0), hours])
    at = np.unique(np.round(fine, 6))  # no two that are one
    free = {}
    for name in ("bortezomib", "carfilzomib"):
        drug = DRUGS_IN_PATIENTS[name]
        free[name] = plasma(drug, doses, body, at) * 1e6 / drug.mass * drug.unbound.value
    medium = free["bortezomib"] / in_medium(DRUGS_IN_PATIENTS["bortezomib"])
    share = np.concatenate([[0.0], occupied(medium, free["carfilzomib"], np.diff(at), np.array([1.5]))[0]])
    return np.interp(hours, at, share)


def published_levels() -> tuple[Level, ...]:  # long: an entry a number
    """Every published number with what came out.

    Example:
        >>> {x.what: x.met for x in published_levels()}["venetoclax 400 mg, steady state: AUC, ug h/mL"]
        True
    """
    after = "; sd of the patients"
    btz = "bortezomib 1.3 mg/m2 {} d1,4,8,11 q21d x1"
    under, vein = (peak_and_area(btz.format(r), 3.0, 13.0) for r in ("sc", "iv"))
    cfz, ven = (
        peak_and_area("carfilzomib 27 mg/m2 d1 q28d"),
        peak_and_area("venetoclax 400 mg daily", 1.0, 14.0),
    )
    silt = peak_and_area("siltuximab 11 mg/kg q3w", 21.0, 252.0)
    len_, dex = peak_and_area("lenalidomide 10 mg d1 q28d"), peak_and_area("dexamethasone 20 mg d1 q28d", 2.0)
    rux = peak_and_area("ruxolitinib 5 mg d1 q28d")[0] / 306.37 * 1e3
    hours = np.array([*np.arange(0.1, 24.0, 0.1), 72.0, 84.0, 96.0])
    sc, iv = (inhibition(f"bortezomib 1.3 mg/m2 {r} d1 q21d", hours) for r in ("sc", "iv"))
    covalent = inhibition("carfilzomib 20 mg/m2 d1,2 q28d", np.array([1.0, 48.0]))
    low = inhibition("carfilzomib 15 mg/m2 d1,2 q28d", np.array([1.0]))
    table, label, mds = "PMC6151281, table" + after, "label", "Blood 2006 108:4854, abstract" + after
    return (
        Level("bortezomib sc: peak, ng/mL", under[0], 11.5, 29.3, "tuned", table),
        Level("bortezomib sc: AUC over 72 h, ng h/mL", under[1], 98, 212, "tuned", table),
        Level("bortezomib iv: peak, ng/mL", vein[0], 122, 324, "tuned", table),
        Level("bortezomib iv: AUC over 72 h, ng h/mL", vein[1], 108, 194, "tuned", table),
        Level("carfilzomib 27 mg/m2: peak, ng/mL", cfz[0], 2158, 6306, "tuned", label + after),
        Level("carfilzomib 27 mg/m2: AUC, ng h/mL", cfz[1], 284, 474, "tuned", label + after),
        Level("dexamethasone 20 mg: peak, ng/mL", dex[0], 190, 300, "tuned", "2020, abstract"),
        Level("dexamethasone 20 mg: AUC, ng h/mL", dex[1], 1200, 1450, "tuned", "2020, abstract"),
        Level("lenalidomide 10 mg: peak, ng/mL", len_[0], 113, 248, "tuned", mds),
        Level("lenalidomide 10 mg: AUC, ng h/mL", len_[1], 580, 1124, "tuned", mds),
        Level(
            "venetoclax 400 mg, steady state: peak, ug/mL", ven[0] / 1e3, 1.0, 3.2, "not tuned", label + after
        ),
        Level(
            "venetoclax 400 mg, steady state: AUC, ug h/mL",
            ven[1] / 1e3,
            15.9,
            49.7,
            "not tuned",
            label + after,
        ),
        Level("ruxolitinib 5 mg: peak, nM", rux, 130, 280, "not tuned", "label: 205 nM at 5 mg"),
        Level("siltuximab 11 mg/kg: peak, ug/mL", silt[0] / 1e3, 193, 471, "tuned", label + after),
        Level(
            "inhibited at most, bortezomib sc", sc.max(), 0.45, 0.85, "tuned", "64 % in blood (Moreau 2011)"
        ),
        Level("inhibited at most, bortezomib iv", iv.max(), 0.55, 0.85, "not tuned", "69 to 84 % in blood"),
        Level(
            "hours to that, bortezomib sc", float(hours[sc.argmax()]), 0.5, 4, "not tuned", "2 h, remembered"
        ),
        Level(
            "inhibited after 84 h, bortezomib sc", sc[-2], 0, 0.15, "tuned", "near baseline after 72 to 96 h"
        ),
        Level("inhibited 1 h after carfilzomib 15 mg/m2", low[0], 0.75, 1, "tuned", "80 % or more (label)"),
        Level(
            "inhibited 48 h after the first of two", covalent[1], 0.4, 1, "not tuned", "kept for 48 h (label)"
        ),
    )
