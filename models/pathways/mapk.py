"""RAS, RAF, MEK1 and ERK with its brake on RAF; MKK3 and p38; AP-1. RAS, RAF and MKK3 are algebraic."""

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
from models.ratelaws import hill


class Mapk(Pathway):
    """Two kinase arms of the receptor that meet at AP-1."""

    RA, PI3K, strs, Ip38, IGF1R, BCMA = elsewhere("RA PI3K strs Ip38 IGF1R BCMA")
    o_RAS, w_oR, r_oI = elsewhere("o_RAS w_oR r_oI")
    GF, TNF = culture.GF, culture.TNF
    tram = Input("tram", 0.0, "nM", "trametinib, allosteric inhibitor of MEK", chebi="CHEBI:75998")
    pd03 = Input("pd03", 0.0, "nM", "PD-0325901 (mirdametinib), allosteric inhibitor of MEK")
    selu = Input("selu", 0.0, "nM", "selumetinib (AZD6244), allosteric inhibitor of MEK")

    pMEK = Species("pMEK", 0.0, "0-1", "MEK1/2 phosphorylated, share of total", "cell", uniprot="Q02750")
    pERK = Species("pERK", 0.0, "0-1", "ERK1/2 phosphorylated, share of total", "cell", uniprot="P28482")
    pp38 = Species("pp38", 0.0, "0-1", "p38 phosphorylated, share of total", "cell", uniprot="Q16539")
    AP1 = Species("AP1", 0.0, "rel", "activity of AP-1", "nucleus", uniprot="P05412")

    k_MEK = Parameter(
        "k_MEK",
        0.4,
        "1/min",
        "phosphorylation of MEK1 by RAF",
        assumed("answers within minutes"),
        fixed,
        ("kinetics",),
    )
    w_E0 = Parameter("w_E0", 0.02, "-", "basal RAS activity", assumed("small without any stimulus"), fixed)
    w_EGF = Parameter(
        "w_EGF",
        0.05,
        "-",
        "weight of serum on RAS",
        assumed("small beside IL-6"),
        log_normal(0.7),
        ("weight",),
    )
    w_EL = Parameter(
        "w_EL",
        1.0,
        "-",
        "weight of the active IL-6 receptor on RAS, through SHP2",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    K_EL = Parameter(
        "K_EL",
        0.1,
        "-",
        "active receptor at half effect on RAS and MKK3",
        assumed("a tenth of the receptor"),
        log_normal(0.7),
    )
    w_EA = Parameter(
        "w_EA",
        0.3,
        "-",
        "cross-talk from PI3K to RAF",
        assumed("LY294002 partly blocks MAPK after IL-6 (Hideshima 2001); size not known"),
        log_normal(0.7),
        ("weight",),
    )
    ras = Parameter(
        "ras",
        0.05,
        "-",
        "drive by mutant RAS or RAF, a constant of the line",
        assumed("weak; 5 to 10 times more for strong mutants"),
        log_normal(0.7),
        ("weight",),
    )
    w_EI = Parameter(
        "w_EI",
        0.03,
        "-",
        "weight of the IGF-1 receptor on RAS",
        assumed("most of it goes through PI3K (Ge 2000, abstract)"),
        log_normal(0.7),
        ("weight",),
    )
    w_EB = Parameter(
        "w_EB",
        0.05,
        "-",
        "weight of the receptors of APRIL and BAFF on RAS",
        assumed("they activate MAPK (Moreaux 2004, abstract); size not known"),
        log_normal(0.7),
        ("weight",),
    )
    K_fE = Parameter(
        "K_fE",
        0.3,
        "-",
        "pERK that halves RAF activity (negative feedback)",
        assumed("form of Fiedler 2016; its number belongs to other cells"),
        log_normal(0.7),
    )
    k_dMEK = Parameter(
        "k_dMEK", 0.4, "1/min", "dephosphorylation of MEK", assumed("half-life 2 min"), fixed, ("kinetics",)
    )
    k_ERK = Parameter(
        "k_ERK",
        1.2,
        "1/min",
        "phosphorylation of ERK",
        assumed("answers within minutes"),
        log_normal(0.5),
        ("kinetics",),
    )
    k_dERK = Parameter(
        "k_dERK",
        0.5,
        "1/min",
        "dephosphorylation of ERK",
        assumed("half-life 1.4 min"),
        log_normal(0.5),
        ("kinetics",),
    )
    IC_tram = Parameter(
        "IC_tram",
        1.5,
        "nM",
        "half inhibition of ERK phosphorylation by trametinib",
        memory("enzyme 0.9 to 1.8 nM; allosteric (Gilmartin 2011)"),
        log_normal(0.4),
        ("drug",),
    )
    IC_pd03 = Parameter(
        "IC_pd03",
        1.0,
        "nM",
        "half inhibition of ERK phosphorylation by PD-0325901",
        memory("0.3 nM in the most sensitive cells, about 1 nM on the enzyme"),
        log_normal(0.4),
        ("drug",),
    )
    IC_selu = Parameter(
        "IC_selu",
        14.0,
        "nM",
        "half inhibition of ERK phosphorylation by selumetinib",
        memory("14 nM on the enzyme, 10 to 40 nM in cells"),
        log_normal(0.4),
        ("drug",),
    )
    k_p38 = Parameter(
        "k_p38",
        0.15,
        "1/min",
        "phosphorylation of p38 by MKK3",
        assumed("slower than ERK"),
        log_normal(0.5),
        ("kinetics",),
    )
    w_p0 = Parameter("w_p0", 0.03, "-", "basal MKK3 activity", assumed("small without any stimulus"), fixed)
    w_pT = Parameter(
        "w_pT", 1.0, "-", "weight of TNF on MKK3", assumed("a strong activator"), log_normal(0.7), ("weight",)
    )
    K_pT = Parameter("K_pT", 1.0, "ng/mL", "TNF at half effect on MKK3", assumed("as for IKK"), fixed)
    w_pL = Parameter(
        "w_pL",
        0.3,
        "-",
        "weight of the active IL-6 receptor on MKK3",
        assumed("weaker than on RAS"),
        log_normal(0.7),
        ("weight",),
    )
    w_pX = Parameter(
        "w_pX",
        0.5,
        "-",
        "weight of proteotoxic stress on MKK3",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    k_dp38 = Parameter(
        "k_dp38",
        0.15,
        "1/min",
        "dephosphorylation of p38",
        assumed("half-life 5 min"),
        log_normal(0.5),
        ("kinetics",),
    )
    k_AP = Parameter(
        "k_AP",
        0.03,
        "1/min",
        "rate at which AP-1 follows its kinases",
        assumed("about 33 min"),
        log_normal(0.5),
        ("kinetics",),
    )
    w_APE = Parameter(
        "w_APE",
        1.0,
        "-",
        "weight of ERK on AP-1",
        assumed("sets the scale of AP-1"),
        log_normal(0.7),
        ("weight",),
    )
    w_APp = Parameter(
        "w_APp", 1.0, "-", "weight of p38 on AP-1", assumed("as ERK"), log_normal(0.7), ("weight",)
    )
    w_AP0 = Parameter("w_AP0", 0.1, "-", "AP-1 without kinases", assumed("small"), fixed)

    RAS = Derived(
        "RAS",
        w_E0 + w_EGF * GF + w_EL * hill(RA, K_EL) + ras + w_oR * o_RAS + w_EI * IGF1R + w_EB * BCMA,
        "-",
        "RAS in its GTP form: serum, the active IL-6 receptor (by SHP2), mutation, IGF-1, APRIL, BAFF",
    )
    RAF = Derived(
        "RAF",
        RAS * (1 + w_EA * PI3K) / (1 + pERK / K_fE),
        "-",
        "activity of RAF: RAS, helped by PI3K, braked by pERK",
    )
    fMEK = Derived(
        "fMEK",
        1 / (1 + (tram / IC_tram + pd03 / IC_pd03 + selu / IC_selu) / (1 + r_oI * o_RAS)),
        "-",
        "activity of MEK left under trametinib, PD-0325901 and selumetinib, which share a site",
    )
    MKK3 = Derived(
        "MKK3",
        w_p0 + w_pT * hill(TNF, K_pT) + w_pL * hill(RA, K_EL) + w_pX * strs,
        "-",
        "activity of MKK3: TNF, the active IL-6 receptor, proteotoxic stress",
    )

    mek_on = Reaction(nothing, pMEK, k_MEK * RAF * (1 - pMEK), "RAF phosphorylates MEK1")
    mek_off = Reaction(pMEK, nothing, k_dMEK * pMEK, "MEK1 is dephosphorylated")
    erk_on = Reaction(
        nothing,
        pERK,
        k_ERK * pMEK * fMEK * (1 - pERK),
        "MEK1 phosphorylates ERK; trametinib, PD-0325901 and selumetinib block",
    )
    erk_off = Reaction(pERK, nothing, k_dERK * pERK, "ERK is dephosphorylated")
    p38_on = Reaction(nothing, pp38, k_p38 * MKK3 * (1 - pp38), "MKK3 phosphorylates p38")
    p38_off = Reaction(pp38, nothing, k_dp38 * pp38, "p38 is dephosphorylated")
    ap1_up = Reaction(
        nothing,
        AP1,
        k_AP * (w_AP0 + w_APE * pERK + w_APp * pp38 * Ip38),
        "ERK and p38 activate AP-1; a p38 inhibitor blocks its part",
    )
    ap1_down = Reaction(AP1, nothing, k_AP * AP1, "AP-1 activity fades")
