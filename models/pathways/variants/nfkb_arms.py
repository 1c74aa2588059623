"""Ways to NF-kB beside TNF and IKK-beta: NIK and RelB:p52; miR-181b and CYLD behind STAT3."""

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
from models.ratelaws import hill


class NoncanonicalNfkb(Pathway):
    """TRAF3 and BIRC2/3 hold NIK down; without them, or under APRIL and BAFF, it makes RelB:p52, helps IKK.

    RelB:p52 does not answer to an inhibitor of IKK-beta.
    """

    NFn, IKKa, IKKn, k1, BCMA = elsewhere("NFn IKKa IKKn k1 BCMA")

    P52 = Species(
        "P52", 0.3, "nM", "RelB:p52 in the nucleus (per cytosol volume)", "nucleus", uniprot="Q00653 Q01201"
    )

    t_NIK = Parameter(
        "t_NIK",
        0.0,
        "-",
        "loss of TRAF3 or BIRC2/3: 0 = intact, 1 = lost",
        assumed("an input of the cell"),
        fixed,
        ("abundance",),
    )
    w_BN = Parameter(
        "w_BN",
        0.3,
        "-",
        "NIK by the receptors of APRIL and BAFF, over full loss of TRAF3",
        assumed("the receptor of BAFF takes TRAF3 away; smaller than its loss"),
        log_normal(0.7),
        ("weight",),
    )
    b_52 = Parameter(
        "b_52", 0.3, "nM", "RelB:p52 without NIK", assumed("small beside nuclear RelA, 6 nM"), fixed
    )
    p_52 = Parameter(
        "p_52",
        5.0,
        "nM",
        "RelB:p52 by full loss of TRAF3",
        assumed("of the order of resting nuclear RelA, since either arm has like effects (Demchenko 2010)"),
        log_normal(0.7),
        ("weight",),
    )
    k_52 = Parameter(
        "k_52",
        0.002,
        "1/min",
        "turnover of RelB:p52",
        assumed("hours: p100 has to be processed"),
        log_normal(0.5),
        ("kinetics",),
    )
    w_NIK = Parameter(
        "w_NIK",
        0.006,
        "-",
        "drive of canonical IKK by full loss of TRAF3",
        assumed("mutations that raise NIK often activate both arms (Demchenko 2010, abstract); size chosen"),
        log_normal(0.8),
        ("weight",),
    )

    NIK = Derived("NIK", t_NIK + w_BN * BCMA, "-", "NIK, over that without TRAF3")
    NFs = Derived("NFs", NFn + P52, "nM", "NF-kB at genes of survival and growth: RelA and RelB:p52")

    p52_made = Reaction(nothing, P52, k_52 * (b_52 + p_52 * NIK), "NIK has p100 processed to p52")
    p52_lost = Reaction(P52, nothing, k_52 * P52, "RelB:p52 turns over")
    ikk_by_nik = Reaction(nothing, IKKa, k1 * w_NIK * NIK * IKKn, "NIK activates canonical IKK too")


class Mir181b(Pathway):
    """STAT3 makes miR-181b, which takes CYLD, which holds IKK down: hours behind the direct way."""

    pSe, IKKa, IKKn, k1 = elsewhere("pSe IKKa IKKn k1")

    M181 = Species("M181", 1.0, "rel", "miR-181b", "cell")
    CYLD = Species("CYLD", 1.0, "rel", "CYLD, relative to a cell without STAT3", "cell", uniprot="Q9NQC7")

    k_181 = Parameter(
        "k_181", 0.003, "1/min", "turnover of miR-181b", assumed("hours"), log_normal(0.5), ("kinetics",)
    )
    w_181 = Parameter(
        "w_181",
        4.0,
        "-",
        "rise of miR-181b by STAT3",
        assumed("several-fold (Iliopoulos 2010, remembered)"),
        log_normal(0.7),
        ("weight",),
    )
    K_181 = Parameter(
        "K_181", 0.3, "-", "pSTAT3 at half effect on miR-181b", assumed("as on its other genes"), fixed
    )
    k_CY = Parameter(
        "k_CY", 0.0015, "1/min", "turnover of CYLD", assumed("about 8 h"), log_normal(0.5), ("kinetics",)
    )
    w_CY = Parameter(
        "w_CY",
        0.5,
        "-",
        "fall of CYLD by miR-181b",
        assumed("CYLD is its target (Iliopoulos 2010, abstract); size not known"),
        log_normal(0.7),
        ("weight",),
    )
    w_NC = Parameter(
        "w_NC",
        0.01,
        "-",
        "drive of IKK by full loss of CYLD",
        assumed("of the order of the constitutive drive, which loss of CYLD can make up in lines"),
        log_normal(1.0),
        ("weight",),
    )

    mir_made = Reaction(nothing, M181, k_181 * (1 + w_181 * hill(pSe, K_181)), "STAT3 makes miR-181b")
    mir_lost = Reaction(M181, nothing, k_181 * M181, "miR-181b turns over")
    cyld_made = Reaction(
        nothing, CYLD, k_CY * (1 + w_CY) / (1 + w_CY * M181), "CYLD is made; miR-181b takes its messenger"
    )
    cyld_lost = Reaction(CYLD, nothing, k_CY * CYLD, "CYLD turns over")
    ikk_by_cyld = Reaction(nothing, IKKa, k1 * w_NC * (1 - CYLD) * IKKn, "without CYLD IKK is activated")
