"""NUTS and ChEES on a posterior known in closed form, and continued bit for bit."""

import io
from dataclasses import replace

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
from rich.console import Console

from inference.likelihood.many_points import Batch
from inference.likelihood.problem import Priors, Problem
from inference.runs.console import Teller
from inference.runs.run import Run, never
from inference.runs.settings import FULL, QUICK
from inference.samplers import chees, nuts
from inference.samplers.choices import SAMPLERS, sampler_called
from inference.samplers.draws import STATS
from inference.samplers.from_modes import modes_of
from inference.samplers.nested_rhat import largest_by_chance, nested_rhat, normal_scores
from inference.samplers.sampler import SamplerError

SIZE = 4
ROOT = (
    np.tril(np.random.default_rng(0).standard_normal((SIZE, SIZE))) * np.array([5.0, 1.0, 1.0, 0.2])[:, None]
)
COVARIANCE = ROOT @ ROOT.T + 0.01 * np.eye(SIZE)
LOCATION = np.array([1.0, -2.0, 0.5, 3.0])


def problem() -> Problem:
    precision = jnp.asarray(np.linalg.inv(COVARIANCE))
    return Problem(
        Priors({f"x{i}": dist.Normal(0.0, 10.0) for i in range(SIZE)}),
        lambda t: (jnp.array([-0.5 * (t - LOCATION) @ precision @ (t - LOCATION)]), jnp.asarray(True)),
    )


POSTERIOR = np.linalg.inv(np.linalg.inv(COVARIANCE) + np.eye(SIZE) / 100)
MEAN = POSTERIOR @ np.linalg.inv(COVARIANCE) @ LOCATION
START = np.random.default_rng(1).standard_normal((8, SIZE)) * 5


NUTS = replace(QUICK, chains=4, warmup=200, draws=300, chunk=100, seed=2, target=0.9, max_tree_depth=8)
CHEES = replace(QUICK, chains=128, warmup=200, draws=50, chunk=50, seed=2, target=0.8)


def by_nuts(folder, settings=NUTS, stop=never):
    return nuts.sample(problem(), settings, START[:4], np.eye(SIZE), Run(folder, stop=stop))


def by_chees(folder, settings=CHEES, stop=never):
    return chees.sample(problem(), settings, START, np.eye(SIZE), Run(folder, stop=stop))


@pytest.mark.parametrize("sampler", [by_nuts, by_chees])
def test_a_normal_posterior_is_recovered(sampler, tmp_path):
    draws = sampler(tmp_path)
    for i in range(SIZE):
        x = draws.z[..., i]
        # MCSE of this run itself; 4.5 of them over 2 x 4 x 2 checks is a false alarm in 10^4
        assert abs(x.mean() - MEAN[i]) < 4.5 * az.mcse(x, method="mean")
        assert abs(x.std() - np.sqrt(POSTERIOR[i, i])) < 4.5 * az.mcse(x, method="sd")
        groups = normal_scores(x).reshape(draws.superchains, -1, x.shape[1])
        effective = 1 / np.mean([1 / az.ess(g, method="mean") for g in groups])
        assert nested_rhat(x, draws.superchains) < largest_by_chance(effective, draws.superchains, 1e-5)
    assert draws.stats["diverging"].sum() == 0
    assert draws.stats["potential_energy"].shape == draws.z.shape[:2]
    at = jnp.asarray(draws.z[0, -1])
    assert draws.stats["potential_energy"][0, -1] == pytest.approx(float(problem().potential(at)), rel=1e-12)


@pytest.mark.parametrize(
    "sampler, settings",
    [
        (by_nuts, replace(NUTS, warmup=60, draws=12, chunk=10)),
        (by_chees, replace(CHEES, chains=16, warmup=15, draws=12, chunk=5)),
    ],
)
def test_an_interrupted_run_ends_with_the_same_draws(sampler, settings, tmp_path):
    whole = sampler(tmp_path / "a", settings)
    for after in (
        1,
        3,
        2,
    ):  # of 6 or 8 chunks: while warming up, with NUTS also beside a change of metric and of step size
        asked = iter(range(100))
        assert sampler(tmp_path / "b", settings, stop=lambda: next(asked) == after) is None
    resumed = sampler(tmp_path / "b", settings)
    assert resumed.z.tobytes() == whole.z.tobytes()
    for name, value in whole.stats.items():
        assert resumed.stats[name].tobytes() == value.tobytes()


def test_the_chains_of_nuts_share_metric_and_step_size_once_they_are_warm(tmp_path):
    draws = by_nuts(tmp_path, replace(NUTS, warmup=60, draws=20, chunk=10))
    assert np.ptp(draws.stats["step_size"]) == 0.0
    z = np.concatenate([np.load(p)["z"] for p in sorted(tmp_path.glob("*.npz"))[1:3]], axis=1)
    expected = (80 * np.cov(z.reshape(80, SIZE).T) + 40 * np.eye(SIZE)) / 120
    state = np.load(sorted(tmp_path.glob("*.npz"))[-1])
    kept = [state[k] for k in state.files if k.startswith("state") and state[k].shape == (4, SIZE, SIZE)]
    assert any(np.allclose(k, expected, rtol=1e-12) for k in kept)


def test_superchains_must_divide_the_chains(tmp_path):
    with pytest.raises(ValueError, match="divide"):
        by_chees(tmp_path, replace(CHEES, chains=10))


def test_chees_takes_the_quarter_turn_of_a_normal_posterior(tmp_path):
    # in whitened coordinates the jump of the square is largest after a quarter of the period 2 pi (jittered:
    # mean of 0..2x)
    draws = by_chees(tmp_path)
    path = draws.stats["step_size"] * draws.stats["num_steps"]
    assert 0.7 < path.mean() < 3.2


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_answers_the_same_call_with_the_same_kind_of_draws(name, tmp_path):
    said = io.StringIO()
    settings = replace(QUICK, chains=8, warmup=10, draws=12, starts=4, target=0.8, max_tree_depth=4)
    assert SAMPLERS[name].name == name
    draws = SAMPLERS[name].run(problem(), settings, Run(tmp_path, Teller(Console(file=said))))
    assert draws.z.shape == (8, 12, SIZE)
    assert set(draws.stats) == set(STATS)
    assert all(v.shape == (8, 12) for v in draws.stats.values())
    assert "Sampling" in said.getvalue()
    assert len(draws.log_evidence) == (8 if name == "smc" else 0)
    assert len(draws.mode_potentials) == (0 if name == "smc" else 4)


def test_nuts_compiles_nothing_after_its_first_chunk(tmp_path):
    """Not where metric and step size change either; the plan has one length of chunk."""
    seen: list[str | int] = []
    jax.monitoring.register_event_duration_secs_listener(lambda name, *_, **__: seen.append(name))
    nuts.sample(
        problem(),
        replace(NUTS, warmup=60, draws=20, chunk=10),
        START[:4],
        np.eye(SIZE),
        Run(tmp_path),
        lambda i, *_: seen.append(i),
    )
    of_program = [i for i, x in enumerate(seen) if x == "/jax/core/compile/backend_compile_duration"]
    sizes = np.diff([0, *(sum(j < seen.index(k) for j in of_program) for k in range(1, 9))])
    assert sizes[0] > 0
    assert set(sizes[[1, 2, 4, 5, 7]]) == {0}  # 3 and 6 begin with small programs of their own


def test_a_sampler_that_is_not_there_is_refused_by_name():
    with pytest.raises(SamplerError, match="not one of nuts, chees, smc"):
        sampler_called("gibbs")


def test_a_sampler_is_as_long_as_it_needs_to_be_and_says_what_is_slow():
    sized = SAMPLERS["smc"].sized(QUICK)
    assert (sized.sampler, sized.chains, sized.warmup, sized.draws) == ("smc", 4, 0, 32)
    assert SAMPLERS["nuts"].sized(FULL) == FULL
    assert SAMPLERS["nuts"].longest(replace(FULL, max_tree_depth=6)) == 63
    assert SAMPLERS["chees"].longest(FULL) is None


def test_chains_begin_near_the_mode_that_was_kept(tmp_path):
    batch = Batch(problem(), 4)
    found = modes_of(problem(), batch, replace(QUICK, starts=4, search_steps=200), Run(tmp_path))
    np.testing.assert_allclose(found.z[0], MEAN, atol=0.02)  # a tenth of the narrowest sd
    again = modes_of(problem(), batch, replace(QUICK, starts=4, seed=99), Run(tmp_path))
    assert again.z.tobytes() == found.z.tobytes()
    points = found.points(batch, 6, 1)
    assert points.shape == (6, SIZE)
    assert np.ptp(points, axis=0).min() > 0
