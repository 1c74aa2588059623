"""A study fitted by a function, with a sampler of one's own, stopped and resumed; its records read back."""

import json
import sys
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from inference.fit.drawn import Drawn, read_drawn
from inference.fit.fit_files import sampled_of
from inference.fit.fit_study import StoppedError, fit, resume
from inference.fit.fitted_run import FittedRun
from inference.fit.predictions import BATCH, predicted
from inference.fit.run_folder import RunError, read_note, take, write_note
from inference.fit.verdict_file import Verdict, read_verdict
from inference.likelihood.reduced_parts import Split, split
from inference.runs.console import Teller
from inference.runs.resumable import read_arrays
from inference.runs.run import Run
from inference.runs.settings import QUICK, Sizes
from inference.samplers.draws import STATS, Draws
from inference.samplers.sampler import Sampler
from inference.study.loading import load
from inference.study.study import StudyError, from_tables

SETTINGS = replace(QUICK, chains=2, warmup=0, draws=16, prior_draws=8, starts=2)
# what a file of before holds; these names stay
ON_DISK = {
    *("theta", "log_likelihood", "log_prior", "expected", "replicated", "kept", "ok", "superchains"),
    *(
        "prior_theta",
        "prior_expected",
        "prior_replicated",
        "prior_ok",
        "mode_potentials",
        "mode_mass",
        "log_evidence",
    ),
    *("stats_potential_energy", "stats_energy", "stats_num_steps", "stats_accept_prob", "stats_diverging"),
    *("stats_step_size", "stats_quadrature_error"),
}


@dataclass(frozen=True)
class FromThePrior(Sampler):
    """Draws of the prior, pulled to where the data are, in pieces of two."""

    name: ClassVar[str] = "prior-draws"
    words: ClassVar[str] = "draws of the prior"
    full: ClassVar[Sizes] = Sizes(2, 0, 8)
    quick: ClassVar[Sizes] = Sizes(2, 0, 8)

    def run(self, problem, settings, run):
        priors = problem.priors

        def advance(i, state):
            key = jax.random.fold_in(jax.random.PRNGKey(settings.seed), i)
            z = jax.vmap(priors.unconstrain)(priors.draw(key, 2 * settings.chains))
            near = 0.1 * np.asarray(z) + 0.9 * np.log(0.4)  # the rate that made the data
            return [np.asarray(i)], {"z": near.reshape(settings.chains, 2, -1)}

        seen = run.within("pieces").pieces(
            {"sampler": self.name, "seed": settings.seed},
            lambda: [np.asarray(0)],
            lambda i, _: 2 * i >= settings.draws,
            advance,
        )
        if seen is None:
            return None
        z = np.concatenate([s["z"] for s in seen], axis=1)
        return Draws(z, {k: np.zeros(z.shape[:2]) for k in STATS}, settings.chains)


def arviz_takes_it_as_it_is(path, measurements):
    """A user opens the file with ArviZ alone: leave-one-out finds a prediction beside each likelihood."""
    tree = az.from_netcdf(path)
    pit = az.loo_pit(tree)["y"]
    assert pit.sizes == {"measurement": measurements}
    assert bool(((pit >= 0) & (pit <= 1)).all())
    az.plot_loo_pit(tree, backend="none")
    assert np.isfinite(az.loo_r2(tree, var_name="y", summary=False)).all()
    assert list(tree["constant_data"]["scale"].values) == ["log"] * 3


def test_a_sampler_of_one_s_own_fits_a_study_and_goes_on_where_it_stopped(tiny, tmp_path):
    study, quiet = load(str(tiny)), Run(tmp_path).teller
    whole = fit(study, SETTINGS, to=tmp_path / "whole", sampler=FromThePrior(), teller=quiet)
    assert isinstance(whole, FittedRun)
    assert dict(whole.posterior.sizes) == {"chain": 2, "draw": 16}
    assert not whole.verdict.usable
    assert whole.verdict.why_not[-1] == "a quick run, not for use"
    assert set(whole.summary.index) == {"d_X", "scale_X", "noise_X"}
    assert json.loads((whole.folder / "run.json").read_text())["settings"]["sampler"] == "prior-draws"
    assert set(read_arrays(whole.folder / "checkpoint" / "drawn.npz")) == ON_DISK
    arviz_takes_it_as_it_is(whole.folder / "posterior.nc", len(study.measurements))
    asked = iter([False, True])
    with pytest.raises(StoppedError, match="`resume`"):
        fit(
            study,
            SETTINGS,
            to=tmp_path / "cut",
            sampler=FromThePrior(),
            teller=quiet,
            stop=lambda: next(asked),
        )
    cut = fit(study, SETTINGS, to=tmp_path / "cut", sampler=FromThePrior(), teller=quiet)
    np.testing.assert_array_equal(read_drawn(cut.folder).theta, read_drawn(whole.folder).theta)
    assert resume(whole.folder).verdict == whole.verdict
    with pytest.raises(RunError, match="already holds a run"):
        take(whole.folder, study, SETTINGS, resume=False)
    with pytest.raises(RunError, match="other settings"):
        take(whole.folder, study, SETTINGS, resume=True)  # these name another sampler


def test_a_run_goes_on_with_the_engine_that_began_it(tiny, tmp_path, monkeypatch):
    study = load(str(tiny))
    write_note(tmp_path, study, SETTINGS, "running")
    assert not take(tmp_path, study, SETTINGS, resume=True)
    monkeypatch.setattr(
        sys.modules[take.__module__], "engine", lambda: "native, 4 lanes, of another processor"
    )
    with pytest.raises(RunError, match=r"begun with the engine .* and here is 'native, 4 lanes"):
        take(tmp_path, study, SETTINGS, resume=True)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="holds no run"):
        read_note(tmp_path)
    with pytest.raises(RunError, match="no finished run"):
        FittedRun(tmp_path)


def test_predictions_are_those_of_the_closed_form_in_every_block(tiny, tmp_path):
    study = load(str(tiny))
    parts = Split(study, split(study))
    theta = np.exp(np.random.default_rng(0).normal(0, 0.3, (BATCH + 5, 3))) * study.nominal
    tight = replace(SETTINGS, rtol=1e-9, atol=1e-12)
    found = predicted(parts, tight, theta, jax.random.PRNGKey(0), Run(tmp_path, Teller()), "x")
    d, scale, noise = (theta[:, study.names.index(n)][:, None] for n in ("d_X", "scale_X", "noise_X"))
    # X begins at 10 and decays at the rate d; ten times the tolerance of the solver
    expected = scale * 10 * np.exp(-d * np.asarray(study.measurements.time))
    np.testing.assert_allclose(found.expected, expected, rtol=1e-7)
    z = (np.log(study.measurements.value) - np.log(expected)) / noise
    density = -0.5 * z**2 - np.log(noise * np.sqrt(2 * np.pi) * study.measurements.value)
    np.testing.assert_allclose(found.log_likelihood, density, rtol=1e-5)
    assert found.ok.all()
    assert jnp.isfinite(found.replicated).all()


def test_what_was_drawn_is_read_back_as_it_was(tmp_path):
    shapes = {f.name: (2, 3) for f in fields(Drawn)}
    arrays = {k: np.random.default_rng(1).random(s) for k, s in shapes.items()}
    drawn = Drawn(**arrays | {"superchains": 2, "stats": {"energy": np.ones((2, 3))}})
    drawn.write(tmp_path)
    again = read_drawn(tmp_path)
    for field in fields(Drawn):
        if field.name != "stats":
            np.testing.assert_array_equal(getattr(again, field.name), getattr(drawn, field.name))
    np.testing.assert_array_equal(again.stats["energy"], drawn.stats["energy"])
    assert sampled_of(drawn).theta is drawn.theta


def test_a_verdict_is_read_back_as_it_was(tmp_path):
    verdict = Verdict(False, ("the chains disagree",), ("a note",), quick=True)
    verdict.write(tmp_path)
    assert read_verdict(tmp_path) == verdict
    assert verdict.why_not == ("the chains disagree", "a quick run, not for use")
    assert Verdict(True, ()).usable


def test_an_observable_that_nothing_estimated_reaches_is_refused_before_anything_is_drawn(tiny, tmp_path):
    study = load(tiny)
    tables = study.tables
    (blot,) = tables.observables
    constant = replace(
        blot, id="constant", formula=sp.Float(2.0), noise=sp.Float(0.1), at="observables.tsv:3"
    )
    row = replace(tables.measurements[0], observable="constant")
    more = replace(tables, observables=(blot, constant), measurements=(*tables.measurements, row))
    with pytest.raises(StudyError, match=r"observables.tsv:3: constant depends on nothing estimated"):
        fit(from_tables(more), SETTINGS, to=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []
