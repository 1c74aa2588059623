"""A run ends when its draws are enough: by the diagnostics of ArviZ, at few looks, and not by luck."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import arviz as az
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest

from inference.likelihood.problem import Priors, Problem
from inference.runs.resumable import numbered, read_arrays
from inference.runs.run import Run
from inference.runs.settings import QUICK, Settings
from inference.samplers import enough
from inference.samplers.draws import Draws, chunks
from inference.samplers.enough import Enough, Until, enough_of, looks
from inference.samplers.nuts import sample

MEMORY = 0.8  # of a chain: its draws are worth (1 - MEMORY) / (1 + MEMORY) independent ones each


def remembering(rng: np.random.Generator, chains: int, draws: int, memory: float = MEMORY) -> np.ndarray:
    """Stationary chains x[t + 1] = memory x[t] + noise, of variance 1: (chain, draw)."""
    x = rng.standard_normal((chains, draws))
    for t in range(1, draws):
        x[:, t] = memory * x[:, t - 1] + np.sqrt(1 - memory**2) * x[:, t]
    return x


def rule(names: int, chains: int) -> Enough:
    return Enough([f"x{k}" for k in range(names)], lambda z: z, chains)


def quiet(x: np.ndarray) -> dict[str, np.ndarray]:
    """Statistics of draws with nothing to be said against them."""
    return {"diverging": np.zeros(x.shape[:2], bool), "energy": np.random.default_rng(1).random(x.shape[:2])}


@pytest.mark.parametrize("draws", [100, 251])
def test_diagnostics_are_those_of_arviz(draws):
    rng = np.random.default_rng(draws)
    far = remembering(rng, 6, draws) + 0.3 * np.arange(6)[:, None]
    for x in (remembering(rng, 6, draws), far, rng.standard_cauchy((6, draws))):
        assert enough.rhat(x) == pytest.approx(float(az.rhat(x)), abs=1e-6)
        # ArviZ adds half a term more where the sum of autocorrelations is cut
        assert enough.bulk(x) == pytest.approx(float(az.ess(x, method="bulk")), rel=0.1)
        assert enough.tail(x) == pytest.approx(float(az.ess(x, method="tail", prob=(0.05, 0.95))), rel=0.1)
        assert enough.bfmi(x) == pytest.approx(float(np.min(az.bfmi(x))), rel=0.02)


def test_looks_are_few_and_none_is_early():
    plan = chunks(80, 600, 10)
    kept = sorted(10 * (i - 8) for i in looks(plan))
    assert kept[0] == enough.LEAST
    assert len(kept) <= 12
    assert all(b >= enough.MORE * a for a, b in itertools.pairwise(kept))
    assert len(plan) not in looks(plan)


def test_a_run_that_ends_is_worth_what_is_asked_although_it_was_looked_at_again_and_again():
    rng, true = np.random.default_rng(3), []
    plan = chunks(0, 3000, 10)
    for _ in range(40):
        x = remembering(rng, 8, 3000)[:, :, None]
        ends = (n for i in sorted(looks(plan)) if rule(1, 8).seen(x[:, : (n := 10 * i)], quiet(x[:, :n]))[0])
        true.append(8 * next(ends) * (1 - MEMORY) / (1 + MEMORY))
    # of 40 runs none may be worth less than the verdict asks: the margin is for this
    assert min(true) > enough.ESS
    # and none is much longer than it need be: R-hat below 1.01 takes half again as much of 16 half chains
    assert np.median(true) < 4 * enough.ESS


def test_a_run_does_not_end_for_chains_that_disagree_diverge_or_are_one():
    x = np.random.default_rng(4).standard_normal((8, 400, 2))
    good, words = rule(2, 8).seen(x, quiet(x))
    assert good
    assert words.startswith("R-hat 1.0")
    apart = x + np.array([0.0, 0.5]) * (np.arange(8) == 3)[:, None, None]
    assert not rule(2, 8).seen(apart, quiet(x))[0]
    assert "(x1)" in rule(2, 8).seen(apart, quiet(x))[1].partition(",")[0]
    lost = quiet(x) | {"diverging": np.arange(3200).reshape(8, 400) < 4}
    assert not rule(2, 8).seen(x, lost)[0]
    slow = quiet(x) | {"energy": np.cumsum(np.ones((8, 400)), axis=1)}
    assert not rule(2, 8).seen(x, slow)[0]
    assert not rule(2, 1).seen(x[:1], quiet(x[:1]))[0]
    assert not rule(2, 8).seen(x * np.nan, quiet(x))[0]
    many = np.random.default_rng(5).standard_normal((64, 60, 2))
    assert rule(2, 8).seen(many, quiet(many))[1].startswith("nested R-hat")


DECAY = Problem(
    Priors({"a": dist.LogNormal(2.0, 1.0), "k": dist.LogNormal(-1.0, 1.0)}),
    lambda t: (
        dist.Normal(t[0] * jnp.exp(-t[1] * jnp.array([0.5, 1.0, 2.0, 4.0])), 0.3).log_prob(
            jnp.array([8.1, 6.9, 4.1, 1.9])
        ),
        jnp.asarray(True),
    ),
)
SETTINGS = replace(QUICK, chains=8, warmup=40, draws=600, chunk=20, target=0.9, until_enough=True)


def made(
    folder: Path, settings: Settings = SETTINGS, stop: Callable[[], bool] = lambda: False
) -> Draws | None:
    z0 = jnp.tile(jnp.array([2.2, -1.0]), (8, 1))
    stopper = enough_of(DECAY, settings, settings.chains)
    return sample(DECAY, settings, z0, 0.1 * np.eye(2), Run(folder, stop=stop), enough=stopper)


def drawn(folder: Path, settings: Settings = SETTINGS) -> Draws:
    found = made(folder, settings)
    assert found is not None
    return found


def test_a_run_ends_early_with_the_first_draws_of_the_whole_one_and_says_so(tmp_path):
    short, whole = drawn(tmp_path / "short"), drawn(tmp_path / "all", replace(SETTINGS, until_enough=False))
    kept = short.z.shape[1]
    assert enough.LEAST <= kept < 600 == whole.z.shape[1]
    np.testing.assert_array_equal(short.z, whole.z[:, :kept])
    assert short.ended.startswith(f"after {kept} of at most 600 kept draws a chain: R-hat 1.00")
    assert whole.ended == ""
    # killed at any moment, it goes on and ends where it would have ended
    for left in (3, len(numbered(tmp_path / "short")) - 1):
        for path in numbered(tmp_path / "short")[left:]:
            path.unlink()
        again = drawn(tmp_path / "short")
        np.testing.assert_array_equal(again.z, short.z)
        assert again.ended == short.ended
    calls = iter(range(10**6))
    assert made(tmp_path / "cut", stop=lambda: next(calls) == 5) is None
    np.testing.assert_array_equal(drawn(tmp_path / "cut").z, short.z)
    assert read_arrays(numbered(tmp_path / "cut")[-1])["z"].shape == (8, 20, 2)


def test_a_run_that_never_has_enough_makes_every_draw_and_says_so():
    plan = chunks(0, 200, 50)
    until = Until(rule(1, 2), plan, None)
    stuck = {"z": np.zeros((2, 50, 1)), "diverging": np.zeros((2, 50), bool), "energy": np.zeros((2, 50))}
    for done in range(1, 5):
        until.told(done, stuck)
        assert until.finished(done, []) == (done == 4)
    assert until.words == "all were made: no look before the last found enough"
