"""Arrays on disk that are either whole or not there: written beside, flushed, then renamed."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file by `content` in one step: a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays (numpy's npz, no pickled objects) in one step."""
    import io

    buffer = io.BytesIO()
    np.savez(buffer, **{k: np.asarray(v) for k, v in arrays.items()})
    write_bytes(path, buffer.getvalue())


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read what `write_arrays` wrote."""
    with np.load(path, allow_pickle=False) as f:
        return {k: f[k] for k in f.files}


def numbered(folder: Path) -> list[Path]:
    """The files `000000.npz`, `000001.npz`, ... of a folder, as far as none is missing."""
    found = sorted(p for p in folder.glob("*.npz") if re.fullmatch(r"\d{6}\.npz", p.name))
    return [p for i, p in enumerate(found) if int(p.stem) == i]


def require_writable(folder: Path, bytes_needed: int) -> None:
    """Raise `OSError` now, not after an hour, if the folder cannot take the results."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".probe"
    probe.write_bytes(b"0")
    probe.unlink()
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize
    if free < bytes_needed:
        raise OSError(f"{folder}: {free / 2**20:.0f} MiB free, {bytes_needed / 2**20:.0f} MiB needed: make room or choose another --out")
