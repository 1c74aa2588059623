"""A comparison of hypotheses in its folder: one run of their mixture, then everything that is said about
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from inference.fit import sample
from inference.hypotheses import bayes_factors, fingerprints
from inference.hypotheses.all_at_once import Joint, blocks, log_likelihoods, mixture, time_courses
from inference.likelihood.problem import Problem
from inference.runs import resumable, settings
from inference.runs.console import Teller
from inference.samplers import random_walk_smc, smc

BATCH = 64
Drawn = tuple[
    np.ndarray, np.ndarray
]  # (chain, draw, unknown) draws of the mixture; ln of its evidence, one a chain, or nothing
MOVES = 8  # steps of the walk at each temperature
Sampler = Callable[[Problem, settings.Settings, Path, Teller, Callable[[], bool]], Drawn | None]


@dataclass(frozen=True)
class Compared:
    """Everything a comparison has found.

    Attributes:
        evidence, predictive, doubts: see `inference.hypotheses.bayes_factors`.
        courses: names of the time courses; exposed: (course,) measured with the agent.
        log_evidence: (island,) ln of the evidence of the mixture where SMC ran; empty otherwise.
        ratio, held: fingerprints of the hypotheses, and which of them the study measured.
        effects: effect -> (median, low, high) if the hypothesis that frees it is right.
    """

    joint: Joint
    evidence: bayes_factors.Evidence
    predictive: bayes_factors.Predictive
    doubts: tuple[bayes_factors.PriorDoubt, ...]
    courses: tuple[str, ...]
    exposed: np.ndarray
    log_evidence: np.ndarray
    ratio: np.ndarray
    held: np.ndarray
    effects: dict[str, tuple[float, float, float]]


def uniform(joint: Joint) -> np.ndarray:
    """Every hypothesis equally likely before the data."""
    return np.full(len(joint.hypotheses), 1 / len(joint.hypotheses))


def evaluate(
    joint: Joint, theta: np.ndarray, settings: settings.Settings, tell: Teller
) -> tuple[np.ndarray, np.ndarray]:
    """(draw, hypothesis, measurement) log-likelihoods and (draw, hypothesis) their sum over what differs."""

    @jax.jit
    def many(batch: jax.Array) -> tuple[jax.Array, jax.Array]:
        def one(t: jax.Array) -> tuple[jax.Array, jax.Array]:
            found, ok = log_likelihoods(joint, t, rtol=settings.rtol, atol=settings.atol)
            return found, blocks(joint, found, ok)

        return jax.vmap(one)(batch)

    terms, sums = [], []
    with tell.bar("each draw under each hypothesis", len(theta)) as bar:
        for i in range(0, len(theta), BATCH):
            block = theta[i : i + BATCH]
            padded = np.concatenate([block, np.repeat(block[-1:], BATCH - len(block), 0)])
            found, total = many(jnp.asarray(padded))
            terms.append(np.asarray(found)[: len(block)])
            sums.append(np.asarray(total)[: len(block)])
            bar.to(min(i + BATCH, len(theta)))
    return np.concatenate(terms), np.concatenate(sums)


def by_nuts(
    problem: Problem, settings: settings.Settings, folder: Path, tell: Teller, stop: Callable[[], bool]
) -> Drawn | None:
    """NUTS from the modes; it gives no evidence of the mixture, only its shares."""
    drawn = sample.draw(problem, settings, folder, tell, stop)
    return None if drawn is None else (drawn.theta, np.zeros(0))


def by_smc(
    problem: Problem, settings: settings.Settings, folder: Path, tell: Teller, stop: Callable[[], bool]
) -> Drawn | None:
    """Tempered HMC: as many islands as chains, as many particles each as draws."""
    tell.say(
        f"Tempering {settings.chains} islands of {settings.draws} particles from the prior to the "
        f"posterior ..."
    )

    def report(i: int, seen: dict[str, np.ndarray]) -> None:
        tell.say(
            f"  step {i}: power {float(seen['power']):.4f}, {int(seen['moves'])} moves, "
            f"correlation left {float(seen['correlation']):.2f}"
        )

    found = smc.sample(
        problem, smc.Plan(settings.chains, settings.draws), settings.seed, folder, report, stop
    )
    return None if found is None else (_constrained(problem, found.z), found.log_evidence)


def by_walks(
    problem: Problem, settings: settings.Settings, folder: Path, tell: Teller, stop: Callable[[], bool]
) -> Drawn | None:
    """Tempered random walks, which need no gradient: as many islands as chains, as many particles each as
    draws.

    The walk at power 1 has as many steps as `settings.warmup` says.
    """
    tell.say(
        f"Tempering {settings.chains} islands of {settings.draws} walkers from the prior to the posterior ..."
    )
    plan = random_walk_smc.Plan(settings.draws, MOVES, settings.warmup, width=BATCH * 2)

    def report(i: int, seen: dict[str, np.ndarray]) -> None:
        where = (
            f"posterior, {int(seen['walked'])} of {plan.last} steps"
            if seen["walked"]
            else f"power {seen['power'].min():.3g}"
        )
        tell.say(
            f"  piece {i}: {where}, {100 * seen['accepted'].mean():.0f} % of steps taken, correlation left "
            f"{seen['left'].max():.2f}"
        )

    islands = np.zeros((settings.chains, 1))  # all of them see the same data
    found = random_walk_smc.sample(
        problem.priors,
        lambda theta, _: problem.log_likelihood(theta),
        islands,
        plan,
        settings.seed,
        folder,
        report,
        stop,
    )
    return None if found is None else (_constrained(problem, found.z), found.log_evidence)


def _constrained(problem: Problem, z: np.ndarray) -> np.ndarray:
    return np.asarray(jax.jit(jax.vmap(jax.vmap(problem.priors.constrain)))(jnp.asarray(z)))


def run(
    joint: Joint,
    settings: settings.Settings,
    sampler: Sampler,
    folder: Path,
    tell: Teller,
    stop: Callable[[], bool],
) -> Compared | None:
    """Sample the mixture, once more with balanced weights if a hypothesis was hardly visited.

    None if stopped; the same call goes on from what is in the folder.

    Raises:
        CheckpointError: the folder holds another comparison.
    """
    resumable.identify(
        folder,
        {
            "what": "comparison",
            "agent": joint.question.word,
            "study": joint.study.fingerprint,
            "hypotheses": list(joint.hypotheses),
            "sampler": sampler.__name__,
            "settings": asdict(settings),
        },
    )
    believed = uniform(joint)
    sampled, again = believed, 0
    while True:
        problem = mixture(joint, sampled, rtol=settings.rtol, atol=settings.atol)
        here = folder / f"sampled-{again}"
        drawn = sampler(problem, settings, here, tell, stop)
        if drawn is None:
            return None
        theta, log_evidence = drawn
        path = here / "evaluated.npz"
        if not path.exists():
            terms, block = evaluate(joint, theta.reshape(-1, theta.shape[-1]), settings, tell)
            resumable.write_arrays(path, {"terms": terms, "block": block})
        kept = resumable.read_arrays(path)
        share = bayes_factors.responsibilities(kept["block"], sampled)
        evidence = bayes_factors.evidence(
            share.reshape(*theta.shape[:2], -1), sampled, believed, settings.seed
        )
        if again or settings.quick or evidence.ess.min() >= bayes_factors.LEAST_ESS:
            break
        rare = ", ".join(
            n for n, e in zip(joint.hypotheses, evidence.ess, strict=True) if e < bayes_factors.LEAST_ESS
        )
        tell.say(
            f"Hardly visited: {rare}; sampling once more so that every hypothesis is visited about equally "
            f"often ..."
        )
        sampled, again = bayes_factors.balanced(evidence.log_bf), 1
    return summarise(joint, theta, kept["terms"], share, evidence, log_evidence, settings.seed)


def summarise(
    joint: Joint,
    theta: np.ndarray,
    terms: np.ndarray,
    share: np.ndarray,
    evidence: bayes_factors.Evidence,
    log_evidence: np.ndarray,
    seed: int,
) -> Compared:
    """What the draws say, from arrays alone. `theta` (chain, draw, unknown); `terms`, `share` with draws
    flattened.
    """
    names, course = time_courses(joint.study)
    predictive = bayes_factors.predictive(bayes_factors.by_course(terms, course, len(names)), share, seed)
    flat = theta.reshape(-1, theta.shape[-1])
    doubts, effects = [], {}
    freed = [(h, name, effect) for h, name in enumerate(joint.hypotheses) for effect in joint.effects[h]]
    for h, name, effect in freed:
        i = joint.study.names.index(effect)
        unknown, weight = joint.study.unknowns[i], share[:, h]
        declared = unknown.prior.distribution()
        doubts.append(
            bayes_factors.prior_doubt(
                name,
                effect,
                float(evidence.log_bf[h]),
                flat[:, i],
                weight,
                lambda x, d=declared: np.asarray(d.log_prob(jnp.asarray(x))),
                unknown.upper,
            )
        )
        effects[effect] = weighted_quantiles(flat[:, i], weight)
    exposed = np.array([joint.rows[course == g].any() for g in range(len(names))])
    return Compared(
        joint,
        evidence,
        predictive,
        tuple(doubts),
        names,
        exposed,
        log_evidence,
        fingerprints.ratios(joint.question, joint.hypotheses),
        fingerprints.measured(joint.study, joint.question),
        effects,
    )


def weighted_quantiles(x: np.ndarray, weight: np.ndarray) -> tuple[float, float, float]:
    """Median and ends of the 89 % interval of weighted draws."""
    order = np.argsort(x)
    below = np.cumsum(weight[order]) / weight.sum()
    middle, low, high = (
        float(x[order][min(np.searchsorted(below, q), len(x) - 1)]) for q in (0.5, 0.055, 0.945)
    )
    return middle, low, high
