"""What differs from cell to cell of one dish: abundances, how widely, which together, and for how long.

These numbers describe cells, not our doubt about the average cell: they are fixed, and what is drawn from
them is a population. An abundance is log-normal with the average cell as its mean; it multiplies the
parameters that carry it, in the pre-culture as during the treatment.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.declare import Parameter, Source, assumed, derived, log_normal, memory

WITHIN, ACROSS = 0.5, 0.2  # correlations of ln abundance: in one group, and of any two
CORRELATED: Source = assumed(
    "levels of one pathway are far more correlated than those of others (Sigal 2006, abstract); sizes chosen"
)


@dataclass(frozen=True)
class Abundance:
    """A protein whose level differs between the cells of a dish.

    Attributes:
        name: of the protein, as people call it.
        parameters: those that it multiplies, all alike.
        cv: coefficient of variation between cells.
        hours: memory, in which the correlation of a cell with its past falls to 1/e.
        group: abundances of one group go together.
        source: of `cv`; `memory_source`: of `hours`.
    """

    name: str
    parameters: tuple[str, ...]
    cv: float
    hours: float
    group: str
    source: Source
    memory_source: Source


USUAL = derived(
    "sd 15 to 30 % of the mean, 20 tagged proteins of human cells (Sigal 2006, abstract): a quarter"
)
APOPTOTIC = memory("0.21 to 0.28 for five proteins of apoptosis in HeLa (Spencer 2009)")
LONG = derived("half is mixed after more than 40 h for many proteins (Sigal 2006, abstract): 40 h over ln 2")
SHORT = assumed(
    "MCL-1 is made and lost within hours and fluctuates widely and for short (Bertaux 2014, abstract); sizes "
    "chosen"
)
MIXED = 58.0  # h, 40 h / ln 2

ABUNDANCES: tuple[Abundance, ...] = (
    Abundance("MCL-1", ("b_mM", "w_mMS", "w_mME"), 0.35, 12.0, "BCL-2 family", SHORT, SHORT),
    Abundance("BCL-XL", ("b_X", "w_XS", "w_XN"), 0.25, MIXED, "BCL-2 family", APOPTOTIC, LONG),
    Abundance("BCL-2", ("b_2", "w_2N", "w_2S"), 0.25, MIXED, "BCL-2 family", APOPTOTIC, LONG),
    Abundance("BIM", ("b_B", "s_DEX"), 0.25, MIXED, "BCL-2 family", APOPTOTIC, LONG),
    Abundance(
        "NOXA", ("s_BTZ",), 0.3, 12.0, "BCL-2 family", assumed("upper end of the usual: short-lived"), SHORT
    ),
    Abundance("proteasome", ("c_P",), 0.2, MIXED, "proteins", USUAL, LONG),
    Abundance(
        "immunoglobulin",
        ("l_P",),
        0.3,
        MIXED,
        "proteins",
        assumed("upper end of the usual: one gene makes most of what is secreted"),
        LONG,
    ),
    Abundance("glucocorticoid receptor", ("n_GR",), 0.25, MIXED, "nuclear receptor", USUAL, LONG),
    Abundance("cereblon", ("n_CRBN",), 0.25, MIXED, "cereblon", USUAL, LONG),
    Abundance("NF-kB", ("NF_T",), 0.25, MIXED, "NF-kB", USUAL, LONG),
    Abundance("gp130", ("k_S", "w_AL", "w_EL"), 0.25, MIXED, "gp130", USUAL, LONG),
)
NAMES = tuple(a.name for a in ABUNDANCES)

# With cells that differ, the steepness of commitment is that of one cell, and no longer stands for them all.
CELL_STEEPNESS = Parameter(
    "n_x",
    20.0,
    "-",
    "steepness of commitment of one cell",
    assumed(
        "one cell activates its caspases all or none, within minutes (Rehm 2003, remembered); size chosen"
    ),
    log_normal(0.4),
    ("apoptosis",),
)
