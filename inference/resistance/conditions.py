"""The surroundings of the cell during a treatment: a list, and whatever a caller adds to it.

A condition of one's own is an object, given wherever a name is accepted:
`Question("lnv", {"dexamethasone": 300}, Condition("fat", "beside fat cells", "beside fat", {"BMA": 0.2}))`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.network import Network


@dataclass(frozen=True, eq=False)
class Condition:
    """What surrounds the cell from the start of the treatment on.

    Attributes:
        name: how it is asked for.
        words: behind "cell", in titles.
        short: as a label of an axis or legend.
        inputs: inputs of the network that differ from their defaults, each in its own unit.
        il6: IL-6 in the medium, ng/mL.
    """

    name: str
    words: str
    short: str
    inputs: Mapping[str, float] = field(default_factory=dict)
    il6: float = 0.0

    def full(self, network: Network) -> str:
        """Everything it sets, with unit and meaning as the network declares them."""
        declared = {u.name: u for u in network.inputs}
        said = [f"IL-6 {self.il6:g} ng/mL"] if self.il6 else []
        for name, value in self.inputs.items():
            unit, meaning = declared[name].unit, declared[name].meaning.split(";")[0]
            said.append(name if unit == "0/1" else f"{meaning} {value:g} ({unit})")
        return f"{self.short}: {', '.join(said) or 'nothing'}"


ALONE = Condition("alone", "alone", "alone")
WITH_IL6 = Condition("il6", "with IL-6 10 ng/mL", "with IL-6", il6=10.0)
CONDITIONS: dict[str, Condition] = {
    c.name: c
    for c in (
        ALONE,
        WITH_IL6,
        Condition("stroma", "touching stromal cells", "on stroma", {"BMSC": 0.1, "contact": 1.0}),
        Condition(
            "niche",
            "in the niche (stroma, fat cells, contact)",
            "in the niche",
            {"BMSC": 0.1, "BMA": 0.1, "contact": 1.0},
        ),
    )
}
