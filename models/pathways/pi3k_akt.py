"""PI3K, an algebraic quantity, and Akt."""

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
from models.pathways import culture
from models.ratelaws import hill, inhibited_by


class Pi3kAkt(Pathway):
    """Serum and the active IL-6 receptor switch PI3K on; Akt follows within minutes."""

    RA = elsewhere("RA")[0]
    GF = culture.GF
    pi3ki = Input("pi3ki", 0.0, "nM", "PI3K inhibitor (copanlisib, pictilisib; LY294002 as a tool)")
    akti = Input("akti", 0.0, "nM", "MK-2206, allosteric inhibitor of Akt", chebi="CHEBI:67271")

    pAkt = Species("pAkt", 0.0, "0-1", "Akt phosphorylated on S473, share of total", "cell", uniprot="P31749")

    k_Akt = Parameter(
        "k_Akt",
        0.24,
        "1/min",
        "phosphorylation of Akt",
        assumed("answers within minutes"),
        log_normal(0.5),
        ("kinetics",),
    )
    w_A0 = Parameter(
        "w_A0", 0.05, "-", "basal PI3K activity", assumed("a small share without any stimulus"), fixed
    )
    w_AGF = Parameter(
        "w_AGF",
        0.15,
        "-",
        "weight of serum and IGF-1 on PI3K",
        assumed("pAkt about a quarter in serum"),
        log_normal(0.7),
        ("weight",),
    )
    w_AL = Parameter(
        "w_AL",
        1.5,
        "-",
        "weight of the active IL-6 receptor on PI3K",
        assumed("IL-6 activates PI3K and Akt (Hideshima 2001); size not known"),
        log_normal(0.7),
        ("weight",),
    )
    K_AL = Parameter(
        "K_AL",
        0.1,
        "-",
        "active receptor at half effect on PI3K",
        assumed("a tenth of the receptor"),
        log_normal(0.7),
    )
    k_dAkt = Parameter(
        "k_dAkt",
        0.2,
        "1/min",
        "dephosphorylation of Akt",
        assumed("half-life 3.5 min"),
        log_normal(0.5),
        ("kinetics",),
    )
    IC_pi3k = Parameter(
        "IC_pi3k",
        30.0,
        "nM",
        "half inhibition of PI3K",
        memory("class of pictilisib and copanlisib"),
        log_normal(0.5),
        ("drug",),
    )
    IC_akti = Parameter(
        "IC_akti",
        65.0,
        "nM",
        "half inhibition of Akt phosphorylation by MK-2206",
        memory("pAkt in cells 65 nM; allosteric"),
        log_normal(0.4),
        ("drug",),
    )

    PI3K = Derived(
        "PI3K",
        (w_A0 + w_AGF * GF + w_AL * hill(RA, K_AL)) * inhibited_by(pi3ki, IC_pi3k),
        "-",
        "activity of PI3K, driven by serum and the active IL-6 receptor; its inhibitor blocks",
    )

    akt_on = Reaction(
        nothing,
        pAkt,
        k_Akt * PI3K * inhibited_by(akti, IC_akti) * (1 - pAkt),
        "PI3K has Akt phosphorylated; MK-2206 blocks",
    )
    akt_off = Reaction(pAkt, nothing, k_dAkt * pAkt, "Akt is dephosphorylated")
