"""The experiment on which recovery is tested: 31 unknowns of the whole cell in its niche, in dishes that
nobody has measured.

Read-outs, arms and errors follow section 6.1 of the specification: IL-6 and inhibitors on the pathway, TNF
with and without
estradiol on NF-kB, secretion in co-culture, survival proteins, and drugs with and without IL-6. Values are
placeholders of
1: whoever loads the study puts simulated ones in their place.
"""

from __future__ import annotations

from collections.abc import Sequence

from inference.datasets.measured_study import Measured, Own, Row
from models.readouts import OBSERVABLES

FREE = (
    "g_auto",
    "s_BMSC",
    "s_BMA",
    "w_STN",
    "K_L",
    "k_aL",
    "k_S",
    "K_iS",
    "k_mS",
    "w_AL",
    "w_EL",
    "ras",
    "k1",
    "a3",
    "c1a",
    "c1",
    "b_const",
    "w_NST",
    "K_N6",
    "w_mMS",
    "b_mM",
    "d_M",
    "w_XS",
    "b_B",
    "s_BTZ",
    "IC_btzS",
    "s_DEX",
    "K_s63",
    "dl",
    "mu",
)  # and e_deg
# Pairs that section 6.1 of the specification calls strong ridges, with the correlation it found when 141
# parameters were free.
RIDGES = (
    ("d_SOCS", "d_mS", -0.93),
    ("k_mS", "k_SR", -0.92),
    ("g_auto", "s_MM", -0.90),
    ("IC_btzS", "rho_M", 0.88),
    ("w_VN", "s_V", -0.87),
    ("IC_ikki", "f_NB", 0.83),
    ("K_s63", "sig_M", -0.72),
    ("c1", "k2", -0.66),
    ("a3", "k1", -0.64),
    ("k_mS", "K_iS", 0.63),
)
QUESTION = ("g_auto", "K_iS", "k_mS", "c1a", "e_deg")  # the feedback strengths and the estradiol effect
BLOTS = {  # name -> read-out
    "pSTAT3": "pSTAT3",
    "pAkt": "pAkt",
    "pERK": "pERK",
    "SOCS3_blot": "SOCS3",
    "IkBa": "IkBa",
    "EMSA": "NFkB_nuclear",
    "IL6_mRNA": "IL6_mRNA",
    "MCL1_blot": "MCL1",
    "BCLXL_blot": "BCLXL",
    "BCL2_blot": "BCL2",
    "MYC_blot": "MYC",
}
# name -> read-out, sd of ln
ABSOLUTE = {
    "IL6_ELISA": ("IL6_medium", 0.08),
    "VEGF_ELISA": ("VEGF_medium", 0.08),
    "cells": ("count", 0.07),
}
BLOT_SD = 0.13
SIGNAL, SURVIVAL = (
    ("pSTAT3", "pAkt", "pERK", "SOCS3_blot"),
    ("MCL1_blot", "BCLXL_blot", "BCL2_blot", "MYC_blot"),
)
DAY = 1440.0
Seen = Sequence[
    tuple[Sequence[str], Sequence[float]]
]  # read-outs and the times (min) at which each of them is taken


def design(*, ridges: bool = False) -> Measured:  # long: a dish after the other, as in the specification
    """All dishes, read-outs and unknowns; every blot has a free scale of its own. `ridges`: both ends of each
    of them are free too.
    """
    dishes: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    rows: list[Row] = []

    def dish(name: str, after: dict[str, str], seen: Seen, before: dict[str, str] | None = None) -> None:
        dishes[name] = (
            {"clamped": "1", "frozen": "1", **(before or {})},
            {"clamped": "0", "frozen": "0", "VEGF": "0", **after},
        )
        rows.extend(Row(o, name, t, 1.0) for kinds, times in seen for o in kinds for t in times)

    course, proteins = (5.0, 15.0, 30.0, 60.0, 120.0, 240.0), (120.0, 240.0, 480.0, DAY)
    for level in (1, 100):
        dish(f"il6_{level}", {"IL6": f"{level}"}, [(SIGNAL, course)])
    dish("il6_10", {"IL6": "10"}, [(SIGNAL, course), (SURVIVAL, proteins)])
    for name, drug, amount in (("rux", "rux", 500), ("pi3k", "pi3ki", 300), ("tram", "tram", 20)):
        dish(
            f"il6_10_{name}", {"IL6": "10", drug: f"{amount}"}, [(SIGNAL, (15.0, 60.0)), (SURVIVAL, proteins)]
        )
    dish(
        "rest",
        {"IL6": "0"},
        [
            (SIGNAL, (0.0,)),
            (SURVIVAL, (0.0,)),
            (("IL6_ELISA", "VEGF_ELISA"), (360.0, DAY, 2 * DAY)),
            (("cells",), (2 * DAY,)),
        ],
    )
    for name, before in (("tnf", {}), ("tnf_e2", {"E2": "10"})):
        early = (0.0, 5.0, 15.0, 30.0, 60.0, 120.0)
        dish(
            name,
            {"IL6": "0", "TNF": "10"},
            [(("IkBa", "EMSA"), early), (("IL6_mRNA",), (0.0, 60.0, 240.0))],
            before,
        )
    secreted = [(("IL6_ELISA", "VEGF_ELISA"), (360.0, DAY, 2 * DAY))]
    for name, after, before in (
        ("stroma", {"BMSC": "0.1"}, {}),
        ("contact", {"BMSC": "0.1", "contact": "1"}, {}),
        ("contact_e2", {"BMSC": "0.1", "contact": "1"}, {"E2": "10"}),
        ("adipocytes", {"BMA": "0.1"}, {}),
        ("contact_ikk", {"BMSC": "0.1", "contact": "1", "ikki": "5000"}, {}),
    ):
        dish(name, {"IL6": "0", **after}, secreted, before)
    for drug, doses in (("btz", (2, 5, 12)), ("dex", (10, 100, 1000)), ("s63", (3, 10, 40))):
        for dose in doses:
            for il6 in (0, 10):
                dish(
                    f"{drug}_{dose}_il6_{il6}", {"IL6": f"{il6}", drug: f"{dose}"}, [(("cells",), (2 * DAY,))]
                )
    observables = {o: (OBSERVABLES[r].seen(scale=f"scale_{o}"), f"{BLOT_SD}") for o, r in BLOTS.items()}
    observables |= {o: (OBSERVABLES[r].seen(), f"{sd}") for o, (r, sd) in ABSOLUTE.items()}
    own = [Own("e_deg", "H1: share of IKK-driven IkBa loss that estradiol blocks", 0.5, 0.0, share=True)]
    own += [Own(f"scale_{o}", "scale of one antibody", 1.0, 1.5) for o in BLOTS]
    free = tuple(dict.fromkeys((*FREE, *(n for a, b, _ in RIDGES for n in (a, b))))) if ridges else FREE
    return Measured(
        "recovery_ridges" if ridges else "recovery",
        "Simulated; the experiment of section 6.1 of the specification",
        dishes,
        observables,
        tuple(rows),
        free,
        tuple(own),
    )
