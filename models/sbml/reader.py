"""SBML (Level 2 and 3) as a network, its initial assignments and its events at known times."""

from __future__ import annotations

import itertools
import math
import pathlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import libsbml
import sympy as sp

from models.declare import Derived, Event, Parameter, Reaction, Species, nothing, published, time
from models.network import Network, NetworkError, _in_order
from models.sbml.each_once import require_each_once
from models.sbml.encodings import decoded
from models.sbml.formulas import SbmlError, breaks_of, condition, from_ast, rate_of
from models.sbml.model_file import SbmlModel
from models.sbml.quantities import Amounts, Quantities, amounts
from models.sbml.reactions import ReactionReader, Row
from models.sbml.refused import refuse
from models.sbml.writer import SUBSTANCE

MOST_NODES = 2_000_000  # of all formulas of a file; Chen_MSB2009 has 30 000


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
    _flatten(document, place)
    try:
        return _Reader(document.getModel(), place).read()
    except RecursionError:
        raise SbmlError(f"{place}: a formula is nested too deeply: write it in parts") from None
    except NetworkError as e:
        raise SbmlError(f"{place}: {e}") from None
    except OverflowError as e:
        raise SbmlError(f"{place}: {e}: correct the formula") from None


def _flatten(document: Any, place: str) -> None:
    """Models made of models as one model, by libSBML."""
    plugin = document.getPlugin("comp")
    used = any(e.getPackageName() == "comp" for e in document.getModel().getListOfAllElements())
    if plugin is None or not used:
        return
    options = libsbml.ConversionProperties()
    for name, value in (("flatten comp", True), ("performValidation", False), ("leavePorts", False)):
        options.addOption(name, value)
    if document.convert(options) != libsbml.LIBSBML_OPERATION_SUCCESS:
        raise SbmlError(
            f"{place}: package comp is used in a way that libSBML cannot flatten, which is not supported: "
            f"give the flattened model"
        )


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
        self.asked: set[str] = set()  # every name that a formula uses
        require_each_once(model, place)

    def formula(self, node: Any, where: str, rename: Mapping[str, str] | None = None) -> sp.Expr:
        if node is None:
            raise SbmlError(f"{self.place}: {where}: has no formula: write one")
        found = from_ast(node, self.functions, rename, f"{self.place}: {where}")
        self.asked |= {str(x) for x in found.free_symbols}
        if found.has(sp.zoo, sp.nan, sp.I):
            raise SbmlError(f"{self.place}: {where}: is no real number, like 1/0: correct the formula")
        self.nodes += sum(1 for _ in itertools.islice(sp.preorder_traversal(found), MOST_NODES))
        if self.nodes > MOST_NODES:
            raise SbmlError(f"{self.place}: {where}: its formulas have no end: write them in parts")
        return found

    def read(self) -> SbmlModel:
        m = self.model
        refuse(m, self.place)
        for f in m.getListOfFunctionDefinitions():
            self.functions[f.getId()] = self.function(f)
        assigned = {r.getVariable(): self.ruled(r) for r in m.getListOfRules() if r.isAssignment()}
        rates = {r.getVariable(): self.ruled(r) for r in m.getListOfRules() if r.isRate()}
        at_start = {
            a.getSymbol(): self.formula(a.getMath(), a.getSymbol()) for a in m.getListOfInitialAssignments()
        }
        counted = amounts(m, assigned, rates, self.place)
        sizes = {c.getId(): c.getSize() if c.isSetSize() else 1.0 for c in m.getListOfCompartments()}
        found = self.events(counted, {*assigned, *rates}, set(sizes))
        set_by_event = {a.getVariable() for e in m.getListOfEvents() for a in e.getListOfEventAssignments()}
        changing = {*assigned, *rates, *at_start, *set_by_event}
        reader = ReactionReader(m, self.place, self.formula, self.own, {*assigned, *rates}, changing, counted)
        reactions, moved = reader.read()
        q = Quantities(self.place, assigned, rates, at_start, set_by_event)
        q.initial = self.initial
        thinned = self.add_species(q, sizes, counted, moved)
        self.add_numbers(q, sizes, changing)
        titles = {x.getId(): (x.getName(), self.unit(x.getUnits())) for x in m.getListOfParameters()}
        formulas = {**assigned, **counted.derived}
        formulas |= {r.getId(): reader.rate(r) for r in m.getListOfReactions() if r.getId() in self.asked}
        derived = [
            Derived(n, e, titles.get(n, ("", ""))[1], titles.get(n, ("", ""))[0] or n)
            for n, e in formulas.items()
        ]
        rows = rows_of(reactions, rates, thinned, {s.name: s for s in q.species})
        derived += self.rates_of_change(rows, counted, {*assigned})
        network = Network(
            m.getId() or "model",
            tuple(q.species),
            tuple(q.parameters),
            tuple(q.inputs),
            _in_order(tuple(derived)),
            tuple(rows),
        )
        self.check_names(network, found)
        breaks = breaks_of([*assigned.values(), *rates.values(), *(r.rate for r in rows)])
        diluted = [s for s in m.getListOfSpecies() if not s.getHasOnlySubstanceUnits()]
        states = [s for s in diluted if s.getId() not in {*assigned, *counted.of}]
        residents = tuple((s.getId(), s.getCompartment()) for s in states)
        concentrations = tuple(dict.fromkeys(s.getCompartment() for s in diluted))
        return SbmlModel(network, self.initial, found, breaks, concentrations, self.place, residents)

    def add_species(
        self, q: Quantities, sizes: Mapping[str, float], counted: Amounts, moved: Collection[str]
    ) -> dict[str, str]:
        """The states of the network; returns concentration -> compartment, where a rate rule changes its
        size.
        """
        thinned = {}
        for s in self.model.getListOfSpecies():
            name, unit = s.getId(), self.unit(s.getSubstanceUnits())
            if not s.getHasOnlySubstanceUnits():
                unit = next((ours for ours, amount in SUBSTANCE.items() if amount == unit), unit)
                if s.getCompartment() in q.rates and name not in {*q.assigned, *q.rates}:
                    thinned[name] = s.getCompartment()
            moves = counted.state(name) in moved or name in q.rates or name in thinned
            size = sizes.get(s.getCompartment(), 1.0)
            q.add_species(s, unit, 1.0 if size != size else size, moves, counted)
        return thinned

    def add_numbers(self, q: Quantities, sizes: Mapping[str, float], changing: Collection[str]) -> None:
        """Sizes of compartments, parameters, stoichiometries that something names, parameters of one
        reaction.
        """
        m = self.model
        for name, size in sizes.items():
            q.add(name, size, "", "size of a compartment", True)
        for p in m.getListOfParameters():
            value = p.getValue() if p.isSetValue() else math.nan
            q.add(p.getId(), value, self.unit(p.getUnits()), p.getName(), p.getConstant())
        named = {*changing, *self.asked}
        for r in m.getListOfReactions():
            for x in (*r.getListOfReactants(), *r.getListOfProducts()):
                if x.getId() and x.getId() in named:
                    value = x.getStoichiometry() if x.isSetStoichiometry() else math.nan
                    q.add(x.getId(), value, "", f"stoichiometry in {r.getId()}", True)
        for (reaction, local), name in self.own.items():
            p = m.getReaction(reaction).getKineticLaw().getParameter(local)
            value = p.getValue() if p.isSetValue() else math.nan
            q.parameters.append(Parameter(name, value, "", p.getName(), published(self.place)))

    def rates_of_change(self, rows: list[Reaction], counted: Amounts, assigned: set[str]) -> list[Derived]:
        """What `rateOf` asks for: the sum over all that changes a name."""
        found = []
        for name in sorted(self.names):
            if rate_of(name) not in self.asked:
                continue
            if name in assigned or name in counted.of:
                raise SbmlError(
                    f"{self.place}: rateOf({name}): {name} is computed by an assignment rule, which is not "
                    f"supported: ask for the rate of a state"
                )
            gains = [c * r.rate for r in rows for s, c in r.produced if s.name == name]
            losses = [c * r.rate for r in rows for s, c in r.consumed if s.name == name]
            found.append(Derived(rate_of(name), sp.Add(*gains) - sp.Add(*losses), "", f"rate of {name}"))
        return found

    def unit(self, name: str) -> str:
        return self.units.get(name, name)

    def ruled(self, r: Any) -> sp.Expr:
        return self.formula(r.getMath(), r.getVariable())

    def function(self, f: Any) -> Callable[..., sp.Expr]:
        names = [f.getArgument(i).getName() for i in range(f.getNumArguments())]
        body = self.formula(f.getBody(), f.getId())
        return lambda *values: body.xreplace(dict(zip((sp.Symbol(n) for n in names), values, strict=True)))  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic

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

    def events(self, counted: Amounts, ruled: set[str], sizes: set[str]) -> tuple[Event, ...]:
        """Events, with what they do to concentrations: where one sets the size of a compartment, the amounts
        in it stay, also one that it sets: that is a concentration in the compartment as it was (case 01506 of
        the SBML test suite).
        """
        found = []
        for i, e in enumerate(self.model.getListOfEvents()):
            event = self.event(e, i + 1)
            diluted = tuple(
                (s.getId(), s.getCompartment())
                for s in self.model.getListOfSpecies()
                if not s.getHasOnlySubstanceUnits()
                and s.getCompartment() in event.assignments
                and s.getId() not in counted.of
            )
            values = {counted.state(n): counted.counted(n, x) for n, x in event.assignments.items()}
            found.append(replace(event, assignments=values, diluted=diluted))
        return tuple(found)

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
            holds.root,
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


def rows_of(
    reactions: Iterable[Row],
    rates: Mapping[str, sp.Expr],
    thinned: Mapping[str, str],
    species: Mapping[str, Species],
) -> list[Reaction]:
    """What changes the states: reactions, rate rules, and the growth of a compartment around a
    concentration.
    """
    rows = [
        Reaction(
            [(species[n], c) for n, c in consumed], [(species[n], c) for n, c in produced], rate, words, name
        )
        for name, consumed, produced, rate, words in reactions
    ]
    rows += [Reaction(nothing, species[n], e, "rate rule", f"rate_of_{n}") for n, e in rates.items()]
    for n, c in thinned.items():
        loss = sp.Symbol(n) * rates[c] / sp.Symbol(c)
        rows.append(Reaction(species[n], nothing, loss, "its volume grows", f"thinning_of_{n}"))
    return rows
