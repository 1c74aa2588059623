"""What can be knocked down: the nodes of the network, how strongly, and the paths by which IL-6 protects."""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = (0.5, 0.9)  # shares of a node's activity that are taken away


@dataclass(frozen=True)
class KnockdownNode:
    """Something that could be inhibited: the parameters that carry its activity are scaled together."""

    name: str
    parameters: tuple[str, ...]
    title: str


NODES: dict[str, KnockdownNode] = {
    n.name: n
    for n in (
        KnockdownNode("JAK", ("k_a0", "k_aL"), "activation of JAK"),
        KnockdownNode("STAT3", ("k_S",), "phosphorylation of STAT3"),
        KnockdownNode("SOCS3", ("k_tS",), "translation of SOCS3"),
        KnockdownNode("PI3K", ("w_A0", "w_AGF", "w_AL"), "activity of PI3K"),
        KnockdownNode("Akt", ("k_Akt",), "phosphorylation of Akt"),
        KnockdownNode("RAF", ("w_E0", "w_EGF", "w_EL", "ras"), "activity of RAS and RAF"),
        KnockdownNode("MEK", ("k_MEK",), "phosphorylation of MEK"),
        KnockdownNode("ERK", ("k_ERK",), "phosphorylation of ERK"),
        KnockdownNode("p38", ("k_p38",), "phosphorylation of p38"),
        KnockdownNode("AP-1", ("w_AP0", "w_APE", "w_APp"), "activity of AP-1"),
        KnockdownNode("IKK", ("k1",), "activation of IKK"),
        KnockdownNode("NF-kB", ("i1",), "nuclear import of NF-kB"),
        KnockdownNode("IkBa", ("c4a",), "translation of IkBa"),
        KnockdownNode("A20", ("c4",), "translation of A20"),
        KnockdownNode("IL-6 of the tumour", ("s_MM",), "IL-6 release by myeloma cells"),
        KnockdownNode("IL-6 of the stroma", ("s_BMSC",), "IL-6 release by stromal cells"),
        KnockdownNode("IL-6 of fat cells", ("s_BMA",), "IL-6 release by adipocytes"),
        KnockdownNode("VEGF", ("s_V", "s_VB"), "VEGF release"),
        KnockdownNode("stroma", ("w_STV", "w_STT", "w_STN"), "activation of the stroma"),
        KnockdownNode("contact", ("w_NST",), "contact with the stroma that activates IKK"),
        KnockdownNode("MCL-1", ("b_mM", "w_mMS", "w_mME"), "synthesis of MCL-1"),
        KnockdownNode("BCL-XL", ("b_X", "w_XS", "w_XN"), "synthesis of BCL-XL"),
        KnockdownNode("BCL-2", ("b_2", "w_2N"), "synthesis of BCL-2"),
        KnockdownNode("c-Myc", ("b_Y", "w_YS", "w_YN"), "synthesis of c-Myc"),
        KnockdownNode("VPS34", ("w_AU0", "w_AUp"), "autophagy"),
    )
}

PATHS: dict[str, tuple[tuple[str, ...], str]] = {  # set to 0 when the path is cut
    "STAT3": (("k_S",), "JAK no longer phosphorylates STAT3 (its feedback SOCS3 goes with it)"),
    "Akt": (("w_AL",), "the receptor no longer drives PI3K"),
    "ERK": (("w_EL",), "the receptor no longer drives RAS and RAF"),
    "NF-kB": (("w_NA", "w_NS"), "Akt and STAT3 no longer drive IKK"),
}
