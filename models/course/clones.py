"""Clones of a tumour: what differs in each, by name, and how many of them there are before treatment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.declare import Source, assumed, memory


@dataclass(frozen=True)
class Clone:
    """A kind of cell within a tumour.

    Attributes:
        times: parameters of the founder that it has so many times; `put`: parameters that it has.
        around: inputs of its surroundings that it has so many times.
        share: log10 of its share before treatment, lowest and highest; any between is as likely.
    """

    name: str
    words: str
    share: tuple[float, float]
    source: Source
    times: Mapping[str, float] = field(default_factory=dict)
    put: Mapping[str, float] = field(default_factory=dict)
    around: Mapping[str, float] = field(default_factory=dict)


CLONES: tuple[Clone, ...] = (
    Clone("founder", "all others", (0.0, 0.0), assumed("the rest")),
    Clone(
        "NR3C1",
        "a tenth of the glucocorticoid receptors",
        (-6.0, -2.0),
        assumed("low expression goes with early progression (PMC3677537); loss, and its share, assumed"),
        times={"n_GR": 0.1},
    ),
    Clone(
        "PSMB5",
        "three times the capacity of the proteasome",
        (-7.0, -3.0),
        assumed("capacity goes with resistance (Bianchi 2009, abstract); rare in people; share assumed"),
        times={"c_P": 3.0},
    ),
    Clone(
        "RAS",
        "mutant RAS",
        (-4.0, -0.5),
        memory("subclones with NRAS or KRAS in a third of patients; share assumed"),
        put={"o_RAS": 1.0},
    ),
    Clone(
        "MCL1",
        "1.5 times the synthesis of MCL-1 (gain of 1q)",
        (-4.0, -0.5),
        memory("gain of 1q in 35 to 40 % of patients, MCL1 lies there; share and size assumed"),
        times={"b_mM": 1.5},
    ),
    Clone(
        "niche",
        "the founder's cells amid twice the stroma and fat",
        (-2.0, -0.5),
        assumed("a place, not a mutation: what is near stroma is protected; share assumed"),
        around={"BMSC": 2.0, "BMA": 2.0},
    ),
)
