"""Files that are whole or not there, and that say when a bit of them has changed.

A file is written beside its place under a name that nobody reads, with the permissions that umask gives, and
then takes its place in one step. Those of formats without a checksum over all their bytes end with one:
readers of netCDF, HDF5 and zip files pass over what follows the end of the file proper. It tells
damage; it is no protection against somebody who writes a right one.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = b"\ngp130 sha256 "
SEAL = len(MARK) + 64 + 1  # mark, digits, end of line
BLOCK = 2**24
SAME = 8  # letters of the mark that tell a damaged seal from none


class DamagedFileError(ValueError):
    """A file whose bytes are not those that were written: place, finding, remedy."""


@contextmanager
def replacing(path: Path, *, seal: bool = False) -> Iterator[Path]:
    """A place beside `path` for new content, which becomes `path` at the end of the block, or vanishes if
    that fails: a reader sees the old file or the new one, never a part.

    Args:
        seal: end the file with a checksum of its bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        yield temporary
        with temporary.open("rb+") as f:
            if seal:
                digest = _digest(temporary, temporary.stat().st_size)
                f.seek(0, os.SEEK_END)
                f.write(_seal(digest))
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
    except OSError as e:  # a disk that is full says not where
        raise (e if e.filename or e.strerror is None else OSError(e.errno, e.strerror, str(path))) from None
    finally:
        temporary.unlink(missing_ok=True)


def sealed(content: bytes) -> bytes:
    """The content with its checksum at the end."""
    return content + _seal(hashlib.sha256(content).hexdigest())


def opened(content: bytes, place: Path | str, remedy: str) -> tuple[bytes, bool]:
    """The content without its seal, and whether it had one.

    Raises:
        DamagedFileError: the seal is not that of these bytes.
    """
    end = content[-SEAL:]
    if not _looks_sealed(end):
        if MARK in end:
            raise damaged(place, "its end is cut off", remedy)
        return content, False
    body = content[:-SEAL]
    if end != _seal(hashlib.sha256(body).hexdigest()):
        raise damaged(place, "its checksum is wrong", remedy)
    return body, True


def require_whole(path: Path, remedy: str) -> bool:
    """Whether a file has a seal, which is then the right one; reads it once, in blocks.

    Raises:
        DamagedFileError: the seal is not that of these bytes, or the file cannot be read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as f:
            f.seek(max(size - SEAL, 0))
            end = f.read()
        if not _looks_sealed(end):
            if MARK in end:
                raise damaged(path, "its end is cut off", remedy)
            return False
        right = end == _seal(_digest(path, size - SEAL))
    except IsADirectoryError:
        raise damaged(path, "it is a folder", remedy) from None
    if not right:
        raise damaged(path, "its checksum is wrong", remedy)
    return True


def sum_beside(path: Path) -> Path:
    """Where the checksum of a file stands that has no room for it, because other programs read it: a file of
    one line, as `sha256sum -c` reads it.
    """
    return path.with_name(f"{path.name}.sha256")


def write_sum_beside(path: Path) -> None:
    """Write the checksum of a file beside it.

    Raises:
        OSError: it cannot be written there.
    """
    with replacing(sum_beside(path)) as place:
        place.write_text(_line_beside(path), encoding="utf-8")


def require_as_summed(path: Path, remedy: str) -> bool:
    """Whether the checksum of a file stands beside it, which is then the right one.

    Raises:
        DamagedFileError: it is another one.
    """
    beside = sum_beside(path)
    if not beside.exists():
        return False
    if beside.read_bytes() != _line_beside(path).encode():
        raise damaged(path, f"its checksum is not that of {beside.name}", remedy)
    return True


def _line_beside(path: Path) -> str:
    return f"{_digest(path, path.stat().st_size)}  {path.name}\n"


def damaged(place: Path | str, what: object, remedy: str) -> DamagedFileError:
    """The error for a file that cannot be what was written, in one line."""
    first = next(iter(str(what).strip().splitlines()), "") or type(what).__name__
    return DamagedFileError(f"{place}: is damaged ({first[:120]}): {remedy}")


def _seal(digest: str) -> bytes:
    return MARK + digest.encode() + b"\n"


def _looks_sealed(end: bytes) -> bool:
    """A flipped bit in the mark itself must not make a file pass for one that never had a seal."""
    return len(end) == SEAL and sum(a == b for a, b in zip(end, MARK, strict=False)) >= SAME


def _digest(path: Path, size: int) -> str:
    found = hashlib.sha256()
    with path.open("rb") as f:
        while size > 0 and (block := f.read(min(BLOCK, size))):
            found.update(block)
            size -= len(block)
    return found.hexdigest()
