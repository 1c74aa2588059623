"""An ensemble: every parameter set in every experiment, on all devices, in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Float

from models.engine.compile import Scalars, System, observable
from models.engine.derivative import Request
from models.engine.devices import on_devices
from models.engine.protocol import Protocol, evaluate, schedule
from models.engine.solver.tableau import RODAS5P, Tableau
from models.engine.timeline import merge
from models.engine.work_queue import COMPLETE, REASONS, Items, Observe, Tolerance

if TYPE_CHECKING:
    import xarray as xr  # a machine that only simulates lanes need not have it

# items a device and chunk: long enough that the last trajectories of a chunk are a small share of it
CHUNK = 16_384


@dataclass(frozen=True)
class Setting:
    """Everything of an ensemble but its parameter sets. Hashable, so that the same setting never compiles
    twice.

    Attributes:
        protocols: one an experiment.
        times: min, ascending.
        observables: (name, expression of the network's quantities).
        precision: "float64", or "float32" where the caller accepts its error, which is then measured and
            reported.
    """

    system: System
    protocols: tuple[Protocol, ...]
    times: tuple[float, ...]
    observables: tuple[tuple[str, sp.Expr], ...]
    rtol: float
    atol: float
    max_steps: int = 30_000
    tableau: Tableau = RODAS5P
    precision: str = "float64"

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

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Setting) and self.system is other.system and self.key == other.key


def simulate_ensemble(
    setting: Setting,
    parameters: Float[np.ndarray, "set parameter"],
    *,
    lanes: int | None = None,
    chunk: int | None = None,
    devices: Sequence[Any] | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Simulate every parameter set in every experiment of the setting, in memory.

    Args:
        parameters: in the order of `setting.system.parameters`.
        lanes, chunk: trajectories side by side on a device, sets at a time; chosen by default, and reported.
        devices: all devices of this process by default.
        progress: show a bar with the time left.

    Returns:
        Variables `values` (set, experiment, time, observable), `ok`, `steps`, `reason` (set, experiment) and,
        as attributes, lanes, chunk, devices and the share of useful work.
    """
    parameters = np.asarray(parameters)
    work = _work(setting, len(parameters), 1, lanes, chunk, devices)
    found = [work.part(parameters, i) for i in _watched(list(range(work.parts(len(parameters)))), progress)]
    return work.labelled({k: np.concatenate([p[k] for p in found]) for k in found[0]})


def stream_ensemble(
    setting: Setting,
    parameters: Float[np.ndarray, "set parameter"],
    file: Path,
    *,
    lanes: int | None = None,
    chunk: int | None = None,
    devices: Sequence[Any] | None = None,
    share: tuple[int, int] = (0, 1),
    progress: bool = False,
) -> None:
    """The same into an HDF5 file, chunk by chunk in bounded memory; what was interrupted goes on where it
    stopped.

    Args:
        share: (index, number) of this process among several that fill the same file; see
            `models.engine.devices.connect`.

    Raises:
        PartsError: the file is being filled by another run. A finished one of these very sets is left as it
            is.
    """
    from models.engine.resumable_file import complete, finished, join, write_part  # h5py: only here

    parameters = np.asarray(parameters)
    work = _work(setting, len(parameters), share[1], lanes, chunk, devices)
    count = work.parts(len(parameters))
    fingerprint = hashlib.sha256(
        setting.key.encode() + np.ascontiguousarray(parameters).tobytes() + str(work.sets).encode()
    ).hexdigest()
    if complete(file, fingerprint):
        return
    done = finished(file, fingerprint, count)
    for index in _watched([i for i in range(share[0], count, share[1]) if i not in done], progress):
        write_part(file, index, fingerprint, work.part(parameters, index))
    if len(finished(file, fingerprint, count)) == count:
        join(file, count, work.labels(), work.attributes() | {"fingerprint": fingerprint})


def _watched(todo: list[int], progress: bool) -> Iterator[int]:
    if not progress:
        yield from todo
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("chunks", total=len(todo))
        for index in todo:
            yield index
            bar.advance(task)


@dataclass(frozen=True)
class _Work:
    """How one chunk is done."""

    setting: Setting
    devices: tuple[Any, ...]
    lanes: int | None
    sets: int

    def parts(self, count: int) -> int:
        """Chunks of so many sets."""
        return -(-count // self.sets)

    def part(self, parameters: Float[np.ndarray, "set parameter"], index: int) -> dict[str, np.ndarray]:
        """Results of one chunk of the sets."""
        first = index * self.sets
        return self.run(parameters[first : first + self.sets], first)

    def request(self) -> Request:
        s = self.setting
        return Request(s.system, s.tableau, observe_all(s), s.max_steps, (), self.lanes)

    def run(self, parameters: Float[np.ndarray, "set parameter"], first: int) -> dict[str, np.ndarray]:
        """Results of one chunk; a short last chunk is filled up with copies of its first set, so that nothing
        compiles anew.
        """
        s, n = self.setting, parameters.shape[0]
        filled = np.concatenate(
            [parameters, np.repeat(parameters[:1], self.padded() // len(s.protocols) - n, 0)]
        )
        dtype = jnp.dtype(s.precision)
        items = _items(s, jnp.asarray(filled))
        items = jax.tree.map(lambda x: x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x, items)
        species = len(s.system.species)
        tolerance = Tolerance(jnp.asarray(s.rtol, dtype), jnp.full(species, s.atol, dtype))
        values, steps, reason, turns = on_devices(self.request(), list(self.devices), items, tolerance)
        values = jnp.take_along_axis(values, items.timeline.slot[:, :, None], 1)
        ok = np.asarray(reason == COMPLETE).reshape(-1, len(s.protocols))[:n]
        shape = (-1, len(s.protocols))
        failed = np.nonzero(~ok.all(1))[0]
        width = self.request().plan(self.padded() // len(self.devices)).lanes
        return {
            "values": np.where(
                ok[:, :, None, None], np.asarray(values).reshape(*shape, *values.shape[1:])[:n], 0.0
            ),
            "ok": ok,
            "steps": np.asarray(steps).reshape(shape)[:n],
            "reason": np.asarray(reason).reshape(shape)[:n].astype(np.int8),
            "failed_set": failed + first,
            "failed_parameters": parameters[failed],
            "useful_and_done": np.array([[float(np.sum(steps)), float(np.sum(turns)) * width]]),
        }

    def padded(self) -> int:
        """Items of a chunk: a multiple of the devices."""
        every = len(self.devices) * len(self.setting.protocols)
        return -(-self.sets * len(self.setting.protocols) // every) * every

    def labels(self) -> dict[str, list]:
        s = self.setting
        return {
            "experiment": [p.id for p in s.protocols],
            "time": list(s.times),
            "observable": [n for n, _ in s.observables],
            "parameter": list(s.system.parameters),
            "reasons": list(REASONS),
        }

    def attributes(self) -> dict[str, str | int | float]:
        width = self.request().plan(self.padded() // len(self.devices)).lanes
        return {
            "lanes": width,
            "chunk": self.sets,
            "devices": len(self.devices),
            "precision": self.setting.precision,
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
            attrs=self.attributes() | {"useful_work": float(useful / done)},
        )


def _work(
    setting: Setting,
    sets: int,
    processes: int,
    lanes: int | None,
    chunk: int | None,
    devices: Sequence[Any] | None,
) -> _Work:
    if sets == 0:
        raise ValueError("an ensemble: no parameter sets: give at least one row")
    used = tuple(devices or jax.local_devices())
    size = chunk or max(1, min(-(-sets // processes), CHUNK * len(used) // len(setting.protocols)))
    return _Work(setting, used, lanes, min(size, sets))


@lru_cache(maxsize=64)
def observe_all(setting: Setting) -> Observe:
    """All observables of a setting as one function; the same object for equal settings."""
    functions = [observable(setting.system.network, e) for _, e in setting.observables]

    def observe(t: Any, y: Scalars, args: Scalars) -> Scalars:
        return tuple(f(t, y, args) for f in functions)

    return observe


@partial(jax.jit, static_argnums=0)
def _items(setting: Setting, parameters: Float[Array, "set parameter"]) -> Items:
    system, periods = setting.system, max(len(p.periods) for p in setting.protocols)

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
    times = jnp.broadcast_to(jnp.asarray(setting.times, float), (rows.shape[0], len(setting.times)))
    return Items(rows, schedules.inputs, schedules.keep, schedules.add, merge(schedules.starts, times))


def float32_error(setting: Setting, parameters: Float[np.ndarray, "set parameter"]) -> float:
    """Largest difference that single precision makes to these sets, relative to each observable's largest
    value.
    """
    single = simulate_ensemble(replace(setting, precision="float32"), parameters)
    double = simulate_ensemble(replace(setting, precision="float64"), parameters)
    both = single.ok & double.ok
    scale = abs(double["values"]).max(("set", "time"))
    return float((abs(single["values"] - double["values"]).where(both) / scale.where(scale > 0, 1.0)).max())
