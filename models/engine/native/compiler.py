"""Source text to a library that is loaded: by the compiler that pip brings (the package `ziglang`), kept in
a folder of the user.

Nothing of the system is presumed: no compiler, no headers but those of jaxlib. A library is code, so it is
taken only from a folder that nobody else can write; and whatever cannot be had is a `NotNativeError`, upon
which the caller does without.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import importlib.util
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
from functools import cache

import jax

from models.engine.machine import cache_folder
from models.engine.native import processor
from models.engine.native.assignments import NotNativeError

FLAGS = (
    *("-x", "c++", "-std=c++17", "-O2", "-march=native", "-shared", "-fPIC", "-nostdlib", "-fno-exceptions"),
    *("-fno-rtti", "-fno-sanitize=all", "-fno-stack-protector", "-fno-math-errno", "-ffp-contract=fast"),
    *("-fno-vectorize", "-fno-slp-vectorize", "-mprefer-vector-width=512", "-w"),
)
LONGEST = 300  # seconds of a compilation
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def compiler() -> pathlib.Path:
    """The compiler of the package `ziglang`."""
    if sys.platform not in ("linux", "darwin"):
        raise NotNativeError(f"{sys.platform}: the kernel is made on Linux and macOS only")
    found = importlib.util.find_spec("ziglang")
    if found is None or not found.submodule_search_locations:
        raise NotNativeError("ziglang: is not installed, and brings the compiler: install it")
    return pathlib.Path(found.submodule_search_locations[0]) / "zig"


def version() -> str:
    """Of compiler and flags, and of the interface by which XLA calls."""
    compiler()
    return " ".join([importlib.metadata.version("ziglang"), importlib.metadata.version("jaxlib"), *FLAGS])


def key_of(source: str) -> str:
    """Name of a library: by its text, compiler, version and processor."""
    return hashlib.sha256("\0".join([source, version(), processor.identity()]).encode()).hexdigest()[:32]


@cache
def library(source: str) -> tuple[str, ctypes.CDLL]:
    """Key and library of a text, from the cache or made now.

    Raises:
        NotNativeError: it cannot be made or loaded here.
    """
    key, folder, finding = key_of(source), _own_folder(), ""
    if folder is not None and (kept := _kept(folder, key)) is not None:
        return key, kept
    for place in (folder, None) if folder is not None else (None,):
        try:
            with tempfile.TemporaryDirectory(prefix="gp130-", dir=place) as work:  # of mode 700
                made = _compiled(source, pathlib.Path(work), key)
                found = ctypes.CDLL(str(made))
                if folder is not None:
                    _store(made, folder, key)
                return key, found
        except OSError as error:  # a full disk, a folder that forbids programs
            finding = str(error)
    raise NotNativeError(f"the kernel could not be built: {finding}")


def _own_folder() -> pathlib.Path | None:
    """Where libraries are kept; None where there is no folder that this user alone can write."""
    beside = cache_folder()
    if beside is None:
        return None
    folder = beside.parent / "native"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder if alone(folder) and os.access(folder, os.W_OK | os.X_OK) else None
    except OSError:
        return None


def alone(path: pathlib.Path) -> bool:
    """Whether nobody but this user and the administrator can change what lies at a path, or replace it."""
    user = os.getuid()
    for place in (path, *path.absolute().parents):
        found = place.lstat() if place == path else place.stat()
        if found.st_uid not in (user, 0) or (place == path and found.st_uid != user):
            return False
        sticky = stat.S_ISDIR(found.st_mode) and bool(found.st_mode & stat.S_ISVTX) and place != path
        if found.st_mode & OTHERS_WRITE and not sticky:
            return False
    return True


def _kept(folder: pathlib.Path, key: str) -> ctypes.CDLL | None:
    """A library of the cache, if it is whole and nobody else's."""
    file, note = folder / f"{key}.so", folder / f"{key}.sha256"
    try:
        if not file.is_file() or not alone(file):
            return None
        whole = hashlib.sha256(file.read_bytes()).hexdigest() == note.read_text("ascii").strip()
        return ctypes.CDLL(str(file)) if whole else None
    except (OSError, UnicodeDecodeError):
        return None


def _store(made: pathlib.Path, folder: pathlib.Path, key: str) -> None:
    """Into the cache, in one step each: who reads meanwhile finds a whole file or makes its own."""
    content = made.read_bytes()
    for name, data in (
        (f"{key}.sha256", hashlib.sha256(content).hexdigest().encode()),
        (f"{key}.so", content),
    ):
        part = made.with_name(name + ".part")
        try:
            part.write_bytes(data)
            part.chmod(0o600)
            part.replace(folder / name)
        except OSError:  # no room: the library at hand is used all the same
            part.unlink(missing_ok=True)
            return


def _compiled(source: str, work: pathlib.Path, key: str) -> pathlib.Path:
    text, made = work / "kernel.cpp", work / f"{key}.so"
    text.write_text(source, encoding="utf-8")
    linked = ["-Wl,-undefined,dynamic_lookup"] if sys.platform == "darwin" else ["-Wl,-z,undefs"]
    command = [
        str(compiler()),
        "c++",
        *FLAGS,
        *linked,
        "-I",
        jax.ffi.include_dir(),
        str(text),
        "-o",
        str(made),
    ]
    own = {"ZIG_GLOBAL_CACHE_DIR": str(work / "global"), "ZIG_LOCAL_CACHE_DIR": str(work / "local")}
    try:
        done = subprocess.run(
            command, env=os.environ | own, capture_output=True, timeout=LONGEST, check=False, cwd=work
        )
    except subprocess.TimeoutExpired:
        raise NotNativeError(f"the kernel: its compiler took more than {LONGEST} s") from None
    if done.returncode or not made.is_file():
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotNativeError(
            f"the kernel: its compiler ended with {done.returncode}: {(lines or ['no word'])[0]}"
        )
    return made
