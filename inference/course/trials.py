"""Trials: their regimens in the field's words, what they found, and whether it is used or only predicted.

Dates and doses as published; dose reductions, stopping for toxicity and later lines are not here.
"""

from __future__ import annotations

from dataclasses import dataclass

from inference.course.followed import Treatment

BTZ, DEX = "bortezomib 1.3 mg/m2", "dexamethasone"
TWICE = f"{BTZ} d1,4,8,11 q21d x8"
DEX_20 = f"{DEX} 20 mg d1,2,4,5,8,9,11,12 q21d x8"
RD = f"lenalidomide 25 mg d1-21 q28d; {DEX} 40 mg d1,8,15,22 q28d"
AFTER = f"{BTZ} d1,8,15,22 q35d; {DEX} 20 mg d1,8,15,22 q35d"
SIX_WEEKS = "d1,4,8,11,22,25,29,32 q42d x4"
MP = "melphalan 9 mg/m2 d1-4 q42d x{0}; prednisone 60 mg/m2 d1-4 q42d x{0}"

TREATMENTS: dict[str, Treatment] = {
    t.name: t
    for t in (
        Treatment(
            "VRd",
            f"{TWICE}; lenalidomide 25 mg d1-14 q21d x8; {DEX_20} then {RD}",
            "bortezomib, lenalidomide and dexamethasone, then the latter two (SWOG S0777)",
        ),
        Treatment("Rd", RD, "lenalidomide and dexamethasone (SWOG S0777)"),
        Treatment("Vd", f"{TWICE}; {DEX_20} then {AFTER}", "bortezomib and dexamethasone (BELLINI, placebo)"),
        Treatment(
            "VenVd",
            f"{TWICE}; {DEX_20}; venetoclax 800 mg daily then {AFTER}; venetoclax 800 mg daily",
            "venetoclax with these (BELLINI)",
        ),
        Treatment("V", f"{BTZ} {SIX_WEEKS} then {BTZ} d1,8,15,22 q35d", "bortezomib (Orlowski 2015)"),
        Treatment(
            "SV",
            f"{BTZ} {SIX_WEEKS}; siltuximab 6 mg/kg d1,15,29 q42d x4 then "
            f"{BTZ} d1,8,15,22 q35d; siltuximab 6 mg/kg d1,15,29 q35d",
            "siltuximab with bortezomib (Orlowski 2015)",
        ),
        Treatment(
            "VMP",
            f"{BTZ} {SIX_WEEKS}; {MP.format(4)} then {BTZ} d1,8,22,29 q42d x5; {MP.format(5)}",
            "bortezomib, melphalan, prednisone (VISTA)",
        ),
        Treatment(
            "SVMP",
            f"{BTZ} {SIX_WEEKS}; {MP.format(4)}; siltuximab 11 mg/kg d1,22 q42d x4 then "
            f"{BTZ} d1,8,22,29 q42d x5; {MP.format(5)}; siltuximab 11 mg/kg d1,22 q42d x5",
            "siltuximab with these (San-Miguel 2014)",
        ),
    )
}


@dataclass(frozen=True)
class Found:
    """What a trial found of a treatment: shares of `patients` with each depth, and median months.

    `median_of` is PFS or TTP; `line` the patients: newly diagnosed or relapsed.
    """

    treatment: str
    line: str
    patients: int
    responded: float
    very_good: float
    complete: float
    median: float
    median_of: str
    citation: str


USED: tuple[Found, ...] = (
    Found("VRd", "newly diagnosed", 216, 0.815, 0.435, 0.157, 43.0, "PFS", "SWOG S0777 (PMC5546834; report)"),
    Found("Rd", "newly diagnosed", 214, 0.715, 0.318, 0.084, 30.0, "PFS", "SWOG S0777 (PMC5546834; report)"),
    Found(
        "Vd",
        "relapsed",
        97,
        0.68,
        0.36,
        0.05,
        11.4,
        "PFS",
        "BELLINI, placebo (doi 10.1016/S1470-2045(20)30525-8)",
    ),
)


@dataclass(frozen=True)
class PredictedTrial:
    """A comparison that no weight was made from: with against without, median months and hazard ratio."""

    words: str
    added: str
    base: str
    line: str
    subset: str
    months: tuple[float, float]
    hazard: tuple[float, float]
    citation: str


PREDICTED: tuple[PredictedTrial, ...] = (
    PredictedTrial(
        "siltuximab with bortezomib: no benefit", "SV", "V", "relapsed", "all", (8.0, 7.6), (0.65, 1.16),
        "HR 0.869, p = 0.345 (Orlowski 2015); interval from p"),
    PredictedTrial(
        "siltuximab with VMP: no benefit", "SVMP", "VMP", "newly diagnosed", "all", (17.0, 17.0), (0.6, 1.5),
        "PFS 17 and 17 months (San-Miguel 2014); interval assumed"),
    PredictedTrial(
        "venetoclax with Vd, t(11;14)", "VenVd", "Vd", "relapsed", "t(11;14)", (36.8, 9.3), (0.04, 0.35),
        "BELLINI, t(11;14); interval remembered"),
    PredictedTrial(
        "venetoclax with Vd, no t(11;14)", "VenVd", "Vd", "relapsed", "no t(11;14)", (0.0, 0.0), (0.45, 1.1),
        "BELLINI, all patients 0.58 to 0.63, interval 0.44 to 0.90, widened"),
)  # fmt: skip
NRAS = (0.07, 0.53, "responses to bortezomib, NRAS mutant and wild type (PMC4123425)")
