"""The published models of Sobotta 2017 and Zeilfelder 2025: their predictions row by row, and their
objective.
"""

import csv
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from inference.best_fit.hierarchical import Profiled
from inference.best_fit.multistart import candidates_of, search_of
from inference.best_fit.trust_region import best_fits, promising
from inference.datasets import published_models
from inference.likelihood.likelihood import log_likelihood, predict, terms, trajectories
from inference.likelihood.reduced_parts import Split, split
from inference.study.loading import load
from inference.study.petab import petab_export
from inference.study.study import Study, from_tables


@cache
def study(folder: Path, maker: str) -> Study:
    return from_tables(getattr(published_models, maker)(folder))


@cache
def at_the_optimum(chosen: Study):
    """Predicted values, their noise, and log-likelihood terms at the published parameters."""

    @jax.jit
    def at(theta):
        dishes = trajectories(chosen, theta, rtol=1e-7, atol=1e-9)
        p = predict(chosen, theta, dishes)
        return dishes.ok, p.value, p.scale, terms(chosen, theta, dishes)

    ok, *found = at(jnp.asarray(chosen.nominal))
    assert bool(ok.all())
    return tuple(np.asarray(x) for x in found)


def column(path: Path, name: str) -> np.ndarray:
    with path.open(newline="") as f:
        return np.array([float(r[name]) for r in csv.DictReader(f)])


def test_the_zeilfelder_model_predicts_every_row_as_published(data):
    table = data / "zeilfelder2025_control_IL6_812pts.csv"
    value, scale, _ = at_the_optimum(study(data, "zeilfelder"))
    assert len(value) == 812
    np.testing.assert_allclose(value, column(table, "y_model_at_published_optimum"), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(scale, column(table, "sd"), rtol=1e-3)


def test_the_zeilfelder_objective_and_likelihood_are_the_published_ones(data):
    chosen = study(data, "zeilfelder")
    value, scale, found = at_the_optimum(chosen)
    chi2 = np.sum(((chosen.measurements.value - value) / scale) ** 2)
    assert len(chosen.unknowns) == 90
    bessel = 812 / (812 - 74)  # the authors count 74 free parameters
    assert bessel * chi2 + 2 * np.log(scale).sum() == pytest.approx(398.5464555, abs=1e-3)
    assert found.sum() == pytest.approx(-908.2765, abs=1e-3)


def test_the_sobotta_model_predicts_every_row_as_published(data):
    value, _, _ = at_the_optimum(study(data, "sobotta"))
    expected = column(data / "sobotta2017_core_data.csv", "y_model_at_published_optimum")
    assert len(value) == 2220
    np.testing.assert_allclose(value, expected, rtol=1e-3, atol=1e-6)


def test_a_published_problem_written_as_petab_and_read_again_has_the_same_likelihood(data, tmp_path):
    written = load(
        petab_export.write(published_models.zeilfelder(data), tmp_path / "zeilfelder")
    )  # petab's own checks run here too
    _, _, found = at_the_optimum(study(data, "zeilfelder"))
    assert written.names == study(data, "zeilfelder").names
    np.testing.assert_allclose(at_the_optimum(written)[2], found, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
def test_searches_from_the_published_bounds_reach_the_published_likelihood_of_zeilfelder(data):
    """Starts know nothing but the bounds of the table, which lie 25 decades apart."""
    chosen = study(data, "zeilfelder")
    parts = Split(chosen, split(chosen))
    search = search_of(parts, rtol=1e-6, atol=1e-8)
    profiled = Profiled(search, parts, 16, rtol=1e-6, atol=1e-8)
    starts = promising(profiled, candidates_of(search, 320, seed=1, spread=0.5), 32)
    x, value = best_fits(profiled, starts, max_steps=300, tolerance=1e-5)
    theta = search.own(jnp.asarray(x[0]))
    found, ok = jax.jit(lambda p: log_likelihood(chosen, p, rtol=1e-9, atol=1e-11))(theta)
    assert bool(ok)
    assert float(found.sum()) >= -908.2765
    assert float(found.sum()) == pytest.approx(
        -value[0], abs=1e-2
    )  # priors are flat: the objective is the likelihood
    assert np.sum(value <= 908.2765) > 1  # more than one search got there
