"""Cereblon, which lenalidomide and pomalidomide turn upon IKZF1 and IKZF3; IRF4, which these keep up."""

from models.declare import (
    Derived,
    Input,
    Parameter,
    Pathway,
    Reaction,
    Species,
    assumed,
    elsewhere,
    fixed,
    log_normal,
    memory,
    nothing,
)


class Cereblon(Pathway):
    """IKZF1/3 as one, IRF4 behind them; both are 1 and stay there where nothing acts on them.

    Effects on T and natural killer cells are not here.
    """

    fP, XPO1i, w_XI = elsewhere("fP XPO1i w_XI")
    len = Input("len", 0.0, "nM", "lenalidomide")
    pom = Input("pom", 0.0, "nM", "pomalidomide")

    IKZ = Species("IKZ", 1.0, "rel", "IKZF1 and IKZF3, relative to the untreated cell", "nucleus")
    IRF4 = Species("IRF4", 1.0, "rel", "IRF4, relative to the untreated cell", "nucleus", uniprot="Q15306")

    n_CRBN = Parameter(
        "n_CRBN",
        1.0,
        "-",
        "cereblon of the cell over that of a sensitive line",
        assumed("an input of the cell; without it the drugs do nothing (bcj.2015.66, abstract)"),
        log_normal(0.5),
        ("abundance",),
    )
    K_len = Parameter(
        "K_len",
        500.0,
        "nM",
        "half-maximal activity of cereblon with lenalidomide",
        assumed("between the binding constant and the 1 uM of most dishes; pomalidomide tenfold stronger"),
        log_normal(0.7),
        ("drug",),
    )
    K_pom = Parameter(
        "K_pom",
        60.0,
        "nM",
        "half-maximal activity of cereblon with pomalidomide",
        assumed("faster and stronger than lenalidomide (bcj.2015.66, title and abstract); size chosen"),
        log_normal(0.7),
        ("drug",),
    )
    k_IK = Parameter(
        "k_IK",
        0.0012,
        "1/min",
        "turnover of IKZF1/3",
        assumed("half-life about 10 h without drug"),
        log_normal(0.5),
        ("kinetics",),
    )
    k_CRL = Parameter(
        "k_CRL",
        0.008,
        "1/min",
        "degradation of IKZF1/3 by cereblon with its drug",
        memory("gone within hours of treatment"),
        log_normal(0.5),
        ("drug",),
    )
    k_I4 = Parameter(
        "k_I4",
        8e-4,
        "1/min",
        "turnover of IRF4",
        memory("falls over one to two days of treatment"),
        log_normal(0.5),
        ("kinetics",),
    )
    b_I4 = Parameter(
        "b_I4",
        0.2,
        "0-1",
        "share of IRF4 that is made without IKZF1/3",
        assumed("IRF4 falls, and does not go"),
        fixed,
    )
    w_4Y = Parameter(
        "w_4Y",
        0.6,
        "0-1",
        "share of c-Myc synthesis that needs IRF4",
        assumed("c-Myc is a target of IRF4 in myeloma (Shaffer 2008, remembered); size not known"),
        fixed,
        ("weight",),
    )
    s_I4 = Parameter(
        "s_I4",
        0.4,
        "-",
        "BH3 load by full loss of IRF4",
        assumed("loss of IRF4 kills myeloma lines of every kind (Shaffer 2008, remembered); size chosen"),
        log_normal(0.5),
        ("weight",),
    )

    CRL4 = Derived(
        "CRL4",
        n_CRBN * (len / K_len + pom / K_pom) / (1 + len / K_len + pom / K_pom),
        "-",
        "activity of cereblon towards IKZF1/3, given by lenalidomide and pomalidomide",
    )
    fY4 = Derived("fY4", 1 - w_4Y + w_4Y * IRF4, "-", "synthesis of c-Myc left by IRF4")

    ikzf_made = Reaction(nothing, IKZ, k_IK * (1 - w_XI * XPO1i), "IKZF1/3 are made; selinexor lowers that")
    ikzf_lost = Reaction(IKZ, nothing, k_IK * IKZ, "IKZF1/3 turn over")
    ikzf_degraded = Reaction(
        IKZ,
        nothing,
        k_CRL * CRL4 * fP * IKZ,
        "cereblon has IKZF1/3 degraded by the proteasome; lenalidomide and pomalidomide",
    )
    irf4_made = Reaction(nothing, IRF4, k_I4 * (b_I4 + (1 - b_I4) * IKZ), "IKZF1/3 have IRF4 made")
    irf4_lost = Reaction(IRF4, nothing, k_I4 * IRF4, "IRF4 turns over")
