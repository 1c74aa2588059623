"""An ensemble of simulated dishes into one file, piece by piece: bounded memory, and an interrupted one goes
on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import h5netcdf
import h5py
import numpy as np

from inference.simulation.dish_dataset import CONCENTRATION, MEANING, Ensemble, begin
from models.engine.ensemble import stream_ensemble
from models.engine.resumable_file import dataset, folder

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
    return stream_ensemble(
        ensemble.setting,
        ensemble.sets,
        file,
        chunk=ensemble.piece,
        share=share,
        tell=lambda done, _: tell(done),
        join=partial(join, ensemble),
    )


def bytes_needed(ensemble: Ensemble, file: Path) -> tuple[int, int]:
    """Bytes that pieces and file take while the one is made of the other, less what is there already; bytes
    that are free.
    """
    whole = 8 * len(ensemble.sets) * len(ensemble.times) * len(ensemble.network.species)
    kept = sum(p.stat().st_size for p in folder(file).glob("*.h5"))
    there = next(p for p in file.absolute().parents if p.exists())
    return 2 * whole - kept, shutil.disk_usage(there).free


def join(ensemble: Ensemble, file: Path, parts: Sequence[Path]) -> None:
    """One labelled file of all pieces."""
    small = {name: np.concatenate([_read(p, name) for p in parts]) for name in ("ok", "reason")}
    begin(ensemble.labelled(None, small["ok"], small["reason"]), file)
    with h5netcdf.File(file, "a") as out:
        shape = (len(ensemble.sets), len(ensemble.times), len(ensemble.network.species))
        packed = {"chunks": (min(16, shape[0]), *shape[1:]), "compression": "gzip", "compression_opts": 3}
        levels = out.create_variable(NAME, CONCENTRATION, float, fillvalue=np.nan, **packed)
        levels.attrs.update(MEANING)
        for index, path in enumerate(parts):
            first = index * ensemble.piece
            values = _read(path, "values")
            levels[first : first + len(values)] = values


def _read(path: Path, name: str) -> np.ndarray:
    """An array of one piece, whose only experiment is the dish."""
    with h5py.File(path) as f:
        return np.asarray(dataset(f, name))[:, 0]
