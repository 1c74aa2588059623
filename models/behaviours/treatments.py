"""Behaviours B39 to B52: what each drug does to the cell, and what of the cell it depends on."""

from __future__ import annotations

import numpy as np

from models.behaviours.drives import DEX, PI3KI, SHOWN, TWO_DAYS
from models.behaviours.foretold_dishes import Traces, dose_for, foretold, left, over, series, watched
from models.behaviours.record import Behaviour, hours
from models.catalogue import PRESETS

BTZ = np.geomspace(0.5, 50.0, 13)
HIGH = (1.0, 3.0, 10.0, 20.0, 50.0, 100.0, 200.0, 300.0)
RECEPTORS = (42.0, 4.2, 0.0)
NO_CLEAVAGE = {"k_Mc": 0.0}


def _b39(t: Traces) -> tuple[float, ...]:
    return tuple(left(t, f"B39 {n:g}", 1000) for n in RECEPTORS)


def _b40_plans():
    beside: dict[str, dict] = {
        "": {},
        " IL6": {"il6": 10.0},
        " IGF1": {"inputs": {"IGF1": 100.0}},
        " pi3ki": {"inputs": PI3KI},
    }
    for name, more in beside.items():
        given = {**more, "inputs": {**more.get("inputs", {}), **DEX}}
        yield watched(f"B40{name} dex", hours(24, 48), SHOWN, **given)
    yield watched("B40", hours(24, 48), SHOWN)
    for name, given in {" dex": DEX, "": {}}.items():
        yield watched(f"B40 silent{name}", hours(48), SHOWN, inputs=given, parameters={"q_GZ": 0.8})


def _b40(t: Traces) -> tuple[float, ...]:
    gilz = {k: t[f"B40{k} dex"].at("GILZ", 1440) for k in ("", " IL6", " IGF1", " pi3ki")}
    alive, silent = (over(t, "N", TWO_DAYS, f"B40{k} dex", f"B40{k}") for k in ("", " silent"))
    return (
        gilz[""] / t["B40"].at("GILZ", 1440),
        *(gilz[k] / gilz[""] for k in (" IL6", " IGF1", " pi3ki")),
        silent / alive,
    )


CELLS: dict[str, dict[str, float]] = {
    "reference": {},
    "capacity twice": {"c_P": 2.0},
    "capacity half": {"c_P": 0.5},
    "load twice": {"l_P": 2.0},
    "load half": {"l_P": 0.5},
}


def _b41(t: Traces) -> tuple[float, ...]:
    half = {k: dose_for(t, f"B41 {k}", BTZ) for k in CELLS}
    return tuple(half[k] / half["reference"] for k in list(CELLS)[1:])


def _b42(t: Traces) -> tuple[float, ...]:
    alive = [left(t, "B42", d) for d in HIGH]
    return dose_for(t, "B42", HIGH), float(np.diff(alive).max()), alive[HIGH.index(100.0)]


def _b43(t: Traces) -> tuple[float, ...]:
    carfilzomib, bortezomib, more = (
        dose_for(t, name, BTZ) for name in ("B43 cfz", "B43 btz", "B43 cfz capacity")
    )
    return carfilzomib, carfilzomib / bortezomib, more / carfilzomib


def _b44_plans():
    for drug, dose in (("btz", 20.0), ("doxo", 1000.0)):
        yield watched(f"B44 {drug}", hours(8, 24), inputs={drug: dose})
        yield watched(f"B44 {drug} none", hours(8, 24), inputs={drug: dose}, parameters=NO_CLEAVAGE)


def _b44(t: Traces) -> tuple[float, ...]:
    grown = t["B44 btz"].at("MCL1", 480) / t["B44 btz"].at("MCL1", 0)
    return grown, *(over(t, "MCL1", 1440, f"B44 {d}", f"B44 {d} none") for d in ("btz", "doxo"))


LEN, POM = (30.0, 100.0, 300.0, 1000.0, 3000.0), (3.0, 10.0, 30.0, 100.0, 300.0)


def _b45_plans():
    yield from series("B45 len", "len", LEN, 120)
    yield from series("B45 pom", "pom", POM, 120)
    for name, given in {"none": {}, "with": {"len": 1000.0}}.items():
        yield watched(f"B45 {name}", hours(24, 72, 120), inputs=given)
    yield from series("B45 no cereblon", "len", (1000.0,), 120, parameters={"n_CRBN": 0.0})


def _b45(t: Traces) -> tuple[float, ...]:
    alive = {h: over(t, "N", 60.0 * h, "B45 with", "B45 none") for h in (24, 120)}
    return (
        t["B45 with"].at("IKZ", 1440) / t["B45 with"].at("IKZ", 0),
        *(over(t, s, 4320, "B45 with", "B45 none") for s in ("IRF4", "MYC")),
        alive[120],
        left(t, "B45 no cereblon", 1000),
        dose_for(t, "B45 len", LEN, 0.75) / dose_for(t, "B45 pom", POM, 0.75),
        alive[24] / alive[120],
    )


MELPH = (100.0, *np.geomspace(1000, 60000, 7))
DOXO, ETOP = np.geomspace(30, 2000, 8), np.geomspace(1000, 60000, 8)
TOPO = (200.0, *np.geomspace(250, 2000, 4))
IRINO = np.geomspace(30, 2600, 8)


def _b47_plans():
    for drug, doses in (("doxo", DOXO), ("etop", ETOP)):
        yield from series(f"B47 {drug}", drug, doses, 72)
        yield from series(f"B47 {drug} IL6", drug, doses, 72, il6=10.0)


def _b47(t: Traces) -> tuple[float, ...]:
    doxo, etop = dose_for(t, "B47 doxo", DOXO), dose_for(t, "B47 etop", ETOP)
    with_il6 = dose_for(t, "B47 doxo IL6", DOXO) / doxo, dose_for(t, "B47 etop IL6", ETOP) / etop
    return doxo, etop, *with_il6


def _b48(t: Traces) -> tuple[float, ...]:
    starved = left(t, "B48 starved", 200) / left(t, "B48 topo", 200)
    return dose_for(t, "B48 topo", (30.0, 100.0, *TOPO)), dose_for(t, "B48 irino", IRINO), starved


SELI = (10.0, 30.0, 100.0, 300.0, 1000.0)


def _b49_plans():
    yield from series("B49", "seli", SELI, 72)
    yield watched("B49 none", hours(8, 24))
    yield watched("B49 with", hours(8, 24), inputs={"seli": 300.0})
    yield from series("B49 dex", "dex", (100.0,), 72)
    yield from series("B49 both", "dex", (100.0,), 72, beside={"seli": 30.0})


def _b49(t: Traces) -> tuple[float, ...]:
    both = left(t, "B49 both", 100, vehicle="B49 0")
    return (
        over(t, "NFn", 480, "B49 with", "B49 none"),
        *(over(t, s, 1440, "B49 with", "B49 none") for s in ("MYC", "IKZ")),
        dose_for(t, "B49", SELI),
        both / (left(t, "B49", 30) * left(t, "B49 dex", 100)),
    )


def _b50_plans():
    yield from series("B50 alone", "dara", (67.0,), 48)
    yield from series("B50 NK", "dara", (67.0,), 48, beside={"NK": 1.0})
    yield from series("B50 stroma", "dara", (67.0,), 48, beside={"NK": 1.0, "BMSC": 0.1, "contact": 1.0})
    yield from series("B50 little", "dara", (67.0,), 48, beside={"NK": 1.0}, parameters={"n_38": 0.1})


def _b50(t: Traces) -> tuple[float, ...]:
    alone, killer, stroma, little = (left(t, f"B50 {k}", 67) for k in ("alone", "NK", "stroma", "little"))
    return alone, killer, stroma / killer, little / killer


def _b51_plans():
    yield from series("B51", "navi", (300.0,), 72)
    yield from series("B51 t1114", "navi", (300.0,), 72, preset=PRESETS["t1114"])
    yield from series("B51 s63", "s63", (20.0,), 72)
    yield from series("B51 both", "s63", (20.0,), 72, beside={"navi": 300.0})


def _b51(t: Traces) -> tuple[float, ...]:
    alone, both = left(t, "B51", 300), left(t, "B51 both", 20, vehicle="B51 0")
    return alone, left(t, "B51 t1114", 300), both / (alone * left(t, "B51 s63", 20))


def _b52_plans():
    yield from series("B52", "picti", (1000.0,), 72)
    for name, given in {"none": {}, "with": {"picti": 1000.0}}.items():
        yield watched(f"B52 {name}", hours(1), inputs=given)
    yield from series("B52 dex", "dex", (1000.0,), 48, beside={"picti": 1000.0}, il6=10.0)


def _b52(t: Traces) -> tuple[float, ...]:
    return over(t, "pAkt", 60, "B52 with", "B52 none"), left(t, "B52", 1000), left(t, "B52 dex", 1000)


TREATMENTS: tuple[Behaviour, ...] = (
    foretold(
        "B39",
        "not tuned",
        [p for n in RECEPTORS for p in series(f"B39 {n:g}", "dex", (1000.0,), 48, parameters={"n_GR": n})],
        _b39,
    ),
    foretold("B40", "not tuned", tuple(_b40_plans()), _b40, SHOWN),
    foretold(
        "B41",
        "not tuned",
        [p for k, v in CELLS.items() for p in series(f"B41 {k}", "btz", BTZ, 48, parameters=v)],
        _b41,
    ),
    foretold("B42", "tuned", series("B42", "btz", HIGH, 48), _b42),
    foretold(
        "B43",
        "not tuned",
        [
            *series("B43 cfz", "cfz", BTZ, 48),
            *series("B43 btz", "btz", BTZ, 48),
            *series("B43 cfz capacity", "cfz", BTZ, 48, parameters={"c_P": 3.0}),
        ],
        _b43,
    ),
    foretold("B44", "tuned", tuple(_b44_plans()), _b44),
    foretold("B45", "tuned", tuple(_b45_plans()), _b45),
    foretold(
        "B46",
        "tuned",
        series("B46", "melph", MELPH, 72),
        lambda t: (dose_for(t, "B46", MELPH) / 1000, left(t, "B46", 100)),
    ),
    foretold("B47", "tuned", tuple(_b47_plans()), _b47),
    foretold(
        "B48",
        "tuned",
        [
            *series("B48 topo", "topo", (30.0, 100.0, *TOPO), 72),
            *series("B48 irino", "irino", IRINO, 72),
            *series("B48 starved", "topo", (200.0,), 72, beside={"GF": 0.1}),
        ],
        _b48,
    ),
    foretold("B49", "tuned", tuple(_b49_plans()), _b49),
    foretold("B50", "not tuned", tuple(_b50_plans()), _b50),
    foretold("B51", "not tuned", tuple(_b51_plans()), _b51),
    foretold("B52", "not tuned", tuple(_b52_plans()), _b52),
)
