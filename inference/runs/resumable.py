"""Arrays on disk that are either whole or not there, and work in pieces that goes on from them bit
for bit.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import re
import struct
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from models.whole_file import damaged, opened, replacing, sealed

CHECKSUM = "sha256"
Seen = dict[str, np.ndarray]
State = Sequence[Any]  # arrays
Report = Callable[[int, Seen], None]  # pieces done, what the last one left


class CheckpointError(ValueError):
    """A folder of pieces that does not belong to this run: place, finding, remedy."""


class StopAskedError(Exception):
    """Somebody asked to stop while a piece was in progress; what was kept before it stays."""


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file by `content` in one step: a reader sees the old file or the new one, never a part."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays (numpy's npz, no pickled objects) in one step, with a checksum at the end."""
    write_bytes(path, packed(arrays))


def packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Named arrays as the bytes of a file of them."""
    buffer = io.BytesIO()
    np.savez(buffer, **{k: np.asarray(v) for k, v in arrays.items()})  # pyright: ignore[reportArgumentType]  NumPy's stubs take names for options
    return sealed(buffer.getvalue())


DRAW_AGAIN = "delete it, and `resume` makes it again"


def read_arrays(path: Path, remedy: str = DRAW_AGAIN) -> dict[str, np.ndarray]:
    """Read what `write_arrays` wrote.

    Args:
        remedy: what is said to do where the file is damaged.

    Raises:
        DamagedFileError: the file is cut, or a bit of it has changed.
    """
    return unpacked(path.read_bytes(), path, remedy)


def unpacked(sealed_arrays: bytes, path: Path | str, remedy: str) -> dict[str, np.ndarray]:
    """What `packed` made; `path` says where it came from.

    Raises:
        DamagedFileError: a part is missing, or a bit has changed.
    """
    content, _ = opened(sealed_arrays, path, remedy)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if any(i.compress_type != zipfile.ZIP_STORED or i.flag_bits & 1 for i in packed.infolist()):
                raise ValueError("it is packed in another way")  # and might unpack without end
        with np.load(io.BytesIO(content), allow_pickle=False) as f:
            return {k: f[k] for k in f.files}
    except (zipfile.BadZipFile, OSError, ValueError, LookupError, EOFError, MemoryError, struct.error) as e:
        raise damaged(path, e, remedy) from None
    except (SyntaxError, TypeError, NotImplementedError, RuntimeError, OverflowError) as e:  # a broken header
        raise damaged(path, e, remedy) from None


def write_json(path: Path, content: Mapping[str, Any], *, sort_keys: bool = False) -> None:
    """Write a JSON file in one step; its last entry is a checksum of the lines before."""
    text = json.dumps(content, indent=1, default=str, sort_keys=sort_keys)
    write_bytes(path, _closed(text.removesuffix("}").rstrip().encode()))


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """Read what `write_json` wrote, without the checksum; a file that has none is taken as it is.

    Raises:
        DamagedFileError: the file is cut, a bit of it has changed, or it holds no record.
    """
    text = path.read_bytes()
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise damaged(path, e if text.strip() else "it is empty", remedy) from None
    if not isinstance(content, dict):
        raise damaged(path, "it holds no record", remedy)
    last = next(reversed(content), "")
    if not (isinstance(content.get(last), str) and len(content[last]) == 64):
        return content
    del content[last]
    head = text[: max(text.rfind(b'\n "'), 0)].removesuffix(b",")
    if last != CHECKSUM or _closed(head) != text:
        raise damaged(path, "its checksum is wrong", remedy)
    return content


def _closed(head: bytes) -> bytes:
    """The text of a JSON record whose last bracket is missing, with its checksum as the last entry."""
    comma = b"" if head == b"{" else b","
    return head + comma + f'\n "{CHECKSUM}": "{hashlib.sha256(head).hexdigest()}"\n}}\n'.encode()


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
        raise OSError(f"{folder}: cannot be written ({e.strerror}): choose another `out`") from None
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
        "make room or choose another `out`"
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
                f"{folder}: another process is writing here: wait for it or choose another `out`"
            ) from None
        except OSError as e:
            if e.errno not in (errno.ENOLCK, errno.ENOTSUP):  # a file system without locks: nothing to hold
                raise
        yield


def identify(folder: Path, identity: Mapping[str, Any]) -> None:
    """Write what the pieces of this folder belong to, or raise `CheckpointError` if they belong to something
    else.
    """
    from models.engine.native.choice import XLA, engine  # JAX: only where there is work to be gone on with

    path = folder / "identity.json"
    mine = json.loads(json.dumps({**identity, "engine": engine()}, sort_keys=True))
    if not path.exists():
        write_json(path, mine, sort_keys=True)
        return
    theirs = {"engine": XLA} | read_json(path, f"delete {folder} and begin anew")  # there was no other
    differing = sorted(k for k in {*mine, *theirs} if mine.get(k) != theirs.get(k))
    if differing:
        said = "; ".join(f"{k} was {theirs.get(k)!r}, is {mine.get(k)!r}" for k in differing[:4])
        raise CheckpointError(
            f"{folder}: holds another run ({said}): ask for the same again or choose another `out`"
        )


def drive(
    folder: Path,
    identity: Mapping[str, Any],
    begin: Callable[[], State],
    finished: Callable[[int, State], bool],
    advance: Callable[[int, State], tuple[State, Seen]],
    report: Report | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Seen] | None:  # long: what it promises takes half of it
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
        stop: asked before each piece; True ends cleanly. A piece that can be given up half done raises
            `StopAskedError`, and nothing of it is kept.

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
            try:
                if state is None:
                    state = begin()
                    continue
                state, found = advance(len(seen), state)
            except StopAskedError:
                return None
            write_arrays(
                folder / f"{len(seen):06d}.npz",
                found | {f"state{k}": np.asarray(v) for k, v in enumerate(state)},
            )
            seen.append(found)
            if report is not None:
                report(len(seen), found)
        return seen
