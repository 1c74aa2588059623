"""Do strengths come back that were put in? Data from known parameters, the mode and its normal approximation,
coverage.

Truths lie around the nominal parameters, half as far as the prior does; each makes one data set. What a data
set recovers is judged by the normal approximation alone, so this tests it, the engine and the design, and no
sampler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from inference.best_fit import fisher_scoring
from inference.calibration import recovery_study
from inference.datasets import measured_study
from inference.likelihood.problem import priors_of
from inference.likelihood.reduced_parts import Part, Split
from inference.runs.resumable import Seen
from inference.runs.run import Run
from inference.study.loading import load
from inference.study.portable_work import Recipe
from inference.study.study import Study
from models.catalogue import niche
from models.engine.blocks import in_blocks

RTOL, ATOL = 1e-4, 1e-7
AROUND = 0.5  # of the prior's spread
LEVEL = 0.89


@dataclass(frozen=True)
class Recovered:
    """Unconstrained `truth`, `mode` and `sd` (data set, parameter); `covariance` (data set, parameter,
    parameter);
    `gained`: (data set,) what the last step of the search still gained; `prior_sd`: (parameter,)."""

    names: tuple[str, ...]
    truth: np.ndarray
    mode: np.ndarray
    sd: np.ndarray
    covariance: np.ndarray
    gained: np.ndarray
    prior_sd: np.ndarray


def experiment(folder: Path, *, ridges: bool = False) -> Study:
    """The 31-parameter study, written to `folder` and read back; `ridges`: with both ends of the
    specification's ridges free.
    """
    return load(measured_study.write(recovery_study.design(ridges=ridges), folder, niche()), lint=False)


def predictor(study: Study) -> fisher_scoring.Predict:
    """Location and sd of every measurement; all dishes in one program."""
    whole = Split(study, (Part(study, np.arange(len(study.measurements))),))

    def predict(theta: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        _, seen, ok = whole.evaluate(theta, rtol=RTOL, atol=ATOL)
        return seen.location, seen.scale, ok

    return predict


@dataclass(frozen=True)
class RecoveryFacts:
    """What a batch of data sets is recovered from, beside the study.

    Attributes:
        batch: data sets of it.
        steps: of each search.
        width: points predicted by one program.
        seed: of all batches.
    """

    batch: int
    steps: int
    width: int
    seed: int


def _one_batch(study: Study, facts: RecoveryFacts) -> Callable[[Any], Seen]:
    """The function that makes the data sets of a batch, by its number, and searches for their modes."""
    priors, predict = priors_of(study), predictor(study)
    centre = np.asarray(priors.unconstrain(jnp.asarray(study.nominal)))
    drawn = np.asarray(jax.vmap(priors.unconstrain)(priors.draw(jax.random.PRNGKey(facts.seed), 2000)))
    at = jax.jit(jax.vmap(lambda z: predict(priors.constrain(z))))

    def of(number: Any) -> Seen:
        rng, batch = np.random.default_rng([facts.seed, int(number)]), facts.batch
        truth = centre + AROUND * drawn.std(0) * rng.standard_normal((batch, len(centre)))
        location, scale, _ = in_blocks(
            lambda b: at(jnp.asarray(truth[b.rows])), batch, max(facts.width, batch)
        )
        data = location + scale * rng.standard_normal(location.shape)
        begin = np.repeat(centre[None], batch, 0)
        found = fisher_scoring.search(priors, predict, data, begin, steps=facts.steps, width=facts.width)
        assert found is not None  # it is kept nowhere, so nothing stops it
        return {
            "truth": truth,
            "mode": found.z,
            "sd": found.sd,
            "covariance": found.covariance,
            "gained": found.gained,
            "prior_sd": found.prior_sd[None],
        }

    return of


BATCHES = Recipe("a batch of a recovery", RecoveryFacts, _one_batch)


def recover(study: Study, run: Run, facts: RecoveryFacts, *, fits: int) -> Recovered | None:
    """Data sets in batches, one file each, by the executor of the run, going on from those that are there.
    None if the work was stopped.
    """
    identity = {
        "what": "recovery",
        "seed": facts.seed,
        "batch": facts.batch,
        "steps": facts.steps,
        "study": study.fingerprint,
    }
    with run.bar("data sets (the first includes compilation)", fits) as bar:
        seen = run.apart(
            identity,
            BATCHES.work(study, facts),
            -(-fits // facts.batch),
            lambda i, _: bar.to(min(i * facts.batch, fits)),
        )
    if seen is None:
        return None
    found = {k: np.concatenate([s[k] for s in seen]) for k in seen[0]}
    found["prior_sd"] = found["prior_sd"][0]
    return Recovered(names=study.names, **found)


@dataclass(frozen=True)
class Ridge:
    """A pair of parameters: the correlation that the specification found with 141 free, the one `here`, and
    `other`: the strongest
    that either of them has with a third parameter, which takes the place of a ridge where fewer are free."""

    a: str
    b: str
    specified: float
    here: float
    other: str


def ridges(study: Study, width: int) -> tuple[Ridge, ...]:
    """The specification's ridges in the normal approximation at the nominal parameters; `study` has both ends
    of each free.
    """
    priors, predict = priors_of(study), predictor(study)
    nominal = np.asarray(priors.unconstrain(jnp.asarray(study.nominal)))[None]
    found = fisher_scoring.search(
        priors, predict, np.zeros((1, len(study.measurements))), nominal, steps=0, width=width
    )
    assert found is not None
    correlation = found.covariance[0] / np.outer(found.sd[0], found.sd[0])

    def strongest(ends: tuple[int, int]) -> str:
        size = [
            max(abs(correlation[i, k]) for i in ends) if k not in ends else 0.0
            for k in range(len(study.names))
        ]
        k = int(np.argmax(size))
        i = max(ends, key=lambda i: abs(correlation[i, k]))
        return f"{study.names[i]}/{study.names[k]} {correlation[i, k]:+.2f}"

    at = {n: i for i, n in enumerate(study.names)}
    return tuple(
        Ridge(a, b, c, float(correlation[at[a], at[b]]), strongest((at[a], at[b])))
        for a, b, c in recovery_study.RIDGES
    )


def covered(r: Recovered, names: tuple[str, ...]) -> np.ndarray:
    """(data set, name) whether the central interval of `LEVEL` holds the truth."""
    at = [r.names.index(n) for n in names]
    return np.abs(r.mode - r.truth)[:, at] <= stats.norm.ppf((1 + LEVEL) / 2) * r.sd[:, at]


def in_words(r: Recovered, known: Sequence[Ridge]) -> str:  # long: one page of text, in the order it is read
    """What came back, in Markdown; `known`: the specification's ridges."""
    fits = len(r.truth)
    low, high = (stats.binom.ppf(q, fits, LEVEL) / fits for q in (0.005, 0.995))
    lines = [
        f"# Recovery of {len(r.names)} parameters from simulated data",
        "",
        f"{fits} data sets, truths drawn half as far as the prior, mode and normal approximation; "
        f"{int((r.gained > 0.1).sum())} "
        f"searches had not ended. 89 % intervals; with {fits} data sets a right interval covers "
        f"{100 * low:.0f} to "
        f"{100 * high:.0f} % (99 % range).",
        "",
        "| parameter | covers | sd after over before | error over sd, median |",
        "| --- | --- | --- | --- |",
    ]
    for n in recovery_study.QUESTION:
        i = r.names.index(n)
        lines.append(
            f"| `{n}` | {100 * covered(r, (n,)).mean():.0f} % | {np.median(r.sd[:, i]) / r.prior_sd[i]:.2f} "
            f"| {np.median(np.abs(r.mode - r.truth)[:, i] / r.sd[:, i]):.2f} |"
        )
    strengths, pairs = covered(r, recovery_study.QUESTION), fits * len(recovery_study.QUESTION)
    low, high = (stats.binom.ppf(q, pairs, LEVEL) / pairs for q in (0.005, 0.995))
    lines += [
        "",
        f"These {len(recovery_study.QUESTION)} together: {100 * strengths.mean():.1f} % of {pairs} "
        f"intervals hold the truth (right "
        f"intervals: {100 * low:.0f} to {100 * high:.0f} %).",
    ]
    all_of_them = covered(r, r.names)
    of_set = 100 * all_of_them.mean(1)
    lines += [
        "",
        f"All {len(r.names)} parameters: {of_set.mean():.1f} % covered (between data sets "
        f"{of_set.min():.0f} to "
        f"{of_set.max():.0f} %).",
        "",
        "Ridges among them (correlation of the normal approximation, median over data sets):",
        "",
    ]
    sd = np.sqrt(np.diagonal(r.covariance, axis1=1, axis2=2))
    correlation = np.median(r.covariance / sd[:, :, None] / sd[:, None, :], axis=0)
    lines += [f"* `{a}` and `{b}`: {c:+.2f}" for a, b, c in fisher_scoring.ridges(correlation, r.names)][:12]
    if known:
        lines += [
            "",
            "## The ridges of the specification",
            "",
            "Both ends of each free, at the nominal parameters (the specification freed 141).",
            "",
            "| pair | specification | here | strongest with a third |",
            "| --- | --- | --- | --- |",
        ]
        lines += [f"| `{k.a}`/`{k.b}` | {k.specified:+.2f} | {k.here:+.2f} | {k.other} |" for k in known]
        kept = [k for k in known if k.here * k.specified > 0]
        lines += [
            "",
            f"{len(kept)} of {len(known)} have the specification's sign, "
            f"{sum(abs(k.here) >= 0.6 for k in kept)} of them with "
            "a size of at least 0.6.",
        ]
    return "\n".join([*lines, ""])
