"""Behaviours B32 to B38: the receptor, mutations and growth factors."""

from __future__ import annotations

import numpy as np

from models.behaviours.foretold_dishes import Traces, dose_for, foretold, left, over, series, watched
from models.behaviours.record import Behaviour, hours, minutes, peak

# One network shows every part that does not stand in another's place: one program is compiled for all.
SHOWN = ("assembly", "abundances", "noncanonical", "mir181b", "gilz", "stromal_loop", "adipokines")
MEK = {"tram": np.geomspace(0.5, 1000, 10), "pd03": np.geomspace(0.5, 1000, 10)}
MEK["selu"] = 10 * MEK["tram"]
MUTANT = {"o_RAS": 1.0}
DEX = {"dex": 1000.0}
PI3KI = {"pi3ki": 300.0}
TWO_DAYS = 2880.0


def _b32(t: Traces) -> tuple[float, ...]:
    rest, (_, top) = t["B32 1"].at("pS", 0), peak(t["B32 1"], "pS")
    at, high = peak(t["B32 10"], "pS")
    return (t["B32 1"].at("pS", 10) - rest) / (top - rest), at, high


ABUNDANT: dict[str, dict[str, float]] = {
    "reference": {},
    "ten times": {"n_gp": 46.8, "n_6R": 10.0},
    "a tenth": {"n_gp": 0.468, "n_6R": 0.1},
    "STAT3 twice": {"n_S3": 430.74},
}


def _b33(t: Traces) -> tuple[float, ...]:
    top = {k: (t[f"B33 {k}"]["pS"].max(), t[f"B33 {k}"]["mSOCS3"].max()) for k in ABUNDANT}
    pS, mSOCS3 = top["reference"]
    return top["ten times"][0] / pS, top["a tenth"][0] / pS, top["STAT3 twice"][1] / mSOCS3


def _mek(id: str, drug: str):
    wild = series(f"{id} {drug}", drug, MEK[drug], 72)
    return (*wild, *series(f"{id} {drug} RAS", drug, MEK[drug], 72, parameters=MUTANT))


def _shift(t: Traces, id: str, drug: str) -> float:
    wild, mutant = (dose_for(t, f"{id} {drug}{cell}", MEK[drug], 0.75) for cell in ("", " RAS"))
    return wild / mutant


def _b34(t: Traces) -> tuple[float, ...]:
    return _shift(t, "B34", "tram"), left(t, "B34 tram", 1000), left(t, "B34 tram RAS", 1000)


def _b35(t: Traces) -> tuple[float, ...]:
    selu, pd03 = (dose_for(t, f"B35 {d} RAS", MEK[d], 0.75) for d in ("selu", "pd03"))
    pMEK = over(t, "pMEK", 0, "B35 pd03 RAS 0", "B35 pd03 0")
    return _shift(t, "B35", "pd03"), _shift(t, "B35", "selu"), selu / pd03, pMEK


def _b36(t: Traces) -> tuple[float, ...]:
    def both(dish: str, minute: float) -> float:
        return t[dish].at("NFn", minute) + t[dish].at("P52", minute)

    kept = [both(f"B36 {k} ikki", 1440) / both(f"B36 {k} ikki", 0) for k in ("lost", "intact")]
    ratios = [over(t, s, 0, "B36 lost ikki", "B36 intact ikki") for s in ("P52", "NFn", "BCLXL")]
    return ratios[0], ratios[1], kept[0] / kept[1], ratios[2]


def _b36_plans():
    cells: dict[str, dict[str, float]] = {"intact": {}, "lost": {"t_NIK": 1.0}}
    for k, p in cells.items():
        yield watched(f"B36 {k} ikki", hours(24), SHOWN, inputs={"ikki": 10000.0}, parameters=p)


FACTORS: dict[str, dict[str, float]] = {"none": {}, "APRIL": {"APRIL": 200.0}, "BAFF": {"BAFF": 200.0}}


def _b37_plans():
    for k, given in FACTORS.items():
        yield watched(f"B37 {k}", hours(0.5, 1, 24, 48), inputs=given)
        yield watched(f"B37 {k} dex", hours(48), inputs={**given, **DEX})


def _b37(t: Traces) -> tuple[float, ...]:
    seen = (("pAkt", 30), ("pERK", 30), ("NFn", 60), ("MCL1", 1440), ("BCL2", TWO_DAYS))
    alive = {k: over(t, "N", TWO_DAYS, f"B37 {k} dex", f"B37 {k}") for k in FACTORS}
    return (
        *(over(t, s, at, "B37 APRIL", "B37 none") for s, at in seen),
        alive["APRIL"] / alive["none"],
        alive["BAFF"] / alive["none"],
    )


def _b38_plans():
    for k, given in {"none": {}, "IGF1": {"IGF1": 100.0}}.items():
        yield watched(f"B38 {k}", hours(0.25, 48), inputs=given)
        yield watched(f"B38 {k} dex", hours(48), inputs={**given, **DEX})
        yield watched(f"B38 {k} pi3ki", hours(48), inputs={**given, **PI3KI})
        yield watched(f"B38 {k} pi3ki dex", hours(48), inputs={**given, **PI3KI, **DEX})


def _b38(t: Traces) -> tuple[float, ...]:
    def alive(k: str) -> float:
        return over(t, "N", TWO_DAYS, f"{k} dex", k)

    return (
        *(over(t, s, 15, "B38 IGF1", "B38 none") for s in ("pAkt", "pERK", "pS")),
        alive("B38 IGF1") / alive("B38 none"),
        alive("B38 IGF1 pi3ki") / alive("B38 none pi3ki"),
        over(t, "N", TWO_DAYS, "B38 IGF1", "B38 none"),
    )


DRIVES: tuple[Behaviour, ...] = (
    foretold(
        "B32",
        "tuned",
        [watched(f"B32 {d:g}", minutes(90.0), SHOWN, il6=d) for d in (1.0, 10.0)],
        _b32,
        SHOWN,
    ),
    foretold(
        "B33",
        "not tuned",
        [watched(f"B33 {k}", minutes(90.0), SHOWN, il6=1.0, parameters=p) for k, p in ABUNDANT.items()],
        _b33,
        SHOWN,
    ),
    foretold("B34", "tuned", _mek("B34", "tram"), _b34),
    foretold("B35", "tuned", [*_mek("B35", "pd03"), *_mek("B35", "selu")], _b35),
    foretold("B36", "not tuned", tuple(_b36_plans()), _b36, SHOWN),
    foretold("B37", "not tuned", tuple(_b37_plans()), _b37),
    foretold("B38", "not tuned", tuple(_b38_plans()), _b38),
)
