"""Each name of an SBML file stands for one thing, is set in one way, and lies where something is."""

from __future__ import annotations

from typing import Any

from models.sbml.formulas import SbmlError


def require_each_once(model: Any, place: str) -> None:
    """Of a name that stands for two things, or is set twice, programs take one or the other.

    Args:
        model: of libSBML.
        place: what findings call its file.

    Raises:
        SbmlError: the first such name, or the first species without a compartment.
    """
    m = model
    for s in m.getListOfSpecies():
        if m.getCompartment(s.getCompartment()) is None:
            raise SbmlError(f"{place}: {s.getId()}: has no compartment: declare one")
    named = (
        *(m.getListOfCompartments(), m.getListOfSpecies(), m.getListOfParameters()),
        *(m.getListOfReactions(), m.getListOfFunctionDefinitions(), m.getListOfEvents()),
    )
    for what, found in (
        ("is the id of two things", [e.getId() for each in named for e in each if e.getId()]),
        ("has two initial assignments", [a.getSymbol() for a in m.getListOfInitialAssignments()]),
        ("has two rules", [r.getVariable() for r in m.getListOfRules() if r.getVariable()]),
    ):
        seen: set[str] = set()
        for name in found:
            if name in seen:
                raise SbmlError(f"{place}: {name} {what}: keep one")
            seen.add(name)
