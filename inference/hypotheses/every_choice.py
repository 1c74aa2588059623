"""The Bayes factor of each hypothesis under every combination of choices: studies in or out, prior of the
effect, shared errors, times of read-outs.

Data that the agent never touched are fitted once; from those draws, and the priors of what only the other
data depend on, the evidence of the rest is a mean of likelihoods under each combination,

    p(y_agent | h, choices, y_other) = E[ p(y_agent | theta, h, choices) w(theta) | y_other ],

with scales of instruments integrated out in closed form and w the new prior over the one that was drawn from:
a mixture of all that are tried, so that no weight exceeds their number. One set of simulations serves all
combinations. Pareto k says where the mean cannot be trusted; then more draws are made.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float

from inference.fit.verdict import PARETO_K
from inference.hypotheses.all_at_once import Joint, joint_of, predictions
from inference.hypotheses.bayes_factors import SOME, STRONG
from inference.hypotheses.study_choices import Choice, with_other_times
from inference.hypotheses.weighted_evidence import Instruments, Mean, Proposal, error_of, proposals
from inference.likelihood.integrable import moves_of, why_no_shift
from inference.likelihood.problem import priors_of
from inference.likelihood.reduced_parts import Split, split
from inference.likelihood.study_posterior import reduced
from inference.runs.run import Run
from inference.runs.settings import Settings
from inference.samplers import random_walk_smc
from inference.study.study import Study, from_tables

BATCH = 64
DRAWS, QUICK_DRAWS, ROUNDS = 2048, 128, 3  # draws of a round; rounds until every combination can be trusted
NOT_KNOWN = "not known"
MOVES = 8  # steps of the walk at each temperature


@dataclass(frozen=True)
class Combinations:
    """A row a hypothesis and combination of choices.

    `table` has the columns hypothesis, studies, prior, one a choice, ln_bf (against the first hypothesis),
    error (Monte-Carlo), k (Pareto shape, the larger of both), declared (as the tables of the study have it).
    """

    hypotheses: tuple[str, ...]
    choices: tuple[str, ...]
    table: pd.DataFrame

    @property
    def sure(self) -> pd.DataFrame:
        """Rows whose numbers can be trusted."""
        return self.table.loc[(self.table["k"] < PARETO_K) & np.isfinite(self.table["ln_bf"])]

    def survives(self, hypothesis: str) -> str:
        """What holds of a hypothesis under every combination, in the words of a verdict.

        One combination that can be trusted is enough against a claim; for it, all have to be.
        """
        count = np.count_nonzero(self.table["hypothesis"] == hypothesis)
        sure = self.sure[self.sure["hypothesis"] == hypothesis]
        if not len(sure):
            return NOT_KNOWN
        low, high = float(np.min(sure["ln_bf"])), float(np.max(sure["ln_bf"]))
        if len(sure) < count and (low > SOME or high < -SOME):
            return NOT_KNOWN
        if low > SOME:
            return "strongly favoured" if low > STRONG else "favoured"
        if high < -SOME:
            return "strongly disfavoured" if high < -STRONG else "disfavoured"
        return "undecided"

    def told_apart(self, first: str, second: str) -> tuple[float, float]:
        """Lowest and highest ln Bayes factor of one hypothesis against another, studies and choices alike for
        both, each with any of its priors.
        """
        same = ["studies", *self.choices]
        a, b = (
            self.sure[self.sure["hypothesis"] == h].groupby(same)["ln_bf"].agg(["min", "max"])
            for h in (first, second)
        )
        return float(np.min(a["min"] - b["max"])), float(np.max(a["max"] - b["min"]))


def _of_the_agent(joint: Joint) -> np.ndarray:
    """(measurement,) made with the agent, or on an instrument whose scale those share."""
    moves = moves_of(joint.study)
    found = joint.rows.copy()
    shifts = [i for i in range(len(joint.study.names)) if why_no_shift(joint.study, i, moves) is None]
    for _ in shifts:  # a scale may reach rows that another scale reaches
        for i in shifts:
            if (moves.rows(i) & found).any():
                found |= moves.rows(i)
    return found


def _only(study: Study, rows: np.ndarray) -> Study | None:
    """The study with some of its measurements, and as unknown only what they depend on."""
    tables = study.tables
    measured = tuple(m for m, kept in zip(tables.measurements, rows, strict=True) if kept)
    if not measured:
        return None
    seen, made = {m.observable for m in measured}, {m.experiment for m in measured}
    tables = replace(
        tables,
        measurements=measured,
        observables=tuple(o for o in tables.observables if o.id in seen),
        experiments=tuple(e for e in tables.experiments if e.id in made),
    )
    whole = from_tables(tables)
    moves = moves_of(whole)
    needed = {n for i, n in enumerate(whole.names) if moves.cells[i] or moves.rows(i).any()}
    return from_tables(
        replace(
            tables,
            parameters=tuple(replace(p, estimate=p.estimate and p.id in needed) for p in tables.parameters),
        )
    )


def _others_fitted(study: Study, settings: Settings, run: Run) -> dict[str, np.ndarray] | None:
    """Draws given the data that the agent never touched: parameter -> (draw,); None if stopped."""
    marginal = reduced(Split(study, split(study)), rtol=settings.rtol, atol=settings.atol)
    if not len(marginal.kept):
        return {}
    problem, islands = marginal.problem, np.zeros((settings.chains, 1))  # all of them see the same data
    run.say(f"Fitting what the agent never touched: {', '.join(problem.names)} ...")
    found = random_walk_smc.sample(
        problem.priors,
        lambda theta, _: problem.log_likelihood(theta),
        islands,
        random_walk_smc.Walkers(settings.draws, MOVES, settings.warmup, width=BATCH),
        settings.seed,
        run,
    )
    if found is None:
        return None
    flat = np.asarray(jax.jit(jax.vmap(jax.vmap(problem.priors.constrain)))(jnp.asarray(found.z)))
    flat = flat.reshape(-1, len(marginal.kept))
    return dict(zip(marginal.problem.names, flat.T, strict=True))


def combinations(joint: Joint, settings: Settings, run: Run) -> Combinations | None:
    """Every combination of choices; None if stopped.

    Raises:
        StudyError: the noise of a read-out with the agent is not normal on its scale, or is beyond a limit.
    """
    side = _of_the_agent(joint)
    # a parameter that is held has no prior to choose
    choices = tuple(c for c in joint.choices if set(c.options[0].priors) <= set(joint.study.names))
    datasets = list(
        dict.fromkeys(
            _dataset(m.source) for m, r in zip(joint.study.tables.measurements, side, strict=True) if r
        )
    )
    rest = _only(joint.study, ~side)
    fitted = {} if rest is None else _others_fitted(rest, settings, run.within("others"))
    if fitted is None:
        return None
    tables = replace(
        joint.study.tables,
        measurements=tuple(m for m, r in zip(joint.study.tables.measurements, side, strict=True) if r),
    )
    tables, counts = with_other_times(tables, choices)
    agent = joint_of(from_tables(tables), joint.question)
    instruments = Instruments.of(agent.study)
    drawn_from = proposals(agent, choices)
    count = QUICK_DRAWS if settings.quick else DRAWS
    theta, seen = np.zeros((0, len(agent.study.names))), None
    while True:
        round_ = len(theta) // count
        here = run.within(f"round-{round_}")
        if (kept := here.read("evaluated.npz")) is None:
            if run.stopped():
                return None
            more = _draw(agent.study, fitted, drawn_from, count, settings.seed + round_)
            location, scale, ok = _evaluated(agent, more, settings, run)
            kept = {"theta": more, "location": location, "scale": scale, "ok": ok}
            here.write("evaluated.npz", kept)
        theta = np.concatenate([theta, kept["theta"]])
        seen = kept if seen is None else {k: np.concatenate([seen[k], kept[k]]) for k in kept}
        found = _tabled(agent, theta, seen, instruments, drawn_from, choices, counts, datasets)
        if len(found.sure) == len(found.table) or round_ + 1 >= ROUNDS or settings.quick:
            return found
        run.say(
            f"{len(found.table) - len(found.sure)} of {len(found.table)} combinations cannot be trusted yet: "
            f"{count} draws more ..."
        )


def _dataset(source: str) -> str:
    """The data set of a row, without its replicate."""
    return source.split(" ")[0] if source else ""


def _draw(
    study: Study,
    fitted: Mapping[str, np.ndarray],
    drawn_from: Mapping[str, Proposal],
    count: int,
    seed: int,
) -> Float[np.ndarray, "draw unknown"]:
    rng = np.random.default_rng(seed)
    theta = np.array(priors_of(study).draw(jax.random.PRNGKey(seed), count))
    length = len(next(iter(fitted.values()))) if fitted else 0
    rows = rng.permutation(np.resize(rng.permutation(length), count)) if length else np.zeros(0, int)
    for i, name in enumerate(study.names):
        if name in drawn_from:
            theta[:, i] = drawn_from[name].draw(rng, count)
        elif name in fitted:
            theta[:, i] = fitted[name][rows]
    return theta


def _evaluated(
    agent: Joint, theta: np.ndarray, settings: Settings, run: Run
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(draw, hypothesis, row) location and sd of the noise; (draw, hypothesis) could it be solved?"""

    @jax.jit
    @jax.vmap
    def many(t: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        found, ok = predictions(agent, t, rtol=settings.rtol, atol=settings.atol)
        return found[:, 0], found[:, 1], ok

    title = "each draw under each hypothesis"
    return run.in_blocks(lambda b: many(jnp.asarray(theta[b.rows])), len(theta), BATCH, title)


def _tabled(
    agent: Joint,
    theta: np.ndarray,
    seen: Mapping[str, np.ndarray],
    instruments: Instruments,
    drawn_from: Mapping[str, Proposal],
    choices: Sequence[Choice],
    counts: Sequence[Mapping[str, int]],
    datasets: Sequence[str],
) -> Combinations:
    column = {n: theta[:, i] for i, n in enumerate(agent.study.names)}
    weights = {n: p.log_weights(column[n]) for n, p in drawn_from.items()}
    source = [_dataset(m.source) for m in agent.study.tables.measurements]
    rows = []
    timed = [c for c in choices if c.options[0].times]
    for kept in _subsets(datasets):
        touched = {n for s, need in zip(source, counts, strict=True) if s in kept for n in need}
        for places in itertools.product(*(_places(c, touched) for c in timed)):
            at = {c.name: i for c, i in zip(timed, places, strict=True)}
            here = np.array(
                [
                    i
                    for i, (s, need) in enumerate(zip(source, counts, strict=True))
                    if s in kept and all(at[n] == k for n, k in need.items())
                ],
                int,
            )
            log_l = instruments.log_evidence(theta, seen, here)
            others = [c for c in choices if not c.options[0].times]
            for options in itertools.product(*(c.options for c in others)):
                shared = np.zeros(len(theta))
                for o in options:
                    shared = shared + sum(weights[n][o.name] for n in o.priors)
                chosen = {c.name: c.options[at[c.name]].name for c in timed} | {
                    c.name: o.name for c, o in zip(others, options, strict=True)
                }
                told = {"studies": " + ".join(kept), **chosen}
                as_declared = len(kept) == len(datasets) and all(
                    chosen[c.name] == c.declared for c in choices
                )
                rows += _of_combination(agent, log_l, shared, weights, drawn_from, told, as_declared)
    return Combinations(agent.hypotheses, tuple(c.name for c in choices), pd.DataFrame(rows))


def _places(choice: Choice, touched: set[str]) -> list[int]:
    """Positions of the options that differ: of a time that is of nothing that is in, the declared one."""
    return [i for i, o in enumerate(choice.options) if choice.name in touched or o.name == choice.declared]


def _subsets(datasets: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for size in range(len(datasets), 0, -1):
        yield from itertools.combinations(datasets, size)


def _of_combination(
    agent: Joint,
    log_l: np.ndarray,
    shared: np.ndarray,
    weights: Mapping[str, Mapping[str, np.ndarray]],
    drawn_from: Mapping[str, Proposal],
    told: Mapping[str, str],
    as_declared: bool,
) -> list[dict[str, object]]:
    """A row for each other hypothesis and prior of its effects."""
    plain = Mean.of(log_l[:, 0], shared)
    rows: list[dict[str, object]] = []
    for h, effects in enumerate(agent.effects):
        if h == 0:
            continue
        names = [list(drawn_from[e].priors) for e in effects]
        for tried in itertools.product(*names):
            own = shared + sum(weights[e][n] for e, n in zip(effects, tried, strict=True))
            mean = Mean.of(log_l[:, h], own)
            rows.append(
                {
                    "hypothesis": agent.hypotheses[h],
                    **told,
                    "prior": ", ".join(tried),
                    "ln_bf": mean.log - plain.log,
                    "error": error_of(mean.relative - plain.relative),
                    "k": max(mean.k, plain.k),
                    "declared": as_declared and all(t == n[0] for t, n in zip(tried, names, strict=True)),
                }
            )
    return rows
