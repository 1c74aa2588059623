"""A run's tree is labelled and survives the disk; the verdict sees what is wrong with made-up chains."""

import arviz as az
import numpy as np
import pytest
import xarray as xr

from inference.fit import verdict as check
from inference.runs import labelled_tree

LABELS = labelled_tree.Labels(
    ["K_iS", "k_T", "e_deg"],
    ["nM", "1/min", "0-1"],
    ["feedback", "", "estradiol"],
    ["block", "transit", "effect"],
    np.array([1.6, 0.1, 0.0]),
    ["a", "a", "b"],
    ["pSTAT3", "pSTAT3", "SOCS3"],
    np.array([0.0, 20.0, 40.0]),
    np.array([0.1, 0.5, 2.0]),
    np.array([False, False, True]),
)


def made_up(theta: np.ndarray, prior: np.ndarray, diverging: np.ndarray | None = None) -> xr.DataTree:
    rng = np.random.default_rng(0)
    chains, draws = theta.shape[:2]
    log_likelihood = -0.5 * rng.standard_normal((chains, draws, 3)) ** 2
    kept = np.arange(0, draws, 10)
    stats = {
        "diverging": np.zeros((chains, draws), bool) if diverging is None else diverging,
        "energy": rng.standard_normal((chains, draws)),
        "potential_energy": rng.standard_normal((chains, draws)),
        "num_steps": np.full((chains, draws), 7),
    }
    y = rng.standard_normal((chains, len(kept), 3))
    sampled = labelled_tree.Sampled(
        theta, stats, log_likelihood, np.zeros_like(theta), y, y, kept, prior, y[0], y[0]
    )
    return labelled_tree.tree(LABELS, sampled, {"study": "made up", "settings": {"chains": chains}})


def independent(seed: int = 1, chains: int = 4, draws: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    prior = np.stack(
        [np.exp(rng.standard_normal(2000)), np.exp(rng.standard_normal(2000)), rng.beta(1, 2, 2000)], -1
    )
    shape = (chains, draws)
    theta = np.stack(
        [
            np.exp(0.2 * rng.standard_normal(shape) + 0.5),
            np.exp(rng.standard_normal(shape)),
            rng.beta(8, 8, shape),
        ],
        -1,
    )
    return theta, prior


def test_the_tree_has_the_groups_and_names_that_arviz_users_expect(tmp_path) -> None:
    theta, prior = independent()
    labelled_tree.save(made_up(theta, prior), tmp_path / "posterior.nc")
    dt = az.from_netcdf(tmp_path / "posterior.nc")
    groups = {
        "prior",
        "prior_predictive",
        "posterior",
        "posterior_predictive",
        "sample_stats",
        "log_likelihood",
        "observed_data",
        "constant_data",
    }
    assert groups <= set(dt.children)
    np.testing.assert_array_equal(dt["posterior"]["K_iS"].values, theta[..., 0])
    assert dt["posterior"]["K_iS"].dims == ("chain", "draw")
    assert dt["posterior"]["K_iS"].attrs["units"] == "nM"
    assert {"parameter", "experiment", "observable", "time"} <= set(dt["constant_data"].dims)
    assert dt["observed_data"]["experiment"].values.tolist() == ["a", "a", "b"]
    assert dt["constant_data"]["replicates"].sel(experiment="b", observable="SOCS3", time=40.0).item() == 1
    assert float(az.rhat(dt["posterior"].to_dataset())["k_T"]) < 1.01


def test_independent_draws_are_judged_ok() -> None:
    verdict = check.judge(made_up(*independent()))
    assert verdict.ok, verdict.reasons


def test_chains_that_disagree_are_seen() -> None:
    theta, prior = independent()
    theta[0, :, 0] *= 3
    verdict = check.judge(made_up(theta, prior))
    assert not verdict.ok
    assert any("R-hat" in r and "K_iS" in r for r in verdict.reasons)


def test_too_few_draws_are_seen() -> None:
    verdict = check.judge(made_up(*independent(draws=60)))
    assert any("bulk ESS" in r for r in verdict.reasons)


def test_clustered_divergences_are_seen() -> None:
    theta, prior = independent()
    diverging = np.zeros((4, 1000), bool)
    nearest = np.argsort(np.abs(np.log(theta[0] / theta[0, 0])).sum(-1))[:3]
    diverging[0, nearest] = True
    verdict = check.judge(made_up(theta, prior, diverging))
    assert any("one region" in r for r in verdict.reasons)


def test_a_failed_solve_in_the_kept_draws_is_a_reason() -> None:
    assert any(
        "could not be solved" in r for r in check.judge(made_up(*independent()), failed_solves=1).reasons
    )


@pytest.mark.parametrize(
    "move, told",
    [
        (lambda z: z, check.NOT_INFORMED),
        (lambda z: 0.2 * z + 0.1, "informed"),
        (lambda z: np.abs(z) * 1.1 + 0.1, "bounded from below"),
        (lambda z: -np.abs(z) * 1.1 - 0.1, "bounded from above"),
    ],
)
def test_what_the_data_told_is_said_in_words(move, told: str) -> None:
    rng = np.random.default_rng(5)
    prior, again = rng.standard_normal((2, 20000))
    assert check.informed(np.exp(prior), np.exp(move(again)), "log") == told


def test_the_summary_puts_feedbacks_first_then_estradiol() -> None:
    assert list(check.summary(made_up(*independent())).index) == ["K_iS", "e_deg", "k_T"]
