"""A user copies a study, puts own measurements into it, fits it and reads the result; wrong requests get one
line.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import arviz as az
import pandas as pd
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
STUDY = ROOT / "inference" / "studies" / "il6_feedback_estradiol"
GROUPS = {
    "prior",
    "prior_predictive",
    "posterior",
    "posterior_predictive",
    "sample_stats",
    "log_likelihood",
    "observed_data",
    "constant_data",
}


def fit(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, str(ROOT / "scripts" / "fit.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


@pytest.fixture(scope="module")
def own_study(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The default study's folder with a user's own conditions and two series of measurements, and nothing
    else.
    """
    folder = tmp_path_factory.mktemp("own") / "my_study"
    shutil.copytree(STUDY, folder)
    rows = [("SOCS3_protein", "my_dish", t, v) for t, v in ((20, 0.4), (40, 1.9), (60, 1.5), (120, 0.9))]
    rows += [("pSTAT3_degree", "my_dish", t, v) for t, v in ((0, 0.02), (15, 0.5), (30, 0.42), (120, 0.2))]
    table = pd.DataFrame(rows, columns=["observableId", "experimentId", "time", "measurement"])
    table.to_csv(folder / "measurements.tsv", sep="\t", index=False)
    conditions = pd.read_csv(folder / "conditions.tsv", sep="\t", dtype=str)
    mine = pd.DataFrame(
        [("my_il6", "clamped", "0"), ("my_il6", "IL6", "25")], columns=list(conditions.columns[:3])
    )
    pd.concat([conditions, mine]).to_csv(folder / "conditions.tsv", sep="\t", index=False)
    dishes = [("my_dish", -8640, "hepatocyte"), ("my_dish", -8640, "pre_culture"), ("my_dish", 0, "my_il6")]
    pd.DataFrame(dishes, columns=["experimentId", "time", "conditionId"]).to_csv(
        folder / "experiments.tsv", sep="\t", index=False
    )
    observables = pd.read_csv(folder / "observables.tsv", sep="\t", dtype=str)
    observables[observables["observableId"].isin(table["observableId"])].to_csv(
        folder / "observables.tsv", sep="\t", index=False
    )
    parameters = pd.read_csv(folder / "parameters.tsv", sep="\t", dtype=str)
    free = {"k_SR", "K_iS", "k_mS", "k_S", "noise_SOCS3", "noise_degree"}
    here = parameters["parameterId"].isin(free) | ~parameters["parameterId"].str.match(
        "scale_|blank_|noise_|sd_lab"
    )
    parameters.loc[~parameters["parameterId"].isin(free), "estimate"] = "false"
    parameters[here].to_csv(folder / "parameters.tsv", sep="\t", index=False)
    return folder / "problem.yaml"


@pytest.fixture(scope="module")
def finished(own_study: pathlib.Path) -> tuple[pathlib.Path, subprocess.CompletedProcess[str]]:
    out = own_study.parent / "run"
    sizes = ("--chains", "2", "--warmup", "10", "--draws", "10", "--starts", "2")
    return out, fit(str(own_study), "--hypothesis", "H0", "--quick", *sizes, "--out", str(out))


def test_own_measurements_are_fitted_and_every_file_is_written(finished: tuple) -> None:
    out, done = finished
    assert done.returncode == 0, done.stderr
    assert "NOT FOR USE" in done.stdout
    assert set(az.from_netcdf(out / "posterior.nc").children) >= GROUPS
    assert isinstance(json.loads((out / "verdict.json").read_text())["ok"], bool)
    run = json.loads((out / "run.json").read_text())
    assert run["precision"] == "float64"
    assert {"study_fingerprint", "network_fingerprint", "seed", "versions", "device", "wall_time_s"} <= set(
        run
    )
    table = pd.read_csv(out / "summary.csv")
    assert set(table["parameter"]) == {"k_SR", "K_iS", "k_mS", "k_S", "noise_SOCS3", "noise_degree"}
    assert len(list((out / "figures").glob("*.png"))) >= 4


def test_a_folder_that_holds_a_run_is_not_overwritten(finished: tuple, own_study: pathlib.Path) -> None:
    out, _ = finished
    before = (out / "posterior.nc").read_bytes()
    again = fit(str(own_study), "--hypothesis", "H0", "--quick", "--out", str(out))
    assert again.returncode == 2
    assert again.stderr.count("\n") == 1
    assert "already holds a run" in again.stderr
    assert (out / "posterior.nc").read_bytes() == before


@pytest.mark.parametrize(
    "arguments, finding",
    [
        (("no_such_study",), "is not one of"),
        (("il6_feedback_estradiol", "--hypothesis", "H9"), "is not one of H0"),
        (("il6_feedback_estradiol", "--device", "abacus"), "is not one of auto"),
        (("il6_feedback_estradiol", "--resume"), "--out"),
    ],
)
def test_a_wrong_request_is_one_line_and_writes_nothing(
    arguments: tuple[str, ...], finding: str, tmp_path: pathlib.Path
) -> None:
    out = () if "--resume" in arguments else ("--out", str(tmp_path / "run"))
    done = fit(*arguments, "--quick", *out)
    assert done.returncode == 2
    assert finding in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()
