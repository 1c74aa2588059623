"""Results of a long run, part by part: each written whole or not at all, joined at the end into one HDF5
file.

A run that is killed leaves its finished parts; the next one with the same fingerprint goes on from there.
Parts may be written by several processes. h5py alone reads the file.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

from models.whole_file import damaged, replacing, require_whole

AGAIN = "delete it, and the same command computes it again"


class PartsError(ValueError):
    """Parts of another run are in the way: place, finding, remedy."""


def folder(file: Path) -> Path:
    """Where the parts of a file lie until they are joined."""
    return file.with_name(file.name + ".parts")


def part_file(file: Path, index: int) -> Path:
    """Where one part lies."""
    return folder(file) / f"{index:07d}.h5"


def write_part(file: Path, index: int, fingerprint: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write one part under another name, then give it its own: it exists whole or not at all."""
    with replacing(part_file(file, index), seal=True) as temporary, h5py.File(temporary, "w") as f:
        f.attrs["fingerprint"] = fingerprint
        for name, values in arrays.items():
            f.create_dataset(name, data=values)


def complete(file: Path, fingerprint: str) -> bool:
    """Whether the joined file of this very run is there.

    Raises:
        DamagedFileError: it is, but a bit of it has changed or its end is missing.
    """
    if not file.is_file() or (not require_whole(file, AGAIN) and not h5py.is_hdf5(file)):
        return False
    return _fingerprint(file) == fingerprint


def finished(file: Path, fingerprint: str, count: int) -> frozenset[int]:
    """Indices of the parts that exist.

    Raises:
        PartsError: a part of a different run (parameters, times, tolerances or model have changed).
        DamagedFileError: a bit of a part has changed or its end is missing.
    """
    found = set()
    for index in range(count):
        path = part_file(file, index)
        if not path.exists():
            continue
        require_whole(path, AGAIN)
        if _fingerprint(path) != fingerprint:
            raise PartsError(f"{path}: belongs to another run: delete {folder(file)} or choose another file")
        found.add(index)
    return frozenset(found)


def _fingerprint(path: Path) -> object:
    """Of the run that a file belongs to."""
    try:
        with h5py.File(path) as f:
            return f.attrs.get("fingerprint")
    except (OSError, KeyError, ValueError, RuntimeError) as e:  # HDF5 says it in many ways
        raise damaged(path, e, AGAIN) from None


@contextlib.contextmanager
def joining(file: Path, count: int) -> Iterator[tuple[Path, list[Path]]]:
    """A temporary file to be filled from the parts, and the parts; then it becomes `file` and they are
    removed.
    """
    try:
        with replacing(file, seal=True) as temporary:
            yield temporary, [part_file(file, i) for i in range(count)]
    except FileNotFoundError:
        if not file.exists():  # otherwise another process has joined the same parts meanwhile
            raise
    shutil.rmtree(folder(file), ignore_errors=True)


def joined(
    file: Path,
    parts: Sequence[Path],
    labels: Mapping[str, Sequence],
    attributes: Mapping[str, str | float | int],
) -> None:
    """Join parts along their first axis, one at a time, into a new file; `labels` become datasets beside
    them.
    """
    with h5py.File(file, "w") as out:
        out.attrs.update(attributes)
        for name, values in labels.items():
            text = len(values) > 0 and isinstance(values[0], str)
            out.create_dataset(name, data=values, dtype=h5py.string_dtype() if text else None)
        for path in parts:
            with h5py.File(path) as part:
                for name in list(map(str, part)):
                    _append(out, name, dataset(part, name))


def dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """One dataset of a file.

    Raises:
        PartsError: it is not there.
    """
    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        raise PartsError(f"{file.filename}: holds no {name!r}: is no part of such a run, or a damaged one")
    return found


def _append(out: h5py.File, name: str, values: h5py.Dataset) -> None:
    if name not in out:
        chunks = (max(1, min(values.shape[0], 1024)), *(max(1, n) for n in values.shape[1:]))
        out.create_dataset(
            name,
            shape=(0, *values.shape[1:]),
            maxshape=(None, *values.shape[1:]),
            dtype=values.dtype,
            chunks=chunks,
        )
    target = dataset(out, name)
    target.resize(target.shape[0] + values.shape[0], axis=0)
    target[target.shape[0] - values.shape[0] :] = values[()]
