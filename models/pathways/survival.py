"""MCL-1, BCL-XL, BCL-2 and c-Myc, relative to a reference near 1."""

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
    logit_normal,
    memory,
    nothing,
    published,
)
from models.ratelaws import hill


class Survival(Pathway):
    """What STAT3, NF-kB, ERK and Akt do to the proteins that keep the cell alive and growing.

    BCL-2 answers to STAT3 only where `w_2S` says so, although the caption lists it: IL-6 does not raise it
    (Lichtenstein 1995).
    """

    pSe, pERK, pAkt, NFs, fP, strs, CASP = elsewhere("pSe pERK pAkt NFs fP strs CASP")
    fY4, XPO1i, w_XI = elsewhere("fY4 XPO1i w_XI")
    s63 = Input("s63", 0.0, "nM", "S63845, binds MCL-1")

    mMCL1 = Species("mMCL1", 1.0, "rel", "MCL1 mRNA", "cell", encodes="Q07820")
    MCL1 = Species("MCL1", 1.0, "rel", "MCL-1", "cell", uniprot="Q07820")
    BCLXL = Species("BCLXL", 1.0, "rel", "BCL-XL", "cell", uniprot="Q07817")
    BCL2 = Species("BCL2", 1.0, "rel", "BCL-2", "cell", uniprot="P10415")
    MYC = Species("MYC", 1.0, "rel", "c-Myc", "cell", uniprot="P01106")

    d_mM = Parameter(
        "d_mM",
        0.0154,
        "1/min",
        "decay of MCL1 mRNA",
        assumed(
            "half-life 45 min, so that blocked transcription costs MCL-1 in about 2 h (Zhang 2002: within "
            "3 h)"
        ),
        log_normal(0.5),
        ("decay",),
    )
    b_mM = Parameter(
        "b_mM",
        0.6,
        "-",
        "transcription of MCL1 without STAT3",
        assumed(
            "0.1 in a line like INA-6; searched for MCL1 transcription with STAT3 off: none found as a share"
        ),
        log_normal(0.7),
        ("weight",),
    )
    w_mMS = Parameter(
        "w_mMS",
        1.6,
        "-",
        "transcription of MCL1 by STAT3",
        assumed(
            "2.4 in a line like INA-6, where Brocke-Heidrich 2004 saw only slight induction; no other "
            "number was "
            "found"
        ),
        log_normal(0.7),
        ("weight",),
    )
    K_mMS = Parameter(
        "K_mMS",
        0.3,
        "-",
        "pSTAT3 at half effect on MCL1",
        assumed("reached by 10 ng/mL of IL-6"),
        log_normal(0.7),
    )
    w_mME = Parameter(
        "w_mME",
        0.3,
        "-",
        "transcription of MCL1 by ERK",
        assumed("weaker than STAT3"),
        log_normal(0.7),
        ("weight",),
    )
    d_M = Parameter(
        "d_M",
        0.0154,
        "1/min",
        "decay of MCL-1",
        assumed("half-life 45 min; reported 0.5 to 4 h"),
        log_normal(0.5),
        ("decay",),
    )
    w_Mst = Parameter(
        "w_Mst",
        1.0,
        "-",
        "destabilisation of MCL-1 without Akt, through GSK3",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    p_Mst = Parameter(
        "p_Mst", 0.7, "-", "share of inactive Akt at which d_M holds", assumed("near the resting cell")
    )
    rho_M = Parameter(
        "rho_M",
        0.9,
        "0-1",
        "proteasome-dependent share of MCL-1 decay",
        assumed("bortezomib accumulates MCL-1 (Voorhees 2007)"),
        logit_normal(),
        ("drug",),
    )
    sig_M = Parameter(
        "sig_M",
        0.6,
        "0-1",
        "stabilisation of MCL-1 by a bound inhibitor",
        memory("seen with MCL-1 inhibitors"),
        logit_normal(),
        ("drug",),
    )
    k_Mc = Parameter(
        "k_Mc",
        0.003,
        "1/min",
        "cleavage of MCL-1 by caspases under proteotoxic stress",
        assumed("bortezomib, not doxorubicin, has MCL-1 cleaved (Podar 2008, abstract); size chosen"),
        fixed,
        ("drug",),
    )
    K_s63 = Parameter(
        "K_s63",
        5.0,
        "nM",
        "half occupation of MCL-1 in cells by S63845",
        memory("Kd 0.19 nM (Kotschy 2016); myeloma IC50 below 100 nM"),
        log_normal(0.5),
        ("drug",),
    )
    d_X = Parameter(
        "d_X", 5.8e-4, "1/min", "decay of BCL-XL", memory("half-life 20 h"), log_normal(0.5), ("decay",)
    )
    b_X = Parameter(
        "b_X", 0.3, "-", "basal synthesis of BCL-XL", assumed("a third"), log_normal(0.7), ("weight",)
    )
    w_XS = Parameter(
        "w_XS",
        1.2,
        "-",
        "synthesis of BCL-XL by STAT3",
        memory("Catlett-Falcone 1999"),
        log_normal(0.7),
        ("weight",),
    )
    K_XS = Parameter("K_XS", 0.3, "-", "pSTAT3 at half effect on BCL-XL", assumed("as for MCL1"), fixed)
    w_XN = Parameter(
        "w_XN",
        1.5,
        "-",
        "synthesis of BCL-XL by NF-kB",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    K_XN = Parameter(
        "K_XN",
        15.0,
        "nM",
        "nuclear NF-kB at half effect on BCL-XL, BCL-2, c-Myc and growth",
        assumed("as for IL-6"),
        fixed,
    )
    d_2 = Parameter(
        "d_2", 5.8e-4, "1/min", "decay of BCL-2", memory("half-life 20 h"), log_normal(0.5), ("decay",)
    )
    b_2 = Parameter(
        "b_2",
        0.9,
        "-",
        "basal synthesis of BCL-2",
        assumed("IL-6 does not raise BCL-2 (Lichtenstein 1995)"),
        log_normal(0.5),
        ("weight",),
    )
    w_2N = Parameter(
        "w_2N", 0.3, "-", "synthesis of BCL-2 by NF-kB", assumed("weak"), log_normal(0.7), ("weight",)
    )
    w_2S = Parameter(
        "w_2S",
        0.0,
        "-",
        "synthesis of BCL-2 by STAT3",
        assumed("0: IL-6 does not raise BCL-2 (Lichtenstein 1995); the caption of the figure draws it"),
        fixed,
        ("variant",),
    )
    b_Y = Parameter(
        "b_Y",
        0.5,
        "-",
        "basal synthesis of c-Myc",
        assumed("the gene is often translocated"),
        log_normal(0.7),
        ("weight",),
    )
    w_YS = Parameter(
        "w_YS",
        1.0,
        "-",
        "synthesis of c-Myc by STAT3",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    K_YS = Parameter("K_YS", 0.3, "-", "pSTAT3 at half effect on c-Myc", assumed("as for MCL1"), fixed)
    w_YN = Parameter(
        "w_YN",
        1.0,
        "-",
        "synthesis of c-Myc by NF-kB",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    s_Y = Parameter("s_Y", 0.6, "-", "scale of c-Myc synthesis", assumed("brings resting c-Myc near 1"))
    dY0 = Parameter(
        "dY0",
        0.0347,
        "1/min",
        "decay of c-Myc without ERK and Akt",
        published("2.08 per h, Lee 2008, BIOMD0000000818"),
        log_normal(0.3),
        ("decay",),
    )
    dY1 = Parameter(
        "dY1",
        0.0058,
        "1/min",
        "decay of c-Myc phosphorylated on S62",
        published("0.35 per h, Lee 2008"),
        log_normal(0.3),
        ("decay",),
    )
    w_YA = Parameter("w_YA", 0.5, "-", "share of c-Myc decay that Akt removes, through GSK3", assumed("half"))
    rho_Y = Parameter(
        "rho_Y", 0.9, "-", "proteasome-dependent share of c-Myc decay", assumed("as MCL-1"), fixed, ("drug",)
    )

    oM = Derived("oM", s63 / (K_s63 + s63), "-", "MCL-1 occupied by S63845")
    gM = Derived(
        "gM",
        d_M * (1 + w_Mst * (1 - pAkt)) / (1 + p_Mst * w_Mst) * ((1 - rho_M) + rho_M * fP) * (1 - sig_M * oM),
        "1/min",
        "decay of MCL-1: faster without Akt, slower without proteasome or with a bound inhibitor",
    )
    gY = Derived(
        "gY",
        (dY1 + (dY0 - dY1) * (1 - pERK) * (1 - w_YA * pAkt)) * ((1 - rho_Y) + rho_Y * fP),
        "1/min",
        "decay of c-Myc: slower with ERK and Akt, slower without proteasome",
    )

    mcl1_transcribed = Reaction(
        nothing,
        mMCL1,
        d_mM * (b_mM + w_mMS * hill(pSe, K_mMS) + w_mME * pERK),
        "STAT3 and ERK transcribe MCL1",
    )
    mcl1_rna_decay = Reaction(mMCL1, nothing, d_mM * mMCL1, "MCL1 mRNA decays")
    mcl1_translated = Reaction(nothing, MCL1, d_M * mMCL1, "MCL-1 is translated")
    mcl1_decay = Reaction(MCL1, nothing, gM * MCL1, "MCL-1 is degraded; Akt, bortezomib and S63845 slow it")
    mcl1_cleaved = Reaction(
        MCL1, nothing, k_Mc * strs * CASP * MCL1, "caspases cleave MCL-1 under proteotoxic stress"
    )
    bclxl_made = Reaction(
        nothing,
        BCLXL,
        d_X * (b_X + w_XS * hill(pSe, K_XS) + w_XN * hill(NFs, K_XN)),
        "STAT3 and NF-kB make BCL-XL",
    )
    bclxl_decay = Reaction(BCLXL, nothing, d_X * BCLXL, "BCL-XL decays")
    bcl2_made = Reaction(
        nothing,
        BCL2,
        d_2 * (b_2 + w_2N * hill(NFs, K_XN) + w_2S * hill(pSe, K_XS)),
        "NF-kB makes some BCL-2, STAT3 where the caption is followed",
    )
    bcl2_decay = Reaction(BCL2, nothing, d_2 * BCL2, "BCL-2 decays")
    myc_made = Reaction(
        nothing,
        MYC,
        s_Y * dY0 * (b_Y + w_YS * hill(pSe, K_YS) + w_YN * hill(NFs, K_XN)) * fY4 * (1 - w_XI * XPO1i),
        "STAT3 and NF-kB make c-Myc, with IRF4; selinexor holds its messenger back",
    )
    myc_decay = Reaction(MYC, nothing, gY * MYC, "c-Myc is degraded; ERK, Akt and bortezomib slow it")
