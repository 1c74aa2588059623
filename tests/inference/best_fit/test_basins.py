"""Two modes in closed form: a mixture of two normal distributions."""

import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jax.scipy.stats import norm

from inference.best_fit.basins import explore, in_words, shared_out, told_apart
from inference.fit.verdict import of_modes
from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Priors, Problem
from inference.runs.run import Run
from inference.runs.settings import QUICK
from inference.samplers.from_modes import modes_of

SHARE = 0.7  # of the mode at (-3, 1); the other one lies at (3, 1), and is wider
CENTRES, WIDTHS = np.array([[-3.0, 1.0], [3.0, 1.0]]), np.array([0.2, 0.4])


def mixture():
    """The likelihood is the mixture; an even prior leaves its shares as they are."""

    def log_likelihood(theta):
        each = [
            jnp.log(s) + jnp.sum(norm.logpdf(theta, c, w))
            for s, c, w in zip((SHARE, 1 - SHARE), CENTRES, WIDTHS, strict=True)
        ]
        return jnp.logaddexp(*each)[None], jnp.asarray(True)

    return Problem(Priors({n: dist.Normal(0.0, 1e4) for n in "ab"}), log_likelihood)


def test_the_modes_of_a_mixture_and_their_shares_are_found(tmp_path):
    problem = mixture()
    batch = Batch(problem, 8)
    rng = np.random.default_rng(0)
    z0, elsewhere = (rng.uniform((-6, 0.5), (6, 1.5), (n, 2)) for n in (8, 50))
    _, potential, *every = explore(batch, z0, elsewhere, max_steps=100, tolerance=1e-8, seed=1)
    assert (np.diff(potential) >= 0).all()
    assert potential[0] == every[1][0]
    modes = told_apart(batch, *every)
    assert len(modes.mass) == 2
    order = np.argsort(modes.z[:, 0])
    np.testing.assert_allclose(modes.z[order], CENTRES, atol=1e-3)
    # the densities at 3 and -3 differ by the squared ratio of the widths; the shares are those of the mixture
    np.testing.assert_allclose(modes.mass[order], [SHARE, 1 - SHARE], rtol=1e-2)
    sd = np.sqrt(np.diagonal(modes.covariance[order], axis1=1, axis2=2))
    np.testing.assert_allclose(sd, WIDTHS[:, None] * np.ones(2), rtol=1e-2)


def test_chains_begin_at_every_mode_by_its_share(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "inference.samplers.from_modes.starting_points",
        lambda priors, key, n, spread=1.0: np.random.default_rng(n).uniform((-6, 0.5), (6, 1.5), (n, 2)),
    )
    problem = mixture()
    batch = Batch(problem, 8)
    found = modes_of(problem, batch, QUICK, Run(tmp_path))
    points = found.points(batch, 10, 1)
    assert int(np.sum(points[:, 0] < 0)) == 7
    again = modes_of(problem, batch, QUICK, Run(tmp_path))
    assert again.points(batch, 10, 1).tobytes() == points.tobytes()


def test_shares_of_chains_add_up():
    assert shared_out(np.array([1.0]), 4).tolist() == [4]
    assert shared_out(np.array([0.5, 0.3, 0.2]), 4).tolist() == [2, 1, 1]
    assert shared_out(np.array([0.99, 0.01]), 4).tolist() == [4, 0]


def test_ends_in_one_valley_are_one_mode():
    problem = Problem(
        Priors({n: dist.Normal(0.0, 1.0) for n in "ab"}), lambda t: (jnp.zeros(1), jnp.asarray(True))
    )
    batch = Batch(problem, 4)
    z = np.array([[0.0, 0.0], [0.3, -0.2], [1.0, 1.0]])
    modes = told_apart(batch, z, batch(z)[0])
    assert modes.mass.tolist() == [1.0]


def test_the_verdict_says_how_many_modes_there_are_and_where_the_mass_is():
    assert of_modes([]) == []
    assert of_modes([1.0]) == ["one mode was found"]
    assert "2 modes were found, with 70 %, 30 %" in of_modes([0.7, 0.3])[0]
    assert in_words(np.array([0.5, 0.25, 0.25])).startswith("3 modes")
