"""The doctor measures, predicts and advises; the job scripts requeue what was interrupted."""

import os
import signal
import subprocess
import time
from pathlib import Path

import jax
import numpy as np
import numpyro.distributions as dist
import pytest

from inference.fit.device_costs import Cost, advice, devices, measure, wall_time
from inference.likelihood.problem import Priors, Problem

ROOT = Path(__file__).resolve().parents[3]


def test_the_cpu_is_found_with_its_memory_and_precision():
    cpu = next(d for d in devices() if d.platform == "cpu")
    assert cpu.float64
    assert cpu.memory == pytest.approx(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    assert cpu.count == len(jax.devices("cpu"))


def test_a_gradient_is_measured_and_unsolvable_points_are_counted():
    problem = Problem(Priors({"x": dist.Normal(0.0, 1.0)}), lambda t: (-(t**2), t[0] > 0))
    cost = measure(problem, np.array([[-1.0], [1.0], [2.0], [3.0]]), jax.devices("cpu")[0], seconds=0.01)
    assert (cost.platform, cost.width, cost.solved) == ("cpu", 4, 0.75)
    assert cost.compile > 0
    assert 0 < cost.gradient < 1


def test_the_predicted_time_is_its_parts_added_up():
    cost = Cost("cpu", 4, compile=10.0, gradient=0.5, solved=1.0)
    assert wall_time(cost, transitions=100, steps=7, search_steps=20) == 30 + (20 + 700) * 0.5
    assert wall_time(cost, transitions=100, steps=7, search_steps=20, devices=4) == 30 + (20 + 700) * 0.125


def test_a_slower_accelerator_is_called_slower():
    cpu, gpu = (
        (lambda width, s: Cost("cpu", width, 1.0, s, 1.0)),
        (lambda width, s: Cost("gpu", width, 1.0, s, 1.0)),
    )
    never = advice([cpu(4, 0.01), gpu(4, 0.1), cpu(64, 0.1), gpu(64, 0.2)])
    assert "4 points: the gpu is 10.0 times SLOWER" in never
    assert "use `device` cpu: the accelerator would be slower" in never
    wide = advice([cpu(4, 0.01), gpu(4, 0.1), cpu(64, 0.4), gpu(64, 0.1)])
    assert "64 points: the gpu is 4.0 times as fast" in wide
    assert "`sampler` chees or smc for 64 chains" in wide
    assert advice([cpu(4, 0.1), gpu(4, 0.01)]).endswith("use `device` gpu")
    assert "only a CPU" in advice([cpu(4, 0.1)])


FIT = """#!/bin/bash
echo "$@" >> arguments
trap 'exit 130' TERM
if [ -e quick ]; then exit 3; fi
for i in $(seq 200); do sleep 0.05; done
"""


@pytest.fixture
def job(tmp_path):
    """A folder with the job scripts, a python that stands for a fit, and a scontrol that writes down what it
    is asked.
    """
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "slurm").symlink_to(ROOT / "scripts" / "slurm")
    for name, text in (("python", FIT), ("scontrol", '#!/bin/bash\necho "$@" >> asked\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    environment = os.environ | {
        "PYTHON": str(tmp_path / "python"),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SLURM_SUBMIT_DIR": str(tmp_path),
        "SLURM_JOB_ID": "77",
    }

    def begin(script: str, *arguments: str, **more: str) -> subprocess.Popen:
        return subprocess.Popen(
            ["bash", str(ROOT / "scripts" / "slurm" / script), *arguments],
            cwd=tmp_path,
            env=environment | more,
        )

    return tmp_path, begin


def test_a_job_near_its_time_limit_stops_the_run_and_is_requeued(job):
    folder, begin = job
    process = begin("one_gpu.sbatch", "study.json.gz", "results/a", "--chains", "8")
    deadline = time.monotonic() + 20
    while not (folder / "arguments").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)  # the trap of the stand-in is set after it wrote its arguments
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 130
    assert (folder / "asked").read_text() == "requeue 77\n"
    said = (folder / "arguments").read_text()
    assert (
        "scripts/fit.py study.json.gz --out results/a --resume --device gpu --sampler chees --chains 8"
        in said
    )


def test_a_finished_job_is_not_requeued_and_hands_on_its_verdict(job):
    folder, begin = job
    (folder / "quick").touch()
    assert begin("many_gpus.sbatch", "study", "results/a", SAMPLER="smc").wait(20) == 3
    assert not (folder / "asked").exists()
    assert "--sampler smc" in (folder / "arguments").read_text()


def test_each_job_of_an_array_takes_its_line(job):
    folder, begin = job
    (folder / "quick").touch()
    (folder / "studies.txt").write_text("one --hypothesis H1\ntwo --hypothesis H2 --chains 4\n")
    assert (
        begin("array.sbatch", "studies.txt", "results", "--seed", "5", SLURM_ARRAY_TASK_ID="2").wait(20) == 3
    )
    said = (folder / "arguments").read_text()
    assert "two --out results/0002 --resume" in said
    assert said.strip().endswith("--hypothesis H2 --chains 4 --seed 5")
    assert begin("array.sbatch", "studies.txt", "results", SLURM_ARRAY_TASK_ID="3").wait(20) == 2
