"""What of an SBML model is not supported, by name, and what is."""

from __future__ import annotations

from typing import Any

from models.sbml.formulas import SbmlError

PACKAGES = ("comp", "multi", "qual", "spatial", "arrays", "distrib", "dyn")
HARMLESS = ("port", "uncertainty", "uncertParameter", "uncertSpan")  # elements that change no trajectory
FEATURES = (
    "SBML Level 2 and 3, core; package comp, flattened",
    "compartments, also estimated, and of a size that rules and events change",
    "species as amount or concentration, boundary and constant species, conversion factors",
    "reactions with local parameters and any stoichiometry, also one that rules and events change",
    "function definitions, rates of reactions by their names, rateOf",
    "initial assignments",
    "assignment rules (also with time)",
    "rate rules",
    "piecewise with comparisons",
    "events triggered by time and by the state, with delays, priorities, persistence and initial values, "
    "whose assignments use the state",
)


def refuse(model: Any, place: str) -> None:
    """Raises `SbmlError` for the first element outside the list of features."""
    m = model
    found = ["algebraicRule" for r in m.getListOfRules() if r.isAlgebraic()]
    found += ["constraint"] * bool(m.getNumConstraints())
    found += [f"fast reaction {r.getId()}" for r in m.getListOfReactions() if r.isSetFast() and r.getFast()]
    changing = {r.getVariable() for r in m.getListOfRules()} | {
        a.getSymbol() for a in m.getListOfInitialAssignments()
    }
    counted = {s.getCompartment() for s in m.getListOfSpecies() if not s.getHasOnlySubstanceUnits()}
    found += [
        f"compartment {c.getId()} of size 0"
        for c in m.getListOfCompartments()
        if c.isSetSize() and c.getSize() == 0 and c.getId() in counted - changing
    ]
    found += [
        f"package {e.getPackageName()} ({e.getElementName()} {e.getId()})".replace(" )", ")")
        for e in m.getListOfAllElements()
        if e.getPackageName() in PACKAGES and e.getElementName() not in HARMLESS
    ]
    if found:
        raise SbmlError(f"{place}: {found[0]} is not supported: supported are {'; '.join(FEATURES)}")
