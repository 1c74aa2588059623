"""GILZ, which the glucocorticoid receptor has made and which carries part of the death by dexamethasone."""

from models.declare import (
    Derived,
    Parameter,
    Pathway,
    Reaction,
    Species,
    assumed,
    elsewhere,
    fixed,
    log_normal,
    nothing,
)
from models.ratelaws import inhibited_by


class Gilz(Pathway):
    """Dexamethasone's BH3 load in two shares: at once by BIM, and behind GILZ; both blocked by Akt."""

    pAkt, GR, aGR, s_DEX, K_DA, h_DA = elsewhere("pAkt GR aGR s_DEX K_DA h_DA")

    GILZ = Species("GILZ", 1.0, "rel", "GILZ (TSC22D3), over rest", "cell", uniprot="Q99576")

    k_GZ = Parameter(
        "k_GZ", 0.006, "1/min", "turnover of GILZ", assumed("about 2 h"), log_normal(0.5), ("kinetics",)
    )
    w_GZ = Parameter(
        "w_GZ",
        5.0,
        "-",
        "rise of GILZ by the full receptor",
        assumed("rises severalfold in myeloma lines (Grugan 2008, abstract: direction); size chosen"),
        log_normal(0.7),
        ("weight",),
    )
    f_GZ = Parameter(
        "f_GZ",
        0.5,
        "0-1",
        "share of dexamethasone's load that GILZ carries",
        assumed("silencing it lowers the killing (Grugan 2008; Kervoelen 2015, abstracts); half"),
        fixed,
        ("drug",),
    )
    q_GZ = Parameter(
        "q_GZ", 0.0, "0-1", "share of GILZ that is silenced", assumed("0: nothing is silenced"), fixed
    )

    GRb = Derived(
        "GRb", GR * aGR * inhibited_by(pAkt, K_DA, h_DA), "-", "activity of the receptor that Akt leaves"
    )
    dBIM = Derived(
        "dBIM",
        s_DEX * ((1 - f_GZ) * GRb + f_GZ * (1 - q_GZ) * (GILZ - 1) / w_GZ),
        "-",
        "BH3 load by the glucocorticoid receptor: BIM, and behind it GILZ; Akt blocks both",
    )

    gilz_made = Reaction(nothing, GILZ, k_GZ * (1 + w_GZ * GRb), "the receptor has GILZ made; Akt blocks")
    gilz_lost = Reaction(GILZ, nothing, k_GZ * GILZ, "GILZ turns over")
