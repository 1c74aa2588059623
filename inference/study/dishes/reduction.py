"""A network without what no measurement of a study can see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import sympy as sp

from inference.study.dishes.clock import Clock
from inference.study.problem_tables import (
    Tables,
)
from models.declare import Reaction, Species, nothing
from models.engine.protocol import Protocol
from models.formula import formula
from models.network import Network, inlined
from models.reduce import reduced


def smaller(
    network: Network,
    tables: Tables,
    protocols: tuple[Protocol, ...],
    values: Mapping[str, sp.Expr],
    clock: Clock,
    seen: Collection[str] = (),
) -> Network:
    """The network without what the observables, and what else is `seen`, do not depend on, given what is 0 in
    every dish.
    """
    names = {q.name for q in (*network.species, *network.derived, *network.inputs, *network.parameters)}
    formulas = [x for o in tables.observables for x in (o.formula, o.noise)] + [
        x for m in tables.measurements for x in m.overrides
    ]
    keep = {str(s) for e in formulas for s in e.free_symbols} & names
    keep |= {str(s) for e in formulas for s in clock.shown(inlined(network, e)).free_symbols} & names
    keep |= {
        str(s) for n in seen for s in (sp.Symbol(n), *inlined(network, sp.Symbol(n)).free_symbols)
    } & names
    levels: dict[str, set] = {u.name: set() for u in network.inputs}
    for p in protocols:
        for u in network.inputs:
            levels[u.name] |= {period.inputs[u.name] for period in p.periods if u.name in period.inputs}
            if u.name not in p.periods[0].inputs or u.name in p.switches:
                levels[u.name].add(None if u.name in p.switches else u.default)
    zero = {n for n, found in levels.items() if found == {0.0}}
    zero |= {
        p.name
        for p in network.parameters
        if {
            float(v) if v.is_number else 1.0
            for v in (formula(dish.parameters.get(p.name, values[p.name])) for dish in protocols)
        }
        == {0.0}
    }
    return reduced(network, keep, zero - keep)


def steppable(network: Network) -> Network:
    """The network; where its read-outs depend on no species, with one that decays unseen: an engine needs
    something to step.
    """
    if network.species:
        return network
    unseen = Species("unseen", 1.0, "1", "nothing that is measured depends on a species")
    return replace(
        network,
        species=(unseen,),
        reactions=(Reaction(unseen, nothing, unseen.symbol, "decays", "unseen_decay"),),
    )
