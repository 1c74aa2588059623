"""The words of a pathway table: species, parameters, inputs, derived quantities, reactions, and where numbers
come from.

A pathway is a class body in which every name stands for one row of a table. Quantities behave like the SymPy
symbol of their name, so a rate law is written as on a blackboard and stays an expression that can be read,
derived and printed. Nothing here needs an array library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import sympy as sp

from models.belief_kinds import Belief, Beta, Dirichlet, Fixed, HalfNormal, LogitNormal, LogNormal
from models.formula import formula

time = sp.Symbol("t")  # min since the reference time of the protocol (the stimulus)

Status = Literal["published", "derived", "memory", "assumed"]


@dataclass(frozen=True)
class Source:
    """Where a number comes from: how far it can be trusted, and the citation or the reason."""

    status: Status
    text: str

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError(
                f"source: a {self.status} number has no citation or reason: say where it comes from"
            )


def published(text: str) -> Source:
    """Read in the model file or the data named."""
    return Source("published", text)


def derived(text: str) -> Source:
    """Computed from a published number, or tuned so that a cited measurement comes out."""
    return Source("derived", text)


def memory(text: str) -> Source:
    """Known from the literature, source not opened: unverified."""
    return Source("memory", text)


def assumed(text: str) -> Source:
    """A choice with no measurement behind it."""
    return Source("assumed", text)


fixed = Fixed()


def log_normal(sd: float) -> Belief:
    """Positive, median at the nominal value; `sd` of ln."""
    return LogNormal(sd)


def logit_normal(sd: float = 1.0) -> Belief:
    """Share in 0..1, median at the nominal value; `sd` of the logit."""
    return LogitNormal(sd)


def beta(a: float, b: float) -> Belief:
    """Share in 0..1."""
    return Beta(a, b)


def half_normal(sd: float) -> Belief:
    """Non-negative, largest density at 0."""
    return HalfNormal(sd)


def dirichlet(total: float) -> Belief:
    """One of a group of shares that add up to 1, each with its mean at the nominal value."""
    return Dirichlet(total)


class _Quantity:
    """A named quantity that stands for its SymPy symbol in expressions."""

    name: str

    @property
    def symbol(self) -> sp.Symbol:
        return sp.Symbol(self.name)

    def _sympy_(self) -> sp.Symbol:
        return self.symbol

    def __add__(self, other: Any) -> sp.Expr:
        return self.symbol + formula(other)

    def __radd__(self, other: Any) -> sp.Expr:
        return formula(other) + self.symbol

    def __sub__(self, other: Any) -> sp.Expr:
        return self.symbol - formula(other)

    def __rsub__(self, other: Any) -> sp.Expr:
        return formula(other) - self.symbol

    def __mul__(self, other: Any) -> sp.Expr:
        return self.symbol * formula(other)

    def __rmul__(self, other: Any) -> sp.Expr:
        return formula(other) * self.symbol

    def __truediv__(self, other: Any) -> sp.Expr:
        return self.symbol / formula(other)

    def __rtruediv__(self, other: Any) -> sp.Expr:
        return formula(other) / self.symbol

    def __pow__(self, other: Any) -> sp.Expr:
        return self.symbol ** formula(other)

    def __neg__(self) -> sp.Expr:
        return -self.symbol


@dataclass(frozen=True, eq=True)
class Input(_Quantity):
    """A constant of the experiment between two of its events: a drug, a cell density, a switch.

    `uniprot` and `chebi` as in `Species`.
    """

    name: str
    default: float
    unit: str
    meaning: str
    uniprot: str = ""
    chebi: str = ""


@dataclass(frozen=True, eq=True)
class Species(_Quantity):
    """A state of the network.

    `initial` is the level from which a pre-culture starts, in `unit`. `held_by` names an input that, at 1,
    stops every change of the species (medium changed often, density kept). `uniprot` is the accession of the
    human protein, several of a complex with spaces between; a transcript names the protein it `encodes`
    instead. `chebi` is that of a small molecule, as CHEBI:1234.
    """

    name: str
    initial: float
    unit: str
    meaning: str
    place: str = "cell"
    held_by: Input | None = None
    uniprot: str = ""
    chebi: str = ""
    encodes: str = ""


@dataclass(frozen=True, eq=True)
class Parameter(_Quantity):
    """A number of the model: nominal value, unit, how sure we are, and why."""

    name: str
    value: float
    unit: str
    meaning: str
    source: Source
    belief: Belief = fixed
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=True)
class Derived(_Quantity):
    """A named intermediate: an expression of other quantities, worth a word on a blackboard."""

    name: str
    expression: sp.Expr
    unit: str
    meaning: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", formula(self.expression))


@dataclass(frozen=True)
class Elsewhere(_Quantity):
    """A quantity that another pathway of the assembly declares."""

    name: str


def elsewhere(names: str) -> tuple[Elsewhere, ...]:
    """Stand-ins for quantities declared by other pathways, resolved when a network is assembled."""
    return tuple(Elsewhere(n) for n in names.split())


Side = tuple[tuple[Species | Elsewhere, float], ...]
nothing: Side = ()


@dataclass(frozen=True)
class Reaction:
    """Something that turns `consumed` into `produced` at `rate` (unit of the species per min).

    A side is a species, a tuple of species, or a tuple of (species, stoichiometric coefficient).
    """

    consumed: Side
    produced: Side
    rate: sp.Expr
    meaning: str
    name: str = ""

    def __init__(self, consumed: Any, produced: Any, rate: Any, meaning: str, name: str = "") -> None:
        object.__setattr__(self, "consumed", _side(consumed))
        object.__setattr__(self, "produced", _side(produced))
        object.__setattr__(self, "rate", formula(rate))
        object.__setattr__(self, "meaning", meaning)
        object.__setattr__(self, "name", name)


def _side(side: Any) -> Side:
    if isinstance(side, (Species, Elsewhere)):
        return ((side, 1.0),)
    return tuple((x, 1.0) if isinstance(x, (Species, Elsewhere)) else (x[0], float(x[1])) for x in side)


Row = Species | Parameter | Input | Derived | Reaction


class Pathway:
    """A table of the biology. Subclass it and write one row a name; a subclass of a pathway is a variant of
    it.
    """

    rows: ClassVar[tuple[Row, ...]] = ()

    def __init_subclass__(cls) -> None:
        rows: dict[str, Row] = {}
        for base in reversed(cls.__mro__):
            for attribute, row in vars(base).items():
                if isinstance(row, Reaction):
                    rows[attribute] = replace_name(row, attribute)
                elif isinstance(row, (Species, Parameter, Input, Derived)):
                    if row.name != attribute:
                        raise ValueError(
                            f"{cls.__name__}.{attribute}: is named {row.name!r}: use one name for both"
                        )
                    rows[attribute] = row
        cls.rows = tuple(rows.values())


def replace_name(reaction: Reaction, name: str) -> Reaction:
    """The same reaction under the name of its row."""
    return reaction if reaction.name else replace(reaction, name=name)


@dataclass(frozen=True)
class Event:
    """Names that take new values when a condition becomes true.

    Attributes:
        id: as in the file.
        margin, strict: the trigger holds where `margin` is >= 0, or > 0 where it is strict.
        assignments: name -> expression.
        delay: between trigger and assignment.
        priority: of those due at one time the highest comes first; None without one.
        initially: whether the trigger counts as true before the start, so that it has to become false first.
        persistent: whether the assignment is carried out although the trigger became false in the meantime.
        from_trigger: whether values are those at the time of the trigger, not of the assignment.
        root: an expression that is 0 where the trigger changes, with slopes; None where `margin` is one.
        diluted: (species, compartment): concentrations whose amounts stay what they are when the compartment
            gets another size.
        at_once: whether it comes before everything else at its time, as the start of a period does.
    """

    id: str
    margin: sp.Expr
    strict: bool
    assignments: Mapping[str, sp.Expr]
    delay: sp.Expr
    priority: sp.Expr | None = None
    initially: bool = True
    persistent: bool = True
    from_trigger: bool = True
    root: sp.Expr | None = None
    diluted: tuple[tuple[str, str], ...] = ()
    at_once: bool = False
