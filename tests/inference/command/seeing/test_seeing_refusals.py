"""What simulate, explore, tables refuse before anything is loaded: one line, exit code 2, no file."""

import pytest
from typer.testing import CliRunner

from inference.command.seeing import explore, simulate, tables


@pytest.mark.parametrize(
    ("command", "asked", "said"),
    [
        (simulate, "--preset mm2", "--preset mm2: is not known: did you mean 'mm1s'?"),
        (
            simulate,
            "--preset xyz",
            "--preset xyz: is not one of mm1s, u266",
        ),
        (simulate, "--drug bortezomip=4", "--drug bortezomip: is not known: did you mean 'bortezomib'?"),
        (simulate, "--drug water=4", "--drug water: is not known: gp130 help drugs lists what is"),
        (simulate, "--set k_s=2", "--set k_s: is not known: did you mean 'k_S'?"),
        (simulate, "--hours much", "--hours: 'much' is not a number"),
        (simulate, "--averages 3", "--averages: belongs to --population"),
        (simulate, "--curve", "--curve: belongs to --population"),
        (simulate, "--population 10 --ensemble 4", "--population: is another question than --ensemble"),
        (simulate, "--population 10 --averages 20", "--averages 20: must not be above the 10 cells"),
        (simulate, "--population 1.5", "--population 1.5: must be a whole number"),
        (simulate, "--population 9 --every 10", "--every: cells of a --population are looked at 48 times"),
        (simulate, "--population 9 --run nowhere", "holds no posterior.nc"),
        (simulate, "--preest mm1s", "--preest: is no option of simulate: did you mean --preset?"),
        (tables, "drug", "tables drug: is not known: did you mean 'drugs'?"),
        (explore, "", "explore: say what to believe"),
        (explore, "--prior --address 0.0.0.0", "--address 0.0.0.0: means every network this machine is in"),
        (explore, "--prior --address localhost", "--address localhost: is no IP address"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(command, asked, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command.app, asked.split(), prog_name=command.__name__.rpartition(".")[2])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
