"""Behaviours B1 to B12: minutes to hours after IL-6 or TNF."""

from __future__ import annotations

import numpy as np

from models.behaviours.record import Behaviour, Check, WatchedDish, crossing, hours, minutes, peak, peaks
from models.catalogue import PRESETS, niche
from models.dish import dish
from models.engine.protocol import Period, Protocol
from models.readouts import TOTAL_IKBA

NETWORK = niche()
HEPATOCYTE = PRESETS["hepatocyte"]
NO_SOCS3 = {"k_mS": 0.0, "k_mS0": 0.0}
# Transcription of IkBa without NF-kB that keeps the resting level: c3a times the resting mRNA of 0.0377 nM.
NO_IKB_FEEDBACK = {"c1a": 0.0, "c0a": 0.024 * 0.0377}
NF_TOTAL = 60.0  # nM


def _il6(name: str, amount: float, end: float = 120.0, **more) -> WatchedDish:
    return WatchedDish(dish(NETWORK, name, il6=amount, **more), minutes(end))


def _decline(t, name: str) -> tuple[float, float, float, float]:
    at, top = peak(t[name], "pS")
    return at, top, t[name].at("pS", 60) / top, t[name].at("pS", 120) / top


def _b1(t) -> tuple[Check, ...]:
    at, top, an_hour, two_hours = _decline(t, "B1")
    return (
        Check("basal pSTAT3", t["B1"].at("pS", 0), high=0.06),
        Check("time of the peak, min", at, 10, 30),
        Check("peak of pSTAT3", top, 0.3),
        Check("60 min over peak", an_hour, 0.25, 0.65),
        Check("120 min over peak", two_hours, 0.25, 0.60),
    )


def _b2(t) -> tuple[Check, ...]:
    return (Check("pSTAT3 at 120 min over peak", _decline(t, "B2")[3], 0.85),)


def _b3(t) -> tuple[Check, ...]:
    at, _, an_hour, two_hours = _decline(t, "B3")
    return (
        Check("time of the peak, min", at, 17, 27),
        Check("60 min over peak", an_hour, 0.45, 0.65),
        Check("120 min over peak", two_hours, 0.33, 0.55),
        Check("largest SOCS3, nM", peak(t["B3"], "SOCS3")[1], 0.8, 1.6),
    )


def _b4(t) -> tuple[Check, ...]:
    at, top = peak(t["B4"], "mSOCS3")
    return (
        Check("largest SOCS3, nM", peak(t["B4"], "SOCS3")[1], 1.5, 4.0),
        Check("time of the SOCS3 mRNA peak, min", at, 25, 45),
        Check("SOCS3 mRNA at 80 min over peak", t["B4"].at("mSOCS3", 80) / top, high=0.5),
    )


def _b5(t) -> tuple[Check, ...]:
    of = {d: t[f"B5 {d}"].at("pS", 20) for d in (5, 10, 40, 120)}
    return (
        Check("5 ng/mL over 40", of[5] / of[40], 0.2, 0.5),
        Check("10 ng/mL over 40", of[10] / of[40], 0.4, 0.75),
        Check("120 ng/mL over 40", of[120] / of[40], 1.1, 1.8),
    )


B6_DOSES = np.geomspace(0.03, 100.0, 9)


def _b6(t) -> tuple[Check, ...]:
    tops = np.array([peak(t[f"B6 {d:.3g}"], "pS")[1] for d in B6_DOSES])
    rest = t[f"B6 {B6_DOSES[0]:.3g}"].at("pS", 0)
    middle = crossing(np.log(B6_DOSES), tops, rest + (tops[-1] - rest) / 2)
    return (
        Check("EC50 of the peak of pSTAT3, ng/mL", float(np.exp(middle)), 0.2, 3.0),
        Check("smallest rise from dose to dose", float(np.diff(tops).min()), 0.0),
    )


def _b7(t) -> tuple[Check, ...]:
    of = {d: t[f"B7 {d}"].at("pS", 20) for d in (0, 100, 500, 1000)}
    return (
        Check("100 nM over none", of[100] / of[0], 0.85),
        Check("500 nM over none", of[500] / of[0], 0.1, 0.4),
        Check("1000 nM over none", of[1000] / of[0], high=0.1),
    )


def _b8(t) -> tuple[Check, ...]:
    checks = []
    for species in ("pAkt", "pERK"):
        at, top = peak(t["B8"], species)
        checks += [
            Check(f"largest {species} over rest", top / t["B8"].at(species, 0), 1.5, 4.0),
            Check(f"time of it, {species}, min", at, 5, 25),
        ]
    control = t["B8"].at("pERK", 15)
    return (
        *checks,
        Check(
            "pERK at 15 min lost to a PI3K inhibitor", 1 - t["B8 pi3ki"].at("pERK", 15) / control, 0.05, 0.5
        ),
        Check(
            "pERK at 15 min under trametinib over control", t["B8 tram"].at("pERK", 15) / control, high=0.3
        ),
    )


def _b9(t) -> tuple[Check, ...]:
    trace = t["B9"]
    ikb = np.sum([trace[s] for s in TOTAL_IKBA], 0)
    ikb = ikb / ikb[0]
    early = trace.times <= 60
    low = int(np.argmin(ikb[early]))
    tops = peaks(trace, "NFn")
    gaps = np.diff([at for at, _ in tops])
    return (
        Check("half-life of IkBa, min", crossing(trace.times, ikb, 0.5), 3, 12),
        Check("lowest IkBa", float(ikb[low]), high=0.35),
        Check("time of it, min", float(trace.times[low]), 8, 30),
        Check("largest IkBa between the nadir and 60 min", float(ikb[early][low:].max()), 0.8, 1.6),
        Check("first NF-kB peak, min", tops[0][0], 15, 40),
        Check("its height, share of total", tops[0][1] / NF_TOTAL, 0.5),
        Check("number of later peaks", len(gaps), 2),
        Check("shortest gap of the later peaks, min", float(gaps[1:].min()), 85, 135),
        Check("longest gap, min", float(gaps.max()), 85, 135),
        Check("largest rise from peak to peak", float(np.diff([h for _, h in tops]).max()), high=0.0),
    )


def _after(trace) -> tuple[float, float]:
    at, top = peak(trace, "NFn")
    later = trace.times >= at
    return float(trace["NFn"][later].min()) / top, trace.at("NFn", 120) / top


def _b10(t) -> tuple[Check, ...]:
    return (
        Check("lowest NF-kB after the peak over peak, feedback off", _after(t["B10 off"])[0], 0.3),
        Check("the same with feedback", _after(t["B10 on"])[0], high=0.1),
        Check("120 min over peak, feedback off", _after(t["B10 off"])[1], 0.5),
    )


def _b11(t) -> tuple[Check, ...]:
    return (
        Check(
            "number of NF-kB peaks above 5 % of total",
            sum(h > 0.05 * NF_TOTAL for _, h in peaks(t["B11"], "NFn")),
            1,
            1,
        ),
        Check("NF-kB at 180 min, share of total", t["B11"].at("NFn", 180) / NF_TOTAL, high=0.05),
    )


def _b12(t) -> tuple[Check, ...]:
    rest = t["B12"].at("NFn", 0)
    return (
        Check("nuclear NF-kB at rest, share of total", rest / NF_TOTAL, 0.03, 0.20),
        Check("share lost to 10 uM IKK inhibitor, 2 h", 1 - t["B12"].at("NFn", 120) / rest, 0.7),
        Check("share lost, 6 h", 1 - t["B12"].at("NFn", 360) / rest, 0.7),
    )


_PULSE_FREE = {"b_const": 0.0, "w_NA": 0.0, "w_NS": 0.0}
_pulse = dish(NETWORK, "B11", inputs={"TNF": 10.0}, parameters=_PULSE_FREE)
_PULSE = Protocol("B11", (*_pulse.periods, Period(5.0, {"TNF": 0.0})), _pulse.parameters)

SIGNALLING: tuple[Behaviour, ...] = (
    Behaviour(
        "B1",
        "IL-6 10 ng/mL, naive cell",
        "Sobotta 2017: peak 22 min; 0.56 and 0.49 (model); at 40 ng/mL 13-26 min, 0.35-0.4 (data)",
        "not tuned",
        (_il6("B1", 10.0),),
        _b1,
    ),
    Behaviour(
        "B2",
        "the same, SOCS3 synthesis off",
        "Sobotta 2017 (model): 0.97",
        "borrowed",
        (_il6("B2", 10.0, parameters=NO_SOCS3),),
        _b2,
    ),
    Behaviour(
        "B3",
        "hepatocyte, IL-6 10 ng/mL",
        "Sobotta 2017: 22 min; 0.56 and 0.49; 1.19 nM",
        "borrowed",
        (_il6("B3", 10.0, preset=HEPATOCYTE),),
        _b3,
    ),
    Behaviour(
        "B4",
        "hepatocyte, IL-6 40 ng/mL",
        "Sobotta 2017 (data): 2.97 nM at 40 min; mRNA peak 40 min, 12 % at 80 min (40 ng/mL), 23 % (100 "
        "ng/mL)",
        "borrowed",
        (_il6("B4", 40.0, preset=HEPATOCYTE),),
        _b4,
    ),
    Behaviour(
        "B5",
        "hepatocyte, IL-6 5 to 120 ng/mL, pSTAT3 at 20 min over that of 40 ng/mL",
        "Sobotta 2017 (data): 0.31; 0.61; 1.56",
        "borrowed",
        tuple(_il6(f"B5 {d}", float(d), 20.0, preset=HEPATOCYTE) for d in (5, 10, 40, 120)),
        _b5,
    ),
    Behaviour(
        "B6",
        "IL-6 0.03 to 100 ng/mL, peak of pSTAT3",
        "assumed: myeloma lines are more sensitive than hepatocytes",
        "not tuned",
        tuple(_il6(f"B6 {d:.3g}", float(d), 60.0) for d in B6_DOSES),
        _b6,
    ),
    Behaviour(
        "B7",
        "IL-6 40 ng/mL with ruxolitinib, pSTAT3 at 20 min",
        "Sobotta 2017 (data): above 1; 0.33; 0.03",
        "tuned",
        tuple(_il6(f"B7 {d}", 40.0, 20.0, inputs={"rux": float(d)}) for d in (0, 100, 500, 1000)),
        _b7,
    ),
    Behaviour(
        "B8",
        "IL-6 10 ng/mL, pAkt and pERK; PI3K inhibitor 300 nM; trametinib 30 nM",
        "Hideshima 2001: LY294002 partly blocks MEK/MAPK triggered by IL-6 (abstract)",
        "not tuned",
        (
            _il6("B8", 10.0, 60.0),
            _il6("B8 pi3ki", 10.0, 60.0, inputs={"pi3ki": 300.0}),
            _il6("B8 tram", 10.0, 60.0, inputs={"tram": 30.0}),
        ),
        _b8,
    ),
    Behaviour(
        "B9",
        "TNF 10 ng/mL, continuous",
        "Xing 2012 (loss 10-30 min, resynthesis 40-60 min); Turner 2010 (100 min); Hoffmann 2002; the "
        "half-life of IkBa was tuned",
        "tuned",
        (WatchedDish(dish(NETWORK, "B9", inputs={"TNF": 10.0}), minutes(420.0)),),
        _b9,
    ),
    Behaviour(
        "B10",
        "TNF 10 ng/mL, IkBa feedback off at the same resting level",
        "Hoffmann 2002: sustained activity without IkBa feedback",
        "not tuned",
        (
            WatchedDish(dish(NETWORK, "B10 on", inputs={"TNF": 10.0}), minutes(300.0)),
            WatchedDish(
                dish(NETWORK, "B10 off", inputs={"TNF": 10.0}, parameters=NO_IKB_FEEDBACK), minutes(300.0)
            ),
        ),
        _b10,
    ),
    Behaviour(
        "B11",
        "TNF 10 ng/mL for 5 min, no constitutive drive",
        "Hoffmann 2002: one peak after a pulse",
        "not tuned",
        (WatchedDish(_PULSE, minutes(300.0)),),
        _b11,
    ),
    Behaviour(
        "B12",
        "resting cell, then IKK inhibitor 10 uM",
        "every myeloma line has canonical NF-kB active at rest (Hideshima 2009)",
        "not tuned",
        (WatchedDish(dish(NETWORK, "B12", inputs={"ikki": 10000.0}), hours(2, 6)),),
        _b12,
    ),
)
