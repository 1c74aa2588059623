"""A simulated dish, or an ensemble of cells in the same dish, as a labelled dataset."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from models.engine import one_dish
from models.engine.compile import compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Protocol, schedule
from models.engine.work_queue import REASONS
from models.network import Network

PIECE = 512  # sets that are simulated together: bounds memory, and one program serves all pieces
CONCENTRATION = ("set", "time", "species")
MEANING = {"long_name": "level of each species, in the unit of the coordinate `unit`"}
TIMES, PERIODS = 128, 4  # sizes are rounded up to multiples of these, see `Ensemble.padded`


@dataclass(frozen=True)
class Numerics:
    """Tolerances of a step and the attempts after which a set is given up."""

    rtol: float
    atol: float
    max_steps: int


def output_times(minutes: float, every: float) -> Float[np.ndarray, " time"]:
    """0, then every so many minutes, and the end."""
    times = np.arange(0.0, minutes, every)
    return np.append(times, minutes)


@dataclass(frozen=True)
class Ensemble:
    """What is simulated: one protocol for every parameter set (in the order of `network.parameters`; those of
    the protocol win).
    """

    network: Network
    protocol: Protocol
    sets: Float[np.ndarray, "set parameter"]
    times: Float[np.ndarray, " time"]
    numerics: Numerics
    command: str = ""  # how it was asked for; kept in the file

    def __post_init__(self) -> None:
        sets, names = np.array(self.sets, float), compile_network(self.network).parameters
        for name, value in self.protocol.parameters.items():
            sets[:, names.index(name)] = float(value)
        object.__setattr__(self, "sets", sets)

    @property
    def piece(self) -> int:
        """Sets that are simulated together."""
        return min(PIECE, 2 ** (len(self.sets) - 1).bit_length())

    @property
    def pieces(self) -> int:
        return -(-len(self.sets) // self.piece)

    def run(self, index: int) -> Piece:
        """One piece: level (set, time, species), NaN where a solve failed; whether it succeeded; why not, as
        a number.
        """
        system, protocol, size = compile_network(self.network), self.protocol, self.piece
        asked, periods = self.padded()
        piece = self.sets[index * size : (index + 1) * size]
        real = np.arange(size) < len(piece)
        padded = np.concatenate([piece, np.repeat(piece[-1:], size - len(piece), 0)])
        named = dict(zip(system.parameters, jnp.asarray(piece[0]), strict=True))
        plan = jax.tree.map(
            lambda x: jnp.broadcast_to(x, (size, *x.shape)), schedule(system, protocol, named, periods)
        )
        # A set that only fills the batch has no output time and no second period: it ends at once.
        plan = eqx.tree_at(
            lambda p: p.starts,
            plan,
            plan.starts.at[:, 1:].set(jnp.where(real[:, None], plan.starts[:, 1:], jnp.inf)),
        )
        out = simulate_lanes(
            system,
            jnp.asarray(padded),
            plan,
            jnp.asarray(np.where(real[:, None], asked, np.inf)),
            rtol=self.numerics.rtol,
            atol=self.numerics.atol,
            max_steps=self.numerics.max_steps,
        )
        n = len(piece)
        good = np.asarray(out.ok)[:n]
        return Piece(
            np.where(good[:, None, None], np.asarray(out.values)[:n, : len(self.times)], np.nan),
            good,
            np.asarray(out.reason)[:n],
        )

    def padded(self) -> tuple[Float[np.ndarray, " time"], int]:
        """Output times and number of periods, rounded up so that the next dish finds its program compiled."""
        times = np.full(-(-len(self.times) // TIMES) * TIMES, np.inf)
        times[: len(self.times)] = self.times
        return times, -(-len(self.protocol.periods) // PERIODS) * PERIODS

    @property
    def lone(self) -> bool:
        """Whether there is but one set: it has dense output, and needs no lanes."""
        return len(self.sets) == 1

    def run_one(self) -> Piece:
        """The lone set by diffrax, with dense output between its steps; as `run` otherwise."""
        system = compile_network(self.network)
        times, periods = self.padded()
        parameters = jnp.asarray(self.sets[0])
        named = dict(zip(system.parameters, parameters, strict=True))
        out = _one_dish(
            system,
            parameters,
            schedule(system, self.protocol, named, periods),
            jnp.asarray(times),
            rtol=self.numerics.rtol,
            atol=self.numerics.atol,
            max_steps=self.numerics.max_steps,
        )
        values = np.where(out.ok, out.values[: len(self.times)], np.nan)
        return Piece(values[None], np.asarray(out.ok)[None], np.asarray(out.reason)[None])

    def labelled(self, values: np.ndarray | None, ok: np.ndarray, reason: np.ndarray) -> xr.Dataset:
        """The arrays with their names and units; without the levels where they are None."""
        data = labelled(self.network, self.protocol, self.sets, self.times, self.numerics, values, ok, reason)
        return data.assign_attrs(command=self.command)


class Piece(NamedTuple):
    """Results of some sets, see `Ensemble.run`."""

    values: Float[np.ndarray, "set time species"]
    ok: np.ndarray
    reason: np.ndarray


_one_dish = jax.jit(one_dish.simulate, static_argnums=0, static_argnames="max_steps")


def simulate(ensemble: Ensemble) -> xr.Dataset:
    """Simulate all sets in memory; `dish_stream` does it into a file.

    Variables: `concentration` (set, time, species), NaN where a solve failed; `parameter_value` (set,
    parameter); `ok` and `reason` (set).
    """
    if ensemble.lone:
        return ensemble.labelled(*ensemble.run_one())
    pieces = [ensemble.run(i) for i in range(ensemble.pieces)]
    return ensemble.labelled(*map(np.concatenate, zip(*pieces, strict=True)))


def labelled(
    network: Network,
    protocol: Protocol,
    sets: Float[np.ndarray, "set parameter"],
    times: Float[np.ndarray, " time"],
    numerics: Numerics,
    values: Float[np.ndarray, "set time species"] | None,
    ok: np.ndarray,
    reason: np.ndarray,
) -> xr.Dataset:
    """The arrays with their names and units."""
    species, parameters = network.species, network.parameters
    data = xr.Dataset(
        ({} if values is None else {"concentration": (CONCENTRATION, values, MEANING)})
        | {
            "parameter_value": (
                ("set", "parameter"),
                sets,
                {"long_name": "in the unit of the coordinate `parameter_unit`"},
            ),
            "ok": ("set", ok, {"long_name": "whether the solve succeeded"}),
            "reason": (
                "set",
                np.array([REASONS[int(i)] for i in reason], dtype=object),
                {"long_name": "how the solve ended"},
            ),
        },
        {
            "set": np.arange(len(sets)),
            "time": ("time", times, {"units": "min", "long_name": "time since the stimulus"}),
            "species": [s.name for s in species],
            "unit": ("species", [s.unit for s in species]),
            "meaning": ("species", [s.meaning for s in species]),
            "place": ("species", [s.place for s in species]),
            "parameter": [p.name for p in parameters],
            "parameter_unit": ("parameter", [p.unit for p in parameters]),
            "parameter_status": ("parameter", [_status(p.source.status) for p in parameters]),
        },
    )
    return data.assign_attrs(
        network=network.id,
        fingerprint=network.fingerprint,
        protocol=protocol_text(protocol),
        rtol=numerics.rtol,
        atol=numerics.atol,
        precision="float64",
        device=jax.devices()[0].device_kind,
        versions=" ".join(f"{n} {version(n)}" for n in ("jax", "diffrax", "gp130")),
        note="Of the parameters most are assumed: a hypothesis, not a calibrated cell; not for clinical use.",
    )


def _status(status: str) -> str:
    return "memory (unverified)" if status == "memory" else status


def protocol_text(protocol: Protocol) -> str:
    """A protocol in one line a period."""

    def part(word: str, values: Mapping[str, object]) -> str:
        return f" {word} " + ", ".join(f"{k}={v}" for k, v in values.items()) if values else ""

    lines = [
        f"{p.start:g} min:{part('inputs', p.inputs)}{part('set', p.put)}{part('add', p.add)}"
        for p in protocol.periods
    ]
    return "\n".join((*lines, f"parameters:{part('', protocol.parameters)}"))


def save(data: xr.Dataset, path: Path) -> None:
    """Write netCDF-4, compressed, whole or not at all."""
    squeezed = {
        name: {"zlib": True, "complevel": 3} for name in ("concentration", "parameter_value") if name in data
    }
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        data.to_netcdf(temporary, engine="h5netcdf", encoding=squeezed)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
