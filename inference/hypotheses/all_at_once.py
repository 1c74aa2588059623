"""One network under every reading of an agent (estradiol, bortezomib) at once: what differs are inputs of
lanes.

All effects are unknowns; hypothesis h keeps its own and holds the others. Only dishes that see the agent are
simulated once a hypothesis; all other dishes are shared. The posterior that is sampled is the mixture over
hypotheses,

    p(theta | y)  proportional to  p(theta) sum_h P(h) p(y | theta_h),

so that one run explores all of them. P(h | theta, y) at its draws then gives posterior probabilities (their
mean), and weights under which the draws are those of hypothesis h.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from numpy.typing import ArrayLike

from inference.hypotheses.readings import ESTRADIOL, TWO_VARIANTS, RivalReadings
from inference.hypotheses.study_choices import Choice, choices_of
from inference.likelihood.likelihood import MAX_STEPS, lanes, predict, terms
from inference.likelihood.problem import Problem, priors_of
from inference.likelihood.reduced_parts import Part, split
from inference.study.loading import load
from inference.study.study import Study, StudyError
from models.engine.lanes import simulate_lanes
from models.engine.one_dish import Trajectory

UNSOLVED = -1e30  # log-likelihood of a hypothesis under which a dish could not be solved


@dataclass(frozen=True, eq=False)
class Dishes:
    """One part of the study with the dishes that have to be simulated for it.

    Attributes:
        which: (dish, 2) hypothesis and lane of every dish that is simulated; found: (hypothesis, lane)
            positions in it.
        exposed: (lane,) the dish sees the agent.
    """

    part: Part
    which: Int[np.ndarray, "dish 2"]
    found: Int[np.ndarray, "hypothesis lane"]
    exposed: Bool[np.ndarray, " lane"]


@dataclass(frozen=True, eq=False)
class Joint:
    """A study with every effect of an agent that is in its table unknown.

    Attributes:
        question: the readings; hypotheses: names, the plainest first; those whose effects the study's table
            lacks are absent.
        effects: the unknowns that each frees.
        masks: (hypothesis, unknown) 1 where the unknown counts, 0 where it has the value `held`.
        rows: (measurement,) it was measured in a dish that sees the agent.
        choices: what could have been chosen otherwise, as declared beside the study.
    """

    question: RivalReadings

    study: Study
    hypotheses: tuple[str, ...]
    effects: tuple[tuple[str, ...], ...]
    masks: Float[np.ndarray, "hypothesis unknown"]
    held: Float[np.ndarray, "hypothesis unknown"]
    parts: tuple[Dishes, ...]
    rows: Bool[np.ndarray, " measurement"]
    choices: tuple[Choice, ...] = ()


def joint(source: str, question: RivalReadings = ESTRADIOL) -> Joint:
    """A study by name or path, under all readings of the question.

    Raises:
        StudyError: the study cannot be used, or its table has no effect of the agent at all.
    """
    plain = load(source)
    present = in_table(plain, question)
    if not present:
        raise StudyError(
            f"{plain.id}: parameters.tsv has none of {', '.join(question.effects)}: add the effects that "
            f"are to be compared"
        )
    return joint_of(load(source, free=present, lint=False), question, choices_of(source, plain.tables))


def joint_of(study: Study, question: RivalReadings, choices: tuple[Choice, ...] = ()) -> Joint:
    """A study in which every effect that its table has is unknown, under all readings of the question."""
    present = in_table(study, question)
    kept = [r for r in question.readings if set(r.free) <= set(present)]
    masks = np.array([[float(n not in question.effects or n in r.free) for n in study.names] for r in kept])
    held = np.array(
        [
            [0.0 if masks[h, i] else r.held.get(n, 0.0) for i, n in enumerate(study.names)]
            for h, r in enumerate(kept)
        ]
    )
    parts = tuple(_dishes(p, len(kept), question.input) for p in split(study))
    rows = np.zeros(len(study.measurements), bool)
    for d in parts:
        rows[d.part.rows] = d.exposed[d.part.study.measurements.lane]
    names, effects = tuple(r.name for r in kept), tuple(r.free for r in kept)
    return Joint(question, study, names, effects, masks, held, parts, rows, choices)


def joints(source: str) -> tuple[Joint, ...]:
    """A study under the readings of each agent about which it can speak: estradiol, and bortezomib where a
    dish sees it.

    Raises:
        StudyError: it can speak about neither.
    """
    plain = load(source)
    two = (
        joint(source, TWO_VARIANTS)
        if set(TWO_VARIANTS.effects) <= set(in_table(plain, TWO_VARIANTS))
        else None
    )
    spoken = (two,) if two is not None and two.rows.any() else ()
    if spoken and not in_table(plain, ESTRADIOL):
        return spoken
    return (joint(source), *spoken)


def in_table(study: Study, question: RivalReadings) -> list[str]:
    """Effects of the question that the study's parameter table has."""
    return [e for e in question.effects if e in {p.id for p in study.tables.parameters}]


def _dishes(part: Part, hypotheses: int, agent: str) -> Dishes:
    exposed = np.array([_sees(agent, part.study, lane) for lane in range(len(part.study.protocols))], bool)
    which = [(0, lane) for lane in range(len(exposed))]
    found = np.tile(np.arange(len(exposed)), (hypotheses, 1))
    for h in range(1, hypotheses):
        for lane in np.flatnonzero(exposed):
            found[h, lane] = len(which)
            which.append((h, int(lane)))
    return Dishes(part, np.array(which, int), found, exposed)


def _sees(agent: str, study: Study, lane: int) -> bool:
    if agent not in study.system.inputs:
        return False
    default = dict(
        zip(study.system.inputs, study.system.nominal[len(study.system.parameters) :], strict=True)
    )[agent]
    levels = [p.inputs[agent] for p in study.protocols[lane].periods if agent in p.inputs] or [default]
    return any(not (isinstance(v, int | float) and v == 0.0) for v in levels)


Read = Callable[[Study, Array, Trajectory], Array]  # of one part and hypothesis -> (quantity, measurement)


def log_likelihoods(
    joint: Joint,
    theta: Float[Array, " unknown"],
    *,
    rtol: float,
    atol: float,
) -> tuple[Float[Array, "hypothesis measurement"], Bool[Array, " hypothesis"]]:
    """Log-likelihood of each measurement under each hypothesis, and whether it could be computed."""

    def read(study: Study, theta: Array, own: Trajectory) -> Array:
        return terms(study, theta, own)[None]

    found, ok = _read(joint, theta, read, 1, rtol, atol)
    return found[:, 0], ok


def predictions(
    joint: Joint,
    theta: Float[Array, " unknown"],
    *,
    rtol: float,
    atol: float,
) -> tuple[Float[Array, "hypothesis 2 measurement"], Bool[Array, " hypothesis"]]:
    """Location and sd of the noise of each measurement under each hypothesis, on the scale of the noise, and
    whether they could be computed.
    """

    def read(study: Study, theta: Array, own: Trajectory) -> Array:
        seen = predict(study, theta, own)
        return jnp.stack([seen.location, seen.scale])

    return _read(joint, theta, read, 2, rtol, atol)


def _read(
    joint: Joint, theta: Array, read: Read, quantities: int, rtol: float, atol: float
) -> tuple[Array, Array]:
    thetas = theta * jnp.asarray(joint.masks) + jnp.asarray(joint.held)
    total = jnp.zeros((len(joint.hypotheses), quantities, len(joint.rows)))
    ok = jnp.ones(len(joint.hypotheses), bool)
    for dishes in joint.parts:
        found, good = _of_part(dishes, thetas, read, rtol, atol)
        total, ok = total.at[:, :, dishes.part.rows].set(found), ok & good
    return total, ok


def _of_part(
    dishes: Dishes,
    thetas: Float[Array, "hypothesis unknown"],
    read: Read,
    rtol: float,
    atol: float,
) -> tuple[Float[Array, "hypothesis quantity measurement"], Bool[Array, " hypothesis"]]:
    study = dishes.part.study
    parameters, schedule = jax.vmap(lambda t: lanes(study, t))(thetas)
    h, lane = dishes.which.T
    parameters, schedule = parameters[h, lane], jax.tree.map(lambda x: x[h, lane], schedule)
    seen = simulate_lanes(
        study.system,
        parameters,
        schedule,
        jnp.asarray(study.times)[lane],
        rtol=rtol,
        atol=atol,
        max_steps=MAX_STEPS,
        wanted=study.wanted,
    )

    def one(theta: Array, where: Array) -> tuple[Array, Array]:
        own = jax.tree.map(lambda x: x[where], seen)
        found = read(study, theta, own)
        good = jnp.isfinite(found)
        return jnp.where(good, found, 0.0), jnp.all(own.ok) & jnp.all(good)

    return jax.vmap(one)(thetas, jnp.asarray(dishes.found))


def blocks(
    joint: Joint, found: Float[Array, "hypothesis measurement"], ok: Bool[Array, " hypothesis"]
) -> Float[Array, " hypothesis"]:
    """Log-likelihood of everything measured with the agent under each hypothesis: all in which they
    differ.
    """
    total = jnp.sum(jnp.where(jnp.asarray(joint.rows), found, 0.0), axis=1)
    return jnp.where(ok, total, UNSOLVED)


def mixture(joint: Joint, prior: ArrayLike, *, rtol: float, atol: float) -> Problem:
    """The posterior summed over hypotheses; its last term is the log-likelihood of all measurements with the
    agent.

    Args:
        prior: probability of each hypothesis before the data.
    """
    shared, log_prior = np.flatnonzero(~joint.rows), jnp.log(jnp.asarray(prior))

    def log_likelihood(theta: Float[Array, " unknown"]) -> tuple[Float[Array, " term"], Bool[Array, ""]]:
        found, ok = log_likelihoods(joint, theta, rtol=rtol, atol=atol)
        together = jax.scipy.special.logsumexp(blocks(joint, found, ok) + log_prior)
        return jnp.append(found[0, shared], together), jnp.any(ok)

    return Problem(priors_of(joint.study), log_likelihood)


def time_courses(study: Study) -> tuple[tuple[str, ...], Int[np.ndarray, " measurement"]]:
    """Names of the time courses (one observable in one dish) and the position of each measurement among
    them.
    """
    m = study.measurements
    pairs = [
        (study.experiments[e], study.observables[o]) for e, o in zip(m.experiment, m.observable, strict=True)
    ]
    names = list(dict.fromkeys(pairs))
    return tuple(f"{o} in {e}" for e, o in names), np.array([names.index(p) for p in pairs], int)
