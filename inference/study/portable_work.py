"""A function of arrays that another process can make for itself, from a study and a few numbers.

What travels is data: the study as a prepared file has it, a record of declared types, and the name of a
recipe. The code that makes the function of them is the receiver's own, and it knows no recipe but those on
its list.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from functools import cached_property
from typing import Any, get_type_hints

from inference.runs.declared_types import misfit
from inference.runs.settings import FULL
from inference.study import prepared_study
from inference.study.study import Study


class PortableWorkError(ValueError):
    """Work that is not understood here: place, finding, remedy."""


@dataclass(frozen=True)
class Recipe[Facts]:
    """How a function of arrays is made.

    Attributes:
        name: by which it is asked for.
        facts: a record whose fields are numbers, texts, and tuples of these.
        make: (study, facts) -> the function; equal arguments make functions that give equal bits, on the same
            kind of processor.
    """

    name: str
    facts: type[Facts]
    make: Callable[[Study, Facts], Callable[..., Any]]

    def work(self, study: Study, facts: Facts) -> PortableWork:
        """The function of this study."""
        return PortableWork(self, study, facts)


@dataclass(frozen=True, eq=False)
class PortableWork:
    """The function that a recipe makes, here as well as elsewhere."""

    recipe: Recipe[Any]
    study: Study
    facts: Any

    @cached_property
    def function(self) -> Callable[..., Any]:
        """It, as made here."""
        return self.recipe.make(self.study, self.facts)

    def __call__(self, *arrays: Any) -> Any:
        """What it gives, computed here."""
        return self.function(*arrays)

    @cached_property
    def said(self) -> bytes:
        """All that another process needs to make it.

        Raises:
            StudyError: the study is beyond what a prepared file holds.
        """
        study = prepared_study.prepared(self.study, FULL)
        content = {
            "recipe": self.recipe.name,
            "facts": asdict(self.facts),
            "study": base64.b64encode(study).decode(),
        }
        return json.dumps(content).encode()


def understood(said: bytes, known: Mapping[str, Recipe[Any]]) -> PortableWork:
    """The work that `said` speaks of.

    Raises:
        PortableWorkError: it speaks of none of the known recipes, or not as they want it.
        StudyError: its study is none, or a damaged one.
    """
    try:
        content = json.loads(said)
        recipe, values = known[content["recipe"]], content["facts"]
        file = base64.b64decode(content["study"], validate=True)
    except (ValueError, TypeError, LookupError, RecursionError, binascii.Error) as e:
        first = next(iter(str(e).splitlines()), "") or type(e).__name__
        raise PortableWorkError(f"work from elsewhere: is not understood ({first[:80]}): ask again") from None
    facts = _record(recipe.facts, values, f"work {recipe.name!r}")
    study, _, _ = prepared_study.understood(file, f"study of the work {recipe.name!r}")
    return PortableWork(recipe, study, facts)


def _record(kind: type, values: Any, place: str) -> Any:
    """A record of declared types, with the records in it."""
    if not isinstance(values, dict):
        raise PortableWorkError(f"{place}: its {kind.__name__} are no record: ask again")
    declared = get_type_hints(kind)
    inner = {k for k in values if is_dataclass(declared.get(k))}
    values = {k: _record(declared[k], v, place) if k in inner else _tuples(v) for k, v in values.items()}
    if wrong := misfit(kind, values):
        raise PortableWorkError(f"{place}: {wrong}: ask again")
    return kind(**values)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
