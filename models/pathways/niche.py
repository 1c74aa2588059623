"""IL-6 and VEGF in the medium: who releases and who removes them, and how the stroma is activated."""

from models.declare import (
    Derived,
    Parameter,
    Pathway,
    Reaction,
    Species,
    assumed,
    derived,
    elsewhere,
    fixed,
    log_normal,
    logit_normal,
    nothing,
    published,
)
from models.pathways import culture
from models.ratelaws import hill


class Medium(Pathway):
    """IL-6 in the medium: released by myeloma, stromal and fat cells, decaying, taken up through its
    receptor.
    """

    N, ST, mIL6, occ, GR, fI, Ip38, e_tx, gr_tx = elsewhere("N ST mIL6 occ GR fI Ip38 e_tx gr_tx")
    BMSC, BMA = culture.BMSC, culture.BMA

    IL6 = Species(
        "IL6",
        0.0,
        "ng/mL",
        "interleukin-6 in the medium, free and antibody-bound",
        "medium",
        culture.clamped,
        uniprot="P05231",
    )

    s_MM = Parameter(
        "s_MM",
        7e-5,
        "ng/1e6cells/min",
        "IL-6 released by myeloma cells per unit of mIL6",
        assumed("about 0.1 ng per million cells and day, a line low in IL-6; only s_MM g_auto acts"),
        log_normal(1.0),
        ("secretion",),
    )
    g_auto = Parameter(
        "g_auto",
        1.0,
        "-",
        "strength of the autocrine loop: 1 like MM.1S, about 15 like U266, 0 = off",
        assumed("a target of inference"),
        log_normal(1.2),
        ("feedback",),
    )
    s_BMSC = Parameter(
        "s_BMSC",
        0.0012,
        "ng/1e6cells/min",
        "IL-6 released by resting stromal cells",
        assumed(
            "1.7 ng per million cells and day; differs between donors; searched: abstracts give directions "
            "and "
            "figures, no rate a cell"
        ),
        log_normal(1.0),
        ("secretion",),
    )
    s_BMA = Parameter(
        "s_BMA",
        0.003,
        "ng/1e6cells/min",
        "IL-6 released by bone-marrow adipocytes",
        assumed("that they release it: Blood 2016 128:3262 (abstract); the rate is not known"),
        log_normal(1.0),
        ("secretion",),
    )
    a_ST = Parameter(
        "a_ST",
        55.0,
        "-",
        "fold by which full activation raises the IL-6 release of the stroma",
        derived(
            "so that VEGF 50 ng/mL raises it 14-fold; Dankbaar 2000 measured 14 to 27 (abstract); no second "
            "measurement was found"
        ),
        log_normal(0.5),
        ("secretion",),
    )
    f_STA = Parameter(
        "f_STA",
        0.1,
        "-",
        "share of the stromal boost that adipocytes show",
        assumed("small beside the stroma's own"),
    )
    f_NB = Parameter(
        "f_NB",
        0.8,
        "0-1",
        "IKK-dependent share of the constitutive IL-6 release of the stroma",
        derived("MLN120B lowers it by 70 to 80 % (Hideshima 2006)"),
        logit_normal(),
        ("secretion",),
    )
    f_p38 = Parameter(
        "f_p38",
        0.6,
        "0-1",
        "p38-dependent share of the IL-6 release of the niche",
        assumed("VX-745 lowers the stroma's IL-6 (Hideshima 2003); size not known"),
        logit_normal(),
        ("secretion",),
    )
    k_d6 = Parameter(
        "k_d6",
        2.88e-4,
        "1/min",
        "decay of IL-6 in the medium",
        published("0.4152 per day, Nazari 2018, BIOMD0000000819"),
        log_normal(0.5),
        ("decay",),
    )
    k_up6 = Parameter(
        "k_up6",
        2e-4,
        "mL/1e6/min",
        "uptake of IL-6 through its receptor",
        assumed("of the order of the decay at a million cells per mL"),
        log_normal(1.0),
    )
    K_up6 = Parameter(
        "K_up6",
        2.0,
        "ng/mL",
        "IL-6 at half-maximal uptake",
        assumed("the same as K_L: it is the same receptor"),
        fixed,
    )

    f38 = Derived("f38", 1 - f_p38 * (1 - Ip38), "-", "IL-6 release of the niche left under a p38 inhibitor")
    f_tx = Derived(
        "f_tx",
        (1 - e_tx * occ) * (1 - gr_tx * GR),
        "-",
        "inflammatory transcription left by the occupied oestrogen (H3) and glucocorticoid receptors",
    )

    autocrine = Reaction(
        nothing,
        IL6,
        N * s_MM * g_auto * mIL6,
        "myeloma cells release IL-6: the autocrine loop (positive feedback)",
    )
    il6_stroma = Reaction(
        nothing,
        IL6,
        BMSC * s_BMSC * ((1 - f_NB) + f_NB * fI + a_ST * ST) * f_tx * f38,
        "stromal cells release IL-6",
    )
    il6_fat = Reaction(
        nothing, IL6, BMA * s_BMA * (1 + f_STA * a_ST * ST) * f_tx * f38, "adipocytes release IL-6"
    )
    il6_decay = Reaction(IL6, nothing, k_d6 * IL6, "IL-6 decays")
    il6_uptake = Reaction(
        IL6, nothing, k_up6 * N * IL6 * K_up6 / (K_up6 + IL6), "myeloma cells take IL-6 up with its receptor"
    )


class Stroma(Pathway):
    """VEGF in the medium, and the stroma it activates together with TNF and contact."""

    N, AP1, NFt, pSe, K_N6, occ, fI, e_deg, e_imp, e_syn = elsewhere(
        "N AP1 NFt pSe K_N6 occ fI e_deg e_imp e_syn"
    )
    BMSC, TNF, contact = culture.BMSC, culture.TNF, culture.contact

    VEGF = Species(
        "VEGF",
        0.0,
        "ng/mL",
        "vascular endothelial growth factor (angiogenic molecules)",
        "medium",
        culture.clamped,
        uniprot="P15692",
    )
    ST = Species("ST", 0.0, "0-1", "activation of the stroma (NF-kB, p38)", "stroma")

    s_V = Parameter(
        "s_V",
        7e-4,
        "ng/1e6cells/min",
        "scale of the VEGF release of myeloma cells",
        assumed("gives 0.1 to 0.5 ng/mL in 48 h"),
        log_normal(1.0),
        ("secretion",),
    )
    w_V0 = Parameter(
        "w_V0", 0.3, "-", "constitutive VEGF release", assumed("about a third of the regulated part")
    )
    w_VN = Parameter(
        "w_VN",
        1.5,
        "-",
        "weight of NF-kB on VEGF",
        assumed("first guess; IL-6 10 ng/mL then raises VEGF by 41 % (Dankbaar 2000: 40 to 60 %)"),
        log_normal(0.7),
        ("weight",),
    )
    w_VA = Parameter(
        "w_VA",
        1.0,
        "-",
        "weight of AP-1 on VEGF",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    f_VA = Parameter(
        "f_VA",
        0.3,
        "-",
        "scale that brings AP-1 to the size of a saturating term",
        assumed("AP-1 at rest is about 0.3"),
    )
    w_VS = Parameter(
        "w_VS",
        0.6,
        "-",
        "weight of STAT3 on VEGF",
        assumed("chosen together with w_VN"),
        log_normal(0.7),
        ("weight",),
    )
    K_VS = Parameter(
        "K_VS", 0.3, "-", "pSTAT3 at half effect on VEGF", assumed("the same as for its other genes")
    )
    s_VB = Parameter(
        "s_VB",
        5e-4,
        "ng/1e6cells/min",
        "VEGF release of resting stromal cells",
        assumed("below the myeloma cell's"),
        log_normal(1.0),
        ("secretion",),
    )
    k_dV = Parameter(
        "k_dV", 4.8e-4, "1/min", "decay of VEGF", assumed("half-life 24 h"), log_normal(0.5), ("decay",)
    )
    k_ST = Parameter(
        "k_ST",
        4e-3,
        "1/min",
        "rate at which the stroma is activated and calms down",
        assumed("about 3 h"),
        log_normal(0.5),
    )
    w_STV = Parameter(
        "w_STV",
        0.5,
        "-",
        "weight of VEGF on the stroma",
        assumed("chosen together with a_ST"),
        log_normal(0.7),
        ("weight",),
    )
    K_STV = Parameter(
        "K_STV",
        5.0,
        "ng/mL",
        "VEGF at half effect on the stroma",
        assumed("below the doses used in vitro"),
        log_normal(0.7),
    )
    w_STT = Parameter(
        "w_STT",
        1.0,
        "-",
        "weight of TNF on the stroma",
        assumed("a strong activator"),
        log_normal(0.7),
        ("weight",),
    )
    K_STT = Parameter(
        "K_STT",
        1.0,
        "ng/mL",
        "TNF at half effect on the stroma",
        assumed("as in the myeloma cell"),
        log_normal(0.7),
    )
    w_STN = Parameter(
        "w_STN",
        0.5,
        "-",
        "weight of touching myeloma cells on the stroma",
        assumed("adhesion triggers NF-kB-driven IL-6 (Urashima, Chauhan, Anderson); size not known"),
        log_normal(0.7),
        ("weight",),
    )
    K_STN = Parameter(
        "K_STN",
        0.5,
        "1e6/mL",
        "myeloma density at half effect on the stroma",
        assumed("in the range of cocultures"),
        log_normal(0.7),
    )

    a_act = Derived(
        "a_act",
        (w_STV * hill(VEGF, K_STV) + w_STT * hill(TNF, K_STT) + w_STN * contact * hill(N, K_STN))
        * fI
        * (1 - e_deg * occ)
        * (1 - e_imp * occ)
        / (1 + e_syn * occ),
        "-",
        "drive of the stroma by VEGF, TNF and contact, through its own NF-kB",
    )

    vegf_tumour = Reaction(
        nothing,
        VEGF,
        N * s_V * (w_V0 + w_VN * hill(NFt, K_N6) + w_VA * f_VA * AP1 + w_VS * hill(pSe, K_VS)),
        "myeloma cells release VEGF, driven by NF-kB, AP-1 and STAT3",
    )
    vegf_stroma = Reaction(nothing, VEGF, BMSC * s_VB * (1 + ST), "stromal cells release VEGF")
    vegf_decay = Reaction(VEGF, nothing, k_dV * VEGF, "VEGF decays")
    st_on = Reaction(nothing, ST, k_ST * a_act * (1 - ST), "VEGF, TNF and contact activate the stroma")
    st_off = Reaction(ST, nothing, k_ST * ST, "the stroma calms down")
