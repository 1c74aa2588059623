"""Stroma with an IL-6 loop of its own, and adipocytes with what stroma does not release."""

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
    nothing,
)
from models.pathways import culture
from models.ratelaws import hill


class StromalLoop(Pathway):
    """IL-6 switches STAT3 of the stroma on; STAT3 helps its NF-kB, which has more IL-6 released."""

    ST, L, fJ, fI, K_L, k_ST = elsewhere("ST L fJ fI K_L k_ST")

    STS = Species("STS", 0.0, "0-1", "STAT3 of the stroma, phosphorylated share", "stroma", uniprot="P40763")

    k_SS = Parameter(
        "k_SS",
        0.05,
        "1/min",
        "rate at which stromal STAT3 follows",
        assumed("20 min, as in the myeloma cell"),
        log_normal(0.5),
        ("kinetics",),
    )
    b_SS = Parameter("b_SS", 0.02, "0-1", "resting STAT3 of the stroma", assumed("as myeloma"), fixed)
    K_SF = Parameter(
        "K_SF",
        0.3,
        "-",
        "stromal STAT3 that halves its own drive (SOCS3, in balance)",
        assumed("about the brake of the myeloma cell after an hour"),
        log_normal(0.7),
        ("feedback",),
    )
    w_STS = Parameter(
        "w_STS",
        0.12,
        "-",
        "weight of stromal STAT3 on the activation of the stroma",
        assumed("'similar to that of bone marrow stromal cells' in the caption; size not known"),
        log_normal(1.0),
        ("weight",),
    )

    sts_on = Reaction(
        nothing,
        STS,
        k_SS * (b_SS + fJ * hill(L, K_L) / (1 + STS / K_SF)) * (1 - STS),
        "IL-6 switches stromal STAT3 on; SOCS3 in balance brakes; antibodies and ruxolitinib block",
    )
    sts_off = Reaction(STS, nothing, k_SS * STS, "stromal STAT3 is dephosphorylated")
    st_by_stat3 = Reaction(
        nothing, ST, k_ST * w_STS * STS * fI * (1 - ST), "stromal STAT3 helps the stroma's NF-kB"
    )


class Adipokines(Pathway):
    """Leptin and adipsin onto autophagy, resistin onto ABC transporters, adiponectin onto death.

    Released and cleared within hours, hence in balance with the density of adipocytes. Fatty acids: no number
    was found that could be taken.
    """

    AUTO, BH3, k_AU, k_B = elsewhere("AUTO BH3 k_AU k_B")
    chemo, doxo, etop, melph, topo, irino = elsewhere("chemo doxo etop melph topo irino")
    EC_chemo, EC_doxo, EC_etop, EC_melph = elsewhere("EC_chemo EC_doxo EC_etop EC_melph")
    EC_topo, EC_irino, g_S0, g_SF = elsewhere("EC_topo EC_irino g_S0 g_SF")
    BMA, GF = culture.BMA, culture.GF
    ADN = Input(
        "ADN", 0.0, "ng/mL", "adiponectin; 5,000 to 10,000 in plasma, less in myeloma", uniprot="Q15848"
    )

    K_BMA = Parameter(
        "K_BMA",
        0.1,
        "1e6/mL",
        "adipocytes at half effect of what they release",
        assumed("the usual density of cocultures"),
        log_normal(0.7),
        ("affinity",),
    )
    w_LEP = Parameter(
        "w_LEP",
        0.5,
        "-",
        "autophagic flux by leptin and adipsin",
        assumed("they raise autophagy in myeloma cells (Liu 2015, abstract); size not known"),
        log_normal(0.7),
        ("weight",),
    )
    w_ABC = Parameter(
        "w_ABC",
        1.0,
        "-",
        "efflux of drugs by ABC transporters under resistin",
        assumed("resistin raises their expression and efflux (Pang 2017, abstract); doubled"),
        log_normal(0.7),
        ("weight",),
    )
    s_ADN = Parameter(
        "s_ADN",
        0.15,
        "-",
        "BH3 load by adiponectin",
        assumed("it has myeloma cells die (Fowler 2011, abstract); size not known"),
        log_normal(0.7),
        ("weight",),
    )
    K_ADN = Parameter(
        "K_ADN",
        5000.0,
        "ng/mL",
        "adiponectin at half effect",
        assumed("its level in plasma"),
        log_normal(0.7),
    )

    FAT = Derived("FAT", hill(BMA, K_BMA), "-", "what adipocytes release, over its largest effect")
    dmg = Derived(
        "dmg",
        chemo / EC_chemo
        + melph / EC_melph
        + (doxo / EC_doxo + etop / EC_etop + (topo / EC_topo + irino / EC_irino) * (g_S0 + g_SF * GF))
        / (1 + w_ABC * FAT),
        "-",
        "damage of DNA, in doses of half effect; ABC transporters carry all out but the alkylator",
    )

    auto_by_leptin = Reaction(nothing, AUTO, k_AU * w_LEP * FAT, "leptin and adipsin raise autophagy")
    load_by_adiponectin = Reaction(
        nothing, BH3, k_B * s_ADN * hill(ADN, K_ADN), "adiponectin has myeloma cells die"
    )
