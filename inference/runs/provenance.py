"""What a result was made with: versions, device, precision, settings."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jax

from inference.runs.settings import Settings
from models.engine.native.choice import engine

VERSIONS = (
    "gp130",
    "jax",
    "diffrax",
    "equinox",
    "lineax",
    "optimistix",
    "numpyro",
    "blackjax",
    "sympy",
    "numpy",
    "arviz",
    "petab",
)


def device_line() -> str:
    """What JAX computes on, in words."""
    devices = jax.devices()
    kinds = ", ".join(sorted({d.device_kind for d in devices}))
    return f"{len(devices)} {devices[0].platform} device{'s' if len(devices) > 1 else ''} ({kinds}), float64"


def provenance(settings: Settings, **more: Any) -> dict[str, Any]:
    """Versions, device, precision, XLA flags and settings of a run."""
    import os

    found = {}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return {
        **more,
        "settings": asdict(settings),
        "seed": settings.seed,
        "versions": found,
        "python": platform.python_version(),
        "device": device_line(),
        "engine": engine(),
        "precision": "float64",
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
    }
