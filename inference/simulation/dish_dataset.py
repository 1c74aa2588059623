"""A simulated dish, or an ensemble of cells in the same dish, as a labelled dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from models.engine import one_dish
from models.engine.compile import compile_network
from models.engine.ensemble import Setting, simulate_ensemble
from models.engine.protocol import Protocol, schedule
from models.engine.work_queue import REASONS
from models.network import Network
from models.whole_file import replacing

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

    @property
    def room(self) -> tuple[int, int]:
        """Output times and periods, rounded up so that the next dish finds its program compiled."""
        times, periods = len(self.times), len(self.protocol.periods)
        return -(-times // TIMES) * TIMES, -(-periods // PERIODS) * PERIODS

    @property
    def setting(self) -> Setting:
        """All but the sets, as the engine takes it: every species at every time."""
        return Setting(
            compile_network(self.network),
            (replace(self.protocol, parameters={}),),  # they stand in the sets
            tuple(map(float, self.times)),
            (),
            self.numerics.rtol,
            self.numerics.atol,
            self.numerics.max_steps,
            room=self.room,
        )

    @property
    def lone(self) -> bool:
        """Whether there is but one set: it has dense output, and needs no lanes."""
        return len(self.sets) == 1

    def run_alone(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values (set, time, species), NaN where the solve failed, ok and reason of the lone set, by diffrax
        with dense output between its steps.
        """
        system, (room, periods) = compile_network(self.network), self.room
        times = np.append(self.times, np.full(room - len(self.times), np.inf))
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
        return values[None], np.asarray(out.ok)[None], np.asarray(out.reason)[None]

    def labelled(self, values: np.ndarray | None, ok: np.ndarray, reason: np.ndarray) -> xr.Dataset:
        """The arrays with their names and units; without the levels where they are None."""
        data = labelled(self.network, self.protocol, self.sets, self.times, self.numerics, values, ok, reason)
        return data.assign_attrs(command=self.command)


_one_dish = jax.jit(one_dish.simulate, static_argnums=0, static_argnames="max_steps")


def simulate(ensemble: Ensemble) -> xr.Dataset:
    """Simulate all sets in memory; `dish_stream` does it into a file.

    Variables: `concentration` (set, time, species), NaN where a solve failed; `parameter_value` (set,
    parameter); `ok` and `reason` (set).
    """
    if ensemble.lone:
        return ensemble.labelled(*ensemble.run_alone())
    found = simulate_ensemble(ensemble.setting, ensemble.sets, chunk=ensemble.piece)
    return ensemble.labelled(*(found[name].values[:, 0] for name in ("values", "ok", "reason")))


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
    """Write netCDF-4, compressed, whole or not at all, with a checksum at its end."""
    with replacing(path, seal=True) as temporary:
        begin(data, temporary)


def begin(data: xr.Dataset, place: Path) -> None:
    """Write netCDF-4, compressed, to which more may be added."""
    squeezed = {
        name: {"zlib": True, "complevel": 3} for name in ("concentration", "parameter_value") if name in data
    }
    data.to_netcdf(place, engine="h5netcdf", encoding=squeezed)
