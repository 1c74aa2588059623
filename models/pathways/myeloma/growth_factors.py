"""IGF-1, APRIL and BAFF of the marrow, and the share of their receptors that is occupied."""

from models.declare import Derived, Input, Parameter, Pathway, assumed, log_normal, memory
from models.ratelaws import hill


class GrowthFactors(Pathway):
    """Factors beside IL-6; what they switch on is said where it is switched on (PI3K, RAS, IKK)."""

    IGF1 = Input(
        "IGF1", 0.0, "ng/mL", "insulin-like growth factor 1; 100 to 200 in plasma and dish", uniprot="P05019"
    )
    APRIL = Input("APRIL", 0.0, "ng/mL", "APRIL (TNFSF13); 200 usual in the dish", uniprot="O75888")
    BAFF = Input("BAFF", 0.0, "ng/mL", "BAFF (TNFSF13B); 200 usual in the dish", uniprot="Q9Y275")

    K_IGF = Parameter(
        "K_IGF",
        20.0,
        "ng/mL",
        "IGF-1 at half occupation of its receptor",
        memory("a few nM at a cell in serum-free medium"),
        log_normal(0.7),
        ("affinity",),
    )
    K_APRIL = Parameter(
        "K_APRIL",
        100.0,
        "ng/mL",
        "APRIL at half occupation of BCMA and TACI",
        assumed("below the dose that Moreaux 2004 used"),
        log_normal(0.7),
        ("affinity",),
    )
    K_BAFF = Parameter(
        "K_BAFF",
        100.0,
        "ng/mL",
        "BAFF at half occupation of BCMA, TACI and its own receptor",
        assumed("as APRIL; it binds BCMA more weakly and its own receptor more tightly"),
        log_normal(0.7),
        ("affinity",),
    )

    IGF1R = Derived("IGF1R", hill(IGF1, K_IGF), "-", "occupied share of the receptor of IGF-1")
    BCMA = Derived(
        "BCMA",
        (APRIL / K_APRIL + BAFF / K_BAFF) / (1 + APRIL / K_APRIL + BAFF / K_BAFF),
        "-",
        "occupied share of the receptors of APRIL and BAFF",
    )
