"""One run of a study in its folder: what is asked, what was drawn, what it means, and the files
that say so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from inference.fit import sample
from inference.likelihood.integrated_out import Marginal, candidates, marginal
from inference.likelihood.new_measurements import replicate
from inference.likelihood.problem import Problem, priors_of
from inference.likelihood.reduced_parts import Split, split
from inference.runs import provenance, resumable, settings
from inference.runs.console import Teller, duration
from inference.runs.run_record import read_run
from inference.study import prepared_study
from inference.study.study import Study
from inference.study.study_identity import beliefs_fingerprint
from models.engine.one_dish import Trajectory

KEPT = "study.json.gz"  # in the folder of a run of a prepared file: that file
BATCH = 32  # parameter sets simulated at once when predictions are made


WRITTEN = ("posterior.nc", "verdict.json")  # by finishing; one that is gone is made again
LATER = ("beliefs_fingerprint",)  # what runs of before do not say


class RunError(ValueError):
    """A folder that cannot take this run: place, finding, remedy."""


def prepared_in(out: Path) -> Study:
    """The study of a run that began from a prepared file.

    Raises:
        RunError: no such run, or one that needs no finishing elsewhere.
    """
    if not (out / KEPT).exists():
        raise RunError(
            f"--finish {out}: holds no run of a prepared file: go on with a run of a study by --resume "
            f"--out {out}"
        )
    if not (out / "checkpoint" / "drawn.npz").exists():
        raise RunError(
            f"--finish {out}: its draws are not all there: go on with --resume --out {out} where it began"
        )
    return prepared_study.read(out / KEPT)[0]


def problem_of(parts: Split, settings: settings.Settings) -> Problem:
    """The study's posterior at the settings' tolerances."""

    def log_likelihood(theta: jax.Array) -> tuple[jax.Array, jax.Array]:
        found, _, ok = parts.evaluate(theta, rtol=settings.rtol, atol=settings.atol)
        return found, ok

    return Problem(priors_of(parts.whole), log_likelihood)


def reduced(parts: Split, settings: settings.Settings) -> Marginal:
    """The posterior that is sampled: scales, offsets, blanks and noises of instruments are integrated out and
    drawn afterwards.
    """

    def dishes(theta: jax.Array) -> tuple[Trajectory, ...]:
        return parts.dishes(theta, rtol=settings.rtol, atol=settings.atol)

    return marginal(parts.whole, candidates(parts.whole), dishes, parts.seen)


def request(study: Study, settings: settings.Settings) -> dict[str, Any]:
    """What identifies a run: two runs with the same request on the same devices give the same draws."""
    return {
        "study": study.id,
        "study_fingerprint": study.fingerprint,
        "beliefs_fingerprint": beliefs_fingerprint(study.unknowns),
        "network": study.network.id,
        "network_fingerprint": study.network.fingerprint,
        "settings": asdict(settings),
    }


def begin(out: Path, asked: dict[str, Any], *, resume: bool) -> bool:
    """Take the folder for this run; True if it already holds the finished run.

    Raises:
        RunError: it holds another run, or an unfinished one and `resume` is off.
    """
    path = out / "run.json"
    if path.exists():
        held = read_run(path)
        same = all(
            held.get(k) == v or (k in LATER and k not in held)
            for k, v in json.loads(json.dumps(asked)).items()
        )
        if not resume:
            raise RunError(f"{out}: already holds a run: choose another --out, or go on with it by --resume")
        if not same:
            raise RunError(
                f"{out}: holds a run of another study or with other settings: choose another --out"
            )
        if held.get("status") == "finished" and all((out / name).exists() for name in WRITTEN):
            return True
        _require_same_devices(out, held)
        return False
    if out.exists() and any(
        p.name not in ("checkpoint", KEPT) and not p.name.startswith(".") for p in out.iterdir()
    ):
        raise RunError(f"{out}: is not empty and holds no run: choose another --out")
    resumable.require_writable(out, 200 * 2**20)
    return False


def _require_same_devices(out: Path, held: dict[str, Any]) -> None:
    """Lanes are spread over the devices, and a program of another width rounds its last digits in another
    way: how many there are, and of what kind, is part of what a run is.
    """
    here, there = provenance.device_line(), held.get("device", "")
    if there in ("", here):
        return
    count = there.partition(" cpu device")
    how = f" (XLA_FLAGS=--xla_force_host_platform_device_count={count[0]})" if count[1] else ""
    raise RunError(
        f"{out}: was begun on {there}, and here are {here}: its draws would differ in the last digits: go "
        f"on with as many devices{how}, or choose another `out`"
    )


def execute(
    study: Study, settings: settings.Settings, out: Path, tell: Teller, stop: Callable[[], bool]
) -> bool:
    """Sample, predict and store under `out`; False if stopped before the end (then everything so far is
    kept).
    """
    begun = time.time()
    asked = request(study, settings)
    resumable.identify(out / "checkpoint", asked)  # draws may outlive a run.json that is damaged
    resumable.write_json(out / "run.json", {**asked, "status": "running", **provenance.provenance(settings)})
    parts = Split(study, split(study))
    sampled = reduced(parts, settings)
    if len(sampled.gone):
        tell.say(
            f"Integrating out {len(sampled.gone)} scales, blanks and noises of instruments; they are drawn "
            f"afterwards"
        )
    drawn = sample.draw(sampled.problem, settings, out / "checkpoint", tell, stop)
    if drawn is None:
        return False
    tell.say("Predicting every measurement from the posterior and the prior ...")
    arrays = simulated(parts, sampled, settings, drawn, tell)
    resumable.write_arrays(out / "checkpoint" / "drawn.npz", arrays)
    wall = time.time() - begun
    resumable.write_json(
        out / "run.json",
        {**asked, "status": "sampled", "wall_time_s": round(wall, 1), **provenance.provenance(settings)},
    )
    tell.say(f"  all draws and predictions kept after {duration(wall)}")
    return True


def simulated(
    parts: Split, sampled: Marginal, settings: settings.Settings, drawn: sample.Fitted, tell: Teller
) -> dict[str, np.ndarray]:
    """All parameters and the log-likelihood of every draw, and simulated measurements of a share of them and
    of the prior.
    """
    chains, draws, n = drawn.theta.shape
    problem = problem_of(parts, settings)
    step = max(1, draws // settings.predicted)
    kept = np.arange(0, draws, step)[: settings.predicted]
    key_prior, key_new, key_new_prior = jax.random.split(jax.random.PRNGKey(settings.seed + 1), 3)

    def one(theta: jax.Array, key: jax.Array) -> tuple[jax.Array, ...]:
        found, prediction, ok = parts.evaluate(theta, rtol=settings.rtol, atol=settings.atol)
        return found, prediction.value, replicate(parts.whole, prediction, key), ok

    many, whole = jax.jit(jax.vmap(one)), jax.jit(jax.vmap(lambda theta, key: sampled.complete(key, theta)))

    def over(run: Callable[..., Any], theta: np.ndarray, key: jax.Array, title: str) -> list[np.ndarray]:
        keys = jax.random.split(key, len(theta))
        parts = []
        with tell.bar(title, len(theta)) as bar:
            for i in range(0, len(theta), BATCH):
                block, ks = theta[i : i + BATCH], keys[i : i + BATCH]
                short = BATCH - len(block)
                if short:  # one program for all batches
                    block, ks = (
                        np.concatenate([block, np.repeat(block[-1:], short, 0)]),
                        jnp.concatenate([ks, ks[:1].repeat(short, 0)]),
                    )
                parts.append([np.asarray(v)[: BATCH - short] for v in run(jnp.asarray(block), ks)])
                bar.to(min(i + BATCH, len(theta)))
        return [np.concatenate(p) for p in zip(*parts, strict=True)]

    flat, quadrature = drawn.theta.reshape(-1, n), np.zeros(chains * draws)
    if len(sampled.gone):
        flat, quadrature = over(whole, flat, jax.random.fold_in(key_new, 1), "instruments")
    log_like, expected, new, ok = over(many, flat, key_new, "posterior")
    shape = (chains, draws, -1)
    prior_theta = np.asarray(problem.priors.draw(key_prior, max(settings.prior_draws, 1000)))
    _, prior_expected, prior_new, prior_ok = over(
        many, prior_theta[: settings.prior_draws], key_new_prior, "prior"
    )
    prior_expected, prior_new = (np.where(prior_ok[:, None], v, np.nan) for v in (prior_expected, prior_new))
    log_prior = np.asarray(jax.jit(jax.vmap(problem.priors.log_density))(jnp.asarray(flat))).reshape(shape)
    return {
        "theta": flat.reshape(shape),
        "log_likelihood": log_like.reshape(shape),
        "log_prior": log_prior,
        "expected": expected.reshape(shape)[:, kept],
        "replicated": new.reshape(shape)[:, kept],
        "kept": kept,
        "prior_theta": prior_theta,
        "prior_expected": prior_expected,
        "prior_replicated": prior_new,
        "ok": ok.reshape(chains, draws),
        "prior_ok": prior_ok,
        "mode_potentials": drawn.mode_potentials,
        "superchains": np.asarray(drawn.superchains),
        "log_evidence": drawn.log_evidence,
        **{f"stats_{k}": v for k, v in drawn.stats.items()},
        "stats_quadrature_error": quadrature.reshape(chains, draws),
    }
