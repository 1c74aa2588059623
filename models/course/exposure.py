"""What the cells of the marrow are exposed to under a regimen: an input of the network for each drug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.course.compartments import Compartments, Entering, mean_levels
from models.course.patient_drugs import DRUGS_IN_PATIENTS, HEIGHTS, SERUM, WEIGHTS, PatientDrug
from models.course.proteasome import as_dose, occupied
from models.course.regimen import DoseGiven

AFTER_A_DOSE = (0.5, 1.0, 2.0, 4.0, 8.0, 12.0)  # h at which an interval ends after each dose, and each day
SLOW_AFTER = (4.0, 12.0)  # the same for an antibody


@dataclass(frozen=True)
class Bodies:
    """Patients as far as drugs are concerned: surface (m2), weight (kg), and the factor of every constant."""

    surface: Float[np.ndarray, " patient"]
    weight: Float[np.ndarray, " patient"]
    factors: Mapping[tuple[str, str], Float[np.ndarray, " patient"]]

    def of(self, drug: PatientDrug, constant: str) -> Float[np.ndarray, " patient"]:
        """A constant in each patient."""
        value = drug.constants()[constant].value
        return value * self.factors.get((drug.name, constant), np.ones(len(self.surface)))


def drawn_bodies(count: int, seed: int) -> Bodies:
    """Patients with the spread between people that each constant declares, log-normal around its value."""
    rng = np.random.default_rng(seed)
    size = rng.standard_normal(count)  # the heavy are large

    def factor(spread: float, normal: np.ndarray) -> np.ndarray:
        return np.exp(np.sqrt(np.log1p(spread**2)) * normal)

    weight = 0.8 * size + 0.6 * rng.standard_normal(count)
    factors = {
        (d.name, name): factor(c.spread, rng.standard_normal(count))
        for d in DRUGS_IN_PATIENTS.values()
        for name, c in d.constants().items()
        if c.spread
    }
    return Bodies(HEIGHTS[0] * factor(HEIGHTS[1], size), WEIGHTS[0] * factor(WEIGHTS[1], weight), factors)


def typical_body() -> Bodies:
    """One patient in whom every constant has its typical value."""
    return Bodies(np.array([HEIGHTS[0]]), np.array([WEIGHTS[0]]), {})


def edges(doses: Sequence[DoseGiven], days: float) -> Float[np.ndarray, " edge"]:
    """Hours at which the inputs change: the doses, some times after each, and every day at the hour of the
    first.
    """
    found = {24.0 * k for k in range(int(np.ceil(days)) + 1)}
    for d in doses:
        after = SLOW_AFTER if d.drug == "siltuximab" else AFTER_A_DOSE
        found |= {d.hour, *(d.hour + a for a in after)}
    return np.unique(np.round([h for h in found if 0 <= h <= 24 * days], 6))


def plasma(
    drug: PatientDrug, doses: Sequence[DoseGiven], bodies: Bodies, at: Float[np.ndarray, " edge"]
) -> Float[np.ndarray, "patient interval"]:
    """Mean level of one drug in plasma, bound and unbound, mg/L, in each interval between the hours `at`."""
    whole = {"mg": np.ones(len(bodies.surface)), "mg/m2": bodies.surface, "mg/kg": bodies.weight}
    entering = [
        Entering(d.hour, d.amount * whole[d.unit], drug.infused if d.route == "iv" else None)
        for d in doses
        if d.drug == drug.name
    ]
    return mean_levels(compartments(drug, bodies), entering, at)


def compartments(drug: PatientDrug, bodies: Bodies) -> Compartments:
    """The compartments of one drug in each patient."""
    ones = np.ones(len(bodies.surface))
    return Compartments(
        bodies.of(drug, "absorption") if drug.absorption else ones,
        drug.transits,
        bodies.of(drug, "available") if drug.available else ones,
        bodies.of(drug, "clearance"),
        bodies.of(drug, "central"),
        tuple(
            (bodies.of(drug, f"exchange {k + 1}"), bodies.of(drug, f"volume {k + 1}"))
            for k in range(len(drug.peripherals))
        ),
    )


def in_medium(drug: PatientDrug) -> float:
    """Unbound share of the drug in the medium of a dish with serum: potencies were measured there.

    Protein of the medium is `SERUM` of that of plasma, and binds in proportion.
    """
    return 1 / (1 + SERUM * (1 / drug.unbound.value - 1))


def exposure(
    doses: Sequence[DoseGiven],
    bodies: Bodies,
    at: Float[np.ndarray, " edge"],
    half: Float[np.ndarray, " patient"],
    steep: Float[np.ndarray, " patient"],
) -> dict[str, Float[np.ndarray, "patient interval"]]:
    """Inputs of the network (nM of a dish's medium) in each interval between the hours `at`.

    Args:
        half, steep: of bortezomib's inhibition in the dish (`IC_btz`, `h_btz`) in each patient's cells.

    Returns:
        By the name of the input; both inhibitors of the proteasome together as `btz`.

    Example:
        >>> from models.course.regimen_words import read_regimen
        >>> doses = read_regimen("bortezomib 1.3 mg/m2 d1 q21d").doses(3)
        >>> one = np.ones(1)
        >>> found = exposure(doses, typical_body(), edges(doses, 3), 10 * one, 1.5 * one)
        >>> bool(found["btz"].max() > 5 > found["btz"][0, -1])  # high for hours, gone after days
        True
    """
    given = dict.fromkeys(d.drug for d in doses)
    found: dict[str, np.ndarray] = {}
    zero = np.zeros((len(bodies.surface), len(at) - 1))
    slow = {"bortezomib": zero, "carfilzomib": zero}
    for name in given:
        drug = DRUGS_IN_PATIENTS[name]
        free = plasma(drug, doses, bodies, at) * 1e6 / drug.mass
        free = free * (bodies.of(drug, "unbound") * bodies.of(drug, "marrow"))[:, None]
        if drug.slow:
            slow[name] = free / (in_medium(drug) if name == "bortezomib" else 1.0)
        else:
            found[drug.drives] = found.get(drug.drives, 0.0) + free / in_medium(drug) * drug.potency
    if set(slow) & set(given):
        share = occupied(slow["bortezomib"], slow["carfilzomib"], np.diff(at), steep)
        before = np.concatenate([np.zeros((len(share), 1)), share[:, :-1]], 1)
        found["btz"] = as_dose((before + share) / 2, half, steep)
    return found
