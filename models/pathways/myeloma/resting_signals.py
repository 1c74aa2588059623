"""Receptor, STAT3 and NF-kB of a cell that lies alone in a screen: held at rest, but for what a drug does.

Without IL-6 and niche these hardly move, so that a panel of lines need not simulate them; the tests compare
with the whole cell.
"""

import sympy as sp

from models.declare import Derived, Input, Parameter, Pathway, assumed, derived, elsewhere, fixed
from models.declare import time as minutes
from models.pathways.il6_receptor import Il6Receptor
from models.ratelaws import inhibited_by


class RestingSignals(Pathway):
    """What stands for three pathways: their resting levels, under ruxolitinib and proteasome inhibitors."""

    fP = elsewhere("fP")[0]
    rux = Input("rux", 0.0, "nM", Il6Receptor.rux.meaning, chebi="CHEBI:66919")

    IC_rux, h_rux, k_rux = Il6Receptor.IC_rux, Il6Receptor.h_rux, Il6Receptor.k_rux
    RA0 = Parameter("RA0", 0.0048, "1", "active receptor at rest", derived("the whole cell at rest"), fixed)
    pSe0 = Parameter("pSe0", 0.026, "1", "effective pSTAT3 at rest", derived("the whole cell at rest"), fixed)
    NFs0 = Parameter("NFs0", 6.0, "nM", "nuclear NF-kB at rest", derived("the whole cell at rest"), fixed)
    p_NF = Parameter(
        "p_NF",
        0.1,
        "0-1",
        "share of nuclear NF-kB that stays without proteasome",
        assumed("variant A of bortezomib in the whole cell: 0.81, 0.62, 0.36 of it at 4, 8, 20 nM"),
        fixed,
    )

    fJ = Derived(
        "fJ",
        inhibited_by(rux * sp.exp(-k_rux * sp.Max(minutes, 0)), IC_rux, h_rux),
        "-",
        "JAK activation left under ruxolitinib",
    )
    RA = Derived("RA", RA0 * fJ, "1", "active receptor: in proportion to JAK, so far from saturation")
    pSe = Derived("pSe", pSe0 * fJ, "1", "effective pSTAT3: in proportion to the active receptor")
    NFs = Derived(
        "NFs", NFs0 * (p_NF + (1 - p_NF) * fP), "nM", "nuclear NF-kB: IkBa is lost by the proteasome"
    )
