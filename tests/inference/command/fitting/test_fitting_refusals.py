"""What fit and its neighbours refuse before anything is loaded: one line, exit code 2, no file."""

import pytest
from typer.testing import CliRunner

from inference.command.fitting import evaluate, fit, new_study, optimise, panel, published, timecourses


@pytest.mark.parametrize(
    ("command", "asked", "said"),
    [
        (fit, "--chains 0", "--chains: must be greater than or equal to 1"),
        (fit, "--chains many", "--chains: must be a valid integer"),
        (fit, "il6_feedback", "study il6_feedback: is not known: did you mean 'il6_feedback_estradiol'?"),
        (fit, "--hypothesis H9", "--hypothesis H9: is not one of H0, H1, H2, H3, H4, H5, H6"),
        (fit, "--device abacus", "--device abacus: is not one of auto, cpu, gpu"),
        (fit, "--resume", "--resume: which run? name its folder with --out"),
        (fit, "--sampler nots", "--sampler nots: is not known: did you mean 'nuts'?"),
        (panel, "no_folder", "no_folder: is no folder: name one with panel.csv"),
        (new_study, "no.csv", "no.csv: is not there: give a table"),
        (new_study, "", "TABLE: is missing: gp130 new-study --help says what it is"),
        (evaluate, "", "PROBLEM: is missing"),
        (published, "nobody", "MODEL nobody: is not one of zeilfelder, sobotta"),
        (optimise, "nope", "study nope: is not one of"),
        (timecourses, "nope.yaml", "study nope.yaml: is not one of"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(command, asked, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(
        command.app, asked.split(), prog_name=command.__name__.rpartition(".")[2].replace("_", "-")
    )
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
