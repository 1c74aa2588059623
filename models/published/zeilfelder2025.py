"""IL-6, STAT3 and SOCS3 in HepG2 cells (Zeilfelder et al. 2025), with the parameters of its published
optimum.

Amounts are in the authors' own unit per volume ("rel" here: thousand molecules per pl). STAT3 without
phosphate moves between cytoplasm and nucleus so fast that one state holds both.
"""

from __future__ import annotations

from models.declare import Derived, Input, Parameter, Pathway, Reaction, Species, nothing, published
from models.network import Network, assemble
from models.ratelaws import power

OPTIMUM = published("Zeilfelder et al. 2025, control model, value at the published optimum")


class Zeilfelder2025(Pathway):
    """Receptor, STAT3 and SOCS3; SOCS3 acts by removing active receptors alone."""

    IL6 = Input("IL6", 0.0, "ng/mL", "IL-6 in the medium, constant from the stimulus on")
    cyc = Input("cyc", 0.0, "0/1", "cycloheximide: no protein is made")

    vc = Parameter("vc", 0.6375, "-", "volume of the cytoplasm, pl", OPTIMUM)
    vn = Parameter("vn", 0.2125, "-", "volume of the nucleus, pl", OPTIMUM)
    K_transport = Parameter(
        "K_transport",
        0.09741264219988491,
        "-",
        "nuclear over cytoplasmic STAT3, as amounts per cytoplasm",
        OPTIMUM,
    )
    STAT3_total = Parameter(
        "STAT3_total", 0.9526927398326646, "rel", "STAT3, thousandth of 850 per cell", OPTIMUM
    )
    receptor_pro = Parameter("receptor_pro", 1.3776304729345403, "1/min", "receptor made", OPTIMUM)
    receptor_deg = Parameter("receptor_deg", 0.006429801460982171, "1/min", "receptor lost", OPTIMUM)
    receptor_deg_socs3 = Parameter(
        "receptor_deg_socs3", 0.2713063544240776, "1/min", "active receptor lost through SOCS3", OPTIMUM
    )
    k_sat_SOCS3 = Parameter("k_sat_SOCS3", 17.079358122659592, "rel", "SOCS3 at half of that", OPTIMUM)
    il6_act = Parameter("il6_act", 0.022698567741074392, "mL/ng/min", "activation by IL-6", OPTIMUM)
    il6_basal = Parameter(
        "il6_basal", 0.009570670908287568, "ng/mL", "IL-6 that stands for activity without IL-6", OPTIMUM
    )
    stat3_act = Parameter(
        "stat3_act", 0.003135560195160009, "1/min/min", "phosphorylation, times receptor_pro", OPTIMUM
    )
    stat3_dea = Parameter(
        "stat3_dea", 1.1701681766737273, "1/min", "dephosphorylation in the nucleus", OPTIMUM
    )
    pstat3_imp = Parameter("pstat3_imp", 0.4050795890627515, "1/min", "import of pSTAT3", OPTIMUM)
    f_SOCS3_STAT3 = Parameter(
        "f_SOCS3_STAT3", 2.671614431892211e-05, "1/min", "transcription per power of nuclear pSTAT3", OPTIMUM
    )
    n_STAT3 = Parameter("n_STAT3", 1.9263028282049777, "-", "steepness of transcription", OPTIMUM)
    socs3rna_delay = Parameter(
        "socs3rna_delay", 0.23731649806214247, "1/min", "rate of each of five steps of delay", OPTIMUM
    )
    socs3rna_deg = Parameter("socs3rna_deg", 0.0479972306636904, "1/min", "SOCS3 mRNA lost", OPTIMUM)
    socs3_pro = Parameter("socs3_pro", 2.1487142105770674, "1/min", "SOCS3 made at most", OPTIMUM)
    socs3_sat = Parameter("socs3_sat", 5.384585431382879, "rel", "mRNA at half of that", OPTIMUM)
    socs3_deg = Parameter("socs3_deg", 0.10417611717331596, "1/min", "SOCS3 lost", OPTIMUM)

    J = Species("J", 100.0, "rel", "inactive receptor")
    pJ = Species("pJ", 0.0, "rel", "active receptor")
    S = Species(
        "S", 635.1284932217764, "rel", "STAT3 without phosphate, cytoplasm and nucleus, per cytoplasm"
    )
    pSc = Species("pSc", 0.0, "rel", "pSTAT3 in the cytoplasm")
    pSn = Species("pSn", 1905.3854796653292, "rel", "pSTAT3 in the nucleus")
    n1 = Species("n1", 0.0, "rel", "SOCS3 mRNA on its way")
    n2 = Species("n2", 0.0, "rel", "SOCS3 mRNA on its way")
    n3 = Species("n3", 0.0, "rel", "SOCS3 mRNA on its way")
    n4 = Species("n4", 0.0, "rel", "SOCS3 mRNA on its way")
    n5 = Species("n5", 0.0, "rel", "SOCS3 mRNA on its way")
    Sr = Species("Sr", 0.0, "rel", "SOCS3 mRNA")
    So = Species("So", 0.0, "rel", "SOCS3 protein", uniprot="O14543")

    c = Derived("c", S / (1 + K_transport), "rel", "STAT3 without phosphate in the cytoplasm")
    nSTAT3 = Derived("nSTAT3", vc * (S - c.symbol) / vn, "rel", "STAT3 without phosphate in the nucleus")
    tpSTAT3 = Derived("tpSTAT3", (pSc * vc + pSn * vn) / (vc + vn), "rel", "pSTAT3 per cell volume")
    ctSTAT3 = Derived("ctSTAT3", pSc + c, "rel", "STAT3 in the cytoplasm")
    ntSTAT3 = Derived("ntSTAT3", pSn + nSTAT3, "rel", "STAT3 in the nucleus")
    tSTAT3 = Derived("tSTAT3", (vc * ctSTAT3 + vn * ntSTAT3) / (vc + vn), "rel", "STAT3 per cell volume")
    seen = Derived("seen", il6_act * (IL6 + il6_basal), "1/min", "activation of a receptor")

    receptor_made = Reaction(nothing, J, receptor_pro * (1 - cyc), "receptor is made")
    receptor_lost = Reaction(J, nothing, receptor_deg * J, "inactive receptor is lost")
    receptor_activated = Reaction(J, pJ, seen * J, "IL-6 activates")
    active_lost = Reaction(pJ, nothing, receptor_deg * pJ, "active receptor is lost")
    removed_by_socs3 = Reaction(
        pJ, nothing, receptor_deg_socs3 * So * pJ / (So + k_sat_SOCS3), "SOCS3 removes active receptor"
    )
    phosphorylated = Reaction(S, pSc, stat3_act / receptor_pro * pJ * c, "active receptor phosphorylates")
    # Between volumes an amount is conserved: the nucleus is a third of the cytoplasm (0.2125 to 0.6375 pl).
    imported = Reaction(pSc, ((pSn, 3.0),), pstat3_imp * pSc, "pSTAT3 enters the nucleus")
    dephosphorylated = Reaction(
        ((pSn, 3.0),), S, stat3_dea * pSn * vn / vc, "pSTAT3 loses its phosphate in the nucleus"
    )
    transcribed = Reaction(nothing, n1, f_SOCS3_STAT3 * power(pSn, n_STAT3), "pSTAT3 transcribes SOCS3")
    step1 = Reaction(n1, n2, socs3rna_delay * n1, "first step of the delay")
    step2 = Reaction(n2, n3, socs3rna_delay * n2, "second")
    step3 = Reaction(n3, n4, socs3rna_delay * n3, "third")
    step4 = Reaction(n4, n5, socs3rna_delay * n4, "fourth")
    exported = Reaction(
        ((n5, 3.0),), Sr, socs3rna_delay * n5 * vn / vc, "last step: mRNA reaches the cytoplasm"
    )
    rna_lost = Reaction(Sr, nothing, socs3rna_deg * Sr, "SOCS3 mRNA is lost")
    translated = Reaction(nothing, So, socs3_pro * (1 - cyc) * Sr / (Sr + socs3_sat), "SOCS3 is made")
    socs3_lost = Reaction(So, nothing, socs3_deg * So, "SOCS3 is lost")


def network() -> Network:
    """Twelve states; steady state of the unstimulated cell is the start of every experiment."""
    return assemble("zeilfelder2025", Zeilfelder2025)
