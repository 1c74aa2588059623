"""What this processor can do, as far as a kernel depends on it."""

from __future__ import annotations

import hashlib
import os
import pathlib
import platform
import sys
from functools import lru_cache

FEATURES = pathlib.Path("/proc/cpuinfo")


@lru_cache(maxsize=1)
def features() -> frozenset[str]:
    """Words by which the system names what the processor has; none where it does not tell."""
    try:
        lines = FEATURES.read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return frozenset(flags.partition(":")[2].split())


def vector_width(known: frozenset[str] | None = None) -> int:
    """Numbers of 64 bits in a vector register that is used: 8 with AVX-512, 4 with AVX, 2 on ARM, else 1."""
    has = features() if known is None else known
    if {"avx512f", "avx512dq", "avx512vl"} <= has:
        return 8
    if "avx2" in has and "fma" in has:
        return 4
    return 2 if platform.machine().lower() in ("arm64", "aarch64") else 1


def identity() -> str:
    """Text that differs between processors for which code is made differently."""
    named = sorted(features()) or [platform.processor()]
    text = " ".join([sys.platform, platform.machine(), *named])
    return hashlib.sha256(text.encode()).hexdigest()


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
