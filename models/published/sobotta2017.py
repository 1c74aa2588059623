"""IL-6, STAT3 and SOCS3 in primary mouse hepatocytes (Sobotta et al. 2017), with the parameters of its
published optimum.

Concentrations are in nM, SOCS3 mRNA in a unit of its own ("rel"). Some parameters are stored on the scale of
one blot or qPCR of the authors; the two scales are parameters of the model, so that every published number
stands here as published.
"""

from __future__ import annotations

from models.declare import (
    Derived,
    Input,
    Parameter,
    Pathway,
    Reaction,
    Species,
    assumed,
    nothing,
    published,
)
from models.network import Network, assemble
from models.ratelaws import power

OPTIMUM = published("Sobotta et al. 2017, Front Physiol 8:775, core model, value at the published optimum")


class Sobotta2017(Pathway):
    """Receptor with JAK1, STAT3 and SOCS3; SOCS3 removes receptors and blocks phosphorylation."""

    IL6 = Input("IL6", 0.0, "ng/mL", "IL-6 in the medium, from the stimulus until wash-out")
    stattic = Input("stattic", 0.0, "-", "Stattic, uM")
    actd = Input(
        "actd", 0.0, "0-1", "share of transcription and of receptor synthesis that actinomycin D blocks"
    )

    vc = Parameter("vc", 12.67, "-", "volume of the cytoplasm, pl", OPTIMUM)
    vn = Parameter("vn", 0.5, "-", "volume of the nucleus, pl", OPTIMUM)
    scale_socs3_qpcr_braun_hep_2013_07_08_qPCR_Socs3_Stat3 = Parameter(
        "scale_socs3_qpcr_braun_hep_2013_07_08_qPCR_Socs3_Stat3",
        62.053249598173394,
        "-",
        "scale of that qPCR",
        OPTIMUM,
    )
    scale_pgp130_wb_bohl_hep_2005_07_26_Pulse5min = Parameter(
        "scale_pgp130_wb_bohl_hep_2005_07_26_Pulse5min",
        7.9198449101584325,
        "-",
        "scale of that blot",
        OPTIMUM,
    )
    total_STAT3 = Parameter(
        "total_STAT3", 779.9408443429577, "nM", "STAT3 if all of it were in the nucleus", OPTIMUM
    )
    gp130_pro = Parameter("gp130_pro", 0.0024048090188291977, "nM/min", "receptor made", OPTIMUM)
    gp130_deg = Parameter("gp130_deg", 0.0038076949998750312, "1/min", "receptor lost", OPTIMUM)
    jak1_act_basal = Parameter(
        "jak1_act_basal", 0.004312958251041574, "1/min", "JAK1 activation without IL-6", OPTIMUM
    )
    jak1_act_il6 = Parameter(
        "jak1_act_il6", 0.009075950890565997, "mL/ng/min", "JAK1 activation by IL-6", OPTIMUM
    )
    jak1_inh_ruxolitinib = Parameter(
        "jak1_inh_ruxolitinib", 0.006023146863688123, "1/nM", "block by ruxolitinib", OPTIMUM
    )
    rux_degrade = Parameter("rux_degrade", 0.0009706406789081105, "1/min", "ruxolitinib lost", OPTIMUM)
    gp130_act_jak1 = Parameter(
        "gp130_act_jak1", 0.5369996856080346, "1/min", "gp130 phosphorylation", OPTIMUM
    )
    jak1_gp130_dea = Parameter(
        "jak1_gp130_dea", 0.07816864129077256, "1/min", "receptor dephosphorylation", OPTIMUM
    )
    socs3_assoc = Parameter(
        "socs3_assoc", 0.019343105311447367, "1/nM/min", "SOCS3 takes receptors away", OPTIMUM
    )
    stat3_act_gp130 = Parameter(
        "stat3_act_gp130", 0.41155134685551836, "1/nM/min", "STAT3 phosphorylation", OPTIMUM
    )
    stat3_inh_socs3 = Parameter("stat3_inh_socs3", 0.6188679458223362, "1/nM", "SOCS3 blocks it", OPTIMUM)
    stat3_inh_stattic = Parameter(
        "stat3_inh_stattic", 0.10036404023857787, "-", "Stattic blocks it, 1/uM", OPTIMUM
    )
    stat3_imp = Parameter("stat3_imp", 0.05936106915097476, "1/min", "STAT3 enters the nucleus", OPTIMUM)
    f_pstat3_imp = Parameter("f_pstat3_imp", 4.97118591633696, "-", "how much more pSTAT3 does", OPTIMUM)
    stat3_exp = Parameter("stat3_exp", 1.9708330568923913, "1/min", "STAT3 leaves the nucleus", OPTIMUM)
    socs3rna_pro = Parameter("socs3rna_pro", 0.0017000756243502088, "1/min", "SOCS3 transcription", OPTIMUM)
    socs3rna_hill = Parameter("socs3rna_hill", 1.7132965520390055, "-", "its steepness", OPTIMUM)
    socs3rna_delay = Parameter(
        "socs3rna_delay", 0.3039424661488018, "1/min", "rate of each of five steps of delay", OPTIMUM
    )
    socs3rna_des = Parameter("socs3rna_des", 0.30390494350741115, "1/min", "SOCS3 mRNA lost", OPTIMUM)
    socs3_pro = Parameter("socs3_pro", 1.697803403903344, "nM/min", "SOCS3 made per mRNA", OPTIMUM)
    socs3_des = Parameter("socs3_des", 0.4486494265708484, "1/min", "SOCS3 lost", OPTIMUM)
    per_flux = Parameter(
        "per_flux",
        1.0,
        "nM/min",
        "flux by which an import is divided before it is raised to a power",
        assumed("makes the unit explicit"),
    )

    J = Species("J", 0.6, "nM", "receptor with JAK1, inactive")
    pJ = Species("pJ", 0.0, "nM", "the same, JAK1 phosphorylated")
    pp = Species("pp", 0.0, "nM", "the same, gp130 phosphorylated too")
    ST = Species("ST", 0.0, "nM", "STAT3 in the cytoplasm", uniprot="P42227")
    tp = Species("tp", 0.0, "nM", "pSTAT3 in the cytoplasm")
    nS = Species("nS", 779.9408443429577, "nM", "STAT3 in the nucleus")
    n1 = Species("n1", 0.0, "rel", "SOCS3 mRNA on its way")
    n2 = Species("n2", 0.0, "rel", "SOCS3 mRNA on its way")
    n3 = Species("n3", 0.0, "rel", "SOCS3 mRNA on its way")
    n4 = Species("n4", 0.0, "rel", "SOCS3 mRNA on its way")
    n5 = Species("n5", 0.0, "rel", "SOCS3 mRNA on its way")
    Sr = Species("Sr", 0.0, "rel", "SOCS3 mRNA")
    So = Species("So", 0.0, "nM", "SOCS3 protein", uniprot="O35718")
    rux = Species("rux", 0.0, "nM", "ruxolitinib in the medium")

    per_mRNA = Derived(
        "per_mRNA",
        1 / scale_socs3_qpcr_braun_hep_2013_07_08_qPCR_Socs3_Stat3,
        "-",
        "frees SOCS3 mRNA of a scale",
    )
    per_gp130 = Derived(
        "per_gp130", 1 / scale_pgp130_wb_bohl_hep_2005_07_26_Pulse5min, "-", "frees pgp130 of a scale"
    )
    ri = Derived("ri", 1 + jak1_inh_ruxolitinib * rux, "-", "how much slower JAK1 works")
    act = Derived(
        "act", (jak1_act_basal + jak1_act_il6 * IL6) * per_gp130 * J / ri, "nM/min", "JAK1 is phosphorylated"
    )
    ga = Derived("ga", gp130_act_jak1 * pJ / ri, "nM/min", "gp130 is phosphorylated")
    ph = Derived(
        "ph",
        stat3_act_gp130
        / per_gp130
        * ST
        * pp
        / (1 + stat3_inh_socs3 * So)
        / (1 + stat3_inh_stattic * stattic),
        "nM/min",
        "STAT3 is phosphorylated",
    )
    imp = Derived("imp", stat3_imp * (1 + f_pstat3_imp) * tp, "nM/min", "pSTAT3 enters the nucleus")
    npSTAT3 = Derived("npSTAT3", vc / vn * imp, "nM/min", "pSTAT3 that arrives in the nucleus")

    receptor_made = Reaction(nothing, J, gp130_pro * (1 - actd), "receptor is made")
    receptor_lost = Reaction(J, nothing, gp130_deg * J, "inactive receptor is lost")
    jak_on = Reaction(J, pJ, act, "JAK1 is phosphorylated")
    gp130_on = Reaction(pJ, pp, ga, "gp130 is phosphorylated")
    jak_off = Reaction(pJ, J, jak1_gp130_dea * pJ, "dephosphorylated")
    gp130_off = Reaction(pp, J, jak1_gp130_dea * pp, "dephosphorylated")
    pJ_lost = Reaction(pJ, nothing, gp130_deg * pJ, "lost")
    pp_lost = Reaction(pp, nothing, gp130_deg * pp, "lost")
    taken_J = Reaction((J, So), nothing, socs3_assoc * J * So, "SOCS3 takes a receptor and is lost with it")
    taken_pJ = Reaction((pJ, So), nothing, socs3_assoc * pJ * So, "the same")
    taken_pp = Reaction((pp, So), nothing, socs3_assoc * pp * So, "the same")
    phosphorylated = Reaction(ST, tp, ph, "STAT3 is phosphorylated")
    # Amounts are conserved between volumes: 12.67 pl of cytoplasm to 0.5 pl of nucleus.
    enters = Reaction(ST, ((nS, 25.34),), stat3_imp * ST, "STAT3 enters the nucleus")
    leaves = Reaction(((nS, 25.34),), ST, stat3_exp * nS * vn / vc, "STAT3 leaves the nucleus")
    p_enters = Reaction(tp, ((nS, 25.34),), imp, "pSTAT3 enters the nucleus and loses its phosphate there")
    driven = power(npSTAT3 / per_flux, socs3rna_hill)
    transcribed = Reaction(nothing, n1, socs3rna_pro * per_mRNA * driven * (1 - actd), "SOCS3 is transcribed")
    step1 = Reaction(n1, n2, socs3rna_delay * n1, "first step of the delay")
    step2 = Reaction(n2, n3, socs3rna_delay * n2, "second")
    step3 = Reaction(n3, n4, socs3rna_delay * n3, "third")
    step4 = Reaction(n4, n5, socs3rna_delay * n4, "fourth")
    exported = Reaction(
        ((n5, 25.34),), Sr, socs3rna_delay * n5 * vn / vc, "last step: mRNA reaches the cytoplasm"
    )
    rna_lost = Reaction(Sr, nothing, socs3rna_des * Sr, "SOCS3 mRNA is lost")
    translated = Reaction(nothing, So, socs3_pro / per_mRNA * Sr, "SOCS3 is made")
    socs3_lost = Reaction(So, nothing, socs3_des * So, "SOCS3 is lost")
    rux_lost = Reaction(rux, nothing, rux_degrade * rux, "ruxolitinib is lost")


def network() -> Network:
    """Fourteen states; steady state of the untouched cell is the start of every experiment."""
    return assemble("sobotta2017", Sobotta2017)
