"""Questions about resistance: a read-out, drugs, surroundings, a kind of cell; and the network that answers.

`Question("viability", {"dexamethasone": 300}, condition="niche")` names things; objects (`Readout`,
`Condition`, `Preset`, `Drug`) serve wherever a name does, so that what is not listed can be asked as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from inference.resistance.conditions import CONDITIONS, Condition
from inference.resistance.resistance_readouts import READOUTS, Doses, Readout
from models import catalogue
from models.catalogue import EFFECTS, HYPOTHESES, PRESETS, Preset
from models.drugs import Drug, drug_names
from models.drugs import drug as drug_named
from models.nearest_name import unknown
from models.network import Network
from models.reduce import reduced

LONGEST = 720.0  # h; a culture that is not split for a month is no experiment
HOURS = 48.0  # of a treatment, where nothing else is asked


class QuestionError(ValueError):
    """A question that has no answer: place, finding, remedy."""


def readout_named(name: str | Readout) -> Readout:
    """The read-out of that name or alias.

    Raises:
        QuestionError: there is none.
    """
    if isinstance(name, Readout):
        return name
    for r in READOUTS.values():
        if name in (r.name, *r.aliases):
            return r
    raise QuestionError(f"`readout` {name}: is not one of {', '.join(READOUTS)}")


def condition_named(name: str | Condition) -> Condition:
    """The condition of that name.

    Raises:
        QuestionError: there is none.
    """
    if isinstance(name, Condition):
        return name
    if name not in CONDITIONS:
        raise QuestionError(f"`condition` {name}: is not one of {', '.join(CONDITIONS)}")
    return CONDITIONS[name]


def preset_named(name: str | Preset) -> Preset:
    """The preset of that name.

    Raises:
        QuestionError: there is none.
    """
    if isinstance(name, Preset):
        return name
    if name not in PRESETS:
        raise QuestionError(f"`preset` {name}: is not one of {', '.join(PRESETS)}")
    return PRESETS[name]


DosesAsked = Mapping[str, float] | Sequence[tuple[Drug | str, float]]


def doses_named(drugs: DosesAsked) -> Doses:
    """Drugs by name, alias or as objects, each with its dose in nM.

    Raises:
        QuestionError: none is named, one is unknown or named twice, or a dose is no positive number.
    """
    given = list(drugs.items()) if isinstance(drugs, Mapping) else list(drugs)
    if not given:
        raise QuestionError("`drug`: none given: resistance to what? for example dexamethasone=300")
    found = []
    for name, dose in given:
        try:
            one = name if isinstance(name, Drug) else drug_named(name)
        except KeyError:
            raise QuestionError(unknown("`drug`", str(name), drug_names())) from None
        if not (math.isfinite(dose) and dose > 0):
            raise QuestionError(f"`drug` {one.name}={dose:g}: a dose is a positive number of nM")
        found.append((one, float(dose)))
    names = [one.name for one, _ in found]
    if twice := next((n for n in names if names.count(n) > 1), None):
        raise QuestionError(f"`drug` {twice}: given twice: name each drug once, with its whole dose")
    return tuple(found)


@dataclass(frozen=True, init=False)
class Question:
    """What is measured in which dishes.

    Attributes:
        readout: what is read.
        drugs: (drug, nM) each; all given at t = 0.
        condition: the surroundings from t = 0 on.
        preset: the kind of cell.
        estradiol: nM, from the pre-culture on.
        hours: length of the treatment.
        hypothesis: what estradiol does, H0 to H6.
        transit: whether SOCS3 mRNA has its transit compartment, as in fits to SOCS3 mRNA.
    """

    readout: Readout
    drugs: Doses
    condition: Condition
    preset: Preset
    estradiol: float
    hours: float
    hypothesis: str
    transit: bool

    def __init__(
        self,
        readout: str | Readout,
        drugs: DosesAsked,
        condition: str | Condition | None = None,
        preset: str | Preset = "mm1s",
        estradiol: float = 0.0,
        hours: float = HOURS,
        hypothesis: str = "H1",
        transit: bool = False,
    ) -> None:
        """Look up what is named; `condition` None is the usual one of the read-out.

        Raises:
            QuestionError: the question has no answer.
        """
        read = readout_named(readout)
        here = read.usual if condition is None else condition_named(condition)
        kind, doses = preset_named(preset), doses_named(drugs)
        if hypothesis not in HYPOTHESES:
            raise QuestionError(f"`hypothesis` {hypothesis}: is not one of {', '.join(HYPOTHESES)}")
        if not 1 <= hours <= LONGEST:
            raise QuestionError(
                f"`hours` {hours:g}: is not a length of treatment between 1 and {LONGEST:g} h"
            )
        if read.reference is here:
            others = ", ".join(c for c in CONDITIONS if c != here.name)
            raise QuestionError(
                f"`readout` {read.name}: compares a condition with the cell {here.words}: add `condition`, "
                f"one of {others}"
            )
        if not (math.isfinite(estradiol) and estradiol >= 0):
            raise QuestionError(f"`estradiol` {estradiol:g}: is not a concentration in nM")
        found = (read, doses, here, kind, estradiol, hours, hypothesis, transit)
        for name, value in zip(self.__dataclass_fields__, found, strict=True):
            object.__setattr__(self, name, value)

    def __hash__(self) -> int:
        # what a preset or a condition sets is a mapping, which has no hash; equal questions have equal names
        named = (self.readout.name, self.condition.name, self.preset.name, self.hypothesis)
        doses = tuple((d.name, dose) for d, dose in self.drugs)
        return hash((named, doses, self.estradiol, self.hours, self.transit))

    def __repr__(self) -> str:
        return f"Question: {self.words()}"

    def words(self) -> str:
        """The question in words, for titles."""
        drugs = " + ".join(f"{d.name} {dose:g} nM" for d, dose in self.drugs)
        estradiol = f", estradiol {self.estradiol:g} nM" if self.estradiol else ""
        when = f" after {self.hours:g} h" if self.readout.times is None else ""
        return (
            f"{self.readout.words}{when}: {self.preset.title} cell {self.condition.words}{estradiol}, {drugs}"
        )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of its dishes."""
        return self.readout.conditions(self.condition)


@lru_cache(maxsize=32)
def network_of(question: Question) -> Network:
    """What can change the answer, and no more: exact, and smaller to compile and to solve than the whole
    cell.

    Raises:
        QuestionError: a drug or estradiol of the question cannot change its read-out, or what it reads or
            sets does not exist.
    """
    read, set_inputs = question.readout, {n for c in question.conditions for n in c.inputs}
    small = read.core_suffices and not set_inputs
    base = catalogue.core(question.transit) if small else catalogue.niche(question.transit)
    known = {p.name for p in base.parameters}
    base = catalogue.with_parameters(
        base, {k: v for k, v in question.preset.parameters.items() if k in known}
    )
    _exists(question, base)
    used = {d.input for d, _ in question.drugs} | set_inputs
    used |= {"E2"} if question.estradiol else set()
    free = HYPOTHESES[question.hypothesis].free
    absent = {
        u.name for u in base.inputs if u.default == 0 and u.name not in used | {"frozen", "clamped", "ST"}
    }
    absent |= {e for e in EFFECTS if e != free}
    network = reduced(base, read.read, absent)
    left = {u.name for u in network.inputs}
    for drug, dose in question.drugs:
        if drug.input not in left:
            raise QuestionError(
                f"`drug` {drug.name}={dose:g}: cannot change the {read.words} in this condition: choose "
                "another drug, `readout` or `condition`"
            )
    if question.estradiol and "E2" not in left:
        raise QuestionError(
            f"`estradiol` {question.estradiol:g}: does nothing to this read-out under {question.hypothesis}: "
            "leave it out or choose another `hypothesis`"
        )
    return network


def _exists(question: Question, network: Network) -> None:
    """Raise where a read-out or a condition of a caller's own names what the network does not have."""
    quantities = {q.name for q in (*network.species, *network.derived, *network.parameters)}
    if missing := [n for n in question.readout.read if n not in quantities]:
        raise QuestionError(
            f"`readout` {question.readout.name}: reads {missing[0]}, which {network.id} does not have: "
            "choose one of its species or derived quantities"
        )
    inputs = {u.name for u in network.inputs}
    for c in question.conditions:
        if missing := [n for n in c.inputs if n not in inputs]:
            raise QuestionError(
                f"`condition` {c.name}: sets {missing[0]}, which is no input of {network.id}: choose one of "
                f"{', '.join(sorted(inputs))}"
            )
