"""All behaviours that are dishes with bands, in the order of their numbers, and their dishes simulated."""

from models.behaviours.cells import CELLS
from models.behaviours.in_the_niche import NICHE
from models.behaviours.record import Behaviour, Trace
from models.behaviours.signalling import SIGNALLING
from models.behaviours.solve import traces
from models.catalogue import niche

BEHAVIOURS: dict[str, Behaviour] = {
    b.id: b for b in sorted((*SIGNALLING, *NICHE, *CELLS), key=lambda b: int(b.id[1:]))
}


def simulated() -> dict[str, Trace]:
    """Every dish of every behaviour, simulated together; bands are far wider than this tolerance."""
    return traces(niche(), [p for b in BEHAVIOURS.values() for p in b.plans], rtol=1e-7, atol=1e-10)
