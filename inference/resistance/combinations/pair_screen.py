"""All pairs of some drugs, one dose each: which kill more together, how sure the rank is, what data said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from inference.fit.verdict import INTERVAL
from inference.resistance.believed_from import BeliefSource, prior_source
from inference.resistance.combinations.bench import Bench, bench
from inference.resistance.combinations.scores import DoseCurve, loewe_index
from inference.resistance.combinations.surface import NOT_FOR_USE
from inference.resistance.conditions import Condition
from inference.resistance.questions import HOURS, QuestionError, condition_named, preset_named
from inference.resistance.rankings.ranks import ranks
from inference.resistance.simulated_plate import plate
from inference.runs import labelled_tree
from inference.runs.run import Run
from models.catalogue import Preset
from models.drugs import DRUGS, Drug
from models.engine.blocks import Block

WANTED = 0.7  # share of the cells that each drug alone should leave: room for a second one
STEPS = 7  # doses of each alone, through the range in use
TOGETHER = 4  # draws that are simulated at once, and kept
TOP = 10
PRIOR, TOLD, RESTATED = "prior only", "moved by the data", "restates the prior"
SURE = 0.01  # level of the test that calls a score moved


@dataclass(frozen=True, eq=False)
class Screen:
    """Drugs, all of whose pairs are looked at, on one kind of cell."""

    drugs: tuple[Drug, ...]
    condition: Condition
    preset: Preset
    hours: float = HOURS

    def words(self) -> str:
        """For titles."""
        pairs = len(self.drugs) * (len(self.drugs) - 1) // 2
        return f"{pairs} pairs of drugs, {self.hours:g} h: {self.preset.title} cell {self.condition.words}"


def screened(
    drugs: Sequence[Drug],
    condition: str | Condition,
    preset: str | Preset,
    source: BeliefSource,
    hours: float = HOURS,
) -> tuple[Screen, tuple[str, ...]]:
    """The drugs that can change how many cells survive, and the names of those that cannot.

    Raises:
        QuestionError: fewer than two can.
    """
    here, cell = condition_named(condition), preset_named(preset)
    able, idle = [], []
    for drug in drugs or DRUGS.values():
        try:
            plate([drug], cell, source.hypothesis, source.transit, conditions=[here])
            able.append(drug)
        except QuestionError:
            idle.append(drug.name)
    if len(able) < 2:
        raise QuestionError(f"`drug`: {len(able)} of these can change survival: name at least two that can")
    return Screen(tuple(able), here, cell, hours), tuple(idle)


def _doses(drug: Drug) -> np.ndarray:
    return np.geomspace(*drug.usual, STEPS)


def _block(asked: Screen, made: Bench, part: Block) -> dict[str, np.ndarray]:
    """What each drug alone and each pair leaves, for some draws; the dose of each is the one of its range
    that comes nearest to `WANTED` in the draw at hand.
    """
    draws, count = part.rows[: part.count], len(asked.drugs)
    start = made.cultures(draws)
    singles = np.zeros((1 + count * STEPS, count))
    for i, drug in enumerate(asked.drugs):
        singles[1 + i * STEPS : 1 + (i + 1) * STEPS, i] = _doses(drug)
    which = np.repeat(np.arange(len(draws)), len(singles))
    alone = made.cells(start, draws, which, np.tile(singles, (len(draws), 1))).reshape(len(draws), -1)
    vehicle, alone = alone[:, :1], (alone[:, 1:] / alone[:, :1]).reshape(len(draws), count, STEPS)
    chosen = np.argmin(np.abs(np.nan_to_num(alone, nan=np.inf) - WANTED), axis=2)
    dose = np.stack([_doses(d)[chosen[:, i]] for i, d in enumerate(asked.drugs)], 1)
    pairs = np.array(list(combinations(range(count), 2)))
    given = np.zeros((len(draws), len(pairs), count))
    for k, (i, j) in enumerate(pairs):
        given[:, k, i], given[:, k, j] = dose[:, i], dose[:, j]
    which = np.repeat(np.arange(len(draws)), len(pairs))
    both = made.cells(start, draws, which, given.reshape(-1, count)).reshape(len(draws), -1) / vehicle
    return {"alone": alone, "chosen": chosen, "dose": dose, "left": both}


def simulated_screen(
    asked: Screen, source: BeliefSource, draws: int, seed: int, run: Run, title: str
) -> dict[str, np.ndarray] | None:
    """What is left alone and in pairs (draw, ...); None if stopped."""
    made = bench(asked.drugs, source, asked.condition, asked.preset, draws, seed, asked.hours)
    pairs = len(asked.drugs) * (len(asked.drugs) - 1) // 2
    each = 1 + len(asked.drugs) * STEPS + pairs
    with run.bar(f"{title}, simulations", draws * each) as bar:

        def told(done: int, piece: Mapping[str, np.ndarray]) -> None:
            bar.to(done * each)

        return run.within(title.replace(" ", "-")).kept_blocks(
            lambda part: _block(asked, made, part), draws, TOGETHER, told
        )


def scores_of(asked: Screen, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Bliss and highest-single-agent excess and the index of Loewe, (draw, pair) each."""
    pairs = np.array(list(combinations(range(len(asked.drugs)), 2)))
    at_dose = np.take_along_axis(found["alone"], found["chosen"][:, :, None], 2)[..., 0]
    a, b = at_dose[:, pairs[:, 0]], at_dose[:, pairs[:, 1]]
    index = np.full(found["left"].shape, np.nan)
    for d, left in enumerate(found["left"]):
        if not (np.isfinite(left).all() and np.isfinite(found["alone"][d]).all()):
            continue
        curves = [DoseCurve(_doses(g), found["alone"][d, i]) for i, g in enumerate(asked.drugs)]
        falling = [not c.turns_back for c in curves]
        for k, (i, j) in enumerate(pairs):
            if not (falling[i] and falling[j]):
                continue
            dose = found["dose"][d]
            index[d, k] = loewe_index(
                dose[i], dose[j], curves[i].dose_for(left[k]), curves[j].dose_for(left[k])
            )
    return {"bliss": a * b - found["left"], "hsa": np.minimum(a, b) - found["left"], "index": index}


def screen(asked: Screen, source: BeliefSource, draws: int, seed: int, run: Run) -> xr.Dataset | None:
    """Simulate and score all pairs; for a fit the same from the prior, to see what the data said. None if
    stopped.

    Returns:
        Along `draw` and `pair`: `bliss`, `hsa`, `index`; from a fit `prior_bliss` too.
    """
    run.say(f"Simulating {asked.words()}; {draws} draws from {source.name} (the first time compiles) ...")
    found = simulated_screen(asked, source, draws, seed, run, "pairs")
    if found is None:
        return None
    scores, before = scores_of(asked, found), None
    if source.run is not None:
        before = simulated_screen(
            asked, prior_source(source.hypothesis), draws, seed, run, "pairs of the prior"
        )
        if before is None:
            return None
        scores["prior_bliss"] = scores_of(asked, before)["bliss"]
    pairs = list(combinations(asked.drugs, 2))
    return xr.Dataset(
        {n: (("draw", "pair"), v) for n, v in scores.items()}
        | {"dose": (("draw", "drug"), found["dose"], {"units": "nM"})},
        {
            "pair": [f"{a.name} + {b.name}" for a, b in pairs],
            "first": ("pair", [a.name for a, _ in pairs]),
            "second": ("pair", [b.name for _, b in pairs]),
            "same_target": ("pair", [a.target == b.target for a, b in pairs]),
            "drug": [d.name for d in asked.drugs],
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


def pair_ranking(data: xr.Dataset) -> pd.DataFrame:
    """A row a pair, most synergy by Bliss first: median and 89 % interval of the excess, share of the draws
    above 0, rank with its 89 % interval within draws, chance of a rank of ten or better, median index of
    Loewe, the doses, and what the row rests on.

    `rests_on`: `prior only`, or for a fit whether the excess was moved by the data or restates the prior (two
    samples of draws, Kolmogorov and Smirnov, 1 %).
    """
    solved = data.isel(draw=np.isfinite(data["bliss"].values).all(1))
    excess = solved["bliss"].values
    if not len(excess):
        raise QuestionError("`draws`: no draw could be solved with every pair: take more")
    low, high = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
    within = ranks(excess)
    names = {"drug": list(map(str, data["drug"].values))}
    dose = solved["dose"].median("draw").values
    rows = pd.DataFrame(
        {
            "pair": data["pair"].values,
            "excess": np.median(excess, 0),
            "low": np.quantile(excess, low, axis=0),
            "high": np.quantile(excess, high, axis=0),
            "above_0": (excess > 0).mean(0),
            "rank": ranks(np.median(excess, 0)[None])[0],
            "rank_low": np.quantile(within, low, axis=0, method="inverted_cdf"),
            "rank_high": np.quantile(within, high, axis=0, method="inverted_cdf"),
            "p_top_ten": (within <= TOP).mean(0),
            "over_better": np.median(solved["hsa"].values, 0),
            "loewe_index": solved["index"].median("draw").values,
            "dose_first_nM": [dose[names["drug"].index(str(n))] for n in data["first"].values],
            "dose_second_nM": [dose[names["drug"].index(str(n))] for n in data["second"].values],
            "same_target": data["same_target"].values,
        }
    )
    rows["rests_on"] = PRIOR
    if "prior_bliss" in data:
        moved = [
            np.asarray(stats.ks_2samp(a, b[np.isfinite(b)]))[1] < SURE
            for a, b in zip(excess.T, data["prior_bliss"].values.T, strict=True)
        ]
        rows["rests_on"] = np.where(moved, TOLD, RESTATED)
    return rows.assign(note=str(data.attrs["note"])).sort_values("rank").set_index("pair")
