"""What is shared by drugs in the myeloma cell: proteasome by capacity and load, glucocorticoid receptor by
abundance, nuclear export; and the NF-kB block with its other arms.

Where the cell is the reference and no other drug is given, each quantity is that of the core.
"""

from models.declare import (
    Derived,
    Input,
    Parameter,
    Reaction,
    assumed,
    derived,
    elsewhere,
    fixed,
    log_normal,
    memory,
)
from models.pathways.drug_action import DrugAction
from models.pathways.nfkb import Nfkb
from models.ratelaws import hill, inhibited_by


class TreatedCell(DrugAction):
    """Carfilzomib beside bortezomib on one proteasome; dexamethasone's receptor; selinexor on XPO1."""

    btz, IC_btz, h_btz = DrugAction.btz, DrugAction.IC_btz, DrugAction.h_btz
    IC_btzS, h_btzS = DrugAction.IC_btzS, DrugAction.h_btzS
    cfz = Input("cfz", 0.0, "nM", "carfilzomib")
    seli = Input("seli", 0.0, "nM", "selinexor, binds exportin 1")

    IC_cfz = Parameter(
        "IC_cfz",
        6.0,
        "nM",
        "half inhibition of the proteasome in cells by carfilzomib",
        memory("6 nM on the chymotrypsin-like site; more effect than bortezomib (Kuhn 2007, abstract)"),
        log_normal(0.4),
        ("drug",),
    )
    c_P = Parameter(
        "c_P",
        1.0,
        "-",
        "proteasome capacity (PSMB5) over that of the reference line",
        assumed("an input of the cell; low in sensitive lines (Bianchi 2009, Blood 113:3040, abstract)"),
        log_normal(0.3),
        ("abundance",),
    )
    l_P = Parameter(
        "l_P",
        1.0,
        "-",
        "load of the proteasome (immunoglobulin made) over that of the reference line",
        assumed("an input of the cell; high in sensitive lines (Bianchi 2009; Blood 107:4907, abstracts)"),
        log_normal(0.3),
        ("abundance",),
    )
    n_GR = Parameter(
        "n_GR",
        42.0,
        "-",
        "glucocorticoid receptors (NR3C1), thousand a cell",
        derived("62 to 78 fmol per million cells in OPM-1, OPM-2, RPMI-8226 (Gomi 1990, abstract)"),
        log_normal(0.3),
        ("abundance",),
    )
    n_GR0 = Parameter(
        "n_GR0", 42.0, "-", "the same in the reference line", derived("mean of those three lines"), fixed
    )
    IC_seli = Parameter(
        "IC_seli",
        60.0,
        "nM",
        "half block of exportin 1 in cells by selinexor",
        memory("cells are killed at tens to hundreds of nM"),
        log_normal(0.5),
        ("drug",),
    )
    h_seli = Parameter(
        "h_seli", 2.0, "-", "steepness of selinexor", assumed("covalent, hence steep"), fixed, ("drug",)
    )
    w_XG = Parameter(
        "w_XG",
        0.5,
        "-",
        "rise of the glucocorticoid receptor under selinexor",
        assumed("it rises and transcribes more (Argueta 2018, abstract); size chosen"),
        fixed,
        ("drug",),
    )
    w_XI = Parameter(
        "w_XI",
        0.6,
        "0-1",
        "share of IKZF1/3 and c-Myc synthesis that needs exportin 1",
        assumed("selinexor lowers eIF4E, IKZF1 and c-Myc (Blood-Adv 2023 7:2926, abstract); size chosen"),
        fixed,
        ("drug",),
    )

    PI = Derived("PI", btz + cfz * IC_btz / IC_cfz, "nM", "proteasome inhibitors as so much bortezomib")
    fP = Derived(
        "fP",
        inhibited_by(PI / c_P, IC_btz, h_btz),
        "-",
        "proteasome activity left under bortezomib and carfilzomib, by capacity",
    )
    strs = Derived(
        "strs",
        hill(PI * l_P / c_P, IC_btzS, h_btzS),
        "-",
        "proteotoxic stress by proteasome inhibitors, by load over capacity",
    )
    XPO1i = Derived("XPO1i", hill(seli, IC_seli, h_seli), "-", "share of exportin 1 that selinexor blocks")
    aGR = Derived(
        "aGR",
        n_GR / n_GR0 * (1 + w_XG * XPO1i),
        "-",
        "glucocorticoid receptors over those of the reference line; selinexor raises them",
    )


class MyelomaNfkb(Nfkb):
    """APRIL and BAFF onto IKK, selinexor on export, glucocorticoid receptor by abundance."""

    (pAkt, pS, strs, occ, e_tx, GR) = elsewhere("pAkt pS strs occ e_tx GR")
    BCMA, aGR, XPO1i = elsewhere("BCMA aGR XPO1i")
    IkB, IkBn, C, Cn, NFn = Nfkb.IkB, Nfkb.IkBn, Nfkb.C, Nfkb.Cn, Nfkb.NFn

    w_NB = Parameter(
        "w_NB",
        0.02,
        "-",
        "drive of IKK by the receptors of APRIL and BAFF",
        assumed("they activate NF-kB (Moreaux 2004, abstract); size not known"),
        log_normal(0.8),
        ("weight",),
    )

    TR = Derived(
        "TR", Nfkb.TR.expression + w_NB * BCMA, "-", Nfkb.TR.meaning.replace("TNF,", "TNF, APRIL, BAFF,")
    )
    NFt = Derived(
        "NFt",
        NFn * (1 - e_tx * occ) * (1 - Nfkb.gr_tx * GR) / (1 - Nfkb.gr_tx * GR + aGR * Nfkb.gr_tx * GR),
        "nM",
        "NF-kB free to transcribe inflammatory genes: not held by estradiol (H3) or glucocorticoid "
        "receptors, whose odds go with their number",
    )
    NFs = Derived("NFs", NFn.symbol, "nM", "NF-kB at genes of survival and growth, of every arm there is")

    ikb_out = Reaction(
        IkBn, IkB, Nfkb.ex_I * (1 - XPO1i) * IkBn, "IkBa leaves the nucleus; selinexor blocks its export"
    )
    complex_out = Reaction(
        Cn, C, Nfkb.ex_C * (1 - XPO1i) * Cn, "the complex leaves the nucleus; selinexor blocks its export"
    )
