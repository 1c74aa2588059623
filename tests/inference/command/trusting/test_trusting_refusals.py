"""What calibrate and its neighbours refuse before anything is loaded: one line, exit code 2, no file."""

import pytest
from typer.testing import CliRunner

from inference.command.trusting import benchmark, calibrate, doctor, recover


@pytest.mark.parametrize(
    ("command", "asked", "said"),
    [
        (doctor, "--widths a", "--widths a: must be whole numbers"),
        (benchmark, "--workload x", "--workload x: is not one of niche, core"),
        (calibrate, "--sampler x", "--sampler x: is not one of walk, nuts"),
        (calibrate, "--run nowhere", "--run nowhere: holds no posterior.nc"),
        (recover, "--fits 0", "--fits: must be greater than or equal to 1"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(command, asked, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command.app, asked.split(), prog_name=command.__name__.rpartition(".")[2])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
