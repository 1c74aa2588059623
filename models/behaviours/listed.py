"""All behaviours that are dishes with bands, in the order of their numbers."""

from models.behaviours.cells import CELLS
from models.behaviours.niche import NICHE
from models.behaviours.record import Behaviour
from models.behaviours.signalling import SIGNALLING

BEHAVIOURS: dict[str, Behaviour] = {b.id: b for b in sorted((*SIGNALLING, *NICHE, *CELLS), key=lambda b: int(b.id[1:]))}
