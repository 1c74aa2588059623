"""Fisher scoring against a linear problem solved by algebra and a curved one solved by SciPy."""

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
import scipy.optimize
from scipy import stats

from inference.best_fit import fisher_scoring
from inference.likelihood.problem import Priors
from inference.runs.resumable import CheckpointError
from inference.runs.run import Run

RNG = np.random.default_rng(3)
DESIGN = RNG.standard_normal((12, 3))


def test_a_linear_problem_has_the_mode_and_the_covariance_of_algebra() -> None:
    priors = Priors({n: dist.Normal(0.5, 2.0) for n in "abc"})
    y = RNG.standard_normal((4, 12))
    found = fisher_scoring.search(
        priors,
        lambda t: (jnp.asarray(DESIGN) @ t, jnp.full(12, 0.3), jnp.asarray(True)),
        y,
        np.zeros((4, 3)),
        steps=20,
        width=8,
    )
    assert found is not None
    precision = DESIGN.T @ DESIGN / 0.09 + np.eye(3) / 4
    exact = np.linalg.solve(precision, (y @ DESIGN / 0.09 + 0.5 / 4).T).T
    # central differences of a linear map are exact to rounding; the search ends when a step gains less than
    # 0.01 of ln density
    np.testing.assert_allclose(found.z, exact, atol=0.2 * np.sqrt(np.diag(np.linalg.inv(precision))).min())
    np.testing.assert_allclose(found.covariance[0], np.linalg.inv(precision), rtol=1e-6)


def test_an_unknown_noise_and_a_decay_have_the_mode_that_scipy_finds() -> None:
    t = np.linspace(0, 3, 40)
    y = np.log(2 * np.exp(-0.7 * t)) + 0.2 * RNG.standard_normal(40)
    priors = Priors(
        {
            "amount": dist.LogNormal(0.0, 1.0),
            "rate": dist.LogNormal(0.0, 1.0),
            "noise": dist.LogNormal(-1.0, 1.0),
        }
    )
    found = fisher_scoring.search(
        priors,
        lambda p: (jnp.log(p[0]) - p[1] * jnp.asarray(t), jnp.full(40, p[2]), jnp.asarray(True)),
        y[None],
        np.zeros((1, 3)),
        steps=40,
        width=4,
    )
    assert found is not None

    def minus(z: np.ndarray) -> float:
        a, k, s = z
        return -(
            stats.norm.logpdf(y, a - np.exp(k) * t, np.exp(s)).sum()
            + stats.norm.logpdf(z, [0, 0, -1], 1).sum()
        )

    exact = scipy.optimize.minimize(minus, np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    bend = scipy.optimize.approx_fprime(exact.x, lambda z: scipy.optimize.approx_fprime(z, minus, 1e-5), 1e-4)
    observed = np.sqrt(np.diag(np.linalg.inv(bend)))
    np.testing.assert_allclose(
        found.z[0], exact.x, atol=0.15 * observed.min()
    )  # the last step gains less than 0.01
    # expected against observed information at 40 measurements: they differ by chance, by about 1/sqrt(40)
    np.testing.assert_allclose(found.sd[0], observed, rtol=0.4)


def test_a_start_that_cannot_be_solved_finds_the_same_mode() -> None:
    def predict(t):
        return jnp.asarray(DESIGN) @ t, jnp.full(12, 0.3), t[0] < 3.0

    y = np.repeat((DESIGN @ np.array([0.3, -0.2, 0.5]))[None], 2, 0)
    starts = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
    found = fisher_scoring.search(
        Priors({n: dist.Normal(0.0, 2.0) for n in "abc"}), predict, y, starts, steps=20, width=8
    )
    assert found is not None
    assert np.isfinite(found.log_posterior).all()
    np.testing.assert_allclose(
        found.z[1], found.z[0], atol=0.1 * found.sd.min()
    )  # the last step gains less than 0.01


def test_a_stopped_search_goes_on_bit_for_bit_and_another_one_is_refused(tmp_path) -> None:
    t = np.linspace(0, 3, 20)
    y = np.log(2 * np.exp(-0.7 * t))[None] + 0.1 * RNG.standard_normal((1, 20))
    priors = Priors(
        {
            "amount": dist.LogNormal(0.0, 1.0),
            "rate": dist.LogNormal(0.0, 1.0),
            "noise": dist.LogNormal(-1.0, 1.0),
        }
    )

    def search(folder, asked: int, who: str = "me"):
        calls = []
        keep = fisher_scoring.Keep(
            Run(tmp_path / folder, stop=lambda: calls.append(0) or len(calls) > asked), {"who": who}
        )
        return fisher_scoring.search(
            priors,
            lambda p: (jnp.log(p[0]) - p[1] * jnp.asarray(t), jnp.full(20, p[2]), jnp.asarray(True)),
            y,
            np.zeros((1, 3)),
            steps=12,
            width=4,
            keep=keep,
        )

    whole, stopped = search("whole", 1000), search("pieces", 3)
    assert stopped is None
    again = search("pieces", 1000)
    assert whole is not None
    assert again is not None
    np.testing.assert_array_equal(again.z, whole.z)
    np.testing.assert_array_equal(again.covariance, whole.covariance)
    with pytest.raises(CheckpointError, match="holds another run"):
        search("pieces", 1000, "you")


def test_a_ridge_is_named_with_its_sign() -> None:
    c = np.array([[1.0, -0.9, 0.0], [-0.9, 1.0, 0.1], [0.0, 0.1, 1.0]])
    assert fisher_scoring.ridges(c, ("a", "b", "c")) == [("b", "a", -0.9)]
