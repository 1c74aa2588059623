"""Mutant RAS as an input of the cell: what it drives, and what then depends on ERK."""

from models.declare import Parameter, Pathway, assumed, derived, fixed


class OncogenicRas(Pathway):
    """At 0 the wild type. What `ras` of the specification adds to RAS is there beside it.

    Strong enough for what lines show: MEK inhibition is 3 to 15 times as potent in mutant ones (GDSC).
    """

    o_RAS = Parameter(
        "o_RAS",
        0.0,
        "-",
        "oncogenic RAS: 0 = wild type, 1 = a mutant on which the line depends",
        assumed(
            "an input of the cell; half of the mutant lines depend on it (Blood 2016 128:1138, abstract)"
        ),
        fixed,
        ("abundance",),
    )
    w_oB = Parameter(
        "w_oB",
        2.0,
        "-",
        "BIM that oncogenic RAS calls for and ERK holds down, over that of the wild type",
        derived("set so that MEK inhibition is 3 to 15 times as potent as in wild-type lines (GDSC)"),
        fixed,
        ("weight",),
    )
    f_oG = Parameter(
        "f_oG",
        0.3,
        "0-1",
        "share of growth that oncogenic RAS makes depend on ERK",
        derived("with w_oB, from the potency of MEK inhibition (GDSC)"),
        fixed,
        ("growth",),
    )
    g_oE = Parameter(
        "g_oE",
        1.0,
        "-",
        "weight of ERK on that share of growth",
        assumed("the mutant then grows about as fast as the wild type"),
        fixed,
        ("growth",),
    )
    w_oR = Parameter(
        "w_oR",
        1.0,
        "-",
        "weight of oncogenic RAS on RAS",
        assumed("more pMEK in RAS-mutant lines on reverse-phase arrays; size chosen"),
        fixed,
        ("weight",),
    )
    r_oI = Parameter(
        "r_oI",
        4.0,
        "-",
        "MEK inhibitor that is needed more where mutant RAS drives RAF",
        assumed(
            "size chosen; that they hold MEK less well which RAF activates: Hatzivassiliou 2013, unverified"
        ),
        fixed,
        ("weight",),
    )
