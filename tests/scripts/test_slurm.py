"""The job scripts run what `run.sh` prepares, check what they are given, ask again for what was interrupted.

SLURM itself is not here: `sbatch`, `srun` and `scontrol` are scripts that do what the job scripts rely on.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# In place of the prepared interpreter: writes down what it is asked, and ends as a command does.
PYTHON = """#!/bin/bash
echo "$@" >> arguments
case "$*" in
    *dask_scheduler*)
        trap 'echo scheduler >> ended; exit 0' TERM
        echo '{"address": "tcp://here:1"}' > "${@: -1}" ;;
    *" worker "*) trap 'echo worker >> ended; exit 0' TERM ;;
    *)
        if [ -e begin ]; then exit "$(cat begin)"; fi
        trap 'exit 130' TERM; touch running ;;
esac
for i in $(seq 400); do sleep 0.05; done
"""
# SLURM runs a copy of the script, from the folder of whoever submitted it.
SBATCH = """#!/bin/bash
while [[ $1 == --* ]]; do shift; done
cp "$1" spooled; shift
SLURM_JOB_ID=77 SLURM_SUBMIT_DIR=$PWD exec bash spooled "$@"
"""
SRUN = """#!/bin/bash
echo "$@" >> started
shift
"$@" & one=$!; "$@" & two=$!
trap 'kill -TERM $one $two' TERM
wait; wait
"""


@dataclass
class Checkout:
    """A folder that looks like a prepared checkout, with stand-ins first on PATH."""

    folder: Path

    def submit(self, script: str, *arguments: str, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            [str(self.folder / "bin" / "sbatch"), "--ntasks=2", f"scripts/slurm/{script}", *arguments],
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", **environment},
            stderr=subprocess.PIPE,
            text=True,
        )

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def wait_for(self, what: Callable[[], object]) -> None:
        until = time.monotonic() + 60
        while not what():
            assert time.monotonic() < until
            time.sleep(0.02)


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    for path in ("scripts", "pyproject.toml", "inference"):
        (tmp_path / path).symlink_to(ROOT / path)
    stand_ins = {"sbatch": SBATCH, "srun": SRUN, "scontrol": '#!/bin/bash\necho "$@" >> asked\n'}
    (tmp_path / "bin").mkdir()
    for name, text in stand_ins.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    lists = "cat pyproject.toml scripts/requirements/base.txt | cksum"
    stamp = subprocess.run(lists, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    (tmp_path / ".venv" / "prepared").write_text(stamp.stdout.strip() + " ")
    return Checkout(tmp_path)


def test_a_job_near_its_time_limit_stops_the_run_and_is_requeued(checkout):
    job = checkout.submit("one_gpu.sbatch", "study.json.gz", "results/a", "--chains", "8")
    checkout.wait_for((checkout.folder / "running").exists)
    job.send_signal(signal.SIGTERM)
    assert job.wait(60) == 130
    assert checkout.text("asked") == "requeue 77\n"
    asked = "fit study.json.gz --out results/a --resume --device gpu --sampler chees --chains 8\n"
    assert checkout.text("arguments") == "-P -m inference.command " + asked


def test_a_finished_job_is_not_requeued_and_hands_on_its_verdict(checkout):
    (checkout.folder / "begin").write_text("3")
    assert checkout.submit("many_gpus.sbatch", "study", "results/a", SAMPLER="smc").wait(60) == 3
    assert checkout.text("asked") == ""
    assert "--sampler smc" in checkout.text("arguments")


def test_fits_over_many_machines_have_a_scheduler_workers_and_one_who_asks(checkout):
    (checkout.folder / "begin").write_text("0")
    job = checkout.submit("many_machines.sbatch", "calibrate", "--fits", "64", "--out", "results/c")
    assert job.wait(60) == 0, job.stderr.read()
    file = checkout.folder / "scheduler-77.json"
    started = checkout.text("started")
    assert started == f"--kill-on-bad-exit=0 sh scripts/run.sh worker {file}\n"
    said = checkout.text("arguments").splitlines()
    assert f"-P -m inference.command calibrate --fits 64 --out results/c --on dask:{file}" in said
    assert any(s.startswith("-m distributed.cli.dask_scheduler") for s in said)
    assert "scheduler" in checkout.text("ended")
    assert not file.exists()
    assert checkout.text("asked") == ""


def test_fits_over_many_machines_are_requeued_near_the_time_limit_and_leave_nobody_behind(checkout):
    job = checkout.submit("many_machines.sbatch", "recover", "--out=results/c")
    checkout.wait_for(
        lambda: (checkout.folder / "running").exists() and checkout.text("arguments").count(" worker ") == 2
    )
    time.sleep(0.3)  # the traps of the stand-ins are set after they wrote what they were asked
    job.send_signal(signal.SIGTERM)
    assert job.wait(60) == 130
    assert checkout.text("asked") == "requeue 77\n"
    checkout.wait_for(lambda: sorted(checkout.text("ended").split()) == ["scheduler", "worker", "worker"])


@pytest.mark.parametrize(
    ("script", "arguments", "finding"),
    [
        ("one_gpu.sbatch", ("study",), "give STUDY_OR_PREPARED_FILE RUN_FOLDER"),
        ("many_gpus.sbatch", (), "give STUDY_OR_PREPARED_FILE RUN_FOLDER"),
        ("many_machines.sbatch", (), "give one of calibrate"),
        ("many_machines.sbatch", ("fit", "--out", "a"), "give one of calibrate"),
        ("many_machines.sbatch", ("calibrate",), "--out"),
    ],
)
def test_a_job_that_cannot_be_is_told_in_one_line(checkout, script, arguments, finding):
    job = checkout.submit(script, *arguments)
    assert job.wait(60) == 2
    said = job.stderr.read()
    assert finding in said
    assert said.count("\n") == 1
    assert not (checkout.folder / "arguments").exists()


def test_a_job_outside_a_checkout_is_told_so(checkout, tmp_path):
    (tmp_path / "elsewhere" / "scripts" / "slurm").mkdir(parents=True)
    for script in ("one_gpu.sbatch", "many_gpus.sbatch", "many_machines.sbatch"):
        text = (ROOT / "scripts" / "slurm" / script).read_text()
        (tmp_path / "elsewhere" / script).write_text(text)
        done = subprocess.run(
            ["bash", script, "recover", "--out", "a"],
            cwd=tmp_path / "elsewhere",
            env={**os.environ, "SLURM_JOB_ID": "77", "SLURM_SUBMIT_DIR": str(tmp_path / "elsewhere")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert "is no checkout of gp130" in done.stderr
