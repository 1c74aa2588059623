"""From the active receptor to the SOCS3 protein that silences it."""

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
    nothing,
    published,
)
from models.ratelaws import hill


class JakStat3(Pathway):
    """STAT3 as a share of its constant total, and SOCS3; decays stand for the delay between gene and protein
    as well.
    """

    RA, occ, e_stat = elsewhere("RA occ e_stat")

    pS = Species(
        "pS",
        0.0,
        "0-1",
        "STAT3 phosphorylated on Y705, share of a total of about 30 nM",
        "cell",
        uniprot="P40763",
    )
    mSOCS3 = Species("mSOCS3", 0.0, "rel", "SOCS3 mRNA", "cell", encodes="O14543")
    SOCS3 = Species("SOCS3", 0.0, "nM", "SOCS3 protein", "cell", uniprot="O14543")

    k_S = Parameter(
        "k_S",
        2.06,
        "1/min",
        "phosphorylation of STAT3 at full receptor",
        published("3.26 per nM and min times 0.63 nM of receptor, Sobotta 2017"),
        log_normal(0.3),
        ("kinetics",),
    )
    k_dS = Parameter(
        "k_dS",
        0.354,
        "1/min",
        "loss of pSTAT3 by import and dephosphorylation",
        published("stat3_imp (1 + f) of Sobotta 2017"),
        log_normal(0.3),
        ("kinetics",),
    )
    K_iS = Parameter(
        "K_iS",
        1.616,
        "nM",
        "SOCS3 that halves phosphorylation (SOCS3 feedback 2, strength 1/K_iS)",
        published("1/0.619, Sobotta 2017"),
        log_normal(0.8),
        ("feedback",),
    )
    k_mS0 = Parameter(
        "k_mS0",
        5e-4,
        "1/min",
        "basal synthesis of SOCS3 mRNA",
        derived("from 0.026 nM of SOCS3 at rest, Sobotta 2017"),
        log_normal(0.7),
    )
    k_mS = Parameter(
        "k_mS",
        0.40,
        "1/min",
        "synthesis of SOCS3 mRNA driven by STAT3",
        derived("so that SOCS3 peaks at 2 to 3 nM (Sobotta 2017: 2.97 nM at 40 ng/mL, 40 min)"),
        log_normal(0.6),
        ("feedback",),
    )
    K_mS = Parameter(
        "K_mS",
        0.5,
        "-",
        "pSTAT3 at half-maximal SOCS3 transcription",
        assumed("half of STAT3; goes together with k_mS"),
        fixed,
    )
    h_mS = Parameter(
        "h_mS", 1.71, "-", "steepness of SOCS3 transcription", published("1.713, Sobotta 2017"), fixed
    )
    d_mS = Parameter(
        "d_mS",
        0.06,
        "1/min",
        "decay of SOCS3 mRNA, lumped with the delay",
        derived("mean delay of 22 min in Sobotta 2017; not to be quoted as a half-life"),
        log_normal(0.5),
        ("decay",),
    )
    k_tS = Parameter(
        "k_tS",
        0.06,
        "nM/min",
        "translation of SOCS3",
        derived("sets the scale; cannot be told from k_mS"),
        fixed,
    )
    d_SOCS = Parameter(
        "d_SOCS",
        0.06,
        "1/min",
        "decay of SOCS3 protein, lumped with the delay",
        derived("as d_mS; Sobotta 2017 fits 0.45, poorly determined"),
        log_normal(0.5),
        ("decay",),
    )

    S = Derived("S", 1 - pS, "-", "unphosphorylated share of STAT3")
    pSe = Derived(
        "pSe", pS * (1 - e_stat * occ), "-", "pSTAT3 free to transcribe; estradiol may withhold a share (H5)"
    )

    stat3_on = Reaction(
        nothing,
        pS,
        k_S * RA * S / (1 + SOCS3 / K_iS),
        "active JAK phosphorylates STAT3; SOCS3 blocks (SOCS3 feedback 2)",
    )
    stat3_off = Reaction(pS, nothing, k_dS * pS, "pSTAT3 is imported and dephosphorylated")
    socs3_basal = Reaction(nothing, mSOCS3, k_mS0, "SOCS3 mRNA is made without STAT3")
    socs3_transcribed = Reaction(nothing, mSOCS3, k_mS * hill(pSe, K_mS, h_mS), "STAT3 transcribes SOCS3")
    socs3_rna_decay = Reaction(mSOCS3, nothing, d_mS * mSOCS3, "SOCS3 mRNA decays")
    socs3_translated = Reaction(nothing, SOCS3, k_tS * mSOCS3, "SOCS3 is translated")
    socs3_decay = Reaction(SOCS3, nothing, d_SOCS * SOCS3, "SOCS3 protein decays")


class JakStat3Transit(JakStat3):
    """With one transit compartment for SOCS3 mRNA, for data on that mRNA: its peak is sharper than the lumped
    form gives.
    """

    pSe, mSOCS3 = elsewhere("pSe mSOCS3")
    k_mS0, k_mS, K_mS, h_mS = JakStat3.k_mS0, JakStat3.k_mS, JakStat3.K_mS, JakStat3.h_mS

    T = Species("T", 0.0, "rel", "SOCS3 transcript on its way to the cytoplasm", "nucleus", encodes="O14543")

    k_T = Parameter(
        "k_T",
        0.1,
        "1/min",
        "transit of the SOCS3 transcript",
        assumed("10 min; sharpens the peak towards the qPCR of Sobotta 2017"),
        log_normal(0.5),
        ("kinetics",),
    )

    socs3_basal = Reaction(nothing, T, k_mS0, "SOCS3 transcript is made without STAT3")
    socs3_transcribed = Reaction(nothing, T, k_mS * hill(pSe, K_mS, h_mS), "STAT3 transcribes SOCS3")
    socs3_transit = Reaction(T, mSOCS3, k_T * T, "SOCS3 transcript matures")
