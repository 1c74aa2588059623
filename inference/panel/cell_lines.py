"""Measured dose responses of myeloma lines beside what the model predicts: right, wrong, or it cannot say.

Only classes of drugs that the model knows are compared, and only read-outs that do not hang on the potency of
one
compound: how much of a line is left at the highest dose, and which class kills more.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd

from inference.resistance import beliefs
from inference.resistance.dish_plans import plan, readout_function
from inference.resistance.questions import Question
from inference.resistance.rankings.sensitivity import INTERVAL
from inference.resistance.resistance_readouts import VIABILITY
from inference.resistance.statements import Statement


@dataclass(frozen=True)
class DrugClass:
    """Compounds of one target in the published table, and the model's drug that stands for them.

    Attributes:
        title: in words; `drug`: name of the model's drug; `saturating`: a dose (nM) beyond which more does
            nothing.
    """

    title: str
    drug: str
    saturating: float


CLASSES = {
    "MEK": DrugClass("MEK inhibitors", "trametinib", 100.0),
    "TOP1": DrugClass("DNA damage (topoisomerase I)", "DNA damage", 10_000.0),
}
COLUMNS = ("Primary Cell Line Name", "Compound", "Target", "Doses (uM)", "Activity Data (median)")
HOURS = 72.0  # the lines were read after three days
# a predicted median this close to the measured one counts as right (our choice, about the scatter of the
# assay)
NEAR = 0.1


class LinesError(ValueError):
    """A table that cannot be read: place, finding, remedy."""


def read(path: Path) -> pd.DataFrame:
    """A row a line and compound: class, doses (uM) and viabilities as arrays, `lowest` = viability at the
    highest dose.
    """
    table = pd.read_csv(path)
    missing = [c for c in COLUMNS if c not in table]
    if missing:
        raise LinesError(f"{path}: has no column {missing[0]!r}: give the CCLE table of dose responses")
    table = table[table["Target"].isin(list(CLASSES))]
    rows = []
    for _, r in table.iterrows():
        doses, activity = (np.array([float(x) for x in str(r[c]).split(",")]) for c in COLUMNS[3:])
        viability = 1 + activity / 100  # activity is the change of viability in per cent
        rows.append(
            {
                "line": r[COLUMNS[0]],
                "compound": r["Compound"],
                "class": r["Target"],
                "doses": doses,
                "viability": viability,
                "lowest": viability[np.argmax(doses)],
            }
        )
    return pd.DataFrame(rows)


def predict(target: str, draws: int, seed: int, *, rtol: float, atol: float) -> np.ndarray:
    """Viability (draw,) of the cell alone at a saturating dose of a class, over draws of the prior; NaN where
    not solved.
    """
    of = CLASSES[target]
    what = plan(Question(VIABILITY, {of.drug: of.saturating}, hours=HOURS), lanes=128)
    prior = beliefs.declared(what.system.network, None)
    values, _ = beliefs.joint(prior, draws, seed)
    return np.exp(
        np.asarray(
            readout_function(what, prior.names, prior.shares, rtol=rtol, atol=atol)(
                jnp.log(jnp.asarray(values))
            )
        )
    )


def statements(measured: pd.DataFrame, predicted: dict[str, np.ndarray]) -> list[Statement]:
    """What the model gets right, what wrong, and what it cannot say, for the classes of `CLASSES`."""
    found = []
    tails = [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2]
    for target, of in CLASSES.items():
        left = measured.loc[measured["class"] == target, "lowest"].to_numpy()
        low, middle, high = np.nanquantile(predicted[target], tails)
        truth = float(np.median(left))
        near, inside = abs(middle - truth) <= NEAR, low <= truth <= high
        verdict = "right" if near else "cannot say" if inside else "wrong"
        why = (
            "the predicted median is close"
            if near
            else "the interval is so wide that it holds the measured median unpredicted"
            if inside
            else "the measured median lies outside the interval"
        )
        found.append(
            Statement(
                f"viability left at the highest dose, {of.title}",
                f"median {truth:.2f} ({left.min():.2f} to {left.max():.2f})",
                f"{of.drug} {of.saturating:g} nM: {middle:.2f} ({low:.2f} to {high:.2f})",
                verdict,
                why,
            )
        )
    by_line = measured.pivot_table("lowest", "line", "class", "mean").dropna()
    left = {target: by_line[target].to_numpy() for target in CLASSES}
    kills_more = float(np.mean(left["TOP1"] < left["MEK"]))
    chance = float(np.nanmean(predicted["TOP1"] < predicted["MEK"]))
    sure = abs(chance - 0.5) > 0.3
    order = "cannot say" if not sure else "right" if (kills_more > 0.5) == (chance > 0.5) else "wrong"
    found.append(
        Statement(
            "DNA damage leaves fewer cells than MEK inhibition",
            f"in {100 * kills_more:.0f} % of the lines",
            f"in {100 * chance:.0f} % of the draws",
            order,
            "compared within one line, and within one draw",
        )
    )
    found.append(
        Statement(
            "which line resists a MEK inhibitor",
            f"{by_line.index[left['MEK'].argmax()]} most, {by_line.index[left['MEK'].argmin()]} least",
            "none",
            "cannot say",
            "the model has no preset of these lines: their RAS drive and MCL-1 weight are not measured here",
        )
    )
    found.append(
        Statement(
            "potency of a single compound",
            "half effects from 3 nM to 8 uM",
            "none",
            "cannot say",
            "the model has trametinib and a generic DNA damage: their doses are not those compounds' doses",
        )
    )
    return found
