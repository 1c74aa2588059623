"""Plates that SciPy makes from known parameters, read, made a study, and fitted: intervals hold the truth."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from inference.best_fit import fisher_scoring
from inference.datasets.plates.plate_columns import Decided, recognise
from inference.datasets.plates.plate_rows import readings
from inference.datasets.plates.series import in_series
from inference.datasets.plates.study_of_plate import CellAtHand, new_study, table_of
from inference.datasets.time_courses import predictor
from inference.likelihood.problem import priors_of
from inference.study.loading import load
from models.engine.blocks import in_blocks

FREE = ("EC_dex", "s_DEX", "mu", "b_B")
PLATES, DRAWS, WIDTH, LEVEL = 20, 400, 64, 0.89
WELLS = [(d, il6) for il6 in (0, 10) for d in (0, 10, 100, 1000)]
HOURS, REPLICATES, GAIN = (24, 48), 3, 41000.0


def a_plate(cell, parameters, sd, rng):
    """Raw signals of a plate: doses of dexamethasone with and without IL-6, at 24 and 48 h."""
    n = cell.names.index("N")
    rows = ["line,drug,dose (uM),IL-6 (ng/mL),time (h),viability (a.u.),rep"]
    for dose, il6 in WELLS:
        cells = cell.dish({"dex": float(dose)}, [60.0 * h for h in HOURS], il6=il6, parameters=parameters)
        for h, level in zip(HOURS, cells[:, n], strict=True):
            for k in range(REPLICATES):
                # the noise of the read-out is declared over a vehicle near 1, here 0.8 million cells per mL
                signal = GAIN * (level + rng.normal() * (0.8 * sd + 0.07 * level))
                drug = "dexamethasone" if dose else "DMSO"
                rows.append(f"MM.1S,{drug},{dose / 1000},{il6},{h},{float(signal)!r},{k}")
    return "\n".join(rows) + "\n"


def values_of(path):
    decided = Decided()
    table = table_of(path)
    return [r.value for s in in_series(readings(table, recognise(table, decided), decided)) for r in s.rows]


@pytest.mark.slow  # 160 dishes by SciPy, 20 searches and 8,000 draws of eight dishes: minutes
def test_intervals_of_twenty_plates_hold_the_truth_as_often_as_they_say(tmp_path, scipy_cell):
    """Exact posteriors: draws around the mode, weighted by prior and likelihood."""
    rng = np.random.default_rng(20)
    beliefs = {n: scipy_cell.network.parameter(n) for n in FREE}
    truths, data = [], []
    for k in range(PLATES):
        truth = {n: p.value * np.exp(p.belief.sd * rng.normal()) for n, p in beliefs.items()}
        sd = 0.03 * np.exp(0.5 * rng.normal())
        path = tmp_path / f"plate{k}.csv"
        path.write_text(a_plate(scipy_cell, truth, sd, rng))
        truths.append([truth[n] for n in FREE])
        data.append(values_of(path))
    made = new_study(tmp_path / "plate0.csv", tmp_path / "study", cell=CellAtHand(estimate=FREE))
    study = load(made.folder)
    priors, predict = priors_of(study), predictor(study)
    measured = np.array(data)
    np.testing.assert_allclose(measured[0], study.measurements.value)
    start = np.asarray(priors.unconstrain(jnp.asarray(study.nominal)))
    found = fisher_scoring.search(
        priors, predict, measured, np.repeat(start[None], PLATES, 0), steps=40, width=WIDTH
    )
    assert found is not None
    draws = np.concatenate(
        [
            stats.multivariate_t.rvs(z, 1.2 * c, 6, DRAWS, random_state=rng)
            for z, c in zip(found.z, found.covariance, strict=True)
        ]
    )
    proposed = np.concatenate(
        [
            stats.multivariate_t.logpdf(draws[k * DRAWS : (k + 1) * DRAWS], z, 1.2 * c, 6)
            for k, (z, c) in enumerate(zip(found.z, found.covariance, strict=True))
        ]
    )

    @jax.jit
    def many(z):
        return jax.vmap(lambda x: (*predict(priors.constrain(x)), priors.log_density_unconstrained(x)))(z)

    location, scale, ok, prior = in_blocks(lambda b: many(jnp.asarray(draws[b.rows])), len(draws), WIDTH)
    y = np.repeat(measured, DRAWS, 0)
    posterior = stats.norm.logpdf(y, location, scale).sum(1) + prior
    weight = np.where(ok, posterior - proposed, -np.inf).reshape(PLATES, DRAWS)
    weight = np.exp(weight - weight.max(1, keepdims=True))
    weight /= weight.sum(1, keepdims=True)
    assert (1 / (weight**2).sum(1)).min() > 25  # independent draws, enough for the ends of an interval
    theta = np.asarray(jax.vmap(priors.constrain)(jnp.asarray(draws))).reshape(PLATES, DRAWS, -1)
    inside = np.zeros((PLATES, len(FREE)), bool)
    for k in range(PLATES):
        for j, name in enumerate(FREE):
            column = theta[k, :, study.names.index(name)]
            below = weight[k][column < truths[k][j]].sum()
            inside[k, j] = (1 - LEVEL) / 2 < below < (1 + LEVEL) / 2
    low, high = stats.binom.ppf([0.001, 0.999], PLATES, LEVEL)
    held = inside.sum(0)
    assert np.all((held >= low) & (held <= high)), dict(zip(FREE, held.tolist(), strict=True))
