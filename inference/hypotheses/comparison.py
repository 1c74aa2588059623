"""A comparison of hypotheses in its folder: one run of their mixture, then everything that is said about
them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np

from inference.hypotheses import bayes_factors, fingerprints
from inference.hypotheses.all_at_once import Joint, blocks, joint_of, log_likelihoods, mixture, time_courses
from inference.hypotheses.every_choice import Combinations
from inference.hypotheses.readings import ESTRADIOL, TWO_VARIANTS, RivalReadings
from inference.likelihood.problem import Problem
from inference.runs import settings
from inference.runs.run import Run
from inference.samplers import random_walk_smc, smc
from inference.samplers.nuts import Nuts
from inference.study.portable_work import PortableWork, Recipe
from inference.study.study import Study

BATCH = 64
Drawn = tuple[
    np.ndarray, np.ndarray
]  # (chain, draw, unknown) draws of the mixture; ln of its evidence, one a chain, or nothing
MOVES = 8  # steps of the walk at each temperature
Method = Callable[["SampledMixture", settings.Settings, Run], Drawn | None]


@dataclass(frozen=True)
class Compared:
    """Everything a comparison has found.

    Attributes:
        evidence, predictive, doubts: see `inference.hypotheses.bayes_factors`.
        courses: names of the time courses; exposed: (course,) measured with the agent.
        log_evidence: (island,) ln of the evidence of the mixture where SMC ran; empty otherwise.
        ratio, held: fingerprints of the hypotheses, and which of them the study measured.
        effects: effect -> (median, low, high) if the hypothesis that frees it is right.
        every: the Bayes factors under every combination of choices; None where no dish saw the agent.
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
    every: Combinations | None = None


def uniform(joint: Joint) -> np.ndarray:
    """Every hypothesis equally likely before the data."""
    return np.full(len(joint.hypotheses), 1 / len(joint.hypotheses))


@dataclass(frozen=True)
class MixtureFacts:
    """What the points of a walk over the mixture are computed from, beside the study.

    Attributes:
        agent: word of the question.
        sampled: probability of each hypothesis in the mixture.
        width: points at once.
    """

    agent: str
    sampled: tuple[float, ...]
    rtol: float
    atol: float
    width: int


@dataclass(frozen=True)
class EachFacts:
    """What the likelihoods under each hypothesis are computed from, beside the study."""

    agent: str
    rtol: float
    atol: float


def _asked(agent: str) -> RivalReadings:
    return next(q for q in (ESTRADIOL, TWO_VARIANTS) if q.word == agent)


def _points(study: Study, facts: MixtureFacts) -> random_walk_smc.Points:
    joint = joint_of(study, _asked(facts.agent))
    return _walked(mixture(joint, facts.sampled, rtol=facts.rtol, atol=facts.atol), facts.width)


def _walked(problem: Problem, width: int) -> random_walk_smc.Points:
    return random_walk_smc.points(problem.priors, lambda theta, _: problem.log_likelihood(theta), width)


def _under_each(study: Study, facts: EachFacts) -> Callable[[jax.Array], tuple[jax.Array, jax.Array]]:
    """The program of `evaluate`, for some draws."""
    joint = joint_of(study, _asked(facts.agent))

    @jax.jit
    def many(batch: jax.Array) -> tuple[jax.Array, jax.Array]:
        def one(t: jax.Array) -> tuple[jax.Array, jax.Array]:
            found, ok = log_likelihoods(joint, t, rtol=facts.rtol, atol=facts.atol)
            return found, blocks(joint, found, ok)

        return jax.vmap(one)(batch)

    return many


WALKS = Recipe("points of a comparison by walks", MixtureFacts, _points)
UNDER_EACH = Recipe("draws of a comparison under each hypothesis", EachFacts, _under_each)


def evaluate(
    joint: Joint, theta: np.ndarray, settings: settings.Settings, run: Run
) -> tuple[np.ndarray, np.ndarray]:
    """(draw, hypothesis, measurement) log-likelihoods and (draw, hypothesis) their sum over what differs."""
    work = UNDER_EACH.work(joint.study, EachFacts(joint.question.word, settings.rtol, settings.atol))
    with run.bar("each draw under each hypothesis", len(theta)) as bar:
        return run.spread(work, lambda b: (theta[b.rows],), len(theta), BATCH, tell=bar.of)


@dataclass(frozen=True, eq=False)
class SampledMixture:
    """A mixture over hypotheses, as it is sampled: `sampled` is the probability of each of them in it."""

    joint: Joint
    sampled: np.ndarray
    rtol: float
    atol: float

    def problem(self) -> Problem:
        """Its posterior."""
        return mixture(self.joint, self.sampled, rtol=self.rtol, atol=self.atol)

    def points(self, width: int) -> PortableWork:
        """The program of its walks, in such a way that others can make it."""
        agent, sampled = self.joint.question.word, tuple(float(p) for p in self.sampled)
        return WALKS.work(self.joint.study, MixtureFacts(agent, sampled, self.rtol, self.atol, width))


def by_nuts(mixed: SampledMixture, settings: settings.Settings, run: Run) -> Drawn | None:
    """NUTS from the modes; it gives no evidence of the mixture, only its shares."""
    problem = mixed.problem()
    drawn = Nuts().run(problem, settings, run)
    return None if drawn is None else (_constrained(problem, drawn.z), np.zeros(0))


def by_smc(mixed: SampledMixture, settings: settings.Settings, run: Run) -> Drawn | None:
    """Tempered HMC: as many islands as chains, as many particles each as draws."""
    problem = mixed.problem()
    run.say(
        f"Tempering {settings.chains} islands of {settings.draws} particles from the prior to the "
        f"posterior ..."
    )

    def report(i: int, seen: dict[str, np.ndarray]) -> None:
        run.say(
            f"  step {i}: power {float(seen['power']):.4f}, {int(seen['moves'])} moves, "
            f"correlation left {float(seen['correlation']):.2f}"
        )

    found = smc.sample(problem, settings, run, report)
    return None if found is None else (_constrained(problem, found.z), found.log_evidence)


def by_walks(mixed: SampledMixture, settings: settings.Settings, run: Run) -> Drawn | None:
    """Tempered random walks, which need no gradient: as many islands as chains, as many particles each as
    draws; their points by the executor of the run.

    The walk at power 1 has as many steps as `settings.warmup` says.
    """
    problem = mixed.problem()
    run.say(
        f"Tempering {settings.chains} islands of {settings.draws} walkers from the prior to the posterior ..."
    )
    plan = random_walk_smc.Walkers(settings.draws, MOVES, settings.warmup, width=BATCH * 2)

    def report(i: int, seen: dict[str, np.ndarray]) -> None:
        where = (
            f"posterior, {int(seen['walked'])} of {plan.last} steps"
            if seen["walked"]
            else f"power {seen['power'].min():.3g}"
        )
        run.say(
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
        run,
        report,
        work=mixed.points(plan.width),
    )
    return None if found is None else (_constrained(problem, found.z), found.log_evidence)


def _constrained(problem: Problem, z: np.ndarray) -> np.ndarray:
    return np.asarray(jax.jit(jax.vmap(jax.vmap(problem.priors.constrain)))(jnp.asarray(z)))


def compare(
    joint: Joint,
    settings: settings.Settings,
    method: Method,
    run: Run,
    every: Combinations | None = None,
) -> Compared | None:
    """Sample the mixture, once more with balanced weights if a hypothesis was hardly visited.

    None if stopped; the same call goes on from what is in the folder.

    Args:
        every: what `every_choice.combinations` found, to be told with the rest.

    Raises:
        CheckpointError: the folder holds another comparison.
    """
    run.belongs_to(
        {
            "what": "comparison",
            "agent": joint.question.word,
            "study": joint.study.fingerprint,
            "hypotheses": list(joint.hypotheses),
            "sampler": method.__name__,
            "settings": asdict(settings),
        },
    )
    believed = uniform(joint)
    sampled, again = believed, 0
    while True:
        mixed = SampledMixture(joint, sampled, settings.rtol, settings.atol)
        here = run.within(f"sampled-{again}")
        drawn = method(mixed, settings, here)
        if drawn is None:
            return None
        theta, log_evidence = drawn
        if (kept := here.read("evaluated.npz")) is None:
            terms, block = evaluate(joint, theta.reshape(-1, theta.shape[-1]), settings, run)
            kept = {"terms": terms, "block": block}
            here.write("evaluated.npz", kept)
        share = bayes_factors.responsibilities(kept["block"], sampled)
        evidence = bayes_factors.evidence(
            share.reshape(*theta.shape[:2], -1), sampled, believed, settings.seed
        )
        if again or settings.quick or evidence.ess.min() >= bayes_factors.LEAST_ESS:
            break
        rare = ", ".join(
            n for n, e in zip(joint.hypotheses, evidence.ess, strict=True) if e < bayes_factors.LEAST_ESS
        )
        run.say(
            f"Hardly visited: {rare}; sampling once more so that every hypothesis is visited about equally "
            f"often ..."
        )
        sampled, again = bayes_factors.balanced(evidence.log_bf), 1
    found = summarise(joint, theta, kept["terms"], share, evidence, log_evidence, settings.seed)
    return replace(found, every=every)


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
