"""Published time courses one by one and together: modes, predictive checks, and which data inform which feedback.

Modes and normal approximations (`inference.scoring`), no posterior draws by MCMC: enough to see what a data set says about a
feedback strength and where the network fails, not enough to quote an interval of a parameter bounded on one side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np
from jaxtyping import Array, Bool, Float

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from inference import scoring
from inference.figures import POSTERIOR
from inference.noise import FAMILIES, on_scale
from inference.optimise import starting_points
from inference.parts import Split, split
from inference.posterior import Problem
from inference.study import Study, StudyError

RTOL, ATOL = 1e-5, 1e-8  # central differences of a fiftieth of a prior's width need more than a value does
LEVEL = 0.89
INFORMED = 0.8  # a feedback counts as informed when its sd of ln falls below this share of the prior's (our choice)
ALIAS = {"c1a_cell": "c1a"}  # the same feedback under the name it needs where an siRNA lowers it


@dataclass(frozen=True, eq=False)
class Fit:
    """One study at its mode.

    Attributes:
        modes: the best of `starts` searches; near: how many of them ended within 2 of its log posterior.
        names, mean, covariance, prior_sd: ln of the positive parameters, normal approximation.
        low, high: (measurement,) ends of the 89 % predictive interval, in the unit of the data.
        value: (measurement,) prediction at the mode.
    """

    study: Study
    modes: scoring.Modes
    near: int
    starts: int
    names: tuple[str, ...]
    mean: np.ndarray
    covariance: np.ndarray
    prior_sd: np.ndarray
    low: np.ndarray
    high: np.ndarray
    value: np.ndarray


def predictor(study: Study) -> scoring.Predict:
    """Location and sd of every measurement on the scale of its error; raises `StudyError` where errors are not normal."""
    for r in study.readouts:
        if FAMILIES[r.row.family][0] != "normal" or r.row.degrees is not None or study.measurements.censored[r.rows].any():
            raise StudyError(f"observable {r.row.id}: errors are not plain normal ones: fit this study by sampling")
    whole = Split(study, split(study))

    def predict(theta: Float[Array, "unknown"]) -> tuple[Array, Array, Bool[Array, ""]]:
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


def fit(
    study: Study, *, starts: int, steps: int, width: int, seed: int, report: Callable[[int, np.ndarray], None] | None = None,
) -> Fit:
    """The mode from many starts, the normal approximation around it, and what it predicts for every measurement.

    Raises:
        StudyError: errors are not normal, or no start could be solved.
    """
    priors = {u.name: u.prior.distribution() for u in study.unknowns}
    shell = Problem(priors, lambda theta: (jnp.zeros(1), jnp.asarray(True)))
    z0 = np.asarray(starting_points(shell, jax.random.PRNGKey(seed), starts))
    predict = predictor(study)
    y = np.repeat(on_scales(study, study.measurements.value)[None], starts, 0)
    found = scoring.search(priors, predict, y, z0, steps=steps, width=width, report=report)
    if not np.isfinite(found.log_posterior).any():
        raise StudyError(f"{study.id}: no starting point could be solved: check units and bounds in parameters.tsv")
    best = int(np.argmax(found.log_posterior))
    near = int((found.log_posterior > found.log_posterior[best] - 2).sum())
    one = found.only(best)
    z, covariance = one.z[0], one.covariance[0]
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((4 * width, len(z))) @ np.linalg.cholesky(covariance + 1e-12 * np.eye(len(z))).T
    location, scale, ok = (np.asarray(x) for x in jax.jit(jax.vmap(lambda x: predict(shell.constrain(x))))(jnp.asarray(z + normal)))
    again = (location + scale * rng.standard_normal(scale.shape))[ok]
    low, high = np.quantile(again, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    names, mean, root, prior = _on_ln(study, shell, z)
    return Fit(study, one, near, starts, names, mean, root @ covariance @ root.T, prior, in_units(study, low), in_units(study, high),
               in_units(study, one.location[0]))


def _on_ln(study: Study, shell: Problem, z: np.ndarray) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray]:
    """Names, ln, slope of ln with respect to z (as rows of a matrix) and prior sd of ln of the log-normal parameters."""
    kept = [i for i, u in enumerate(study.unknowns) if u.prior.family == "log-normal"]
    theta, slope = jax.jvp(shell.constrain, (jnp.asarray(z),), (jnp.ones(len(z)),))
    root = np.zeros((len(kept), len(z)))
    for row, i in enumerate(kept):
        root[row, i] = float(slope[i] / theta[i])
    return (tuple(study.unknowns[i].name for i in kept), np.log(np.asarray(theta))[kept], root,
            np.array([study.unknowns[i].prior.parameters[1] for i in kept]))


@dataclass(frozen=True)
class Told:
    """What data say about parameters that studies share, as normal distributions of ln.

    Attributes:
        names: parameters; studies: names.
        alone: (study, parameter) sd of ln over that of the prior; NaN where the study lacks it.
        together: (parameter,) all studies at once; mean: (parameter,) of ln.
        disagree: (parameter,) largest distance of one study's mean from all others' in units of their joint sd.
    """

    names: tuple[str, ...]
    studies: tuple[str, ...]
    alone: np.ndarray
    together: np.ndarray
    mean: np.ndarray
    disagree: np.ndarray


def told(fits: Sequence[Fit]) -> Told:
    """Each study's information on the shared parameters, alone and added up (priors counted once)."""
    found = [tuple(ALIAS.get(n, n) for n in f.names) for f in fits]
    shared = tuple(dict.fromkeys(n for names in found for n in names if sum(n in other for other in found) > 1))
    prior = {n: s for names, f in zip(found, fits, strict=True) for n, s in zip(names, f.prior_sd, strict=True) if n in shared}
    centre = {n: u.prior.parameters[0] for names, f in zip(found, fits, strict=True) for u in f.study.unknowns
              if (n := ALIAS.get(u.name, u.name)) in shared and u.prior.family == "log-normal"}
    sd, mu = np.array([prior[n] for n in shared]), np.array([centre[n] for n in shared])
    size = len(shared)
    alone, means = np.full((len(fits), size), np.nan), np.full((len(fits), size), np.nan)
    precision, weighted = np.diag(sd**-2.0), mu / sd**2
    for k, (names, f) in enumerate(zip(found, fits, strict=True)):
        own = [n for n in shared if n in names]
        at, of = [names.index(n) for n in own], [shared.index(n) for n in own]
        c, mean = f.covariance[np.ix_(at, at)], f.mean[at]
        alone[k, of], means[k, of] = np.sqrt(np.diag(c)) / f.prior_sd[at], mean
        values, vectors = np.linalg.eigh(np.linalg.inv(c) - np.diag(f.prior_sd[at] ** -2.0))
        own_precision = (vectors * np.maximum(values, 0)) @ vectors.T
        here = np.linalg.solve(c, mean) - np.array([centre[n] for n in own]) / f.prior_sd[at] ** 2
        precision[np.ix_(of, of)] += own_precision
        weighted[of] += here
    covariance = np.linalg.inv(precision)
    joint, spread = covariance @ weighted, np.sqrt(np.diag(covariance))
    apart = np.abs(means - joint) / np.maximum(alone * sd, 1e-12)
    return Told(shared, tuple(f.study.id for f in fits), alone, spread / sd, joint, np.nan_to_num(apart).max(0))


def table(t: Told, feedback: Sequence[str]) -> str:
    """Which feedback strength is informed by which data, in Markdown."""
    lines = ["| feedback | " + " | ".join(t.studies) + " | together | at (median) |", "| --- |" + " --- |" * (len(t.studies) + 2)]
    for n in feedback:
        if n in t.names:
            i = t.names.index(n)
            cells = ["" if np.isnan(x) else (f"**{x:.2f}**" if x < INFORMED else f"{x:.2f}") for x in t.alone[:, i]]
            lines.append(f"| `{n}` | " + " | ".join(cells) + f" | {t.together[i]:.2f} | {np.exp(t.mean[i]):.3g} |")
        else:
            lines.append(f"| `{n}` | " + " | ".join("" for _ in t.studies) + " | in fewer than two data sets | |")
    return "\n".join([*lines, "", "Posterior over prior sd of ln (normal approximation at the mode); bold: below "
                      f"{INFORMED:g}, informed. Empty: nothing in the data set depends on it.", ""])


def checks(f: Fit) -> list[tuple[str, int, float, float]]:
    """Of each observable: name, values, share inside the 89 % predictive interval, correlation of neighbouring residuals.

    Residuals of a dish that fits are independent; a correlation near 1 says that the network misses the shape.
    """
    m, y = f.study.measurements, on_scales(f.study, f.study.measurements.value)
    residual = (y - f.modes.location[0]) / f.modes.scale[0]
    inside = (m.value >= f.low) & (m.value <= f.high)
    out = []
    for k, name in enumerate(f.study.observables):
        rows = np.flatnonzero(m.observable == k)
        pairs = [p for lane in np.unique(m.experiment[rows])
                 for own in [rows[m.experiment[rows] == lane]] for p in _neighbours(own[np.argsort(m.time[own], kind="stable")], m.time)]
        a, b = (np.array([residual[p[j]] for p in pairs]) for j in (0, 1))
        r = float(np.corrcoef(a, b)[0, 1]) if len(pairs) > 3 else float("nan")
        out.append((name, len(rows), float(inside[rows].mean()), r))
    return out


def _neighbours(rows: np.ndarray, time: np.ndarray) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in pairwise(rows) if time[b] > time[a]]


def figure(f: Fit, most: int = 12) -> Figure:
    """Measurements, prediction and 89 % predictive interval over time: one panel an observable, one colour a dish."""
    m = f.study.measurements
    shown = [k for k in range(len(f.study.observables)) if (m.observable == k).any()][:most]
    columns = min(4, len(shown))
    fig, axes = plt.subplots(-(-len(shown) // columns), columns, figsize=(3.3 * columns, 2.4 * -(-len(shown) // columns)), squeeze=False,
                             layout="constrained")
    for ax, k in zip(axes.flat, shown, strict=False):
        dishes = np.unique(m.experiment[m.observable == k])
        for j, e in enumerate(dishes):
            rows = np.flatnonzero((m.observable == k) & (m.experiment == e))
            rows = rows[np.argsort(m.time[rows], kind="stable")]
            colour = plt.get_cmap("viridis")(j / max(1, len(dishes) - 1) * 0.9) if len(dishes) > 1 else POSTERIOR
            ax.fill_between(m.time[rows], f.low[rows], f.high[rows], color=colour, alpha=0.15, lw=0)
            ax.plot(m.time[rows], f.value[rows], color=colour, lw=1.2, label=f.study.experiments[e])
            ax.plot(m.time[rows], m.value[rows], ".", color=colour, ms=4)
        ax.set_title(f.study.observables[k], fontsize=8)
        ax.set_xlabel("min", fontsize=7)
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
        if len(dishes) <= 7:
            ax.legend(fontsize=5.5, frameon=False)
    for ax in axes.flat[len(shown):]:
        ax.set_visible(False)
    fig.suptitle(f"{f.study.id}: mode and 89 % predictive interval (normal approximation)", fontsize=9)
    return fig
