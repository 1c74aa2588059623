"""VPS34 and autophagy, which relieves the cell of misfolded protein."""

from models.declare import (
    Input,
    Parameter,
    Pathway,
    Reaction,
    Species,
    assumed,
    elsewhere,
    fixed,
    log_normal,
    memory,
    nothing,
)
from models.ratelaws import inhibited_by


class Autophagy(Pathway):
    """Autophagic flux: started by VPS34 and proteotoxic stress, held down by Akt. All numbers are assumed."""

    pAkt, strs = elsewhere("pAkt strs")
    vpsi = Input("vpsi", 0.0, "nM", "VPS34 inhibitor (VPS34-IN1, SAR405)")

    AUTO = Species("AUTO", 0.0, "rel", "autophagic flux (VPS34)", "cell", uniprot="Q8NEB9")

    k_AU = Parameter("k_AU", 0.01, "1/min", "rate at which the flux follows", assumed("about 100 min"), fixed)
    s_AU = Parameter("s_AU", 2.0, "-", "scale of the flux", assumed("brings the resting flux near one half"))
    w_AU0 = Parameter("w_AU0", 0.5, "-", "basal flux by VPS34", assumed("sets the scale"), fixed)
    w_AUp = Parameter(
        "w_AUp",
        1.0,
        "-",
        "flux induced by proteotoxic stress",
        assumed("direction known, size not"),
        log_normal(0.7),
        ("weight",),
    )
    K_AUA = Parameter(
        "K_AUA", 0.3, "-", "pAkt that halves the flux", assumed("near the resting level of pAkt"), fixed
    )
    IC_vps = Parameter(
        "IC_vps",
        50.0,
        "nM",
        "half inhibition of VPS34",
        memory("about 25 nM for the enzyme"),
        log_normal(0.5),
        ("drug",),
    )

    auto_up = Reaction(
        nothing,
        AUTO,
        k_AU * s_AU * inhibited_by(vpsi, IC_vps) * (w_AU0 + w_AUp * strs) * inhibited_by(pAkt, K_AUA),
        "VPS34 and stress drive autophagy; Akt holds it down",
    )
    auto_down = Reaction(AUTO, nothing, k_AU * AUTO, "autophagic flux fades")
