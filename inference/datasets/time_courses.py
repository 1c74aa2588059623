"""Published time courses one by one and together: modes, predictive checks, and which data inform which
feedback.

Modes and normal approximations (`inference.best_fit.fisher_scoring`), no posterior draws by MCMC: enough to
see what a data set says about a feedback strength and where the network fails, not enough to quote an
interval of a parameter bounded on one side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
from inference.study.study import Study, StudyError

RTOL, ATOL = 1e-5, 1e-8  # central differences of a fiftieth of a prior's width need more than a value does
LEVEL = 0.89
KEPT = "fit.npz"
INFORMED = (
    0.8  # a feedback counts as informed when its sd of ln falls below this share of the prior's (our choice)
)
APART, SHAPE, ODD = (
    3.0,
    0.6,
    0.01,
)  # sd, correlation and probability beyond which a finding is called one (our choice)
ALIAS = {"c1a_cell": "c1a"}  # the same feedback under the name it needs where an siRNA lowers it


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


def fit(  # long: search, prediction and record of one fit, in order
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
    )
    if found is None:
        return None
    if not np.isfinite(found.log_posterior).any():
        raise StudyError(
            f"{study.id}: no starting point could be solved: check units and bounds in parameters.tsv"
        )
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
    residual = (y - location) / scale
    pit, k = loo_pit.of_probabilities(stats.norm.logpdf(residual) - np.log(scale), stats.norm.cdf(residual))
    arrays = {
        "log_posterior": found.log_posterior[best],
        "gained": found.gained[best],
        "starts": np.asarray(starts),
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
    run.write(KEPT, arrays)
    return _fit_of(study, arrays)


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


@dataclass(frozen=True)
class Told:
    """What data say about parameters, as normal distributions of ln.

    Attributes:
        names: parameters; studies: names.
        alone: (study, parameter) sd of ln over that of the prior; NaN where the study lacks it; means:
            (study, parameter) of ln.
        together: (parameter,) all studies at once; mean: (parameter,) of ln.
        disagree: (parameter,) largest distance of one study's mean from all others' in units of their joint
            sd.
    """

    names: tuple[str, ...]
    studies: tuple[str, ...]
    alone: np.ndarray
    means: np.ndarray
    together: np.ndarray
    mean: np.ndarray
    disagree: np.ndarray


def told(fits: Sequence[Fit], asked: Sequence[str]) -> Told:
    """Each study's information on the parameters they share, and on those `asked` about, alone and added up.

    Where studies declare different priors the widest counts, and it counts once.
    """
    found = [tuple(ALIAS.get(n, n) for n in f.names) for f in fits]
    shared = tuple(
        dict.fromkeys(
            n for names in found for n in names if n in asked or sum(n in other for other in found) > 1
        )
    )
    widest: dict[str, float] = {}
    for names, f in zip(found, fits, strict=True):
        widest |= {
            n: max(s, widest.get(n, 0.0)) for n, s in zip(names, f.prior_sd, strict=True) if n in shared
        }
    centre = {
        n: u.prior.parameters[0]
        for f in fits
        for u in f.study.unknowns
        if (n := ALIAS.get(u.name, u.name)) in shared and u.prior.family == "log-normal"
    }
    sd, mu = np.array([widest[n] for n in shared]), np.array([centre[n] for n in shared])
    size = len(shared)
    alone, means = np.full((len(fits), size), np.nan), np.full((len(fits), size), np.nan)
    precision, weighted = np.diag(sd**-2.0), mu / sd**2
    for k, (names, f) in enumerate(zip(found, fits, strict=True)):
        own = [n for n in shared if n in names]
        at, of = [names.index(n) for n in own], [shared.index(n) for n in own]
        c, before = f.covariance[np.ix_(at, at)], f.prior_sd[at] ** -2.0
        values, vectors = np.linalg.eigh(np.linalg.inv(c) - np.diag(before))
        information = (vectors * np.maximum(values, 0)) @ vectors.T
        weight = np.linalg.solve(c, f.mean[at]) - np.array([centre[n] for n in own]) * before
        single = np.linalg.inv(information + np.diag(sd[of] ** -2.0))
        alone[k, of], means[k, of] = (
            np.sqrt(np.diag(single)) / sd[of],
            single @ (weight + mu[of] / sd[of] ** 2),
        )
        precision[np.ix_(of, of)] += information
        weighted[of] += weight
    covariance = np.linalg.inv(precision)
    joint, spread = covariance @ weighted, np.sqrt(np.diag(covariance))
    apart = np.abs(means - joint) / np.maximum(alone * sd, 1e-12)
    return Told(
        shared, tuple(f.study.id for f in fits), alone, means, spread / sd, joint, np.nan_to_num(apart).max(0)
    )


def table(t: Told, feedback: Sequence[str]) -> str:
    """Which feedback strength is informed by which data, in Markdown, and where data sets contradict each
    other.
    """
    lines = [
        "| feedback | " + " | ".join(t.studies) + " | together | at (median) | apart |",
        "| --- |" + " --- |" * (len(t.studies) + 3),
    ]
    torn = []
    for n in feedback:
        if n in t.names:
            i = t.names.index(n)
            cells = [
                "" if np.isnan(x) else (f"**{x:.2f}**" if x < INFORMED else f"{x:.2f}") for x in t.alone[:, i]
            ]
            lines.append(
                f"| `{n}` | "
                + " | ".join(cells)
                + f" | {t.together[i]:.2f} | {np.exp(t.mean[i]):.3g} | {t.disagree[i]:.1f} |"
            )
            if t.disagree[i] > APART:
                own = ", ".join(
                    f"{np.exp(x):.2g} ({s})"
                    for s, x in zip(t.studies, t.means[:, i], strict=True)
                    if np.isfinite(x)
                )
                torn.append(f"* `{n}`: {own}")
        else:
            lines.append(f"| `{n}` | " + " | ".join("" for _ in t.studies) + " | in none of them | | |")
    lines += [
        "",
        "Posterior over prior sd of ln (normal approximation at the mode); bold: below "
        f"{INFORMED:g}, informed. Empty: nothing in the data set depends on it. Apart: the furthest that "
        f"one data set alone lies "
        "from all together, in its own sd.",
        "",
    ]
    if torn:
        lines += [
            f"**Data sets contradict each other** (more than {APART:g} sd): cells differ, or the network "
            f"is wrong in one of them. "
            "What they say together is then narrower than it should be. Each alone, median:",
            "",
            *torn,
            "",
        ]
    return "\n".join(lines)


def checks(f: Fit) -> list[tuple[str, int, float, float]]:
    """Of each observable: name, values, share inside the 89 % predictive interval, correlation of
    neighbouring residuals.

    Residuals of a dish that fits are independent; a correlation near 1 says that the network misses the
    shape.
    """
    m, y = f.study.measurements, on_scales(f.study, f.study.measurements.value)
    residual = (y - f.location) / f.scale
    inside = (m.value >= f.low) & (m.value <= f.high)
    out = []
    for k, name in enumerate(f.study.observables):
        rows = np.flatnonzero(m.observable == k)
        pairs = [
            p
            for lane in np.unique(m.experiment[rows])
            for own in [rows[m.experiment[rows] == lane]]
            for p in _neighbours(own[np.argsort(m.time[own], kind="stable")], m.time)
        ]
        a, b = (np.array([residual[p[j]] for p in pairs]) for j in (0, 1))
        r = float(np.corrcoef(a, b)[0, 1]) if len(pairs) > 3 else float("nan")
        out.append((name, len(rows), float(inside[rows].mean()), r))
    return out


def of_dishes(f: Fit) -> list[tuple[str, int, float, float]]:
    """Of each dish: name, values, share inside the 89 % predictive interval, posterior predictive p of its
    squared residuals.
    """
    m = f.study.measurements
    inside = (m.value >= f.low) & (m.value <= f.high)
    return [
        (name, int(own.sum()), float(inside[own].mean()), float(f.p[e]))
        for e, name in enumerate(f.study.experiments)
        if (own := m.experiment == e).any()
    ]


def misfits(fits: Sequence[Fit], cannot: Mapping[str, str]) -> str:
    """What fits and what does not, by observable and by dish, in Markdown; `cannot`: what the network has no
    words for.
    """
    lines = [
        "## What fits and what does not",
        "",
        "| data set | observable | values | inside 89 % | neighbouring residuals |",
        "| --- | --- | --- | --- | --- |",
    ]
    for f in fits:
        for name, n, inside, r in checks(f):
            shape = "" if np.isnan(r) else f"{r:+.2f}" + (" **misses the shape**" if r > SHAPE else "")
            lines.append(f"| {f.study.id} | {name} | {n} | {100 * inside:.0f} % | {shape} |")
    lines += [
        "",
        f"Neighbouring residuals: their correlation within a dish; above {SHAPE:g} the curve has another "
        f"shape than the "
        "data.",
        "",
        "## Posterior predictive checks, dish by dish",
        "",
    ]
    for f in fits:
        rows = of_dishes(f)
        odd = sorted((r for r in rows if r[3] < ODD), key=lambda r: r[3])
        lines.append(
            f"* **{f.study.id}**: {len(rows) - len(odd)} of {len(rows)} dishes as predicted (p at least "
            f"{ODD:g})."
            + (
                " Not: "
                + ", ".join(
                    f"{n} ({k} values, {100 * i:.0f} % inside, p = {p:.1g})" for n, k, i, p in odd[:8]
                )
                + (f" and {len(odd) - 8} more" if len(odd) > 8 else "")
                + "."
                if odd
                else ""
            )
            + (f" What the network has no words for: {cannot[f.study.id]}." if cannot.get(f.study.id) else "")
        )
    lines += ["", "## Each value left out", ""]
    lines += [f"* **{f.study.id}**: {left_out(f).sentence}" for f in fits]
    return "\n".join([*lines, ""])


def left_out(f: Fit) -> loo_pit.LooPit:
    """LOO-PIT of all measurements of a fit, in the normal approximation."""
    good = f.k <= loo_pit.GOOD_K
    p = float(stats.kstest(f.pit[good], "uniform").pvalue) if good.any() else float("nan")
    return loo_pit.LooPit(f.pit, f.k, np.array(f.study.observables)[f.study.measurements.observable], p)


def _neighbours(rows: np.ndarray, time: np.ndarray) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in pairwise(rows) if time[b] > time[a]]
