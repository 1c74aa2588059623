"""Simulation-based calibration of what `fit` ships: the same reduction and the same NUTS.

Truths come from the prior of every unknown, noises and blanks too; instruments are integrated out, modes are
searched in several basins, chains run by `inference.samplers.nuts`, and what was integrated out is drawn
back, as in `inference.fit.fit_study`. Chains and searches are shorter than in `fit`. One data set is one
piece of work: the programs are compiled once, for the data are an argument of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]  # its documented door
from jaxtyping import Array

from inference.calibration.many_fits import Fits
from inference.likelihood.integrated_out import Marginal
from inference.likelihood.many_points import Batch
from inference.likelihood.new_measurements import replicate
from inference.likelihood.problem import priors_of
from inference.likelihood.reduced_parts import Split, split
from inference.likelihood.study_posterior import reduced
from inference.runs.resumable import Report, Seen, numbered, read_arrays
from inference.runs.run import Run
from inference.runs.settings import FULL, Settings
from inference.samplers import nuts
from inference.samplers.from_modes import modes_of
from inference.study.portable_work import Recipe
from inference.study.study import Study

TRIED = 8  # draws of the prior from which the first that can be solved is the truth
LEAST = 0.5  # of the kept draws must be worth an independent one, or the fit mixed badly (our choice)
DIVERGED = 0.02  # share of draws that may
# as `fit`, but shorter: chains side by side cost little more than one
SHORT = replace(FULL, chains=8, warmup=30, draws=40, starts=8, search_steps=60)


@dataclass(frozen=True)
class ShippedFacts:
    """What the fit of a data set is computed from, beside the study.

    Attributes:
        settings: of the chains, the searches and the solver; its seed is that of all data sets together.
        kept: draws of each data set that are ranked, evenly spread over all of its chains.
        wrong_noise: the analyst believes in noise this many times as large as it is.
    """

    settings: Settings
    kept: int
    wrong_noise: float


def one_data_set(study: Study, facts: ShippedFacts) -> Callable[[Any], Seen]:  # long: programs of all sets
    """The function that draws a truth and data by its number, and fits them; what it gives depends on nothing
    but these.

    A truth at which the network cannot be solved is drawn again (the prior is then the prior given that it
    can be). Neither starts nor metric know the truth.
    """
    settings, parts = facts.settings, Split(study, split(study))
    tolerance = {"rtol": settings.rtol, "atol": settings.atol}
    marginal, priors = reduced(parts, **tolerance), priors_of(study)
    whole_batch, programs = Batch(marginal.problem, settings.chains), {}
    root = jax.random.PRNGKey(settings.seed)

    @jax.jit
    def invented(key: Array) -> tuple[Array, Array, Array]:
        own, noise = jax.random.split(key)

        def simulate(theta: Array, key: Array) -> tuple[Array, Array]:
            _, seen, ok = parts.evaluate(theta, **tolerance)
            values = replicate(study, replace(seen, scale=seen.scale / facts.wrong_noise), key)
            return values, ok & jnp.all(jnp.isfinite(values))

        theta = priors.draw(own, TRIED)
        values, ok = jax.vmap(simulate)(theta, jax.random.split(noise, TRIED))
        first = jnp.argmax(ok)
        return theta[first], values[first], ok[first]

    @jax.jit
    def completed(z: Array, keys: Array, values: Array) -> Array:
        own = marginal.given(values, parts.given(values).seen)

        def one(z: Array, key: Array) -> Array:
            return own.complete(key, own.problem.priors.constrain(z))[0]

        return jax.vmap(one)(z, keys)

    @jax.jit
    def judged(theta: Array, values: Array) -> tuple[Array, Array]:
        def one(theta: Array) -> Array:
            terms, _, ok = parts.given(values).evaluate(theta, **tolerance)
            return jnp.where(ok, jnp.sum(terms), -jnp.inf)

        return jax.vmap(priors.unconstrain)(theta), jax.vmap(one)(theta)

    def fitted(number: Any) -> Seen:
        key = jax.random.fold_in(root, int(number))
        truth, values, solved = invented(jax.random.fold_in(key, 0))
        batch = whole_batch.given(values)
        own = replace(settings, seed=int(jax.random.randint(jax.random.fold_in(key, 1), (), 0, 2**31 - 1)))
        with tempfile.TemporaryDirectory() as place:
            run = Run(Path(place))
            modes = modes_of(marginal.problem, batch, own, run)
            points = jnp.asarray(modes.points(batch, own.chains, own.seed))
            draws = nuts.sample(
                marginal.problem,
                own,
                points,
                modes.covariance,
                run.within("chunks"),
                batch=batch,
                data=values,
                programs=programs,
            )
        assert draws is not None  # nothing asks it to stop
        flat = draws.z.reshape(-1, draws.z.shape[2])
        chosen = np.linspace(0, len(flat) - 1, facts.kept).round().astype(int)
        keys = jax.random.split(jax.random.fold_in(key, 2), facts.kept)
        theta = completed(jnp.asarray(flat[chosen]), keys, values)
        z, likelihood = judged(jnp.concatenate([truth[None], theta]), values)
        ess = [array_stats.ess(draws.z[:, :, p], chain_axis=0, draw_axis=1) for p in range(flat.shape[1])]
        poor = (
            bool(np.nan_to_num(ess).min() < LEAST * facts.kept)
            or float(draws.stats["diverging"].mean()) > DIVERGED
            or not bool(solved)
        )
        return {
            "truth": np.asarray(z[:1]),
            "z": np.asarray(z[None, 1:]),
            "truth_log_likelihood": np.asarray(likelihood[:1]),
            "log_likelihood": np.asarray(likelihood[None, 1:]),
            "poor": np.array([poor]),
            "ess": np.array([ess]),
            "modes": np.array([len(modes.modes.mass)]),
        }

    return fitted


DATA_SETS = Recipe("a data set of a calibration, fitted as shipped", ShippedFacts, one_data_set)


def fit_each(
    study: Study, facts: ShippedFacts, fits: int, run: Run, report: Report | None = None
) -> Fits | None:
    """Truths, data and draws of `fits` data sets, one file each, by the executor of the run; goes on from
    those that are there. None if it was stopped.
    """
    identity = {"what": "fits as shipped", "study": study.fingerprint, "facts": asdict(facts)}
    seen = run.within("data_sets").apart(identity, DATA_SETS.work(study, facts), fits, report)
    return None if seen is None else _joined(seen)


def so_far(folder: Path) -> Fits | None:
    """What a stopped run of `fit_each` has finished; None if that is nothing."""
    seen = [read_arrays(p) for p in numbered(folder / "data_sets")]
    return _joined(seen) if seen else None


def _joined(seen: Sequence[Seen]) -> Fits:
    return Fits(**{f.name: np.concatenate([s[f.name] for s in seen]) for f in fields(Fits)})


def kinds_of(study: Study, rtol: float, atol: float) -> Mapping[str, tuple[str, ...]]:
    """The unknowns by what they are: scale, blank or noise of an instrument as the reduction sees them, the
    first of their tags, or kinetics.
    """
    marginal = reduced(Split(study, split(study)), rtol=rtol, atol=atol)
    found: dict[str, list[str]] = {}
    for i, u in enumerate(study.unknowns):
        found.setdefault(_kind(marginal, i) or (u.tags[0] if u.tags else "kinetics"), []).append(u.name)
    return {k: tuple(v) for k, v in found.items()}


def _kind(m: Marginal, unknown: int) -> str | None:
    if unknown in m.shifts:
        return "scale"
    if any(unknown == i.bend.unknown for i in m.instruments):
        return "blank"
    return "noise" if any(unknown == i.noise.unknown for i in m.instruments) else None
