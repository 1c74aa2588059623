"""A plate: many dishes of one kind of cell, each for many sets of parameters, all through one compiled
program.

A report or an explorer asks for dozens of different dishes (drugs, doses, niches, knock-downs). Here every
one of them is a lane of the same network, with what is absent at 0, so nothing is compiled twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from inference.resistance.beliefs import Beliefs
from inference.resistance.conditions import ALONE, CONDITIONS, Condition
from inference.resistance.dish_plans import (
    DishPlan,
    culture,
    dish_schedule,
    observing,
    parameters,
    treat_each,
)
from inference.resistance.questions import HOURS, Question, QuestionError, network_of
from inference.resistance.resistance_readouts import VIABILITY, Doses
from models.catalogue import HYPOTHESES, Preset
from models.drugs import Drug
from models.engine.blocks import Block, Tell, in_blocks, silent
from models.engine.compile import compile_network
from models.engine.protocol import Schedule
from models.network import Network

TIMES = 60.0 * np.arange(0.0, HOURS + 1, 2.0)  # min: every 2 h of the treatment
SETS, LANES = 256, 128  # sets handed to the engine at once, and those that step side by side (our choice)
READ = {  # what is looked at, in words and unit
    "N": ("viable cells", "1e6/mL"),
    "pS": ("pSTAT3", "share of STAT3"),
    "pAkt": ("pAkt", "share of Akt"),
    "pERK": ("pERK", "share of ERK"),
    "NFn": ("nuclear NF-kB", "nM"),
    "IL6": ("IL-6 in the medium", "ng/mL"),
    "MCL1": ("MCL-1", "relative"),
    "BCLXL": ("BCL-XL", "relative"),
    "x_BH3": ("BH3 load over free capacity (above 1 cells commit)", "-"),
    "CASP": ("committed cells, caspases active", "share"),
}


@dataclass(frozen=True)
class Well:
    """One dish: (drug, nM) each from t = 0, the surroundings, estradiol (nM) from the pre-culture on."""

    drugs: Doses = ()
    condition: Condition = ALONE
    estradiol: float = 0.0


@dataclass(frozen=True, eq=False)
class Plate:
    """The compiled cell and what it may meet.

    Attributes:
        question: preset, hypothesis and the drugs that the network knows.
        what: the plan whose pre-culture and treatments are replaced well by well.
        estradiol: whether the network answers to it at all.
        sets: dishes handed to the engine at once; one program is compiled for each such number.
    """

    question: Question
    what: DishPlan
    estradiol: bool
    sets: int


def plate(
    drugs: Sequence[Drug],
    preset: str | Preset,
    hypothesis: str,
    transit: bool,
    sets: int = SETS,
    conditions: Sequence[Condition] = (),
) -> Plate:
    """The cell with its whole niche and these drugs; estradiol too where the hypothesis lets it act.

    Args:
        conditions: surroundings that a well may have beside the listed ones.

    Raises:
        QuestionError: a drug cannot change how many cells survive.
    """
    question = Question(
        VIABILITY,
        tuple((d, d.usual[0]) for d in drugs),
        _all_of(conditions),
        preset,
        hypothesis=hypothesis,
        transit=transit,
    )
    acts = HYPOTHESES[hypothesis].free is not None
    if acts:
        try:
            network_of(replace(question, estradiol=10.0))
            question = replace(question, estradiol=10.0)
        except QuestionError:
            acts = False
    network = network_of(question)
    system = compile_network(network)
    read = _read_in(network)
    first = dish_schedule(system, question, (), ALONE)
    one = DishPlan(
        system,
        jax.tree.map(lambda x: x[:1], first),
        jax.tree.map(lambda x: x[1:][None], first),
        jnp.asarray(TIMES),
        observing(network, read),
        _cells,
        LANES,
    )
    return Plate(question, one, acts, sets)


def _all_of(conditions: Sequence[Condition]) -> Condition:
    """The niche, with whatever else these conditions set, so that the network keeps it."""
    niche = CONDITIONS["niche"]
    more = {n: v for c in conditions for n, v in c.inputs.items() if n not in niche.inputs}
    return replace(niche, inputs={**niche.inputs, **more}) if more else niche


def names_read(plate: Plate) -> tuple[str, ...]:
    """The names of what is looked at, in the order of the last axis of `simulate`."""
    return _read_in(plate.what.system.network)


def _read_in(network: Network) -> tuple[str, ...]:
    known = {s.name for s in network.species} | {d.name for d in network.derived}
    return tuple(n for n in READ if n in known)


def simulate(
    plate: Plate,
    beliefs: Beliefs,
    values: Float[np.ndarray, "draw factor"],
    wells: Sequence[Well],
    scale: Float[np.ndarray, "variant parameter"] | None = None,
    *,
    rtol: float,
    atol: float,
    report: Tell = silent,
) -> tuple[Float[np.ndarray, "draw variant well time readout"], Bool[np.ndarray, "draw variant well"]]:
    """Every well for every draw (and every variant of it), and whether it could be solved (NaN where not).

    Args:
        values: parameters in the order of `beliefs.names`, each in its own unit.
        scale: factors on the parameters from t = 0 on, as a knock-down given with the drug; none by default.
        report: (dishes done, all).
    """
    what = plate.what
    full = np.array(parameters(what, beliefs.names, beliefs.shares, jnp.log(jnp.asarray(values))))
    for name, value in plate.question.preset.parameters.items():
        if name in what.system.parameters and name not in beliefs.names:  # set, but not believed to vary
            full[:, what.system.parameters.index(name)] = value
    scale = np.ones((1, full.shape[1])) if scale is None else scale
    cultures = sorted({w.estradiol for w in wells})
    treated = [
        dish_schedule(what.system, replace(plate.question, estradiol=w.estradiol), w.drugs, w.condition)
        for w in wells
    ]
    after = jax.tree.map(lambda *x: np.stack(x), *[jax.tree.map(lambda a: a[1:], s) for s in treated])
    before = {w.estradiol: jax.tree.map(lambda a: a[:1], s) for w, s in zip(wells, treated, strict=True)}
    starts = [_cultures(plate, before[e], full, rtol, atol) for e in cultures]
    state, fine = (np.stack([s[i] for s in starts]) for i in (0, 1))
    shape = len(full), len(scale), len(wells)
    d, v, w = (i.ravel() for i in np.indices(shape))
    c = np.array([cultures.index(well.estradiol) for well in wells])[w]

    def of(part: Block) -> tuple[np.ndarray, np.ndarray]:
        rows = part.rows
        start = jnp.asarray(state[c[rows], d[rows]]), jnp.asarray(fine[c[rows], d[rows]])
        times = jnp.asarray(np.where(part.real[:, None], TIMES, np.inf))
        dishes = jax.tree.map(lambda x: jnp.asarray(x[w[rows]]), after)
        here = jnp.asarray(full[d[rows]] * scale[v[rows]])
        y, ok = treat_each(what, dishes, here, start, rtol=rtol, atol=atol, times=times)
        good = np.asarray(ok)
        return np.where(good[:, None, None], np.asarray(y), np.nan), good

    found, good = in_blocks(of, len(d), plate.sets, tell=report)
    return found.reshape(*shape, *found.shape[1:]), good.reshape(shape)


def _cells(y: Float[Array, "dish time observable"]) -> Float[Array, ""]:
    return y[0, -1, 0]


def _cultures(
    plate: Plate, before: Schedule, full: np.ndarray, rtol: float, atol: float
) -> tuple[np.ndarray, np.ndarray]:
    """State of each draw at the end of the pre-culture, and whether it could be solved."""
    here = eqx.tree_at(lambda p: p.preculture, plate.what, before)

    def of(part: Block) -> tuple[Array, Array]:
        real = jnp.asarray(part.real)
        return culture(here, jnp.asarray(full[part.rows]), rtol=rtol, atol=atol, real=real)

    return in_blocks(of, len(full), plate.sets)


def viability(plate: Plate, seen: np.ndarray, wells: Sequence[Well]) -> np.ndarray:
    """Cells at the end over those of the well without drugs in the same surroundings: (draw, variant, well).

    Raises:
        KeyError: a well has no vehicle among `wells`.
    """
    at = {(w.condition, w.estradiol): i for i, w in enumerate(wells) if not w.drugs}
    end = seen[..., -1, names_read(plate).index("N")]
    return end / end[..., [at[w.condition, w.estradiol] for w in wells]]
