"""Everything that a run has drawn, as one record in memory and one file on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from inference.runs.resumable import read_arrays, write_arrays

FILE = Path("checkpoint") / "drawn.npz"
# name of a statistic -> its key in the file, which stays as it is
STATS_ON_DISK = {
    "potential_energy": "stats_potential_energy",
    "energy": "stats_energy",
    "num_steps": "stats_num_steps",
    "accept_prob": "stats_accept_prob",
    "diverging": "stats_diverging",
    "step_size": "stats_step_size",
    "quadrature_error": "stats_quadrature_error",
}


@dataclass(frozen=True)
class Drawn:
    """Draws of posterior and prior in own units, and what they predict; the names of fields are keys on disk.

    Attributes:
        theta: parameters of the posterior.
        log_likelihood: of each measurement; `log_prior` of each parameter.
        expected: noise-free read-out of each measurement; `replicated`: a new measurement of it.
        kept: which draws were predicted.
        ok: could the network be solved at this draw? `prior_ok`: at this draw of the prior?
        mode_potentials, mode_mass, superchains, log_evidence: see `samplers.draws.Draws`.
        stats: of how each draw was made, by names of `STATS_ON_DISK`.
    """

    theta: Float[np.ndarray, "chain draw parameter"]
    log_likelihood: Float[np.ndarray, "chain draw measurement"]
    log_prior: Float[np.ndarray, "chain draw parameter"]
    expected: Float[np.ndarray, "chain kept measurement"]
    replicated: Float[np.ndarray, "chain kept measurement"]
    kept: Int[np.ndarray, " kept"]
    prior_theta: Float[np.ndarray, "prior parameter"]
    prior_expected: Float[np.ndarray, "predicted measurement"]
    prior_replicated: Float[np.ndarray, "predicted measurement"]
    ok: Bool[np.ndarray, "chain draw"]
    prior_ok: Bool[np.ndarray, " predicted"]
    mode_potentials: Float[np.ndarray, " start"]
    mode_mass: Float[np.ndarray, " mode"]
    superchains: int
    log_evidence: Float[np.ndarray, " estimate"]
    stats: Mapping[str, np.ndarray]

    def write(self, folder: Path) -> None:
        """Keep everything in the folder of the run, whole or not at all."""
        arrays = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self) if f.name != "stats"}
        write_arrays(folder / FILE, arrays | {STATS_ON_DISK[k]: v for k, v in self.stats.items()})


def read_drawn(folder: Path) -> Drawn:
    """Read what `Drawn.write` wrote.

    Raises:
        DamagedFileError: it is not what was written.
    """
    arrays = read_arrays(folder / FILE)
    stats = {k: arrays.pop(key) for k, key in STATS_ON_DISK.items() if key in arrays}
    superchains = int(arrays.pop("superchains"))
    arrays.setdefault("mode_mass", np.zeros(0))  # of a run made before modes were told apart
    return Drawn(**arrays, superchains=superchains, stats=stats)
