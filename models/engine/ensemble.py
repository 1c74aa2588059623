"""An ensemble: every parameter set in every experiment, on all devices, in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Bool, Float

from models.engine.blocks import Tell, block, silent
from models.engine.compile import Scalars, System, observable
from models.engine.derivative import Program
from models.engine.devices import on_devices
from models.engine.lane_states import Items, Observe, Tolerance
from models.engine.lanes import every_species
from models.engine.native.choice import XLA, engine
from models.engine.native.kernel import Kernel
from models.engine.protocol import Protocol, evaluate, schedule
from models.engine.solver.tableau import RODAS5P, Tableau
from models.engine.timeline import merge
from models.engine.work_queue import COMPLETE, REASONS
from models.network import Network

if TYPE_CHECKING:
    import xarray as xr  # a machine that only simulates lanes need not have it

# items a device and chunk: long enough that the last trajectories of a chunk are a small share of it, with
# the lanes that a CPU has, and with those of an accelerator
CHUNK, CHUNK_OF_ACCELERATORS = 16_384, 262_144
Observables = tuple[tuple[str, sp.Expr], ...]
Join = Callable[[Path, Sequence[Path]], None]  # (temporary file, parts): fills the one from the others


@dataclass(frozen=True)
class Setting:
    """Everything of an ensemble but its parameter sets. Hashable, so that the same setting never compiles
    twice.

    Attributes:
        protocols: one an experiment.
        times: min, ascending.
        observables: (name, expression of the network's quantities); every species if there are none.
        precision: "float64", or "float32" where the caller accepts its error: compare some sets.
        room: (times, periods) that there is room for, if more than are asked for: settings that have the same
            room, tolerances and observables share one compiled program.
    """

    system: System
    protocols: tuple[Protocol, ...]
    times: tuple[float, ...]
    observables: Observables
    rtol: float
    atol: float
    max_steps: int = 30_000
    tableau: Tableau = RODAS5P
    precision: str = "float64"
    room: tuple[int, int] = (0, 0)

    @property
    def key(self) -> str:
        """Text that determines the result, parameter sets aside."""
        parts = (
            self.system.network.fingerprint,
            self.system.parameters,
            self.times,
            self.rtol,
            self.atol,
            self.max_steps,
        )
        return repr(
            (
                *parts,
                self.tableau.name,
                self.precision,
                [(n, sp.srepr(e)) for n, e in self.observables],
                self.protocols,
            )
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of what is observed."""
        return tuple(n for n, _ in self.observables) or self.system.species

    def __hash__(self) -> int:
        return hash((self.key, self.room))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Setting) or self.system is not other.system:
            return False
        return (self.key, self.room) == (other.key, other.room)


def simulate_ensemble(
    setting: Setting,
    parameters: Float[np.ndarray, "set parameter"],
    *,
    lanes: int | None = None,
    chunk: int | None = None,
    devices: Sequence[Any] | None = None,
    tell: Tell = silent,
) -> xr.Dataset:
    """Simulate every parameter set in every experiment of the setting, in memory.

    Args:
        parameters: in the order of `setting.system.parameters`.
        lanes, chunk: trajectories side by side on a device, sets at a time; chosen by default, and reported.
        devices: all devices of this process by default.
        tell: is told after every chunk how many sets are done, and of how many.

    Returns:
        Variables `values` (set, experiment, time, observable), NaN where a solve failed, `ok`, `steps`,
        `reason` (set, experiment) and, as attributes, lanes, chunk, devices and the share of useful work.
    """
    parameters = np.asarray(parameters)
    chunks, found = _chunks(setting, len(parameters), 1, lanes, chunk, devices), []
    for index in range(chunks.count(len(parameters))):
        found.append(chunks.run(parameters, index))
        tell(min((index + 1) * chunks.sets, len(parameters)), len(parameters))
    return chunks.labelled({k: np.concatenate([p[k] for p in found]) for k in found[0]})


def stream_ensemble(
    setting: Setting,
    parameters: Float[np.ndarray, "set parameter"],
    file: Path,
    *,
    lanes: int | None = None,
    chunk: int | None = None,
    devices: Sequence[Any] | None = None,
    share: tuple[int, int] = (0, 1),
    tell: Tell = silent,
    join: Join | None = None,
) -> bool:
    """The same into an HDF5 file, chunk by chunk in bounded memory; what was interrupted goes on where it
    stopped.

    Args:
        share: (index, number) of this process among several that fill the same file; see
            `models.engine.devices.connect`.
        tell: is told after every chunk up to which set this process is done, and of how many.
        join: makes the file from its parts, HDF5 files with the arrays `values`, `ok`, `reason`, ... of
            `simulate_ensemble` for some sets each; another format than the default.

    Returns:
        Whether the file is whole: False where another process still has chunks to do.

    Raises:
        PartsError: the file is being filled by another run. A finished one of these very sets is left as it
            is.
    """
    from models.engine.resumable_file import (  # h5py: only here
        complete,
        finished,
        joined,
        joining,
        write_part,
    )

    parameters = np.asarray(parameters)
    every = len(parameters)
    chunks = _chunks(setting, every, share[1], lanes, chunk, devices)
    count, fingerprint = chunks.count(every), chunks.fingerprint(parameters)
    if complete(file, fingerprint):
        return True
    done = finished(file, fingerprint, count)
    for index in range(share[0], count, share[1]):
        if index not in done:
            write_part(file, index, fingerprint, chunks.run(parameters, index))
        tell(min((index + 1) * chunks.sets, every), every)
    if len(finished(file, fingerprint, count)) < count:
        return False
    with joining(file, count) as (temporary, parts):
        if join is None:
            joined(temporary, parts, chunks.labels(), chunks.attributes() | {"fingerprint": fingerprint})
        else:
            join(temporary, parts)
    return True


@dataclass(frozen=True)
class _Chunks:
    """How the sets are done, `sets` at a time."""

    setting: Setting
    devices: tuple[Any, ...]
    lanes: int | None
    sets: int

    def count(self, every: int) -> int:
        """Chunks of so many sets."""
        return -(-every // self.sets)

    def fingerprint(self, parameters: Float[np.ndarray, "set parameter"]) -> str:
        """Of all that determines the parts of a file."""
        text = self.setting.key.encode() + np.ascontiguousarray(parameters).tobytes()
        by = "" if self.kernel is None else engine()  # in the last digits
        return hashlib.sha256(text + f"{self.sets}{by}".encode()).hexdigest()

    @property
    def program(self) -> Program:
        s = self.setting
        return Program(
            s.system, s.tableau, observing(s.system.network, s.observables), s.max_steps, (), self.lanes
        )

    @property
    def kernel(self) -> Kernel | None:
        return self.program.kernel(jnp.dtype(self.setting.precision))

    def run(self, parameters: Float[np.ndarray, "set parameter"], index: int) -> dict[str, np.ndarray]:
        """Results of one chunk; a short last one is filled up with sets that end at once, so that nothing
        compiles anew.
        """
        s, every = self.setting, len(parameters)
        part = block(index, every, self.sets)
        spare = self.padded() // len(s.protocols) - self.sets  # the devices share the items evenly
        rows = np.append(part.rows, np.repeat(part.rows[:1], spare))
        real = np.append(part.real, np.zeros(spare, bool))
        dtype = jnp.dtype(s.precision)
        items = _items(s, jnp.asarray(parameters[rows]), jnp.asarray(real))
        items = jax.tree.map(lambda x: x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x, items)
        tolerance = Tolerance(jnp.asarray(s.rtol, dtype), jnp.full(len(s.system.species), s.atol, dtype))
        values, steps, reason, turns = on_devices(self.program, list(self.devices), items, tolerance)
        values = jnp.take_along_axis(values, items.timeline.slot[:, : len(s.times), None], 1)

        def by_set(x: Array) -> np.ndarray:
            return np.asarray(x).reshape(len(rows), len(s.protocols), *x.shape[1:])[: part.count]

        ok = by_set(reason) == COMPLETE
        failed = np.nonzero(~ok.all(1))[0]
        done = float(np.sum(turns)) * self.width()
        return {
            "values": np.where(ok[:, :, None, None], by_set(values), np.nan),
            "ok": ok,
            "steps": by_set(steps),
            "reason": by_set(reason).astype(np.int8),
            "failed_set": part.rows[failed],
            "failed_parameters": parameters[part.rows[failed]],
            "useful_and_done": np.array([[float(np.sum(steps)), done]]),
        }

    def padded(self) -> int:
        """Items of a chunk: a multiple of the devices."""
        every = len(self.devices) * len(self.setting.protocols)
        return -(-self.sets * len(self.setting.protocols) // every) * every

    def width(self) -> int:
        """Lanes on each device, or of a vector."""
        if self.kernel is not None:
            return self.kernel.width
        return self.program.plan(self.padded() // len(self.devices)).lanes

    def labels(self) -> dict[str, list]:
        s = self.setting
        return {
            "experiment": [p.id for p in s.protocols],
            "time": list(s.times),
            "observable": list(s.names),
            "parameter": list(s.system.parameters),
            "reasons": list(REASONS),
        }

    def attributes(self) -> dict[str, str | int | float]:
        return {
            "lanes": self.width(),
            "chunk": self.sets,
            "devices": len(self.devices),
            "precision": self.setting.precision,
            "engine": XLA if self.kernel is None else engine(),
            "solver": self.setting.tableau.name,
            "rtol": self.setting.rtol,
            "atol": self.setting.atol,
        }

    def labelled(self, arrays: Mapping[str, np.ndarray]) -> xr.Dataset:
        dims = ("set", "experiment")
        labels, (useful, done) = self.labels(), arrays["useful_and_done"].sum(0)
        import xarray as xr

        return xr.Dataset(
            {
                "values": ((*dims, "time", "observable"), arrays["values"]),
                "ok": (dims, arrays["ok"]),
                "steps": (dims, arrays["steps"]),
                "reason": (dims, arrays["reason"]),
                "failed_parameters": (("failed", "parameter"), arrays["failed_parameters"]),
            },
            coords={k: labels[k] for k in ("experiment", "time", "observable", "parameter")}
            | {"failed": arrays["failed_set"]},
            attrs=self.attributes() | {"useful_work": float(useful / done) if done else 1.0},
        )


def _chunks(
    setting: Setting,
    sets: int,
    processes: int,
    lanes: int | None,
    chunk: int | None,
    devices: Sequence[Any] | None,
) -> _Chunks:
    if sets == 0:
        raise ValueError("an ensemble: no parameter sets: give at least one row")
    used = tuple(devices or jax.local_devices())
    most = CHUNK if jax.default_backend() == "cpu" else CHUNK_OF_ACCELERATORS
    most = max(1, most * len(used) // len(setting.protocols))
    return _Chunks(setting, used, lanes, chunk or min(-(-sets // processes), most))


@lru_cache(maxsize=64)
def observing(network: Network, observables: Observables) -> Observe:
    """Observables of an ensemble as one function, the same object for equal ones: another compiles anew."""
    functions = [observable(network, e) for _, e in observables]
    if not functions:
        return every_species

    def observe(t: Any, y: Scalars, args: Scalars) -> Scalars:
        return tuple(f(t, y, args) for f in functions)

    return observe


@partial(jax.jit, static_argnums=0)
def _items(setting: Setting, parameters: Float[Array, "set parameter"], real: Bool[Array, " set"]) -> Items:
    """Every set in every experiment; a set that is not real has no output and no second period."""
    system, (times, periods) = setting.system, setting.room
    periods = max(periods, *(len(p.periods) for p in setting.protocols))

    def one(row: Float[Array, " parameter"]) -> Any:
        values = dict(zip(system.parameters, row, strict=True))
        rows, schedules = [], []
        for protocol in setting.protocols:
            own = values | {k: evaluate(v, values) for k, v in protocol.parameters.items() if k in values}
            rows.append(jnp.stack([own[k] for k in system.parameters]))
            schedules.append(schedule(system, protocol, own, periods))
        return jnp.stack(rows), jax.tree.map(lambda *x: jnp.stack(x), *schedules)

    rows, schedules = jax.vmap(one)(parameters)
    rows, schedules = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), (rows, schedules))
    asked = np.append(setting.times, [np.inf] * max(0, times - len(setting.times)))
    counts = jnp.repeat(real, len(setting.protocols))[:, None]
    starts = schedules.starts.at[:, 1:].set(jnp.where(counts, schedules.starts[:, 1:], jnp.inf))
    timeline = merge(starts, jnp.where(counts, asked, jnp.inf))
    return Items(rows, schedules.inputs, schedules.keep, schedules.add, timeline)
