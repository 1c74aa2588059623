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

    RA, IGF1R, BCMA = elsewhere("RA IGF1R BCMA")
    GF = culture.GF
    pi3ki = Input("pi3ki", 0.0, "nM", "PI3K inhibitor (copanlisib; LY294002 as a tool)")
    picti = Input("picti", 0.0, "nM", "pictilisib (GDC-0941)")
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
    w_AI = Parameter(
        "w_AI",
        0.5,
        "-",
        "weight of the IGF-1 receptor on PI3K",
        assumed("PI3K, and through it Akt and MAPK (Ge 2000, abstract); size not known"),
        log_normal(0.7),
        ("weight",),
    )
    w_AB = Parameter(
        "w_AB",
        0.2,
        "-",
        "weight of the receptors of APRIL and BAFF on PI3K",
        assumed("they activate it (Moreaux 2004, abstract); weaker than IGF-1"),
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
        assumed("half-life 3.5 min; searched for the decay of pAkt after a PI3K inhibitor: no number found"),
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
    IC_picti = Parameter(
        "IC_picti",
        40.0,
        "nM",
        "half inhibition of PI3K in cells by pictilisib",
        memory("3 nM on p110 alpha (10 nM or less: PMC2718129, abstract), tens of nM on pAkt in cells"),
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
        (w_A0 + w_AGF * GF + w_AL * hill(RA, K_AL) + w_AI * IGF1R + w_AB * BCMA)
        / (1 + pi3ki / IC_pi3k + picti / IC_picti),
        "-",
        "activity of PI3K: serum, the active IL-6 receptor, IGF-1, APRIL and BAFF; its inhibitors block",
    )

    akt_on = Reaction(
        nothing,
        pAkt,
        k_Akt * PI3K * inhibited_by(akti, IC_akti) * (1 - pAkt),
        "PI3K has Akt phosphorylated; MK-2206 blocks",
    )
    akt_off = Reaction(pAkt, nothing, k_dAkt * pAkt, "Akt is dephosphorylated")
