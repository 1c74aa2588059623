"""What two processes must have alike, so that one may compute for the other: versions and our own code."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "jax",
    "jaxlib",
    "numpy",
    "scipy",
    "sympy",
    "diffrax",
    "equinox",
    "optimistix",
    "numpyro",
    "blackjax",
)
OURS = ("models", "inference")


class TeamError(ValueError):
    """Others who cannot compute for us: place, finding, remedy."""


@cache
def made_with() -> dict[str, str]:
    """Python, the packages that numbers depend on, and a fingerprint of our own sources; loads none of
    them.
    """
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    digest, root = hashlib.sha256(), Path(__file__).resolve().parents[2]
    for path in sorted(p for package in OURS for p in (root / package).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\n" + path.read_bytes())
    return {**found, "gp130": digest.hexdigest()[:12]}


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """In what two differ, in words; nothing if they are alike."""
    names = sorted(n for n in {*ours, *theirs} if ours.get(n) != theirs.get(n))
    return ", ".join(f"{n} {theirs.get(n, 'absent')} where we have {ours.get(n, 'absent')}" for n in names)


@cache
def processor() -> str:
    """The kind of processor, as the system calls it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
    return found[1].strip() if found else platform.machine()
