"""The IL-6 receptor with a step of assembly, and with the abundances of a cell."""

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
    published,
)
from models.pathways.il6_receptor import COMPLEX
from models.ratelaws import inhibited_by


class ReceptorAssembly(Pathway):
    """IL-6 and the receptor chains assemble first; the complex becomes active some minutes later."""

    R, RA, SOCS3, act, fJ, d_R, k_SR = elsewhere("R RA SOCS3 act fJ d_R k_SR")

    RL = Species(
        "RL",
        0.0,
        "rel",
        "complex of IL-6R, gp130, JAK1 and JAK2, assembled, not active yet",
        "membrane",
        uniprot=COMPLEX,
    )

    k_as = Parameter(
        "k_as",
        0.05,
        "1/min",
        "activation of the assembled complex",
        derived("1 ng/mL is far below its peak after 10 min in macrophages (data of Cheemalavagu)"),
        log_normal(0.5),
        ("kinetics",),
    )
    k_un = Parameter(
        "k_un",
        0.005,
        "1/min",
        "loss of the assembled complex without activation",
        memory("tight once assembled: 0.05 nM (Dwivedi 2014), over about 2 h"),
        log_normal(0.7),
        ("kinetics",),
    )

    jak_on = Reaction(R, RL, act * R, "IL-6 assembles receptor and gp130")
    assembled_on = Reaction(RL, RA, k_as * fJ * RL, "assembled complexes activate JAK; ruxolitinib blocks")
    assembled_off = Reaction(RL, R, k_un * RL, "assembled complexes fall apart")
    assembled_lost = Reaction(RL, (), d_R * RL, "assembled complexes turn over")
    assembled_removed = Reaction(
        RL, (), k_SR * SOCS3 * RL, "SOCS3 degrades the assembled complex (SOCS3 feedback 1)"
    )


class ReceptorAbundance(Pathway):
    """Copies a cell in place of what a rate hides: k_S is a rate times the abundance in the reference."""

    IL6, R, pS, N, d_R, occ, e_stat, k_up6, K_up6 = elsewhere("IL6 R pS N d_R occ e_stat k_up6 K_up6")
    silt, toci, sIL6R, K_silt, K_toci, K_sR = elsewhere("silt toci sIL6R K_silt K_toci K_sR")

    n_gp = Parameter(
        "n_gp",
        4.68,
        "-",
        "gp130, thousand copies a cell",
        published("4,680 copies, Sobotta 2017 (primary hepatocytes): the reference"),
        log_normal(0.7),
        ("abundance",),
    )
    n_gp0 = Parameter("n_gp0", 4.68, "-", "gp130 of the reference cell", published("Sobotta 2017"), fixed)
    n_6R = Parameter(
        "n_6R",
        1.0,
        "-",
        "IL-6 receptors over those of the reference cell",
        assumed("copies of the reference are not published; myeloma lines have 1e3 to 1e4 (remembered)"),
        log_normal(0.7),
        ("abundance",),
    )
    n_S3 = Parameter(
        "n_S3",
        215.37,
        "-",
        "STAT3, thousand copies a cell",
        published("215,370 copies, Sobotta 2017 (primary hepatocytes): the reference"),
        log_normal(0.5),
        ("abundance",),
    )
    n_S30 = Parameter("n_S30", 215.37, "-", "STAT3 of the reference cell", published("Sobotta 2017"), fixed)
    v_cell = Parameter(
        "v_cell",
        1.0,
        "-",
        "volume of the cell over that of the reference cell",
        assumed("a hepatocyte, 12 pL by its copies and nM; a myeloma cell has about a tenth"),
        fixed,
        ("abundance",),
    )
    k_ph = Parameter(
        "k_ph",
        2.06 / 0.63,
        "1/nM/min",
        "phosphorylation of STAT3 by active receptor",
        derived("2.06 per min over 0.63 nM of complexes, Sobotta 2017"),
        log_normal(0.3),
        ("kinetics",),
    )
    R_0 = Parameter(
        "R_0", 0.63, "nM", "receptor complexes of the reference cell", published("Sobotta 2017"), fixed
    )

    k_S = Derived("k_S", k_ph * R_0, "1/min", "phosphorylation of STAT3 at full receptor: rate, abundance")
    a_R = Derived("a_R", n_gp / n_gp0 / v_cell, "-", "receptor complexes over those of the reference cell")
    a_S3 = Derived("a_S3", n_S3 / n_S30 / v_cell, "-", "STAT3 over that of the reference cell")
    L = Derived(
        "L",
        IL6 * n_6R * inhibited_by(silt, K_silt) * (1 + sIL6R / K_sR) * inhibited_by(toci, K_toci),
        "ng/mL",
        "IL-6 that reaches the receptor, the more the more receptor there is beside gp130",
    )
    pSe = Derived(
        "pSe",
        pS * a_S3 * (1 - e_stat * occ),
        "-",
        "pSTAT3 free to transcribe, over the STAT3 of the reference cell; estradiol may withhold (H5)",
    )

    receptor_made = Reaction((), R, d_R * a_R, "receptor complex is made, by its abundance")
    il6_uptake = Reaction(
        IL6,
        (),
        k_up6 * a_R * N * IL6 * K_up6 / (K_up6 + IL6),
        "myeloma cells take IL-6 up with its receptor",
    )
