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


def missing(network: Network) -> tuple[Arrow, ...]:
    """Arrows that the network does not have although they name rows: a row is absent or does not depend on
    the source.
    """
    formulas = {d.name: d.expression for d in network.derived} | {r.name: r.rate for r in network.reactions}

    def uses(row: str) -> set[str]:
        names = {str(s) for s in formulas[row].free_symbols}
        return names.union(*(uses(n) for n in names if n in formulas))

    return tuple(
        a for a in ARROWS if a.rows and not all(r in formulas and a.symbol in uses(r) for r in a.rows)
    )
