"""Patients who differ from one another, of models that differ in what nobody knows: two spreads, kept apart.

A model is one draw of every number that all patients share, from its declared belief. Its patients differ in
the abundances, mutations and surroundings listed here, in the clones of their tumour, in how fast it doubles,
and in how drugs are cleared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from models.catalogue import HYPOTHESES, PRESETS
from models.course.clones import CLONES
from models.course.exposure import Bodies, drawn_bodies
from models.course.patient_cell import patient_network
from models.course.response import Protein
from models.declare import Source, assumed, derived, memory, published
from models.spread import from_prior


@dataclass(frozen=True)
class Difference:
    """A node in which patients differ: the parameters it multiplies, by a log-normal factor of this sd."""

    name: str
    words: str
    parameters: tuple[str, ...]
    sd: float
    source: Source


_abundance = assumed("coefficient of variation 0.3 between patients, as between lines")
DIFFERENCES: tuple[Difference, ...] = (
    Difference("NR3C1", "glucocorticoid receptors", ("n_GR",), 0.4, _abundance),
    Difference("PSMB5", "capacity of the proteasome", ("c_P",), 0.3, _abundance),
    Difference("immunoglobulin", "load of the proteasome", ("l_P",), 0.3, _abundance),
    Difference("CRBN", "cereblon", ("n_CRBN",), 0.4, _abundance),
    Difference("MCL1", "synthesis of MCL-1", ("b_mM",), 0.3, _abundance),
    Difference("BCL2L1", "synthesis of BCL-XL", ("b_X",), 0.3, _abundance),
    Difference("BCL2", "synthesis of BCL-2", ("b_2",), 0.3, _abundance),
    Difference("BIM", "basal load of BH3 proteins", ("b_B",), 0.3, _abundance),
    Difference("IL6", "autocrine IL-6", ("g_auto",), 0.7, assumed("lines differ 15-fold")),
    Difference("stromal IL6", "IL-6 of stroma and fat", ("s_BMSC", "s_BMA"), 0.7, assumed("donors differ")),
    Difference("Akt", "how little pAkt stops dexamethasone", ("K_DA",), 0.3, _abundance),
)
SHARE_RAS = (0.4, memory("NRAS or KRAS mutant in about 40 % of patients"))
SHARE_T1114 = (0.17, memory("15 to 20 % of patients"))
SURROUNDINGS = (0.1, 0.5, assumed("1e6/mL of stroma and of fat cells as in the niche; sd of ln 0.5"))
ESTRADIOL = (0.01, 0.3, assumed("nM: four of five patients are men or past menopause, the others have 0.3"))
DOUBLING = (75.0, 0.6, memory("days; M-protein doubles in 2 to 6 months before treatment, faster at relapse"))
DYING = (
    0.2,
    0.6,
    assumed("death in the marrow over that of a dish: few cells cycle; depth of response tells"),
)
PROTEIN = (35.0, 0.4, memory("g/L at diagnosis"))
HALF_LIFE = (20.0, 6.0, 0.2, published("days, IgG 20 to 21 and IgA 6 (physiology); a quarter are IgA"))
BONE_YEARS = (10.0, 0.3, memory("a tenth of the adult skeleton is remodelled in a year"))
DEATHS = (0.03, derived("per year without progression: so that PFS is told apart from TTP; assumed size"))


@dataclass(frozen=True)
class Patients:
    """Virtual patients, in blocks of equal size by model.

    Attributes:
        parameters: in the order of the network's; of the founder clone.
        model: which draw of the shared numbers.
        stroma, fat: 1e6/mL. estradiol: nM. shares: of each clone before treatment.
        doubling: days. dying: clock of death. bone_years: in which all bone is remodelled.
        nodes: what they differ in, by name, as it is ranked.
    """

    parameters: Float[np.ndarray, "patient parameter"]
    model: np.ndarray
    stroma: Float[np.ndarray, " patient"]
    fat: Float[np.ndarray, " patient"]
    estradiol: Float[np.ndarray, " patient"]
    shares: Float[np.ndarray, "patient clone"]
    doubling: Float[np.ndarray, " patient"]
    dying: Float[np.ndarray, " patient"]
    protein: Protein
    bodies: Bodies
    bone_years: Float[np.ndarray, " patient"]
    nodes: dict[str, Float[np.ndarray, " patient"]]

    def __len__(self) -> int:
        return len(self.model)


def virtual_patients(count: int, models: int, seed: int, hypothesis: str = "H0") -> Patients:
    """`count` patients of so many models.

    Args:
        hypothesis: what estradiol does in the cell, H0 to H6, at its test value.

    Example:
        >>> len(virtual_patients(8, 2, seed=1))
        8
    """
    network = patient_network()
    position = {p.name: i for i, p in enumerate(network.parameters)}
    held = [n for d in DIFFERENCES for n in d.parameters]
    shared = from_prior(network, models, seed, held)
    for name, value in HYPOTHESES[hypothesis].parameters.items():
        shared[:, position[name]] = value
    rng = np.random.default_rng([seed, 1])
    model = np.sort(np.arange(count) % models)
    parameters, nodes = shared[model], {}
    for d in DIFFERENCES:
        factor = np.exp(d.sd * rng.standard_normal(count))
        for name in d.parameters:
            parameters[:, position[name]] *= factor
        nodes[d.name] = factor
    ras = rng.random(count) < SHARE_RAS[0]
    parameters[:, position["o_RAS"]] = np.where(ras, rng.uniform(0.3, 1.0, count), 0.0)
    bcl2 = rng.random(count) < SHARE_T1114[0]
    for name, value in PRESETS["t1114"].parameters.items():
        parameters[bcl2, position[name]] = value
    stroma, fat = (SURROUNDINGS[0] * np.exp(SURROUNDINGS[1] * rng.standard_normal(count)) for _ in range(2))
    young = rng.random(count) < 0.2
    shares = np.array([10 ** rng.uniform(*c.share, count) for c in CLONES]).T
    shares[:, 0] = 0.0
    shares[:, 0] = 1 - shares.sum(1)
    ln = lambda centre, sd: centre * np.exp(sd * rng.standard_normal(count))  # noqa: E731
    iga = rng.random(count) < 0.25
    patients = Patients(
        parameters,
        model,
        stroma,
        fat,
        np.where(young, ESTRADIOL[1], ESTRADIOL[0]),
        shares,
        ln(*DOUBLING[:2]),
        ln(*DYING[:2]),
        Protein(ln(*PROTEIN[:2]), np.where(iga, HALF_LIFE[1], HALF_LIFE[0]) * ln(1.0, HALF_LIFE[2])),
        drawn_bodies(count, seed + 1),
        ln(*BONE_YEARS[:2]),
        nodes,
    )
    nodes |= {"RAS": parameters[:, position["o_RAS"]], "t(11;14)": bcl2.astype(float)}
    nodes |= {"stroma": stroma, "fat": fat, "estradiol": patients.estradiol}
    nodes |= {"doubling": patients.doubling, "death's clock": patients.dying}
    nodes |= {f"clone {c.name}": shares[:, k] for k, c in enumerate(CLONES) if k}
    for drug in ("bortezomib", "dexamethasone", "lenalidomide"):
        nodes[f"clearance of {drug}"] = patients.bodies.factors[drug, "clearance"]
    return patients
