"""What of a network goes with time: switches become inputs, narrow features become stops of the solver.

A solver that meets a jump of its field inside a step loses its order there, and one that steps over a short
pulse never knows of it. So a condition on time alone becomes an input that is 0 or 1 between two stops, and
the times at which a smooth formula of time changes its course become stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from inference.study.dishes.narrow_times import turning
from models.comparisons import NotLinearError, crossings
from models.declare import Input, time
from models.network import Network, inlined
from models.ratelaws import choose
from models.reduce import replace_rate

MOST_MARKS = 200
HALF = sp.Rational(1, 2)


def exact(e: sp.Expr) -> sp.Expr:
    """The expression with every decimal number as the fraction that it is in the machine."""
    return e.xreplace({f: sp.Rational(float(f)) for f in e.atoms(sp.Float)})  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic


@dataclass(frozen=True)
class Clock:
    """What of a network goes with time.

    Attributes:
        switches: inputs that are 1 where a formula of time, parameters and inputs is >= 0, else 0.
        marks: formulas at whose zeros something narrow may lie: the solver starts afresh there.
        turning: the same for formulas that are not linear in time: their zeros are looked for.
        runs: an input that is 1, and 0 while time stands still before a steady state; empty where no rate
            names time or nothing waits for a steady state.
        since: an input that is the time at which it then stands.
        haste: an input that multiplies every rate; empty where all steady states are reached without.
    """

    switches: Mapping[str, sp.Expr]
    marks: tuple[sp.Expr, ...]
    runs: str = ""
    since: str = ""
    haste: str = ""
    turning: tuple[sp.Expr, ...] = ()

    @property
    def names(self) -> set[str]:
        """Inputs of the network that are no part of the file."""
        return {*self.switches, self.runs, self.since, self.haste} - {""}

    def inputs(self, runs: float, since: float) -> dict[str, float]:
        """Levels of the inputs that stop time."""
        return {self.runs: runs, self.since: since} if self.runs else {}

    def shown(self, e: sp.Expr) -> sp.Expr:
        """A formula with its switches as conditions on time again, as an instrument sees them."""
        return e.xreplace(  # pyright: ignore[reportReturnType]  SymPy's stubs say Basic
            {sp.Symbol(n): choose(m, sp.Integer(1), sp.Integer(0)) for n, m in self.switches.items()}
        )


STILL = Clock({}, ())


def quickened(network: Network, clock: Clock) -> tuple[Network, Clock]:
    """The network with an input that multiplies every rate, for what comes to rest very slowly."""
    name = _free("haste", {q.name for q in (*network.species, *network.parameters, *network.inputs)})
    reactions = tuple(replace_rate(r, r.rate * sp.Symbol(name)) for r in network.reactions)
    haste = Input(name, 1.0, "", "what quickens the way to rest")
    return replace(network, reactions=reactions, inputs=(*network.inputs, haste)), replace(clock, haste=name)


def timed(network: Network, waits: bool, watched: Iterable[sp.Expr] = ()) -> tuple[Network, Clock]:
    """The network with its switches as inputs, and what goes with time.

    Args:
        network: of a file.
        waits: whether some dish begins at a steady state; explicit time stands still there.
        watched: formulas of events that the engine looks at.
    """
    species = {s.symbol for s in network.species}
    looked = any(e.has(time) for e in watched)
    if not (looked and waits) and not any(e.has(time) for e in _formulas(network)):
        return network, STILL
    taken = {q.name for q in (*network.species, *network.parameters, *network.inputs, *network.derived)}
    switches: dict[sp.Expr, str] = {}
    done: dict[sp.Expr, sp.Expr] = {}

    def switch(margin: sp.Expr) -> sp.Symbol | None:
        m = inlined(network, margin)
        if not m.has(time) or m.free_symbols & species:
            return None
        try:
            crossings(m)
        except NotLinearError:
            return None
        return sp.Symbol(switches.setdefault(m, _free(f"switch_{len(switches)}", taken)))

    def walk(e: sp.Expr) -> sp.Expr:
        if e not in done:
            on = switch(e.args[0]) if e.func is choose else None  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
            if on is not None:
                done[e] = choose(on - HALF, walk(e.args[1]), walk(e.args[2]))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
            else:
                done[e] = e.func(*map(walk, e.args)) if e.args and e.has(time, choose) else e  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
        return done[e]

    network = _mapped(network, walk)
    marks = _marks(network, species)
    still: set[sp.Basic] = {q.symbol for q in (*network.parameters, *network.inputs)}
    bent = turning([inlined(network, e) for e in _formulas(network)], still)
    clock = Clock({n: m for m, n in switches.items()}, marks, turning=bent)
    if waits and (looked or any(e.has(time) for e in _formulas(network))):
        runs, since = _free("time_runs", taken), _free("time_since", taken)
        clock = replace(clock, runs=runs, since=since)
        at = sp.Symbol(since) + sp.Symbol(runs) * (time - sp.Symbol(since))
        network = _mapped(network, lambda e: e.xreplace({time: at}))  # pyright: ignore[reportArgumentType]  SymPy's stubs say Basic
    names = [*clock.switches, *filter(None, (clock.runs, clock.since))]
    more = tuple(Input(n, 1.0 if n == clock.runs else 0.0, "", "what goes with time") for n in names)
    return replace(network, inputs=(*network.inputs, *more)), clock


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _formulas(network: Network) -> list[sp.Expr]:
    return [*(d.expression for d in network.derived), *(r.rate for r in network.reactions)]


def _mapped(network: Network, change: Callable[[sp.Expr], sp.Expr]) -> Network:
    return replace(
        network,
        derived=tuple(replace(d, expression=change(d.expression)) for d in network.derived),
        reactions=tuple(replace_rate(r, change(r.rate)) for r in network.reactions),
    )


def _marks(network: Network, species: set[sp.Symbol]) -> tuple[sp.Expr, ...]:
    """Sums that are linear in time, hold no species and are 0 somewhere else than at time 0."""
    found: dict[sp.Expr, None] = {}
    for e in _formulas(network):
        for part in e.atoms(sp.Add):
            m = inlined(network, part)
            if not m.has(time) or m.free_symbols & species or m.has(choose):
                continue
            slope = sp.diff(m, time)
            if slope != 0 and not slope.has(time) and not sp.expand(m - slope * time).has(time):
                found[m] = None
    return tuple(found)[:MOST_MARKS]
