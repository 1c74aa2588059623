"""Other people's problems: likelihoods and gradients that other programs computed."""

import json
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from inference.command.fitting import evaluate
from inference.likelihood.likelihood import log_likelihood, predict, trajectories
from inference.study.loading import load
from inference.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
LN10 = np.log(10.0)


@cache
def problem(folder: Path, name: str) -> Study:
    return load(folder / "petab" / name / f"{name}.yaml")


@cache
def solver(study: Study, rtol: float = 1e-10, atol: float = 1e-12):
    """theta -> (log-likelihood, solved), gradient."""

    def total(theta):
        found, ok = log_likelihood(study, theta, rtol=rtol, atol=atol)
        return jnp.sum(found), ok

    return jax.jit(jax.value_and_grad(total, has_aux=True))


def test_the_boehm_likelihood_is_that_of_amici(data):
    study = problem(data, "Boehm_JProteomeRes2014")
    (value, ok), _ = solver(study)(jnp.asarray(study.nominal))
    assert bool(ok)
    # AMICI's value, itself computed with finite tolerances; libRoadRunner gives -138.2219977
    assert float(value) == pytest.approx(-138.22199693517703, abs=1e-6)


def test_the_boehm_objective_and_gradient_are_those_of_pypesto(data):
    """Eleven parameter vectors on log10 scale; gradients of the negative log-likelihood on that scale."""
    study = problem(data, "Boehm_JProteomeRes2014")
    folder = data / "petab" / "Boehm_pyPESTO_reference"
    points, costs, slopes = (
        pd.read_csv(folder / f"Boehm_{x}_PyPesto.csv") for x in ("Parameters", "Cost", "Grad")
    )
    assert len(points) == 11
    for i in range(len(points)):
        theta = 10.0 ** points.loc[i, list(study.names)].to_numpy(float)
        (value, ok), slope = solver(study)(jnp.asarray(theta))
        assert bool(ok)
        assert -float(value) == pytest.approx(costs.Cost[i], rel=1e-6)
        expected = slopes.loc[i, list(study.names)].to_numpy(float)
        np.testing.assert_allclose(-np.asarray(slope) * theta * LN10, expected, rtol=1e-4, atol=1e-4)


def test_raia_trajectories_are_those_of_the_collection(data):
    study = problem(data, "Raia_CancerResearch2011")
    folder = data / "petab" / "Raia_CancerResearch2011"
    simulated = pd.read_csv(folder / "simulatedData_Raia_CancerResearch2011.tsv", sep="\t")
    simulated = {
        (f"observable_{r.observableId}", r.simulationCondition, r.time): r.simulation
        for r in simulated.itertuples()
    }

    @jax.jit
    def values(theta):
        return predict(study, theta, trajectories(study, theta, rtol=1e-9, atol=1e-12)).value

    expected = [simulated[m.observable, m.experiment, m.time] for m in study.tables.measurements]
    # the collection's simulations carry about six digits
    np.testing.assert_allclose(values(jnp.asarray(study.nominal)), expected, rtol=1e-5, atol=1e-9)


def test_the_raia_likelihood_is_that_of_libroadrunner(data):
    study = problem(data, "Raia_CancerResearch2011")
    (value, _), _ = solver(study)(jnp.asarray(study.nominal))
    # libRoadRunner at relative tolerance 1e-10 with the initial assignment Rec_i := init_Rec_i taken at the
    # nominal value
    assert float(value) == pytest.approx(-346.0897814, abs=1e-5)
    start = study.nominal
    start[study.names.index("init_Rec_i")] = 234.959456370893
    (value, _), _ = solver(study)(jnp.asarray(start))
    # the published reproduction -346.08844 lets Rec_i start from the value in the model file, as this does
    assert float(value) == pytest.approx(-346.08844, abs=1e-5)


def test_evaluate_prints_one_json_object(data, tmp_path):
    folder = data / "petab"
    values = tmp_path / "values.tsv"
    values.write_text("parameterId\tvalue\nsd_pSTAT5A_rel\t5\n")
    yaml = str(folder / "Boehm_JProteomeRes2014" / "Boehm_JProteomeRes2014.yaml")
    done = CliRunner().invoke(evaluate.app, [yaml, "--parameters", str(values), "--gradient"])
    report = json.loads(done.stdout)
    assert report["n_measurements"] == 48
    assert report["parameters"]["sd_pSTAT5A_rel"] == 5
    study = problem(data, "Boehm_JProteomeRes2014")
    theta = study.nominal
    theta[study.names.index("sd_pSTAT5A_rel")] = 5.0
    (value, _), slope = solver(study)(jnp.asarray(theta))
    assert report["log_likelihood"] == pytest.approx(float(value), abs=1e-8)
    assert report["gradient"]["sd_pSTAT5A_rel"] == pytest.approx(
        float(slope[study.names.index("sd_pSTAT5A_rel")]), rel=1e-8
    )
    features = json.loads(CliRunner().invoke(evaluate.app, ["--features"]).stdout)
    assert "delay() in formulas" in features["refused"]
