"""IL-6, its soluble and membrane receptor, gp130 and JAK1/JAK2 as one complex that is off or on.

JAK is one lumped state: IL-6 acts mainly through JAK1, in some lines JAK2 matters too. One relative unit of
complex is
0.63 nM (Sobotta 2017).
"""

import sympy as sp

from models.declare import (
    Derived,
    Input,
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
    nothing,
    published,
    time,
)
from models.ratelaws import hill, inhibited_by

COMPLEX = "P08887 P40189 P23458 O60674"  # IL6R, IL6ST (gp130), JAK1, JAK2


class Il6Receptor(Pathway):
    """Ligand that reaches the receptor, activation of JAK, turnover, removal by SOCS3."""

    IL6, SOCS3 = elsewhere("IL6 SOCS3")
    sIL6R = Input(
        "sIL6R", 0.0, "ng/mL", "soluble IL-6 receptor; 25 to 75 in plasma (unverified)", uniprot="P08887"
    )
    silt = Input("silt", 0.0, "nM", "siltuximab (CNTO 328), binds IL-6")
    toci = Input("toci", 0.0, "nM", "tocilizumab, binds the IL-6 receptor")
    rux = Input(
        "rux",
        0.0,
        "nM",
        "ruxolitinib, as the concentration it has or would have had at t = 0; it decays from then on",
        chebi="CHEBI:66919",
    )

    R = Species(
        "R", 1.0, "rel", "complex of IL-6R, gp130, JAK1 and JAK2, inactive", "membrane", uniprot=COMPLEX
    )
    RA = Species(
        "RA",
        0.0,
        "rel",
        "complex of IL-6R, gp130, JAK1 and JAK2, active (pJAK, pgp130)",
        "membrane",
        uniprot=COMPLEX,
    )

    d_R = Parameter(
        "d_R",
        0.003808,
        "1/min",
        "turnover of gp130 with JAK",
        published("gp130_deg of Sobotta 2017"),
        log_normal(0.3),
        ("decay",),
    )
    k_a0 = Parameter(
        "k_a0",
        5e-4,
        "1/min",
        "activation of JAK without ligand",
        published("jak1_act_basal over its blot's scale, 5.4e-4, Sobotta 2017"),
        log_normal(0.7),
        ("kinetics",),
    )
    k_aL = Parameter(
        "k_aL",
        0.05,
        "1/min",
        "largest activation of JAK by IL-6",
        derived("Sobotta 2017 at 40 ng/mL gives 0.046"),
        log_normal(0.5),
        ("kinetics",),
    )
    K_L = Parameter(
        "K_L",
        2.0,
        "ng/mL",
        "IL-6 at half-maximal activation",
        assumed(
            "hepatocytes do not saturate below 120 ng/mL (Sobotta 2017, EC50 15 to 20); myeloma lines are "
            "more sensitive"
        ),
        log_normal(0.8),
        ("affinity",),
    )
    K_sR = Parameter(
        "K_sR",
        50.0,
        "ng/mL",
        "soluble receptor that doubles the sensitivity",
        assumed("trans-signalling is seen in Reeh 2019, without a number to take"),
        log_normal(0.7),
        ("affinity",),
    )
    k_dR = Parameter(
        "k_dR",
        0.0782,
        "1/min",
        "dephosphorylation of JAK and gp130",
        published("jak1_gp130_dea of Sobotta 2017"),
        log_normal(0.3),
        ("kinetics",),
    )
    k_SR = Parameter(
        "k_SR",
        0.0193,
        "1/nM/min",
        "degradation of the complex by SOCS3 (SOCS3 feedback 1)",
        published("socs3_assoc of Sobotta 2017"),
        log_normal(0.5),
        ("feedback",),
    )
    IC_rux = Parameter(
        "IC_rux",
        200.0,
        "nM",
        "half inhibition of JAK activation in cells by ruxolitinib",
        derived(
            "refitted to the pSTAT3 blots of Sobotta 2017 (100 nM nothing, 500 nM -72 %, 1000 nM -97 %); "
            "enzyme JAK1 3.3, JAK2 2.8"
        ),
        log_normal(0.4),
        ("drug",),
    )
    h_rux = Parameter(
        "h_rux",
        3.0,
        "-",
        "steepness of ruxolitinib",
        derived("the same blots fall steeply"),
        fixed,
        ("drug",),
    )
    k_rux = Parameter(
        "k_rux",
        9.7e-4,
        "1/min",
        "decay of ruxolitinib in the medium",
        published("9.7e-4, Sobotta 2017"),
        fixed,
        ("drug",),
    )
    K_silt = Parameter(
        "K_silt",
        0.03,
        "nM",
        "dissociation constant of siltuximab and IL-6",
        memory("0.01 to 0.03 nM; a generic antibody has 0.0025 in Dwivedi 2014"),
        fixed,
        ("drug",),
    )
    K_toci = Parameter(
        "K_toci",
        1.5,
        "nM",
        "dissociation constant of tocilizumab and the IL-6 receptor",
        memory("1 to 2.5 nM; a generic antibody has 0.0025 in Dwivedi 2014"),
        fixed,
        ("drug",),
    )

    L = Derived(
        "L",
        IL6 * inhibited_by(silt, K_silt) * (1 + sIL6R / K_sR) * inhibited_by(toci, K_toci),
        "ng/mL",
        "IL-6 that reaches the receptor: not held by siltuximab, helped by soluble receptor, hindered by "
        "tocilizumab",
    )
    fJ = Derived(
        "fJ",
        inhibited_by(rux * sp.exp(-k_rux * sp.Max(time, 0)), IC_rux, h_rux),
        "-",
        "JAK activation left under ruxolitinib",
    )
    act = Derived("act", k_a0 + k_aL * hill(L, K_L), "1/min", "activation of JAK, basal and by IL-6")

    jak_on = Reaction(
        R, RA, act * fJ * R, "IL-6 assembles receptor and gp130 and activates JAK; ruxolitinib blocks"
    )
    jak_off = Reaction(RA, R, k_dR * RA, "JAK and gp130 are dephosphorylated")
    receptor_made = Reaction(nothing, R, d_R, "receptor complex is made")
    receptor_lost = Reaction(R, nothing, d_R * R, "inactive complex turns over")
    active_lost = Reaction(RA, nothing, d_R * RA, "active complex turns over")
    receptor_removed = Reaction(
        R, nothing, k_SR * SOCS3 * R, "SOCS3 degrades the inactive complex (SOCS3 feedback 1)"
    )
    active_removed = Reaction(
        RA, nothing, k_SR * SOCS3 * RA, "SOCS3 degrades the active complex (SOCS3 feedback 1)"
    )
