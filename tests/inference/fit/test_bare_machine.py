"""A study prepared here runs where only the packages named in the README are, and is finished here."""

import json
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import arviz as az
import numpy as np
import pytest
from packaging.requirements import Requirement

from inference.runs.resumable import read_arrays

ROOT = Path(__file__).resolve().parents[3]
NAMED = ("jax", "numpyro", "diffrax", "equinox", "lineax", "sympy", "numpy", "h5py", "typer", "rich")
SIZES = ("--quick", "--chains", "2", "--warmup", "6", "--draws", "6", "--starts", "2")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of links to the named packages and what they themselves require, and to nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    known, waiting = set[str](), list(NAMED)
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        here = distribution(name)
        for file in here.files or ():
            top = file.parts[0]
            link = folder / top
            if top not in ("..", "__pycache__") and not link.exists():
                link.symlink_to(Path(str(here.locate_file(top))))
        needed = map(Requirement, here.requires or ())
        waiting += [r.name for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    return folder


def fit(
    *arguments: object, packages: Path | None = None, native: bool = True
) -> subprocess.CompletedProcess[str]:
    env = os.environ | ({"PYTHONPATH": str(packages)} if packages else {})
    env |= {} if native else {"GP130_NATIVE": "0"}
    command = [
        sys.executable,
        *(("-S",) if packages else ()),
        str(ROOT / "scripts" / "fit.py"),
        *map(str, arguments),
    ]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def test_a_prepared_study_is_drawn_on_a_bare_machine_and_finished_elsewhere(tiny, bare, tmp_path):
    assert not {"petab", "arviz", "pandas", "libsbml", "matplotlib", "blackjax"} & {
        p.name for p in bare.iterdir()
    }
    file, here, there = tmp_path / "tiny.json.gz", tmp_path / "here", tmp_path / "there"
    prepared = fit(tiny, *SIZES, "--prepare", file)
    assert prepared.returncode == 0, prepared.stderr
    drawn = fit(file, "--out", there, packages=bare)
    assert drawn.returncode == 0, drawn.stderr
    assert "--finish" in drawn.stdout
    assert not (there / "posterior.nc").exists()
    finished = fit("--finish", there)
    assert finished.returncode == 0, finished.stderr
    assert json.loads((there / "run.json").read_text())["status"] == "finished"
    assert set(az.from_netcdf(there / "posterior.nc")["posterior"].data_vars) == {"d_X", "scale_X", "noise_X"}
    # the bare machine has no compiler for the native kernel, and says so
    assert json.loads((there / "run.json").read_text())["engine"] == "xla"
    assert fit(tiny, *SIZES, "--out", here, native=False).returncode == 0
    ours, theirs = (read_arrays(p / "checkpoint" / "drawn.npz") for p in (here, there))
    np.testing.assert_array_equal(ours["theta"], theirs["theta"])  # the same machine, the same program


def test_a_sampler_that_needs_more_packages_says_so_before_anything_is_written(tiny, bare, tmp_path):
    file = tmp_path / "tiny.json.gz"
    assert fit(tiny, *SIZES, "--prepare", file).returncode == 0
    refused = fit(file, "--sampler", "chees", "--out", tmp_path / "run", packages=bare)
    assert refused.returncode == 2
    assert "BlackJAX" in refused.stderr
    assert not (tmp_path / "run").exists()
