"""Killed at any moment and started again, a run ends as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from inference.runs.resumable import numbered, read_arrays

ROOT = Path(__file__).resolve().parents[3]

WALK = """
import sys
from pathlib import Path
import numpy as np
from inference.runs.resumable import drive

def advance(i, state):
    rng = np.random.default_rng(int(state[1]))
    x = state[0] + rng.standard_normal(200_000)  # large, so that a kill often meets a write
    return [x, np.asarray(rng.integers(2**31))], {"x": x[:10]}

drive(Path(sys.argv[1]), {"walk": 1}, lambda: [np.zeros(200_000), np.asarray(7)],
      lambda i, _: i == 40, advance)
"""

NUTS = """
import sys
from dataclasses import replace
from pathlib import Path
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from inference.samplers.nuts import sample
from inference.likelihood.problem import Priors, Problem
from inference.runs.run import Run
from inference.runs.settings import QUICK

T, Y = np.array([0.5, 1.0, 2.0, 4.0]), np.array([8.1, 6.9, 4.1, 1.9])
problem = Problem(Priors({"a": dist.LogNormal(2.0, 1.0), "k": dist.LogNormal(-1.0, 1.0)}),
                  lambda t: (dist.Normal(t[0] * jnp.exp(-t[1] * T), 0.3).log_prob(Y), jnp.asarray(True)))
settings = replace(QUICK, chains=2, warmup=60, draws=60, chunk=4, seed=4, target=0.9, max_tree_depth=8)
sample(problem, settings, jnp.array([[2.0, -1.0], [2.1, -1.1]]), 0.1 * np.eye(2), Run(Path(sys.argv[1])))
"""


def begin(program: str, folder: Path) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JAX_ENABLE_X64": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], env=environment, start_new_session=True
    )


def kill_after_something_happened(process: subprocess.Popen, folder: Path, rng: random.Random) -> bool:
    """SIGKILL a random moment after a random number of new files; False if the process ended before."""
    seen = set(os.listdir(folder)) if folder.exists() else set()
    wanted, deadline = rng.randrange(0, 4), time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        now = set(os.listdir(folder)) if folder.exists() else set()
        if len(now - seen) >= wanted:
            break
        time.sleep(0.0005)
    time.sleep(rng.random() * 0.03)
    if process.poll() is not None:
        return False
    process.send_signal(signal.SIGKILL)
    process.wait()
    return True


def contents(folder: Path) -> list[dict[str, bytes]]:
    return [{k: v.tobytes() for k, v in read_arrays(p).items()} for p in numbered(folder)]


@pytest.mark.parametrize(
    "program, kills",
    [(WALK, 20), pytest.param(NUTS, 2, id="NUTS"), pytest.param(NUTS, 20, marks=pytest.mark.slow)],
)
def test_a_run_killed_at_random_moments_ends_bit_for_bit_the_same(program, kills, tmp_path):
    assert begin(program, tmp_path / "whole").wait() == 0
    rng, done, folder = random.Random(kills), 0, tmp_path / "killed"
    while done < kills:
        process = begin(program, folder)
        if kill_after_something_happened(process, folder, rng):
            done += 1
        else:
            assert process.returncode == 0
            folder = (
                tmp_path / f"killed{done}"
            )  # it got to the end: the next kills meet another run of the same
    assert begin(program, folder).wait() == 0
    assert contents(folder) == contents(tmp_path / "whole")


def fit(study: Path, out: Path, *more: str) -> subprocess.Popen:
    command = [
        sys.executable,
        str(ROOT / "scripts" / "fit.py"),
        str(study),
        "--quick",
        "--chains",
        "2",
        "--warmup",
        "20",
        "--draws",
        "20",
        "--starts",
        "2",
        "--out",
        str(out),
        *more,
    ]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def assert_same_draws(ours: Path, theirs: Path) -> None:
    found, wanted = (read_arrays(p / "checkpoint" / "drawn.npz") for p in (ours, theirs))
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_study_killed_again_and_again_gives_the_draws_of_the_uninterrupted_run(kills, tiny, tmp_path):
    whole = fit(tiny, tmp_path / "whole", "--resume")  # nothing is saved yet: it starts
    assert whole.wait() == 0, whole.stdout.read()
    rng, done, out = random.Random(0), 0, tmp_path / "killed0"
    while done < kills:
        process = fit(tiny, out, "--resume")
        if kill_after_something_happened(process, out / "checkpoint" / "chunks", rng):
            done += 1
        else:
            assert process.returncode == 0, process.stdout.read()
            assert_same_draws(out, tmp_path / "whole")
            out = tmp_path / f"killed{done}"  # it got to the end: the next kills meet another run
    last = fit(tiny, out, "--resume")
    assert last.wait() == 0, last.stdout.read()
    assert_same_draws(out, tmp_path / "whole")
    assert json.loads((out / "run.json").read_text())["status"] == "finished"
    again = fit(tiny, out, "--resume")
    assert again.wait() == 0
    assert "finished" in again.stdout.read()
