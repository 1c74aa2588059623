"""An ensemble of simulated dishes into one file, piece by piece: bounded memory, and an interrupted one goes
on.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import h5netcdf
import h5py
import numpy as np

from inference.simulation.dish_dataset import CONCENTRATION, MEANING, Ensemble, protocol_text, save
from models.engine.resumable_file import finished, folder, joining, write_part

NAME = "concentration"


def stream(
    ensemble: Ensemble,
    file: Path,
    *,
    share: tuple[int, int] = (0, 1),
    tell: Callable[[int], None] = lambda done: None,
) -> bool:
    """Write the dataset of `simulation.simulate` to a netCDF-4 file; `tell` hears how many sets are done.

    Args:
        share: (index, number) of this process among several that fill the same file.

    Returns:
        Whether the file is whole: False where another process still has pieces to do.

    Raises:
        PartsError: pieces of another ensemble lie beside the file.
    """
    fingerprint, count = fingerprint_of(ensemble), ensemble.pieces
    done = finished(file, fingerprint, count)
    for index in range(share[0], count, share[1]):
        if index not in done:
            write_part(file, index, fingerprint, ensemble.run(index)._asdict())
        tell(min((index + 1) * ensemble.piece, len(ensemble.sets)))
    if len(finished(file, fingerprint, count)) < count:
        return False
    join(ensemble, file)
    return True


def fingerprint_of(ensemble: Ensemble) -> str:
    """Of all that determines the result."""
    text = (
        f"{ensemble.network.fingerprint} {protocol_text(ensemble.protocol)} {ensemble.numerics} "
        f"{ensemble.piece}"
    )
    return hashlib.sha256(
        text.encode() + ensemble.sets.tobytes() + np.asarray(ensemble.times).tobytes()
    ).hexdigest()


def bytes_needed(ensemble: Ensemble, file: Path) -> tuple[int, int]:
    """Bytes that pieces and file take while the one is made of the other, less what is there already; bytes
    that are free.
    """
    whole = 8 * len(ensemble.sets) * len(ensemble.times) * len(ensemble.network.species)
    kept = sum(p.stat().st_size for p in folder(file).glob("*.h5"))
    there = next(p for p in file.absolute().parents if p.exists())
    return 2 * whole - kept, shutil.disk_usage(there).free


def join(ensemble: Ensemble, file: Path) -> None:
    """One labelled file of all pieces, which are removed then."""
    with joining(file, ensemble.pieces) as (temporary, paths):
        small = {name: np.concatenate([_read(p, name) for p in paths]) for name in ("ok", "reason")}
        save(ensemble.labelled(None, small["ok"], small["reason"]), temporary)
        with h5netcdf.File(temporary, "a") as out:
            shape = (len(ensemble.sets), len(ensemble.times), len(ensemble.network.species))
            packed = {"chunks": (min(16, shape[0]), *shape[1:]), "compression": "gzip", "compression_opts": 3}
            levels = out.create_variable(NAME, CONCENTRATION, float, fillvalue=np.nan, **packed)
            levels.attrs.update(MEANING)
            for index, path in enumerate(paths):
                first = index * ensemble.piece
                values = _read(path, "values")
                levels[first : first + len(values)] = values


def _read(path: Path, name: str) -> np.ndarray:
    with h5py.File(path) as f:
        return np.asarray(f[name])
