"""Fits as shipped, of a decay with scale, blank and noise: calibrated; a wrong noise is found."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from inference.calibration import coverage, shipped_fits
from inference.calibration.shipped_fits import ShippedFacts, fit_each, kinds_of, so_far
from inference.likelihood import reduced_parts
from inference.likelihood.reduced_parts import Split, split
from inference.likelihood.study_posterior import reduced
from inference.runs.run import Run
from inference.study.loading import load
from inference.study.priors import Prior
from inference.study.study import from_tables
from models.engine.one_dish import Trajectory

FITS, KEPT = 64, 31
SHORT = replace(
    shipped_fits.SHORT, chains=4, warmup=20, draws=40, chunk=20, starts=4, search_steps=30, rtol=1e-5, seed=3
)
FACTS = ShippedFacts(SHORT, KEPT, 1.0)


COMPILED: dict[ShippedFacts, object] = {}  # of the right beliefs: compilation takes longer than 64 fits


@pytest.fixture(autouse=True)
def closed_form(monkeypatch):
    """The decay as an exponential: what is tested is not the solver."""

    def made(study, facts):
        if facts not in COMPILED:
            COMPILED[facts] = shipped_fits.one_data_set(study, facts)
        return COMPILED[facts]

    monkeypatch.setattr(shipped_fits, "DATA_SETS", replace(shipped_fits.DATA_SETS, make=made))

    def exact(study, theta, **_):
        rate = theta[study.names.index("d_X")]
        lanes, one = study.times.shape, jnp.ones(len(study.times), int)
        x = 10.0 * jnp.exp(-rate * jnp.asarray(study.times))
        return Trajectory(x.reshape(*lanes, 1), one == 1, one, 0 * one)

    monkeypatch.setattr(reduced_parts, "trajectories", exact)


@pytest.fixture(scope="module")
def decay(tiny):
    """The decay seen by a blot with a scale, a blank and a noise; its rate has a wide prior."""
    tables = load(tiny, lint=False).tables
    (blot,), blank = tables.observables, sp.Symbol("blank_X")
    (x,) = [s for s in blot.formula.free_symbols if str(s) == "X"]
    rows = list(tables.parameters)
    (rate,) = [p for p in rows if p.id == "d_X"]
    rows = [
        p if p is not rate else replace(p, prior=Prior("log-normal", (np.log(0.3), 1.2), 1e-4, 1e4))
        for p in rows
    ]
    prior = Prior("log-normal", (float(np.log(1.0)), 0.7), 1e-2, 1e2)
    rows.append(replace(rate, id="blank_X", nominal=1.0, lower=1e-2, upper=1e2, prior=prior))
    seen = replace(blot, formula=blot.formula.subs(x, x + blank))
    return from_tables(replace(tables, parameters=tuple(rows), observables=(seen,)))


def judged(study, folder, facts=FACTS) -> coverage.Calibration:
    found = fit_each(study, facts, FITS, Run(folder))
    assert found is not None
    truth = np.column_stack([found.truth, found.truth_log_likelihood])
    draws = np.concatenate([found.z, found.log_likelihood[..., None]], 2)
    return coverage.judge(
        [*study.names, "log-likelihood"], coverage.ranks(truth, draws, 1), KEPT, found.poor, 1
    )


def test_the_posterior_of_other_data_is_that_of_a_study_with_those_data(decay) -> None:
    parts = Split(decay, split(decay))
    values = jnp.asarray(decay.measurements.value) * 1.7
    given = reduced(parts, rtol=1e-6, atol=1e-9).problem.given(values)
    anew = reduced(parts.given(values), rtol=1e-6, atol=1e-9).problem
    z = jnp.array([-0.8])
    # the same sums in another order
    np.testing.assert_allclose(float(jax.jit(given.potential)(z)), float(anew.potential(z)), rtol=1e-10)


def test_kinds_are_those_that_the_reduction_sees(decay) -> None:
    assert kinds_of(decay, 1e-4, 1e-7) == {
        "kinetics": ("d_X",),
        "scale": ("scale_X",),
        "noise": ("noise_X",),
        "blank": ("blank_X",),
    }


def test_a_data_set_depends_on_its_number_alone_and_a_stopped_run_goes_on(decay, tmp_path) -> None:
    begun = iter([False] * 3 + [True] * 9)
    assert fit_each(decay, FACTS, 4, Run(tmp_path / "a", stop=lambda: next(begun))) is None
    kept = so_far(tmp_path / "a")
    assert kept is not None
    assert len(kept.truth) == 2
    on = fit_each(decay, FACTS, 4, Run(tmp_path / "a"))
    whole = fit_each(decay, FACTS, 4, Run(tmp_path / "b"))
    assert on is not None
    assert whole is not None
    np.testing.assert_array_equal(on.z, whole.z)
    np.testing.assert_array_equal(on.truth, whole.truth)
    assert so_far(tmp_path / "c") is None


def test_fits_as_shipped_are_calibrated(decay, tmp_path) -> None:
    found = judged(decay, tmp_path)
    assert found.ok, found.reasons


# slow: it compiles programs of its own, half a minute
@pytest.mark.slow
def test_half_the_noise_fails(decay, tmp_path) -> None:
    assert not judged(decay, tmp_path, replace(FACTS, wrong_noise=0.5)).ok
