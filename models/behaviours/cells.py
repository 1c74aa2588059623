"""Behaviours B18 to B24 and B29: survival proteins, drugs, resistance and growth."""

from __future__ import annotations

import numpy as np

from models.behaviours.record import Behaviour, Check, WatchedDish, crossing, hours, minutes
from models.catalogue import BORTEZOMIB, PRESETS, niche
from models.dish import dish
from models.readouts import TOTAL_IKBA

NETWORK = niche()
INA6 = PRESETS["ina6"]
TOUCHING = {"BMSC": 0.1, "contact": 1.0}
TWO_DAYS = 2880.0

# Resting levels as published with the model (MM.1S-like, serum, no IL-6, no niche), to the digits given
# there.
RESTING_LEVELS = {
    "R": 0.79,
    "RA": 0.0048,
    "pS": 0.026,
    "mSOCS3": 0.051,
    "SOCS3": 0.051,
    "pAkt": 0.24,
    "pMEK": 0.098,
    "pERK": 0.19,
    "pp38": 0.042,
    "AP1": 0.33,
    "IKKa": 0.40,
    "IKKi": 5.0,
    "IkB": 13.2,
    "IkBn": 0.76,
    "C": 49.2,
    "Cn": 0.23,
    "NFn": 6.0,
    "mIkB": 0.038,
    "mA20": 0.038,
    "A20": 62.8,
    "mIL6": 2.0,
    "mMCL1": 0.79,
    "MCL1": 0.76,
    "BCLXL": 0.83,
    "BCL2": 0.99,
    "MYC": 0.69,
    "ERt": 1.0,
    "AUTO": 0.55,
    "BH3": 0.34,
    "CASP": 0.013,
    "RANKL": 1.0,
    "OC": 1.0,
}
# What transcription makes, switched off. The fast STAT3 and NF-kB states stay near rest within the 3 h looked
# at.
NO_TRANSCRIPTION = dict.fromkeys(
    (
        "k_mS0",
        "k_mS",
        "c1a",
        "c0a",
        "c1",
        "s_m6",
        "b_mM",
        "w_mMS",
        "w_mME",
        "b_X",
        "w_XS",
        "w_XN",
        "b_2",
        "w_2N",
        "b_Y",
        "w_YS",
        "w_YN",
    ),
    0.0,
)


def _plan(name: str, times, **more) -> WatchedDish:
    return WatchedDish(dish(NETWORK, name, **more), times)


def _alive(name: str, **more) -> WatchedDish:
    return _plan(name, hours(48), **more)


def _b18(t) -> tuple[Check, ...]:
    left = {s: t["B18"].at(s, 180) / t["B18"].at(s, 0) for s in ("MCL1", "BCL2", "BCLXL")}
    return (
        Check("MCL-1 left at 3 h", left["MCL1"], high=0.5),
        Check("BCL-2 left", left["BCL2"], 0.8),
        Check("BCL-XL left", left["BCLXL"], 0.8),
    )


def _b19(t) -> tuple[Check, ...]:
    of = {d: t[f"B19 {d:g}"].at("N", TWO_DAYS) for d in (0.0, 0.25, 2.5)}
    return (
        Check(
            "MCL-1 left at 6 h without IL-6", t["B19 0"].at("MCL1", 360) / t["B19 0"].at("MCL1", 0), high=0.6
        ),
        Check("cells at 48 h without over with IL-6", of[0.0] / of[2.5], high=0.35),
        Check("0.25 ng/mL over none", of[0.25] / of[0.0], 1.0001),
        Check("0.25 ng/mL over 2.5", of[0.25] / of[2.5], high=0.9999),
    )


B20_NICHES: dict[str, dict] = {
    "alone": {},
    "IL6": {"il6": 10.0},
    "IL6 pi3ki": {"il6": 10.0, "inputs": {"pi3ki": 300.0}},
    "BMSC": {"inputs": TOUCHING},
    "BMSC ikki": {"inputs": {**TOUCHING, "ikki": 10000.0}},
}


def _b20_plans() -> tuple[WatchedDish, ...]:
    plans = []
    for name, niche_ in B20_NICHES.items():
        treated = {**niche_, "inputs": {**niche_.get("inputs", {}), "dex": 1000.0}}
        plans += [_alive(f"B20 {name} vehicle", **niche_), _alive(f"B20 {name}", **treated)]
    return tuple(plans)


def _b20(t) -> tuple[Check, ...]:
    v = {k: t[f"B20 {k}"].at("N", TWO_DAYS) / t[f"B20 {k} vehicle"].at("N", TWO_DAYS) for k in B20_NICHES}
    return (
        Check("viability, alone", v["alone"], 0.2, 0.6),
        Check("with IL-6 10 ng/mL", v["IL6"], 0.8),
        Check("with IL-6 and PI3K inhibitor 300 nM", v["IL6 pi3ki"], high=0.45),
        Check("with touching stroma", v["BMSC"], 0.75),
        Check("with stroma and IKK inhibitor 10 uM", v["BMSC ikki"], high=0.5),
    )


def _series(prefix: str, drug: str, doses, **niche_) -> tuple[WatchedDish, ...]:
    """Vehicle (dose 0) and every dose in one niche."""
    held = niche_.pop("inputs", {})
    return tuple(
        _alive(f"{prefix} {d:.3g}", inputs={**held, drug: float(d)}, **niche_) for d in (0.0, *doses)
    )


def _viabilities(t, prefix: str, doses) -> np.ndarray:
    vehicle = t[f"{prefix} 0"].at("N", TWO_DAYS)
    return np.array([t[f"{prefix} {d:.3g}"].at("N", TWO_DAYS) / vehicle for d in doses])


def _half(t, prefix: str, doses) -> float:
    return float(np.exp(crossing(np.log(doses), _viabilities(t, prefix, doses), 0.5)))


CHEMO = np.geomspace(10.0, 10000.0, 10)
BTZ = np.geomspace(0.5, 50.0, 13)
S63 = np.geomspace(1.0, 1000.0, 10)


def _b21(t) -> tuple[Check, ...]:
    risen = t["B21 IL6 0"].at("BCL2", TWO_DAYS) / t["B21 none 0"].at("BCL2", TWO_DAYS)
    return (
        Check(
            "IC50 with over without IL-6", _half(t, "B21 IL6", CHEMO) / _half(t, "B21 none", CHEMO), high=1.6
        ),
        Check("BCL-2 at 48 h with over without IL-6", risen, high=1.05),
    )


def _b22_plans() -> tuple[WatchedDish, ...]:
    return (
        *_series("B22 none", "btz", BTZ),
        *_series("B22 IL6", "btz", BTZ, il6=10.0),
        *_series("B22 BMSC", "btz", BTZ, inputs=TOUCHING),
        *_series("B22 four", "btz", (4.0,), il6=10.0),
        *_series("B22 silt", "btz", (4.0,), il6=10.0, inputs={"silt": 67.0}),
        *(
            _plan(f"B22 8h {name}", hours(8), **more)
            for name, more in {
                "alone": {"inputs": {"btz": 20.0}},
                "IL6": {"il6": 10.0, "inputs": {"btz": 20.0}},
                "silt": {"il6": 10.0, "inputs": {"btz": 20.0, "silt": 67.0}},
                "rux": {"il6": 10.0, "inputs": {"btz": 20.0, "rux": 1000.0}},
            }.items()
        ),
    )


def _b22(t) -> tuple[Check, ...]:
    alone = _half(t, "B22 none", BTZ)
    mcl1 = {
        k: t[f"B22 8h {k}"].at("MCL1", 480) / t[f"B22 8h {k}"].at("MCL1", 0)
        for k in ("alone", "IL6", "silt", "rux")
    }
    with_il6, with_antibody = _viabilities(t, "B22 four", (4.0,))[0], _viabilities(t, "B22 silt", (4.0,))[0]
    return (
        Check("IC50 alone, nM", alone, 2, 10),
        Check("IC50 with IL-6 over alone", _half(t, "B22 IL6", BTZ) / alone, 1.0, 2.5),
        Check("IC50 with stroma over alone", _half(t, "B22 BMSC", BTZ) / alone, 1.0, 2.5),
        Check(
            "viability at 4 nM with IL-6 and siltuximab over IL-6", float(with_antibody / with_il6), high=0.5
        ),
        Check("MCL-1 after 8 h of 20 nM over start, alone", mcl1["alone"], 1.5),
        Check("the same with IL-6 and siltuximab over IL-6", mcl1["silt"] / mcl1["IL6"], high=0.95),
        Check("the same with IL-6 and ruxolitinib over IL-6", mcl1["rux"] / mcl1["IL6"], high=0.95),
    )


def _b23(t) -> tuple[Check, ...]:
    def fold(variant: str, species: tuple[str, ...]) -> float:
        trace = t[f"B23 {variant}"]
        return sum(trace.at(s, 480) for s in species) / sum(trace.at(s, 0) for s in species)

    return (
        Check("variant A: NF-kB at 8 h over rest", fold("A", ("NFn",)), high=0.7),
        Check("variant B: NF-kB at 8 h over rest", fold("B", ("NFn",)), 1.5),
        Check("variant B: total IkBa at 8 h over rest", fold("B", TOTAL_IKBA), high=0.9999),
    )


def _b24(t) -> tuple[Check, ...]:
    names = ("s63 30", "ven 1000", "ven 10000", "pair")
    one, other, much, both = (
        t[f"B24 {k}"].at("N", TWO_DAYS) / t["B24 s63 0"].at("N", TWO_DAYS) for k in names
    )
    return (
        Check("IC50 of S63845, nM", _half(t, "B24 s63", S63), high=100.0),
        Check("viability at 1 uM venetoclax (its IC50 is above)", other, 0.5),
        Check("viability at 10 uM venetoclax", much, 0.5),
        Check("both over the product of the single ones", both / (one * other), high=0.999),
    )


def _b29(t) -> tuple[Check, ...]:
    grown = t["B29"]
    return (
        Check("doubling time, h", crossing(grown.times, grown["N"], 2 * grown.at("N", 0)) / 60, 30, 60),
        Check(
            "cells at 48 h with over without IL-6",
            t["B29 IL6"].at("N", TWO_DAYS) / grown.at("N", TWO_DAYS),
            1.15,
            1.6,
        ),
    )


CELLS: tuple[Behaviour, ...] = (
    Behaviour(
        "B18",
        "transcription off (actinomycin D) for 3 h, from the resting levels",
        "Zhang 2002: caspases at 3 h, MCL-1 lost, BCL-2 unchanged, rescued by proteasome inhibitor",
        "tuned",
        (_plan("B18", minutes(180.0, 60.0), levels=RESTING_LEVELS, parameters=NO_TRANSCRIPTION),),
        _b18,
    ),
    Behaviour(
        "B19",
        "INA-6-like, IL-6 2.5 ng/mL withdrawn or lowered to 0.25",
        "Brocke-Heidrich 2004: rapid, complete apoptosis, STAT3 obligatory; but MCL-1 only slightly "
        "induced there",
        "not tuned",
        tuple(_plan(f"B19 {d:g}", hours(6, 48), preset=INA6, il6=d) for d in (0.0, 0.25, 2.5)),
        _b19,
    ),
    Behaviour(
        "B20",
        "dexamethasone 1 uM, 48 h",
        "Hideshima 2001: LY294002 completely abrogates protection; MLN120B overcomes the stroma's "
        "(Hideshima 2006); Burger 2009",
        "tuned",
        _b20_plans(),
        _b20,
    ),
    Behaviour(
        "B21",
        "DNA-damaging drug, 48 h, with and without IL-6 10 ng/mL",
        "Lichtenstein 1995: no effect of IL-6 on doxorubicin or etoposide death",
        "tuned",
        (*_series("B21 none", "chemo", CHEMO), *_series("B21 IL6", "chemo", CHEMO, il6=10.0)),
        _b21,
    ),
    Behaviour(
        "B22",
        "bortezomib, 48 h, alone, with IL-6 10 ng/mL or touching stroma; siltuximab 67 nM, ruxolitinib 1 uM",
        "Voorhees 2007: CNTO 328 adds to bortezomib and inhibits the accumulation of MCL-1",
        "tuned",
        _b22_plans(),
        _b22,
    ),
    Behaviour(
        "B23",
        "bortezomib 20 nM, 8 h, no TNF, variants A and B",
        "Ma 2003 against Hideshima 2009",
        "not tuned",
        tuple(
            _plan(f"B23 {v.name}", hours(8), inputs={"btz": 20.0}, parameters=v.parameters)
            for v in BORTEZOMIB.values()
        ),
        _b23,
    ),
    Behaviour(
        "B24",
        "S63845, venetoclax and both, 48 h",
        "Kotschy 2016; AZD5991 in myeloma lines below 100 nM (abstract)",
        "tuned",
        (
            *_series("B24 s63", "s63", (*S63, 30.0)),
            _alive("B24 ven 1000", inputs={"ven": 1000.0}),
            _alive("B24 ven 10000", inputs={"ven": 10000.0}),
            _alive("B24 pair", inputs={"s63": 30.0, "ven": 1000.0}),
        ),
        _b24,
    ),
    Behaviour(
        "B29",
        "growth in serum, with and without IL-6 10 ng/mL",
        "typical lines (unverified)",
        "tuned",
        (_plan("B29", minutes(3600.0, 30.0)), _alive("B29 IL6", il6=10.0)),
        _b29,
    ),
)
