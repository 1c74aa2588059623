"""What rank and its neighbours refuse before anything is loaded: one line, exit code 2, no file."""

import pytest
from typer.testing import CliRunner

from inference.command.asking import combine, compare, course, design, facts, rank, report, scan


@pytest.mark.parametrize(
    ("command", "asked", "said"),
    [
        (rank, "", "rank: say what to believe: either RUN, the folder of a fit, or --prior"),
        (rank, "--prior --drug dexamethasone", "--drug dexamethasone: write NAME=nM"),
        (rank, "--prior --readout taste", "--readout taste: is not one of"),
        (rank, "--prior --method tarot", "--method tarot: is not one of"),
        (scan, "--prior --pair-level 0.7", "--pair-level 0.7: is not one of 0.5, 0.9"),
        (combine, "", "combine: say what to believe: either RUN, the folder of a fit, or --prior"),
        (combine, "--prior --drug bortezomip", "--drug bortezomip: is not known: did you mean 'bortezomib'?"),
        (combine, "--prior --drug bortezomib", "--drug bortezomib: one drug is no combination"),
        (combine, "--prior --drug bortezomib=4", "--drug bortezomib=4: write NAME, or NAME=LOW:HIGH in nM"),
        (combine, "--prior --drug bortezomib=1:4g", "--drug bortezomib: 'g' is no unit of a dose"),
        (
            combine,
            "--prior --drug bortezomib=1uM:4nM",
            "1000 nM is not below 4 nM: the lower dose comes first",
        ),
        (combine, "--prior --drug bortezomib=much:4", "--drug bortezomib: 'much' is no dose"),
        (combine, "--prior --steps 2", "--steps: must be greater than or equal to 3"),
        (rank, "a b", "rank: takes no more words, but was given 'b'"),
        (scan, "--prior --condition moon", "--condition moon: is not one of"),
        (report, "nowhere", "holds no posterior.nc"),
        (design, "--posterior no.nc", "--posterior no.nc: is no file"),
        (facts, "--prior --draws 1", "--draws: must be greater than or equal to 8"),
        (compare, "--sampler x", "--sampler x: is not one of walk, nuts, smc"),
        (course, "--regimen VRD2", "--regimen VRD2: is not known: did you mean 'VRd'?"),
        (
            course,
            "--regimen mine=bortezomid",
            "--regimen mine: regimen, line 1, column 1: 'bortezomid' is no drug",
        ),
        (course, "--patients 24 --models 7", "--models 7: must leave at least 4 of the 24 patients to each"),
        (course, "--patients 3", "--patients: must be greater than or equal to 24"),
        (course, "--line old", "--line old: is not one of new, relapsed"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(command, asked, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command.app, asked.split(), prog_name=command.__name__.rpartition(".")[2])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
