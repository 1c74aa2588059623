"""Behaviours B32 to B60, written down before the parts that must show them: protocol, bands, citation.

A band stands here alone; what is judged reads it from here, so that no band can follow a value. Bands are as
wide as their evidence is weak: "abstract" = direction or size said in an abstract, "remembered" = the source
was not opened, "panel" = computed from public screens of cell lines (GDSC, CCLE), "algebra" = a property that
must hold whatever the numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

NONE = math.inf


@dataclass(frozen=True)
class Band:
    """What is looked at, and between which values it must lie, ends included."""

    what: str
    low: float = -NONE
    high: float = NONE


@dataclass(frozen=True)
class Foretold:
    """A behaviour that was asked for before anything was tuned to it."""

    id: str
    protocol: str
    bands: tuple[Band, ...]
    evidence: str


def _at_least(what: str, low: float) -> Band:
    return Band(what, low=low)


def _at_most(what: str, high: float) -> Band:
    return Band(what, high=high)


_RECEPTOR_AND_DRIVES = (
    Foretold(
        "B32",
        "receptor assembled in a step of its own: IL-6 1 and 10 ng/mL, 90 min",
        (
            Band("pSTAT3 at 10 min over peak, 1 ng/mL, above rest", 0.05, 0.4),
            Band("time of the peak, 10 ng/mL, min", 10, 35),
            _at_least("peak of pSTAT3, 10 ng/mL", 0.3),
        ),
        "macrophages: 0.19 of the peak at 10 min of 1 ng/mL (data of Cheemalavagu); peak 10-30 min as B1",
    ),
    Foretold(
        "B33",
        "abundances of a cell: receptor and gp130 ten times or a tenth, STAT3 twice; IL-6 1 ng/mL",
        (
            Band("largest pSTAT3, receptors ten times, over reference", 1.1, 5),
            Band("largest pSTAT3, receptors a tenth, over reference", 0, 0.6),
            _at_least("largest SOCS3 mRNA, STAT3 twice, over reference", 1.1),
        ),
        "Reeh 2019: the response is set by the ratio of receptors (abstract); direction only",
    ),
    Foretold(
        "B34",
        "RAS-mutant against wild type: trametinib, 72 h",
        (
            Band("dose that costs a quarter of the cells, wild type over mutant", 3, 15),
            _at_least("viability of the wild type at 1 uM", 0.5),
            _at_most("viability of the mutant at 1 uM", 0.5),
        ),
        "panel: GDSC trametinib 4.9-fold (capped) to 24-fold lower IC50; Blood 2016 128:1138 (abstract): "
        "13 of "
        "15 wild-type lines resistant, 6 of 16 mutant ones sensitive and as many resistant",
    ),
    Foretold(
        "B35",
        "RAS-mutant against wild type: PD-0325901 and selumetinib, 72 h; resting kinases",
        (
            Band("PD-0325901: dose that costs a quarter of the cells, wild type over mutant", 3, 15),
            Band("selumetinib: the same", 3, 15),
            _at_least("selumetinib over PD-0325901: dose that costs a quarter of the mutant cells", 3),
            _at_least("resting pMEK, mutant over wild type", 1.3),
        ),
        "panel: PD-0325901 6.7-fold lower IC50 in RAS-mutant lines, more pMEK on reverse-phase arrays; "
        "selumetinib is the weaker drug in every line",
    ),
    Foretold(
        "B36",
        "TRAF3 or BIRC2/3 lost, at rest and after 24 h of IKK-beta inhibitor 10 uM",
        (
            _at_least("RelB:p52, lost over intact", 3),
            Band("nuclear RelA, lost over intact", 1.0, 4),
            _at_least("NF-kB of both arms left by the inhibitor, lost over intact", 1.5),
            _at_least("BCL-XL at rest, lost over intact", 1.05),
        ),
        "Demchenko 2010 (abstract): mutations that raise NIK activate the alternative and often both arms, "
        "with like changes of genes",
    ),
    Foretold(
        "B37",
        "APRIL or BAFF 200 ng/mL",
        (
            _at_least("pAkt at 30 min over none", 1.1),
            _at_least("pERK at 30 min over none", 1.05),
            _at_least("nuclear NF-kB at 1 h over none", 1.1),
            _at_least("MCL-1 at 24 h over none", 1.03),
            _at_least("BCL-2 at 48 h over none", 1.01),
            _at_least("viability at 1 uM dexamethasone, 48 h, with APRIL over without", 1.1),
            _at_least("the same with BAFF", 1.1),
        ),
        "Moreaux 2004 (abstract): NF-kB, PI3K/Akt and MAPK activated, MCL-1 and BCL-2 raised, protection "
        "from "
        "dexamethasone",
    ),
    Foretold(
        "B38",
        "IGF-1 100 ng/mL",
        (
            Band("pAkt at 15 min over none", 1.3, 5),
            Band("pERK at 15 min over none", 1.05, 4),
            Band("pSTAT3 at 15 min over none", 0.97, 1.03),
            _at_least("viability at 1 uM dexamethasone, 48 h, with over without", 1.3),
            _at_most("the same with a PI3K inhibitor 300 nM in both", 1.2),
            _at_least("cells at 48 h with over without", 1.02),
        ),
        "Ge 2000 (Blood 96:2856, abstract): PI3K, and through it Akt and MAPK; survival and growth; IGF-1 "
        "protects from dexamethasone (Blood 2007 110:3028, abstract)",
    ),
)

_DRUGS = (
    Foretold(
        "B39",
        "dexamethasone 1 uM, 48 h, by the abundance of its receptor",
        (
            Band("viability at 42 thousand a cell", 0.2, 0.6),
            _at_least("viability at a tenth of it", 0.75),
            _at_least("viability without receptor", 0.99),
        ),
        "42 thousand a cell in three lines (Gomi 1990, abstract); receptor levels limit the killing "
        "(Kervoelen "
        "2015, abstract); loss of NR3C1",
    ),
    Foretold(
        "B40",
        "dexamethasone 1 uM: GILZ",
        (
            _at_least("GILZ at 24 h over none", 2),
            _at_most("with IL-6 10 ng/mL over without", 0.8),
            _at_most("with IGF-1 100 ng/mL over without", 0.8),
            _at_least("with a PI3K inhibitor 300 nM over without", 1.05),
            _at_least("viability at 48 h, GILZ silenced over not", 1.1),
        ),
        "Grugan 2008 (abstract): GILZ rises, IL-6 and IGF-1 block that, PI3K/Akt inhibitors raise it, "
        "silencing "
        "it lowers the killing",
    ),
    Foretold(
        "B41",
        "bortezomib, 48 h, by proteasome capacity and immunoglobulin load",
        (
            _at_least("IC50, capacity twice, over reference", 1.3),
            _at_most("IC50, capacity half, over reference", 0.8),
            _at_most("IC50, load twice, over reference", 0.8),
            _at_least("IC50, load half, over reference", 1.3),
        ),
        "Bianchi 2009 (Blood 113:3040, abstract): low proteasome levels and high workload go with "
        "sensitivity, "
        "and changing either changes it",
    ),
    Foretold(
        "B42",
        "bortezomib 1 to 300 nM, 48 h",
        (
            Band("IC50, nM", 2, 10),
            _at_most("largest rise of viability from one dose to the next", 0.002),
            _at_most("viability at 100 nM", 0.1),
        ),
        "no screen of myeloma lines shows an upturn above 10 nM (panel); IC50 as B22",
    ),
    Foretold(
        "B43",
        "carfilzomib, 48 h, beside bortezomib",
        (
            Band("IC50, nM", 1, 20),
            Band("IC50 over that of bortezomib", 0.2, 1.0),
            _at_least("IC50, capacity three times, over reference", 1.3),
        ),
        "Kuhn 2007 (Blood 110:3281, abstract): more efficacy than bortezomib; size remembered",
    ),
    Foretold(
        "B44",
        "bortezomib 20 nM and doxorubicin 1 uM: cleavage of MCL-1 by caspases",
        (
            _at_least("MCL-1 at 8 h of bortezomib over start", 1.5),
            _at_most("MCL-1 at 24 h of bortezomib, with cleavage over without", 0.8),
            Band("MCL-1 at 24 h of doxorubicin, with cleavage over without", 0.6, 1.0),
        ),
        "Podar 2008 (Oncogene 27:721, abstract): bortezomib, not doxorubicin, has MCL-1 cleaved; "
        "accumulation "
        "first as B22",
    ),
    Foretold(
        "B45",
        "lenalidomide 1 uM, pomalidomide, 5 days",
        (
            _at_most("IKZF1/3 at 24 h over start", 0.5),
            _at_most("IRF4 at 72 h over none", 0.8),
            _at_most("c-Myc at 72 h over none", 0.85),
            Band("viability at 120 h", 0.2, 0.85),
            _at_least("viability without cereblon", 0.99),
            Band("dose that costs a quarter of the cells, lenalidomide over pomalidomide", 2, 20),
            _at_least("viability at 24 h over at 120 h", 1.2),
        ),
        "Bjorklund 2015 (bcj.2015.66, abstract and introduction): IKZF1/3 are degraded through cereblon, "
        "IRF4 and "
        "c-Myc fall, pomalidomide is faster; cells die late",
    ),
    Foretold(
        "B46",
        "melphalan, 72 h",
        (Band("IC50, uM", 1, 50), _at_least("viability at 100 nM", 0.85)),
        "5 uM kills a share of ANBL-6 in 48 h, 40 uM RPMI-8226 in the first cycle (legend of a figure in "
        "Blood 2006; "
        "Fernberg 1991, abstract); lymphoma lines 0.5 to 44 uM",
    ),
    Foretold(
        "B47",
        "doxorubicin and etoposide, 72 h, with and without IL-6 10 ng/mL",
        (
            Band("doxorubicin: IC50, nM", 50, 700),
            Band("etoposide: IC50, nM", 1000, 20000),
            _at_most("doxorubicin: IC50 with over without IL-6", 1.6),
            _at_most("etoposide: IC50 with over without IL-6", 1.6),
        ),
        "panel: medians of 11 lines 210 nM and 9.4 uM (GDSC); Lichtenstein 1995: no effect of IL-6",
    ),
    Foretold(
        "B48",
        "topotecan and irinotecan, 72 h",
        (
            Band("topotecan: IC50, nM", 30, 1500),
            Band("irinotecan: IC50, nM", 30, 2600),
            _at_least("topotecan: viability of starved over fed cells at 200 nM", 1.05),
        ),
        "panel: medians of 13 and 14 lines 197 and 128 nM (CCLE); topoisomerase I poisons kill in S phase "
        "(remembered)",
    ),
    Foretold(
        "B49",
        "selinexor, 72 h",
        (
            _at_most("nuclear NF-kB at 8 h of 300 nM over none", 0.9),
            _at_most("c-Myc at 24 h of 300 nM over none", 0.9),
            _at_most("IKZF1/3 at 24 h of 300 nM over none", 0.9),
            Band("IC50, nM", 20, 1000),
            _at_most("with dexamethasone 100 nM over the product of the single ones", 0.95),
        ),
        "Blood-Adv 2023 7:2926 (abstract): IKZF1 and c-Myc fall; Argueta 2018 (abstract): the glucocorticoid "
        "receptor rises and the pair is synergistic; IC50 remembered",
    ),
    Foretold(
        "B50",
        "daratumumab 67 nM, 48 h, with and without natural killer cells",
        (
            _at_least("viability without effector cells", 0.99),
            _at_most("viability with 1e6/mL killer cells", 0.7),
            Band("the same with touching stroma over without", 0.7, 1.3),
            _at_least("with a tenth of CD38 over with all of it", 1.1),
        ),
        "de Weers 2011 (abstract): killing by effector cells, not lessened by stroma; van de Donk 2016 "
        "(abstract): response goes with CD38",
    ),
    Foretold(
        "B51",
        "navitoclax, 72 h",
        (
            _at_least("viability of the MM.1S-like cell at 300 nM", 0.5),
            _at_most("viability of the t(11;14)-like cell at 300 nM", 0.5),
            _at_most("with S63845 20 nM over the product of the single ones", 0.95),
        ),
        "panel: median IC50 2.3 uM, KARPAS-620 and SK-MM-2 (t(11;14)) below 100 nM (GDSC)",
    ),
    Foretold(
        "B52",
        "pictilisib 1 uM",
        (
            _at_most("pAkt at 1 h over none", 0.5),
            Band("viability at 72 h", 0.2, 0.95),
            _at_most("viability at 1 uM dexamethasone with IL-6 10 ng/mL and pictilisib, 48 h", 0.45),
        ),
        "panel: median IC50 2.1 uM (GDSC); class of LY294002 in Hideshima 2001",
    ),
)

_SURVIVAL_AND_NICHE = (
    Foretold(
        "B53",
        "BCL-2 family by binding: venetoclax, S63845 and both, 48 h",
        (
            _at_least("viability of the MM.1S-like cell at 1 uM venetoclax", 0.7),
            _at_most("IC50 of venetoclax, t(11;14)-like, nM", 300),
            _at_most("IC50 of S63845, MM.1S-like, nM", 100),
            _at_most("both over the product of the single ones", 0.95),
        ),
        "amounts and affinities alone: Certo 2006, Chen 2005; potencies as B24; BCL-2 dependence of CCND1 "
        "(Gomez-Bougie 2018, abstract)",
    ),
    Foretold(
        "B54",
        "BCL-2 family by binding: bortezomib 3 nM with A-1331852 or venetoclax, 24 h",
        (
            _at_least("MCL-1 held by NOXA at 12 h over none", 2),
            _at_least("BIM held by BCL-2 and BCL-XL, venetoclax 1 uM: lost share", 0.05),
            _at_most("bortezomib and A-1331852 100 nM over the product of the single ones", 1.0),
        ),
        "Perez-Galan 2006 (abstract): bortezomib raises NOXA, which takes MCL-1; NOXA binds MCL-1 alone",
    ),
    Foretold(
        "B55",
        "STAT3 raises BCL-2, as the caption draws: IL-6 10 ng/mL, 48 h",
        (
            _at_least("BCL-2 with over without IL-6, arrow drawn", 1.05),
            Band("the same, arrow left out", 0.99, 1.01),
        ),
        "caption of the figure against Lichtenstein 1995",
    ),
    Foretold(
        "B56",
        "stroma with an IL-6 loop of its own, without myeloma cells",
        (
            _at_least("stromal STAT3 at 1 h of IL-6 10 ng/mL over none", 2),
            _at_least("IL-6 release of the stroma at 24 h of IL-6 10 ng/mL over none", 1.05),
            _at_most("IL-6 at 24 h with VEGF 50 ng/mL, tocilizumab 700 nM over none", 0.98),
            Band("IL-6 at 24 h, VEGF 50 ng/mL over none", 8, 30),
        ),
        "caption: similar to that of bone marrow stromal cells; VEGF as B14",
    ),
    Foretold(
        "B57",
        "adipocytes 0.2e6/mL against as many stromal cells apart, both with siltuximab 67 nM",
        (
            _at_least("IC50 of doxorubicin at 48 h, adipocytes over none", 1.1),
            Band("the same, stromal cells over none", 0.9, 1.1),
            _at_least("autophagy at 24 h, adipocytes over none", 1.1),
            _at_most("cells at 48 h with adiponectin 10 ug/mL over none", 0.97),
        ),
        "Liu 2015 (abstract): adipocytes protect from chemotherapy through leptin, adipsin and autophagy; "
        "Pang "
        "2017 (abstract): resistin raises ABC transporters; Fowler 2011 (abstract): adiponectin kills",
    ),
    Foretold(
        "B58",
        "VPS34 inhibitor 1 uM without other drugs, 48 h, basal protein load on",
        (
            Band("viability", 0.3, 0.95),
            _at_least("viability at a third of the immunoglobulin load over that at the reference", 1.02),
        ),
        "Hoang 2009 (abstract): blocking basal autophagy kills lines and patients' cells that make "
        "immunoglobulin; autophagy is essential to plasma cells (Pengo 2013)",
    ),
    Foretold(
        "B59",
        "bone mass that stays positive: niche of B28, 30 days and 3 years",
        (
            Band("bone lost in 30 days, %", 5, 20),
            _at_least("lowest bone mass in 3 years, %", 0),
            Band("bone lost without myeloma and niche, %", 0, 0),
        ),
        "algebra: what is resorbed is proportional to what is there; 30 days as B28",
    ),
    Foretold(
        "B60",
        "STAT3 to NF-kB through miR-181b and CYLD: IL-6 10 ng/mL held",
        (
            _at_most("CYLD at 24 h over none", 0.9),
            _at_least("gain of IKK drive by that way, 24 h over 1 h", 2),
            _at_least("nuclear NF-kB at 24 h over none", 1.02),
            _at_most("CYLD lost at 24 h, with over without ruxolitinib 1 uM every 12 h", 0.5),
        ),
        "Iliopoulos 2010 (abstract): STAT3 makes miR-181b-1, which takes CYLD, which holds NF-kB down",
    ),
)

FORETOLD: dict[str, Foretold] = {f.id: f for f in (*_RECEPTOR_AND_DRIVES, *_DRUGS, *_SURVIVAL_AND_NICHE)}
