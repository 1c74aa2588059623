"""What an SBML model names: how each name is counted, and what it is at the start."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from models.declare import Input, Parameter, Species, published
from models.sbml.formulas import SbmlError, number

Formulas = Mapping[str, sp.Expr]


@dataclass(frozen=True)
class Amounts:
    """Species whose state is an amount although their name stands for a concentration.

    So it is in a compartment whose size an assignment rule gives: the size may jump, and no rate says how.
    The name is then a derived quantity, amount over size.
    """

    of: Mapping[str, tuple[str, sp.Symbol]]  # species -> (name of its amount, size)

    def state(self, name: str) -> str:
        """What changes when the species does."""
        return self.of[name][0] if name in self.of else name

    def counted(self, name: str, value: sp.Expr) -> sp.Expr:
        """What the state has to be for the species to have this value."""
        return value * self.of[name][1] if name in self.of else value

    @property
    def derived(self) -> dict[str, sp.Expr]:
        """Concentrations as formulas."""
        return {n: sp.Symbol(amount) / size for n, (amount, size) in self.of.items()}


def amounts(model: Any, assigned: Formulas, rates: Formulas, place: str) -> Amounts:
    """Species of a model that are counted so.

    Raises:
        SbmlError: one of them changes by a rate rule, which gives its concentration.
    """
    taken = {e.getId() for e in model.getListOfAllElements() if e.getId()}
    found: dict[str, tuple[str, sp.Symbol]] = {}
    for s in model.getListOfSpecies():
        name, size = s.getId(), s.getCompartment()
        if s.getHasOnlySubstanceUnits() or size not in assigned or name in assigned:
            continue
        if name in rates:
            raise SbmlError(
                f"{place}: rate rule of {name}: the size of its compartment {size} is assigned, and its "
                f"amount cannot be followed, which is not supported: give the species in substance units"
            )
        own = f"{name}_amount"
        while own in taken:
            own += "_"
        taken.add(own)
        found[name] = own, sp.Symbol(size)
    return Amounts(found)


@dataclass
class Quantities:
    """Species, inputs and parameters of a network as they are collected.

    Attributes:
        place: name of the file.
        assigned, rates, at_start: formulas of rules and initial assignments.
        set_by_event: names.
        initial: values at the start that are expressions.
    """

    place: str
    assigned: Formulas
    rates: Formulas
    at_start: Formulas
    set_by_event: set[str]
    species: list[Species] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    initial: dict[str, sp.Expr] = field(default_factory=dict)

    def add(self, name: str, value: float, unit: str, title: str, constant: bool) -> None:
        """A parameter, a size or a stoichiometry by what changes it."""
        if name in self.assigned:
            return
        if name in self.rates:  # its start may stand in a condition; a state holds a number until then
            self.species.append(Species(name, 0.0 if math.isnan(value) else value, unit, title))
        elif name in self.set_by_event or name in self.at_start or not constant:
            self.inputs.append(Input(name, value, unit, title))
        else:
            self.parameters.append(Parameter(name, value, unit, title or name, published(self.place)))
        if name in self.at_start:
            self.initial[name] = self.at_start[name]

    def add_species(self, s: Any, unit: str, size: float, moved: bool, counted: Amounts) -> None:
        """A species, as a state where something moves it between events, else as an input."""
        name = s.getId()
        if name in self.assigned:
            return
        own = counted.state(name)
        value, start = self.start(s, size, own != name)
        if name in self.at_start:
            start = counted.counted(name, self.at_start[name])
        if start is not None:
            self.initial[own] = start
        if moved:
            self.species.append(Species(own, value, unit, s.getName(), place=s.getCompartment()))
        else:
            self.inputs.append(Input(own, value, unit, s.getName()))

    def start(self, s: Any, size: float, as_amount: bool) -> tuple[float, sp.Expr | None]:
        """Level of a species at the start, in the unit its state stands for, and as an expression where the
        size of its compartment enters.
        """
        volume = sp.Symbol(s.getCompartment())
        fixed = not ({s.getCompartment()} & {*self.assigned, *self.at_start})
        value = (
            s.getInitialAmount()
            if s.isSetInitialAmount()
            else s.getInitialConcentration()
            if s.isSetInitialConcentration()
            else 0.0
        )
        amount = s.getHasOnlySubstanceUnits() or as_amount
        if (fixed and size == 1.0) or value == 0.0 or s.isSetInitialAmount() == amount:
            return value, None
        whole = number(value) / volume if s.isSetInitialAmount() else number(value) * volume
        return (value / size if s.isSetInitialAmount() else value * size), whole
