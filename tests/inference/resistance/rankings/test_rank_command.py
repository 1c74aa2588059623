"""The ranking command: what it writes, what it refuses, and that it goes on where it stopped.

The network is replaced by a power law with known exponents, so that the right ranking is known.
"""

import json
import pathlib

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from inference.command.asking import rank as script
from inference.fit.verdict import NOT_INFORMED
from inference.resistance.beliefs import NOT_FITTED
from inference.resistance.rankings import methods, ranking_run
from inference.resistance.rankings.ranking_request import RankingRequest
from inference.runs import console
from inference.runs.run import Run
from models.catalogue import niche

ROOT = pathlib.Path(__file__).resolve().parents[4]
EXPONENT = {"IC_rux": 2.0, "k_SR": -1.5, "k_mS": 1.0, "K_L": -0.5}


@pytest.fixture
def rank(monkeypatch):
    """The command as a function of its arguments."""
    monkeypatch.setattr(script, "prepare_jax", lambda device: None)
    monkeypatch.setattr(console.signal, "signal", lambda *_: None)
    return lambda *arguments: CliRunner().invoke(script.app, [str(a) for a in arguments])


@pytest.fixture
def power_law(monkeypatch):
    def readout(what, names, shares, *, rtol, atol):
        weight = jnp.array([EXPONENT.get(n, 0.0) for n in names])
        return lambda ln_values: ln_values @ weight

    monkeypatch.setattr(ranking_run, "readout_function", readout)


def a_run(folder: pathlib.Path, ok: bool) -> pathlib.Path:
    """A fit that has informed IC_rux, and k_SR not at all."""
    rng = np.random.default_rng(0)

    def group(n, **sd):
        return xr.Dataset({k: (("chain", "draw"), np.exp(rng.normal(0, s, (2, n)))) for k, s in sd.items()})

    folder.mkdir()
    draws = {
        "/posterior": group(400, IC_rux=0.1, k_SR=0.7, scale_blot=0.1),
        "/prior": group(1000, IC_rux=0.7, k_SR=0.7, scale_blot=1.0),
    }
    xr.DataTree.from_dict(draws).to_netcdf(folder / "posterior.nc", engine="h5netcdf")
    verdict = {"ok": ok, "reasons": [] if ok else ["the chains disagree"], "notes": [], "quick": False}
    (folder / "verdict.json").write_text(json.dumps(verdict))
    return folder


def test_a_run_gets_a_ranking_with_every_file_and_column(rank, power_law, tmp_path):
    run = a_run(tmp_path / "fit", ok=True)
    result = rank(run, "--draws", 16)
    assert result.exit_code == 0, result.output
    table = pd.read_csv(run / "ranking.csv", index_col="parameter")
    assert list(table.columns[:10]) == [
        "meaning",
        "direction",
        "pathway",
        "effect",
        "low",
        "high",
        "rank",
        "rank_low",
        "rank_high",
        "informed",
    ]
    assert list(table.index[:4]) == list(EXPONENT)
    assert np.allclose(table.loc[list(EXPONENT), "effect"], list(EXPONENT.values()))
    assert list(table["rank"]) == list(range(1, len(table) + 1))
    assert table.loc["IC_rux", "meaning"] == niche().parameter("IC_rux").meaning
    assert table.loc["IC_rux", "informed"] == "informed"
    assert table.loc["k_SR", "informed"] == NOT_INFORMED
    assert table.loc["K_L", "informed"] == NOT_FITTED
    assert table.loc["IC_rux", "sd_ln"] == pytest.approx(0.1, rel=0.5)
    assert table.loc["IC_rux", "prior_rank"] == 1
    assert table.loc["IC_rux", "rank_change"] == 0
    assert np.isnan(table.loc["IC_rux", "rank_rest"])
    assert table.loc[list(EXPONENT)[1], "rank_rest"] == 1
    assert "What matters most, beside the drug's own potency" in result.output
    assert "What the data changed" in result.output
    assert "mark" not in table
    tree = xr.open_datatree(run / "ranking.nc", engine="h5netcdf")
    assert {"parameter", "pathway", "stability", "simulations", "size"} <= set(tree.children)
    assert tree["parameter"]["p_top"].dims == ("factor", "k")
    for figure in ("ranking", "ranking_certainty", "ranking_pathways"):
        assert (run / "figures" / f"{figure}.png").stat().st_size > 20_000
    again = rank(run, "--draws", 16)
    assert again.exit_code == 0
    assert "is finished" in again.output
    other = rank(run, "--draws", 8)
    assert other.exit_code == 2
    assert "already holds another ranking" in other.output


def test_a_bound_for_independent_parameters_is_refused_for_a_fit(rank, power_law, tmp_path):
    result = rank(a_run(tmp_path / "fit", ok=True), "--method", "dgsm", "--draws", 16)
    assert result.exit_code == 2
    assert "--method dgsm: its bound holds for independent parameters" in result.output


@pytest.mark.parametrize("method", ["sobol", "dgsm", "morris", "srrc"])
def test_every_method_finds_the_leading_exponents(rank, power_law, tmp_path, method):
    draws = {"sobol": 64, "dgsm": 64, "morris": 8, "srrc": 256}[method]
    result = rank("--prior", "--method", method, "--draws", draws, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "out" / "ranking.csv", index_col="parameter")
    # these methods weigh exponents by the width of the prior: 0.8, 0.75, 0.6 and 0.4 for sd of 0.4, 0.5, 0.6
    # and 0.8
    assert set(table.index[:2]) == {"IC_rux", "k_SR"}
    assert set(table.index[2:4]) == {"k_mS", "K_L"}
    assert np.allclose(table["effect"].iloc[5:], 0, atol=0.12 if method == "srrc" else 1e-9)


def test_a_run_that_is_not_ok_is_refused_unless_forced_and_then_marked(rank, power_law, tmp_path):
    run = a_run(tmp_path / "fit", ok=False)
    refused = rank(run, "--draws", 4)
    assert refused.exit_code == 2
    assert "verdict is not ok (the chains disagree)" in refused.output
    assert not (run / "ranking.csv").exists()
    forced = rank(run, "--draws", 4, "--force")
    assert forced.exit_code == 0, forced.output
    table = pd.read_csv(run / "ranking.csv")
    assert table["mark"].str.startswith("NOT FOR USE").all()


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        ((), "either RUN, the folder of a fit, or --prior"),
        (("nowhere",), "holds no posterior.nc"),
        (("--prior", "--drug", "aspirin=3"), "--drug aspirin: is not known"),
        (("--prior", "--drug", "dexamethasone"), "write NAME=nM"),
        (("--prior", "--drug", "dexamethasone=much"), "is not a number"),
        (("--prior", "--drug", "dexamethasone=-3"), "-3 must be finite and not below 0"),
        (("--prior", "--drug", "dexamethasone=0"), "positive number"),
        (("--prior", "--method", "tarot"), "--method tarot: is not one of"),
        (("--prior", "--method", "sobol", "--draws", "100"), "takes a power of 2, for example 128"),
        (("--prior", "--drug", "dex=300", "--condition", "moon"), "--condition moon"),
        (("--prior", "--drug", "dex=300", "--preset", "hela"), "--preset hela"),
        (("--prior", "--drug", "dex=300", "--readout", "ic50"), "--readout ic50"),
        (("--prior", "--hypothesis", "H9"), "--hypothesis H9"),
        (
            ("--prior", "--drug", "dex=300", "--drug", "dexamethasone=100"),
            "--drug dexamethasone: is given twice",
        ),
        (("--prior", "--hours", "0"), "--hours: must be greater than or equal to 1"),
        (("--prior", "--hours", "nan"), "--hours"),
        (("--prior", "--seed", "-1"), "--seed: must be greater than or equal to 0"),
        (("--prior", "--method", "srrc", "--draws", "10"), "--draws 10: srrc of"),
    ],
)
def test_bad_input_gets_one_line_and_writes_nothing(rank, tmp_path, arguments, finding):
    result = rank(*arguments, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert finding in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_an_interrupted_ranking_goes_on_and_ends_as_if_it_had_not_been(monkeypatch, power_law, tmp_path):
    from inference.resistance.beliefs import declared, joint
    from inference.resistance.dish_plans import plan
    from inference.resistance.questions import Question
    from models.drugs import drug

    monkeypatch.setattr(methods.Elasticity, "sets", 4)
    question = Question("escape", ((drug("ruxolitinib"), 500.0),), "il6")
    what = plan(question)
    beliefs = declared(what.system.network, None)
    request = RankingRequest(question, "elasticity", 10, 1, "the prior")
    values, _ = joint(beliefs, 10, 1)
    stops = iter([False, True])

    def evaluate(folder, stop):
        work = ranking_run.Work(request, what, Run(folder, stop=stop))
        return work.answers(beliefs, values, "ranking", True)

    assert evaluate(tmp_path / "a", lambda: next(stops)) is None
    assert len(list((tmp_path / "a").rglob("*.npz"))) == 1
    went_on, straight = evaluate(tmp_path / "a", lambda: False), evaluate(tmp_path / "b", lambda: False)
    assert went_on is not None
    assert straight is not None
    assert all(np.array_equal(x, y) for x, y in zip(went_on, straight, strict=True))
    assert went_on[0].shape == (10,)
