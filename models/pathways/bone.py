"""RANKL, osteoclasts, suppressed osteoblasts, and the bone that is lost."""

from models.declare import (
    Derived,
    Parameter,
    Pathway,
    Reaction,
    Species,
    assumed,
    beta,
    derived,
    elsewhere,
    fixed,
    log_normal,
    nothing,
    published,
)
from models.pathways import culture
from models.ratelaws import hill, power


class Bone(Pathway):
    """IL-6 and touching myeloma cells raise RANKL and hold osteoblasts down; osteoclasts follow RANKL.
    Magnitudes are assumed.
    """

    IL6, N, occ = elsewhere("IL6 N occ")
    contact = culture.contact

    RANKL = Species("RANKL", 1.0, "rel", "RANKL", "bone", uniprot="O14788")
    OC = Species("OC", 1.0, "rel", "activity of osteoclasts", "bone")
    Z = Species("Z", 100.0, "%", "bone mass", "bone", culture.frozen)

    k_RL = Parameter("k_RL", 7e-4, "1/min", "turnover of RANKL", assumed("about a day"), fixed)
    a_RL6 = Parameter(
        "a_RL6",
        1.5,
        "-",
        "effect of IL-6 on RANKL",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    K_RL6 = Parameter(
        "K_RL6",
        1.0,
        "ng/mL",
        "IL-6 at half effect on RANKL",
        assumed("in the range of cocultures"),
        log_normal(0.7),
    )
    a_RLN = Parameter(
        "a_RLN",
        1.0,
        "-",
        "effect of touching myeloma cells on RANKL",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    K_RLN = Parameter(
        "K_RLN", 0.5, "1e6/mL", "myeloma density at half effect on RANKL", assumed("as on the stroma"), fixed
    )
    e_bone = Parameter(
        "e_bone",
        0.5,
        "0-1",
        "share of RANKL that estradiol removes",
        assumed("estradiol protects bone; one half as a start"),
        beta(1, 2),
        ("estradiol",),
    )
    k_OC = Parameter(
        "k_OC",
        1.4e-4,
        "1/min",
        "turnover of osteoclasts",
        published("beta1, 0.2 per day, Ayati 2010, BIOMD0000000402"),
        log_normal(0.3),
    )
    h_OC = Parameter(
        "h_OC",
        1.5,
        "-",
        "steepness from RANKL to osteoclasts",
        assumed("somewhat more than proportional"),
        fixed,
    )
    k_res = Parameter(
        "k_res",
        7e-5,
        "%/min",
        "turnover of bone",
        assumed("0.1 % per day with osteoclasts at 1"),
        log_normal(0.5),
    )
    a_OB = Parameter(
        "a_OB",
        0.8,
        "-",
        "suppression of osteoblasts by touching myeloma cells",
        assumed("DKK1; size not known"),
        log_normal(0.7),
        ("weight",),
    )
    f_Z = Parameter(
        "f_Z",
        1.0,
        "0/1",
        "1 = what is resorbed is proportional to the bone that is there, 0 = it is not",
        derived("algebra: a rate that does not know how much is left takes more than there is"),
        fixed,
        ("variant",),
    )
    Z_0 = Parameter("Z_0", 100.0, "%", "bone mass at which both readings agree", derived("the start"), fixed)
    K_OB = Parameter(
        "K_OB",
        0.5,
        "1e6/mL",
        "myeloma density at half suppression of osteoblasts",
        assumed("as on RANKL"),
        fixed,
    )

    OB = Derived(
        "OB",
        1 / (1 + a_OB * contact * hill(N, K_OB)),
        "-",
        "activity of osteoblasts, held down by touching myeloma cells",
    )

    rankl_made = Reaction(
        nothing,
        RANKL,
        k_RL * (1 + a_RL6 * hill(IL6, K_RL6) + a_RLN * contact * hill(N, K_RLN)) * (1 - e_bone * occ),
        "IL-6 and touching myeloma cells raise RANKL; estradiol lowers it",
    )
    rankl_decay = Reaction(RANKL, nothing, k_RL * RANKL, "RANKL turns over")
    oc_up = Reaction(nothing, OC, k_OC * power(RANKL.symbol, h_OC.symbol), "RANKL drives osteoclasts")
    oc_down = Reaction(OC, nothing, k_OC * OC, "osteoclasts die")
    bone_formed = Reaction(nothing, Z, k_res * OB, "osteoblasts form bone; myeloma cells suppress them")
    bone_resorbed = Reaction(
        Z, nothing, k_res * OC * (1 - f_Z + f_Z * Z / Z_0), "osteoclasts resorb bone that is there"
    )
