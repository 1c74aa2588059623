"""Behaviours B13 to B17 and B25 to B28: the myeloma cell with stroma, fat, estradiol and bone."""

from __future__ import annotations

import numpy as np
import sympy as sp

from models.behaviours.record import Behaviour, Check, WatchedDish, crossing, hours, minutes, peak
from models.catalogue import HYPOTHESES, PRESETS, niche
from models.dish import dish
from models.engine.protocol import Protocol
from models.readouts import TOTAL_IKBA

NETWORK = niche()
U266 = PRESETS["u266"]
STROMA = {"BMSC": 0.1}
TOUCHING = {"BMSC": 0.1, "contact": 1.0}
DAY, TWO_DAYS = 1440.0, 2880.0


def _plan(name: str, times, **more) -> WatchedDish:
    return WatchedDish(dish(NETWORK, name, **more), times)


def _b13(t) -> tuple[Check, ...]:
    return (Check("IL-6 lost at 24 h", 1 - t["B13 ikki"].at("IL6", DAY) / t["B13"].at("IL6", DAY), 0.6, 0.9),)


def _b14(t) -> tuple[Check, ...]:
    return (Check("IL-6 at 24 h over none", t["B14 VEGF"].at("IL6", DAY) / t["B14"].at("IL6", DAY), 8, 30),)


def _b15(t) -> tuple[Check, ...]:
    return (
        Check("VEGF gained at 24 h", t["B15 IL6"].at("VEGF", DAY) / t["B15"].at("VEGF", DAY) - 1, 0.3, 0.8),
    )


def _b16(t) -> tuple[Check, ...]:
    of = {k: t[f"B16 {k}"].at("IL6", DAY) for k in ("apart", "touching", "p38i", "ikki")}
    return (
        Check("IL-6 at 24 h, contact over none", of["touching"] / of["apart"], 3, 15),
        Check("share lost to a p38 inhibitor", 1 - of["p38i"] / of["touching"], 0.25, 0.80),
        Check("share lost to an IKK inhibitor", 1 - of["ikki"] / of["touching"], 0.85),
    )


def _fat_medium() -> sp.Expr:
    """IL-6 that 0.1e6/mL resting adipocytes leave in 48 h, ng/mL: release against decay, solved by hand."""
    s_BMA, k_d6 = sp.symbols("s_BMA k_d6")
    return 0.1 * s_BMA / k_d6 * (1 - sp.exp(-k_d6 * TWO_DAYS))


def _b17(t) -> tuple[Check, ...]:
    rest = t["B17 medium"].at("pS", 0)
    return (
        Check("IL-6 in the adipocytes' medium, ng/mL", t["B17 fat"].at("IL6", TWO_DAYS), 0.1, 3.0),
        Check(
            "the same as given to the myeloma cells",
            t["B17 medium"].at("IL6", 0) / t["B17 fat"].at("IL6", TWO_DAYS),
            0.999,
            1.001,
        ),
        Check("peak of pSTAT3 over rest", peak(t["B17 medium"], "pS")[1] / rest, 3.0),
        Check("the same with tocilizumab", peak(t["B17 toci"], "pS")[1] / rest, high=1.3),
    )


def _b25(t) -> tuple[Check, ...]:
    start = t["B25"].at("pS", 0)
    growth = t["B25 silt"].at("N", TWO_DAYS) / t["B25 silt"].at("N", 0)
    return (
        Check("pSTAT3 lost at 1 h of ruxolitinib", 1 - t["B25 rux"].at("pS", 60) / start, 0.7),
        Check("pSTAT3 lost at 24 h of siltuximab", 1 - t["B25 silt"].at("pS", DAY) / start, 0.7),
        Check(
            "BCL-XL lost at 48 h of siltuximab",
            1 - t["B25 silt"].at("BCLXL", TWO_DAYS) / t["B25"].at("BCLXL", TWO_DAYS),
            0.1,
            0.5,
        ),
        Check("growth in 48 h of siltuximab, fold", growth, 1.0),
    )


B26_STRENGTHS = (1.0, 15.0, 60.0, 160.0)


def _b26(t) -> tuple[Check, ...]:
    def apart(g: float) -> float:
        low, high = (t[f"B26 {g:g} {start}"].at("IL6", 20 * DAY) for start in (0, 20))
        return abs(high / low - 1)

    return tuple(
        Check(f"IL-6 from two starts, g_auto {g:g}, apart", apart(g), high=0.01) for g in B26_STRENGTHS
    )


# Ratio with over without estradiol: resting NF-kB; IkBa at 15 min over its start; IkBa at 60 min (level);
# IkBa mRNA at 60 min; NF-kB at 30 min; IL-6 mRNA at 4 h, all after TNF 10 ng/mL; SOCS3 mRNA at 60 min after
# IL-6 10 ng/mL.
FINGERPRINTS: dict[str, tuple[float, ...]] = {
    "H0": (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    "H1": (0.34, 2.0, 1.26, 0.80, 0.92, 0.75, 1.0),
    "H2": (0.38, 1.15, 1.71, 1.69, 0.83, 0.68, 1.0),
    "H3": (1.0, 1.0, 1.0, 1.0, 1.0, 0.33, 1.0),
    "H4": (0.92, 0.76, 0.78, 0.98, 0.87, 0.88, 1.0),
    "H5": (1.0, 1.0, 1.0, 1.0, 1.0, 0.98, 0.62),
    "H6": (0.99, 1.02, 0.99, 1.0, 1.0, 1.0, 1.0),
}
READ = (
    "resting NF-kB",
    "IkBa at 15 min, share of start",
    "IkBa at 60 min",
    "IkBa mRNA at 60 min",
    "NF-kB at 30 min",
    "IL-6 mRNA at 4 h",
    "SOCS3 mRNA at 60 min",
)
B27_DOSES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def _estradiol(name: str, hypothesis: str, amount: float, **more) -> Protocol:
    held = {"E2": amount, **more.pop("antagonist", {})}
    return dish(
        NETWORK,
        name,
        pre=held,
        inputs={**held, **more.pop("stimulus", {})},
        parameters=HYPOTHESES[hypothesis].parameters,
        **more,
    )


def _b27_plans() -> tuple[WatchedDish, ...]:
    plans = []
    tnf, times = {"TNF": 10.0}, np.array([0.0, 15, 30, 60, 240])
    for h in HYPOTHESES:
        for e2 in (0.0, 10.0):
            plans.append(WatchedDish(_estradiol(f"B27 {h} {e2:g} TNF", h, e2, stimulus=tnf), times))
            plans.append(WatchedDish(_estradiol(f"B27 {h} {e2:g} IL6", h, e2, il6=10.0), times))
    plans += [WatchedDish(_estradiol(f"B27 dose {d:g}", "H1", d), hours(0.5)) for d in B27_DOSES]
    plans.append(WatchedDish(_estradiol("B27 fulv", "H1", 10.0, antagonist={"fulv": 100.0}), hours(0.5)))
    return tuple(plans)


def _read(t, h: str, e2: float) -> np.ndarray:
    tnf, il6 = t[f"B27 {h} {e2:g} TNF"], t[f"B27 {h} {e2:g} IL6"]
    ikb = {m: sum(tnf.at(s, m) for s in TOTAL_IKBA) for m in (0, 15, 60)}
    return np.array(
        [
            tnf.at("NFn", 0),
            ikb[15] / ikb[0],
            ikb[60],
            tnf.at("mIkB", 60),
            tnf.at("NFn", 30),
            tnf.at("mIL6", 240),
            il6.at("mSOCS3", 60),
        ]
    )


def _b27(t) -> tuple[Check, ...]:
    checks = []
    for h, expected in FINGERPRINTS.items():
        found = _read(t, h, 10.0) / _read(t, h, 0.0)
        width = 0.005 if h == "H0" else 0.2
        checks += [
            Check(f"{h}: {what}, ratio", float(r), e * (1 - width), e * (1 + width))
            for what, r, e in zip(READ, found, expected, strict=True)
        ]
    rest = _read(t, "H1", 0.0)[0]
    levels = np.array([t[f"B27 dose {d:g}"].at("NFn", 0) for d in B27_DOSES])
    half = np.exp(crossing(np.log(B27_DOSES), levels, (rest + levels[-1]) / 2))
    restored = (t["B27 fulv"].at("NFn", 0) - levels[-1]) / (rest - levels[-1])
    return (
        *checks,
        Check("H1: estradiol at half effect, nM", float(half), 0.05, 1.0),
        Check("H1: restored by fulvestrant 100 nM at 10 nM estradiol", float(restored), 0.9),
    )


MARROW = {"BMSC": 0.1, "BMA": 0.1, "contact": 1.0}
MONTH = 30 * DAY


def _b28(t) -> tuple[Check, ...]:
    loss = {k: 100 - t[f"B28 {k}"].at("Z", MONTH) for k in ("niche", "E2", "empty")}
    return (
        Check("bone lost in 30 days, %", loss["niche"], 5, 20),
        Check("share of it saved by estradiol 1 nM", 1 - loss["E2"] / loss["niche"], 0.3),
        Check("RANKL at 30 days", t["B28 niche"].at("RANKL", MONTH), 2, 5),
        Check("bone lost without myeloma and niche, %", loss["empty"], 0.0, 0.0),
    )


_ALONE = {"density": 0.0, "pre": STROMA}

NICHE: tuple[Behaviour, ...] = (
    Behaviour(
        "B13",
        "stroma alone, IKK inhibitor 10 uM, 24 h",
        "MLN120B lowers constitutive stromal IL-6 by 70 to 80 % (Hideshima 2006)",
        "tuned",
        (
            _plan("B13", hours(24), inputs=STROMA, **_ALONE),
            _plan("B13 ikki", hours(24), inputs={**STROMA, "ikki": 10000.0}, **_ALONE),
        ),
        _b13,
    ),
    Behaviour(
        "B14",
        "stroma alone, VEGF 50 ng/mL, 24 h",
        "Dankbaar 2000: 14 to 27-fold",
        "tuned",
        (
            _plan("B14", hours(24), inputs=STROMA, **_ALONE),
            _plan("B14 VEGF", hours(24), inputs=STROMA, levels={"VEGF": 50.0}, **_ALONE),
        ),
        _b14,
    ),
    Behaviour(
        "B15",
        "myeloma alone, IL-6 10 ng/mL, 24 h",
        "Dankbaar 2000: +40 to 60 % in lines, up to 5.3-fold in patients' cells",
        "not tuned",
        (_plan("B15", hours(24)), _plan("B15 IL6", hours(24), il6=10.0)),
        _b15,
    ),
    Behaviour(
        "B16",
        "myeloma with stroma 0.1e6/mL, touching or not, 24 h; p38 inhibitor 100 nM, IKK inhibitor 10 uM",
        "adhesion triggers NF-kB-dependent IL-6 (Urashima, Chauhan, Anderson); VX-745 (Hideshima 2003); "
        "MLN120B (Hideshima 2006); abstracts",
        "not tuned",
        (
            _plan("B16 apart", hours(24), inputs=STROMA),
            _plan("B16 touching", hours(24), inputs=TOUCHING),
            _plan("B16 p38i", hours(24), inputs={**TOUCHING, "p38i": 100.0}),
            _plan("B16 ikki", hours(24), inputs={**TOUCHING, "ikki": 10000.0}),
        ),
        _b16,
    ),
    Behaviour(
        "B17",
        "adipocytes 0.1e6/mL for 48 h, their medium onto myeloma cells; tocilizumab 700 nM",
        "adipocyte medium supports myeloma less when IL-6 is neutralised (Blood 2016 128:3262, abstract); "
        "magnitudes assumed",
        "not tuned",
        (
            _plan("B17 fat", hours(24, 48), density=0.0, inputs={"BMA": 0.1}),
            _plan("B17 medium", minutes(120.0), il6=_fat_medium()),
            _plan("B17 toci", minutes(120.0), il6=_fat_medium(), inputs={"toci": 700.0}),
        ),
        _b17,
    ),
    Behaviour(
        "B25",
        "U266-like, ruxolitinib 1 uM or siltuximab 67 nM",
        "Catlett-Falcone 1999 (unverified); lines survive uM JAK inhibitor (Blood 2016 128:5663)",
        "not tuned",
        (
            _plan("B25", hours(24, 48), preset=U266, wash=False),
            _plan("B25 rux", hours(1), preset=U266, wash=False, inputs={"rux": 1000.0}),
            _plan("B25 silt", hours(24, 48), preset=U266, wash=False, inputs={"silt": 67.0}),
        ),
        _b25,
    ),
    Behaviour(
        "B26",
        "resting autocrine loop, IL-6 from 0 and from 20 ng/mL, density kept at 1e6/mL, 20 days",
        "loop gain of 0.11 at most: no bistability",
        "not tuned",
        tuple(
            _plan(
                f"B26 {g:g} {start}",
                hours(20 * 24),
                il6=float(start),
                kept=True,
                density=1.0,
                parameters={"g_auto": g},
            )
            for g in B26_STRENGTHS
            for start in (0, 20)
        ),
        _b26,
    ),
    Behaviour(
        "B27",
        "estradiol 10 nM for 6 days, then TNF or IL-6 10 ng/mL, each hypothesis at its test value; dose "
        "series and fulvestrant in H1",
        "Sun 1998, Xing 2012 and others (catalogue of hypotheses)",
        "not tuned",
        _b27_plans(),
        _b27,
    ),
    Behaviour(
        "B28",
        "niche (stroma and adipocytes 0.1e6/mL, touching), 30 days from 0.02e6/mL; estradiol 1 nM; no "
        "myeloma and no niche",
        "topology of Ayati 2010; magnitudes assumed",
        "not tuned",
        (
            _plan("B28 niche", hours(15 * 24, 30 * 24), density=0.02, inputs=MARROW),
            _plan("B28 E2", hours(15 * 24, 30 * 24), density=0.02, inputs={**MARROW, "E2": 1.0}),
            _plan("B28 empty", hours(15 * 24, 30 * 24), density=0.0),
        ),
        _b28,
    ),
)
