"""What a cell has grown and died since the start: accumulators of which the burden of a patient is made."""

from models.declare import Pathway, Reaction, Species, elsewhere, nothing


class Fate(Pathway):
    """Natural logarithms of the factors by which cells of this kind have become more, and fewer."""

    g_N, CASP, dl = elsewhere("g_N CASP dl")

    GROWN = Species("GROWN", 0.0, "-", "growth since the start, ln of the cells", "cell")
    KILLED = Species("KILLED", 0.0, "-", "death since the start, ln of the cells", "cell")

    growing = Reaction(nothing, GROWN, g_N, "what divides is counted")
    dying = Reaction(nothing, KILLED, dl * CASP, "what dies is counted")
