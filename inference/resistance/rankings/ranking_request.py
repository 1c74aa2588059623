"""What a ranking is asked, and how its answer is called: the words go into the file with the numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from inference.resistance.conditions import CONDITIONS
from inference.resistance.questions import Question
from inference.resistance.rankings.methods import METHODS, MethodWords, RankingMethod
from inference.resistance.resistance_readouts import READOUTS, ReadoutWords


class RankError(ValueError):
    """A ranking that cannot be made: place, finding, remedy."""


def method_named(name: str | RankingMethod) -> RankingMethod:
    """The method of that name.

    Raises:
        RankError: there is none.
    """
    if isinstance(name, RankingMethod):
        return name
    if name not in METHODS:
        raise RankError(f"`method` {name}: is not one of {', '.join(METHODS)}")
    return METHODS[name]


@dataclass(frozen=True, init=False)
class RankingRequest:
    """What a ranking is asked; two equal requests on one device give equal files.

    Attributes:
        question: what is read in which dishes.
        method: how it is ranked.
        draws: draws for elasticity, dgsm and srrc, base points for sobol (a power of 2), trajectories for
            morris.
        source: names the beliefs: the prior, or the run.
        rtol, atol: of a step of the solver.
    """

    question: Question
    method: RankingMethod
    draws: int
    seed: int
    source: str
    rtol: float
    atol: float

    def __init__(
        self,
        question: Question,
        method: str | RankingMethod,
        draws: int | None,
        seed: int,
        source: str,
        rtol: float | None = None,
        atol: float = 1e-7,
    ) -> None:
        """`draws` and `rtol` None: those of the method.

        Raises:
            RankError: there is no such method, or it cannot take so many draws.
        """
        how = method_named(method)
        count = how.draws if draws is None else draws
        if why := how.refusal(count):
            raise RankError(f"`draws` {count}: {why}")
        if seed < 0:
            raise RankError(f"`seed` {seed}: is not a natural number")
        found = (question, how, count, seed, source, how.rtol if rtol is None else rtol, atol)
        for name, value in zip(self.__dataclass_fields__, found, strict=True):
            object.__setattr__(self, name, value)

    def description(self) -> dict[str, Any]:
        """As plain values, for files: what tells one ranking from another."""
        q = self.question
        return {
            "method": self.method.name,
            "draws": self.draws,
            "seed": self.seed,
            "source": self.source,
            "rtol": self.rtol,
            "atol": self.atol,
            "question": q.words(),
            "readout": q.readout.name,
            "drugs": {d.name: dose for d, dose in q.drugs},
            "condition": q.condition.name,
            "preset": q.preset.name,
            "estradiol": q.estradiol,
            "hours": q.hours,
            "hypothesis": q.hypothesis,
            "transit": q.transit,
        }


@dataclass(frozen=True)
class RankingWords:
    """How a ranking is titled and read, whoever made it.

    Attributes:
        readout, method: their words.
        survival: whether the read-out says how many cells live.
        condition: the surroundings, as a label.
    """

    readout: ReadoutWords
    method: MethodWords
    survival: bool
    condition: str


def words_of(question: Question, method: RankingMethod) -> dict[str, str]:
    """The words as an attribute of the file."""
    words = RankingWords(
        question.readout.told, method.words, question.readout.survival, question.condition.short
    )
    return {"words": json.dumps(asdict(words))}


def told(attrs: Mapping[Any, Any]) -> RankingWords:
    """The words of a ranking from its attributes; those of the names in it where the file has none of its
    own.
    """
    if "words" in attrs:
        held = json.loads(str(attrs["words"]))
        return RankingWords(
            ReadoutWords(**held["readout"]),
            MethodWords(**held["method"]),
            bool(held["survival"]),
            str(held["condition"]),
        )
    readout, method, here = (str(attrs[k]) for k in ("readout", "method", "condition"))
    known = READOUTS.get(readout)
    return RankingWords(
        known.told if known else ReadoutWords(short=readout),
        METHODS[method].words if method in METHODS else MethodWords(method, method),
        known.survival if known else True,
        CONDITIONS[here].short if here in CONDITIONS else here,
    )
