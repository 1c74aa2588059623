"""The BCL-2 family by binding: three survival proteins, three BH3-only ones, amounts, affinities."""

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
    memory,
    nothing,
    published,
)

_CHEN = memory("IC50 of the peptides, Chen 2005")


class Bcl2Binding(Pathway):
    """What survival proteins do not hold of BIM and PUMA commits the cell; a drug fills the groove.

    `wM`, `wX` and `w2` are the amounts of the three, as shares of `A_fam`. A complex ends with either
    partner; the other is free again.
    """

    MCL1, BCLXL, BCL2, wM, wX, w2 = elsewhere("MCL1 BCLXL BCL2 wM wX w2")
    s63, K_s63, a133, K_a133, ven, K_ven = elsewhere("s63 K_s63 a133 K_a133 ven K_ven")
    navi, K_navX, K_nav2, d_X, d_2, gM, k_Mc = elsewhere("navi K_navX K_nav2 d_X d_2 gM k_Mc")
    strs, CASP, AUTO, w_AUB, s_BTZ, k_B, fP = elsewhere("strs CASP AUTO w_AUB s_BTZ k_B fP")
    bBH3, dBIM, s_CHEMO, Hdmg, s_SELI, XPO1i, s_I4, IRF4 = elsewhere(
        "bBH3 dBIM s_CHEMO Hdmg s_SELI XPO1i s_I4 IRF4"
    )

    BIM = Species("BIM", 1.0, "nM", "BIM that nothing holds", "cell", uniprot="O43521")
    NOXA = Species("NOXA", 1.0, "nM", "NOXA that nothing holds", "cell", uniprot="Q13794")
    PUMA = Species("PUMA", 0.1, "nM", "PUMA that nothing holds", "cell", uniprot="Q9BXH1")
    MB = Species("MB", 0.0, "nM", "MCL-1 with BIM", "cell", uniprot="Q07820 O43521")
    MN = Species("MN", 0.0, "nM", "MCL-1 with NOXA", "cell", uniprot="Q07820 Q13794")
    MP = Species("MP", 0.0, "nM", "MCL-1 with PUMA", "cell", uniprot="Q07820 Q9BXH1")
    XB = Species("XB", 0.0, "nM", "BCL-XL with BIM", "cell", uniprot="Q07817 O43521")
    XP = Species("XP", 0.0, "nM", "BCL-XL with PUMA", "cell", uniprot="Q07817 Q9BXH1")
    TB = Species("TB", 0.0, "nM", "BCL-2 with BIM", "cell", uniprot="P10415 O43521")
    TP = Species("TP", 0.0, "nM", "BCL-2 with PUMA", "cell", uniprot="P10415 Q9BXH1")

    A_fam = Parameter(
        "A_fam",
        100.0,
        "nM",
        "survival proteins together, at the reference level of each",
        assumed("tens to hundreds of nM, as models of apoptosis have (EARM); shares by wM, wX, w2"),
        log_normal(0.5),
        ("abundance",),
    )
    f_NX = Parameter(
        "f_NX",
        0.1,
        "nM",
        "NOXA made at rest",
        assumed("little; bortezomib raises it many-fold (Perez-Galan 2006, abstract)"),
        fixed,
    )
    f_PU = Parameter("f_PU", 1.0, "nM", "PUMA made at rest", assumed("little without damage of DNA"), fixed)
    k_on = Parameter(
        "k_on",
        0.01,
        "1/nM/min",
        "association of any pair",
        assumed("1.7e5 per M and s, of the order of helices in grooves; fast beside all else here"),
        log_normal(0.7),
        ("kinetics",),
    )
    Kd_MB = Parameter("Kd_MB", 2.4, "nM", "Kd of MCL-1 and BIM", _CHEN, fixed, ("affinity",))
    Kd_XB = Parameter("Kd_XB", 4.6, "nM", "Kd of BCL-XL and BIM", _CHEN, fixed, ("affinity",))
    Kd_TB = Parameter("Kd_TB", 2.6, "nM", "Kd of BCL-2 and BIM", _CHEN, fixed, ("affinity",))
    Kd_MP = Parameter("Kd_MP", 5.0, "nM", "Kd of MCL-1 and PUMA", _CHEN, fixed, ("affinity",))
    Kd_XP = Parameter("Kd_XP", 6.3, "nM", "Kd of BCL-XL and PUMA", _CHEN, fixed, ("affinity",))
    Kd_TP = Parameter("Kd_TP", 3.3, "nM", "Kd of BCL-2 and PUMA", _CHEN, fixed, ("affinity",))
    Kd_MN = Parameter(
        "Kd_MN",
        19.0,
        "nM",
        "Kd of MCL-1 and NOXA",
        published("19 nM, Certo 2006, as a source behind EARM gives it"),
        fixed,
        ("affinity",),
    )
    rho_B = Parameter(
        "rho_B",
        0.7,
        "0-1",
        "proteasome-dependent share of the loss of BIM",
        assumed("size chosen; that BIM accumulates under bortezomib is remembered, unverified"),
        fixed,
        ("drug",),
    )
    K_act = Parameter(
        "K_act",
        6.0,
        "nM",
        "free BIM and PUMA at which half of the cells commit",
        derived("so that S63845 kills the MM.1S-like and venetoclax the t(11;14)-like cell"),
        log_normal(0.5),
        ("apoptosis",),
    )

    Mf = Derived(
        "Mf",
        (A_fam * wM * MCL1 - MB - MN - MP) / (1 + s63 / K_s63),
        "nM",
        "MCL-1 that holds nothing and carries no S63845",
    )
    Xf = Derived(
        "Xf",
        (A_fam * wX * BCLXL - XB - XP) / (1 + a133 / K_a133 + navi / K_navX),
        "nM",
        "BCL-XL that holds nothing and carries no drug",
    )
    Tf = Derived(
        "Tf",
        (A_fam * w2 * BCL2 - TB - TP) / (1 + ven / K_ven + navi / K_nav2),
        "nM",
        "BCL-2 that holds nothing and carries no drug",
    )
    gMc = Derived("gMc", gM + k_Mc * strs * CASP, "1/min", "loss of MCL-1, by the proteasome and by caspases")
    gB = Derived("gB", k_B * (1 - rho_B + rho_B * fP), "1/min", "loss of BIM, most of it by the proteasome")
    x_BH3 = Derived("x_BH3", (BIM + PUMA) / K_act, "-", "free BIM and PUMA over the threshold of commitment")

    bim_made = Reaction(
        nothing,
        BIM,
        k_B * A_fam * (bBH3 + dBIM + s_SELI * XPO1i + s_I4 * (1 - IRF4)),
        "loss of Akt, ERK and IRF4, dexamethasone and selinexor raise BIM",
    )
    noxa_made = Reaction(
        nothing,
        NOXA,
        k_B * (f_NX + A_fam * s_BTZ * strs / (1 + w_AUB * AUTO)),
        "proteotoxic stress raises NOXA; autophagy relieves",
    )
    puma_made = Reaction(nothing, PUMA, k_B * (f_PU + A_fam * s_CHEMO * Hdmg), "damage of DNA raises PUMA")
    bim_lost = Reaction(BIM, nothing, gB * BIM, "BIM turns over")
    noxa_lost = Reaction(NOXA, nothing, k_B * NOXA, "NOXA turns over")
    puma_lost = Reaction(PUMA, nothing, k_B * PUMA, "PUMA turns over")
    mb_bound = Reaction(BIM, MB, k_on * Mf * BIM - k_on * Kd_MB * MB, "MCL-1 holds BIM")
    mn_bound = Reaction(NOXA, MN, k_on * Mf * NOXA - k_on * Kd_MN * MN, "MCL-1 holds NOXA")
    mp_bound = Reaction(PUMA, MP, k_on * Mf * PUMA - k_on * Kd_MP * MP, "MCL-1 holds PUMA")
    xb_bound = Reaction(BIM, XB, k_on * Xf * BIM - k_on * Kd_XB * XB, "BCL-XL holds BIM")
    xp_bound = Reaction(PUMA, XP, k_on * Xf * PUMA - k_on * Kd_XP * XP, "BCL-XL holds PUMA")
    tb_bound = Reaction(BIM, TB, k_on * Tf * BIM - k_on * Kd_TB * TB, "BCL-2 holds BIM")
    tp_bound = Reaction(PUMA, TP, k_on * Tf * PUMA - k_on * Kd_TP * TP, "BCL-2 holds PUMA")
    mb_freed = Reaction(MB, BIM, gMc * MB, "MCL-1 is lost, BIM is free")
    mn_freed = Reaction(MN, NOXA, gMc * MN, "MCL-1 is lost, NOXA is free")
    mp_freed = Reaction(MP, PUMA, gMc * MP, "MCL-1 is lost, PUMA is free")
    xb_freed = Reaction(XB, BIM, d_X * XB, "BCL-XL is lost, BIM is free")
    xp_freed = Reaction(XP, PUMA, d_X * XP, "BCL-XL is lost, PUMA is free")
    tb_freed = Reaction(TB, BIM, d_2 * TB, "BCL-2 is lost, BIM is free")
    tp_freed = Reaction(TP, PUMA, d_2 * TP, "BCL-2 is lost, PUMA is free")
    mb_lost = Reaction(MB, nothing, gB * MB, "BIM is lost, MCL-1 is free")
    mn_lost = Reaction(MN, nothing, k_B * MN, "NOXA is lost, MCL-1 is free")
    mp_lost = Reaction(MP, nothing, k_B * MP, "PUMA is lost, MCL-1 is free")
    xb_lost = Reaction(XB, nothing, gB * XB, "BIM is lost, BCL-XL is free")
    xp_lost = Reaction(XP, nothing, k_B * XP, "PUMA is lost, BCL-XL is free")
    tb_lost = Reaction(TB, nothing, gB * TB, "BIM is lost, BCL-2 is free")
    tp_lost = Reaction(TP, nothing, k_B * TP, "PUMA is lost, BCL-2 is free")
