"""Any doses of some drugs on draws of one kind of cell: each a lane, after one pre-culture a draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from inference.resistance.beliefs import joint
from inference.resistance.believed_from import BeliefSource, believed
from inference.resistance.conditions import Condition
from inference.resistance.dish_plans import culture, dish_schedule, parameters, treat_each
from inference.resistance.questions import HOURS
from inference.resistance.simulated_plate import Plate, plate
from models.catalogue import HYPOTHESES, Preset
from models.drugs import Drug
from models.engine.blocks import Block, in_blocks
from models.engine.protocol import Schedule

RTOL, ATOL = 1e-6, 1e-9  # of a step: a drug with itself is additive to this
Start = tuple[Float[np.ndarray, "some species"], Bool[np.ndarray, " some"]]


@dataclass(frozen=True, eq=False)
class Bench:
    """Draws of one kind of cell, and the drugs that can be given to them.

    Attributes:
        drugs: in the order of doses; one may stand twice, and then its doses add up.
        untreated: from t = 0 on, without any of them.
        rows: (draw, parameter).
        hours: of the treatment.
    """

    plate: Plate
    drugs: tuple[Drug, ...]
    untreated: Schedule
    rows: Float[np.ndarray, "draw parameter"]
    hours: float

    def cultures(self, draws: Int[np.ndarray, " some"]) -> Start:
        """State of these draws at the end of the pre-culture, and whether it could be solved."""
        rows = self.rows[draws]

        def of(part: Block) -> Any:
            given, real = jnp.asarray(rows[part.rows]), jnp.asarray(part.real)
            return culture(self.plate.what, given, rtol=RTOL, atol=ATOL, real=real)

        return in_blocks(of, len(draws), self.plate.sets)

    def cells(
        self,
        start: Start,
        draws: Int[np.ndarray, " some"],
        which: Int[np.ndarray, " lane"],
        doses: Float[np.ndarray, "lane drug"],
    ) -> Float[np.ndarray, " lane"]:
        """Viable cells (1e6/mL) at the end; NaN where a solve failed.

        Args:
            start: what `cultures` gave for `draws`.
            which: position among `draws` of each lane.
            doses: nM of each drug in each lane.
        """
        what, names = self.plate.what, list(self.plate.what.system.inputs)
        carried = np.zeros((len(doses), len(names)))
        for column, drug in zip(doses.T, self.drugs, strict=True):
            carried[:, names.index(drug.input)] += column
        times = np.full(len(what.times), np.inf)
        times[0] = 60.0 * self.hours

        def of(part: Block) -> np.ndarray:
            at, lanes = which[part.rows], len(part.rows)
            bare = jax.tree.map(lambda x: jnp.broadcast_to(x, (lanes, *x.shape)), self.untreated)
            inputs = bare.inputs + jnp.asarray(carried[part.rows])[:, None, :]
            dishes = Schedule(bare.starts, inputs, bare.keep, bare.add)
            here = jnp.asarray(np.where(part.real[:, None], times, np.inf))
            state = jnp.asarray(start[0][at]), jnp.asarray(start[1][at])
            rows = jnp.asarray(self.rows[draws[at]])
            seen, ok = treat_each(what, dishes, rows, state, rtol=RTOL, atol=ATOL, times=here)
            return np.where(np.asarray(ok), np.asarray(seen)[:, 0, 0], np.nan)

        return in_blocks(of, len(which), self.plate.sets)


def bench(
    drugs: Sequence[Drug],
    source: BeliefSource,
    condition: Condition,
    preset: str | Preset,
    draws: int,
    seed: int,
    hours: float = HOURS,
) -> Bench:
    """Draws of what is believed about this kind of cell.

    Args:
        drugs: what may be given.
        draws: sets of parameters; 1 is a draw like any other.
        hours: of the treatment.

    Raises:
        QuestionError: a drug cannot change how many cells survive.
    """
    once = tuple(dict.fromkeys(drugs))
    made = plate(once, preset, source.hypothesis, source.transit, conditions=[condition])
    what, network = made.what, made.what.system.network
    known = believed(source, made.question.preset, network, HYPOTHESES[source.hypothesis].free)
    values, _ = joint(known, draws, seed)
    rows = np.array(parameters(what, known.names, known.shares, jnp.log(jnp.asarray(values))))
    treated = dish_schedule(what.system, made.question, (), condition)
    untreated = jax.tree.map(lambda x: x[1:], treated)
    return Bench(made, tuple(drugs), untreated, rows, hours)
