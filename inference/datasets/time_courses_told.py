"""What fits of time courses told: which data inform which feedback, what they contradict, what is missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import stats

from inference.datasets.time_courses import Fit, on_scales
from inference.fit import loo_pit

INFORMED = (
    0.8  # a feedback counts as informed when its sd of ln falls below this share of the prior's (our choice)
)
APART, SHAPE, ODD = (
    3.0,
    0.6,
    0.01,
)  # sd, correlation and probability beyond which a finding is called one (our choice)
ALIAS = {"c1a_cell": "c1a"}  # the same feedback under the name it needs where an siRNA lowers it


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
