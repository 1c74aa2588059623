"""Groups of measurements left out of a normal mean with known noise, against the closed form."""

import numpy as np
import xarray as xr
from scipy import stats

from inference.fit.left_out import LeftOut, in_words, left_out, of_run, table

N, DRAWS = 24, 40_000


def a_normal_mean():
    rng = np.random.default_rng(1)
    y = rng.normal(0.5, 1.0, N)
    draws = rng.normal(y.sum() / (N + 1), np.sqrt(1 / (N + 1)), (DRAWS, 1))  # mean ~ N(0, 1), noise 1
    return y, stats.norm.logpdf(y, draws, 1.0), draws + rng.standard_normal((DRAWS, N))


def test_what_is_left_out_together_is_predicted_by_the_rest() -> None:
    y, log_likelihood, replicated = a_normal_mean()
    rows = np.arange(4, 8)
    k, pit = left_out(log_likelihood, replicated, y, rows)
    rest = np.delete(y, rows)
    exact = stats.norm(rest.sum() / (len(rest) + 1), np.sqrt(1 + 1 / (len(rest) + 1))).cdf(y[rows])
    assert k < 0.7
    # binomial error of 40,000 draws, of which the weights leave a quarter at least: 0.005; three of them
    np.testing.assert_allclose(pit, exact, atol=0.015)


def test_replicates_go_together_and_what_cannot_be_trusted_is_not_judged() -> None:
    y, log_likelihood, replicated = a_normal_mean()
    y[-3:] += 9.0  # three twins far from all others
    log_likelihood[:, -3:] = stats.norm.logpdf(y[-3:], replicated.mean(1, keepdims=True), 0.05)
    of = {
        "observable": ("measurement", ["blot"] * 12 + ["assay"] * 12),
        "experiment": ("measurement", ["a", "b"] * 12),
        "time": ("measurement", np.repeat(np.arange(8.0), 3)),
    }
    draws = {"chain": [0], "draw": np.arange(DRAWS)}

    def group(values):
        return xr.Dataset({"y": (("chain", "draw", "measurement"), values[None])}, coords=draws | of)

    dt = xr.DataTree.from_dict(
        {
            "/posterior_predictive": group(replicated),
            "/log_likelihood": group(log_likelihood),
            "/observed_data": xr.Dataset({"y": ("measurement", y)}, coords=of),
            "/constant_data": xr.Dataset({"censored": ("measurement", np.zeros(N, int))}),
        }
    )
    found = of_run(dt)
    rows = table(found)
    assert rows["kind"].value_counts().to_dict() == {"time": 16, "dish": 4, "series": 2, "experiment": 2}
    for kind in ("time", "dish", "series", "experiment"):
        assert sum(len(g.pit) for g in found if g.kind == kind) == N
    judged = {g.name: g.judged for g in found if g.kind == "series"}
    assert judged == {"blot": True, "assay": False}
    text = in_words(found)
    assert "| a whole series | 2 | 1 | 12 |" in text


def test_a_series_that_is_predicted_badly_is_named_with_its_direction() -> None:
    text = in_words([LeftOut("series", "blot", 0.1, np.array([0.99, 0.99, 0.5]))])
    assert "Predicted badly: blot (1 of 3 inside; measured higher than predicted)" in text
