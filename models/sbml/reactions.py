"""Reactions of an SBML model: who gains and loses how much of what, in the unit in which each is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from models.sbml.formulas import SbmlError, divided, number
from models.sbml.quantities import Amounts

Side = list[tuple[str, float]]
Row = tuple[str, Side, Side, sp.Expr, str]  # name, consumed, produced, rate, meaning


@dataclass(frozen=True)
class ReactionReader:
    """Reads the reactions of a model.

    Attributes:
        model, place: libSBML's, and the name of the file.
        formula: (node, where, names of local parameters) -> expression.
        local: (reaction, its local parameter) -> name in the network.
        ruled: what rules change, which no reaction does.
        changing: names that rules, initial assignments and events give values.
        counted: species that are counted as amounts.
    """

    model: Any
    place: str
    formula: Callable[..., sp.Expr]
    local: Mapping[tuple[str, str], str]
    ruled: set[str]
    changing: set[str]
    counted: Amounts

    def rate(self, r: Any) -> sp.Expr:
        """The kinetic law, an extent per time."""
        law = r.getKineticLaw()
        if law is None:
            raise SbmlError(f"{self.place}: reaction {r.getId()}: has no kinetic law: write one")
        own = {name: here for (reaction, name), here in self.local.items() if reaction == r.getId()}
        return self.formula(law.getMath(), f"reaction {r.getId()}", own)

    def read(self) -> tuple[list[Row], set[str]]:
        """Every reaction, and the species that reactions change.

        A species as concentration changes by rate / volume: where all sides share a compartment this goes
        into the rate, else the reaction is written once for each species; so it is with a stoichiometry that
        is no number, and with conversion factors.
        """
        found: list[Row] = []
        moved: set[str] = set()
        for r in self.model.getListOfReactions():
            rows = self.reaction(r)
            found += rows
            moved |= {n for _, consumed, produced, *_ in rows for n, _ in (*consumed, *produced)}
        return found, moved

    def reaction(self, r: Any) -> list[Row]:
        rate, meaning = self.rate(r), r.getName() or r.getId()
        sides: list[list[tuple[str, sp.Expr]]] = [[], []]
        volumes: dict[str, sp.Expr] = {}
        factors: dict[str, sp.Expr] = {}
        for side, references in enumerate((r.getListOfReactants(), r.getListOfProducts())):
            for x in references:
                s = self.model.getSpecies(x.getSpecies())
                if s is None:
                    raise SbmlError(
                        f"{self.place}: reaction {r.getId()}: names the species {x.getSpecies()!r}, "
                        f"which nothing declares: declare it"
                    )
                name = s.getId()
                if s.getBoundaryCondition() or s.getConstant() or name in self.ruled:
                    continue
                sides[side].append((self.counted.state(name), self.stoichiometry(r, x)))
                as_amount = s.getHasOnlySubstanceUnits() or name in self.counted.of
                volumes[self.counted.state(name)] = (
                    sp.Integer(1) if as_amount else sp.Symbol(s.getCompartment())
                )
                factors[self.counted.state(name)] = self.factor(s)
        numbers = all(c.is_number for side in sides for _, c in side)
        plain = numbers and all(f == 1 for f in factors.values())
        if plain and len(set(volumes.values())) == 1:
            lost, won = ([(n, float(c)) for n, c in side] for side in sides)
            return [(r.getId(), lost, won, divided(rate, next(iter(volumes.values()))), meaning)]
        rows: list[Row] = []
        for name, volume in volumes.items():
            title = f"{r.getId()}__{name}"
            if plain:
                lost, won = ([(n, float(c)) for n, c in side if n == name] for side in sides)
                rows.append((title, lost, won, divided(rate, volume), meaning))
                continue
            gain = sp.Add(*(c for n, c in sides[1] if n == name)) - sp.Add(
                *(c for n, c in sides[0] if n == name)
            )
            rows.append((title, [], [(name, 1.0)], divided(gain * factors[name] * rate, volume), meaning))
        return rows

    def factor(self, s: Any) -> sp.Expr:
        """Amount of a species for an extent of a reaction."""
        if s.isSetConversionFactor():
            return sp.Symbol(s.getConversionFactor())
        if self.model.isSetConversionFactor():
            return sp.Symbol(self.model.getConversionFactor())
        return sp.Integer(1)

    def stoichiometry(self, r: Any, x: Any) -> sp.Expr:
        if x.isSetStoichiometryMath():
            where = f"reaction {r.getId()}, stoichiometry of {x.getSpecies()}"
            return self.formula(x.getStoichiometryMath().getMath(), where)
        if x.getId() and x.getId() in self.changing:
            return sp.Symbol(x.getId())
        if x.isSetStoichiometry():
            return number(x.getStoichiometry()) / max(1, x.getDenominator())  # Level 2 has fractions
        if self.model.getLevel() == 2 or x.getConstant():
            return sp.Integer(1)
        raise SbmlError(
            f"{self.place}: reaction {r.getId()}: the stoichiometry of {x.getSpecies()} has no value: "
            f"give one"
        )
