"""Drug factors that act in more than one pathway: IKK-beta, proteasome, glucocorticoid receptor, p38.

A drug with one site of action is declared where it acts.
"""

from models.declare import Derived, Input, Parameter, Pathway, assumed, fixed, log_normal, memory
from models.ratelaws import hill, inhibited_by


class DrugAction(Pathway):
    """Shares of an activity left, or effects reached, at the concentration in the medium."""

    ikki = Input("ikki", 0.0, "nM", "IKK-beta inhibitor (MLN120B)")
    btz = Input("btz", 0.0, "nM", "bortezomib", chebi="CHEBI:52717")
    dex = Input("dex", 0.0, "nM", "dexamethasone", chebi="CHEBI:41879")
    p38i = Input("p38i", 0.0, "nM", "p38 inhibitor (VX-745)", chebi="CHEBI:90528")

    IC_ikki = Parameter(
        "IC_ikki",
        500.0,
        "nM",
        "half inhibition of IKK-beta in cells by MLN120B",
        memory("enzyme about 60 nM, cells 0.5 to 5 uM"),
        log_normal(0.5),
        ("drug",),
    )
    IC_btz = Parameter(
        "IC_btz",
        10.0,
        "nM",
        "half inhibition of the proteasome in cells by bortezomib",
        memory("cell-level potency of bortezomib"),
        log_normal(0.4),
        ("drug",),
    )
    h_btz = Parameter(
        "h_btz",
        1.5,
        "-",
        "steepness of proteasome inhibition",
        assumed("somewhat steeper than one site"),
        fixed,
        ("drug",),
    )
    IC_btzS = Parameter(
        "IC_btzS",
        15.0,
        "nM",
        "half-maximal proteotoxic stress by bortezomib",
        assumed("chosen so that viability is halved near 3.5 nM at 48 h"),
        log_normal(0.4),
        ("drug",),
    )
    h_btzS = Parameter(
        "h_btzS",
        2.0,
        "-",
        "steepness of proteotoxic stress",
        assumed("steeper than the block itself"),
        fixed,
        ("drug",),
    )
    EC_dex = Parameter(
        "EC_dex",
        20.0,
        "nM",
        "half-maximal glucocorticoid receptor activity by dexamethasone",
        memory("usual cell-level potency of dexamethasone"),
        log_normal(0.4),
        ("drug",),
    )
    IC_p38 = Parameter(
        "IC_p38",
        30.0,
        "nM",
        "half inhibition of p38",
        assumed("order of the potency of VX-745"),
        log_normal(0.5),
        ("drug",),
    )

    fI = Derived("fI", inhibited_by(ikki, IC_ikki), "-", "IKK-beta activity left under its inhibitor")
    fP = Derived("fP", inhibited_by(btz, IC_btz, h_btz), "-", "proteasome activity left under bortezomib")
    strs = Derived("strs", hill(btz, IC_btzS, h_btzS), "-", "proteotoxic stress by bortezomib")
    GR = Derived("GR", hill(dex, EC_dex), "-", "glucocorticoid receptor activity")
    Ip38 = Derived("Ip38", inhibited_by(p38i, IC_p38), "-", "p38 activity left under its inhibitor")
