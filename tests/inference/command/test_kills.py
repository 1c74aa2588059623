"""A command that is killed at any moment and asked again ends bit for bit as one that nobody disturbed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from inference.runs import labelled_tree
from inference.runs.resumable import read_arrays, read_json

ROOT = Path(__file__).resolve().parents[3]
Content = dict[str, np.ndarray]


def of_tree(path: Path) -> Content:
    """Every variable of a labelled tree."""
    tree = labelled_tree.load(path)
    return {
        f"{n.path}/{k}": np.asarray(v.values) for n in tree.subtree for k, v in n.dataset.variables.items()
    }


def of_dish(path: Path) -> Content:
    with xr.open_dataset(path, engine="h5netcdf") as found:
        return {k: np.asarray(v.values) for k, v in found.variables.items()}


def of_calibration(folder: Path) -> Content:
    said = read_json(folder / "calibration.json", "make it again")
    said.pop("wall_time_s")
    return {"said": np.array([repr(said)])}


# command -> its words, and what is compared in the end; short ones, of seconds once compiled
COMMANDS: dict[str, tuple[str, Callable[[Path], Content]]] = {
    "fit": (
        "fit {study} --quick --chains 2 --warmup 20 --draws 20 --starts 2 --resume --out {out}",
        lambda out: read_arrays(out / "checkpoint" / "drawn.npz") | of_tree(out / "posterior.nc"),
    ),
    "rank": (
        "rank --prior --drug dexamethasone=300 --draws 8 --out {out}",
        lambda out: of_tree(out / "ranking.nc"),
    ),
    "calibrate": ("calibrate {study} --fits 20 --draws 31 --out {out}", of_calibration),
    "simulate": (
        "simulate --ensemble 1100 --hours 1 --every 30 --out {out}.nc",
        lambda out: of_dish(out.with_suffix(".nc")),
    ),
}


def begin(words: str, **places: object) -> subprocess.Popen:
    call = [w.format(**places) for w in words.split()]
    return subprocess.Popen(
        [sys.executable, "-m", "inference.command", *call],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def ended(process: subprocess.Popen) -> None:
    said, _ = process.communicate(timeout=1800)
    assert process.returncode in (0, 3), said  # 3: of so short a run nothing may be believed


@pytest.mark.slow  # twenty processes that compile, each begun again: a quarter of an hour
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_killed_five_times_ends_as_if_nobody_had(name, tiny, tmp_path):
    words, content = COMMANDS[name]
    ended(begin(words, study=tiny, out=tmp_path / "compiled"))
    at = time.monotonic()
    ended(begin(words, study=tiny, out=tmp_path / "whole"))
    length, rng = time.monotonic() - at, random.Random(name)
    wanted = content(tmp_path / "whole")
    assert wanted
    killed, out, count = 0, tmp_path / "killed0", 0
    while killed < 5:
        process = begin(words, study=tiny, out=out)
        try:
            process.communicate(timeout=length * rng.random())
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += 1
        else:  # it came to its end before: the next kills meet another run of the same
            count += 1
            out = tmp_path / f"killed{count}"
    ended(begin(words, study=tiny, out=out))
    found = content(out)
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        np.testing.assert_array_equal(found[key], value, err_msg=key)
