"""A grid of doses of two drugs on draws of a cell: what is left, and every score of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float

from inference.fit.verdict import INTERVAL
from inference.resistance.believed_from import BeliefSource
from inference.resistance.combinations.bench import Bench, bench
from inference.resistance.combinations.scores import (
    NO_EFFECT,
    DoseCurve,
    bliss,
    highest_single_agent,
    loewe_expected,
    loewe_index,
    polished,
    zip_delta,
)
from inference.resistance.conditions import Condition
from inference.resistance.questions import HOURS, QuestionError, condition_named, preset_named
from inference.runs import labelled_tree
from inference.runs.run import Run
from models.catalogue import Preset
from models.drugs import Drug
from models.engine.blocks import Block

STEPS = 6  # doses of each drug
BEYOND, EXTRA = 30.0, 24  # single curves reach so far beyond the grid on both sides, with so many more doses
TOGETHER = 8  # draws that are simulated at once, and kept
SCORES = ("bliss", "hsa", "loewe", "zip")
NAMES = {"bliss": "Bliss", "hsa": "highest single agent", "loewe": "Loewe", "zip": "ZIP"}
NOT_FOR_USE = "not for clinical use"


@dataclass(frozen=True, eq=False)
class Pair:
    """Two drugs (or one twice), each with its doses (nM, ascending, above 0), on one kind of cell."""

    first: Drug
    second: Drug
    dose_first: Float[np.ndarray, " first"]
    dose_second: Float[np.ndarray, " second"]
    condition: Condition
    preset: Preset
    hours: float = HOURS

    def words(self) -> str:
        """For titles."""
        names = f"{self.first.name} and {self.second.name}"
        return f"{names}, {self.hours:g} h: {self.preset.title} cell {self.condition.words}"


def pair(
    first: tuple[Drug, tuple[float, float] | None],
    second: tuple[Drug, tuple[float, float] | None],
    condition: str | Condition,
    preset: str | Preset,
    steps: int = STEPS,
    hours: float = HOURS,
) -> Pair:
    """Two drugs by name of their surroundings and cell.

    Args:
        first, second: drug and its lowest and highest dose (nM); None: the range in use.
        steps: doses of each, evenly on a logarithmic axis.

    Raises:
        QuestionError: a name is unknown, or the doses make no grid.
    """
    if steps < 3:
        raise QuestionError(f"`steps` {steps}: a surface needs at least 3 doses of each drug")
    grids = []
    for drug, asked in (first, second):
        low, high = asked or drug.usual
        if not 0 < low < high < np.inf:
            raise QuestionError(f"`drug` {drug.name}: {low:g} to {high:g} nM is no range of doses above 0")
        grids.append(np.geomspace(low, high, steps))
    here, cell = condition_named(condition), preset_named(preset)
    return Pair(first[0], second[0], grids[0], grids[1], here, cell, hours)


def alone_doses(grid: Float[np.ndarray, " dose"]) -> Float[np.ndarray, " more"]:
    """Doses at which one drug alone is simulated: those of the grid, and more between and beyond them."""
    wide = np.geomspace(grid[0] / BEYOND, grid[-1] * BEYOND, EXTRA + 2 * len(grid))
    return np.unique(np.concatenate([grid, wide]))


def _block(asked: Pair, made: Bench, part: Block) -> dict[str, np.ndarray]:
    """What is left (over the vehicle) by each drug alone and both, and the doses alone that leave as much as
    both, for some draws.
    """
    draws = part.rows[: part.count]
    start = made.cultures(draws)
    alone = [alone_doses(g) for g in (asked.dose_first, asked.dose_second)]
    both = np.stack(np.meshgrid(asked.dose_first, asked.dose_second, indexing="ij"), -1).reshape(-1, 2)
    singles = [np.stack([d, 0 * d] if i == 0 else [0 * d, d], -1) for i, d in enumerate(alone)]
    lanes = np.concatenate([np.zeros((1, 2)), *singles, both])
    which = np.repeat(np.arange(len(draws)), len(lanes))
    cells = made.cells(start, draws, which, np.tile(lanes, (len(draws), 1))).reshape(len(draws), -1)
    left = cells / cells[:, :1]
    cut = np.cumsum([1, len(alone[0]), len(alone[1])])
    curves, together = (left[:, cut[0] : cut[1]], left[:, cut[1] : cut[2]]), left[:, cut[2] :]
    needed = []
    for i in (0, 1):
        guess = np.stack([_dose(alone[i], c, t) for c, t in zip(curves[i], together, strict=True)])
        flat = np.repeat(np.arange(len(draws)), together.shape[1])

        def curve(dose: np.ndarray, at: np.ndarray, one: int = i, of: np.ndarray = flat) -> np.ndarray:
            given = np.zeros((len(dose), 2))
            given[:, one] = dose
            return made.cells(start, draws, of[at], given) / cells[of[at], 0]

        needed.append(polished(curve, guess.ravel(), together.ravel(), turns=4).reshape(guess.shape))
    shape = (len(draws), len(asked.dose_first), len(asked.dose_second))
    return {
        "alone_first": curves[0],
        "alone_second": curves[1],
        "left": together.reshape(shape),
        "needed_first": needed[0].reshape(shape),
        "needed_second": needed[1].reshape(shape),
    }


def _dose(dose: np.ndarray, left: np.ndarray, target: np.ndarray) -> np.ndarray:
    if not np.isfinite(left).all():
        return np.full(len(target), np.nan)
    return DoseCurve(dose, left).dose_for(target)


def surface(asked: Pair, source: BeliefSource, draws: int, seed: int, run: Run) -> xr.Dataset | None:
    """Simulate the grid and score it; None if stopped (what is finished is kept).

    Returns:
        Along `draw`, `first` and `second` (nM): `left` (share of the cells without drug), the scores `bliss`,
        `hsa`, `loewe`, `zip` (share of the cells killed beyond what was expected), and `index`, the
        combination index of Loewe, both NaN in a draw where a dose-response of one drug turns
        back. Along `draw` and doses alone: `alone_first`, `alone_second`. NaN where a
        solve failed, and where a score says nothing.

    Raises:
        QuestionError: a drug cannot change how many cells survive.
    """
    made = bench((asked.first, asked.second), source, asked.condition, asked.preset, draws, seed, asked.hours)
    run.say(f"Simulating {asked.words()}; {draws} draws from {source.name} (the first time compiles) ...")
    with run.bar("draws", draws) as bar:

        def told(done: int, piece: Mapping[str, np.ndarray]) -> None:
            bar.to(done)

        found = run.kept_blocks(lambda part: _block(asked, made, part), draws, TOGETHER, told)
    if found is None:
        return None
    return labelled(asked, source, found, seed)


def labelled(asked: Pair, source: BeliefSource, found: Mapping[str, np.ndarray], seed: int) -> xr.Dataset:
    """What was found with its scores, names and units."""
    x, y = asked.dose_first, asked.dose_second
    alone = alone_doses(x), alone_doses(y)
    at = [np.searchsorted(a, g * (1 - 1e-12)) for a, g in zip(alone, (x, y), strict=True)]
    a, b = found["alone_first"][:, at[0]], found["alone_second"][:, at[1]]
    left = found["left"]
    index = loewe_index(x[:, None], y[None], found["needed_first"], found["needed_second"])
    scores = {name: np.full(left.shape, np.nan) for name in SCORES}
    for d, both in enumerate(left):
        scores["bliss"][d] = bliss(a[d], b[d], both)
        scores["hsa"][d] = highest_single_agent(a[d], b[d], both)
        scores["zip"][d] = zip_delta(x, y, a[d], b[d], both)
        one, other = found["alone_first"][d], found["alone_second"][d]
        if np.isfinite(one).all() and np.isfinite(other).all():
            curves = DoseCurve(alone[0], one), DoseCurve(alone[1], other)
            if any(c.turns_back for c in curves):
                index[d] = np.nan
                continue
            scores["loewe"][d] = loewe_expected(*curves, x, y) - both
    scores["zip"] = np.where((1 - left).max((1, 2), keepdims=True) > NO_EFFECT, scores["zip"], np.nan)
    grid = ("draw", "first", "second")
    return xr.Dataset(
        {
            "left": (grid, left, {"long_name": "cells over those without drug"}),
            "index": (grid, index, {"long_name": "combination index of Loewe"}),
            **{
                n: (grid, v, {"long_name": f"{NAMES[n]}: killed beyond expectation"})
                for n, v in scores.items()
            },
            "alone_first": (("draw", "dose_first"), found["alone_first"]),
            "alone_second": (("draw", "dose_second"), found["alone_second"]),
        },
        {
            "first": ("first", x, {"units": "nM", "long_name": asked.first.name}),
            "second": ("second", y, {"units": "nM", "long_name": asked.second.name}),
            "dose_first": ("dose_first", alone[0], {"units": "nM"}),
            "dose_second": ("dose_second", alone[1], {"units": "nM"}),
        },
        labelled_tree.flat(
            {
                "question": asked.words(),
                "source": source.name,
                "mark": source.mark,
                "seed": seed,
                "interval": INTERVAL,
                "note": f"rests on {source.name}; {NOT_FOR_USE}",
            }
        ),
    )
