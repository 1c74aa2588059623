"""SBML (Level 2 and 3) as a network, its initial assignments and its events at known times."""

from __future__ import annotations

import itertools
import math
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import libsbml
import sympy as sp

from models.declare import Derived, Input, Parameter, Reaction, Species, nothing, published, time
from models.network import Network, NetworkError, _in_order
from models.sbml.encodings import decoded
from models.sbml.formulas import SbmlError, breaks_of, condition, divided, from_ast, number
from models.sbml.model_file import Event, SbmlModel
from models.sbml.writer import SUBSTANCE

PACKAGES = ("comp", "multi", "qual", "spatial", "arrays", "distrib", "dyn")
HARMLESS = ("port", "uncertainty", "uncertParameter", "uncertSpan")  # elements that change no trajectory
MOST_NODES = 2_000_000  # of all formulas of a file; Chen_MSB2009 has 30 000
FEATURES = (
    "SBML Level 2 and 3, core",
    "compartments of constant size, also estimated",
    "species as amount or concentration, boundary and constant species",
    "reactions with constant stoichiometry and local parameters",
    "function definitions",
    "initial assignments",
    "assignment rules (also with time)",
    "rate rules",
    "piecewise with comparisons",
    "events whose triggers depend on time, numbers and each other (delays, priorities, persistence, initial "
    "values), whose assignments set, add to or scale species, or set parameters",
)


def from_sbml(source: str | pathlib.Path) -> Network:
    """The network of an SBML file or text; starting values that are expressions are evaluated at nominal
    values.

    Raises:
        SbmlError: not readable, or a feature outside `FEATURES`.
    """
    model = read_sbml(source)
    if model.events:
        raise SbmlError(
            f"{model.network.id}: has events, which are part of a protocol: read it with read_sbml"
        )
    return model.network


def read_sbml(source: str | pathlib.Path, place: str = "") -> SbmlModel:
    """The whole content of an SBML file (a path) or text (a string that starts with `<`); see `from_sbml`.

    Args:
        source: path or text.
        place: what findings call it; by default the name of the file.
    """
    text = isinstance(source, str) and source.lstrip().startswith("<")
    place = place or ("SBML" if text else pathlib.Path(source).name)
    try:
        content = str(source) if text else decoded(pathlib.Path(source).read_bytes())
    except (UnicodeError, LookupError) as e:
        raise SbmlError(f"{place}: is not in the encoding that it declares ({e}): save it as UTF-8") from None
    document = libsbml.readSBMLFromString(content)
    if (
        document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) + document.getNumErrors(libsbml.LIBSBML_SEV_FATAL)
        or document.getModel() is None
    ):
        errors = (document.getError(i) for i in range(document.getNumErrors()))
        error = next((e for e in errors if e.getSeverity() >= libsbml.LIBSBML_SEV_ERROR), None)
        where = f":{error.getLine()}" if error else ""
        raise SbmlError(
            f"{place}{where}: {error.getShortMessage() if error else 'no model'}: give a valid SBML file"
        )
    try:
        return _Reader(document.getModel(), place).read()
    except RecursionError:
        raise SbmlError(f"{place}: a formula is nested too deeply: write it in parts") from None
    except NetworkError as e:
        raise SbmlError(f"{place}: {e}") from None
    except OverflowError as e:
        raise SbmlError(f"{place}: {e}: correct the formula") from None


class _Reader:
    """One walk over a libSBML model; keeps the tables that later steps need."""

    def __init__(self, model: Any, place: str) -> None:
        self.model, self.place = model, place
        self.functions: dict[str, Callable[..., sp.Expr]] = {}
        self.units = {u.getId(): u.getName() or u.getId() for u in model.getListOfUnitDefinitions()}
        self.initial: dict[str, sp.Expr] = {}
        self.nodes = 0  # of all formulas so far
        self.names = {e.getId() for e in model.getListOfAllElements() if e.getId()}
        self.own = self.local_names()

    def formula(self, node: Any, where: str, rename: Mapping[str, str] | None = None) -> sp.Expr:
        if node is None:
            raise SbmlError(f"{self.place}: {where}: has no formula: write one")
        found = from_ast(node, self.functions, rename, f"{self.place}: {where}")
        if found.has(sp.zoo, sp.nan, sp.I):
            raise SbmlError(f"{self.place}: {where}: is no real number, like 1/0: correct the formula")
        self.nodes += sum(1 for _ in itertools.islice(sp.preorder_traversal(found), MOST_NODES))
        if self.nodes > MOST_NODES:
            raise SbmlError(f"{self.place}: {where}: its formulas have no end: write them in parts")
        return found

    def read(self) -> SbmlModel:  # long: one list of the file after the other
        m = self.model
        self.refuse()
        for f in m.getListOfFunctionDefinitions():
            self.functions[f.getId()] = self.function(f)
        assigned = {
            r.getVariable(): self.formula(r.getMath(), r.getVariable())
            for r in m.getListOfRules()
            if r.isAssignment()
        }
        rates = {
            r.getVariable(): self.formula(r.getMath(), r.getVariable())
            for r in m.getListOfRules()
            if r.isRate()
        }
        at_start = {
            a.getSymbol(): self.formula(a.getMath(), a.getSymbol()) for a in m.getListOfInitialAssignments()
        }
        events = tuple(self.event(e, i + 1) for i, e in enumerate(m.getListOfEvents()))
        set_by_event = {name for e in events for name in e.assignments}
        reactions, moved = self.reactions()
        sizes = {c.getId(): c.getSize() if c.isSetSize() else 1.0 for c in m.getListOfCompartments()}
        species, inputs, parameters, derived = [], [], [], []
        for s in m.getListOfSpecies():
            name, unit = s.getId(), self.units.get(s.getSubstanceUnits(), s.getSubstanceUnits())
            if not s.getHasOnlySubstanceUnits():
                unit = next((ours for ours, amount in SUBSTANCE.items() if amount == unit), unit)
            if name in assigned:
                continue
            value = self.start(s)
            if name in at_start:
                self.initial[name] = at_start[name]
            if name in moved or name in rates:
                species.append(Species(name, value, unit, s.getName(), place=s.getCompartment()))
            else:  # nothing changes it between events: an input
                inputs.append(Input(name, value, unit, s.getName()))
        for name, size in sizes.items():
            parameters.append(Parameter(name, size, "", "size of a compartment", published(self.place)))
        for p in m.getListOfParameters():
            name, unit, value = (
                p.getId(),
                self.units.get(p.getUnits(), p.getUnits()),
                p.getValue() if p.isSetValue() else math.nan,
            )
            if name in assigned:
                continue
            if name in rates:  # its start may stand in a condition; a state holds a number until then
                species.append(Species(name, 0.0 if math.isnan(value) else value, unit, p.getName()))
            elif name in set_by_event or name in at_start or not p.getConstant():
                inputs.append(Input(name, value, unit, p.getName()))
            else:
                parameters.append(Parameter(name, value, unit, p.getName() or name, published(self.place)))
            if name in at_start:
                self.initial[name] = at_start[name]
        for (reaction, local), name in self.own.items():
            p = m.getReaction(reaction).getKineticLaw().getParameter(local)
            value = p.getValue() if p.isSetValue() else math.nan
            parameters.append(Parameter(name, value, "", p.getName(), published(self.place)))
        titles = {
            x.getId(): (x.getName(), self.units.get(x.getUnits(), x.getUnits()))
            for x in m.getListOfParameters()
        }
        for name, expression in assigned.items():
            meaning, unit = titles.get(name, ("", ""))
            derived.append(Derived(name, expression, unit, meaning or name))
        by_name = {s.name: s for s in species}
        reactions = [
            Reaction(
                [(by_name[n], c) for n, c in consumed],
                [(by_name[n], c) for n, c in produced],
                rate,
                meaning,
                name,
            )
            for name, consumed, produced, rate, meaning in reactions
        ]
        reactions += [Reaction(nothing, by_name[n], e, "rate rule", f"rate_of_{n}") for n, e in rates.items()]
        network = Network(
            m.getId() or "model",
            tuple(species),
            tuple(parameters),
            tuple(inputs),
            _in_order(tuple(derived)),
            tuple(reactions),
        )
        self.check_names(network, events)
        breaks = breaks_of([*assigned.values(), *rates.values(), *(r.rate for r in reactions)])
        concentrations = dict.fromkeys(
            s.getCompartment() for s in m.getListOfSpecies() if not s.getHasOnlySubstanceUnits()
        )
        return SbmlModel(network, self.initial, events, breaks, tuple(concentrations), self.place)

    def refuse(self) -> None:
        """Everything outside the list of features, by name."""
        m = self.model
        found = [r.getElementName() for r in m.getListOfRules() if r.isAlgebraic()]
        found += ["constraint"] * bool(m.getNumConstraints())
        found += [
            f"conversionFactor of {s.getId()}" for s in m.getListOfSpecies() if s.isSetConversionFactor()
        ]
        found += ["conversionFactor of the model"] * bool(m.isSetConversionFactor())
        found += [
            f"fast reaction {r.getId()}" for r in m.getListOfReactions() if r.isSetFast() and r.getFast()
        ]
        changing = {r.getVariable() for r in m.getListOfRules()} | {
            a.getSymbol() for a in m.getListOfInitialAssignments()
        }
        changing |= {a.getVariable() for e in m.getListOfEvents() for a in e.getListOfEventAssignments()}
        found += [
            f"compartment {c.getId()} of changing size"
            for c in m.getListOfCompartments()
            if c.getId() in changing
        ]
        counted = {s.getCompartment() for s in m.getListOfSpecies() if not s.getHasOnlySubstanceUnits()}
        found += [
            f"compartment {c.getId()} of size 0"
            for c in m.getListOfCompartments()
            if c.isSetSize() and c.getSize() == 0 and c.getId() in counted
        ]
        found += [
            f"package {e.getPackageName()} ({e.getElementName()} {e.getId()})".replace(" )", ")")
            for e in m.getListOfAllElements()
            if e.getPackageName() in PACKAGES and e.getElementName() not in HARMLESS
        ]
        for r in m.getListOfReactions():
            for x in (*r.getListOfReactants(), *r.getListOfProducts()):
                if (
                    x.isSetStoichiometryMath()
                    or (m.getLevel() > 2 and not x.getConstant())
                    or x.getId() in changing - {""}
                ):
                    found.append(f"variable stoichiometry in {r.getId()}")
        if found:
            raise SbmlError(f"{self.place}: {found[0]} is not supported: supported are {'; '.join(FEATURES)}")

    def function(self, f: Any) -> Callable[..., sp.Expr]:
        names = [f.getArgument(i).getName() for i in range(f.getNumArguments())]
        body = self.formula(f.getBody(), f.getId())
        return lambda *values: body.xreplace(dict(zip((sp.Symbol(n) for n in names), values, strict=True)))  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic

    def start(self, s: Any) -> float:
        """Level of a species at the start, in the unit its id stands for; noted as an expression where a size
        enters.
        """
        size = self.model.getCompartment(s.getCompartment()).getSize()
        size = 1.0 if size != size else size
        value = (
            s.getInitialAmount()
            if s.isSetInitialAmount()
            else s.getInitialConcentration()
            if s.isSetInitialConcentration()
            else 0.0
        )
        if size == 1.0 or value == 0.0 or s.isSetInitialAmount() == s.getHasOnlySubstanceUnits():
            return value
        volume = sp.Symbol(s.getCompartment())
        self.initial[s.getId()] = number(value) / volume if s.isSetInitialAmount() else number(value) * volume
        return value / size if s.isSetInitialAmount() else value * size

    def local_names(self) -> dict[tuple[str, str], str]:
        """(reaction, its local parameter) -> a name in the network that nothing else has."""
        found: dict[tuple[str, str], str] = {}
        taken = set(self.names)
        for r in self.model.getListOfReactions():
            law = r.getKineticLaw()
            for p in (*law.getListOfParameters(), *law.getListOfLocalParameters()) if law else ():
                name = f"{r.getId()}_{p.getId()}"
                while name in taken:
                    name = f"{name}_"
                if (r.getId(), p.getId()) not in found:
                    found[r.getId(), p.getId()] = name
                    taken.add(name)
        return found

    def reactions(self) -> tuple[list[tuple], set[str]]:
        """(name, consumed, produced, rate, meaning) of each reaction, and the species that reactions change.

        A species as concentration changes by rate / volume: where all sides share a compartment this goes
        into the rate, else the reaction is written once for each species.
        """
        m, found, moved = self.model, [], set()
        ruled = {r.getVariable() for r in m.getListOfRules()}
        for r in m.getListOfReactions():
            law = r.getKineticLaw()
            if law is None:
                raise SbmlError(f"{self.place}: reaction {r.getId()}: has no kinetic law: write one")
            own = {local: name for (reaction, local), name in self.own.items() if reaction == r.getId()}
            rate = self.formula(law.getMath(), f"reaction {r.getId()}", own)
            sides: list[list[tuple[str, float]]] = [[], []]
            volumes: dict[str, sp.Expr] = {}
            for side, references in enumerate((r.getListOfReactants(), r.getListOfProducts())):
                for x in references:
                    s = m.getSpecies(x.getSpecies())
                    if s is None:
                        raise SbmlError(
                            f"{self.place}: reaction {r.getId()}: names the species {x.getSpecies()!r}, "
                            f"which nothing declares: declare it"
                        )
                    if s.getBoundaryCondition() or s.getConstant() or s.getId() in ruled:
                        continue
                    sides[side].append(
                        (
                            s.getId(),
                            x.getStoichiometry() if x.isSetStoichiometry() or m.getLevel() == 2 else 1.0,
                        )
                    )
                    volumes[s.getId()] = (
                        sp.Integer(1) if s.getHasOnlySubstanceUnits() else sp.Symbol(s.getCompartment())
                    )
            moved |= set(volumes)
            meaning = r.getName() or r.getId()
            if len(set(volumes.values())) == 1:
                found.append((r.getId(), *sides, divided(rate, next(iter(volumes.values()))), meaning))
            else:
                for name, volume in volumes.items():
                    own_sides = [[(n, c) for n, c in side if n == name] for side in sides]
                    found.append((f"{r.getId()}__{name}", *own_sides, divided(rate, volume), meaning))
        return found, moved

    def event(self, e: Any, number: int) -> Event:
        name = e.getId() or e.getName() or f"number {number}"
        where = f"event {name}"
        trigger, level = e.getTrigger(), self.model.getLevel()
        if trigger is None or trigger.getMath() is None:
            raise SbmlError(f"{self.place}: {where}: has no trigger: write one")
        holds = condition(trigger.getMath(), self.functions, None, f"{self.place}: {where}")
        assignments = {
            a.getVariable(): self.formula(a.getMath(), f"{where}, {a.getVariable()}")
            for a in e.getListOfEventAssignments()
        }
        delay, priority = e.getDelay(), e.getPriority()
        return Event(
            name,
            holds.margin,
            holds.strict,
            assignments,
            sp.Integer(0) if delay is None else self.formula(delay.getMath(), f"{where}, delay"),
            None if priority is None else self.formula(priority.getMath(), f"{where}, priority"),
            level < 3 or trigger.getInitialValue(),
            level < 3 or trigger.getPersistent(),
            e.getUseValuesFromTriggerTime() if (level, self.model.getVersion()) >= (2, 4) else True,
        )

    def check_names(self, network: Network, events: tuple[Event, ...]) -> None:
        names = [q.name for q in (*network.species, *network.parameters, *network.inputs, *network.derived)]
        if str(time) in names:
            raise SbmlError(f"{self.place}: something is named 't', which stands for time here: rename it")
        known = {*map(sp.Symbol, names), time}
        formulas = [(d.name, d.expression) for d in network.derived]
        formulas += [(r.name, r.rate) for r in network.reactions]
        formulas += [(f"initial assignment of {n}", e) for n, e in self.initial.items()]
        for e in events:
            every = (
                e.margin,
                e.delay,
                *([] if e.priority is None else [e.priority]),
                *e.assignments.values(),
            )
            formulas += [(f"event {e.id}", x) for x in every]
        size: dict[sp.Basic, int] = {}
        for name, expression in formulas:
            unknown = expression.free_symbols - known
            if unknown:
                raise SbmlError(
                    f"{self.place}: {name}: uses {min(map(str, unknown))!r}, which nothing declares: "
                    f"declare it"
                )
            size[sp.Symbol(name)] = sum(size.get(e, 1) for e in sp.preorder_traversal(expression))
            if size[sp.Symbol(name)] > MOST_NODES:
                raise SbmlError(f"{self.place}: {name}: its formulas have no end: write them in parts")
        self.check_start()

    def check_start(self) -> None:
        """No initial assignment needs itself."""
        left = {n: {str(s) for s in e.free_symbols} & set(self.initial) for n, e in self.initial.items()}
        while left:
            ready = {n for n, needs in left.items() if not needs & set(left)}
            if not ready:
                raise SbmlError(
                    f"{self.place}: initial assignments of {', '.join(left)}: are defined in a circle: "
                    f"break it"
                )
            left = {n: needs for n, needs in left.items() if n not in ready}
