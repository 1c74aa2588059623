"""One pool of numbers, and the protocols of a study as arrays of positions in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Float

from models.declare import time
from models.engine.compile import MODULES, System
from models.engine.protocol import Protocol
from models.formula import formula, function_of


@dataclass(eq=False)
class Pool:
    """Numbers that lanes are made of: unknowns first, then constants, then formulas of unknowns."""

    unknowns: tuple[str, ...]
    entries: dict[sp.Expr, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.entries = {sp.Symbol(n): i for i, n in enumerate(self.unknowns)}

    def position(self, value: sp.Expr | float) -> int:
        """Where this number, unknown or formula stands (it is added if it is new)."""
        e = sp.Float(value, 17) if isinstance(value, float | int) else value
        e = sp.Float(float(e), 17) if e.is_number else e
        return self.entries.setdefault(e, len(self.entries))

    def moving(self) -> np.ndarray:
        """Which entries depend on an unknown."""
        return np.array([not e.is_number for e in self.entries], bool)

    def function(self) -> Callable[[Float[Array, " unknown"]], Float[Array, " entry"]]:
        """theta -> all numbers of the pool."""
        items = list(self.entries)[len(self.unknowns) :]
        formulas = [e for e in items if not e.is_number]
        values = np.array([float(e) for e in items if e.is_number])
        order = np.argsort(
            np.argsort([e.is_number is not True for e in items], kind="stable"), kind="stable"
        ) + len(self.unknowns)
        gather = np.concatenate([np.arange(len(self.unknowns)), order]).astype(int)
        symbols = [sp.Symbol(n) for n in self.unknowns]
        compiled = function_of([symbols], formulas, MODULES) if formulas else None

        def fill(theta: Float[Array, " unknown"]) -> Float[Array, " entry"]:
            parts = [theta, jnp.asarray(values)]
            if compiled is not None:
                parts.append(jnp.stack([jnp.asarray(x, theta.dtype) for x in compiled(theta)]))
            return jnp.concatenate(parts)[gather]

        return fill


@dataclass(frozen=True, eq=False)
class Moving:
    """Periods that begin at estimated times, and the inputs that such times switch.

    Attributes:
        starts: (lane, moving) positions in the pool; used: where there is one.
        add: (lane, moving, species) positions; keep: (lane, moving, species), as in `PooledProtocols`.
        switches: of some lanes the columns of inputs, and (t, theta) -> a number >= 0 where each is on.
    """

    starts: np.ndarray
    used: np.ndarray
    add: np.ndarray
    keep: np.ndarray
    switches: tuple[tuple[int, np.ndarray, Callable[[Any, Any], Any]], ...]


@dataclass(frozen=True, eq=False)
class PooledProtocols:
    """Protocols as positions in the pool.

    Attributes:
        starts: (lane, period) min, +inf where there is none.
        parameters: (lane, parameter) positions; inputs: (lane, period, input); add: (lane, period, species).
        keep: (lane, period, species) 1.0 where the species goes on, 0.0 where it is set.
    """

    starts: np.ndarray
    parameters: np.ndarray
    inputs: np.ndarray
    add: np.ndarray
    keep: np.ndarray
    moving: Moving | None = None


def lay_out(
    protocols: list[Protocol], system: System, values: Mapping[str, sp.Expr], pool: Pool
) -> PooledProtocols:
    """Protocols as positions in the pool, for a compiled network (names that it does not have are left
    out).
    """
    n, m = len(protocols), max(len(p.periods) for p in protocols)
    starts = np.full((n, m), np.inf)
    parameters = np.zeros((n, len(system.parameters)), int)
    inputs = np.zeros((n, m, len(system.inputs)), int)
    add = np.full((n, m, len(system.species)), pool.position(0.0))
    keep = np.ones((n, m, len(system.species)))
    index = {s: i for i, s in enumerate(system.species)}
    defaults = dict(zip(system.inputs, system.nominal[len(system.parameters) :], strict=True))
    for i, p in enumerate(protocols):
        here: dict[str, Any] = {**values, **p.parameters}
        parameters[i] = [pool.position(here[name]) for name in system.parameters]
        current: dict[str, Any] = dict(defaults)
        for j in range(m):
            if j < len(p.periods):
                starts[i, j] = p.periods[j].start
                current |= {k: v for k, v in p.periods[j].inputs.items() if k in current}
                for name, v in p.periods[j].put.items():
                    if name in index:
                        keep[i, j, index[name]], add[i, j, index[name]] = 0.0, pool.position(v)
                for name, share in p.periods[j].keep.items():
                    if name in index:
                        keep[i, j, index[name]] = share
                for name, v in p.periods[j].add.items():
                    if name in index:
                        total = v if keep[i, j, index[name]] else formula(p.periods[j].put[name]) + v
                        add[i, j, index[name]] = pool.position(total)
            inputs[i, j] = [pool.position(current[name]) for name in system.inputs]
    return PooledProtocols(starts, parameters, inputs, add, keep, _moving(protocols, system, pool))


def _moving(protocols: list[Protocol], system: System, pool: Pool) -> Moving | None:
    """What of the protocols begins at estimated times; None where nothing does."""
    if not any(p.moving or p.switches for p in protocols):
        return None
    n, m = len(protocols), max(len(p.moving) for p in protocols)
    starts, used = np.full((n, m), pool.position(0.0)), np.zeros((n, m), bool)
    add = np.full((n, m, len(system.species)), pool.position(0.0))
    keep = np.ones((n, m, len(system.species)))
    index = {s: i for i, s in enumerate(system.species)}
    unknowns = [sp.Symbol(u) for u in pool.unknowns]
    switches = []
    for i, p in enumerate(protocols):
        for j, period in enumerate(p.moving):
            starts[i, j], used[i, j] = pool.position(period.start), True
            for name, share in (*period.keep.items(), *((name, 0.0) for name in period.put)):
                if name in index:
                    keep[i, j, index[name]] = share
            for name, v in (*period.put.items(), *period.add.items()):
                if name in index:
                    add[i, j, index[name]] = pool.position(v)
        mine = {k: e for k, e in p.switches.items() if k in system.inputs}
        if mine:
            at = np.array([system.inputs.index(k) for k in mine])
            switches.append((i, at, function_of([time, unknowns], list(mine.values()), MODULES)))
    return Moving(starts, used, add, keep, tuple(switches))
