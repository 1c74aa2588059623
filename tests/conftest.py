"""Shared by all tests: 64-bit, a compilation cache, and where the measured data lie."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.3")
os.environ.setdefault("MPLBACKEND", "Agg")

import jax
import pytest

jax.config.update("jax_enable_x64", True)


def data_folder() -> pathlib.Path | None:
    """The folder of measured data: GP130_DATA, or ../shared/data beside the repository, if it is there."""
    folder = pathlib.Path(os.environ.get("GP130_DATA", ROOT.parent / "shared" / "data"))
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def data() -> pathlib.Path:
    folder = data_folder()
    if folder is None:
        pytest.skip("measured data are not here: set GP130_DATA to their folder")
    return folder
