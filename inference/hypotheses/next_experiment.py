"""Which experiment next? Candidates (read-out, stimulus, times, estradiol), simulated under every hypothesis
and ranked.

Two questions: which hypothesis about estradiol is right, and how strong a feedback or effect is. One bank of
simulated dishes answers both for all candidates. Cells are MM.1S-like; what is uncertain is every parameter
of the core network that has a declared prior, or the posterior of a run where it speaks about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy import stats

from inference.hypotheses import information
from inference.resistance.beliefs import Beliefs, at, joint
from models.catalogue import HYPOTHESES, core
from models.dish import dish
from models.engine.compile import compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Schedule, schedule
from models.readouts import TOTAL_IKBA

MINUTES = (0.0, 5.0, 15.0, 30.0, 60.0, 120.0, 240.0, 1440.0)
REPLICATES = 3
SCALE_SD = 1.5  # ln of the free scale of a gel, shared by all its lanes
EARLY, LATE, DAY = (0.0, 5.0, 15.0, 30.0, 60.0), (0.0, 30.0, 60.0, 120.0, 240.0), (1440.0,)


@dataclass(frozen=True)
class Assay:
    """A read-out: species that add up to it, noise (sd of ln, one replicate), and whether its scale is
    absolute.
    """

    name: str
    species: tuple[str, ...]
    sd: float
    absolute: bool = False


ASSAYS = {
    a.name: a
    for a in (
        Assay("IkBa protein", TOTAL_IKBA, 0.2),
        Assay("IkBa mRNA", ("mIkB",), 0.2),
        Assay("nuclear NF-kB", ("NFn",), 0.25),
        Assay("A20 mRNA", ("mA20",), 0.2),
        Assay("IL-6 mRNA", ("mIL6",), 0.2),
        Assay("IL-6 ELISA", ("IL6",), 0.12, absolute=True),
        Assay("pSTAT3", ("pS",), 0.2),
        Assay("SOCS3 mRNA", ("mSOCS3",), 0.15),
        Assay("SOCS3 protein", ("SOCS3",), 0.2),
    )
}
STIMULI: dict[str, tuple[float, dict[str, float]]] = {
    "rest": (0.0, {}),
    "TNF 10": (0.0, {"TNF": 10.0}),
    "IL-6 10": (10.0, {}),
}
DOSES = (0.0, 0.1, 10.0)  # nM estradiol from the pre-culture on


@dataclass(frozen=True)
class Candidate:
    """An experiment: assays on the same samples, one stimulus, times (min), doses of estradiol side by
    side.
    """

    assays: tuple[str, ...]
    stimulus: str
    minutes: tuple[float, ...]
    estradiol: tuple[float, ...]

    @property
    def name(self) -> str:
        """In a few words."""
        when = {EARLY: "0-60 min", LATE: "0-4 h", DAY: "24 h", (0.0,): "at rest"}[self.minutes]
        hormone = (
            "no estradiol"
            if self.estradiol == (0.0,)
            else f"estradiol {', '.join(f'{x:g}' for x in self.estradiol)} nM"
        )
        return f"{' + '.join(self.assays)}; {self.stimulus}, {when}; {hormone}"


def candidates() -> tuple[Candidate, ...]:
    """The declared list."""
    both, course = (0.0, 10.0), (0.0, 0.1, 10.0)
    tnf = ("IkBa protein", "IkBa mRNA", "nuclear NF-kB", "A20 mRNA", "IL-6 mRNA")
    il6 = ("pSTAT3", "SOCS3 mRNA", "SOCS3 protein")
    out = [Candidate((a,), "TNF 10", t, both) for a in tnf for t in (EARLY, LATE)]
    out += [Candidate((a,), "TNF 10", EARLY, (0.0,)) for a in tnf]
    out += [Candidate((a,), "IL-6 10", LATE, e) for a in il6 for e in ((0.0,), both)]
    out += [Candidate(("IL-6 ELISA",), s, DAY, both) for s in ("rest", "TNF 10")]
    out += [Candidate((a,), "rest", (0.0,), both) for a in ("IkBa protein", "nuclear NF-kB")]
    out += [
        Candidate(pair, "TNF 10", EARLY, both)
        for pair in (("IkBa protein", "IkBa mRNA"), ("IkBa protein", "nuclear NF-kB"))
    ]
    out += [
        Candidate(("IkBa protein", "IkBa mRNA"), "TNF 10", EARLY, course),
        Candidate(("pSTAT3", "SOCS3 protein"), "IL-6 10", LATE, (0.0,)),
        Candidate(("IL-6 mRNA", "SOCS3 mRNA"), "IL-6 10", LATE, both),
    ]
    return tuple(out)


@dataclass(frozen=True)
class Bank:
    """Simulated dishes.

    Attributes:
        hypotheses: names; names: uncertain parameters.
        normal: (draw, parameter) each uncertain parameter as the standard normal of its marginal quantile.
        effect: (draw, hypothesis) likewise, of the effect that the hypothesis frees (0 for H0).
        values: (hypothesis, draw, stimulus, dose, time, species); species: names.
        failed: draws left out because a dish could not be solved.
    """

    hypotheses: tuple[str, ...]
    names: tuple[str, ...]
    normal: np.ndarray
    effect: np.ndarray
    values: np.ndarray
    species: tuple[str, ...]
    failed: int


def simulate(
    hypotheses: Sequence[str], beliefs: Beliefs, draws: int, seed: int
) -> Bank:  # long: one batch is laid out, solved and taken apart again
    """Dishes of every stimulus and dose for `draws` cells, each under every hypothesis.

    The same cell is used under all hypotheses, and a dish without estradiol is simulated once. The size of an
    effect is drawn from its declared prior.
    """
    network = core()
    system = compile_network(network)
    values, u = joint(beliefs, draws, seed)
    normal = _as_normal(values, beliefs, u)
    rng = np.random.default_rng(seed + 1)
    base = np.tile(system.nominal[: len(system.parameters)], (draws, 1))
    for i, name in enumerate(beliefs.names):
        base[:, system.parameters.index(name)] = values[:, i]
    quantile = rng.random((draws, len(hypotheses)))
    declared = {p.name: p for p in network.parameters}
    kinds, rows, made = [], [], {}
    for s, (il6, inputs) in STIMULI.items():
        for dose in DOSES:
            made[s, dose] = schedule(
                system,
                dish(network, f"{s}_{dose:g}", il6=il6, inputs={**inputs, "E2": dose}, pre={"E2": dose}),
                {},
            )
    for h, hypothesis in enumerate(hypotheses):
        free = HYPOTHESES[hypothesis].free
        own = base.copy()
        if free:
            marginal = Beliefs((free,), np.array([0.0]), (declared[free].belief,), ("",))
            own[:, system.parameters.index(free)] = at(marginal, quantile[:, [h]])[:, 0]
        for s in STIMULI:
            for dose in DOSES:
                if (h > 0) if dose == 0.0 else (free is None):
                    continue
                kinds.append((h, s, dose))
                rows.append(own)
    stacked = Schedule(
        *(
            jnp.repeat(jnp.stack([getattr(made[s, d], f) for _, s, d in kinds]), draws, axis=0)
            for f in ("starts", "inputs", "keep", "add")
        )
    )
    times = jnp.tile(jnp.asarray(MINUTES), (len(kinds) * draws, 1))
    seen = simulate_lanes(system, jnp.asarray(np.concatenate(rows)), stacked, times, rtol=1e-4, atol=1e-8)
    shape = (len(kinds), draws, len(MINUTES), len(system.species))
    found, ok = np.asarray(seen.values).reshape(shape), np.asarray(seen.ok).reshape(shape[:2]).all(0)
    of_kind = {k: found[i] for i, k in enumerate(kinds)}
    full = np.stack(
        [
            np.stack(
                [np.stack([of_kind.get((h, s, d), of_kind[0, s, 0.0]) for d in DOSES], 1) for s in STIMULI], 1
            )
            for h in range(len(hypotheses))
        ]
    )
    effect = np.where([HYPOTHESES[h].free is not None for h in hypotheses], stats.norm.ppf(quantile), 0.0)
    return Bank(
        tuple(hypotheses),
        beliefs.names,
        normal[ok],
        effect[ok],
        full[:, ok],
        system.species,
        int((~ok).sum()),
    )


def _as_normal(values: np.ndarray, beliefs: Beliefs, u: np.ndarray) -> np.ndarray:
    """Quantile of each value as a standard normal: exact for priors, by rank for fitted draws."""
    out = stats.norm.ppf(u)
    for name in beliefs.posterior:
        i = beliefs.names.index(name)
        out[:, i] = stats.norm.ppf((stats.rankdata(values[:, i], method="average") - 0.5) / len(values))
    return out


def data(bank: Bank, candidate: Candidate, seed: int) -> Float[np.ndarray, "hypothesis draw point"]:
    """ln of what the candidate would measure, noise and unknown scales included; the same noise under each
    hypothesis.
    """
    rng = np.random.default_rng(seed)
    stimulus, blocks = list(STIMULI).index(candidate.stimulus), []
    when = [MINUTES.index(t) for t in candidate.minutes]
    which = [DOSES.index(d) for d in candidate.estradiol]
    for name in candidate.assays:
        assay = ASSAYS[name]
        columns = [bank.species.index(s) for s in assay.species]
        signal = bank.values[:, :, stimulus][:, :, which][:, :, :, when][..., columns].sum(-1)
        log_signal = np.log(np.maximum(signal, 1e-9)).reshape(*signal.shape[:2], -1)
        noise = assay.sd / np.sqrt(REPLICATES) * rng.standard_normal(log_signal.shape[1:])
        scale = 0.0 if assay.absolute else SCALE_SD * rng.standard_normal((log_signal.shape[1], 1))
        blocks.append(log_signal + noise + scale)
    return np.concatenate(blocks, axis=-1)


@dataclass(frozen=True)
class Ranked:
    """Candidates in the order of what they tell about one question: bits, standard errors; `top`: probability
    of being among the three best, given those errors."""

    question: str
    names: tuple[str, ...]
    bits: np.ndarray
    error: np.ndarray
    top: np.ndarray


def rank(bank: Bank, question: str, options: Sequence[Candidate], seed: int) -> Ranked:
    """Rank candidates for a question: "hypothesis", an uncertain parameter, or the effect of a hypothesis by
    its name.

    Raises:
        ValueError: the question is none of these.
    """
    told = []
    for c in options:
        y = data(bank, c, seed)
        if question == "hypothesis":
            told.append(information.about_label(y))
        elif question in bank.names:
            told.append(information.about_number(y[0], bank.normal[:, bank.names.index(question)]))
        else:
            free = [HYPOTHESES[h].free for h in bank.hypotheses]
            if question not in free:
                raise ValueError(
                    f"question {question!r}: is not one of hypothesis, "
                    f"{', '.join((*bank.names, *filter(None, free)))}"
                )
            h = free.index(question)
            told.append(information.about_number(y[h], bank.effect[:, h]))
    bits, error = np.array(told).T / np.log(2.0)
    order = np.argsort(-bits)
    again = np.random.default_rng(seed).normal(bits, error, (4000, len(bits)))
    place = np.argsort(np.argsort(-again, axis=1), axis=1)
    top = (place < 3).mean(0)
    return Ranked(question, tuple(options[i].name for i in order), bits[order], error[order], top[order])
