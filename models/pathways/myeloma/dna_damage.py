"""Drugs that damage DNA, each with its own potency; they add up at one site and drive caspases."""

from models.declare import (
    Derived,
    Input,
    Parameter,
    Pathway,
    assumed,
    derived,
    elsewhere,
    fixed,
    log_normal,
    logit_normal,
)
from models.pathways import culture


class DnaDamage(Pathway):
    """Damage in units of a dose of half effect: poisons of topoisomerases, an alkylator, a generic drug.

    Repair, p53 and the cycle are not here, but that poisons of topoisomerase I act on what grows.
    """

    GF = culture.GF
    g_S0, g_SF = elsewhere("g_S0 g_SF")
    chemo = Input("chemo", 0.0, "nM", "a generic DNA-damaging drug")
    doxo = Input("doxo", 0.0, "nM", "doxorubicin, poison of topoisomerase II")
    etop = Input("etop", 0.0, "nM", "etoposide, poison of topoisomerase II")
    melph = Input("melph", 0.0, "nM", "melphalan, alkylator")
    topo = Input("topo", 0.0, "nM", "topotecan, poison of topoisomerase I")
    irino = Input("irino", 0.0, "nM", "irinotecan, poison of topoisomerase I once activated")

    s_CHEMO = Parameter(
        "s_CHEMO",
        0.2,
        "-",
        "BH3 load by DNA damage",
        assumed("small: most of its killing bypasses the family"),
        fixed,
        ("drug",),
    )
    EC_chemo = Parameter(
        "EC_chemo",
        200.0,
        "nM",
        "half-maximal damage by the generic drug",
        assumed("doxorubicin-like"),
        log_normal(0.5),
        ("drug",),
    )
    EC_doxo = Parameter(
        "EC_doxo",
        1500.0,
        "nM",
        "half-maximal damage by doxorubicin",
        derived("so that 72 h give the median IC50 of 11 myeloma lines, 210 nM (GDSC release 17)"),
        log_normal(0.5),
        ("drug",),
    )
    EC_etop = Parameter(
        "EC_etop",
        66000.0,
        "nM",
        "half-maximal damage by etoposide",
        derived("so that 72 h give the median IC50 of 11 myeloma lines, 9.4 uM (GDSC release 17)"),
        log_normal(0.5),
        ("drug",),
    )
    EC_melph = Parameter(
        "EC_melph",
        57000.0,
        "nM",
        "half-maximal damage by melphalan",
        assumed("5 to 40 uM kill lines in two days (abstracts); not in the screens at hand"),
        log_normal(0.5),
        ("drug",),
    )
    EC_topo = Parameter(
        "EC_topo",
        1400.0,
        "nM",
        "half-maximal damage by topotecan",
        derived("so that 72 h give the median IC50 of 14 myeloma lines, 197 nM (CCLE)"),
        log_normal(0.5),
        ("drug",),
    )
    EC_irino = Parameter(
        "EC_irino",
        900.0,
        "nM",
        "half-maximal damage by irinotecan",
        derived("so that 72 h give the median IC50 of 13 myeloma lines, 128 nM (CCLE)"),
        log_normal(0.5),
        ("drug",),
    )
    e_CH = Parameter(
        "e_CH",
        0.8,
        "0-1",
        "drive of caspases by DNA damage past the BCL-2 family",
        assumed("IL-6 does not protect from doxorubicin or etoposide (Lichtenstein 1995)"),
        logit_normal(),
        ("drug",),
    )

    dmg = Derived(
        "dmg",
        chemo / EC_chemo
        + doxo / EC_doxo
        + etop / EC_etop
        + melph / EC_melph
        + (topo / EC_topo + irino / EC_irino) * (g_S0 + g_SF * GF),
        "-",
        "damage of DNA, in doses of half effect; poisons of topoisomerase I need growing cells",
    )
    Hdmg = Derived("Hdmg", dmg / (1 + dmg), "-", "share of the largest effect of DNA damage")
    byp = Derived("byp", e_CH * Hdmg, "-", "death by DNA damage that bypasses the BCL-2 family")
