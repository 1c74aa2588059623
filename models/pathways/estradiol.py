"""Estradiol, its receptor and antagonists, and the six places where the hormone may act.

Each effect is 0 unless a hypothesis (H1 to H6 of the catalogue) frees it; its prior is the one of that
hypothesis.
"""

from models.declare import (
    Derived,
    Input,
    Parameter,
    Pathway,
    Reaction,
    Species,
    assumed,
    beta,
    derived,
    half_normal,
    log_normal,
    memory,
    nothing,
)
from models.pathways import culture
from models.ratelaws import hill


class Estradiol(Pathway):
    """Receptor occupied by estradiol in competition with its antagonists."""

    E2 = culture.E2
    fulv = Input(
        "fulv",
        0.0,
        "nM",
        "fulvestrant; keep at or below 1 uM: above, its effects do not go through the receptor",
        chebi="CHEBI:31638",
    )
    tam = Input(
        "tam",
        0.0,
        "nM",
        "4-hydroxytamoxifen; keep at or below 1 uM: above, its effects do not go through the receptor",
        chebi="CHEBI:44616",
    )

    ERt = Species(
        "ERt", 1.0, "rel", "oestrogen receptor, relative to the untreated cell", "nucleus", uniprot="P03372"
    )

    K_E = Parameter(
        "K_E",
        0.2,
        "nM",
        "dissociation constant of estradiol and its receptor",
        memory("0.1 to 0.3 nM"),
        log_normal(0.4),
        ("affinity",),
    )
    K_F = Parameter(
        "K_F",
        0.22,
        "nM",
        "dissociation constant of fulvestrant",
        derived("K_E over a relative affinity of 0.89"),
        log_normal(0.5),
        ("affinity", "drug"),
    )
    K_T = Parameter(
        "K_T",
        1.05,
        "nM",
        "dissociation constant of 4-hydroxytamoxifen",
        derived(
            "K_E times 30/5.7, the competition IC50 of 4-hydroxytamoxifen over that of estradiol (Maximov "
            "2017)"
        ),
        log_normal(0.5),
        ("affinity", "drug"),
    )
    k_ER = Parameter(
        "k_ER", 0.0012, "1/min", "turnover of the receptor", assumed("half-life about 10 h"), log_normal(0.5)
    )
    k_SERD = Parameter(
        "k_SERD",
        0.006,
        "1/min",
        "loss of receptor driven by fulvestrant",
        assumed("a few times the normal turnover"),
        log_normal(0.5),
        ("drug",),
    )
    e_deg = Parameter(
        "e_deg",
        0.0,
        "0-1",
        "H1: share of the IKK-driven loss of IkBa that estradiol blocks",
        assumed(
            "Sun 1998: degradation of IkBa almost completely blocked; 0 without effect, 0.8 as test value"
        ),
        beta(1, 2),
        ("estradiol",),
    )
    e_syn = Parameter(
        "e_syn",
        0.0,
        "-",
        "H2: fold that estradiol adds to the transcription of IkBa",
        assumed("Xing 2012: resynthesis of IkBa enhanced; 0 without effect, 2 as test value"),
        half_normal(2),
        ("estradiol",),
    )
    e_tx = Parameter(
        "e_tx",
        0.0,
        "0-1",
        "H3: share of NF-kB-driven IL-6 transcription that estradiol blocks",
        assumed("Kurebayashi 1997: promoter -45 %; Ray 1997: down to basal"),
        beta(1, 2),
        ("estradiol",),
    )
    e_imp = Parameter(
        "e_imp",
        0.0,
        "0-1",
        "H4: share of the nuclear import of NF-kB that estradiol blocks",
        memory("Ghisletti 2005"),
        beta(1, 2),
        ("estradiol",),
    )
    e_stat = Parameter(
        "e_stat",
        0.0,
        "0-1",
        "H5: share of pSTAT3 that estradiol withholds from transcription",
        assumed("Wang 2001, Wang 2004, Yamamoto 2000: direction only"),
        beta(1, 2),
        ("estradiol",),
    )
    e_coup = Parameter(
        "e_coup",
        0.0,
        "0-1",
        "H6: share of the dissociation of IkBa:NF-kB that estradiol blocks",
        assumed("the caption taken literally; practically without effect, kept as a control"),
        beta(1, 2),
        ("estradiol",),
    )

    occ = Derived(
        "occ",
        ERt * (E2 / K_E) / (1 + E2 / K_E + fulv / K_F + tam / K_T),
        "-",
        "oestrogen receptor occupied by estradiol",
    )

    er_made = Reaction(nothing, ERt, k_ER, "oestrogen receptor is made")
    er_lost = Reaction(ERt, nothing, k_ER * ERt, "oestrogen receptor turns over")
    er_degraded = Reaction(ERt, nothing, k_SERD * hill(fulv, K_F) * ERt, "fulvestrant degrades the receptor")
