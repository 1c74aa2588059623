"""Drug stress against the free survival proteins, commitment to death, mitosis and tumour burden."""

from models.declare import (
    Derived,
    Input,
    Parameter,
    Pathway,
    Reaction,
    Species,
    assumed,
    derived,
    dirichlet,
    elsewhere,
    fixed,
    log_normal,
    memory,
    nothing,
)
from models.pathways import culture
from models.ratelaws import hill, inhibited_by


class Apoptosis(Pathway):
    """BH3 load over free capacity decides how many cells die; the rest divide."""

    pAkt, pERK, NFs, MYC, MCL1, BCLXL, BCL2, AUTO = elsewhere("pAkt pERK NFs MYC MCL1 BCLXL BCL2 AUTO")
    strs, GR, K_XN, s63, K_s63, IRF4, s_I4 = elsewhere("strs GR K_XN s63 K_s63 IRF4 s_I4")
    aGR, XPO1i, l_P, c_P, o_RAS = elsewhere("aGR XPO1i l_P c_P o_RAS")
    s_CHEMO, Hdmg, byp, w_oB, f_oG, g_oE = elsewhere("s_CHEMO Hdmg byp w_oB f_oG g_oE")
    GF = culture.GF
    ven = Input("ven", 0.0, "nM", "venetoclax, binds BCL-2", chebi="CHEBI:133021")
    a133 = Input("a133", 0.0, "nM", "A-1331852, binds BCL-XL")
    navi = Input("navi", 0.0, "nM", "navitoclax (ABT-263), binds BCL-2 and BCL-XL")

    BH3 = Species(
        "BH3",
        0.4,
        "rel",
        "pro-apoptotic BH3 load (BIM, NOXA and others): drug stress",
        "cell",
        uniprot="O43521",
    )
    CASP = Species("CASP", 0.0, "0-1", "share of cells committed, caspases active", "cell", uniprot="P42574")
    N = Species("N", 0.3, "1e6/mL", "viable myeloma cells: the tumour burden", "well", culture.frozen)
    D = Species("D", 0.0, "1e6/mL", "dead cells", "well", culture.frozen)

    k_B = Parameter(
        "k_B",
        4e-3,
        "1/min",
        "rate at which the BH3 load follows",
        assumed("about 4 h"),
        log_normal(0.5),
        ("kinetics",),
    )
    b_B = Parameter(
        "b_B",
        0.2,
        "-",
        "basal BH3 load",
        assumed(
            "0.32 in a line like INA-6; searched for BIM, NOXA and PUMA in copies a myeloma cell: none found"
        ),
        log_normal(0.5),
        ("apoptosis",),
    )
    w_BA = Parameter(
        "w_BA",
        0.5,
        "-",
        "BIM gained without Akt, through FOXO",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    w_BE = Parameter(
        "w_BE",
        0.4,
        "-",
        "BIM gained without ERK",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    f_PL = Parameter(
        "f_PL",
        0.0,
        "0-1",
        "share of the basal BH3 load that comes from the protein load of plasma cells",
        assumed("0: autophagy then matters under bortezomib alone; see the part basal_load"),
        fixed,
        ("variant",),
    )
    w_AUL = Parameter(
        "w_AUL",
        1.0,
        "-",
        "relief of the basal protein load by autophagy",
        assumed("so that its block alone kills some cells (Hoang 2009, abstract); size chosen"),
        fixed,
        ("weight",),
    )
    AUTO0 = Parameter(
        "AUTO0", 0.55, "-", "autophagic flux of the resting cell", derived("what the nominal cell has"), fixed
    )
    s_BTZ = Parameter(
        "s_BTZ",
        10.0,
        "-",
        "BH3 load by bortezomib's stress (NOXA)",
        assumed(
            "set so that the IC50 comes out at 3.5 nM; the median of 10 lines is 1.75 nM (GDSC); no "
            "measured NOXA "
            "over capacity was found"
        ),
        log_normal(0.5),
        ("drug",),
    )
    w_AUB = Parameter(
        "w_AUB",
        0.5,
        "-",
        "relief of proteotoxic load by autophagy",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    s_DEX = Parameter(
        "s_DEX",
        0.5,
        "-",
        "BH3 load by dexamethasone",
        assumed(
            "set so that viability at 1 uM comes out; OPM-2 falls to 16 % in 4 days, RPMI-8226 hardly "
            "(Gomi 1990, "
            "abstract)"
        ),
        log_normal(0.5),
        ("drug",),
    )
    K_DA = Parameter(
        "K_DA",
        0.35,
        "-",
        "pAkt that halves the load by dexamethasone",
        assumed(
            "Akt carries the protection by IL-6 (Hideshima 2001), and blocks GILZ too (Grugan 2008, "
            "abstract); "
            "searched for the level: none found"
        ),
        log_normal(0.4),
        ("drug",),
    )
    h_DA = Parameter(
        "h_DA",
        4.0,
        "-",
        "steepness of that protection",
        assumed("steep, so that a PI3K inhibitor abolishes it"),
    )
    s_SELI = Parameter(
        "s_SELI",
        0.3,
        "-",
        "BH3 load by blocked exportin 1 (p53, FOXO kept in the nucleus)",
        assumed("kills by itself at hundreds of nM (remembered); size chosen"),
        log_normal(0.5),
        ("drug",),
    )
    K_navX = Parameter(
        "K_navX",
        40.0,
        "nM",
        "half occupation of BCL-XL in cells by navitoclax",
        memory("Ki below 1 nM (GSE10841, abstract); serum binds it, tens of nM in cells"),
        log_normal(0.5),
        ("drug",),
    )
    K_nav2 = Parameter(
        "K_nav2",
        40.0,
        "nM",
        "half occupation of BCL-2 in cells by navitoclax",
        memory("as BCL-XL"),
        log_normal(0.5),
        ("drug",),
    )
    K_ven = Parameter(
        "K_ven",
        10.0,
        "nM",
        "half occupation of BCL-2 in cells by venetoclax",
        memory("biochemical Ki below 0.01 nM"),
        log_normal(0.5),
        ("drug",),
    )
    K_a133 = Parameter(
        "K_a133",
        10.0,
        "nM",
        "half occupation of BCL-XL in cells by A-1331852",
        memory("cell-level potency"),
        log_normal(0.5),
        ("drug",),
    )
    wM = Parameter(
        "wM",
        0.65,
        "-",
        "weight of MCL-1 in the capacity",
        assumed(
            "60 patients: MCL-1 dependence in 33 % at diagnosis, 69 % at relapse (Gomez-Bougie 2018, "
            "abstract); "
            "no weight was found measured"
        ),
        dirichlet(10.0),
        ("capacity",),
    )
    wX = Parameter(
        "wX",
        0.22,
        "-",
        "weight of BCL-XL in the capacity",
        assumed(
            "the main factor of resistance to MCL-1 mimetics (Gomez-Bougie 2018, abstract); no weight was "
            "found "
            "measured"
        ),
        dirichlet(10.0),
        ("capacity",),
    )
    w2 = Parameter(
        "w2",
        0.13,
        "-",
        "weight of BCL-2 in the capacity",
        assumed(
            "0.6 with t(11;14): dependence on BCL-2 mostly there, 83 % (Gomez-Bougie 2018, abstract); no "
            "weight "
            "was found measured"
        ),
        dirichlet(10.0),
        ("capacity",),
    )
    th = Parameter(
        "th",
        1.0,
        "-",
        "scale of the capacity",
        derived("1 by choice of unit: cannot be told from b_B"),
        fixed,
    )
    n_x = Parameter(
        "n_x",
        5.0,
        "-",
        "steepness of commitment",
        assumed("most cells decide within a factor of two"),
        log_normal(0.3),
        ("apoptosis",),
    )
    k_C = Parameter(
        "k_C",
        1 / 240,
        "1/min",
        "rate at which commitment follows",
        assumed("4 h"),
        log_normal(0.4),
        ("apoptosis",),
    )
    dl = Parameter(
        "dl",
        2e-3,
        "1/min",
        "largest death rate",
        assumed(
            "0.12 per h; caspases are active 3 h after transcription stops (Zhang 2002, abstract); "
            "searched for "
            "the time from there to the loss of the cell: none found"
        ),
        log_normal(0.3),
        ("apoptosis",),
    )
    d_D = Parameter(
        "d_D", 4e-4, "1/min", "clearance of dead cells", assumed("about a day"), fixed, ("decay",)
    )
    mu = Parameter(
        "mu",
        1e-3,
        "1/min",
        "largest growth rate",
        assumed("1.48-fold in 24 h without IL-6, and 1.34-fold more at 48 h with it"),
        log_normal(0.4),
        ("growth",),
    )
    K_Yg = Parameter("K_Yg", 0.5, "-", "c-Myc at half growth", assumed("below the resting level"), fixed)
    g0 = Parameter("g0", 0.2, "-", "growth without signals", assumed("small"), fixed, ("growth",))
    g1 = Parameter(
        "g1",
        0.5,
        "-",
        "weight of ERK on growth",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("growth",),
    )
    g2 = Parameter(
        "g2",
        0.5,
        "-",
        "weight of Akt on growth",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("growth",),
    )
    g3 = Parameter(
        "g3",
        0.5,
        "-",
        "weight of NF-kB on growth",
        derived("MLN120B inhibits growth by 25 to 90 % (Hideshima 2006)"),
        log_normal(0.7),
        ("growth",),
    )
    g_S0 = Parameter("g_S0", 0.2, "-", "growth left without serum", assumed("slow"))
    g_SF = Parameter("g_SF", 0.8, "-", "growth that needs serum", assumed("the rest"))
    Nmax = Parameter(
        "Nmax",
        2.0,
        "1e6/mL",
        "carrying capacity",
        assumed("usual for suspension lines"),
        log_normal(0.3),
        ("growth",),
    )

    cap = Derived(
        "cap",
        wM * MCL1 * inhibited_by(s63, K_s63)
        + wX * BCLXL / (1 + a133 / K_a133 + navi / K_navX)
        + w2 * BCL2 / (1 + ven / K_ven + navi / K_nav2),
        "-",
        "anti-apoptotic capacity not occupied by a BH3 mimetic",
    )
    x_BH3 = Derived(
        "x_BH3", BH3 / (th * cap), "-", "BH3 load over capacity: 1 is the threshold of commitment"
    )
    bBH3 = Derived(
        "bBH3",
        b_B
        * (1 + w_BA * (1 - pAkt) + w_BE * (1 - pERK) * (1 + w_oB * o_RAS))
        * (1 - f_PL + f_PL * l_P / c_P * (1 + w_AUL * AUTO0) / (1 + w_AUL * AUTO)),
        "-",
        "basal BH3 load: less with Akt and ERK, on which mutant RAS makes it depend; protein load, autophagy",
    )
    dBIM = Derived(
        "dBIM",
        s_DEX * GR * aGR * inhibited_by(pAkt, K_DA, h_DA),
        "-",
        "BIM by the glucocorticoid receptor, by its abundance; Akt blocks",
    )
    g_N = Derived(
        "g_N",
        mu
        * hill(MYC, K_Yg)
        * (
            (g0 + g1 * pERK + g2 * pAkt + g3 * hill(NFs, K_XN)) * (1 - f_oG * o_RAS)
            + g_oE * pERK * f_oG * o_RAS
        )
        * (1 - N / Nmax)
        * (g_S0 + g_SF * GF),
        "1/min",
        "growth rate: c-Myc, ERK, Akt, NF-kB and serum",
    )

    load_up = Reaction(
        nothing,
        BH3,
        k_B
        * (
            bBH3
            + s_BTZ * strs / (1 + w_AUB * AUTO)
            + dBIM
            + s_CHEMO * Hdmg
            + s_SELI * XPO1i
            + s_I4 * (1 - IRF4)
        ),
        "loss of Akt, ERK and IRF4, drugs and DNA damage raise the BH3 load; Akt and autophagy protect",
    )
    load_down = Reaction(BH3, nothing, k_B * BH3, "the BH3 load fades")
    commit = Reaction(
        nothing,
        CASP,
        k_C * (1 - (1 - hill(x_BH3, 1, n_x)) * (1 - byp)),
        "BH3 load beyond the capacity, or DNA damage, commits cells",
    )
    recover = Reaction(CASP, nothing, k_C * CASP, "the committed share follows")
    mitosis = Reaction(nothing, N, g_N * N, "myeloma cells divide (mitosis)")
    death = Reaction(N, D, dl * CASP * N, "committed cells die")
    clearance = Reaction(D, nothing, d_D * D, "dead cells are cleared")
