"""Behaviours B53 to B60: what the parts show that a network has only where they are asked for, and bone."""

from __future__ import annotations

import dataclasses

import numpy as np

from models.behaviours.drives import SHOWN, TWO_DAYS
from models.behaviours.foretold_dishes import Traces, dose_for, foretold, left, over, series, watched
from models.behaviours.record import Behaviour, WatchedDish, hours
from models.catalogue import PARTS, PRESETS
from models.dish import Dose
from models.drugs import drug
from models.engine.protocol import Protocol

BINDING = ("bcl2_binding",)
S63, VEN = np.geomspace(3, 300, 7), (10.0, 30.0, 100.0, 300.0, 1000.0)
DAY, MONTH, YEARS = 1440.0, 43200.0, 3 * 525600.0
NICHE = {"BMSC": 0.1, "BMA": 0.1, "contact": 1.0}
ALONE = {"density": 0.0}  # no myeloma cells


def _b53_plans():
    yield from series("B53 s63", "s63", S63, 48, BINDING)
    yield from series("B53 ven", "ven", (1000.0,), 48, BINDING)
    yield from series("B53 t1114", "ven", VEN, 48, BINDING, preset=PRESETS["t1114"])
    yield from series("B53 both", "s63", (30.0,), 48, BINDING, beside={"ven": 1000.0})


def _b53(t: Traces) -> tuple[float, ...]:
    venetoclax, both = left(t, "B53 ven", 1000), left(t, "B53 both", 30, vehicle="B53 s63 0")
    return (
        venetoclax,
        dose_for(t, "B53 t1114", VEN),
        dose_for(t, "B53 s63", S63),
        both / (venetoclax * left(t, "B53 s63", 30)),
    )


def _b54_plans():
    for name, given in {"none": {}, "btz": {"btz": 3.0}, "ven": {"ven": 1000.0}}.items():
        yield watched(f"B54 {name}", hours(12), BINDING, inputs=given)
    yield from series("B54 btz", "btz", (3.0,), 24, BINDING)
    yield from series("B54 a133", "a133", (100.0,), 24, BINDING)
    yield from series("B54 both", "a133", (100.0,), 24, BINDING, beside={"btz": 3.0})


def _b54(t: Traces) -> tuple[float, ...]:
    held = {k: t[f"B54 {k}"].at("XB", 720) + t[f"B54 {k}"].at("TB", 720) for k in ("none", "ven")}
    both = left(t, "B54 both", 100, vehicle="B54 btz 0")
    return (
        over(t, "MN", 720, "B54 btz", "B54 none"),
        1 - held["ven"] / held["none"],
        both / (left(t, "B54 btz", 3) * left(t, "B54 a133", 100)),
    )


def _b55_plans():
    for name, values in {"drawn": PARTS["stat3_bcl2"].parameters, "not": {}}.items():
        for il6 in (0.0, 10.0):
            yield watched(f"B55 {name} {il6:g}", hours(48), il6=il6, parameters=values)


def _b55(t: Traces) -> tuple[float, ...]:
    return tuple(over(t, "BCL2", TWO_DAYS, f"B55 {k} 10", f"B55 {k} 0") for k in ("drawn", "not"))


def _b56_plans():
    stroma, at = {"BMSC": 0.1}, hours(1, 24)
    vegf = {"levels": {"VEGF": 50.0}, **ALONE}
    yield watched("B56", at, SHOWN, inputs=stroma, **ALONE)
    yield watched("B56 IL6", at, SHOWN, inputs=stroma, il6=10.0, **ALONE)
    yield watched("B56 VEGF", at, SHOWN, inputs=stroma, **vegf)
    yield watched("B56 toci", at, SHOWN, inputs={**stroma, "toci": 700.0}, **vegf)


def _b56(t: Traces) -> tuple[float, ...]:
    release = [1 + 55 * t[k].at("ST", DAY) for k in ("B56 IL6", "B56")]  # a_ST of the stroma, IKK as it is
    return (
        over(t, "STS", 60, "B56 IL6", "B56"),
        release[0] / release[1],
        over(t, "IL6", DAY, "B56 toci", "B56 VEGF"),
        over(t, "IL6", DAY, "B56 VEGF", "B56"),
    )


DOXO = np.geomspace(50, 4000, 8)
BESIDE: dict[str, dict[str, float]] = {"none": {}, "fat": {"BMA": 0.2}, "stroma": {"BMSC": 0.2}}


def _b57_plans():
    for name, cells in BESIDE.items():
        held = {"silt": 67.0, **cells}
        yield from series(f"B57 {name}", "doxo", DOXO, 48, SHOWN, beside=held)
        yield watched(f"B57 {name} day", hours(24), SHOWN, inputs=held)
    for name, given in {"none": {}, "adiponectin": {"ADN": 10000.0}}.items():
        yield watched(f"B57 {name} two days", hours(48), SHOWN, inputs=given)


def _b57(t: Traces) -> tuple[float, ...]:
    half = {k: dose_for(t, f"B57 {k}", DOXO) for k in BESIDE}
    return (
        half["fat"] / half["none"],
        half["stroma"] / half["none"],
        over(t, "AUTO", DAY, "B57 fat day", "B57 none day"),
        over(t, "N", TWO_DAYS, "B57 adiponectin two days", "B57 none two days"),
    )


def _b58_plans():
    load = PARTS["basal_load"].parameters
    yield from series("B58", "vpsi", (1000.0,), 48, parameters=load)
    yield from series("B58 little", "vpsi", (1000.0,), 48, parameters={**load, "l_P": 1 / 3})


def _b58(t: Traces) -> tuple[float, ...]:
    alive = left(t, "B58", 1000)
    return alive, left(t, "B58 little", 1000) / alive


def _b59(t: Traces) -> tuple[float, ...]:
    bone = t["B59 niche"]
    return 100 - bone.at("Z", MONTH), float(bone["Z"].min()), 100 - t["B59 none"].at("Z", MONTH)


def _kept_at_ten(made: WatchedDish) -> WatchedDish:
    """The same dish with IL-6 and VEGF in the medium held after time 0 too."""
    periods = [
        p if p.start < 0 else dataclasses.replace(p, inputs={**p.inputs, "clamped": 1.0})
        for p in made.protocol.periods
    ]
    return WatchedDish(Protocol(made.protocol.id, tuple(periods), made.protocol.parameters), made.times)


def _b60_plans():
    twice = [Dose(drug("ruxolitinib"), 1000.0, at) for at in (0.0, 720.0)]
    yield watched("B60", hours(1, 24), SHOWN)
    yield _kept_at_ten(watched("B60 IL6", hours(1, 24), SHOWN, il6=10.0))
    yield _kept_at_ten(watched("B60 rux", hours(1, 24), SHOWN, il6=10.0, doses=twice))


def _b60(t: Traces) -> tuple[float, ...]:
    def lost(dish: str, minute: float) -> float:
        return t["B60"].at("CYLD", minute) - t[dish].at("CYLD", minute)

    return (
        over(t, "CYLD", DAY, "B60 IL6", "B60"),
        lost("B60 IL6", DAY) / lost("B60 IL6", 60),
        over(t, "NFn", DAY, "B60 IL6", "B60"),
        max(lost("B60 rux", DAY), 0.0) / lost("B60 IL6", DAY),
    )


PARTS_SHOWN: tuple[Behaviour, ...] = (
    foretold("B53", "tuned", tuple(_b53_plans()), _b53, BINDING),
    foretold("B54", "not tuned", tuple(_b54_plans()), _b54, BINDING),
    foretold("B55", "not tuned", tuple(_b55_plans()), _b55),
    foretold("B56", "tuned", tuple(_b56_plans()), _b56, SHOWN),
    foretold("B57", "not tuned", tuple(_b57_plans()), _b57, SHOWN),
    foretold("B58", "tuned", tuple(_b58_plans()), _b58),
    foretold(
        "B59",
        "arithmetic",
        [
            watched("B59 niche", np.array([0.0, MONTH, YEARS / 3, YEARS]), inputs=NICHE, density=0.02),
            watched("B59 none", np.array([0.0, MONTH]), density=0.0),
        ],
        _b59,
    ),
    foretold("B60", "not tuned", tuple(_b60_plans()), _b60, SHOWN),
)
