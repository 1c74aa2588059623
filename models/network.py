"""Pathways assembled into one network: its names resolved, its units checked, its structure read off."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from models.declare import Derived, Elsewhere, Input, Parameter, Pathway, Reaction, Species, time
from models.units import UnitError, unit, unit_of


class NetworkError(ValueError):
    """A table that cannot be assembled: place, finding, remedy."""


@dataclass(frozen=True)
class Network:
    """Species, parameters, inputs, derived quantities (in order of use) and reactions; names are unique."""

    id: str
    species: tuple[Species, ...]
    parameters: tuple[Parameter, ...]
    inputs: tuple[Input, ...]
    derived: tuple[Derived, ...]
    reactions: tuple[Reaction, ...]
    pathway_of: tuple[tuple[str, str], ...] = ()  # (name of a quantity or reaction, pathway)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that changes a trajectory: names, values, rates."""
        text = [f"{s.name}={s.initial}|{s.held_by.name if s.held_by else ''}" for s in self.species]
        text += [f"{p.name}={p.value!r}" for p in self.parameters] + [
            f"{u.name}={u.default!r}" for u in self.inputs
        ]
        text += [f"{d.name}={sp.srepr(d.expression)}" for d in self.derived]
        text += [
            f"{r.name}:{_names(r.consumed)}>{_names(r.produced)}={sp.srepr(r.rate)}" for r in self.reactions
        ]
        return hashlib.sha256("\n".join(text).encode()).hexdigest()[:16]

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __eq__(self, other: object) -> bool:
        """Equal networks share one program: what is an input of one may be a parameter of the other, which
        the fingerprint, that files hold, does not tell.
        """
        if not isinstance(other, Network) or len(self.inputs) != len(other.inputs):
            return False
        return self.fingerprint == other.fingerprint

    def parameter(self, name: str) -> Parameter:
        """The declaration of one parameter."""
        return next(p for p in self.parameters if p.name == name)


def _names(side: tuple) -> str:
    return "+".join(f"{_coefficient(c)}{s.name}" for s, c in side)


def _coefficient(c: float) -> str:
    """The shortest text that is this number and no other."""
    return f"{c:g}" if float(f"{c:g}") == c else repr(c)


def assemble(
    id: str,
    *pathways: type[Pathway],
    held: Mapping[str, Input] | None = None,
    instead: Sequence[type[Pathway]] = (),
) -> Network:
    """Join pathways into a network.

    Args:
        id: name of the assembly.
        pathways: tables; a name that one declares and another uses is resolved here.
        held: inputs that stand for quantities whose pathway is not part of this assembly, at their resting
            level.
        instead: tables of variants; a row takes the place of the row of its name, any other is added.

    Raises:
        NetworkError: two declarations of one name, a name nobody declares, or a unit that does not balance.
    """
    rows: dict[str, tuple[str, object]] = {}
    for pathway in pathways:
        for row in pathway.rows:
            known = rows.get(row.name)
            if known and not (isinstance(row, Input) and known[1] == row):
                raise NetworkError(
                    f"{pathway.__name__}.{row.name}: {known[0]} declares it already: keep one of them"
                )
            rows.setdefault(row.name, (pathway.__name__, row))
    _vary(rows, instead)
    for name, row in (held or {}).items():
        if name in rows:
            raise NetworkError(f"held {name}: {rows[name][0]} declares it: leave it out of `held`")
        rows[name] = ("held", row)

    def of(kind: type) -> tuple:
        return tuple(r for _, r in rows.values() if isinstance(r, kind))

    for s in of(Species):
        if s.held_by is not None and s.held_by.name not in rows:
            rows[s.held_by.name] = ("culture", s.held_by)
    network = Network(
        id,
        of(Species),
        of(Parameter),
        of(Input),
        _in_order(of(Derived)),
        of(Reaction),
        tuple((name, pathway) for name, (pathway, _) in rows.items()),
    )
    check(network)
    return network


def _vary(rows: dict[str, tuple[str, object]], instead: Sequence[type[Pathway]]) -> None:
    """Put the rows of variants into `rows`: in place of those of the same name, under their pathway."""
    varied: dict[str, str] = {}
    for pathway in instead:
        for row in pathway.rows:
            known = rows.get(row.name)
            if isinstance(row, Input) and known and known[1] == row:
                continue
            if row.name in varied:
                raise NetworkError(
                    f"{pathway.__name__}.{row.name}: {varied[row.name]} varies it already: keep one of them"
                )
            varied[row.name] = pathway.__name__
            rows[row.name] = (known[0] if known else pathway.__name__, row)


def _in_order(derived: tuple[Derived, ...]) -> tuple[Derived, ...]:
    names, done, ordered = {d.symbol for d in derived}, set(), []
    left = list(derived)
    while left:
        ready = [d for d in left if not (d.expression.free_symbols & names) - done]
        if not ready:
            raise NetworkError(
                f"derived {', '.join(d.name for d in left)}: defined in a circle: break it with a species"
            )
        ordered += ready
        done |= {d.symbol for d in ready}
        left = [d for d in left if d.symbol not in done]
    return tuple(ordered)


def check(network: Network) -> None:
    """Every name declared, every unit balanced; raises `NetworkError` naming place, finding and remedy."""
    where = dict(network.pathway_of)
    units: dict[sp.Symbol, sp.Expr] = {time: unit("min")}
    for q in (*network.species, *network.parameters, *network.inputs, *network.derived):
        try:
            units[q.symbol] = unit(q.unit)
        except UnitError as e:
            raise NetworkError(f"{where.get(q.name, network.id)}.{q.name}: {e}") from None
    species = {s.name: s for s in network.species}
    for place, expression, expected in [
        *((d.name, d.expression, units[d.symbol]) for d in network.derived),
        *((r.name, r.rate, None) for r in network.reactions),
    ]:
        at = f"{where.get(place, network.id)}.{place}"
        try:
            found = unit_of(expression, units)
        except UnitError as e:
            raise NetworkError(f"{at}: {e}") from None
        if expected is not None and expression != 0 and sp.simplify(found / expected) != 1:
            raise NetworkError(f"{at}: declared in {expected} but the expression is in {found}")
        if expected is None:
            reaction = next(r for r in network.reactions if r.name == place)
            for side in (reaction.consumed, reaction.produced):
                for s, _ in side:
                    if s.name not in species:
                        raise NetworkError(f"{at}: changes {s.name}, which is no species of this assembly")
                    if sp.simplify(found * unit("min") / units[s.symbol]) != 1:
                        raise NetworkError(
                            f"{at}: the rate is in {found}, but {s.name} changes in "
                            f"{units[s.symbol] / unit('min')}"
                        )


def inlined(network: Network, expression: sp.Expr) -> sp.Expr:
    """The expression in species, parameters, inputs and time alone: derived quantities replaced by what they
    stand for.
    """
    found: Any = expression
    for d in reversed(network.derived):
        if found.has(d.symbol):
            found = found.xreplace({d.symbol: d.expression})
    return found


def stoichiometry(network: Network) -> dict[tuple[str, str], float]:
    """Net coefficient of each (species, reaction) that is not zero."""
    table: dict[tuple[str, str], float] = {}
    for r in network.reactions:
        for side, sign in ((r.consumed, -1.0), (r.produced, 1.0)):
            for s, c in side:
                table[s.name, r.name] = table.get((s.name, r.name), 0.0) + sign * c
    return {k: v for k, v in table.items() if v}


def rates_of_change(network: Network) -> dict[str, sp.Expr]:
    """d(species)/dt in species, parameters, inputs and time, unit of the species per min."""
    total: dict[str, sp.Expr] = {s.name: sp.Integer(0) for s in network.species}
    rate = {r.name: inlined(network, r.rate) for r in network.reactions}
    for (species, reaction), c in stoichiometry(network).items():
        total[species] += (sp.Integer(int(c)) if c == int(c) else sp.Float(c)) * rate[reaction]
    for s in network.species:
        if s.held_by is not None:
            total[s.name] = (1 - s.held_by.symbol) * total[s.name]
    return total


def conserved_totals(network: Network) -> tuple[dict[str, sp.Rational], ...]:
    """Weights of species whose sum no reaction changes (left null space of the stoichiometry)."""
    table = stoichiometry(network)
    names = [s.name for s in network.species]
    matrix = sp.Matrix(
        len(names),
        len(network.reactions),
        lambda i, j: sp.nsimplify(table.get((names[i], network.reactions[j].name), 0)),
    )
    return tuple({n: w for n, w in zip(names, v, strict=True) if w} for v in matrix.T.nullspace())


__all__ = [
    "Elsewhere",
    "Network",
    "NetworkError",
    "assemble",
    "check",
    "conserved_totals",
    "inlined",
    "rates_of_change",
    "stoichiometry",
]
