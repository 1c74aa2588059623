"""Shared by all tests: 64-bit, a compilation cache, and where the measured data lie."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("MPLBACKEND", "Agg")

from models.engine.machine import prepare_jax

prepare_jax(cores=1)

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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where the measured data are present nothing may be skipped but what needs AMICI: a skip then hides a
    failure.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    without = [r for r in reporter.stats.get("skipped", []) if "AMICI is not installed" in str(r.longrepr)]
    if without:
        reporter.write_line(f"{len(without)} not run because AMICI is not installed")
    skipped = [r for r in reporter.stats.get("skipped", []) if r not in without]
    if data_folder() is None or not skipped:
        return
    reporter.write_line(
        f"{len(skipped)} skipped although the measured data are here: give each a reason to run, or remove "
        f"it",
        red=True,
    )
    session.exitstatus = max(session.exitstatus, pytest.ExitCode.TESTS_FAILED)
