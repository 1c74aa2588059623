"""Arrays on disk that are either whole or not there, and work in pieces that goes on from them bit
for bit.
"""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from inference.runs import resumable

Seen = dict[str, np.ndarray]
State = Sequence[Any]  # arrays
Report = Callable[[int, Seen], None]  # pieces done, what the last one left


class CheckpointError(ValueError):
    """A folder of pieces that does not belong to this run: place, finding, remedy."""


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
    """Raise `OSError` now, not after an hour, if the folder cannot take the results.

    The space is really claimed for a moment, so that a quota counts as well as the size of the disk.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".probe.")
    except OSError as e:
        raise OSError(f"{folder}: cannot be written ({e.strerror}): choose another --out") from None
    try:
        space = os.statvfs(folder)
        free = space.f_bavail * space.f_frsize
        if free >= bytes_needed:
            os.posix_fallocate(handle, 0, max(bytes_needed, 1))
            return
    except OSError as e:
        if e.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        free = 0
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)
    raise OSError(
        f"{folder}: {free / 2**20:.0f} MiB free, {bytes_needed / 2**20:.0f} MiB needed: "
        "make room or choose another --out"
    )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; a second run into it is refused. The kernel lets go when a process
    dies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CheckpointError(
                f"{folder}: another process is writing here: wait for it or choose another --out"
            ) from None
        except OSError as e:
            if e.errno not in (errno.ENOLCK, errno.ENOTSUP):  # a file system without locks: nothing to hold
                raise
        yield


def identify(folder: Path, identity: Mapping[str, Any]) -> None:
    """Write what the pieces of this folder belong to, or raise `CheckpointError` if they belong to something
    else.
    """
    path = folder / "identity.json"
    mine = json.loads(json.dumps(identity, sort_keys=True))
    if not path.exists():
        write_bytes(path, (json.dumps(mine, indent=1, sort_keys=True) + "\n").encode())
        return
    theirs = json.loads(path.read_text())
    differing = sorted(k for k in {*mine, *theirs} if mine.get(k) != theirs.get(k))
    if differing:
        said = "; ".join(f"{k} was {theirs.get(k)!r}, is {mine.get(k)!r}" for k in differing[:4])
        raise CheckpointError(
            f"{folder}: holds another run ({said}): ask for the same again or choose another --out"
        )


def drive(
    folder: Path,
    identity: Mapping[str, Any],
    begin: Callable[[], State],
    finished: Callable[[int, State], bool],
    advance: Callable[[int, State], tuple[State, Seen]],
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Seen] | None:
    """Do work in pieces, one file each, and go on from the files that are there.

    A file holds the state after its piece beside what the piece produced, so the newest file is all that is
    needed. Because `advance` is a pure function of its arguments, an interrupted and an uninterrupted run
    leave equal files.

    Args:
        identity: what the pieces belong to (settings, seed, names); a folder with another identity is
            refused.
        begin: the state before the first piece, as arrays; called only if there is no file.
        finished: (pieces done, state) -> is that all?
        advance: (number of the piece, state) -> (state, what the piece produced).
        report: called after each piece, also for those found on disk.
        stop: asked before each piece; True ends cleanly.

    Returns:
        What all pieces produced, or None if `stop` ended the work before it was finished.

    Raises:
        CheckpointError: the folder belongs to another run, or another process holds it.
    """
    with alone(folder):
        identify(folder, identity)
        for leftover in folder.glob(".*.npz.*"):
            leftover.unlink()
        seen: list[Seen] = []
        state: State | None = None
        for i, path in enumerate(numbered(folder)):
            found = read_arrays(path)
            state = [found.pop(f"state{k}") for k in range(sum(n.startswith("state") for n in found))]
            seen.append(found)
            if report is not None:
                report(i + 1, found)
        while state is None or not finished(len(seen), state):
            if stop is not None and stop():
                return None
            if state is None:
                state = begin()
                continue
            state, found = advance(len(seen), state)
            write_arrays(
                folder / f"{len(seen):06d}.npz",
                found | {f"state{k}": np.asarray(v) for k, v in enumerate(state)},
            )
            seen.append(found)
            if report is not None:
                report(len(seen), found)
        return seen


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one step."""
    resumable.write_bytes(path, (json.dumps(content, indent=1, default=str) + "\n").encode())
