"""IKK, IkBa, NF-kB and A20: the skeleton of Lipniacki 2004, with everything that drives IKK in the niche.

Concentrations are nM per cytosolic volume, nuclear species too (amount over cytosol volume), so that totals
are plain sums; the true nuclear concentration is Kv times as high. Free cytosolic NF-kB and neutral IKK
follow from their totals.
"""

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
    half_normal,
    log_normal,
    logit_normal,
    nothing,
    published,
)
from models.pathways import culture
from models.ratelaws import hill

COUPLED = "P25963 Q04206 P19838"  # NFKBIA, RELA, NFKB1


class Nfkb(Pathway):
    """TNF, stroma, mutation, Akt and STAT3 activate IKK; IkBa couples NF-kB and is its own target; A20 ends
    it.
    """

    pAkt, pS, occ, fI, fP, strs, GR = elsewhere("pAkt pS occ fI fP strs GR")
    e_deg, e_coup, e_imp, e_syn, e_tx = elsewhere("e_deg e_coup e_imp e_syn e_tx")
    TNF, BMSC, contact = culture.TNF, culture.BMSC, culture.contact

    IKKa = Species("IKKa", 0.0, "nM", "active IKK", "cytosol", uniprot="O14920")
    IKKi = Species("IKKi", 0.0, "nM", "inactive, refractory IKK", "cytosol", uniprot="O14920")
    IkB = Species("IkB", 2.5, "nM", "free IkBa in the cytosol", "cytosol", uniprot="P25963")
    IkBn = Species(
        "IkBn", 0.0, "nM", "free IkBa in the nucleus (per cytosol volume)", "nucleus", uniprot="P25963"
    )
    C = Species("C", 59.0, "nM", "IkBa:NF-kB complex in the cytosol", "cytosol", uniprot=COUPLED)
    Cn = Species(
        "Cn", 0.0, "nM", "IkBa:NF-kB complex in the nucleus (per cytosol volume)", "nucleus", uniprot=COUPLED
    )
    NFn = Species(
        "NFn",
        0.0,
        "nM",
        "free, active NF-kB in the nucleus (per cytosol volume)",
        "nucleus",
        uniprot="Q04206",
    )
    mIkB = Species("mIkB", 0.0, "nM", "IkBa mRNA", "cell", encodes="P25963")
    mA20 = Species("mA20", 0.0, "nM", "A20 mRNA", "cell", encodes="P21580")
    A20 = Species("A20", 0.0, "nM", "A20 protein", "cytosol", uniprot="P21580")

    k1 = Parameter(
        "k1",
        0.02,
        "1/min",
        "activation of IKK at full drive",
        derived(
            "Lipniacki 2004 has 0.15; slowed for the delay at the receptor, so that half of IkBa is gone "
            "in about 5 min"
        ),
        log_normal(0.5),
        ("kinetics",),
    )
    K_TNF = Parameter(
        "K_TNF",
        1.0,
        "ng/mL",
        "TNF at half effect on IKK",
        assumed("below the usual 10 ng/mL"),
        log_normal(0.7),
        ("affinity",),
    )
    k2 = Parameter(
        "k2",
        0.006,
        "1/nM/min",
        "inactivation of IKK by A20",
        published("0.1 per uM and s, Lipniacki 2004, BIOMD0000000786"),
        log_normal(0.5),
        ("kinetics",),
    )
    k3 = Parameter(
        "k3",
        0.09,
        "1/min",
        "spontaneous inactivation of IKK",
        published("0.0015 per s, Lipniacki 2004"),
        log_normal(0.5),
        ("kinetics",),
    )
    k_rec = Parameter(
        "k_rec",
        0.0075,
        "1/min",
        "recycling of IKK",
        derived("turnover 1.25e-4 per s of Lipniacki 2004"),
        log_normal(0.5),
        ("kinetics",),
    )
    IKK_T = Parameter(
        "IKK_T", 200.0, "nM", "total IKK", published("Kprod over Kdeg, 0.2 uM, Lipniacki 2004"), fixed
    )
    NF_T = Parameter(
        "NF_T",
        60.0,
        "nM",
        "total NF-kB",
        published("0.06 uM, Lipniacki 2004; Hoffmann 2002 has 0.1 uM"),
        fixed,
    )
    b_const = Parameter(
        "b_const",
        0.008,
        "-",
        "constitutive drive of IKK by mutation, APRIL or BAFF",
        assumed(
            "every myeloma line has canonical NF-kB active at rest (Hideshima 2009); 0 without mutation, "
            "up to 0.03"
        ),
        log_normal(1.0),
        ("weight",),
    )
    w_NA = Parameter(
        "w_NA",
        0.006,
        "-",
        "drive of IKK by Akt",
        assumed("an arrow of the caption; size not known"),
        log_normal(1.0),
        ("weight",),
    )
    w_NS = Parameter(
        "w_NS",
        0.005,
        "-",
        "drive of IKK by STAT3",
        assumed("an arrow of the caption; perhaps through miR-181b and CYLD (Iliopoulos 2010)"),
        log_normal(1.0),
        ("weight",),
    )
    w_NST = Parameter(
        "w_NST",
        0.05,
        "-",
        "drive of IKK by touching stroma",
        assumed("adhesion activates NF-kB (Hideshima 2009); size not known"),
        log_normal(0.8),
        ("weight",),
    )
    K_BMSC = Parameter(
        "K_BMSC",
        0.1,
        "1e6/mL",
        "stromal density at half effect of contact",
        assumed("the usual density of cocultures"),
    )
    om_btz = Parameter(
        "om_btz",
        0.0,
        "-",
        "drive of IKK by bortezomib (variant B)",
        assumed("0 = variant A; 0.15 to 0.3 = the rise of NF-kB in Hideshima 2009"),
        half_normal(0.3),
        ("bortezomib",),
    )
    rho_I = Parameter(
        "rho_I",
        1.0,
        "0-1",
        "proteasome-dependent share of the IKK-driven loss of IkBa",
        assumed("1 = variant A, bortezomib saves IkBa (Ma 2003); 0.4 to 0.5 = variant B"),
        fixed,
        ("bortezomib",),
    )
    a1 = Parameter(
        "a1",
        0.03,
        "1/nM/min",
        "association of NF-kB and IkBa (the coupling)",
        published("0.5 per uM and s, Lipniacki 2004; 30 per uM and min, Hoffmann 2002"),
        log_normal(0.3),
        ("kinetics",),
    )
    kd1 = Parameter(
        "kd1",
        0.03,
        "1/min",
        "dissociation of NF-kB and IkBa",
        published("d4, 0.03 per min, Hoffmann 2002, BIOMD0000000140"),
        log_normal(0.5),
        ("kinetics",),
    )
    a2 = Parameter(
        "a2",
        0.0096,
        "1/nM/min",
        "loss of free IkBa by IKK",
        derived("0.012 of Lipniacki 2004 times 0.8"),
        log_normal(0.5),
        ("kinetics",),
    )
    a3 = Parameter(
        "a3",
        0.048,
        "1/nM/min",
        "loss of complexed IkBa by IKK",
        derived("0.06 of Lipniacki 2004 times 0.8"),
        log_normal(0.5),
        ("kinetics",),
    )
    c1a = Parameter(
        "c1a",
        3e-5,
        "1/min",
        "transcription of IkBa by NF-kB (IkBa feedback)",
        published("5e-7 per s, Lipniacki 2004"),
        log_normal(0.6),
        ("feedback",),
    )
    c0a = Parameter(
        "c0a",
        0.0,
        "nM/min",
        "transcription of IkBa without NF-kB",
        published("c2a = 0, Lipniacki 2004"),
        fixed,
    )
    c3a = Parameter(
        "c3a",
        0.024,
        "1/min",
        "decay of IkBa mRNA",
        published("0.0004 per s, Lipniacki 2004"),
        log_normal(0.3),
        ("decay",),
    )
    c4a = Parameter(
        "c4a", 30.0, "1/min", "translation of IkBa", published("0.5 per s, Lipniacki 2004"), fixed
    )
    c5a = Parameter(
        "c5a",
        0.006,
        "1/min",
        "decay of free IkBa",
        published("1e-4 per s, Lipniacki 2004"),
        log_normal(0.3),
        ("decay",),
    )
    c6a = Parameter(
        "c6a",
        0.0012,
        "1/min",
        "decay of complexed IkBa",
        published("2e-5 per s, Lipniacki 2004"),
        log_normal(0.3),
        ("decay",),
    )
    c1 = Parameter(
        "c1",
        3e-5,
        "1/min",
        "transcription of A20 by NF-kB (A20 feedback)",
        published("5e-7 per s, Lipniacki 2004"),
        log_normal(0.6),
        ("feedback",),
    )
    c3 = Parameter(
        "c3",
        0.024,
        "1/min",
        "decay of A20 mRNA",
        published("4e-4 per s, Lipniacki 2004"),
        log_normal(0.3),
        ("decay",),
    )
    c4 = Parameter("c4", 30.0, "1/min", "translation of A20", published("0.5 per s, Lipniacki 2004"), fixed)
    c5 = Parameter(
        "c5",
        0.018,
        "1/min",
        "decay of A20",
        published("3e-4 per s, Lipniacki 2004"),
        log_normal(0.3),
        ("decay",),
    )
    i1 = Parameter(
        "i1",
        0.15,
        "1/min",
        "nuclear import of NF-kB",
        published("0.0025 per s, Lipniacki 2004"),
        log_normal(0.3),
        ("kinetics",),
    )
    ex_C = Parameter(
        "ex_C",
        3.0,
        "1/min",
        "nuclear export of the complex",
        derived("Kv e2a = 5 times 0.01 per s, Lipniacki 2004"),
        fixed,
    )
    i1a = Parameter(
        "i1a",
        0.06,
        "1/min",
        "nuclear import of IkBa",
        published("0.001 per s, Lipniacki 2004"),
        log_normal(0.3),
        ("kinetics",),
    )
    ex_I = Parameter(
        "ex_I",
        0.15,
        "1/min",
        "nuclear export of IkBa",
        derived("Kv e1a = 5 times 5e-4 per s, Lipniacki 2004"),
        log_normal(0.3),
        ("kinetics",),
    )
    Kv = Parameter(
        "Kv",
        5.0,
        "-",
        "cytosol volume over nuclear volume",
        published("5, Lipniacki 2004; plasma cells differ"),
        fixed,
    )
    gr_tx = Parameter(
        "gr_tx",
        0.5,
        "0-1",
        "share of inflammatory NF-kB transcription that the glucocorticoid receptor represses",
        assumed("direction known, size not"),
        logit_normal(),
        ("drug",),
    )

    NFc = Derived("NFc", NF_T - C - Cn - NFn, "nM", "free NF-kB in the cytosol (its total is conserved)")
    IKKn = Derived("IKKn", IKK_T - IKKa - IKKi, "nM", "neutral IKK (its total is conserved)")
    NFt = Derived(
        "NFt",
        NFn * (1 - e_tx * occ) * (1 - gr_tx * GR),
        "nM",
        "NF-kB free to transcribe inflammatory genes: not held by estradiol (H3) or glucocorticoid receptors",
    )
    TR = Derived(
        "TR",
        hill(TNF, K_TNF)
        + b_const
        + w_NA * pAkt
        + w_NS * pS
        + w_NST * contact * hill(BMSC, K_BMSC)
        + om_btz * strs,
        "-",
        "drive of IKK: TNF, mutation, Akt, STAT3, touching stroma, bortezomib in variant B",
    )
    kdeg = Derived(
        "kdeg",
        fI * ((1 - rho_I) + rho_I * fP) * (1 - e_deg * occ),
        "-",
        "IKK-driven loss of IkBa left under its inhibitor, bortezomib (variant A) and estradiol (H1)",
    )
    kd = Derived(
        "kd", kd1 * (1 - e_coup * occ), "1/min", "dissociation of IkBa:NF-kB, slowed by estradiol in H6"
    )
    tx = Derived("tx", Kv * NFn, "nM", "true nuclear concentration of free NF-kB")

    ikk_on = Reaction(nothing, IKKa, k1 * TR * IKKn, "TNF, stroma, mutation, Akt and STAT3 activate IKK")
    ikk_off = Reaction(IKKa, IKKi, k3 * IKKa, "IKK inactivates by itself")
    ikk_a20 = Reaction(IKKa, IKKi, k2 * TR * A20 * IKKa, "A20 inactivates IKK (A20 feedback)")
    ikk_recycled = Reaction(IKKi, nothing, k_rec * IKKi, "refractory IKK becomes neutral again")
    ikb_translated = Reaction(nothing, IkB, c4a * mIkB, "IkBa is translated")
    ikb_degraded = Reaction(
        IkB, nothing, a2 * kdeg * IKKa * IkB, "IKK has free IkBa degraded by the proteasome"
    )
    ikb_decay = Reaction(IkB, nothing, c5a * IkB, "free IkBa decays")
    ikb_in = Reaction(IkB, IkBn, i1a * IkB, "IkBa enters the nucleus")
    ikb_out = Reaction(IkBn, IkB, ex_I * IkBn, "IkBa leaves the nucleus")
    coupled = Reaction(IkB, C, a1 * IkB * NFc, "IkBa couples cytosolic NF-kB")
    uncoupled = Reaction(C, IkB, kd * C, "cytosolic IkBa:NF-kB dissociates; slower under estradiol in H6")
    coupled_n = Reaction((IkBn, NFn), Cn, a1 * Kv * IkBn * NFn, "IkBa couples nuclear NF-kB")
    uncoupled_n = Reaction(
        Cn, (IkBn, NFn), kd * Cn, "nuclear IkBa:NF-kB dissociates; slower under estradiol in H6"
    )
    complex_decay = Reaction(C, nothing, c6a * C, "complexed IkBa decays and frees NF-kB")
    complex_degraded = Reaction(
        C,
        nothing,
        a3 * kdeg * IKKa * C,
        "IKK has complexed IkBa degraded, which frees NF-kB; estradiol blocks in H1",
    )
    complex_out = Reaction(Cn, C, ex_C * Cn, "the complex leaves the nucleus")
    nfkb_in = Reaction(
        nothing, NFn, i1 * (1 - e_imp * occ) * NFc, "free NF-kB enters the nucleus; estradiol blocks in H4"
    )
    ikb_transcribed = Reaction(
        nothing,
        mIkB,
        c1a * tx * (1 + e_syn * occ),
        "NF-kB transcribes IkBa (IkBa feedback); estradiol adds in H2",
    )
    ikb_basal = Reaction(nothing, mIkB, c0a, "IkBa is transcribed without NF-kB")
    ikb_rna_decay = Reaction(mIkB, nothing, c3a * mIkB, "IkBa mRNA decays")
    a20_transcribed = Reaction(nothing, mA20, c1 * tx, "NF-kB transcribes A20 (A20 feedback)")
    a20_rna_decay = Reaction(mA20, nothing, c3 * mA20, "A20 mRNA decays")
    a20_translated = Reaction(nothing, A20, c4 * mA20, "A20 is translated")
    a20_decay = Reaction(A20, nothing, c5 * A20, "A20 decays")
