"""What can be added in at most two files is added, and the commands run with it.

The examples of CONTRIBUTING.md (drug, pathway, belief, read-out, condition, sampler, figure) are applied to a
copy of both packages, a study is copied there, and nothing else is touched.
"""

import json
import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def gp130(extended, tmp_path_factory):
    """A command of the extended copy: (arguments) -> what it prints; it must succeed."""
    here = tmp_path_factory.mktemp("commands")
    studies = extended / "inference" / "studies"
    shutil.copytree(studies / "feedback_reduced", studies / "of_my_own")

    def run(*arguments: str) -> str:
        path = {"PYTHONPATH": str(extended), "PATH": "/usr/bin:/bin", "HOME": str(here), "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, "-P", "-m", "inference.command", *arguments],
            cwd=here,
            env=path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.folder = here
    return run


@pytest.mark.slow  # a process of its own that compiles a network nobody has compiled before
def test_rank_asks_about_a_drug_a_readout_and_a_condition_of_ones_own(gp130):
    gp130(
        *("rank", "--prior", "--drug", "idelalisib=300", "--readout", "akt", "--condition", "fat"),
        *("--method", "morris", "--draws", "2", "--out", "ranked"),
    )
    table = (gp130.folder / "ranked" / "ranking.csv").read_text()
    assert "IC_idela" in table  # its own potency matters to what it does
    asked = (gp130.folder / "ranked" / "ranking.json").read_text()
    assert "phosphorylated Akt that the drug leaves" in asked


@pytest.mark.slow  # a process of its own that compiles a network nobody has compiled before
def test_fit_draws_a_study_of_ones_own_with_a_sampler_of_ones_own(gp130):
    gp130("fit", "of_my_own", "--quick", "--sampler", "weighted", "--out", "fitted")
    run = json.loads((gp130.folder / "fitted" / "run.json").read_text())
    assert (run["settings"]["sampler"], run["status"]) == ("weighted", "finished")
    assert (gp130.folder / "fitted" / "figures" / "moved.png").stat().st_size > 1000


@pytest.mark.slow  # a process of its own that compiles a network nobody has compiled before
def test_the_report_has_a_section_on_a_drug_and_a_condition_of_ones_own(gp130):
    gp130(
        *("report", "--prior", "--drug", "idelalisib=300", "--condition", "fat"),
        *("--draws", "8", "--out", "report.html"),
    )
    page = (gp130.folder / "report.html").read_text()
    assert "idelalisib" in page
    assert "beside fat" in page


def test_a_belief_of_ones_own_is_within_what_it_says(extended):
    asked = (
        "import numpy as np; from models.belief_kinds import KINDS, LogUniform; b = LogUniform(10.0);"
        "u = np.linspace(0.01, 0.99, 99); v = b.quantile(u, 2.0);"
        "assert KINDS['log_uniform'] == (LogUniform, 1) and b.record().belief() == b;"
        "assert np.allclose(np.log(v / 0.2) / np.log(100), u)"  # even in ln, from a tenth to ten times 2
    )
    done = subprocess.run([sys.executable, "-P", "-c", asked], env={"PYTHONPATH": str(extended)}, check=False)
    assert done.returncode == 0
