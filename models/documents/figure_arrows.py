"""Every arrow of the figure this model writes out, and where it is: a reaction, an algebraic quantity, or why
it is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.network import Network


@dataclass(frozen=True)
class Arrow:
    """`source` acts on `target`: through `rows` (reactions or derived quantities), whose expressions contain
    `symbol`.

    Without rows, `note` is the reason why the arrow is not in the model. `down` marks inhibition.
    """

    source: str
    target: str
    symbol: str
    rows: tuple[str, ...]
    note: str = ""
    down: bool = False


ARROWS: tuple[Arrow, ...] = (
    Arrow("adipocytes", "IL-6", "BMA", ("il6_fat",)),
    Arrow("stromal cells", "IL-6", "BMSC", ("il6_stroma",)),
    Arrow("myeloma cells", "IL-6 (autocrine loop)", "N", ("autocrine",)),
    Arrow("IL-6 gene", "IL-6 (autocrine loop)", "mIL6", ("autocrine",)),
    Arrow("IL-6", "IL-6R/gp130/JAK", "IL6", ("L", "jak_on")),
    Arrow("soluble IL-6R", "gp130 (trans-signalling)", "sIL6R", ("L",)),
    Arrow(
        "IL-6R/gp130",
        "JAK1/JAK2",
        "R",
        ("jak_on",),
        "one lumped JAK state: IL-6 acts mainly through JAK1, the figure draws JAK2",
    ),
    Arrow("JAK", "STAT3", "RA", ("stat3_on",)),
    Arrow("STAT3", "SOCS3", "pS", ("socs3_transcribed",)),
    Arrow("SOCS3", "JAK/gp130", "SOCS3", ("receptor_removed", "active_removed"), down=True),
    Arrow("SOCS3", "STAT3", "SOCS3", ("stat3_on",), down=True),
    Arrow("JAK", "PI3K", "RA", ("PI3K",), "PI3K is algebraic"),
    Arrow("PI3K", "Akt", "PI3K", ("akt_on",)),
    Arrow("JAK", "RAS-GTP", "RA", ("RAS",), "RAS (GDP/GTP), with SHP2, is algebraic"),
    Arrow("RAS-GTP", "RAF", "RAS", ("RAF",), "RAF is algebraic"),
    Arrow("RAF", "MEK1", "RAF", ("mek_on",)),
    Arrow("MEK1", "ERK", "pMEK", ("erk_on",)),
    Arrow("ERK", "RAF", "pERK", ("RAF",), "negative feedback", down=True),
    Arrow("PI3K", "RAF/MEK1", "PI3K", ("RAF",)),
    Arrow("JAK, TNF, stress", "MKK3", "RA", ("MKK3",), "MKK3 is algebraic"),
    Arrow("MKK3", "p38", "MKK3", ("p38_on",)),
    Arrow("ERK", "AP-1", "pERK", ("ap1_up",)),
    Arrow("p38", "AP-1", "pp38", ("ap1_up",)),
    Arrow("STAT3", "NF-kB", "pS", ("TR", "ikk_on"), "through IKK; its size is not known"),
    Arrow("Akt", "NF-kB", "pAkt", ("TR", "ikk_on"), "through IKK; its size is not known"),
    Arrow("TNF", "IKK", "TNF", ("TR", "ikk_on")),
    Arrow("stromal contact", "NF-kB", "contact", ("TR", "ikk_on")),
    Arrow("IKK", "IkBa", "IKKa", ("ikb_degraded", "complex_degraded"), down=True),
    Arrow("IkBa", "NF-kB (coupling)", "IkB", ("coupled",), "in the nucleus too: coupled_n", down=True),
    Arrow("NF-kB", "IkBa", "NFn", ("ikb_transcribed",)),
    Arrow("NF-kB", "A20", "NFn", ("a20_transcribed",)),
    Arrow("A20", "IKK", "A20", ("ikk_a20",), down=True),
    Arrow("estradiol", "oestrogen receptor", "E2", ("occ",), "occupancy is algebraic"),
    Arrow(
        "estradiol",
        "IkBa:NF-kB kept coupled",
        "occ",
        ("kdeg", "complex_degraded"),
        "H1: less loss of IkBa; 0 under H0",
        down=True,
    ),
    Arrow(
        "estradiol",
        "IkBa:NF-kB dissociation",
        "occ",
        ("kd", "uncoupled"),
        "H6: the caption literally; no visible effect",
        down=True,
    ),
    Arrow("estradiol", "IkBa transcription", "occ", ("ikb_transcribed",), "H2"),
    Arrow("estradiol", "NF-kB at the IL-6 promoter", "occ", ("NFt", "il6_transcribed"), "H3", down=True),
    Arrow("estradiol", "NF-kB import", "occ", ("nfkb_in",), "H4", down=True),
    Arrow("estradiol", "STAT3 transcription", "occ", ("pSe",), "H5", down=True),
    Arrow("NF-kB", "IL-6 gene", "NFn", ("pro", "il6_transcribed")),
    Arrow("AP-1", "IL-6 gene", "AP1", ("pro", "il6_transcribed")),
    Arrow("STAT3", "IL-6 gene", "pS", ("pro", "il6_transcribed")),
    Arrow("NF-kB, AP-1, STAT3", "angiogenic molecules (VEGF)", "NFn", ("vegf_tumour",)),
    Arrow("VEGF", "stromal cells", "VEGF", ("a_act", "st_on")),
    Arrow("TNF", "stromal cells", "TNF", ("a_act", "st_on")),
    Arrow("touching myeloma cells", "stromal cells", "contact", ("a_act", "st_on")),
    Arrow("STAT3", "MCL1", "pS", ("mcl1_transcribed",)),
    Arrow("STAT3", "BCL-XL", "pS", ("bclxl_made",)),
    Arrow(
        "STAT3",
        "BCL-2",
        "",
        (),
        "left out: IL-6 does not raise BCL-2 (Lichtenstein 1995); BCL-2 answers to NF-kB only, weakly",
    ),
    Arrow("STAT3", "c-Myc", "pS", ("myc_made",)),
    Arrow("NF-kB", "BCL-XL", "NFn", ("bclxl_made",)),
    Arrow("NF-kB", "BCL-2", "NFn", ("bcl2_made",)),
    Arrow("NF-kB", "c-Myc", "NFn", ("myc_made",)),
    Arrow("Akt", "VPS34/autophagy", "pAkt", ("auto_up",), down=True),
    Arrow("VPS34/autophagy", "drug stress", "AUTO", ("load_up",), down=True),
    Arrow("drugs", "drug stress (BH3 load)", "strs", ("load_up",)),
    Arrow("Akt, ERK", "drug stress", "pAkt", ("load_up",), "loss of Akt or ERK frees BIM", down=True),
    Arrow(
        "MCL1, BCL-XL, BCL-2", "apoptosis (drug resistance)", "MCL1", ("cap", "x_BH3", "commit"), down=True
    ),
    Arrow("drug stress", "apoptosis", "BH3", ("x_BH3", "commit")),
    Arrow("apoptosis", "tumour burden", "CASP", ("death",), down=True),
    Arrow("c-Myc, ERK, Akt, NF-kB", "mitosis", "MYC", ("g_N", "mitosis")),
    Arrow("mitosis", "tumour burden", "N", ("mitosis",)),
    Arrow("IL-6", "RANKL", "IL6", ("rankl_made",)),
    Arrow("tumour burden", "RANKL", "N", ("rankl_made",)),
    Arrow("RANKL", "osteoclasts", "RANKL", ("oc_up",)),
    Arrow("osteoclasts", "bone loss", "OC", ("bone_resorbed",)),
    Arrow("osteoblasts", "bone loss", "OB", ("bone_formed",), down=True),
    Arrow("tumour burden", "osteoblasts", "N", ("OB", "bone_formed"), down=True),
    Arrow("estradiol", "RANKL", "occ", ("rankl_made",), down=True),
)


# What the figure does not draw: drives, receptors of drugs, and what parts bring (their rows are there with
# the part only).
ADDED_ARROWS: tuple[Arrow, ...] = (
    Arrow("IGF-1", "PI3K", "IGF1", ("PI3K",)),
    Arrow("IGF-1", "RAS-GTP", "IGF1", ("RAS",), "most of it through PI3K"),
    Arrow("APRIL, BAFF", "PI3K", "BCMA", ("PI3K",)),
    Arrow("APRIL, BAFF", "RAS-GTP", "BCMA", ("RAS",)),
    Arrow("APRIL, BAFF", "NF-kB", "BCMA", ("TR", "ikk_on"), "through IKK"),
    Arrow("oncogenic RAS", "RAS-GTP", "o_RAS", ("RAS",)),
    Arrow("oncogenic RAS", "drug stress", "o_RAS", ("bBH3", "load_up"), "BIM that ERK holds down"),
    Arrow("oncogenic RAS", "mitosis", "o_RAS", ("g_N", "mitosis"), "growth then depends on ERK"),
    Arrow("NR3C1", "drug stress", "n_GR", ("aGR", "load_up"), "what dexamethasone raises"),
    Arrow("NR3C1", "NF-kB at the IL-6 promoter", "n_GR", ("NFt",), "under dexamethasone", down=True),
    Arrow(
        "proteasome capacity", "drug stress", "c_P", ("strs", "load_up"), "under its inhibitors", down=True
    ),
    Arrow("immunoglobulin load", "drug stress", "l_P", ("strs", "load_up"), "under inhibitors of it"),
    Arrow("cereblon with its drug", "IKZF1/3", "CRL4", ("ikzf_degraded",), down=True),
    Arrow("IKZF1/3", "IRF4", "IKZ", ("irf4_made",)),
    Arrow("IRF4", "c-Myc", "IRF4", ("fY4", "myc_made")),
    Arrow("IRF4", "drug stress", "IRF4", ("load_up",), "its loss kills", down=True),
    Arrow("exportin 1", "IkBa, IkBa:NF-kB", "XPO1i", ("ikb_out", "complex_out"), "blocked by selinexor"),
    Arrow("natural killer cells", "tumour burden", "NK", ("killed",), "with daratumumab", down=True),
    Arrow("caspases", "MCL1", "CASP", ("mcl1_cleaved",), "under proteotoxic stress", down=True),
    Arrow("STAT3", "BCL-2", "w_2S", ("bcl2_made",), "part stat3_bcl2: the caption; 0 otherwise"),
    Arrow("protein load, autophagy", "drug stress", "f_PL", ("bBH3",), "part basal_load; 0 otherwise"),
    Arrow("IL-6", "assembled receptor", "act", ("jak_on",), "part assembly: through a state of its own"),
    Arrow("assembled receptor", "JAK", "RL", ("assembled_on",), "part assembly"),
    Arrow("receptor, STAT3 of the cell", "STAT3 at genes", "n_S3", ("pSe",), "part abundances"),
    Arrow("TRAF3, BIRC2/3", "RelB:p52", "t_NIK", ("p52_made",), "part noncanonical: their loss", down=True),
    Arrow("NIK", "IKK", "NIK", ("ikk_by_nik",), "part noncanonical"),
    Arrow("RelB:p52", "BCL-XL, BCL-2, c-Myc, mitosis", "P52", ("NFs", "bclxl_made"), "part noncanonical"),
    Arrow("STAT3", "miR-181b", "pS", ("mir_made",), "part mir181b"),
    Arrow("miR-181b", "CYLD", "M181", ("cyld_made",), "part mir181b", down=True),
    Arrow("CYLD", "IKK", "CYLD", ("ikk_by_cyld",), "part mir181b", down=True),
    Arrow("NR3C1", "GILZ", "GR", ("gilz_made",), "part gilz; Akt blocks"),
    Arrow("GILZ", "drug stress", "GILZ", ("dBIM", "load_up"), "part gilz"),
    Arrow("IL-6", "STAT3 of the stroma", "IL6", ("sts_on",), "part stromal_loop"),
    Arrow("STAT3 of the stroma", "stromal cells", "STS", ("st_by_stat3",), "part stromal_loop: its NF-kB"),
    Arrow("adipocytes", "VPS34/autophagy", "BMA", ("auto_by_leptin",), "part adipokines: leptin, adipsin"),
    Arrow("adipocytes", "ABC transporters", "BMA", ("dmg",), "part adipokines: resistin"),
    Arrow("adiponectin", "drug stress", "ADN", ("load_by_adiponectin",), "part adipokines"),
    Arrow("BIM", "apoptosis", "BIM", ("x_BH3", "commit"), "part bcl2_binding"),
    Arrow("MCL1", "BIM", "MCL1", ("mb_bound",), "part bcl2_binding: BCL-XL, BCL-2, PUMA alike", down=True),
    Arrow("NOXA", "MCL1", "NOXA", ("mn_bound",), "part bcl2_binding", down=True),
)


def missing(network: Network, arrows: tuple[Arrow, ...] = ARROWS) -> tuple[Arrow, ...]:
    """Arrows that the network does not have although they name rows: a row is absent or does not depend on
    the source.
    """
    formulas = {d.name: d.expression for d in network.derived} | {r.name: r.rate for r in network.reactions}

    def uses(row: str) -> set[str]:
        names = {str(s) for s in formulas[row].free_symbols}
        return names.union(*(uses(n) for n in names if n in formulas))

    return tuple(
        a for a in arrows if a.rows and not all(r in formulas and a.symbol in uses(r) for r in a.rows)
    )
