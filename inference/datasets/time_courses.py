"""Published time courses one by one and together: modes, predictive checks, and which data inform which
feedback.

Modes and normal approximations (`inference.best_fit.fisher_scoring`), no posterior draws by MCMC: enough to
see what a data set says about a feedback strength and where the network fails, not enough to quote an
interval of a parameter bounded on one side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy import stats

from inference.best_fit import fisher_scoring
from inference.best_fit.modes import starting_points
from inference.fit import loo_pit
from inference.likelihood.noise_models import FAMILIES, on_scale
from inference.likelihood.problem import Priors, priors_of
from inference.likelihood.reduced_parts import Split, split
from inference.runs.run import Run
from inference.study.portable_work import Recipe
from inference.study.study import Study, StudyError

RTOL, ATOL = 1e-5, 1e-8  # central differences of a fiftieth of a prior's width need more than a value does
LEVEL = 0.89
KEPT = "fit.npz"


@dataclass(frozen=True, eq=False)
class Fit:
    """One study at its mode.

    Attributes:
        log_posterior: at the best of `starts` searches; gained: what its last step still gained; near: how
            many of them ended
            within 2 of it.
        names, mean, covariance, prior_sd: ln of the positive parameters, normal approximation.
        location, scale: (measurement,) prediction and sd at the mode, on the scale of the error.
        low, high: (measurement,) ends of the 89 % predictive interval, in the unit of the data.
        value: (measurement,) prediction at the mode.
        p: (experiment,) posterior predictive probability of squared residuals at least as large in each dish.
        pit, k: (measurement,) leave-one-out probability below each value, and the Pareto shape of its
            weights.
    """

    study: Study
    log_posterior: float
    gained: float
    near: int
    starts: int
    names: tuple[str, ...]
    mean: np.ndarray
    covariance: np.ndarray
    prior_sd: np.ndarray
    location: np.ndarray
    scale: np.ndarray
    low: np.ndarray
    high: np.ndarray
    value: np.ndarray
    p: np.ndarray
    pit: np.ndarray
    k: np.ndarray


def predictor(study: Study) -> fisher_scoring.Predict:
    """Location and sd of every measurement on the scale of its error; raises `StudyError` where errors are
    not normal.
    """
    for r in study.readouts:
        if (
            FAMILIES[r.row.family][0] != "normal"
            or r.row.degrees is not None
            or study.measurements.censored[r.rows].any()
        ):
            raise StudyError(
                f"observable {r.row.id}: errors are not plain normal ones: fit this study by sampling"
            )
    whole = Split(study, split(study))

    def predict(theta: Float[Array, " unknown"]) -> tuple[Array, Array, Bool[Array, ""]]:
        _, seen, ok = whole.evaluate(theta, rtol=RTOL, atol=ATOL)
        return seen.location, seen.scale, ok

    return predict


def on_scales(study: Study, values: Float[np.ndarray, "... measurement"]) -> np.ndarray:
    """Values on the scale on which their errors are symmetric."""
    out = np.array(values, float)
    for r in study.readouts:
        out[..., r.rows] = np.asarray(on_scale(r.row.family, jnp.asarray(out[..., r.rows])))
    return out


def in_units(study: Study, values: Float[np.ndarray, "... measurement"]) -> np.ndarray:
    """The inverse of `on_scales`."""
    out = np.array(values, float)
    for r in study.readouts:
        if base := FAMILIES[r.row.family][1]:
            out[..., r.rows] = np.exp(np.minimum(out[..., r.rows] * base, 700.0))
    return out


@dataclass(frozen=True)
class CourseFacts:
    """What the points of a search are computed from, beside the study: `width` of them at once."""

    width: int


def _points(study: Study, facts: CourseFacts) -> Callable[[Array], tuple[Array, Array, Array]]:
    return fisher_scoring.points_of(priors_of(study), predictor(study), facts.width)


POINTS = Recipe("points of a time course", CourseFacts, _points)


def fit(
    study: Study,
    *,
    starts: int,
    steps: int,
    width: int,
    seed: int,
    run: Run,
    report: Callable[[int, np.ndarray], None] | None = None,
) -> Fit | None:
    """The mode from many starts, the normal approximation around it, and what it predicts for every
    measurement.

    Every step is kept in the folder of the run, a finished fit too: the same call goes on from there. None if
    it was stopped.

    Raises:
        StudyError: errors are not normal, or no start could be solved.
        CheckpointError: the folder holds another fit.
    """
    identity = {
        "what": "time course",
        "study": study.fingerprint,
        "starts": starts,
        "steps": steps,
        "seed": seed,
        "width": width,
    }
    if (kept := run.read(KEPT)) is not None:
        run.belongs_to(identity)
        return _fit_of(study, kept)
    priors = priors_of(study)
    z0 = np.asarray(starting_points(priors, jax.random.PRNGKey(seed), starts))
    predict = predictor(study)
    y = on_scales(study, study.measurements.value)
    found = fisher_scoring.search(
        priors,
        predict,
        np.repeat(y[None], starts, 0),
        z0,
        steps=steps,
        width=width,
        report=report,
        keep=fisher_scoring.Keep(run, identity),
        work=POINTS.work(study, CourseFacts(width)) if run.executor is not None else None,
    )
    if found is None:
        return None
    if not np.isfinite(found.log_posterior).any():
        raise StudyError(
            f"{study.id}: no starting point could be solved: check units and bounds in parameters.tsv"
        )
    arrays = _record(study, found, priors, predict, width, seed) | {"starts": np.asarray(starts)}
    run.write(KEPT, arrays)
    return _fit_of(study, arrays)


def _record(
    study: Study,
    found: fisher_scoring.Modes,
    priors: Priors,
    predict: fisher_scoring.Predict,
    width: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """The best of the modes, the normal approximation there, and what draws of it predict."""
    best = int(np.argmax(found.log_posterior))
    z, covariance = found.z[best], found.covariance[best]
    rng = np.random.default_rng(seed)
    normal = (
        rng.standard_normal((16 * width, len(z))) @ np.linalg.cholesky(covariance + 1e-12 * np.eye(len(z))).T
    )
    location, scale, ok = (
        np.asarray(x)
        for x in jax.jit(jax.vmap(lambda x: predict(priors.constrain(x))))(jnp.asarray(z + normal))
    )
    location, scale = location[ok], scale[ok]
    low, high = np.quantile(
        location + scale * rng.standard_normal(scale.shape), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0
    )
    names, mean, root, prior = _on_ln(study, priors, z)
    residual = (on_scales(study, study.measurements.value) - location) / scale
    pit, k = loo_pit.of_probabilities(stats.norm.logpdf(residual) - np.log(scale), stats.norm.cdf(residual))
    return {
        "log_posterior": found.log_posterior[best],
        "gained": found.gained[best],
        "near": (found.log_posterior > found.log_posterior[best] - 2).sum(),
        "names": np.array(names),
        "mean": mean,
        "covariance": root @ covariance @ root.T,
        "prior_sd": prior,
        "location": found.location[best],
        "scale": found.scale[best],
        "low": in_units(study, low),
        "high": in_units(study, high),
        "value": in_units(study, found.location[best]),
        "p": surprise(residual, study.measurements.experiment, len(study.experiments)),
        "pit": pit,
        "k": k,
    }


def _fit_of(study: Study, k: Mapping[str, np.ndarray]) -> Fit:
    return Fit(
        study,
        float(k["log_posterior"]),
        float(k["gained"]),
        int(k["near"]),
        int(k["starts"]),
        tuple(map(str, k["names"])),
        *(
            k[n]
            for n in (
                "mean",
                "covariance",
                "prior_sd",
                "location",
                "scale",
                "low",
                "high",
                "value",
                "p",
                "pit",
                "k",
            )
        ),
    )


def surprise(
    residual: Float[np.ndarray, "draw measurement"],
    experiment: Int[np.ndarray, " measurement"],
    experiments: int,
) -> Float[np.ndarray, " experiment"]:
    """Posterior predictive probability that a new dish has squared residuals at least as large; NaN where
    nothing was measured.

    The residuals of a new data set are independent standard normals, so their sum of squares needs no
    simulation. The data made the draws too, so that a right model is surprised less often than this says.
    """
    out = np.full(experiments, np.nan)
    for e in range(experiments):
        own = residual[:, experiment == e]
        if own.shape[1]:
            out[e] = stats.chi2.sf((own**2).sum(1), own.shape[1]).mean()
    return out


def _on_ln(
    study: Study, priors: Priors, z: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray]:
    """Names, ln, slope of ln with respect to z (as rows of a matrix) and prior sd of ln of the log-normal
    parameters.
    """
    kept = [i for i, u in enumerate(study.unknowns) if u.prior.family == "log-normal"]
    theta, slope = jax.jvp(priors.constrain, (jnp.asarray(z),), (jnp.ones(len(z)),))
    root = np.zeros((len(kept), len(z)))
    for row, i in enumerate(kept):
        root[row, i] = float(slope[i] / theta[i])
    return (
        tuple(study.unknowns[i].name for i in kept),
        np.log(np.asarray(theta))[kept],
        root,
        np.array([study.unknowns[i].prior.parameters[1] for i in kept]),
    )
