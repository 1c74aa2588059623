"""A network as SBML Level 3 Version 1: what AMICI, COPASI, libRoadRunner and PEtab read."""

from __future__ import annotations

import re
from typing import Any

import libsbml
import sympy as sp

from models.declare import Input, Reaction, Species
from models.network import Network, stoichiometry
from models.sbml.formulas import SbmlError, to_ast

# word of our units -> (SBML kind, exponent, scale, multiplier); an empty list is without dimension
_KINDS: dict[str, list[tuple[int, int, int, float]]] = {
    "min": [(libsbml.UNIT_KIND_SECOND, 1, 0, 60.0)],
    "nM": [(libsbml.UNIT_KIND_MOLE, 1, -9, 1.0), (libsbml.UNIT_KIND_LITRE, -1, 0, 1.0)],
    "nmol": [(libsbml.UNIT_KIND_MOLE, 1, -9, 1.0)],
    "ng": [(libsbml.UNIT_KIND_GRAM, 1, -9, 1.0)],
    "mL": [(libsbml.UNIT_KIND_LITRE, 1, -3, 1.0)],
    "1e6": [(libsbml.UNIT_KIND_ITEM, 1, 6, 1.0)],
    "1e6cells": [(libsbml.UNIT_KIND_ITEM, 1, 6, 1.0)],
    "%": [(libsbml.UNIT_KIND_DIMENSIONLESS, 1, -2, 1.0)],
}
SUBSTANCE = {
    "nM": "nmol",
    "ng/mL": "ng",
    "1e6/mL": "1e6",
}  # unit of a species -> unit of its amount (its volume is 1)


def to_sbml(network: Network) -> str:  # long: one list of the file after the other
    """The network as SBML text.

    Species sit in compartments of size 1, so amounts and concentrations are the same numbers. Inputs are
    parameters that are not constant; derived quantities are assignment rules; a species that an input can
    hold still has a rate rule with the factor (1 - input); everything else changes through reactions. Units
    carry our way of writing them as their name. Identifiers of UniProt and ChEBI are MIRIAM annotations.

    Raises:
        SbmlError: a name used twice, a name SBML does not allow, or an expression without SBML form.
    """
    document = libsbml.SBMLDocument(3, 1)
    model = document.createModel()
    _check_names(network)
    model.setId(network.id)
    model.setTimeUnits(_unit(model, "min"))
    places = {place: _sid(place) for place in dict.fromkeys(s.place for s in network.species)}
    taken = {
        q.name
        for q in (
            *network.species,
            *network.parameters,
            *network.inputs,
            *network.derived,
            *network.reactions,
        )
    }
    places = {place: sid if sid not in taken else f"{sid}_place" for place, sid in places.items()}
    for sid in places.values() or ["cell"]:
        c = model.createCompartment()
        c.setId(sid)
        c.setSize(1.0)
        c.setSpatialDimensions(3)
        c.setConstant(True)
    for s in network.species:
        _add_species(model, s, places[s.place])
    for q, value, constant in [
        *((p, p.value, True) for p in network.parameters),
        *((u, u.default, False) for u in network.inputs),
        *((d, None, False) for d in network.derived),
    ]:
        p = model.createParameter()
        p.setId(q.name)
        p.setName(q.meaning)
        p.setConstant(constant)
        p.setUnits(_unit(model, q.unit))
        if value is not None:
            p.setValue(float(value))
        if isinstance(q, Input):
            _annotate(p, q.name, [(libsbml.BQB_IS, "uniprot", q.uniprot), (libsbml.BQB_IS, "chebi", q.chebi)])
    for d in network.derived:
        rule = model.createAssignmentRule()
        rule.setVariable(d.name)
        rule.setMath(to_ast(d.expression))
    held = {s.name for s in network.species if s.held_by is not None}
    for s in network.species:
        if s.held_by is not None:
            total = sp.Add(*(sp.nsimplify(c) * r.rate for r in network.reactions if (c := _net(r, s.name))))
            rule = model.createRateRule()
            rule.setVariable(s.name)
            rule.setMath(to_ast((1 - s.held_by.symbol) * total))
    names = {s.name for s in network.species}
    table = stoichiometry(network)
    for r in network.reactions:
        if any(name not in held and (name, r.name) in table for name in names):
            _add_reaction(model, r, held, names)
    return libsbml.writeSBMLToString(document)


def _net(reaction: Reaction, species: str) -> float:
    return sum(c for s, c in reaction.produced if s.name == species) - sum(
        c for s, c in reaction.consumed if s.name == species
    )


def _add_species(model: Any, s: Species, compartment: str) -> None:
    x = model.createSpecies()
    x.setId(s.name)
    x.setName(s.meaning)
    x.setCompartment(compartment)
    in_amount = s.unit not in SUBSTANCE
    x.setHasOnlySubstanceUnits(in_amount)
    x.setSubstanceUnits(_unit(model, s.unit if in_amount else SUBSTANCE[s.unit]))
    (x.setInitialAmount if in_amount else x.setInitialConcentration)(float(s.initial))
    x.setBoundaryCondition(s.held_by is not None)
    x.setConstant(False)
    # A complex has its proteins as parts; a share of a protein in some state is a version of it.
    what = (
        libsbml.BQB_HAS_PART
        if " " in s.uniprot
        else libsbml.BQB_IS_VERSION_OF
        if s.unit == "0-1"
        else libsbml.BQB_IS
    )
    _annotate(
        x,
        s.name,
        [
            (what, "uniprot", s.uniprot),
            (libsbml.BQB_ENCODES, "uniprot", s.encodes),
            (libsbml.BQB_IS, "chebi", s.chebi),
        ],
    )


def _annotate(element: Any, name: str, terms: list[tuple[int, str, str]]) -> None:
    """MIRIAM annotations: (qualifier, collection, identifiers with spaces between)."""
    for qualifier, collection, text in terms:
        identifiers = text.split()
        if not identifiers:
            continue
        element.setMetaId(f"meta_{name}")
        term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
        term.setBiologicalQualifierType(qualifier)
        for i in identifiers:
            term.addResource(
                f"https://identifiers.org/{i if i.startswith('CHEBI:') else f'{collection}:{i}'}"
            )
        element.addCVTerm(term)


def _add_reaction(model: Any, r: Reaction, held: set[str], names: set[str]) -> None:
    x = model.createReaction()
    x.setId(r.name)
    x.setName(r.meaning)
    x.setReversible(False)
    x.setFast(False)
    for side, create in ((r.consumed, x.createReactant), (r.produced, x.createProduct)):
        for s, c in side:
            if s.name not in held:
                reference = create()
                reference.setSpecies(s.name)
                reference.setStoichiometry(float(c))
                reference.setConstant(True)
    on_sides = {s.name for s, _ in (*r.consumed, *r.produced)} - held
    for name in sorted({str(s) for s in r.rate.free_symbols} & names - on_sides):
        x.createModifier().setSpecies(name)
    x.createKineticLaw().setMath(to_ast(r.rate))


def _unit(model: Any, text: str) -> str:
    """The id of the unit definition for a unit in our writing, made if it is not there yet."""
    first, *rest = text.split("/") if text.strip() != "0/1" else ["1"]
    parts = [
        (kind, sign * exponent, scale, multiplier)
        for word, sign in ((first, 1), *((w, -1) for w in rest))
        for kind, exponent, scale, multiplier in _KINDS.get(word.strip(), [])
    ]
    sid = "unit_" + re.sub(r"\W", "_", text.replace("/", "_per_").replace("%", "percent"))
    if model.getUnitDefinition(sid) is None:
        definition = model.createUnitDefinition()
        definition.setId(sid)
        definition.setName(text)
        for kind, exponent, scale, multiplier in parts or [(libsbml.UNIT_KIND_DIMENSIONLESS, 1, 0, 1.0)]:
            u = definition.createUnit()
            u.setKind(kind)
            u.setExponent(exponent)
            u.setScale(scale)
            u.setMultiplier(multiplier)
    return sid


def _sid(text: str) -> str:
    return re.sub(r"\W", "_", text) or "cell"


def _check_names(network: Network) -> None:
    seen: set[str] = set()
    for q in (*network.species, *network.parameters, *network.inputs, *network.derived, *network.reactions):
        if not re.fullmatch(r"[A-Za-z_]\w*", q.name):
            raise SbmlError(f"{network.id}.{q.name}: is no SBML identifier: use letters, digits and _")
        if q.name in seen:
            raise SbmlError(f"{network.id}.{q.name}: stands for two things: rename one")
        seen.add(q.name)
