"""Networks with parameters turned into inputs, and networks without what cannot matter."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import sympy as sp

from models.declare import Input, Reaction
from models.network import Network, inlined, rates_of_change, stoichiometry
from models.ratelaws import power


def with_inputs(network: Network, names: Collection[str]) -> Network:
    """The network in which these parameters are inputs, so that they can change during an experiment."""
    if not names:
        return network
    moved = tuple(Input(p.name, p.value, p.unit, p.meaning) for p in network.parameters if p.name in names)
    return replace(
        network,
        parameters=tuple(p for p in network.parameters if p.name not in names),
        inputs=(*network.inputs, *moved),
    )


def depends_on(network: Network, names: Iterable[str]) -> set[str]:
    """Species that these names (species, derived quantities) depend on, now or at any earlier time: a
    closure.
    """
    rates = rates_of_change(network)
    species = set(rates)
    derived = {d.name: d for d in network.derived}
    found: set[str] = set()
    todo = set(names)
    while todo:
        name = todo.pop()
        if name in species and name not in found:
            found.add(name)
            todo |= {str(s) for s in rates[name].free_symbols} & species
        elif name in derived:
            todo |= {str(s) for s in inlined(network, derived[name].expression).free_symbols} & species
    return found


def reduced(network: Network, keep: Iterable[str], zero: Collection[str] = ()) -> Network:
    """The network without what cannot change `keep`: exact, since nothing that is kept depends on what goes.

    Args:
        network: the whole network.
        keep: names of species and derived quantities that are wanted.
        zero: inputs and parameters that are 0 throughout; they leave the formulas and the lists. A power of 0
            counts as
            0, since every exponent here is positive.

    Returns:
        A network whose kept species change as before.
    """
    zeros = {sp.Symbol(n): sp.Integer(0) for n in zero}

    def without(e: Any) -> Any:
        if not e.free_symbols & set(zeros):
            return e
        e = e.xreplace(zeros)
        return e.replace(lambda x: x.func is power and x.args[0] == 0, lambda _: sp.Integer(0))

    smaller = replace(
        network,
        species=tuple(
            replace(s, held_by=None) if s.held_by is not None and s.held_by.name in zero else s
            for s in network.species
        ),
        parameters=tuple(p for p in network.parameters if p.name not in zero),
        inputs=tuple(u for u in network.inputs if u.name not in zero),
        derived=tuple(replace(d, expression=without(d.expression)) for d in network.derived),
        reactions=tuple(replace_rate(r, without(r.rate)) for r in network.reactions),
    )
    kept = depends_on(smaller, keep)
    table = stoichiometry(smaller)
    reactions = tuple(
        Reaction(_within(r.consumed, kept), _within(r.produced, kept), r.rate, r.meaning, r.name)
        for r in smaller.reactions
        if r.rate != 0 and any((s, r.name) in table for s in kept)
    )
    used = {str(x) for r in reactions for x in inlined(smaller, r.rate).free_symbols} | kept
    used |= {s.held_by.name for s in smaller.species if s.name in kept and s.held_by is not None}
    wanted = {str(x) for n in keep for x in inlined(smaller, sp.Symbol(n)).free_symbols} | used | set(keep)
    derived = tuple(
        d
        for d in smaller.derived
        if {str(x) for x in inlined(smaller, d.expression).free_symbols} & _species(smaller) <= kept
    )
    wanted |= {str(x) for d in derived for x in inlined(smaller, d.expression).free_symbols}
    return replace(
        smaller,
        species=tuple(s for s in smaller.species if s.name in kept),
        parameters=tuple(p for p in smaller.parameters if p.name in wanted),
        inputs=tuple(u for u in smaller.inputs if u.name in wanted),
        derived=derived,
        reactions=reactions,
    )


def replace_rate(reaction: Reaction, rate: sp.Expr) -> Reaction:
    """The same reaction at another rate."""
    return Reaction(reaction.consumed, reaction.produced, rate, reaction.meaning, reaction.name)


def _within(side: tuple, kept: set[str]) -> tuple:
    return tuple((s, c) for s, c in side if s.name in kept)


def _species(network: Network) -> set[str]:
    return {s.name for s in network.species}
