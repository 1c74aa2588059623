"""Assays as the words of tables name them, and what each puts on top of a read-out of the model.

The read-outs themselves, with formula, unit and noise, are `models.readouts.OBSERVABLES`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.nearest_name import nearest
from models.readouts import OBSERVABLES, Observable


@dataclass(frozen=True)
class PlateAssay:
    """How a value of a table becomes one of a read-out.

    Attributes:
        readout: its name in `OBSERVABLES`.
        kind: as people call it, for the README of a study.
        blank: whether there is a signal without any of what is measured.
        growth: whether values are growth rates relative to the vehicle (GR), from the count at time 0.
        powers_of_two: whether values are differences of cycles: 2 to the power of minus them is the amount.
    """

    readout: str
    kind: str
    blank: bool = False
    growth: bool = False
    powers_of_two: bool = False

    @property
    def observable(self) -> Observable:
        """The read-out of the model."""
        return OBSERVABLES[self.readout]

    @property
    def counts_cells(self) -> bool:
        """Whether it sees the viable cells, so that a signal at time 0 is the count at time 0."""
        return self.readout in ("viability_CTG", "viability_MTT", "count")


VIABILITY, COUNT = "viability_CTG", "count"
_WORDS: tuple[tuple[str, PlateAssay], ...] = (
    (
        r"gr|gr value|growth rate inhibition|gr metric",
        PlateAssay(VIABILITY, "growth rate over the vehicle's", growth=True),
    ),
    (
        r"viability|viab|cell viability|ctg|celltiter ?glo|cell titer glo|atp|luminescence|rlu|survival",
        PlateAssay(VIABILITY, "viability by ATP"),
    ),
    (r"mtt|mts|wst ?1|cck ?8|resazurin|alamar ?blue|xtt", PlateAssay("viability_MTT", "viability by a dye")),
    (
        r"count|cell count|cells|viable cells|live cells|trypan blue|flow count",
        PlateAssay(COUNT, "cell count"),
    ),
    (
        r"annexin|annexin v|annexin v positive|annexinv|apoptosis|apoptotic",
        PlateAssay("annexin_V", "annexin V", blank=True),
    ),
    (r"thymidine|brdu|edu|3h thymidine", PlateAssay("thymidine", "proliferation")),
    (r"il ?6 elisa|il ?6 in the medium|secreted il ?6", PlateAssay("IL6_ELISA", "ELISA")),
    (r"vegf|vegf elisa|secreted vegf", PlateAssay("VEGF_ELISA", "ELISA")),
    (r"socs3 mrna|socs3 qpcr", PlateAssay("SOCS3_mRNA", "qPCR", blank=True)),
    (r"il ?6 mrna|il ?6 qpcr", PlateAssay("IL6_mRNA", "qPCR", blank=True)),
    (r"ikba mrna|ikba qpcr|nfkbia mrna|nfkbia qpcr", PlateAssay("IkBa_mRNA", "qPCR", blank=True)),
    (r"mcl ?1", PlateAssay("MCL1", "blot or flow", blank=True)),
    (r"bcl ?xl|bcl2l1", PlateAssay("BCLXL", "blot or flow", blank=True)),
    (r"bcl ?2", PlateAssay("BCL2", "blot or flow", blank=True)),
    (r"c ?myc|myc", PlateAssay("MYC", "blot or flow", blank=True)),
    (r"ikba|ikb ?alpha|nfkbia", PlateAssay("IkBa", "blot or flow", blank=True)),
)
_KINDS = r"\b(blot|western|wb|flow|facs|luminex|mfi|intensity|elisa|qpcr|level|signal|phospho ?flow)\b"
_CYCLES = r"\b(ddct|delta delta ct|dct|delta ct)\b"


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[^a-z0-9%]+", " ", text.lower().replace("\u03b1", "a"))).strip()


def assay_called(text: str) -> PlateAssay | None:
    """The assay that a text names: a read-out of the model, or words for it; None where none fits."""
    exact = {name.lower(): name for name in OBSERVABLES}
    cycles = re.search(_CYCLES, _plain(text)) is not None
    word = _plain(re.sub(_CYCLES, "", _plain(text)))
    whole = word.replace(" ", "_")
    bare = _plain(re.sub(_KINDS, "", word))
    qpcr = "qpcr" in word or "mrna" in word or cycles
    for tried in (word, *([f"{bare} mrna"] if qpcr and "mrna" not in bare else []), bare):
        for pattern, assay in _WORDS:
            if re.fullmatch(pattern, tried):
                return _with_cycles(assay, cycles)
    for tried in (whole, bare.replace(" ", "_"), *([f"{bare}_mrna"] if qpcr else []), bare.replace(" ", "")):
        if tried in exact:
            return _with_cycles(_of(OBSERVABLES[exact[tried]], word), cycles)
    return None


def _of(o: Observable, word: str) -> PlateAssay:
    arbitrary = o.scale is None
    kind = "flow" if "flow" in word else "ELISA" if "elisa" in word else "blot" if arbitrary else o.title
    return PlateAssay(o.name, kind, blank=arbitrary)


def _with_cycles(assay: PlateAssay, cycles: bool) -> PlateAssay:
    return PlateAssay(assay.readout, "qPCR", assay.blank, powers_of_two=True) if cycles else assay


def nearest_assay(text: str) -> str:
    """What is said of a read-out that is not known."""
    names: Sequence[str] = (*OBSERVABLES, "viability", "annexin V", "GR")
    close = nearest(text, names)
    return f"did you mean {close!r}?" if close else f"write one of {', '.join(names)}"
