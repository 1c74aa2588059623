"""The IL-6 gene of the myeloma cell: NF-kB with AP-1 and STAT3 as helpers."""

from models.declare import (
    Derived,
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
from models.ratelaws import hill


class Il6Gene(Pathway):
    """IL-6 mRNA, which is also the rate of release in relative units."""

    NFt, AP1, pSe = elsewhere("NFt AP1 pSe")

    mIL6 = Species("mIL6", 1.0, "rel", "IL-6 mRNA, and with it the rate of release", "cell", encodes="P05231")

    d_m6 = Parameter(
        "d_m6",
        0.0116,
        "1/min",
        "decay of IL-6 mRNA",
        assumed("half-life 60 min"),
        log_normal(0.5),
        ("decay",),
    )
    s_m6 = Parameter(
        "s_m6",
        10.0,
        "-",
        "scale of IL-6 mRNA",
        assumed("sets mIL6 to about 1 with 7 % of NF-kB in the nucleus"),
    )
    b_m6 = Parameter(
        "b_m6", 0.01, "-", "transcription without NF-kB", assumed("small in a myeloma cell"), log_normal(0.7)
    )
    K_N6 = Parameter(
        "K_N6",
        15.0,
        "nM",
        "nuclear NF-kB at half promoter activity",
        assumed("a quarter of all NF-kB"),
        log_normal(0.7),
        ("affinity",),
    )
    h_N6 = Parameter("h_N6", 2.0, "-", "steepness of the promoter", assumed("a pair of binding sites"), fixed)
    w_6A = Parameter(
        "w_6A",
        1.0,
        "-",
        "synergy of AP-1",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    w_6S = Parameter(
        "w_6S",
        1.0,
        "-",
        "synergy of STAT3",
        assumed("JAK and STAT are needed for TNF-induced IL-6 in U266 (Lee 2013); size not known"),
        log_normal(0.7),
        ("weight",),
    )

    pro = Derived(
        "pro",
        (b_m6 + hill(NFt, K_N6, h_N6)) * (1 + w_6A * AP1) * (1 + w_6S * pSe),
        "-",
        "activity of the IL-6 promoter",
    )

    il6_transcribed = Reaction(
        nothing, mIL6, d_m6 * s_m6 * pro, "NF-kB transcribes IL-6; AP-1 and STAT3 help"
    )
    il6_rna_decay = Reaction(mIL6, nothing, d_m6 * mIL6, "IL-6 mRNA decays")
