"""All behaviours that are dishes with bands, in the order of their numbers, and their dishes simulated."""

from collections.abc import Mapping
from dataclasses import replace

from models.behaviours.cells import CELLS
from models.behaviours.differing_cells.dishes_of_cells import DIFFERING_CELLS
from models.behaviours.drives import DRIVES
from models.behaviours.in_the_niche import NICHE
from models.behaviours.parts_shown import PARTS_SHOWN
from models.behaviours.record import Behaviour, Trace
from models.behaviours.signalling import SIGNALLING
from models.behaviours.solve import traces
from models.behaviours.treatments import TREATMENTS
from models.catalogue import NEUTRAL, niche

BEHAVIOURS: dict[str, Behaviour] = {
    b.id: b
    for b in sorted(
        (*SIGNALLING, *NICHE, *CELLS, *DRIVES, *TREATMENTS, *PARTS_SHOWN, *DIFFERING_CELLS),
        key=lambda b: int(b.id[1:]),
    )
}
NETWORKS = tuple(dict.fromkeys(b.parts for b in BEHAVIOURS.values()))  # by the parts that they have


def simulated(parts: tuple[str, ...] = (), values: Mapping[str, float] | None = None) -> dict[str, Trace]:
    """Every dish of the behaviours that need these parts, simulated together.

    Bands are far wider than this tolerance. `values` differ in every dish that does not set them itself.
    """
    plans = [p for b in BEHAVIOURS.values() if b.parts == parts for p in b.plans]
    if values:
        plans = [
            replace(p, protocol=replace(p.protocol, parameters={**values, **p.protocol.parameters}))
            for p in plans
            if not p.protocol.id.startswith(tuple(f"{b.id} " for b in BEHAVIOURS.values() if b.foretold))
        ]
    return traces(niche(False, parts), plans, rtol=1e-7, atol=1e-10)


def as_specified() -> dict[str, Trace]:
    """The dishes of B1 to B29 with every part off that the specification does not have."""
    return simulated((), NEUTRAL)
